-- Which share of the customers is still there at which age, by the month of their first sign of life. Those who cannot be that old yet
-- count as long as they are followed, and an age that nobody was followed up to is unknown.

with lifetimes as (select * from {{ ref('int_lifetimes_observed') }}),

first_touches as (select * from {{ ref('int_first_touches_found') }}),

settings as (select * from {{ source('journey', 'settings') }}),

ages as (select unnest([7, 14, 30, 60, 90, 180, 270, 365]) as age_days),

customers as (
    select
        cast(date_trunc('month', lifetimes.first_pulse_at) as date) as first_month,
        lifetimes.is_lost,
        lifetimes.lifetime_days,
        lifetimes.followed_days,
        first_touches.channel
    from lifetimes
    inner join first_touches on lifetimes.customer_id = first_touches.customer_id
),

customers_by_dimension as ({{ by_dimension('customers', {'channel': 'channel'}) }}),

customers_by_cohort as (
    select
        *,
        first_month as cohort_month
    from customers_by_dimension
    union all
    select
        *,
        cast(null as date) as cohort_month
    from customers_by_dimension
),

with_groups as (
    select
        *,
        {{ quick_key(['cohort_month', 'dimension', 'dimension_value']) }} as group_key
    from customers_by_cohort
),

cohorts as (
    select
        group_key,
        any_value(cohort_month) as cohort_month,
        any_value(dimension) as dimension,
        any_value(dimension_value) as dimension_value,
        count(*) as customer_count,
        max(followed_days) as followed_days
    from with_groups
    group by group_key
),

cohort_ages as (
    select
        cohorts.*,
        ages.age_days,
        cast(ages.age_days as double) as duration
    from cohorts
    cross join ages
),

{{ survival_curve('staying', 'with_groups', ['group_key'], 'lifetime_days', 'is_lost', 'cohort_ages') }},

at_ages as (
    select
        cohort_ages.*,
        staying_curve.at_risk_count,
        staying_curve.total_event_count as lost_count,
        cohort_ages.followed_days >= cohort_ages.age_days
        and (staying_curve.at_risk_count > 0 or staying_curve.survival_rate = 0) as is_known,
        staying_curve.survival_rate,
        staying_curve.survival_low,
        staying_curve.survival_high
    from cohort_ages
    inner join staying_curve on cohort_ages.group_key = staying_curve.group_key and cohort_ages.duration = staying_curve.duration
)

select
    at_ages.cohort_month,
    at_ages.dimension,
    at_ages.dimension_value,
    at_ages.age_days,
    at_ages.customer_count,
    at_ages.at_risk_count,
    at_ages.lost_count,
    case when at_ages.is_known then at_ages.survival_rate end as retention_rate,
    case when at_ages.is_known then at_ages.survival_low end as retention_low,
    case when at_ages.is_known then at_ages.survival_high end as retention_high,
    settings.journey_version
from at_ages
cross join settings
