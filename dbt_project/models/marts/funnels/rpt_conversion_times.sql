-- How long it takes until customers convert, that is reach the last milestone of the main funnel for the first time: from their first
-- event, from the visit that led there, and from where they first gave up. Whoever has not converted by the end of what is known is
-- at risk until then.

with customers as (select * from {{ ref('dim_customers') }}),

first_touches as (select * from {{ ref('int_first_touches_found') }}),

sessions as (select * from {{ ref('fct_sessions') }}),

milestone_ends as (select * from {{ ref('int_milestones_ended') }}),

clock as (select * from {{ ref('int_clock_read') }}),

settings as (select * from {{ source('journey', 'settings') }}),

main_funnel as (
    select
        funnels.funnel,
        funnels.window_days
    from {{ source('journey', 'funnels') }} as funnels
    inner join settings on funnels.funnel = settings.main_funnel
),

main_steps as (
    select
        funnel_steps.step,
        funnel_steps.milestone,
        max(funnel_steps.step) over () as last_step
    from {{ source('journey', 'funnel_steps') }} as funnel_steps
    inner join main_funnel on funnel_steps.funnel = main_funnel.funnel
),

-- A milestone that nobody reached yet is unreached until now.
ends as (
    select
        coalesce(min(milestone_ends.known_until) filter (where main_steps.step = main_steps.last_step), min(clock.as_of)) as conversions_known_until,
        coalesce(min(milestone_ends.known_until) filter (where main_steps.step > 1), min(clock.as_of)) as steps_known_until
    from main_steps
    cross join clock
    inner join milestone_ends on main_steps.milestone = milestone_ends.milestone
),

conversions as (
    select
        customer_id,
        first_conversion_at
    from customers
    where first_conversion_at <= (select ends.conversions_known_until from ends)
),

from_first_touch as (
    select
        'first_touch_to_conversion' as measure,
        customers.customer_id,
        customers.first_seen_at as started_at,
        conversions.first_conversion_at as converted_at
    from customers
    left join conversions on customers.customer_id = conversions.customer_id
),

-- The last visit that began before the conversion and not longer before it than a channel is remembered. Only who converted has one, so
-- here nobody is censored.
from_session as (
    select
        'session_to_conversion' as measure,
        conversions.customer_id,
        max(sessions.started_at) as started_at,
        min(conversions.first_conversion_at) as converted_at
    from conversions
    cross join settings
    inner join sessions
        on
            conversions.customer_id = sessions.customer_id
            and conversions.first_conversion_at >= sessions.started_at
            and {{ add_hours('conversions.first_conversion_at', '-24.0 * settings.channel_lookback_days') }} <= sessions.started_at
    group by conversions.customer_id
),

chains as (
    select followed.*
    from {{ ref('int_funnels_followed') }} as followed
    inner join main_funnel on followed.funnel = main_funnel.funnel
),

-- Where the first entry of a customer is not given up, they convert or nobody knows yet: no later entry has to be looked at.
first_entries as (
    select
        customer_id,
        {{ first_by('entry_event_id', 'entered_at', 'entry_place') }} as entry_event_id
    from chains
    where step = 1
    group by customer_id
),

first_chains as (
    select
        chains.customer_id,
        chains.step,
        chains.reached_at,
        lead(chains.reached_at) over (partition by chains.customer_id order by chains.step) as next_reached_at,
        case
            when main_funnel.window_days is null then {{ add_hours('chains.reached_at', '24 * 7') }}
            else {{ add_hours('chains.entered_at', '24.0 * main_funnel.window_days') }}
        end as given_up_at
    from chains
    cross join main_funnel
    inner join first_entries on chains.customer_id = first_entries.customer_id and chains.entry_event_id = first_entries.entry_event_id
),

-- A step was reached and the next one not in time: within the window of the funnel, or a week where it has none. Whoever had converted by
-- then, along whichever way, gave nothing up; so did whoever reached the last step.
given_up as (
    select
        first_chains.customer_id,
        min(first_chains.reached_at) as reached_at
    from first_chains
    cross join ends
    left join customers on first_chains.customer_id = customers.customer_id and first_chains.given_up_at >= customers.first_conversion_at
    where
        (first_chains.next_reached_at is null or first_chains.next_reached_at > first_chains.given_up_at)
        and first_chains.given_up_at <= ends.steps_known_until
        and customers.customer_id is null
    group by first_chains.customer_id
),

from_abandonment as (
    select
        'abandonment_to_recovery' as measure,
        given_up.customer_id,
        given_up.reached_at as started_at,
        conversions.first_conversion_at as converted_at
    from given_up
    left join conversions on given_up.customer_id = conversions.customer_id
),

all_waits as (
    select * from from_first_touch
    union all
    select * from from_session
    union all
    select * from from_abandonment
),

-- What began after the end of what is known says nothing.
waits as (
    select
        all_waits.measure,
        date_trunc('month', all_waits.started_at) as started_month,
        first_touches.channel,
        first_touches.device,
        all_waits.converted_at is not null as has_converted,
        {{ hours_between('all_waits.started_at', 'coalesce(all_waits.converted_at, ends.conversions_known_until)') }} as hours,
        {{ hours_between('all_waits.started_at', 'ends.conversions_known_until') }} as followed_hours
    from all_waits
    cross join ends
    inner join first_touches on all_waits.customer_id = first_touches.customer_id
    where all_waits.started_at <= ends.conversions_known_until
),

waits_by_dimension as ({{ by_dimension('waits', {'channel': 'channel', 'device': 'device'}) }}),

waits_by_period as (
    select
        *,
        'all' as grain,
        cast(null as date) as period_start
    from waits_by_dimension
    union all
    select
        *,
        'month' as grain,
        cast(started_month as date) as period_start
    from waits_by_dimension
),

with_groups as (
    select
        *,
        {{ quick_key(['measure', 'grain', 'period_start', 'dimension', 'dimension_value']) }} as group_key
    from waits_by_period
),

counted as (
    select
        group_key,
        any_value(measure) as measure,
        any_value(grain) as grain,
        any_value(period_start) as period_start,
        any_value(dimension) as dimension,
        any_value(dimension_value) as dimension_value,
        count(*) as customer_count,
        count(*) filter (where has_converted) as converted_count,
        max(followed_hours) as followed_hours,
        {{ quantile('case when has_converted then hours end', 0.5) }} as arrived_median_hours,
        {{ quantile('case when has_converted then hours end', 0.95) }} as arrived_p95_hours
    from with_groups
    group by group_key
),

-- The rate is that within ninety days: one number for long and short histories alike.
horizons as (
    select
        *,
        24.0 * 90 as duration
    from counted
),

{{ survival_curve('waiting', 'with_groups', ['group_key'], 'hours', 'has_converted', 'horizons') }},

estimated as (
    select
        group_key,
        {{ survival_quantile(0.5) }} as median_hours,
        {{ survival_quantile(0.5, '-') }} as median_low_hours,
        {{ survival_quantile(0.5, '+') }} as median_high_hours,
        {{ survival_quantile(0.95) }} as p95_hours
    from waiting_curve
    group by group_key
),

at_horizon as (
    select * from waiting_curve
    where duration = 24.0 * 90 and (at_risk_count > 0 or survival_rate = 0)
)

select
    counted.measure,
    counted.grain,
    counted.period_start,
    counted.dimension,
    counted.dimension_value,
    counted.customer_count,
    counted.converted_count,
    counted.customer_count - counted.converted_count as censored_count,
    cast(counted.converted_count as double) / counted.customer_count as converted_share,
    90 as horizon_days,
    1 - at_horizon.survival_rate as conversion_rate,
    1 - at_horizon.survival_high as conversion_low,
    1 - at_horizon.survival_low as conversion_high,
    estimated.median_hours,
    estimated.median_low_hours,
    estimated.median_high_hours,
    estimated.p95_hours,
    counted.arrived_median_hours,
    counted.arrived_p95_hours,
    settings.main_funnel as funnel,
    settings.journey_version
from counted
cross join settings
inner join estimated on counted.group_key = estimated.group_key
left join at_horizon on counted.group_key = at_horizon.group_key and counted.followed_hours >= at_horizon.duration
