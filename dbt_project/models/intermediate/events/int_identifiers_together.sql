-- Identifiers that stand in one row belong to one person: what the identity graph is made of, once per combination of identifiers.
-- The evidence is the first event with that combination; first by time, among equals by its id. All numbers, for they become arrays: a
-- key of 0 is none, and what has no time comes last.

with keyed as (
    select
        {% for column in person_id_columns() -%}
        {{ column }},
        {% endfor -%}
        occurred_at,
        known_at,
        event_id
    from {{ ref('int_events_recorded') }}
),

together as (
    select
        {{ person_id_columns() | join(', ') }},
        min(occurred_at) as first_seen_at,
        min(known_at) as known_at,
        {{ first_by('event_id', ['occurred_at', 'event_id']) }} as evidence_event_id,
        count(*) as event_count
    from keyed
    group by {{ person_id_columns() | join(', ') }}
),

with_keys as (
    select
        {% for column in person_id_columns() -%}
        case when {{ column }} is not null then {{ identifier_key(column, column) }} else 0 end as {{ column }}_key,
        {% endfor -%}
        {{ microseconds('first_seen_at') }} as first_seen_us,
        {{ microseconds('known_at') }} as known_us,
        evidence_event_id,
        event_count
    from together
)

select *
from with_keys
where {{ count_of(person_key_columns()) }} > 1
