select
    seller_id,
    seller_state,
    seller_city,
    _loaded_at as loaded_at
from {{ source('raw', 'olist__sellers') }}
