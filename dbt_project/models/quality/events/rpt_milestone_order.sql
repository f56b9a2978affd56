with funnel_steps as (select * from {{ source('journey', 'funnel_steps') }}),

limits as (
    select * from {{ source('journey', 'thresholds') }}
    where threshold = 'out_of_order_rate'
),

first_reached as (
    select
        milestone,
        customer_id,
        min(reached_at) as reached_at
    from {{ ref('int_milestones_reached') }}
    group by milestone, customer_id
),

-- A step that comes again has its first time behind it.
step_pairs as (
    select
        steps.funnel,
        steps.step,
        steps.milestone,
        previous_steps.milestone as previous_milestone
    from funnel_steps as steps
    inner join funnel_steps as previous_steps on steps.funnel = previous_steps.funnel and steps.step - 1 = previous_steps.step
    qualify row_number() over (partition by steps.funnel, steps.milestone order by steps.step) = 1
),

reached_both as (
    select
        step_pairs.funnel,
        step_pairs.step,
        count(*) as customer_count,
        count(*) filter (where reached.reached_at < reached_before.reached_at) as out_of_order_count
    from step_pairs
    inner join first_reached as reached on step_pairs.milestone = reached.milestone
    inner join first_reached as reached_before
        on step_pairs.previous_milestone = reached_before.milestone and reached.customer_id = reached_before.customer_id
    group by step_pairs.funnel, step_pairs.step
)

select
    step_pairs.funnel,
    step_pairs.step,
    step_pairs.milestone,
    step_pairs.previous_milestone,
    coalesce(reached_both.customer_count, 0) as customer_count,
    coalesce(reached_both.out_of_order_count, 0) as out_of_order_count,
    cast(reached_both.out_of_order_count as double) / reached_both.customer_count as out_of_order_rate,
    limits.limit_value as max_out_of_order_rate,
    limits.severity
from step_pairs
cross join limits
left join reached_both on step_pairs.funnel = reached_both.funnel and step_pairs.step = reached_both.step
