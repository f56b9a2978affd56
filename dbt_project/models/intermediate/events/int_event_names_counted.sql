-- How many rows of a landing carry which name, and when a feed first had rows of a system.

{{ config(
    materialized='incremental',
    unique_key=['feed', 'loaded_at', 'source', 'event_name'],
    meta={'reads': {'new_rows': none}},
) }}

select
    feed,
    loaded_at,
    source,
    event_name,
    count(*) as row_count,
    count(*) filter (where is_deleted) as deleted_row_count
from {{ ref('int_events_unioned') }} as unioned
where {{ is_new_row('unioned') }}
group by feed, loaded_at, source, event_name
