"""Zendesk: who asks, tickets with what was written and what became of them, and ratings, as Fivetran's tables.

What of a life appears, and when:

- a person who asks: support_user_created, at their first ticket; their user id from the sign-up on;
- a ticket: ticket_opened, ticket_solved, ticket_reopened; its rating: csat_answered;
- a comment after the first: ticket_replied or ticket_commented.

Agents write and solve, but are no rows of `user`. The mood of a text is nobody's column.
"""

from __future__ import annotations

from simulation.exports import Export

# Who of the agents deals with a ticket.
AGENT = "900000000000 + ticket % 7"

# One row per person who asked, with the moment of their first ticket.
ASKERS = "askers as (select person, min(opened_at) as created_at from tickets group by person)"

# One row per account of them. Zendesk knows an organization with the first person of it.
ORGANIZATIONS = f"""
    {ASKERS},

    organizations as (
        select account, min(created_at) as created_at
        from askers
        join people using (person)
        where account is not null
        group by account
    )
"""

EXPORTS = (
    Export(
        "zendesk",
        "user",
        kind="csv.gz",
        moment="updated_at",
        identifiers=("external_id", "email", "phone"),
        sql=f"""
            with {ASKERS},

            versions as (
                select person, created_at, created_at as updated_at from askers
                union all
                select person, created_at, signed_up_at as updated_at
                from askers
                join people using (person)
                where signed_up_at > created_at
            )

            select
                person as id,
                created_at,
                updated_at,
                'end-user' as role,
                concat_ws(' ', first_name, last_name) as name,
                support_email as email,
                phone,
                case when signed_up_at <= updated_at then user_id end as external_id,
                account as organization_id,
                language as locale,
                true as active
            from versions
            join people using (person)
            order by updated_at, person
        """,
    ),
    Export(
        "zendesk",
        "organization",
        kind="csv.gz",
        moment="created_at",
        sql=f"""
            with {ORGANIZATIONS}

            select account as id, name, created_at, created_at as updated_at
            from organizations
            join accounts using (account)
            order by created_at, account
        """,
    ),
    Export(
        "zendesk",
        "domain_name",
        kind="csv.gz",
        moment="_fivetran_synced",
        sql=f"""
            with {ORGANIZATIONS}

            select account as organization_id, 0 as index, domain as domain_name, created_at as _fivetran_synced
            from organizations
            join accounts using (account)
            where domain is not null
            order by created_at, account
        """,
    ),
    Export(
        "zendesk",
        "ticket",
        kind="csv.gz",
        moment="created_at",
        sql="""
            select
                ticket as id,
                opened_at as created_at,
                greatest(opened_at, first_reply_at, solved_at, reopened_at) as updated_at,
                tickets.person as requester_id,
                tickets.person as submitter_id,
                account as organization_id,
                case
                    when reopened_at is not null then 'open'
                    when solved_at is not null then 'solved'
                    when first_reply_at is not null then 'pending'
                    else 'new'
                end as status,
                priority,
                'question' as type,
                case when ticket % 10 < 6 then 'email' when ticket % 10 < 9 then 'web' else 'chat' end as via_channel,
                subject,
                text as description
            from tickets
            join people using (person)
            order by opened_at, ticket
        """,
    ),
    Export(
        "zendesk",
        "ticket_tag",
        kind="csv.gz",
        moment="_fivetran_synced",
        sql="""
            select ticket as ticket_id, topic as tag, opened_at as _fivetran_synced
            from tickets
            where topic is not null
            order by opened_at, ticket
        """,
    ),
    Export(
        "zendesk",
        "ticket_field_history",
        kind="csv.gz",
        moment="updated",
        sql=f"""
            with statuses as (
                select ticket, person as actor, opened_at as updated, 'new' as status from tickets
                union all
                select ticket, {AGENT} as actor, first_reply_at as updated, 'pending' as status
                from tickets
                where first_reply_at < coalesce(solved_at, first_reply_at + interval 1 second)
                union all
                select ticket, {AGENT} as actor, solved_at as updated, 'solved' as status
                from tickets
                where solved_at is not null
                union all
                select ticket, person as actor, reopened_at as updated, 'open' as status
                from tickets
                where reopened_at is not null
            )

            select ticket as ticket_id, 'status' as field_name, updated, status as value, actor as user_id
            from statuses
            order by updated, ticket, status
        """,
    ),
    Export(
        "zendesk",
        "ticket_comment",
        kind="csv.gz",
        moment="created",
        sql=f"""
            select
                comment as id,
                ticket as ticket_id,
                case when is_by_customer then person else {AGENT} end as user_id,
                written_at as created,
                true as public,
                text as body
            from comments
            order by written_at, comment
        """,
    ),
    Export(
        "zendesk",
        "satisfaction_rating",
        kind="csv.gz",
        moment="created_at",
        sql="""
            select
                ticket as id,
                ticket as ticket_id,
                person as requester_id,
                rating as score,
                rated_at as created_at,
                rated_at as updated_at
            from tickets
            where rated_at is not null
            order by rated_at, ticket
        """,
    ),
)
