-- Up to when the reaching of a milestone is known: the earliest end among the systems that tell of it. One that told less than a
-- hundredth of it has no say: a stray row of an old export must not freeze everything.

with milestones as (select * from {{ source('journey', 'milestones') }}),

milestone_events as (select * from {{ source('journey', 'milestone_events') }}),

hours as (select * from {{ ref('int_event_hours_counted') }}),

source_ends as (
    select
        source,
        max(last_occurred_at) as last_occurred_at
    from hours
    group by source
),

tellers as (
    select
        milestone,
        source,
        count(*) as reached_count
    from {{ ref('int_milestones_reached') }}
    group by milestone, source
    qualify count(*) >= 0.01 * sum(count(*)) over (partition by milestone)
),

days as (
    select
        milestone_events.milestone,
        hours.source,
        date_trunc('day', hours.hour_started_at) as day_started_at,
        max(hours.last_occurred_at) as last_occurred_at
    from hours
    inner join milestone_events on hours.event_type = milestone_events.event_type
    group by milestone_events.milestone, hours.source, date_trunc('day', hours.hour_started_at)
),

streams as (
    select
        milestone,
        source,
        count(*) as day_count,
        min(day_started_at) as first_day,
        max(day_started_at) as last_day,
        max(last_occurred_at) as last_occurred_at
    from days
    group by milestone, source
),

teller_ends as (
    select
        tellers.milestone,
        {{ end_of_telling(
            'streams.day_count', 'streams.first_day', 'streams.last_day', 'streams.last_occurred_at', 'source_ends.last_occurred_at'
        ) }} as known_until
    from tellers
    inner join source_ends on tellers.source = source_ends.source
    inner join streams on tellers.milestone = streams.milestone and tellers.source = streams.source
)

select
    milestones.milestone,
    min(teller_ends.known_until) as known_until
from milestones
left join teller_ends on milestones.milestone = teller_ends.milestone
group by milestones.milestone
