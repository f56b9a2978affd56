"""How sales sees it: contacts and their stages, deals that demonstrations lead to, meetings, and the calls of the play.

Nobody drew these: they follow by plain rules from what a life is.
"""

from __future__ import annotations

from simulation.tables.sql import Scope


def tables(scope: Scope) -> dict[str, str]:
    """`contact_changes`, `deals`, `deal_changes`, `activities`."""
    until = scope.until
    return {
        # A contact only ever moves forwards.
        "contact_changes": f"""
            with recommendations as (
                select
                    person,
                    min(occurred_at) as occurred_at
                from uses
                where action = 'referral_made'
                group by person
            ),

            signals as (
                select
                    person,
                    least(signed_up_at, demo_at) as changed_at,
                    0 as rank,
                    'lead' as stage
                from drawn_people
                union all
                select person, trial_at, 1, 'marketingqualifiedlead'
                from drawn_people
                union all
                select person, coalesce(demo_at, demo_again_at) + interval 2 minute, 2, 'opportunity'
                from drawn_people
                union all
                select person, paid_from, 3, 'customer'
                from drawn_people
                union all
                select person, occurred_at, 4, 'evangelist'
                from recommendations
                union all
                select person, cancelled_at, 5, 'other'
                from drawn_people
            ),

            forwards as (
                select *
                from signals
                where changed_at < {until}
                window up_to_here as (
                    partition by person
                    order by changed_at, rank
                    rows between unbounded preceding and current row
                )
                qualify rank >= max(rank) over up_to_here
            )

            select
                8 * person + rank as change,
                person,
                changed_at,
                stage
            from forwards
            join people using (person)
            where is_in_crm
            order by changed_at, change
        """,
        # A deal is won with the first payment, or given up a month or two after it was opened.
        "deals": f"""
            with asked as (
                select
                    *,
                    coalesce(demo_at, demo_again_at) as asked_at
                from drawn_people
                where is_in_crm
            ),

            decided as (
                select
                    *,
                    asked_at + interval 25 minute as created_at,
                    greatest(
                        coalesce(paid_from, asked_at + (30 + person % 30) * interval 1 day),
                        asked_at + interval 5 day
                    ) as decided_at
                from asked
            )

            select
                person as deal,
                person,
                nullif(account, 0) as account,
                created_at,
                case when decided_at < {until} then decided_at end as closed_at,
                case when decided_at < {until} then paid_from is not null end as is_won,
                (12 * 4900 * (2 + person % 9))::bigint as amount_cents
            from decided
            where created_at < {until}
            order by created_at, deal
        """,
        "deal_changes": f"""
            with steps as (
                select
                    deal,
                    person,
                    created_at as changed_at,
                    0 as rank,
                    'appointmentscheduled' as stage
                from deals
                union all
                select deal, person, created_at + interval 2 day, 1, 'qualifiedtobuy'
                from deals
                union all
                select deal, person, created_at + interval 4 day, 2, 'presentationscheduled'
                from deals
                union all
                select deal, person, closed_at, 3, case when is_won then 'closedwon' else 'closedlost' end
                from deals
            )

            select
                4 * deal + rank as change,
                deal,
                person,
                changed_at,
                stage
            from steps
            where changed_at < {until}
            order by changed_at, change
        """,
        "activities": f"""
            select
                2 * deal as activity,
                person,
                created_at + interval 2 day as happened_at,
                'meeting' as kind,
                'Demonstration' as title,
                30 + deal % 3 * 15 as duration_minutes
            from deals
            where created_at + interval 2 day < {until}
            union all
            select 2 * person + 1, person, called_at, 'call', 'Check-in after a quiet time', 10 + person % 15
            from drawn_customers
            join people on drawn_customers.row = people.row
            where called_at is not null and is_in_crm
            order by happened_at, activity
        """,
    }
