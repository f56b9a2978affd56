-- How long each event type of a source, and the source itself, was silent, and what was due meanwhile. That follows from its own rhythm:
-- its level over the four weeks before, spread over the hours of the week as its whole history is. Luck is weighed in hours with events
-- and not in events, for these come in bunches: a list of all accounts once a month is one thing that happened.

with clock as (select * from {{ ref('int_clock_read') }}),

settings as (select * from {{ source('journey', 'settings') }}),

gap_limits as (select * from {{ source('journey', 'gap_limits') }}),

-- One event dated before the launch is a wrong date, and no beginning of years of silence.
type_hours as (
    select
        source,
        event_type,
        hour_started_at,
        event_count,
        first_occurred_at,
        last_occurred_at
    from {{ ref('int_event_hours_counted') }}
    where hour_started_at >= (select settings.launched_on from settings)
),

-- Without an event type: the source as a whole.
hours as (
    select * from type_hours
    union all
    select
        source,
        cast(null as varchar) as event_type,
        hour_started_at,
        cast(sum(event_count) as bigint) as event_count,
        min(first_occurred_at) as first_occurred_at,
        max(last_occurred_at) as last_occurred_at
    from type_hours
    group by source, hour_started_at
),

-- From the last event of an hour to the first of the next hour that has one; what is shorter than an hour is no pause.
all_pauses as (
    select
        source,
        event_type,
        last_occurred_at as pause_started_at,
        lead(first_occurred_at) over in_order as pause_ended_at,
        sum(event_count) over four_weeks as recent_count,
        count(*) over four_weeks as recent_hour_count,
        count(*) over (partition by source, event_type) as hour_count,
        min(first_occurred_at) over (partition by source, event_type) as series_started_at
    from hours
    window
        in_order as (
            partition by source, event_type
            order by hour_started_at
        ),
        four_weeks as (
            partition by source, event_type
            order by hour_started_at
            range between interval 671 hours preceding and current row
        )
),

timed as (
    select
        all_pauses.*,
        coalesce(all_pauses.pause_ended_at, clock.as_of) as quiet_until,
        {{ hours_between('all_pauses.pause_started_at', 'coalesce(all_pauses.pause_ended_at, clock.as_of)') }} as pause_hours,
        coalesce(gap_limits.max_gap_hours, settings.max_gap_hours) as max_gap_hours
    from all_pauses
    cross join clock
    cross join settings
    left join gap_limits on all_pauses.event_type = gap_limits.event_type
),

ranked as (
    select
        *,
        row_number() over (partition by source, event_type order by pause_hours desc, pause_started_at asc) = 1 as is_longest
    from timed
),

pauses as (
    select * from ranked
    where pause_hours > max_gap_hours or is_longest or pause_ended_at is null
),

-- How the events are spread over the 168 hours of the week; every hour keeps a little, no history is complete.
hours_of_week as (select unnest(range(168)) as hour_of_week),

week_counts as (
    select
        source,
        event_type,
        {{ hour_of_week('hour_started_at') }} as hour_of_week,
        sum(event_count) as event_count,
        count(*) as hour_count
    from hours
    group by all
),

spans as (
    select
        source,
        event_type,
        sum(event_count) as event_count,
        sum(hour_count) as hour_count
    from week_counts
    group by source, event_type
),

weeks as (
    select
        spans.source,
        spans.event_type,
        spans.event_count + 84.0 as all_events,
        spans.hour_count + 84.0 as all_hours,
        hours_of_week.hour_of_week,
        coalesce(week_counts.event_count, 0) + 0.5 as events_then,
        coalesce(week_counts.hour_count, 0) + 0.5 as hours_then
    from spans
    cross join hours_of_week
    left join week_counts
        on
            spans.source = week_counts.source
            and spans.event_type is not distinct from week_counts.event_type
            and hours_of_week.hour_of_week = week_counts.hour_of_week
),

rhythms as (
    select
        source,
        event_type,
        hour_of_week,
        cast(events_then / all_events as double) as share,
        cast((sum(events_then) over so_far - events_then) / all_events as double) as share_before,
        cast(hours_then / all_hours as double) as hour_share,
        cast((sum(hours_then) over so_far - hours_then) / all_hours as double) as hour_share_before
    from weeks
    window so_far as (
        partition by source, event_type
        order by hour_of_week
    )
),

-- Weeks of usual events from the beginning of the calendar to either end of a pause; what lies between was due.
placed as (
    select
        pauses.*,
        {{ week_number('pauses.quiet_until') }} - {{ week_number('pauses.pause_started_at') }} as whole_weeks,
        at_end.share_before + at_end.share * {{ hour_part('pauses.quiet_until') }}
        - at_start.share_before - at_start.share * {{ hour_part('pauses.pause_started_at') }} as part_of_week,
        at_end.hour_share_before + at_end.hour_share * {{ hour_part('pauses.quiet_until') }}
        - at_start.hour_share_before - at_start.hour_share * {{ hour_part('pauses.pause_started_at') }} as part_of_week_hours,
        least(672.0, greatest(168.0, {{ hours_between('pauses.series_started_at', 'pauses.pause_started_at') }})) / 168.0 as recent_weeks
    from pauses
    inner join rhythms as at_start
        on
            pauses.source = at_start.source
            and pauses.event_type is not distinct from at_start.event_type
            and {{ hour_of_week('pauses.pause_started_at') }} = at_start.hour_of_week
    inner join rhythms as at_end
        on
            pauses.source = at_end.source
            and pauses.event_type is not distinct from at_end.event_type
            and {{ hour_of_week('pauses.quiet_until') }} = at_end.hour_of_week
),

-- By how much the hours with events change from week to week beyond chance, which is 1: a newsletter every other week makes a rhythm of
-- its own, in which quiet days are usual. The median of a square is 0.455 of its mean, and does not see what went wrong once.
hours_per_week as (
    select
        source,
        event_type,
        date_trunc('week', hour_started_at) as week_started_at,
        count(*) as hour_count
    from hours
    group by all
),

changes as (
    select
        source,
        event_type,
        hour_count + lag(hour_count) over by_week as both_weeks,
        hour_count - lag(hour_count) over by_week as difference
    from hours_per_week
    window by_week as (
        partition by source, event_type
        order by week_started_at
    )
),

dispersions as (
    select
        source,
        event_type,
        case when count(both_weeks) >= 8 then greatest(1.0, median(difference * difference / both_weeks) / 0.455) else 1.0 end as dispersion
    from changes
    group by source, event_type
),

-- Events per week in the four weeks before the pause, or since the first event when that is later; a week at the least, for two
-- visits in an hour are no rhythm.
due as (
    select
        placed.*,
        dispersions.dispersion,
        greatest(0.0, placed.whole_weeks + placed.part_of_week) * placed.recent_count / placed.recent_weeks as expected_event_count,
        greatest(0.0, placed.whole_weeks + placed.part_of_week_hours) * placed.recent_hour_count / placed.recent_weeks as expected_hour_count
    from placed
    inner join dispersions on placed.source = dispersions.source and placed.event_type is not distinct from dispersions.event_type
)

-- The chance of no such hour while some were due, when the level itself is only known from recent_hour_count hours (a Poisson rate
-- with Jeffreys' prior: a negative binomial), times the silences there are: the false alarms a history like this one gives. Hours that
-- are dispersed count for fewer.
select
    source,
    event_type,
    pause_started_at,
    pause_ended_at,
    quiet_until,
    pause_hours,
    max_gap_hours,
    is_longest,
    expected_event_count,
    least(1.0, hour_count / dispersion * power(1 + expected_hour_count / recent_hour_count, -(recent_hour_count / dispersion + 0.5))) as chance_by_luck
from due
