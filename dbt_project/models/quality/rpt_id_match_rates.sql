with id_pairs as (select * from {{ source('journey', 'id_pairs') }}),

identifiers_seen as (select * from {{ ref('int_identifiers_seen') }}),

ids_by_side as (
    select
        source as side,
        id_type,
        identifier_key
    from identifiers_seen
    union
    select
        source || '.' || source_table as side,
        id_type,
        identifier_key
    from identifiers_seen
),

matched as (
    select
        id_pairs.left_side,
        id_pairs.right_side,
        id_pairs.id_type,
        count(left_ids.identifier_key) as left_ids,
        count(right_ids.identifier_key) as matched_ids
    from id_pairs
    left join ids_by_side as left_ids on id_pairs.left_side = left_ids.side and id_pairs.id_type = left_ids.id_type
    left join ids_by_side as right_ids
        on
            id_pairs.right_side = right_ids.side
            and left_ids.id_type = right_ids.id_type
            and left_ids.identifier_key = right_ids.identifier_key
    group by id_pairs.left_side, id_pairs.right_side, id_pairs.id_type
)

select
    matched.left_side,
    matched.right_side,
    matched.id_type,
    matched.left_ids,
    matched.matched_ids,
    cast(matched.matched_ids as double) / nullif(matched.left_ids, 0) as match_rate,
    id_pairs.min_match_rate,
    id_pairs.severity
from matched
inner join id_pairs
    on
        matched.left_side = id_pairs.left_side
        and matched.right_side = id_pairs.right_side
        and matched.id_type = id_pairs.id_type
