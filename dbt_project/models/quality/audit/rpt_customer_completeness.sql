-- What is known of customers. Accounts are asked for only where there are any.

with customers as (select * from {{ ref('dim_customers') }}),

filled as (
    select
        'acquisition_channel' as field,
        count(*) as customer_count,
        count(acquisition_channel) as filled_count
    from customers
    union all
    select
        'acquisition_campaign' as field,
        count(*) as customer_count,
        count(acquisition_campaign) as filled_count
    from customers
    union all
    select
        'account_id' as field,
        count(*) as customer_count,
        count(account_id) as filled_count
    from customers
    having count(account_id) > 0
    union all
    select
        'first_conversion_at' as field,
        count(*) as customer_count,
        count(first_conversion_at) as filled_count
    from customers
)

select
    field,
    customer_count,
    filled_count,
    cast(filled_count as double) / nullif(customer_count, 0) as filled_rate
from filled
