select
    mql_id as lead_id,
    seller_id,
    won_date as won_at,
    business_segment,
    business_type,
    lead_type,
    lead_behaviour_profile,
    declared_monthly_revenue,
    _loaded_at as loaded_at,
    _file as file,
    _row_id as file_row
from {{ source('raw', 'olist__closed_deals') }}
