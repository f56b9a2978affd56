-- A file's name and what is said of it may hold an address of somebody.

select
    source,
    table_name,
    {{ masked_name('file') }} as file,
    file_fingerprint,
    landed_at,
    row_count,
    rejected_count,
    status,
    {{ masked('note') }} as note
from {{ source('raw', 'landed_files') }}
