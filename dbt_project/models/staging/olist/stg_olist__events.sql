-- The seller is the customer: what happens to an order happens to each seller who has items in it.

with leads as (select * from {{ ref('stg_olist__leads') }}),

deals as (select * from {{ ref('stg_olist__deals') }}),

orders as (select * from {{ ref('stg_olist__orders') }}),

order_items as (select * from {{ ref('stg_olist__order_items') }}),

payments as (select * from {{ ref('stg_olist__payments') }}),

reviews as (select * from {{ ref('stg_olist__reviews') }}),

order_sellers as (
    select
        order_id,
        seller_id,
        count(*) as item_count,
        cast(sum(price_amount) as decimal(18, 4)) as revenue_amount,
        sum(freight_amount) as freight_amount,
        max(loaded_at) as loaded_at,
        min(file) as file,
        min(file_row) as file_row
    from order_items
    group by order_id, seller_id
),

leads_contacted as (
    select
        'marketing_qualified_leads' as source_table,
        lead_id as source_event_id,
        'lead_contacted' as event_type,
        contacted_at as occurred_at,
        cast(null as varchar) as user_id,
        lead_id as crm_id,
        origin as channel,
        cast(null as decimal(18, 4)) as revenue_amount,
        {{ json_of(['landing_page_id']) }} as attributes,
        loaded_at,
        file,
        file_row
    from leads
),

deals_won as (
    select
        'closed_deals' as source_table,
        deals.lead_id || ':' || deals.seller_id as source_event_id,
        'deal_won' as event_type,
        deals.won_at as occurred_at,
        deals.seller_id as user_id,
        deals.lead_id as crm_id,
        leads.origin as channel,
        cast(null as decimal(18, 4)) as revenue_amount,
        {{ json_of(['business_segment', 'business_type', 'lead_type', 'lead_behaviour_profile', 'declared_monthly_revenue']) }} as attributes,
        deals.loaded_at,
        deals.file,
        deals.file_row
    from deals
    left join leads on deals.lead_id = leads.lead_id
),

sales as (
    select
        'order_items' as source_table,
        order_sellers.order_id || ':' || order_sellers.seller_id as source_event_id,
        'sale' as event_type,
        orders.ordered_at as occurred_at,
        order_sellers.seller_id as user_id,
        cast(null as varchar) as crm_id,
        cast(null as varchar) as channel,
        order_sellers.revenue_amount,
        {{ json_of(['order_status', 'item_count', 'freight_amount', 'is_delivered_only_sample']) }} as attributes,
        order_sellers.loaded_at,
        order_sellers.file,
        order_sellers.file_row
    from order_sellers
    inner join orders on order_sellers.order_id = orders.order_id
),

-- A payment that was never approved has no time of its own and stands at the time of its order.
payments_received as (
    select
        'order_payments' as source_table,
        payments.order_id || ':' || payments.payment_number || ':' || order_sellers.seller_id as source_event_id,
        'payment_received' as event_type,
        coalesce(orders.approved_at, orders.ordered_at) as occurred_at,
        order_sellers.seller_id as user_id,
        cast(null as varchar) as crm_id,
        cast(null as varchar) as channel,
        cast(null as decimal(18, 4)) as revenue_amount,
        {{ json_of(['payment_type', 'payment_amount']) }} as attributes,
        payments.loaded_at,
        payments.file,
        payments.file_row
    from payments
    inner join orders on payments.order_id = orders.order_id
    inner join order_sellers on payments.order_id = order_sellers.order_id
),

reviews_received as (
    select
        'order_reviews' as source_table,
        reviews.review_id || ':' || reviews.order_id || ':' || order_sellers.seller_id as source_event_id,
        'review_received' as event_type,
        reviews.reviewed_at as occurred_at,
        order_sellers.seller_id as user_id,
        cast(null as varchar) as crm_id,
        cast(null as varchar) as channel,
        cast(null as decimal(18, 4)) as revenue_amount,
        {{ json_of(['review_score']) }} as attributes,
        reviews.loaded_at,
        reviews.file,
        reviews.file_row
    from reviews
    inner join order_sellers on reviews.order_id = order_sellers.order_id
),

all_events as (
    {{ union_all(['leads_contacted', 'deals_won', 'sales', 'payments_received', 'reviews_received']) }}
)

{{ events_from('all_events', {
    'source_table': 'source_table',
    'source_event_id': 'source_event_id',
    'event_name': 'event_type',
    'occurred_at': 'occurred_at',
    'user_id': 'user_id',
    'crm_id': 'crm_id',
    'channel': 'channel',
    'revenue_amount': 'revenue_amount',
    'currency': "case when revenue_amount is not null then 'BRL' end",
    'attributes': 'attributes',
    'loaded_at': 'loaded_at',
    'file': 'file',
    'file_row': 'file_row',
}) }}
