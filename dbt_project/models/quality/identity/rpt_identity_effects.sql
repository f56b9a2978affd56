-- What finding out who is who has changed: each measure if every event stood for its most trusted identifier alone, and as it is.

with doings as (
    select
        counted.event_type,
        counted.event_count,
        combined.identifier_key,
        counted.person_id
    from {{ ref('int_event_subjects_counted') }} as counted
    inner join {{ ref('int_identifiers_combined') }} as combined on counted.combination_key = combined.combination_key
    where counted.person_id is not null
),

settings as (select * from {{ source('journey', 'settings') }}),

main_steps as (
    select
        funnel_steps.*,
        max(funnel_steps.step) over () as last_step,
        count(*) over (partition by funnel_steps.milestone) as step_count
    from {{ source('journey', 'funnel_steps') }} as funnel_steps
    inner join settings on funnel_steps.funnel = settings.main_funnel
),

end_events as (
    select
        milestone_events.event_type,
        bool_or(main_steps.step = 1) as is_first,
        bool_or(main_steps.step = main_steps.last_step) as is_last,
        max(case when main_steps.step = main_steps.last_step then main_steps.step_count end) as last_step_count
    from main_steps
    inner join {{ source('journey', 'milestone_events') }} as milestone_events on main_steps.milestone = milestone_events.milestone
    group by milestone_events.event_type
),

subjects as (
    select
        'before' as side,
        identifier_key as subject,
        event_type,
        event_count
    from doings
    union all
    select
        'after' as side,
        person_id as subject,
        event_type,
        event_count
    from doings
),

by_subject as (
    select
        subjects.side,
        subjects.subject,
        cast(sum(subjects.event_count) as bigint) as event_count,
        coalesce(bool_or(end_events.is_first), false) as entered,
        coalesce(sum(case when end_events.is_last then subjects.event_count end) >= max(end_events.last_step_count), false) as arrived
    from subjects
    left join end_events on subjects.event_type = end_events.event_type
    group by subjects.side, subjects.subject
),

by_side as (
    select
        side,
        cast(count(*) as double) as customers,
        avg(event_count) as events_per_customer,
        cast(count(*) filter (where entered and arrived) as double) / nullif(count(*) filter (where entered), 0) as conversion_rate
    from by_subject
    group by side
),

-- A visit of which no row says who it is, and whether its person is known by more than what the visit shows.
known_persons as (
    select identifiers.person_id
    from {{ ref('int_identifiers_resolved') }} as identifiers
    inner join {{ source('journey', 'id_types') }} as id_types on identifiers.id_type = id_types.id_type
    where id_types.is_unique
    group by identifiers.person_id
),

-- Cookies and devices name nobody.
naming_combinations as (
    select combined.combination_key
    from {{ ref('int_identifiers_combined') }} as combined
    inner join {{ ref('int_identifiers_known') }} as identifiers on combined.identifier_key = identifiers.identifier_key
    where identifiers.id_type not in ('anonymous_id', 'device_id')
),

sessions as (
    select
        sessioned.session_id,
        any_value(events.person_id) as person_id,
        bool_or(events.combination_key in (select naming_combinations.combination_key from naming_combinations)) as names_somebody
    from {{ ref('int_events_sessioned') }} as sessioned
    inner join {{ ref('int_events_identified') }} as events on sessioned.event_id = events.event_id
    group by sessioned.session_id
),

anonymous_sessions as (
    select
        count(*) as session_count,
        count(known_persons.person_id) as connected_count
    from sessions
    left join known_persons on sessions.person_id = known_persons.person_id
    where not sessions.names_somebody
),

effects as (
    select
        'customers' as measure,
        'Customers seen in events' as description,
        max(case when side = 'before' then customers end) as before_value,
        max(case when side = 'after' then customers end) as after_value
    from by_side
    union all
    select
        'events_per_customer' as measure,
        'Events of one customer, on average' as description,
        max(case when side = 'before' then events_per_customer end) as before_value,
        max(case when side = 'after' then events_per_customer end) as after_value
    from by_side
    union all
    select
        'conversion_rate' as measure,
        'Of those with an event of the main funnel''s first step, the share with one of its last' as description,
        max(case when side = 'before' then conversion_rate end) as before_value,
        max(case when side = 'after' then conversion_rate end) as after_value
    from by_side
    union all
    select
        'anonymous_sessions_connected' as measure,
        'Of the visits in which nobody says who they are, the share that belongs to a known user' as description,
        0.0 as before_value,
        cast(connected_count as double) / nullif(session_count, 0) as after_value
    from anonymous_sessions
)

select
    effects.measure,
    effects.description,
    effects.before_value,
    effects.after_value,
    limits.limit_value as min_value,
    limits.severity
from effects
left join {{ source('journey', 'thresholds') }} as limits
    on effects.measure = 'anonymous_sessions_connected' and limits.threshold = 'stitch_rate'
