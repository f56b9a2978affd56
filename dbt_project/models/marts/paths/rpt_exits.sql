-- Where visits end. That many leave from somewhere matters only where many come by: weight is both together.

{% set fewest_customers = 30 %}

with settings as (select * from {{ source('journey', 'settings') }}),

visitors as (
    select count(distinct customer_id) as visitor_count
    from {{ ref('int_exits_counted') }}
),

counted as (
    select
        event_type,
        count(*) as customer_count,
        cast(sum(visit_count) as bigint) as visit_count,
        cast(sum(exit_count) as bigint) as exit_count
    from {{ ref('int_exits_counted') }}
    group by event_type
),

with_rates as (
    select
        counted.*,
        cast(counted.customer_count as double) / visitors.visitor_count as reach_rate,
        cast(counted.exit_count as double) / counted.visit_count as exit_rate,
        counted.customer_count >= {{ fewest_customers }} as is_ranked
    from counted
    cross join visitors
)

select
    with_rates.event_type,
    with_rates.customer_count,
    with_rates.reach_rate,
    with_rates.visit_count,
    with_rates.exit_count,
    with_rates.exit_rate,
    {{ wilson('with_rates.exit_count', 'with_rates.visit_count', '-') }} as exit_low,
    {{ wilson('with_rates.exit_count', 'with_rates.visit_count', '+') }} as exit_high,
    with_rates.reach_rate * with_rates.exit_rate as weight,
    case
        when with_rates.is_ranked
            then
                row_number() over (
                    partition by with_rates.is_ranked
                    order by with_rates.reach_rate * with_rates.exit_rate desc, with_rates.event_type asc
                )
    end as exit_rank,
    settings.journey_version
from with_rates
cross join settings
