-- What Stripe called plans it calls prices now; both tables list the same things under the same ids. What is deleted still names
-- the past. A price by usage has no monthly amount.

with plans as ({{ latest('stripe__plans', ['id'], 'updated_at') }}),

prices as ({{ latest('stripe__prices', ['id'], 'updated_at') }}),

listed as (
    {% for relation in ['plans', 'prices'] -%}
    select
        id as plan_id,
        amount,
        currency,
        billing_interval,
        interval_count,
        usage_type,
        nickname,
        product_id
    from {{ relation }}
    {%- if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
)

select
    plan_id,
    nickname,
    product_id,
    upper(currency) as currency,
    case
        when coalesce(usage_type, 'licensed') <> 'metered'
            then {{ per_month(from_minor_units('amount', 'currency'), 'billing_interval', 'interval_count') }}
    end as monthly_amount
from listed
qualify row_number() over (partition by plan_id order by case when amount is null then 1 else 0 end, nickname nulls last) = 1
