with hours as (select * from {{ ref('int_event_hours_counted') }}),

event_types as (select * from {{ source('journey', 'event_types') }})

select
    event_types.event_type,
    cast(coalesce(sum(hours.event_count), 0) as bigint) as event_count,
    1 as min_event_count,
    'warn' as severity
from event_types
left join hours on event_types.event_type = hours.event_type
where event_types.is_expected
group by event_types.event_type
