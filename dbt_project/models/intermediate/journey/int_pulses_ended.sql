-- A pulse that nobody has any more is an export that stopped, not a crowd that fell silent: silence is told up to its last beat.

with events as (
    select * from {{ ref('int_events_identified') }}
    where customer_id is not null
),

stage_entries as (select * from {{ source('journey', 'stage_entries') }}),

stage_entry_events as (select * from {{ source('journey', 'stage_entry_events') }}),

first_reached as (
    select
        milestone,
        customer_id,
        min(reached_at) as reached_at
    from {{ ref('int_milestones_reached') }}
    group by milestone, customer_id
)

select
    stage_entries.stage_set,
    stage_entries.stage,
    stage_entries.entry,
    max(events.occurred_at) as known_until
from stage_entries
inner join stage_entry_events
    on
        stage_entries.stage_set = stage_entry_events.stage_set
        and stage_entries.stage = stage_entry_events.stage
        and stage_entries.entry = stage_entry_events.entry
inner join events on stage_entry_events.event_type = events.event_type
left join first_reached
    on stage_entries.after_milestone = first_reached.milestone and events.customer_id = first_reached.customer_id
where stage_entries.after_milestone is null or events.occurred_at >= first_reached.reached_at
group by stage_entries.stage_set, stage_entries.stage, stage_entries.entry
