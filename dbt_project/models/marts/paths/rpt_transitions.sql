with settings as (select * from {{ source('journey', 'settings') }}),

-- Numbers are grouped in half of the time that names take (1 M events, 2026-11-23).
paths as (
    select
        customer_id,
        {{ keys_of_each('event_types') }} as event_keys,
        times,
        {{ size_of('event_types') }} as step_count
    from {{ ref('int_paths_ordered') }}
),

event_moves as (
    select
        customer_id,
        {{ exploded({
            'from_key': elements_between('event_keys', 1, 'step_count - 1'),
            'to_key': elements_between('event_keys', 2, 'step_count'),
            'left_at': elements_between('times', 1, 'step_count - 1'),
            'arrived_at': elements_between('times', 2, 'step_count'),
        }) }}
    from paths
),

names as (
    select
        {{ quick_key(['event_type']) }} as name_key,
        event_type as name
    from {{ ref('int_event_names_mapped') }}
    group by event_type
),

key_counts as (
    select
        from_key,
        to_key,
        count(*) as transition_count,
        count(distinct customer_id) as customer_count,
        {{ quantiles(hours_between('left_at', 'arrived_at'), [0.5, 0.95]) }} as hours
    from event_moves
    group by from_key, to_key
),

event_counts as (
    select
        from_names.name as from_name,
        to_names.name as to_name,
        key_counts.transition_count,
        key_counts.customer_count,
        key_counts.hours
    from key_counts
    inner join names as from_names on key_counts.from_key = from_names.name_key
    inner join names as to_names on key_counts.to_key = to_names.name_key
),

stage_moves as (
    select
        stage_set,
        customer_id,
        stage as from_name,
        lead(stage) over (partition by stage_set, customer_id order by entered_at) as to_name,
        {{ hours_between('entered_at', 'exited_at') }} as hours
    from {{ ref('fct_stage_intervals') }}
),

stage_counts as (
    select
        stage_set,
        from_name,
        to_name,
        count(*) as transition_count,
        count(distinct customer_id) as customer_count,
        {{ quantiles('hours', [0.5, 0.95]) }} as hours
    from stage_moves
    where to_name is not null
    group by stage_set, from_name, to_name
),

counted as (
    select
        'event_type' as level,
        cast(null as varchar) as stage_set,
        *
    from event_counts
    union all
    select
        'stage' as level,
        *
    from stage_counts
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
    {{ element('counted.hours', 1) }} as median_hours,
    {{ element('counted.hours', 2) }} as p95_hours,
    settings.journey_version
from counted
cross join settings
