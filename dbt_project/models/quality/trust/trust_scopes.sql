-- What the numbers of a funnel, a stage set, the pulse of customers, all events, the revenue and the ads rest on: facts that gates may find wrong.

with funnel_steps as (select * from {{ source('journey', 'funnel_steps') }}),

milestones as (select * from {{ source('journey', 'milestones') }}),

milestone_events as (select * from {{ source('journey', 'milestone_events') }}),

stage_entries as (select * from {{ source('journey', 'stage_entries') }}),

event_names as (select * from {{ ref('int_event_names_mapped') }}),

-- A milestone that must come after another rests on that one too.
milestone_types as (
    select
        milestone,
        event_type
    from milestone_events
    union
    select
        milestones.milestone,
        milestone_events.event_type
    from milestones
    inner join milestone_events on milestones.after_milestone = milestone_events.milestone
),

part_types as (
    select
        'funnel' as scope,
        funnel_steps.funnel as part,
        milestone_types.event_type
    from funnel_steps
    inner join milestone_types on funnel_steps.milestone = milestone_types.milestone
    union
    select
        'stage_set' as scope,
        stage_entries.stage_set as part,
        milestone_types.event_type
    from stage_entries
    inner join milestone_types
        on stage_entries.milestone = milestone_types.milestone or stage_entries.after_milestone = milestone_types.milestone
    union
    select
        'stage_set' as scope,
        stage_set as part,
        event_type
    from {{ source('journey', 'stage_entry_events') }}
    union
    select
        'pulse' as scope,
        cast(null as varchar) as part,
        event_type
    from {{ source('journey', 'churn_event_types') }}
    union
    select
        'events' as scope,
        cast(null as varchar) as part,
        event_type
    from event_names
),

parts as (
    select
        scope,
        part
    from part_types
    group by scope, part
),

facts as (
    select
        scope,
        part,
        'event_type:' || event_type as fact
    from part_types
    union
    select
        part_types.scope,
        part_types.part,
        'source:' || event_names.source as fact
    from part_types
    inner join event_names on part_types.event_type = event_names.event_type
    union
    select
        scope,
        part,
        scope || ':' || part as fact
    from parts
    where part is not null
    union
    select
        scope,
        part,
        'events' as fact
    from parts
    union
    select
        scope,
        part,
        'identity' as fact
    from parts
    union
    select
        'identity' as scope,
        null as part,
        'identity' as fact
    union
    select
        'identity' as scope,
        null as part,
        'source:' || source as fact
    from event_names
    union
    select
        'revenue' as scope,
        null as part,
        'revenue' as fact
    union
    select
        'ads' as scope,
        null as part,
        'source:' || source as fact
    from {{ ref('int_ad_days_unioned') }}
)

select
    scope,
    part,
    fact
from facts
