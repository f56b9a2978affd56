with landed_files as (select * from {{ source('raw', 'landed_files') }}),

thresholds as (
    select * from {{ source('journey', 'thresholds') }}
    where threshold = 'rejected_rate'
),

-- Rows of people who were erased are kept out on purpose: no loss.
erased as (
    select
        source,
        table_name,
        count(*) as erased_count
    from {{ source('raw', 'rejected_rows') }}
    where reason = 'belongs to somebody who was erased'
    group by source, table_name
),

summed as (
    select
        source,
        table_name,
        count(*) as file_count,
        sum(row_count) as row_count,
        sum(rejected_count) as rejected_count
    from landed_files
    group by source, table_name
),

counted as (
    select
        summed.source,
        summed.table_name,
        summed.file_count,
        summed.row_count,
        summed.rejected_count - coalesce(erased.erased_count, 0) as rejected_count
    from summed
    left join erased on summed.source = erased.source and summed.table_name = erased.table_name
)

select
    counted.source,
    counted.table_name,
    counted.file_count,
    cast(counted.row_count as bigint) as row_count,
    cast(counted.rejected_count as bigint) as rejected_count,
    cast(counted.rejected_count as double) / nullif(counted.row_count + counted.rejected_count, 0) as rejected_rate,
    thresholds.limit_value as max_rejected_rate,
    thresholds.severity
from counted
cross join thresholds
