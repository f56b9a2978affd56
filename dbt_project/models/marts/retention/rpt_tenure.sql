-- How many of those who are still there are lost in each week of a customer's life, and how long customers stay on average up to it.

with lifetimes as (select * from {{ ref('int_lifetimes_observed') }}),

first_touches as (select * from {{ ref('int_first_touches_found') }}),

settings as (select * from {{ source('journey', 'settings') }}),

week_numbers as (select unnest(range(1, 1041)) as week),

-- Week 1 ends with the seventh day. Of the last, unfinished week nobody knows yet who is lost in it.
customers as (
    select
        lifetimes.is_lost,
        lifetimes.lifetime_days,
        lifetimes.followed_days,
        first_touches.channel,
        first_touches.device,
        cast(floor(lifetimes.followed_days / 7) as bigint) as followed_weeks,
        case when lifetimes.is_lost then greatest(1, cast(ceil(lifetimes.lifetime_days / 7) as bigint)) end as lost_week
    from lifetimes
    inner join first_touches on lifetimes.customer_id = first_touches.customer_id
),

customers_by_dimension as ({{ by_dimension('customers', {'channel': 'channel', 'device': 'device'}) }}),

with_groups as (
    select
        *,
        {{ quick_key(['dimension', 'dimension_value']) }} as group_key
    from customers_by_dimension
),

groups as (
    select
        group_key,
        any_value(dimension) as dimension,
        any_value(dimension_value) as dimension_value,
        max(followed_weeks) as followed_weeks
    from with_groups
    group by group_key
),

weeks as (
    select
        groups.group_key,
        groups.dimension,
        groups.dimension_value,
        week_numbers.week,
        7.0 * week_numbers.week as duration
    from groups
    inner join week_numbers on groups.followed_weeks >= week_numbers.week
),

-- The last week of each customer that is known from its beginning, when they were there, to its end.
last_weeks as (
    select
        group_key,
        least(followed_weeks, coalesce(lost_week, followed_weeks)) as week,
        count(*) as customer_count,
        count(*) filter (where lost_week <= followed_weeks) as lost_count
    from with_groups
    group by group_key, least(followed_weeks, coalesce(lost_week, followed_weeks))
),

with_every_week as (
    select
        weeks.*,
        coalesce(last_weeks.customer_count, 0) as customer_count,
        coalesce(last_weeks.lost_count, 0) as lost_count
    from weeks
    left join last_weeks on weeks.group_key = last_weeks.group_key and weeks.week = last_weeks.week
),

at_risk as (
    select
        *,
        cast(sum(customer_count) over (partition by group_key order by week desc) as bigint) as at_risk_count
    from with_every_week
),

{{ survival_curve('staying', 'with_groups', ['group_key'], 'lifetime_days', 'is_lost', 'weeks') }},

{{ survival_areas('staying', ['group_key']) }},

with_survival as (
    select
        at_risk.*,
        staying_areas.at_risk_count > 0 or staying_areas.survival_rate = 0 as is_known,
        staying_areas.survival_rate,
        staying_areas.survival_low,
        staying_areas.survival_high,
        staying_areas.restricted_mean
    from at_risk
    inner join staying_areas on at_risk.group_key = staying_areas.group_key and at_risk.duration = staying_areas.duration
)

select
    with_survival.dimension,
    with_survival.dimension_value,
    with_survival.week,
    with_survival.at_risk_count,
    with_survival.lost_count,
    cast(with_survival.lost_count as double) / nullif(with_survival.at_risk_count, 0) as hazard_rate,
    {{ wilson('with_survival.lost_count', 'with_survival.at_risk_count', '-') }} as hazard_low,
    {{ wilson('with_survival.lost_count', 'with_survival.at_risk_count', '+') }} as hazard_high,
    case when with_survival.is_known then with_survival.survival_rate end as survival_rate,
    case when with_survival.is_known then with_survival.survival_low end as survival_low,
    case when with_survival.is_known then with_survival.survival_high end as survival_high,
    case when with_survival.is_known then with_survival.restricted_mean end as restricted_mean_days,
    settings.journey_version
from with_survival
cross join settings
