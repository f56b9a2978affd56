-- From every event that enters a funnel, the chain of steps that completes first within the window.
-- For one entry the earliest next step is always the best one, so the existence of a chain is decided, not guessed.

{{ config(
    materialized='incremental',
    unique_key=['funnel', 'entry_event_id', 'step'],
    meta={'scope': {'customer': 'customer_id'}},
) }}

with recursive step_events as (
    select
        funnels.funnel,
        funnels.window_days,
        funnel_steps.step,
        milestones_reached.customer_id,
        milestones_reached.event_id,
        milestones_reached.reached_at,
        milestones_reached.channel,
        milestones_reached.campaign,
        milestones_reached.device,
        milestones_reached.source
    from {{ source('journey', 'funnel_steps') }} as funnel_steps
    inner join {{ source('journey', 'funnels') }} as funnels on funnel_steps.funnel = funnels.funnel
    inner join {{ ref('int_milestones_reached') }} as milestones_reached on funnel_steps.milestone = milestones_reached.milestone
    where {{ is_touched({'customer': 'milestones_reached.customer_id'}) }}
),

chains as (
    select
        funnel,
        window_days,
        customer_id,
        event_id as entry_event_id,
        reached_at as entered_at,
        step,
        event_id,
        reached_at
    from step_events
    where step = 1

    union all

    select
        funnel,
        window_days,
        customer_id,
        entry_event_id,
        entered_at,
        step,
        event_id,
        reached_at
    from (
        select
            chains.funnel,
            chains.window_days,
            chains.customer_id,
            chains.entry_event_id,
            chains.entered_at,
            step_events.step,
            step_events.event_id,
            step_events.reached_at,
            row_number() over (
                partition by chains.funnel, chains.customer_id, chains.entry_event_id
                order by step_events.reached_at, step_events.event_id
            ) as choice
        from chains
        inner join step_events
            on
                chains.funnel = step_events.funnel
                and chains.customer_id = step_events.customer_id
                and chains.step + 1 = step_events.step
                and chains.reached_at <= step_events.reached_at
        where
            chains.event_id <> step_events.event_id
            and (
                chains.window_days is null
                or step_events.reached_at <= {{ add_hours('chains.entered_at', 'chains.window_days * 24') }}
            )
    )
    where choice = 1
)

select
    chains.funnel,
    chains.customer_id,
    chains.entry_event_id,
    chains.entered_at,
    chains.step,
    chains.reached_at,
    {{ hours_between(
        'lag(chains.reached_at) over (partition by chains.funnel, chains.customer_id, chains.entry_event_id order by chains.step)',
        'chains.reached_at'
    ) }} as hours_since_previous_step,
    entries.channel,
    entries.campaign,
    entries.device,
    entries.source
from chains
inner join step_events as entries
    on
        chains.funnel = entries.funnel
        and chains.customer_id = entries.customer_id
        and chains.entry_event_id = entries.event_id
        and entries.step = 1
