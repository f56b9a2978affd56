-- The nodes of the identity graph: each identifier, since when it exists and since when it is known here. The numbers become arrays.

with identifiers as (
    select
        identifier_key,
        id_type,
        any_value(id_value) as id_value,
        any_value(trust) as trust,
        min(first_seen_at) as first_seen_at,
        min(known_at) as known_at
    from {{ ref('int_identifiers_seen') }}
    group by identifier_key, id_type
)

select
    *,
    {{ microseconds('first_seen_at') }} as first_seen_us,
    {{ microseconds('known_at') }} as known_us
from identifiers
