-- What a subscription was, version by version: Fivetran's history says since when, a record of the API when it changed, and any
-- other row was so when it was fetched. Plans stand in the rows themselves (items, or one plan); where they do not, in the table
-- of items, whose versions are then versions of their own. Monthly revenue is at list price, before discounts and taxes.

{{ config(materialized='table') }}

with subscription_rows as (
    select
        *,
        coalesce(valid_from, case when updated_at > created then updated_at end, synced_at) as seen_at
    from {{ source('raw', 'stripe__subscriptions') }}
    qualify row_number() over (
        partition by id, seen_at
        order by synced_at desc nulls last, {{ natural_order('_file') }} desc, _row_id desc
    ) = 1
),

item_rows as (
    select
        *,
        synced_at as seen_at
    from {{ source('raw', 'stripe__subscription_items') }}
    where subscription_id is not null
    qualify row_number() over (
        partition by id, seen_at
        order by {{ natural_order('_file') }} desc, _row_id desc
    ) = 1
),

plan_prices as (select * from {{ ref('stg_stripe__plan_prices') }}),

products as ({{ latest('stripe__products', ['id'], 'updated_at') }}),

row_items as (
    select
        _file,
        _row_id,
        unnest({{ json_texts(json_value('items', '$.data')) }}) as item
    from subscription_rows
),

lines_of_items as (
    select
        _file,
        _row_id,
        coalesce({{ json_value('item', '$.price.id') }}, {{ json_value('item', '$.plan.id') }}) as plan_id,
        coalesce({{ json_value('item', '$.price.nickname') }}, {{ json_value('item', '$.plan.nickname') }}) as nickname,
        coalesce({{ json_value('item', '$.price.product') }}, {{ json_value('item', '$.plan.product') }}) as product_id,
        try_cast({{ json_value('item', '$.quantity') }} as bigint) as quantity,
        try_cast(coalesce({{ json_value('item', '$.price.unit_amount') }}, {{ json_value('item', '$.plan.amount') }}) as decimal(18, 4)) as amount,
        coalesce({{ json_value('item', '$.price.currency') }}, {{ json_value('item', '$.plan.currency') }}) as currency,
        coalesce({{ json_value('item', '$.price.recurring.interval') }}, {{ json_value('item', '$.plan.interval') }}) as billing_interval,
        try_cast(coalesce(
            {{ json_value('item', '$.price.recurring.interval_count') }}, {{ json_value('item', '$.plan.interval_count') }}
        ) as bigint) as interval_count,
        coalesce({{ json_value('item', '$.price.recurring.usage_type') }}, {{ json_value('item', '$.plan.usage_type') }}) as usage_type,
        false as is_of_dashboard
    from row_items
),

lines as (
    select * from lines_of_items
    union all
    select
        subscription_rows._file,
        subscription_rows._row_id,
        subscription_rows.plan_id,
        subscription_rows.plan_nickname as nickname,
        subscription_rows.product_id,
        subscription_rows.quantity,
        subscription_rows.plan_amount as amount,
        subscription_rows.currency,
        subscription_rows.plan_interval as billing_interval,
        subscription_rows.plan_interval_count as interval_count,
        subscription_rows.plan_usage_type as usage_type,
        subscription_rows.dashboard_created is not null as is_of_dashboard
    from subscription_rows
    left join lines_of_items
        on subscription_rows._file = lines_of_items._file and subscription_rows._row_id = lines_of_items._row_id
    where lines_of_items._file is null and subscription_rows.plan_id is not null
),

priced_lines as (
    select
        lines._file,
        lines._row_id,
        lines.plan_id,
        coalesce(lines.nickname, plan_prices.nickname, products.name, lines.plan_id) as plan,
        lines.quantity,
        upper(coalesce(lines.currency, plan_prices.currency)) as currency,
        coalesce(lines.quantity, 1) * coalesce(
            case
                when coalesce(lines.usage_type, 'licensed') <> 'metered'
                    then {{ per_month(
                        stripe_money('lines.amount', 'lines.currency', 'lines.is_of_dashboard'), 'lines.billing_interval', 'lines.interval_count'
                    ) }}
            end,
            plan_prices.monthly_amount
        ) as mrr
    from lines
    left join plan_prices on lines.plan_id = plan_prices.plan_id
    left join products on coalesce(lines.product_id, plan_prices.product_id) = products.id
),

stated_plans as (
    select
        _file,
        _row_id,
        string_agg(plan_id, ' + ' order by plan_id) as plan_id,
        string_agg(plan, ' + ' order by plan_id) as plan,
        sum(quantity) as quantity,
        max(currency) as currency,
        case when count(*) = count(mrr) then round(sum(mrr), 2) end as mrr
    from priced_lines
    group by _file, _row_id
),

priced_items as (
    select
        item_rows.*,
        coalesce(plan_prices.nickname, products.name, item_rows.plan_id) as plan,
        plan_prices.currency,
        plan_prices.monthly_amount
    from item_rows
    left join plan_prices on item_rows.plan_id = plan_prices.plan_id
    left join products on plan_prices.product_id = products.id
),

-- Of a subscription to one plan, and never to another, the item tells the plan of every version.
sole_items as (
    select
        subscription_id,
        min(plan_id) as plan_id,
        min(plan) as plan,
        case when min(quantity) = max(quantity) then min(quantity) end as quantity,
        min(currency) as currency,
        min(monthly_amount) as monthly_amount
    from priced_items
    group by subscription_id
    having min(id) = max(id) and min(plan_id) = max(plan_id)
),

whole_states as (
    select
        subscription_rows.id as subscription_id,
        '' as item_id,
        subscription_rows.seen_at,
        subscription_rows.status,
        coalesce(stated_plans.plan_id, sole_items.plan_id) as plan_id,
        coalesce(stated_plans.plan, sole_items.plan) as plan,
        coalesce(stated_plans.quantity, subscription_rows.quantity, sole_items.quantity) as quantity,
        coalesce(stated_plans.currency, sole_items.currency) as currency,
        case
            when stated_plans.plan_id is not null then stated_plans.mrr
            else round(sole_items.monthly_amount * coalesce(subscription_rows.quantity, sole_items.quantity), 2)
        end as mrr,
        stated_plans.plan_id is not null as states_plan,
        coalesce(stated_plans.quantity, subscription_rows.quantity) is not null as states_quantity,
        subscription_rows._loaded_at,
        subscription_rows._file,
        subscription_rows._row_id
    from subscription_rows
    left join stated_plans on subscription_rows._file = stated_plans._file and subscription_rows._row_id = stated_plans._row_id
    left join sole_items on subscription_rows.id = sole_items.subscription_id
),

said_in_rows as (
    select
        subscription_id,
        bool_or(states_plan) as states_plan,
        bool_or(states_quantity) as states_quantity
    from whole_states
    group by subscription_id
),

item_states as (
    select
        priced_items.subscription_id,
        priced_items.id as item_id,
        priced_items.seen_at,
        cast(null as varchar) as status,
        priced_items.plan_id,
        priced_items.plan,
        case when not coalesce(said_in_rows.states_quantity, false) then priced_items.quantity end as quantity,
        priced_items.currency,
        round(priced_items.monthly_amount * coalesce(priced_items.quantity, 1), 2) as mrr,
        priced_items._loaded_at,
        priced_items._file,
        priced_items._row_id
    from priced_items
    left join said_in_rows on priced_items.subscription_id = said_in_rows.subscription_id
    where not coalesce(said_in_rows.states_plan, false)
),

states as (
    select * exclude (states_plan, states_quantity) from whole_states
    union all
    select * from item_states
)

select
    *,
    {% for column in ['status', 'plan_id', 'plan', 'quantity', 'mrr'] -%}
    lag({{ column }}) over versions as previous_{{ column }},
    {% endfor -%}
    row_number() over versions as version_number
from states
window versions as (partition by subscription_id, item_id order by seen_at nulls first, {{ natural_order('_file') }}, _row_id)
