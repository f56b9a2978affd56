-- A stretch without events of a step is a gap when it is long and events were due in it. What was due follows from the step's own
-- rhythm: its level over the four weeks before, spread over the hours of the week as its whole history is. Nor is it a gap when
-- luck alone would bring such a silence somewhere into the step's history: one with 3,000 events has twenty in which five were due.

with limits as (select * from {{ source('journey', 'gap_limits') }}),

clock as (select * from {{ ref('int_clock_read') }}),

-- One event dated before the launch is a wrong date, and no beginning of years of silence.
step_events as (
    select
        events.source,
        events.event_type,
        events.occurred_at
    from {{ ref('int_events_identified') }} as events
    inner join limits on events.event_type = limits.event_type
    cross join {{ source('journey', 'settings') }} as settings
    where events.occurred_at >= settings.launched_on
),

spans as (
    select
        source,
        event_type,
        min(occurred_at) as first_occurred_at,
        count(*) as event_count
    from step_events
    group by source, event_type
),

pauses as (
    select
        step_events.source,
        step_events.event_type,
        step_events.occurred_at as gap_started_at,
        lead(step_events.occurred_at) over (
            partition by step_events.source, step_events.event_type order by step_events.occurred_at
        ) as gap_ended_at
    from step_events
),

long_pauses as (
    select
        pauses.*,
        coalesce(pauses.gap_ended_at, clock.as_of) as quiet_until,
        {{ hours_between('pauses.gap_started_at', 'coalesce(pauses.gap_ended_at, clock.as_of)') }} as gap_hours,
        limits.max_gap_hours,
        limits.min_expected_events,
        limits.max_chance_by_luck,
        limits.severity
    from pauses
    inner join limits on pauses.event_type = limits.event_type
    cross join clock
    where {{ hours_between('pauses.gap_started_at', 'coalesce(pauses.gap_ended_at, clock.as_of)') }} > limits.max_gap_hours
),

-- How the events of a step are spread over the 168 hours of the week; every hour keeps a little, no history is complete.
hours_of_week as (select unnest(range(168)) as hour_of_week),

hourly_counts as (
    select
        source,
        event_type,
        {{ hour_of_week('occurred_at') }} as hour_of_week,
        count(*) as event_count
    from step_events
    group by all
),

weekly_shares as (
    select
        spans.source,
        spans.event_type,
        hours_of_week.hour_of_week,
        (coalesce(hourly_counts.event_count, 0) + 0.5) / (spans.event_count + 84.0) as share
    from spans
    cross join hours_of_week
    left join hourly_counts
        on
            spans.source = hourly_counts.source
            and spans.event_type = hourly_counts.event_type
            and hours_of_week.hour_of_week = hourly_counts.hour_of_week
),

-- Events per week in the four weeks before the pause, or since the step's first event when that is later; a week at the least,
-- for two visits in an hour are no rhythm.
levels as (
    select
        long_pauses.source,
        long_pauses.event_type,
        long_pauses.gap_started_at,
        any_value(spans.event_count) as event_count,
        count(step_events.occurred_at) as recent_count,
        count(step_events.occurred_at)
        / (least(672.0, greatest(168.0, {{ hours_between('any_value(spans.first_occurred_at)', 'long_pauses.gap_started_at') }})) / 168.0)
            as events_per_week
    from long_pauses
    inner join spans on long_pauses.source = spans.source and long_pauses.event_type = spans.event_type
    inner join step_events
        on
            long_pauses.source = step_events.source
            and long_pauses.event_type = step_events.event_type
            and long_pauses.gap_started_at >= step_events.occurred_at
            and {{ add_hours('long_pauses.gap_started_at', '-672') }} < step_events.occurred_at
    group by long_pauses.source, long_pauses.event_type, long_pauses.gap_started_at
),

hours_of_pauses as (
    select
        *,
        unnest({{ hours_series("date_trunc('hour', gap_started_at)", 'quiet_until') }}) as hour_started_at
    from long_pauses
),

-- The hours a pause covers, the first and the last only in part.
quiet_hours as (
    select
        source,
        event_type,
        gap_started_at,
        hour_started_at,
        greatest(0.0, {{ hours_between('greatest(hour_started_at, gap_started_at)', 'least(' ~ add_hours('hour_started_at', '1') ~ ', quiet_until)') }})
            as covered_hours
    from hours_of_pauses
),

expected as (
    select
        quiet_hours.source,
        quiet_hours.event_type,
        quiet_hours.gap_started_at,
        -- As decimals, whose sum is the same in whatever order they are added.
        cast(sum(cast(quiet_hours.covered_hours * weekly_shares.share as decimal(24, 15))) as double) as expected_weeks
    from quiet_hours
    inner join weekly_shares
        on
            quiet_hours.source = weekly_shares.source
            and quiet_hours.event_type = weekly_shares.event_type
            and {{ hour_of_week('quiet_hours.hour_started_at') }} = weekly_shares.hour_of_week
    group by quiet_hours.source, quiet_hours.event_type, quiet_hours.gap_started_at
),

-- The chance of no event while some were due, when the level itself is only known from recent_count events (a Poisson rate with
-- Jeffreys' prior: a negative binomial), times the silences there are: the false alarms a history like this one gives.
with_luck as (
    select
        long_pauses.*,
        expected.expected_weeks * levels.events_per_week as expected_event_count,
        least(1.0, levels.event_count * power(
            1 + expected.expected_weeks * levels.events_per_week / levels.recent_count, -(levels.recent_count + 0.5)
        )) as chance_by_luck
    from long_pauses
    inner join levels
        on
            long_pauses.source = levels.source
            and long_pauses.event_type = levels.event_type
            and long_pauses.gap_started_at = levels.gap_started_at
    inner join expected
        on
            long_pauses.source = expected.source
            and long_pauses.event_type = expected.event_type
            and long_pauses.gap_started_at = expected.gap_started_at
)

select
    source,
    event_type,
    gap_started_at,
    gap_ended_at,
    gap_hours,
    max_gap_hours,
    expected_event_count,
    min_expected_events,
    chance_by_luck,
    max_chance_by_luck,
    true as is_literal_gap,
    expected_event_count >= min_expected_events and chance_by_luck <= max_chance_by_luck as is_gap,
    severity
from with_luck
