-- Where most is lost: of the steps of all funnels the three that cost most. Who is lost at a step is worth what those who took it were:
-- the share of them who completed the funnel, times the average revenue of those who did.

with settings as (select * from {{ source('journey', 'settings') }}),

funnels as (select * from {{ source('journey', 'funnels') }}),

funnel_steps as (
    select
        *,
        max(step) over (partition by funnel) as last_step
    from {{ source('journey', 'funnel_steps') }}
    where not is_optional
),

-- A funnel with a window is judged by those who had all of it.
counted_steps as (
    select
        results.funnel,
        funnel_steps.step,
        funnel_steps.last_step,
        results.milestone,
        coalesce(results.mature_entered_count, results.entered_count) as entered_count,
        coalesce(results.mature_reached_count, results.reached_count) as reached_count,
        results.median_hours
    from {{ ref('rpt_funnel_steps') }} as results
    inner join funnel_steps on results.funnel = funnel_steps.funnel and results.step = funnel_steps.step
    where results.grain = 'all' and results.dimension = 'all'
),

completers as (
    select
        chains.funnel,
        chains.customer_id
    from {{ ref('int_funnels_followed') }} as chains
    inner join funnel_steps on chains.funnel = funnel_steps.funnel and chains.step = funnel_steps.last_step
    where funnel_steps.step = funnel_steps.last_step
    group by chains.funnel, chains.customer_id
),

completed as (
    select
        completers.funnel,
        cast(sum(customers.revenue_amount) as double) / count(*) as revenue_per_completion
    from completers
    inner join {{ ref('dim_customers') }} as customers on completers.customer_id = customers.customer_id
    group by completers.funnel
),

with_neighbours as (
    select
        *,
        lag(milestone) over (partition by funnel order by step) as from_milestone,
        lag(reached_count) over (partition by funnel order by step) as from_count,
        last_value(reached_count) over (
            partition by funnel
            order by step
            rows between unbounded preceding and unbounded following
        ) as completed_count
    from counted_steps
),

losses as (
    select
        with_neighbours.*,
        with_neighbours.from_count - with_neighbours.reached_count as lost_count,
        cast((with_neighbours.from_count - with_neighbours.reached_count) * with_neighbours.completed_count as double)
        / nullif(with_neighbours.reached_count, 0) * completed.revenue_per_completion as lost_revenue_amount
    from with_neighbours
    left join completed on with_neighbours.funnel = completed.funnel
    where with_neighbours.from_count > 0
),

ranked as (
    select
        losses.*,
        row_number() over (
            order by
                losses.lost_revenue_amount desc nulls last,
                losses.lost_count desc,
                funnels.is_main desc,
                losses.funnel asc,
                losses.step asc
        ) as friction_rank
    from losses
    inner join funnels on losses.funnel = funnels.funnel
)

select
    ranked.friction_rank,
    ranked.funnel,
    ranked.step,
    ranked.from_milestone,
    ranked.milestone as to_milestone,
    ranked.from_count,
    ranked.lost_count,
    cast(ranked.lost_count as double) / ranked.from_count as lost_rate,
    {{ wilson('ranked.lost_count', 'ranked.from_count', '-') }} as lost_low,
    {{ wilson('ranked.lost_count', 'ranked.from_count', '+') }} as lost_high,
    cast(ranked.lost_revenue_amount as decimal(38, 4)) as lost_revenue_amount,
    ranked.median_hours,
    settings.journey_version
from ranked
cross join settings
where ranked.friction_rank <= 3
