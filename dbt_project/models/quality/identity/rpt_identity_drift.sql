-- Whether those who are new are known as well as those before them. A match rate over years hides a fault of last week. The newest whole
-- week is judged, if it has ten new ids: of four, three may be missing by luck.

with id_pairs as (select * from {{ source('journey', 'id_pairs') }}),

clock as (select * from {{ ref('int_clock_read') }}),

limits as (
    select * from {{ source('journey', 'thresholds') }}
    where threshold = 'match_rate_drop'
),

weekly as (
    select
        left_side,
        right_side,
        id_type,
        cast(date_trunc('week', first_seen_at) as date) as week_started_on,
        count(*) as left_ids,
        count(*) filter (where is_matched) as matched_ids
    from {{ ref('int_pair_ids_matched') }}
    where first_seen_at < date_trunc('week', (select clock.as_of from clock))
    group by all
),

with_past as (
    select
        *,
        sum(left_ids) over eight_weeks_before as usual_left_ids,
        sum(matched_ids) over eight_weeks_before as usual_matched_ids,
        max(week_started_on) over (partition by left_side, right_side, id_type) as newest_week_on
    from weekly
    window eight_weeks_before as (
        partition by left_side, right_side, id_type
        order by week_started_on
        range between interval 56 days preceding and interval 7 days preceding
    )
),

rates as (
    select
        *,
        cast(matched_ids as double) / left_ids as match_rate,
        cast(usual_matched_ids as double) / usual_left_ids as usual_rate,
        {{ wilson('matched_ids', 'left_ids', '-') }} as rate_low,
        {{ wilson('matched_ids', 'left_ids', '+') }} as rate_high,
        {{ wilson('usual_matched_ids', 'usual_left_ids', '-') }} as usual_low,
        {{ wilson('usual_matched_ids', 'usual_left_ids', '+') }} as usual_high
    from with_past
),

-- The 95 % interval of a difference of two shares (R. G. Newcombe, Statistics in Medicine 17, 1998, method 10).
differences as (
    select
        *,
        match_rate - usual_rate as difference,
        match_rate - usual_rate - sqrt(power(match_rate - rate_low, 2) + power(usual_high - usual_rate, 2)) as difference_low,
        match_rate - usual_rate + sqrt(power(rate_high - match_rate, 2) + power(usual_rate - usual_low, 2)) as difference_high
    from rates
)

select
    differences.left_side,
    differences.right_side,
    differences.id_type,
    differences.week_started_on,
    differences.left_ids,
    differences.matched_ids,
    differences.match_rate,
    differences.usual_rate,
    differences.difference,
    differences.difference_low,
    differences.difference_high,
    coalesce(differences.difference <= -limits.limit_value and differences.difference_high < 0, false) as is_drift,
    limits.limit_value as max_match_rate_drop,
    case
        when
            differences.week_started_on = differences.newest_week_on
            and differences.usual_rate is not null
            and differences.left_ids >= 10
            and id_pairs.severity <> 'outcome'
            then limits.severity
    end as severity
from differences
cross join limits
inner join id_pairs
    on
        differences.left_side = id_pairs.left_side
        and differences.right_side = id_pairs.right_side
        and differences.id_type = id_pairs.id_type
