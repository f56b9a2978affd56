select
    source,
    table_name,
    file,
    file_fingerprint,
    landed_at,
    row_count,
    rejected_count,
    status,
    note
from {{ source('raw', 'landed_files') }}
