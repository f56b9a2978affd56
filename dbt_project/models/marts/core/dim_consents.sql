-- What people agreed to and when they changed their mind. Who says nothing of the purpose means all of them.

with events as (
    select * from {{ ref('int_events_identified') }}
    where event_type in ('consent_given', 'consent_withdrawn') and person_id is not null
),

recorded as (
    select * from {{ ref('int_events_recorded') }}
    where event_type in ('consent_given', 'consent_withdrawn')
),

said as (
    select
        events.person_id,
        events.customer_id,
        coalesce(nullif({{ plain_name(masked(json_value('recorded.attributes', '$.purpose'))) }}, ''), 'all') as purpose,
        events.event_type = 'consent_given' as is_granted,
        events.occurred_at as effective_at,
        events.known_at,
        events.source,
        events.event_id,
        events.event_place
    from events
    inner join recorded on events.event_id = recorded.event_id
),

-- Yes and no in one moment (of two lists, of two systems) is no.
said_once as (
    select *
    from said
    qualify row_number() over (partition by person_id, purpose, effective_at order by is_granted, event_place) = 1
)

select
    person_id,
    customer_id,
    purpose,
    is_granted,
    effective_at,
    known_at,
    lead(effective_at) over (partition by person_id, purpose order by effective_at) as superseded_at,
    source,
    event_id
from said_once
