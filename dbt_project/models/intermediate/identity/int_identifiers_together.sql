-- Identifiers that stand in one row belong to one person: what the identity graph is made of, once per combination of identifiers.
-- All numbers, for they become arrays: a key of 0 is none, and what has no time comes last.

select
    {{ person_key_columns() | join(', ') }},
    {{ microseconds('min(first_seen_at)') }} as first_seen_us,
    {{ microseconds('min(known_at)') }} as known_us,
    {{ first_by('first_event_id', 'first_seen_at', 'first_event_id') }} as evidence_event_id,
    cast(sum(event_count) as bigint) as event_count
from {{ ref('int_identifiers_combined') }}
where {{ count_of(person_key_columns()) }} > 1
group by {{ person_key_columns() | join(', ') }}
