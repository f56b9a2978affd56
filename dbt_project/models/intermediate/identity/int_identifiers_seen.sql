-- Every identifier with the tables that know it.

with profiles as (
    select
        {% for column in person_id_columns() -%}
        {{ spelling_of(column, column) }} as {{ column }},
        {% endfor -%}
        source,
        source_table,
        loaded_at
    from {{ ref('int_profiles_unioned') }}
),

sightings as (
    {% for column in person_id_columns() %}
    select
        source,
        source_table,
        '{{ column }}' as id_type,
        {{ column }} as id_value,
        {{ column }}_key as identifier_key,
        first_seen_at,
        known_at,
        event_count
    from {{ ref('int_identifiers_combined') }}
    where {{ column }} is not null
    union all
    select
        source,
        source_table,
        '{{ column }}' as id_type,
        {{ column }} as id_value,
        {{ identifier_key(column, column) }} as identifier_key,
        cast(null as timestamp) as first_seen_at,
        loaded_at as known_at,
        0 as event_count
    from profiles
    where {{ column }} is not null and {{ refusal_of(column, column) }} is null
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    sightings.source,
    sightings.source_table,
    sightings.id_type,
    any_value(sightings.id_value) as id_value,
    sightings.identifier_key,
    any_value(id_types.priority) as trust,
    min(sightings.first_seen_at) as first_seen_at,
    min(sightings.known_at) as known_at,
    cast(sum(sightings.event_count) as bigint) as event_count
from sightings
inner join {{ source('journey', 'id_types') }} as id_types on sightings.id_type = id_types.id_type
where sightings.id_value is not null
group by sightings.source, sightings.source_table, sightings.id_type, sightings.identifier_key
