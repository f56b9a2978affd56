with events as (select * from {{ ref('int_events_recorded') }}),

rejected_rows as (
    {{ rejections() }}
),

settings as (select * from {{ source('journey', 'settings') }}),

critical_event_types as (
    select milestone_events.event_type
    from {{ source('journey', 'milestone_events') }} as milestone_events
    inner join {{ source('journey', 'milestones') }} as milestones on milestone_events.milestone = milestones.milestone
    where milestones.is_critical
    group by milestone_events.event_type
),

limits as (
    select * from {{ source('journey', 'thresholds') }}
    where threshold = 'invalid_timestamps'
),

-- A rejected row is counted here when it says which event it would have been and what is wrong is a time.
counts as (
    select
        source,
        event_type,
        count(*) as row_count,
        0 as missing_count,
        0 as unparseable_count,
        count(*) filter (where occurred_at > loaded_at) as future_count,
        count(*) filter (where occurred_at < (select settings.launched_on from settings)) as before_launch_count
    from events
    group by source, event_type
    union all
    select
        event_source as source,
        event_type,
        1 as row_count,
        case when reason like 'is missing%' then 1 else 0 end as missing_count,
        case when reason like 'is no timestamp%' then 1 else 0 end as unparseable_count,
        0 as future_count,
        0 as before_launch_count
    from rejected_rows
    where event_type is not null
),

summed as (
    select
        source,
        event_type,
        sum(row_count) as row_count,
        sum(missing_count) as missing_count,
        sum(unparseable_count) as unparseable_count,
        sum(future_count) as future_count,
        sum(before_launch_count) as before_launch_count
    from counts
    group by source, event_type
)

select
    summed.source,
    summed.event_type,
    cast(summed.row_count as bigint) as row_count,
    cast(summed.missing_count as bigint) as missing_count,
    cast(summed.unparseable_count as bigint) as unparseable_count,
    cast(summed.future_count as bigint) as future_count,
    cast(summed.before_launch_count as bigint) as before_launch_count,
    cast(summed.missing_count + summed.unparseable_count + summed.future_count + summed.before_launch_count as bigint) as invalid_count,
    critical_event_types.event_type is not null as is_critical,
    case when critical_event_types.event_type is not null then limits.limit_value end as max_invalid_count,
    case when critical_event_types.event_type is not null then limits.severity end as severity
from summed
cross join limits
left join critical_event_types on summed.event_type = critical_event_types.event_type
