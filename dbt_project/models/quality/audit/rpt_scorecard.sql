-- Whether a system tells of somebody, of things one knows, once, and at a believable time.

with hours as (select * from {{ ref('int_event_hours_counted') }}),

event_types as (select * from {{ source('journey', 'event_types') }})

select
    hours.source,
    cast(hours.hour_started_at as date) as day,
    cast(sum(hours.event_count) as bigint) as event_count,
    cast(sum(hours.identified_count) as double) / sum(hours.event_count) as completeness,
    cast(coalesce(sum(hours.event_count) filter (where event_types.event_type is not null), 0) as double)
    / sum(hours.event_count + hours.copy_count) as consistency,
    1 - cast(sum(hours.misdated_count) as double) / sum(hours.event_count) as timestamp_accuracy
from hours
left join event_types on hours.event_type = event_types.event_type
group by all
