-- What each source was last heard of, whether it has fallen silent by its own rhythm, and how late it tells of things.

with events as (select * from {{ ref('int_events_recorded') }}),

clock as (select * from {{ ref('int_clock_read') }}),

settings as (select * from {{ source('journey', 'settings') }}),

limits as (
    select * from {{ source('journey', 'thresholds') }}
    where threshold = 'silent_hours'
),

-- The silence that lasts.
silences as (
    select * from {{ ref('int_event_pauses_measured') }}
    where event_type is null and pause_ended_at is null
),

-- Delays by steps of five per cent, so that their quantiles need no sorting of all events.
delays as (
    select
        source,
        cast(ceil(ln(1 + greatest(0.0, {{ hours_between('occurred_at', 'known_at') }})) / ln(1.05)) as integer) as delay_step,
        count(*) as event_count,
        count(*) filter (
            where {{ hours_between('occurred_at', 'known_at') }} > (select settings.late_after_hours from settings)
        ) as late_count,
        min(occurred_at) as first_occurred_at,
        max(loaded_at) as last_loaded_at
    from events
    where occurred_at between (select settings.launched_on from settings) and (select clock.as_of from clock)
    group by all
),

in_order as (
    select
        *,
        power(1.05, delay_step) - 1 as delay_hours,
        sum(event_count) over (partition by source order by delay_step) as event_count_so_far,
        sum(event_count) over (partition by source) as source_event_count
    from delays
),

sources as (
    select
        source,
        cast(sum(event_count) as bigint) as event_count,
        min(first_occurred_at) as first_occurred_at,
        max(last_loaded_at) as last_loaded_at,
        min(delay_hours) filter (where event_count_so_far >= 0.5 * source_event_count) as median_delay_hours,
        min(delay_hours) filter (where event_count_so_far >= 0.95 * source_event_count) as p95_delay_hours,
        cast(sum(late_count) as double) / sum(event_count) as late_rate
    from in_order
    group by source
),

weighed as (
    select
        sources.*,
        silences.pause_started_at as last_occurred_at,
        silences.pause_hours as silent_hours,
        silences.expected_event_count,
        silences.chance_by_luck,
        silences.pause_hours > limits.limit_value
        and silences.expected_event_count >= settings.min_expected_events
        and silences.chance_by_luck <= settings.max_chance_by_luck as is_silent,
        limits.limit_value as max_silent_hours,
        limits.severity
    from sources
    inner join silences on sources.source = silences.source
    cross join limits
    cross join settings
)

select
    source,
    event_count,
    first_occurred_at,
    last_occurred_at,
    last_loaded_at,
    silent_hours,
    max_silent_hours,
    expected_event_count,
    chance_by_luck,
    is_silent,
    case when is_silent then last_occurred_at end as silent_since,
    median_delay_hours,
    p95_delay_hours,
    late_rate,
    severity
from weighed
