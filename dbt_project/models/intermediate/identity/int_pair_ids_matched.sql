-- Of the pairs of sides that the journey file compares, each identifier of the left side, and whether the right side knows it.

with id_pairs as (select * from {{ source('journey', 'id_pairs') }}),

identifiers_seen as (select * from {{ ref('int_identifiers_seen') }}),

sightings as (
    select
        source as side,
        id_type,
        identifier_key,
        first_seen_at
    from identifiers_seen
    union all
    select
        source || '.' || source_table as side,
        id_type,
        identifier_key,
        first_seen_at
    from identifiers_seen
),

ids_by_side as (
    select
        side,
        id_type,
        identifier_key,
        min(first_seen_at) as first_seen_at
    from sightings
    group by side, id_type, identifier_key
)

select
    id_pairs.left_side,
    id_pairs.right_side,
    id_pairs.id_type,
    left_ids.identifier_key,
    left_ids.first_seen_at,
    right_ids.identifier_key is not null as is_matched
from id_pairs
inner join ids_by_side as left_ids on id_pairs.left_side = left_ids.side and id_pairs.id_type = left_ids.id_type
left join ids_by_side as right_ids
    on
        id_pairs.right_side = right_ids.side
        and left_ids.id_type = right_ids.id_type
        and left_ids.identifier_key = right_ids.identifier_key
