-- What speaks for a customer being in a stage from a moment on: a first contact, a milestone, a silence, a return after one.
-- A signal depends on events alone, never on the stage before it; fct_stage_intervals decides which signals count. It has the place of
-- its event; a silence has none and stands before what happens in its moment. A silence is not
-- due before its pulse is known for so long: then it is a timer, and who has one that ran out counts as touched.

{{ config(
    materialized='incremental',
    unique_key=['stage_set', 'stage', 'entry', 'customer_id', 'signalled_at', 'event_place', 'entry_reason'],
    meta={'reads': {'customer': 'customer_id', 'fresh': 'customer_id'}, 'changes': {'customer': 'customer_id'}},
) }}

{% set of_timers_run_out -%}
in (
    select signals.customer_id
    from {{ this }} as signals
    left join {{ ref('int_pulses_ended') }} as ends
        on signals.stage_set = ends.stage_set and signals.stage = ends.stage and signals.entry = ends.entry
    where signals.silent_at is not null and signals.is_due <> coalesce(signals.silent_at <= ends.known_until, false)
)
{%- endset %}

with customers_events as (
    select * from {{ ref('int_events_identified') }}
    where customer_id is not null
),

pulse_ends as (select * from {{ ref('int_pulses_ended') }}),

events as (
    select * from customers_events
    where {{ is_changed({'customer': 'customer_id'}, ['customer_id ' ~ of_timers_run_out]) }}
),

milestones_reached as (
    select * from {{ ref('int_milestones_reached') }}
    where {{ is_changed({'customer': 'customer_id'}, ['customer_id ' ~ of_timers_run_out]) }}
),

stages as (select * from {{ source('journey', 'stages') }}),

stage_entries as (select * from {{ source('journey', 'stage_entries') }}),

stage_entry_events as (select * from {{ source('journey', 'stage_entry_events') }}),

first_contacts as (
    select
        customer_id,
        min(occurred_at) as first_seen_at,
        {{ first_by('event_place', 'occurred_at', 'event_place') }} as event_place
    from events
    group by customer_id
),

first_reached as (
    select
        milestone,
        customer_id,
        min(reached_at) as reached_at,
        {{ first_by('event_place', 'reached_at', 'event_place') }} as event_place
    from milestones_reached
    group by milestone, customer_id
),

by_first_contact as (
    select
        stages.stage_set,
        stages.stage,
        0 as entry,
        first_contacts.customer_id,
        first_contacts.first_seen_at as signalled_at,
        first_contacts.event_place,
        'first_contact' as entry_reason,
        cast(null as timestamp) as silent_at,
        true as is_due
    from first_contacts
    cross join stages
    where stages.position = 1
),

-- A way that is told to count again does so every time, the others once.
by_milestone as (
    select
        stage_entries.stage_set,
        stage_entries.stage,
        stage_entries.entry,
        milestones_reached.customer_id,
        milestones_reached.reached_at as signalled_at,
        milestones_reached.event_place,
        'milestone' as entry_reason,
        cast(null as timestamp) as silent_at,
        true as is_due
    from milestones_reached
    inner join stage_entries on milestones_reached.milestone = stage_entries.milestone
    inner join first_reached
        on milestones_reached.milestone = first_reached.milestone and milestones_reached.customer_id = first_reached.customer_id
    where
        stage_entries.is_repeated
        or (milestones_reached.reached_at = first_reached.reached_at and milestones_reached.event_place = first_reached.event_place)
),

-- The pulse of a stage's entry: the events whose absence is a silence.
beats as (
    select
        stage_entries.stage_set,
        stage_entries.stage,
        stage_entries.entry,
        events.customer_id,
        events.occurred_at,
        events.event_place
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
),

-- After a milestone the count begins there: who never does anything afterwards is silent too.
starts as (
    select
        stage_entries.stage_set,
        stage_entries.stage,
        stage_entries.entry,
        first_reached.customer_id,
        first_reached.reached_at as occurred_at,
        first_reached.event_place
    from stage_entries
    inner join first_reached on stage_entries.after_milestone = first_reached.milestone
    where stage_entries.kind <> 'milestone'
),

starts_and_beats as (
    select * from starts
    union all
    select * from beats
),

pulses as (
    select
        *,
        lead(occurred_at) over next_beat as next_occurred_at,
        lead(event_place) over next_beat as next_event_place
    from starts_and_beats
    window next_beat as (partition by stage_set, stage, entry, customer_id order by occurred_at, event_place)
),

silences as (
    select
        pulses.*,
        stage_entries.kind,
        {{ add_hours('pulses.occurred_at', 'stage_entries.silence_days * 24') }} as silent_at,
        coalesce({{ add_hours('pulses.occurred_at', 'stage_entries.silence_days * 24') }} <= pulse_ends.known_until, false) as is_due
    from pulses
    inner join stage_entries
        on
            pulses.stage_set = stage_entries.stage_set
            and pulses.stage = stage_entries.stage
            and pulses.entry = stage_entries.entry
    left join pulse_ends
        on pulses.stage_set = pulse_ends.stage_set and pulses.stage = pulse_ends.stage and pulses.entry = pulse_ends.entry
),

by_silence_or_return as (
    select
        silences.stage_set,
        silences.stage,
        silences.entry,
        silences.customer_id,
        case when silences.kind = 'inactivity' then silences.silent_at else silences.next_occurred_at end as signalled_at,
        case when silences.kind = 'inactivity' then 0 else silences.next_event_place end as event_place,
        silences.kind as entry_reason,
        silences.silent_at,
        silences.is_due
    from silences
    where
        (silences.next_occurred_at is null or silences.next_occurred_at > silences.silent_at)
        and (silences.kind = 'inactivity' or silences.next_occurred_at is not null)
),

all_signals as (
    select * from by_first_contact
    union all
    select * from by_milestone
    union all
    select * from by_silence_or_return
)

select
    all_signals.stage_set,
    all_signals.customer_id,
    all_signals.stage,
    all_signals.entry,
    stages.position,
    stages.is_on_path,
    stages.is_terminal,
    coalesce(stage_entries.is_repeated, false) as is_repeated,
    all_signals.signalled_at,
    all_signals.event_place,
    all_signals.entry_reason,
    all_signals.silent_at,
    all_signals.is_due
from all_signals
inner join stages on all_signals.stage_set = stages.stage_set and all_signals.stage = stages.stage
left join stage_entries
    on
        all_signals.stage_set = stage_entries.stage_set
        and all_signals.stage = stage_entries.stage
        and all_signals.entry = stage_entries.entry
group by all
