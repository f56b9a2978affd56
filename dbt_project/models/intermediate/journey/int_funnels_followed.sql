-- From every entry of a funnel the way through that gets furthest and completes first.
-- Where nothing but the window limits a funnel, the earliest next step is always the best one. Where a step has a time of its own,
-- or something in between ends a way, an early step may lead nowhere and a later one on, so every way is followed
-- (docs/decisions/0019).

{{ config(
    materialized='incremental',
    unique_key=['funnel', 'entry_event_id', 'step'],
    meta={'reads': {'customer': 'customer_id'}},
) }}

with recursive milestones_reached as (
    select * from {{ ref('int_milestones_reached') }}
    where {{ is_changed({'customer': 'customer_id'}) }}
),

funnels as (select * from {{ source('journey', 'funnels') }}),

funnel_steps as (select * from {{ source('journey', 'funnel_steps') }}),

funnel_exclusions as (select * from {{ source('journey', 'funnel_exclusions') }}),

-- Steps of one moment are ordered by their number: `place` says where in a customer's order an event stands as this step.
reached_steps as (
    select
        funnels.funnel,
        funnels.window_days,
        funnels.mode,
        funnels.is_strict,
        funnels.has_limits,
        funnel_steps.step,
        funnel_steps.within_days,
        funnel_steps.last_next_step,
        funnel_steps.is_shared,
        milestones_reached.customer_id,
        milestones_reached.event_id,
        milestones_reached.event_place,
        milestones_reached.reached_at,
        milestones_reached.channel,
        milestones_reached.campaign,
        milestones_reached.device,
        milestones_reached.source,
        {{ moment_and_step('milestones_reached.reached_at', 'funnel_steps.step') }} as place
    from funnel_steps
    inner join funnels on funnel_steps.funnel = funnels.funnel
    inner join milestones_reached on funnel_steps.milestone = milestones_reached.milestone
),

-- What must not stand between a step and the one before it; an exclusion of the same moment stands before the step.
blocks as (
    select
        funnel_steps.funnel,
        funnel_steps.step,
        milestones_reached.customer_id,
        {{ moment_and_step('milestones_reached.reached_at', '0') }} as place
    from funnel_steps
    inner join funnel_exclusions on funnel_steps.funnel = funnel_exclusions.funnel
    inner join milestones_reached on funnel_exclusions.milestone = milestones_reached.milestone
    union all
    select
        funnel_steps.funnel,
        funnel_steps.step,
        reached_steps.customer_id,
        reached_steps.place
    from funnel_steps
    inner join reached_steps on funnel_steps.funnel = reached_steps.funnel
    where reached_steps.is_strict and reached_steps.step not in (funnel_steps.step, funnel_steps.step - 1)
),

limited_steps as (
    select
        funnel,
        step,
        customer_id,
        place,
        reached_at,
        within_days,
        true as is_step
    from reached_steps
    where has_limits
    group by funnel, step, customer_id, place, reached_at, within_days
    union all
    select
        funnel,
        step,
        customer_id,
        place,
        cast(null as timestamp) as reached_at,
        cast(null as double) as within_days,
        false as is_step
    from blocks
),

with_last_block as (
    select
        *,
        max(case when not is_step then place end) over (
            partition by funnel, step, customer_id
            order by place
            rows between unbounded preceding and 1 preceding
        ) as last_block
    from limited_steps
),

-- The step before must stand after this place, and not before this moment.
limits as (
    select
        funnel,
        step,
        customer_id,
        place,
        last_block,
        {{ add_hours('reached_at', '-24 * within_days') }} as earliest_at
    from with_last_block
    where is_step
),

step_events as (
    select
        reached_steps.*,
        limits.last_block,
        limits.earliest_at
    from reached_steps
    left join limits
        on
            reached_steps.funnel = limits.funnel
            and reached_steps.step = limits.step
            and reached_steps.customer_id = limits.customer_id
            and reached_steps.place = limits.place
),

busy_days as (
    select
        funnel,
        customer_id
    from reached_steps
    where step = 1 and mode <> 'attempts' and not is_shared
    group by funnel, customer_id, date_trunc('day', reached_at)
    having count(*) > 3
),

busy_customers as (
    select
        funnel,
        customer_id
    from busy_days
    group by funnel, customer_id
),

with_neighbours as (
    select
        step_events.*,
        lead(step_events.step) over (
            partition by step_events.funnel, step_events.customer_id
            order by step_events.place, step_events.event_place
        ) as next_step,
        lead(step_events.reached_at) over (
            partition by step_events.funnel, step_events.customer_id
            order by step_events.place, step_events.event_place
        ) as next_at,
        row_number() over (
            partition by step_events.funnel, step_events.customer_id, step_events.step, date_trunc('day', step_events.reached_at)
            order by step_events.place, step_events.event_place
        ) as number_of_day
    from step_events
    inner join busy_customers on step_events.funnel = busy_customers.funnel and step_events.customer_id = busy_customers.customer_id
),

-- Of entries on one day with no other step between them only the last can get further; the first of the day is who came. It is
-- looked for only where somebody enters often in a day. Where one event may be two steps, an entry may be the second step of an
-- earlier one, so all are kept; and all begin attempts.
entries as (
    select step_events.*
    from step_events
    left join busy_customers on step_events.funnel = busy_customers.funnel and step_events.customer_id = busy_customers.customer_id
    where step_events.step = 1 and busy_customers.customer_id is null
    union all
    select * exclude (next_step, next_at, number_of_day)
    from with_neighbours
    where
        step = 1
        and (
            number_of_day = 1
            or next_step is null
            or next_step > 1
            or date_trunc('day', next_at) > date_trunc('day', reached_at)
        )
),

ways as (
    select
        funnel,
        window_days,
        has_limits,
        customer_id,
        event_id as entry_event_id,
        reached_at as entered_at,
        step,
        last_next_step,
        event_id,
        reached_at,
        place,
        [{{ way_step('step', 'reached_at', 'event_place') }}] as way
    from entries

    union all

    select
        funnel,
        window_days,
        has_limits,
        customer_id,
        entry_event_id,
        entered_at,
        step,
        last_next_step,
        event_id,
        reached_at,
        place,
        way
    from (
        select
            ways.funnel,
            ways.window_days,
            ways.has_limits,
            ways.customer_id,
            ways.entry_event_id,
            ways.entered_at,
            step_events.step,
            step_events.last_next_step,
            step_events.event_id,
            step_events.reached_at,
            step_events.place,
            {{ appended('ways.way', way_step('step_events.step', 'step_events.reached_at', 'step_events.event_place')) }} as way,
            row_number() over (
                partition by
                    ways.funnel,
                    ways.customer_id,
                    ways.entry_event_id,
                    step_events.step,
                    case when ways.has_limits then step_events.event_id end
                order by step_events.reached_at, ways.place, step_events.event_place
            ) as choice
        from ways
        inner join step_events
            on
                ways.funnel = step_events.funnel
                and ways.customer_id = step_events.customer_id
                and ways.place < step_events.place
        where
            step_events.step > ways.step
            and step_events.step <= ways.last_next_step
            and not (step_events.is_shared and {{ holds(field_of_each('ways.way', 'event_place'), 'step_events.event_place') }})
            and (step_events.last_block is null or ways.place > step_events.last_block)
            and (step_events.earliest_at is null or ways.reached_at >= step_events.earliest_at)
            and (
                ways.window_days is null
                or step_events.reached_at <= {{ add_hours('ways.entered_at', 'ways.window_days * 24') }}
            )
    )
    where choice = 1
),

best_ways as (
    select *
    from ways
    qualify row_number() over (
        partition by funnel, customer_id, entry_event_id
        order by step desc, reached_at asc, {{ length_of('way') }} desc, way asc
    ) = 1
),

-- Attempts follow one another: what enters while one is under way is part of it. One ends with the last step, else with its window.
attempts as (
    select
        best_ways.funnel,
        best_ways.customer_id,
        {{ fold(
            sorted_records(attempt(
                'best_ways.entered_at',
                element('best_ways.way', 1) ~ '.event_place',
                'best_ways.entry_event_id',
                'case when best_ways.last_next_step is null then best_ways.reached_at else '
                    ~ add_hours('best_ways.entered_at', 'best_ways.window_days * 24') ~ ' end'
            )),
            attempt(),
            next_attempt('state', 'item')
        ) }} as attempt
    from best_ways
    inner join funnels on best_ways.funnel = funnels.funnel
    where funnels.mode = 'attempts'
    group by best_ways.funnel, best_ways.customer_id
),

counting_ways as (
    select best_ways.*
    from best_ways
    left join attempts on best_ways.funnel = attempts.funnel and best_ways.customer_id = attempts.customer_id
    where attempts.attempt is null or {{ holds('attempts.attempt.made', 'best_ways.entry_event_id') }}
),

steps_of_ways as (
    select
        funnel,
        customer_id,
        entry_event_id,
        entered_at,
        {{ each_of('way') }} as taken
    from counting_ways
),

taken_steps as (
    select
        funnel,
        customer_id,
        entry_event_id,
        entered_at,
        taken.step,
        taken.reached_at,
        {{ hours_between(
            'lag(taken.reached_at) over (partition by funnel, customer_id, entry_event_id order by taken.step)',
            'taken.reached_at'
        ) }} as hours_since_previous_step
    from steps_of_ways
),

-- An optional step that the best way leaves out and another way from the same entry takes was reached too.
optional_steps as (
    select
        ways.funnel,
        ways.customer_id,
        ways.entry_event_id,
        ways.entered_at,
        ways.step,
        min(ways.reached_at) as reached_at,
        cast(null as double) as hours_since_previous_step
    from ways
    inner join funnel_steps on ways.funnel = funnel_steps.funnel and ways.step = funnel_steps.step
    inner join counting_ways
        on
            ways.funnel = counting_ways.funnel
            and ways.customer_id = counting_ways.customer_id
            and ways.entry_event_id = counting_ways.entry_event_id
    where
        funnel_steps.is_optional
        and not {{ holds(field_of_each('counting_ways.way', 'step'), 'ways.step') }}
    group by ways.funnel, ways.customer_id, ways.entry_event_id, ways.entered_at, ways.step
),

all_steps as (
    select * from taken_steps
    union all
    select * from optional_steps
)

select
    all_steps.funnel,
    all_steps.customer_id,
    all_steps.entry_event_id,
    entries.event_place as entry_place,
    all_steps.entered_at,
    all_steps.step,
    all_steps.reached_at,
    all_steps.hours_since_previous_step,
    entries.channel,
    entries.campaign,
    entries.device,
    entries.source
from all_steps
inner join entries
    on
        all_steps.funnel = entries.funnel
        and all_steps.customer_id = entries.customer_id
        and all_steps.entry_event_id = entries.event_id
