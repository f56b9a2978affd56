-- Which system tells of which stage: by the events that lead into it, or whose absence does.

with doings as (select * from {{ ref('int_event_subjects_counted') }}),

hours as (select * from {{ ref('int_event_hours_counted') }}),

stage_entries as (select * from {{ source('journey', 'stage_entries') }}),

stage_events as (
    select
        stage_entries.stage_set,
        stage_entries.stage,
        milestone_events.event_type
    from stage_entries
    inner join {{ source('journey', 'milestone_events') }} as milestone_events on stage_entries.milestone = milestone_events.milestone
    union
    select
        stage_set,
        stage,
        event_type
    from {{ source('journey', 'stage_entry_events') }}
),

covered as (
    select
        doings.source,
        stage_events.stage_set,
        stage_events.stage,
        cast(sum(doings.event_count) as bigint) as event_count,
        count(distinct doings.customer_id) as customer_count
    from doings
    inner join stage_events on doings.event_type = stage_events.event_type
    group by doings.source, stage_events.stage_set, stage_events.stage
),

seen as (
    select
        hours.source,
        stage_events.stage_set,
        stage_events.stage,
        max(hours.last_occurred_at) as last_seen_at
    from hours
    inner join stage_events on hours.event_type = stage_events.event_type
    group by hours.source, stage_events.stage_set, stage_events.stage
),

sources as (
    select source
    from hours
    group by source
)

select
    sources.source,
    stages.stage_set,
    stages.stage,
    coalesce(covered.event_count, 0) as event_count,
    coalesce(covered.customer_count, 0) as customer_count,
    seen.last_seen_at
from sources
cross join {{ source('journey', 'stages') }} as stages
left join covered on sources.source = covered.source and stages.stage_set = covered.stage_set and stages.stage = covered.stage
left join seen on sources.source = seen.source and stages.stage_set = seen.stage_set and stages.stage = seen.stage
