-- How customers came, and what became of them. As in a funnel only those count for the rate whose window is over: the main funnel's,
-- from their first event on. Where it has none, everybody counts.

with first_touches as (select * from {{ ref('int_first_touches_found') }}),

customers as (select * from {{ ref('dim_customers') }}),

milestone_ends as (select * from {{ ref('int_milestones_ended') }}),

clock as (select * from {{ ref('int_clock_read') }}),

settings as (select * from {{ source('journey', 'settings') }}),

main_funnel as (
    select
        funnels.window_days,
        coalesce(milestone_ends.known_until, clock.as_of) as known_until
    from {{ source('journey', 'funnels') }} as funnels
    cross join clock
    inner join settings on funnels.funnel = settings.main_funnel
    inner join {{ source('journey', 'funnel_steps') }} as funnel_steps on funnels.funnel = funnel_steps.funnel
    inner join milestone_ends on funnel_steps.milestone = milestone_ends.milestone
    qualify row_number() over (order by funnel_steps.step desc) = 1
),

judged as (
    select
        first_touches.channel,
        first_touches.campaign,
        first_touches.event_type,
        customers.revenue_amount,
        customers.first_conversion_at is not null as has_converted,
        main_funnel.window_days is null
        or {{ add_hours('first_touches.first_seen_at', '24.0 * main_funnel.window_days') }} <= main_funnel.known_until as is_mature,
        main_funnel.window_days is null
        or {{ add_hours('first_touches.first_seen_at', '24.0 * main_funnel.window_days') }} >= customers.first_conversion_at as is_in_time
    from first_touches
    cross join main_funnel
    inner join customers on first_touches.customer_id = customers.customer_id
),

counted as (
    select
        channel,
        campaign,
        event_type,
        count(*) as customer_count,
        count(*) filter (where has_converted) as converted_count,
        count(*) filter (where is_mature) as mature_count,
        count(*) filter (where is_mature and has_converted and is_in_time) as mature_converted_count,
        sum(revenue_amount) as revenue_amount
    from judged
    group by channel, campaign, event_type
)

select
    counted.channel,
    counted.campaign,
    counted.event_type,
    counted.customer_count,
    cast(counted.customer_count as double) / sum(counted.customer_count) over () as share,
    counted.converted_count,
    counted.mature_count,
    counted.mature_converted_count,
    cast(counted.mature_converted_count as double) / nullif(counted.mature_count, 0) as conversion_rate,
    {{ wilson('counted.mature_converted_count', 'counted.mature_count', '-') }} as conversion_low,
    {{ wilson('counted.mature_converted_count', 'counted.mature_count', '+') }} as conversion_high,
    counted.revenue_amount,
    settings.journey_version
from counted
cross join settings
