-- Each identifier with its person. A person is named after the oldest identifier of the component, so that the order in which
-- files arrive changes nothing. One that two people used connects nothing and is a component of its own.

with identifiers as (select * from {{ ref('int_identifiers_known') }}),

components as (select * from {{ source('identity', 'components') }}),

members as (
    select
        identifiers.*,
        components.component_key,
        components.is_shared
    from identifiers
    inner join components on identifiers.identifier_key = components.identifier_key
)

select
    identifier_key,
    id_type,
    id_value,
    first_value(identifier_key) over (
        partition by component_key
        order by first_seen_at nulls last, trust, identifier_key
        rows between unbounded preceding and unbounded following
    ) as person_id,
    is_shared,
    first_seen_at,
    known_at
from members
