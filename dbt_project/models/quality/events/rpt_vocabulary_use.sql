with hours as (select * from {{ ref('int_event_hours_counted') }}),

unmapped_events as (select * from {{ ref('rpt_unmapped_events') }}),

limits as (
    select * from {{ source('journey', 'thresholds') }}
    where threshold = 'unmapped_rate'
),

counts as (
    select
        (select cast(coalesce(sum(event_count), 0) as bigint) from hours) as event_count,
        (select coalesce(sum(event_count), 0) from unmapped_events) as unmapped_count
)

select
    counts.event_count,
    cast(counts.unmapped_count as bigint) as unmapped_count,
    cast(counts.unmapped_count as double) / nullif(counts.event_count, 0) as unmapped_rate,
    limits.limit_value as max_unmapped_rate,
    limits.severity
from counts
cross join limits
