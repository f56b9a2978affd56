-- Events whose id another event has too. Both were kept; whether they are two or one that is told in two ways, only the sender knows.

with hours as (select * from {{ ref('int_event_hours_counted') }}),

limits as (
    select * from {{ source('journey', 'thresholds') }}
    where threshold = 'event_id_clash_rate'
),

totals as (
    select
        source,
        event_type,
        cast(sum(event_count) as bigint) as event_count
    from hours
    group by source, event_type
),

clashes as (
    select
        source,
        event_type,
        cast(sum(event_count) as bigint) as clash_count
    from {{ ref('int_event_ids_shared') }}
    group by source, event_type
)

select
    totals.source,
    totals.event_type,
    totals.event_count,
    coalesce(clashes.clash_count, 0) as clash_count,
    coalesce(cast(clashes.clash_count as double) / totals.event_count, 0) as clash_rate,
    limits.limit_value as max_clash_rate,
    limits.severity
from totals
cross join limits
left join clashes on totals.source = clashes.source and totals.event_type = clashes.event_type
