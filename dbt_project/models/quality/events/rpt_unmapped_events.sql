with hours as (select * from {{ ref('int_event_hours_counted') }}),

event_types as (select * from {{ source('journey', 'event_types') }})

select
    hours.source,
    hours.event_type,
    cast(sum(hours.event_count) as bigint) as event_count,
    min(hours.first_occurred_at) as first_seen_at,
    max(hours.last_occurred_at) as last_seen_at
from hours
left join event_types on hours.event_type = event_types.event_type
where event_types.event_type is null
group by hours.source, hours.event_type
