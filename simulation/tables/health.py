"""The state of each paying account every Monday, as analysts keep it: all of it counted from the tables of the other subjects."""

from __future__ import annotations

from simulation.tables.sql import Scope


def tables(scope: Scope) -> dict[str, str]:
    """`account_days`."""
    return {
        "account_days": f"""
            with subjects as (
                select
                    account,
                    min(paid_from) as onboarded_at,
                    case when count(*) = count(cancelled_at) then max(cancelled_at) end as ended_at
                from drawn_people
                where account > 0 and paid_from is not null
                group by account
            ),

            mondays as (
                select
                    account,
                    onboarded_at,
                    unnest(range(
                        date_trunc('week', onboarded_at) + interval 7 day,
                        coalesce(ended_at, {scope.until}),
                        interval 7 day
                    )) as monday
                from subjects
            ),

            active as (
                select
                    account,
                    person,
                    {scope.start} + day::int * interval 1 day as active_on
                from drawn_days
                join people on drawn_days.row = people.row
                join subjects using (account)
            ),

            users as (
                select
                    mondays.account,
                    monday,
                    count(distinct person) as mau
                from mondays
                join active
                    on mondays.account = active.account
                    and active_on < monday
                    and active_on >= monday - interval 30 day
                group by mondays.account, monday
            ),

            first_uses as (
                select
                    account,
                    feature,
                    min(used_at) as first_at
                from drawn_uses
                join people on drawn_uses.row = people.row
                join subjects using (account)
                group by account, feature
            ),

            adopted as (
                select
                    mondays.account,
                    monday,
                    count(*) as core_features_adopted
                from mondays
                join first_uses
                    on mondays.account = first_uses.account
                    and first_at < monday
                group by mondays.account, monday
            ),

            asked as (
                select
                    mondays.account,
                    monday,
                    count(*) as tickets_30d
                from mondays
                join people on mondays.account = people.account
                join tickets
                    on people.person = tickets.person
                    and opened_at < monday
                    and opened_at >= monday - interval 30 day
                group by mondays.account, monday
            ),

            scored as (
                select
                    mondays.account,
                    monday,
                    arg_max(score, answered_at) as nps
                from mondays
                join people on mondays.account = people.account
                join answers
                    on people.person = answers.person
                    and answered_at < monday
                group by mondays.account, monday
            ),

            seats as (
                select
                    mondays.account,
                    monday,
                    arg_max(quantity, created_at) as licensed_seats
                from mondays
                join people on mondays.account = people.account
                join invoices
                    on people.person = invoices.person
                    and created_at < monday
                group by mondays.account, monday
            ),

            contacted as (
                select
                    mondays.account,
                    monday,
                    max(happened_at) as contacted_at
                from mondays
                join people on mondays.account = people.account
                join activities
                    on people.person = activities.person
                    and happened_at < monday
                group by mondays.account, monday
            )

            select
                account,
                monday::date as day,
                date_diff('day', onboarded_at, monday) as days_since_onboarding,
                coalesce(core_features_adopted, 0) as core_features_adopted,
                coalesce(mau, 0) as mau,
                coalesce(licensed_seats, 1) as licensed_seats,
                coalesce(tickets_30d, 0) as tickets_30d,
                nps,
                date_diff('day', contacted_at, monday) as days_since_last_csm_interaction
            from mondays
            left join users using (account, monday)
            left join adopted using (account, monday)
            left join asked using (account, monday)
            left join scored using (account, monday)
            left join seats using (account, monday)
            left join contacted using (account, monday)
            order by day, account
        """,
    }
