with names as (select * from {{ ref('int_event_names_mapped') }}),

counted as (
    select
        source,
        event_name,
        count(*) as event_count,
        min(occurred_at) as first_seen_at,
        max(occurred_at) as last_seen_at
    from {{ ref('int_events_recorded') }}
    group by source, event_name
)

select
    names.source,
    names.event_name,
    names.event_type,
    names.is_known,
    names.row_count,
    names.deleted_row_count,
    coalesce(counted.event_count, 0) as event_count,
    counted.first_seen_at,
    counted.last_seen_at
from names
left join counted on names.source = counted.source and names.event_name = counted.event_name
