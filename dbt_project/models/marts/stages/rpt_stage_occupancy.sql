with stages as (select * from {{ source('journey', 'stages') }}),

settings as (select * from {{ source('journey', 'settings') }}),

current_intervals as (
    select * from {{ ref('fct_stage_intervals') }}
    where is_current
),

customers as (select * from {{ ref('dim_customers') }}),

counted as (
    select
        current_intervals.stage_set,
        current_intervals.stage,
        count(*) as customer_count,
        sum(customers.revenue_amount) as revenue_amount
    from current_intervals
    inner join customers on current_intervals.customer_id = customers.customer_id
    group by current_intervals.stage_set, current_intervals.stage
)

select
    stages.stage_set,
    stages.stage,
    stages.position,
    stages.description,
    stages.is_on_path,
    coalesce(counted.customer_count, 0) as customer_count,
    counted.revenue_amount,
    settings.journey_version
from stages
cross join settings
left join counted on stages.stage_set = counted.stage_set and stages.stage = counted.stage
