-- The most common ways through the journey, from the first step on; all others are one row, so that shares add up to 1.

{% set most_paths, most_stages = 50, 8 %}

with settings as (select * from {{ source('journey', 'settings') }}),

customers as (select * from {{ ref('dim_customers') }}),

event_paths as (
    select
        'event_type' as level,
        cast(null as varchar) as stage_set,
        customer_id,
        opening as names,
        opening_hours as hours
    from {{ ref('int_paths_ordered') }}
),

stages_in_order as (
    select
        stage_set,
        customer_id,
        {{ elements_between(steps_in_order('entered_at', 'visit_number', 'stage'), 1, most_stages) }} as steps
    from {{ ref('fct_stage_intervals') }}
    group by stage_set, customer_id
),

stage_paths as (
    select
        'stage' as level,
        stage_set,
        customer_id,
        {{ parts_of('steps', 'name') }} as names,
        {{ parts_of('steps', 'moment') }} as times
    from stages_in_order
),

all_paths as (
    select
        level,
        stage_set,
        customer_id,
        names,
        hours
    from event_paths
    union all
    select
        level,
        stage_set,
        customer_id,
        names,
        {{ hours_between(element('times', 1), last_element('times')) }} as hours
    from stage_paths
),

with_customers as (
    select
        all_paths.level,
        all_paths.stage_set,
        {{ path_text('all_paths.names') }} as path,
        {{ size_of('all_paths.names') }} as step_count,
        all_paths.hours,
        customers.first_conversion_at is not null as is_converted,
        customers.revenue_amount
    from all_paths
    inner join customers on all_paths.customer_id = customers.customer_id
),

counted as (
    select
        level,
        stage_set,
        path,
        step_count,
        count(*) as customer_count,
        count(*) filter (where is_converted) as converted_count,
        sum(revenue_amount) as revenue_amount,
        {{ quantile('hours', 0.5) }} as median_hours
    from with_customers
    group by level, stage_set, path, step_count
),

ranked as (
    select
        *,
        row_number() over (partition by level, stage_set order by customer_count desc, path asc) as path_rank
    from counted
),

others_together as (
    select
        level,
        stage_set,
        cast(null as bigint) as path_rank,
        cast(null as varchar) as path,
        cast(null as bigint) as step_count,
        sum(customer_count) as customer_count,
        sum(converted_count) as converted_count,
        sum(revenue_amount) as revenue_amount,
        cast(null as double) as median_hours
    from ranked
    where path_rank > {{ most_paths }}
    group by level, stage_set
),

shown as (
    select
        level,
        stage_set,
        path_rank,
        path,
        step_count,
        customer_count,
        converted_count,
        revenue_amount,
        median_hours
    from ranked
    where path_rank <= {{ most_paths }}
    union all
    select * from others_together
)

select
    shown.level,
    shown.stage_set,
    shown.path_rank,
    shown.path,
    cast(shown.step_count as integer) as step_count,
    cast(shown.customer_count as bigint) as customer_count,
    cast(cast(shown.customer_count as double) / sum(shown.customer_count) over (partition by shown.level, shown.stage_set) as double) as share,
    cast(shown.converted_count as bigint) as converted_count,
    cast(shown.converted_count as double) / shown.customer_count as conversion_rate,
    {{ wilson('shown.converted_count', 'shown.customer_count', '-') }} as conversion_low,
    {{ wilson('shown.converted_count', 'shown.customer_count', '+') }} as conversion_high,
    shown.revenue_amount,
    shown.median_hours,
    settings.journey_version
from shown
cross join settings
