-- What the rows were worth that landing rejected, beside the revenue that landed: few rows may be much money.

with rejected_rows as (
    {{ rejections() }}
),

events as (select * from {{ ref('int_events_recorded') }}),

thresholds as (
    select * from {{ source('journey', 'thresholds') }}
    where threshold = 'rejected_rate'
),

rejected as (
    select
        source,
        currency,
        count(*) as rejected_count,
        sum({{ worth_of_rejected() }}) as rejected_amount
    from rejected_rows
    where amount > 0
    group by source, currency
),

landed as (
    select
        split_part(feed, '__', 1) as source,
        upper(currency) as currency,
        sum(revenue_amount) as landed_amount
    from events
    where revenue_amount > 0
    group by all
)

select
    rejected.source,
    coalesce(rejected.currency, 'without currency') as currency,
    rejected.rejected_count,
    cast(rejected.rejected_amount as double) as rejected_amount,
    cast(coalesce(landed.landed_amount, 0) as double) as landed_amount,
    cast(rejected.rejected_amount as double) / (rejected.rejected_amount + coalesce(landed.landed_amount, 0)) as rejected_rate,
    thresholds.limit_value as max_rejected_rate,
    thresholds.severity
from rejected
left join landed on rejected.source = landed.source and rejected.currency is not distinct from landed.currency
cross join thresholds
