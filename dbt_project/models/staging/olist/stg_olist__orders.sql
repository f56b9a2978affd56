select
    order_id,
    order_status,
    order_purchase_timestamp as ordered_at,
    order_approved_at as approved_at,
    is_delivered_only_sample,
    _loaded_at as loaded_at
from {{ source('raw', 'olist__orders') }}
