-- A name that a person was known by ended: two who were thought to be two became one, or an identifier turned out to be used by two.
-- Who joins an old person_id to this table, at or before a day, gets the one it had on that day.

with merged as (select * from {{ source('identity', 'merges') }}),

refusals as (select * from {{ source('identity', 'refusals') }}),

identifiers as (select * from {{ ref('int_identifiers_resolved') }}),

events as (select * from {{ ref('int_events_recorded') }}),

splits as (
    select
        former.person_id as key_from,
        refusals.refused_key as key_to,
        refusals.rule,
        refusals.event_id
    from refusals
    inner join identifiers as former on refusals.former_key = former.identifier_key
    qualify row_number() over (partition by refusals.refused_key order by refusals.seen_at, refusals.event_id) = 1
),

changes as (
    select
        key_from,
        key_to,
        'merge' as rule,
        event_id
    from merged
    union all
    select
        key_from,
        key_to,
        rule,
        event_id
    from splits
)

select
    changes.key_from,
    changes.key_to,
    events.known_at as changed_at,
    events.occurred_at as effective_at,
    changes.rule,
    changes.event_id as evidence_event_id
from changes
inner join events on changes.event_id = events.event_id
