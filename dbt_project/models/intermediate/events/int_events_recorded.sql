-- Every event that is one: in its last version, and not deleted since.

{{ config(materialized='view') }}

select * exclude (received_at, version_at, is_deleted, file, file_row, tellings)
from {{ ref('int_events_versioned') }}
where not is_deleted
