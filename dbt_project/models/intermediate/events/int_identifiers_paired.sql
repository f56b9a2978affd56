-- Two identifiers in one row belong to one person: the edges of the identity graph, from the first identifier of a row to its others.

with together as (
    select
        {{ person_id_columns() | join(', ') }},
        min(occurred_at) as first_seen_at,
        count(*) as event_count
    from {{ ref('int_events_recorded') }}
    group by {{ person_id_columns() | join(', ') }}
),

keyed as (
    select
        {% for column in person_id_columns() -%}
        case when {{ column }} is not null then {{ identifier_key(column, column) }} end as {{ column }}_key,
        {% endfor -%}
        first_seen_at,
        event_count
    from together
),

with_hub as (
    select
        *,
        coalesce({{ person_key_columns() | join(', ') }}) as hub_key
    from keyed
),

spokes as (
    {% for column in person_id_columns() %}
    select
        hub_key,
        {{ column }}_key as spoke_key,
        first_seen_at,
        event_count
    from with_hub
    where {{ column }}_key <> hub_key
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    hub_key as left_key,
    spoke_key as right_key,
    min(first_seen_at) as first_seen_at,
    sum(event_count) as event_count
from spokes
group by hub_key, spoke_key
