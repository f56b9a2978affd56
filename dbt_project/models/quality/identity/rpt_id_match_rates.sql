with id_pairs as (select * from {{ source('journey', 'id_pairs') }}),

matched as (
    select
        left_side,
        right_side,
        id_type,
        count(*) as left_ids,
        count(*) filter (where is_matched) as matched_ids
    from {{ ref('int_pair_ids_matched') }}
    group by left_side, right_side, id_type
),

-- From each week until now: the new ids, those that are known, and how many are missing to the limit.
until_now as (
    select
        weekly.left_side,
        weekly.right_side,
        weekly.id_type,
        weekly.week_started_on,
        id_pairs.min_match_rate,
        sum(weekly.left_ids) over until_now as left_ids,
        sum(weekly.matched_ids) over until_now as matched_ids,
        id_pairs.min_match_rate * sum(weekly.left_ids) over until_now - sum(weekly.matched_ids) over until_now as missing_ids
    from {{ ref('rpt_identity_drift') }} as weekly
    inner join id_pairs
        on
            weekly.left_side = id_pairs.left_side
            and weekly.right_side = id_pairs.right_side
            and weekly.id_type = id_pairs.id_type
    window until_now as (
        partition by weekly.left_side, weekly.right_side, weekly.id_type
        order by weekly.week_started_on
        rows between current row and unbounded following
    )
),

-- Since which week new ids stay below the limit: since when most are missing (E. S. Page's cumulative sum, Biometrika 41, 1954), if
-- those since then are certainly too few.
worst_since as (
    select *
    from until_now
    qualify row_number() over (partition by left_side, right_side, id_type order by missing_ids desc, week_started_on asc) = 1
),

bad_weeks as (
    select
        left_side,
        right_side,
        id_type,
        week_started_on as below_since
    from worst_since
    where missing_ids > 0 and {{ wilson('matched_ids', 'left_ids', '+') }} < min_match_rate
)

select
    id_pairs.left_side,
    id_pairs.right_side,
    id_pairs.id_type,
    coalesce(matched.left_ids, 0) as left_ids,
    coalesce(matched.matched_ids, 0) as matched_ids,
    cast(matched.matched_ids as double) / matched.left_ids as match_rate,
    id_pairs.min_match_rate,
    bad_weeks.below_since,
    id_pairs.severity
from id_pairs
left join matched
    on
        id_pairs.left_side = matched.left_side
        and id_pairs.right_side = matched.right_side
        and id_pairs.id_type = matched.id_type
left join bad_weeks
    on
        id_pairs.left_side = bad_weeks.left_side
        and id_pairs.right_side = bad_weeks.right_side
        and id_pairs.id_type = bad_weeks.id_type
