-- Identifiers are published as keyed hashes: who holds the key can look a person up, nobody else can read one.
-- An identifier that several people used belongs to each of them for a time: from their first use in a row to the next one's.

with identifiers as (select * from {{ ref('int_identifiers_resolved') }}),

shared_uses as (select * from {{ ref('int_shared_uses_attributed') }}),

events as (select * from {{ ref('int_events_recorded') }}),

with_previous as (
    select
        shared_uses.*,
        events.known_at,
        events.event_place,
        lag(shared_uses.person_id) over (
            partition by shared_uses.shared_key order by shared_uses.occurred_at, events.event_place
        ) as previous_person_id
    from shared_uses
    inner join events on shared_uses.event_id = events.event_id
    where shared_uses.occurred_at is not null
),

changes_of_person as (
    select
        *,
        lead(occurred_at) over (partition by shared_key order by occurred_at, event_place) as superseded_at
    from with_previous
    where previous_person_id is null or previous_person_id <> person_id
),

belongings as (
    select
        identifier_key,
        person_id,
        coalesce(first_seen_at, known_at) as effective_at,
        known_at,
        cast(null as timestamp) as superseded_at
    from identifiers
    where not is_shared
    union all
    select
        shared_key,
        person_id,
        occurred_at,
        known_at,
        superseded_at
    from changes_of_person
    where superseded_at is null or superseded_at > occurred_at  -- two people in one moment: the last of them
)

select
    identifiers.id_type,
    {{ keyed_hash('secrets.secret', "identifiers.id_type || ':' || identifiers.id_value") }} as id_hash,
    belongings.person_id,
    belongings.effective_at,
    belongings.known_at,
    belongings.superseded_at
from belongings
inner join identifiers on belongings.identifier_key = identifiers.identifier_key
cross join {{ source('identity', 'key') }} as secrets
