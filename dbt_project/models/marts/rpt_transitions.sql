with settings as (select * from {{ source('journey', 'settings') }}),

event_steps as (
    select
        'event_type' as level,
        cast(null as varchar) as stage_set,
        event_type as from_name,
        lead(event_type) over (partition by customer_id order by occurred_at, event_id) as to_name,
        customer_id,
        {{ hours_between('occurred_at', 'lead(occurred_at) over (partition by customer_id order by occurred_at, event_id)') }} as hours
    from {{ ref('int_events_identified') }}
    where customer_id is not null
),

stage_steps as (
    select
        'stage' as level,
        stage_set,
        stage as from_name,
        lead(stage) over (partition by stage_set, customer_id order by entered_at) as to_name,
        customer_id,
        {{ hours_between('entered_at', 'exited_at') }} as hours
    from {{ ref('fct_stage_intervals') }}
),

steps as (
    select * from event_steps
    where to_name is not null
    union all
    select * from stage_steps
    where to_name is not null
),

counted as (
    select
        level,
        stage_set,
        from_name,
        to_name,
        count(*) as transition_count,
        count(distinct customer_id) as customer_count,
        {{ quantile('hours', 0.5) }} as median_hours,
        {{ quantile('hours', 0.95) }} as p95_hours
    from steps
    group by level, stage_set, from_name, to_name
)

select
    counted.level,
    counted.stage_set,
    counted.from_name,
    counted.to_name,
    counted.transition_count,
    counted.customer_count,
    cast(counted.transition_count as double)
    / sum(counted.transition_count) over (partition by counted.level, counted.stage_set, counted.from_name) as share,
    counted.median_hours,
    counted.p95_hours,
    settings.journey_version
from counted
cross join settings
