-- Each identifier with its person. A person is named after the oldest identifier of the component, so that the order in which
-- files arrive changes nothing.

with identifiers as (
    select
        identifier_key,
        id_type,
        id_value,
        min(first_seen_at) as first_seen_at,
        min(known_at) as known_at
    from {{ ref('int_identifiers_seen') }}
    group by identifier_key, id_type, id_value
),

components as (select * from {{ source('identity', 'components') }}),

id_types as (select * from {{ source('journey', 'id_types') }}),

members as (
    select
        identifiers.*,
        components.component_key,
        id_types.priority
    from identifiers
    inner join components on identifiers.identifier_key = components.identifier_key
    inner join id_types on identifiers.id_type = id_types.id_type
)

select
    identifier_key,
    id_type,
    id_value,
    first_value(identifier_key) over (
        partition by component_key
        order by first_seen_at nulls last, priority, id_value
        rows between unbounded preceding and unbounded following
    ) as person_id,
    first_seen_at,
    known_at
from members
