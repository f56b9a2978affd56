-- What customers have paid by which age, by the month of their first event and by what they came through. Only who has been known for
-- that whole age counts: the revenue of the others is not small, it is not known yet.

with customers as (select * from {{ ref('dim_customers') }}),

payments as (
    select
        customer_id,
        source,
        occurred_at,
        counted_revenue_amount as amount
    from {{ ref('int_events_identified') }}
    where counted_revenue_amount is not null and customer_id is not null
),

hours as (select * from {{ ref('int_event_hours_counted') }}),

settings as (select * from {{ source('journey', 'settings') }}),

ages as (select unnest([30, 90, 180, 365]) as age_days),

payment_days as (
    select
        source,
        date_trunc('day', occurred_at) as day_started_at,
        count(*) as payment_count,
        max(occurred_at) as last_occurred_at
    from payments
    group by source, date_trunc('day', occurred_at)
),

-- A system that told of less than a hundredth of the payments has no say in when they end.
payers as (
    select
        source,
        count(*) as day_count,
        min(day_started_at) as first_day,
        max(day_started_at) as last_day,
        max(last_occurred_at) as last_paid_at
    from payment_days
    group by source
    qualify sum(payment_count) >= 0.01 * sum(sum(payment_count)) over ()
),

source_ends as (
    select
        source,
        max(last_occurred_at) as last_occurred_at
    from hours
    group by source
),

-- Without any revenue nothing is known of it.
revenue_ends as (
    select
        min({{ end_of_telling(
            'payers.day_count', 'payers.first_day', 'payers.last_day', 'payers.last_paid_at', 'source_ends.last_occurred_at'
        ) }}) as known_until
    from payers
    inner join source_ends on payers.source = source_ends.source
),

customer_ages as (
    select
        customers.customer_id,
        cast(date_trunc('month', customers.first_seen_at) as date) as first_month,
        customers.first_seen_at,
        customers.first_conversion_at,
        customers.acquisition_channel as channel,
        customers.acquisition_campaign as campaign,
        ages.age_days,
        {{ add_hours('customers.first_seen_at', '24 * ages.age_days') }} as aged_at
    from customers
    cross join ages
),

observed as (
    select
        *,
        coalesce(aged_at <= (select revenue_ends.known_until from revenue_ends), false) as is_observed
    from customer_ages
),

paid as (
    select
        observed.customer_id,
        observed.age_days,
        sum(payments.amount) as amount
    from observed
    inner join payments on observed.customer_id = payments.customer_id and observed.aged_at >= payments.occurred_at
    where observed.is_observed
    group by observed.customer_id, observed.age_days
),

-- Sums and sums of squares add up, so the customers are gone through once for all breakdowns. As decimals, whose sum is the same in
-- whatever order they are added; a customer's square ends at that of a hundred trillions, of which a million fit. Who paid nothing has none.
summed as (
    select
        observed.first_month,
        observed.channel,
        observed.campaign,
        observed.age_days,
        count(*) filter (where observed.is_observed) as customer_count,
        count(*) filter (where observed.is_observed and observed.first_conversion_at <= observed.aged_at) as converted_count,
        sum(paid.amount) as amount,
        sum(cast(least(cast(paid.amount as double) * cast(paid.amount as double), 1e28) as decimal(38, 4)))
        filter (where paid.amount is not null) as squared_amount
    from observed
    left join paid on observed.customer_id = paid.customer_id and observed.age_days = paid.age_days
    group by observed.first_month, observed.channel, observed.campaign, observed.age_days
),

summed_by_dimension as ({{ by_dimension('summed', {'channel': 'channel', 'campaign': 'campaign'}) }}),

summed_by_cohort as (
    select
        *,
        first_month as cohort_month
    from summed_by_dimension
    union all
    select
        *,
        cast(null as date) as cohort_month
    from summed_by_dimension
),

totals as (
    select
        cohort_month,
        dimension,
        dimension_value,
        age_days,
        cast(sum(customer_count) as bigint) as customer_count,
        cast(sum(converted_count) as bigint) as converted_count,
        cast(coalesce(sum(amount), 0) as double) as amount,
        cast(coalesce(sum(squared_amount), 0) as double) as squared_amount,
        coalesce(sum(amount), 0) as revenue_amount
    from summed_by_cohort
    group by cohort_month, dimension, dimension_value, age_days
),

-- The mean is about normal for hundreds of customers; for few of them, whose revenue is skewed, the interval is only a hint.
with_means as (
    select
        *,
        amount / nullif(customer_count, 0) as mean_amount,
        case
            when customer_count > 1
                then 1.959964 * sqrt(greatest(0.0, squared_amount - amount * amount / customer_count) / (customer_count - 1) / customer_count)
        end as half_width
    from totals
)

select
    with_means.cohort_month,
    with_means.dimension,
    with_means.dimension_value,
    with_means.age_days,
    with_means.customer_count,
    with_means.converted_count,
    case when with_means.customer_count > 0 then with_means.revenue_amount end as revenue_amount,
    with_means.mean_amount as revenue_per_customer,
    with_means.mean_amount - with_means.half_width as revenue_per_customer_low,
    with_means.mean_amount + with_means.half_width as revenue_per_customer_high,
    settings.journey_version
from with_means
cross join settings
