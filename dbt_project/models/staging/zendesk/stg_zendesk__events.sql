-- What happens to a ticket happens to the person who opened it.

{% set person = {
    'crm_id': 'crm_id', 'email': 'email', 'phone': 'phone', 'user_id': 'user_id', 'account_id': 'account_id',
    'version_at': 'version_at', 'is_deleted': 'is_deleted',
} %}
{% set of_ticket = 'asked.ticket_id, asked.priority, asked.topic, asked.crm_id, asked.email, asked.phone, asked.user_id, asked.account_id' %}

{% set ended = "('solved', 'closed')" %}

with tickets as ({{ latest('zendesk__tickets', ['ticket_id'], 'updated_at') }}),

ticket_changes as ({{ latest('zendesk__ticket_field_history', ['ticket_id', 'field_name', 'updated_at']) }}),

ticket_metrics as ({{ latest('zendesk__ticket_metrics', ['ticket_id'], 'updated_at') }}),

comments as ({{ latest('zendesk__ticket_comments', ['comment_id']) }}),

ticket_tags as ({{ latest('zendesk__ticket_tags', ['ticket_id', 'tag']) }}),

users as ({{ latest('zendesk__users', ['user_id'], 'updated_at') }}),

organizations as ({{ latest('zendesk__organizations', ['organization_id'], 'updated_at') }}),

domain_names as ({{ latest('zendesk__domain_names', ['organization_id', 'domain_name']) }}),

ratings as ({{ latest('zendesk__satisfaction_ratings', ['rating_id'], 'updated_at') }}),

all_domains as (
    select
        organization_id,
        domain_name
    from domain_names
    where not is_deleted
    union all
    select
        organization_id,
        unnest({{ json_texts('domain_names') }}) as domain_name
    from organizations
    where not is_deleted
),

domains as (
    select
        organization_id,
        min(domain_name) as domain
    from all_domains
    group by organization_id
),

people as (
    select
        users.*,
        {{ own_id('users.user_id') }} as crm_id,
        {{ account_named('domains.domain', 'users.organization_id') }} as account_id
    from users
    left join domains on users.organization_id = domains.organization_id
),

topics as (
    select
        ticket_id,
        string_agg(tag, ',' order by tag) as topic
    from ticket_tags
    where not is_deleted
    group by ticket_id
),

-- Tickets with the person who asked; what is deleted is gone with all that happened to it.
asked as (
    select
        tickets.ticket_id,
        tickets.created_at,
        tickets.subject,
        tickets.description,
        tickets.priority,
        tickets.via_channel,
        tickets.status,
        tickets.updated_at,
        coalesce(topics.topic, nullif(array_to_string({{ json_texts('tickets.tags') }}, ','), '')) as topic,
        tickets.version_at,
        tickets.is_deleted or coalesce(tickets.status = 'deleted', false) as is_deleted,
        coalesce(people.crm_id, {{ own_id('tickets.requester_id') }}) as crm_id,
        people.email,
        people.phone,
        people.external_id as user_id,
        coalesce(people.account_id, {{ account_named('null', 'tickets.organization_id') }}) as account_id,
        tickets.requester_id,
        tickets._loaded_at,
        tickets._file,
        tickets._row_id
    from tickets
    left join people on tickets.requester_id = people.user_id
    left join topics on tickets.ticket_id = topics.ticket_id
),

status_changes as (
    select
        ticket_changes.ticket_id,
        ticket_changes.value as status,
        ticket_changes.updated_at as changed_at,
        lag(ticket_changes.value) over (partition by ticket_changes.ticket_id order by ticket_changes.updated_at) as previous_status,
        ticket_changes._loaded_at,
        ticket_changes._file,
        ticket_changes._row_id
    from ticket_changes
    where ticket_changes.field_name = 'status' and ticket_changes.value is not null and not ticket_changes.is_deleted
),

ended_by_history as (
    select ticket_id
    from status_changes
    where status in {{ ended }}
    group by ticket_id
),

-- Only where the history of a ticket has no end does its summary say when it was solved; where that does not either, the last change of
-- a ticket that has ended is its end.
solved_at_last as (
    select
        asked.ticket_id,
        'solved' as status,
        case
            when ticket_metrics.solved_at is not null and not ticket_metrics.is_deleted then ticket_metrics.solved_at
            when asked.status in {{ ended }} then asked.updated_at
        end as changed_at,
        cast(null as varchar) as previous_status,
        coalesce(ticket_metrics._loaded_at, asked._loaded_at) as _loaded_at,
        coalesce(ticket_metrics._file, asked._file) as _file,
        coalesce(ticket_metrics._row_id, asked._row_id) as _row_id
    from asked
    left join ticket_metrics on asked.ticket_id = ticket_metrics.ticket_id
    left join ended_by_history on asked.ticket_id = ended_by_history.ticket_id
    where ended_by_history.ticket_id is null
),

steps as (
    select * from status_changes
    union all
    select * from solved_at_last
),

ticket_steps as (
    select
        {{ of_ticket }},
        asked.version_at,
        asked.is_deleted,
        steps.status,
        steps.changed_at,
        steps.previous_status,
        {{ hours_between('asked.created_at', 'steps.changed_at') }} as resolution_hours,
        steps._loaded_at,
        steps._file,
        steps._row_id
    from steps
    inner join asked on steps.ticket_id = asked.ticket_id
),

written as (
    select
        {{ of_ticket }},
        asked.created_at,
        comments.comment_id,
        comments.created_at as written_at,
        comments.body,
        coalesce(comments.author_id = asked.requester_id, false) as is_by_requester,
        comments.version_at,
        comments.is_deleted or asked.is_deleted as is_deleted,
        comments._loaded_at,
        comments._file,
        comments._row_id
    from comments
    inner join asked on comments.ticket_id = asked.ticket_id
    where coalesce(comments.is_public, true)
),

rated as (
    select
        {{ of_ticket }},
        ratings.rating_id,
        ratings.score,
        ratings.comment,
        ratings.created_at,
        ratings.version_at,
        ratings.is_deleted,
        ratings._loaded_at,
        ratings._file,
        ratings._row_id
    from ratings
    inner join asked on ratings.ticket_id = asked.ticket_id
    where ratings.score not in ('offered', 'unoffered')
),

people_created as (
    {{ events_from('people', dict(person,
        source_table="'users'",
        source_event_id="user_id",
        event_name="'support_user_created'",
        occurred_at='created_at',
        user_id='external_id',
    ), where="coalesce(role, 'end-user') = 'end-user'") }}
),

tickets_opened as (
    {{ events_from('asked', dict(person,
        source_table="'tickets'",
        source_event_id='ticket_id',
        event_name="'ticket_opened'",
        occurred_at='created_at',
        text="concat_ws('\n', subject, description)",
        attributes=json_of(['ticket_id', 'priority', 'via_channel', 'topic']),
    )) }}
),

tickets_solved as (
    {{ events_from('ticket_steps', dict(person,
        source_table="'ticket_field_history'",
        source_event_id="ticket_id || ':solved:' || cast(changed_at as varchar)",
        event_name="'ticket_solved'",
        occurred_at='changed_at',
        attributes=json_of(['ticket_id', 'priority', 'topic', 'resolution_hours']),
    ), where="status in " ~ ended ~ " and coalesce(previous_status, '') not in " ~ ended) }}
),

tickets_reopened as (
    {{ events_from('ticket_steps', dict(person,
        source_table="'ticket_field_history'",
        source_event_id="ticket_id || ':reopened:' || cast(changed_at as varchar)",
        event_name="'ticket_reopened'",
        occurred_at='changed_at',
        attributes=json_of(['ticket_id', 'priority', 'topic']),
    ), where="status in ('new', 'open', 'pending', 'hold') and previous_status in " ~ ended) }}
),

-- The first comment of a ticket is its description.
comments_written as (
    {{ events_from('written', dict(person,
        source_table="'ticket_comments'",
        source_event_id='comment_id',
        event_name="case when is_by_requester then 'ticket_commented' else 'ticket_replied' end",
        occurred_at='written_at',
        text="case when is_by_requester then body end",
        attributes=json_of(['ticket_id']),
    ), where='written_at > created_at') }}
),

tickets_rated as (
    {{ events_from('rated', dict(person,
        source_table="'satisfaction_ratings'",
        source_event_id='rating_id',
        event_name="'csat_answered'",
        occurred_at='created_at',
        text='comment',
        attributes=json_pairs({'ticket_id': 'ticket_id', 'answer': 'score', 'score': "case when score like 'good%' then 1 else 0 end", 'scale': "'0 to 1'"}),
    )) }}
)

{{ union_all(['people_created', 'tickets_opened', 'tickets_solved', 'tickets_reopened', 'comments_written', 'tickets_rated']) }}
