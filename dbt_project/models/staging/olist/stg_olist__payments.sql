select
    order_id,
    payment_sequential as payment_number,
    payment_type,
    payment_value as payment_amount,
    _loaded_at as loaded_at,
    _file as file,
    _row_id as file_row
from {{ source('raw', 'olist__order_payments') }}
