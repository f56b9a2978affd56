select
    mql_id as lead_id,
    first_contact_date as contacted_at,
    landing_page_id,
    origin,
    _loaded_at as loaded_at,
    _file as file,
    _row_id as file_row
from {{ source('raw', 'olist__marketing_qualified_leads') }}
