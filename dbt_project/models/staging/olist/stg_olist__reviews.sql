select
    review_id,
    order_id,
    review_score,
    coalesce(review_answer_timestamp, review_creation_date) as reviewed_at,
    _loaded_at as loaded_at,
    _file as file,
    _row_id as file_row
from {{ source('raw', 'olist__order_reviews') }}
