with events as (select * from {{ ref('int_events_identified') }}),

event_types as (select * from {{ source('journey', 'event_types') }})

select
    event_types.event_type,
    count(events.event_id) as event_count,
    1 as min_event_count,
    'warn' as severity
from event_types
left join events on event_types.event_type = events.event_type
where event_types.is_expected
group by event_types.event_type
