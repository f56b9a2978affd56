-- Whom a system knows without saying when: its identifiers join people and are matched, but nothing happened.
-- One select per such table.

{{ config(materialized='view') }}

select
    'olist' as source,
    'sellers' as source_table,
    seller_id as user_id,
    cast(null as varchar) as anonymous_id,
    cast(null as varchar) as email,
    cast(null as varchar) as phone,
    cast(null as varchar) as device_id,
    cast(null as varchar) as crm_id,
    loaded_at
from {{ ref('stg_olist__sellers') }}
