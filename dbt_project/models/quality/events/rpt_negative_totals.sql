-- Money that went back was received before: where a customer has given back more than they paid, payments are not in the data.

with revenue as (
    select * from {{ ref('int_events_identified') }}
    where counted_revenue_amount is not null
),

totals as (
    select
        customer_id,
        upper(currency) as currency,
        sum(counted_revenue_amount) as total_amount
    from revenue
    group by all
)

select
    coalesce(currency, 'without currency') as currency,
    count(*) as customer_count,
    count(*) filter (where total_amount < 0) as negative_count,
    cast(coalesce(sum(total_amount) filter (where total_amount < 0), 0) as double) as negative_amount,
    0 as max_negative_count,
    'warn' as severity
from totals
group by currency
