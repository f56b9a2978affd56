-- How often customers move from one stage to another, and how long they stay: in the earlier and the later half of the history, so that
-- it can be seen whether they move as they used to. A stay that lasts counts its time so far and no move.

with clock as (select * from {{ ref('int_clock_read') }}),

intervals as (select * from {{ ref('fct_stage_intervals') }}),

moves as (
    select
        stage_set,
        customer_id,
        stage,
        entered_at,
        exited_at,
        lead(stage) over (partition by stage_set, customer_id order by entered_at) as to_stage
    from intervals
),

halves as (
    select
        stage_set,
        quantile_cont(entered_at, 0.5) as middle_at
    from intervals
    group by stage_set
),

stays as (
    select
        moves.stage_set,
        case when moves.entered_at < halves.middle_at then 'earlier' else 'later' end as half,
        moves.stage as from_stage,
        moves.to_stage,
        {{ hours_between('moves.entered_at', 'coalesce(moves.exited_at, clock.as_of)') }} / 24 as stay_days
    from moves
    cross join clock
    inner join halves on moves.stage_set = halves.stage_set
)

select
    stage_set,
    half,
    from_stage,
    to_stage,
    count(*) as stay_count,
    cast(sum(cast(stay_days as decimal(18, 9))) as double) as stay_days
from stays
group by stage_set, half, from_stage, to_stage
