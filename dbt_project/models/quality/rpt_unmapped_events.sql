with events as (select * from {{ ref('int_events_identified') }}),

event_types as (select * from {{ source('journey', 'event_types') }})

select
    events.source,
    events.event_type,
    count(*) as event_count,
    min(events.occurred_at) as first_seen_at,
    max(events.occurred_at) as last_seen_at
from events
left join event_types on events.event_type = event_types.event_type
where event_types.event_type is null
group by events.source, events.event_type
