select
    order_id,
    order_item_id,
    seller_id,
    price as price_amount,
    freight_value as freight_amount,
    _loaded_at as loaded_at,
    _file as file,
    _row_id as file_row
from {{ source('raw', 'olist__order_items') }}
