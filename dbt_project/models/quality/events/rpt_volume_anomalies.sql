-- Days and weeks that are unlike those before them: half or twice the events at least, twenty of them seen or expected, and so
-- improbable that all days of all event types together would bring one by luck once in twenty histories. A shape is the spread over
-- the hours of the day, of a week with a hundred events: a broken time zone moves it and changes no count.

with compared as (select * from {{ ref('int_event_days_compared') }}),

gaps as (
    select * from {{ ref('rpt_event_gaps') }}
    where is_gap
),

freshness as (select * from {{ ref('rpt_source_freshness') }}),

duplicates as (select * from {{ ref('rpt_duplicates') }}),

clock as (select * from {{ ref('int_clock_read') }}),

limits as (
    select * from {{ source('journey', 'thresholds') }}
    where threshold = 'anomaly_count'
),

settings as (select * from {{ source('journey', 'settings') }}),

large_days as (
    select
        *,
        event_count / expected_count as ratio,
        count(*) over () as test_count
    from compared
    where chance is not null and greatest(event_count, expected_count) >= 20
),

unusual_days as (
    select
        source,
        event_type,
        day,
        case when ratio < 1 then 'drop' else 'spike' end as kind,
        event_count,
        expected_count,
        ratio,
        1 as day_count
    from large_days
    where (ratio <= 0.5 or ratio >= 2) and chance * test_count <= 0.05
),

stormy_days as (
    select
        source,
        event_type,
        day,
        'duplicates' as kind,
        copy_count as event_count,
        expected_copy_count as expected_count,
        copy_count / nullif(expected_copy_count, 0) as ratio,
        1 as day_count
    from compared
    where
        event_count + copy_count >= 20
        and copy_count > 2 * expected_copy_count
        and copy_count > expected_copy_count + 5 * sqrt(expected_copy_count + 0.25)
),

hour_counts as (
    select
        source,
        event_type,
        date_trunc('week', hour_started_at) as week_started_at,
        hour(hour_started_at) as hour_of_day,
        sum(event_count) as event_count
    from {{ ref('int_event_hours_counted') }}
    where
        hour_started_at >= (select settings.launched_on from settings)
        and hour_started_at < date_trunc('week', (select clock.as_of from clock))
    group by all
),

weeks as (
    select
        source,
        event_type,
        week_started_at
    from hour_counts
    group by source, event_type, week_started_at
),

hours_of_day as (select unnest(range(24)) as hour_of_day),

profiles as (
    select
        weeks.source,
        weeks.event_type,
        weeks.week_started_at,
        hours_of_day.hour_of_day,
        cast(coalesce(hour_counts.event_count, 0) as double) as hour_count
    from weeks
    cross join hours_of_day
    left join hour_counts
        on
            weeks.source = hour_counts.source
            and weeks.event_type = hour_counts.event_type
            and weeks.week_started_at = hour_counts.week_started_at
            and hours_of_day.hour_of_day = hour_counts.hour_of_day
),

with_past as (
    select
        *,
        sum(hour_count) over eight_weeks_before as past_hour_count,
        count(*) over eight_weeks_before as past_week_count
    from profiles
    window eight_weeks_before as (
        partition by source, event_type, hour_of_day
        order by week_started_at
        range between interval 56 days preceding and interval 7 days preceding
    )
),

with_totals as (
    select
        *,
        sum(hour_count) over (partition by source, event_type, week_started_at) as week_count,
        sum(past_hour_count) over (partition by source, event_type, week_started_at) as past_count
    from with_past
    where past_week_count >= 4
),

shares as (
    select
        *,
        hour_count / week_count as share,
        past_hour_count / past_count as past_share,
        (hour_count + past_hour_count) / (week_count + past_count) as common_share
    from with_totals
    where week_count >= 100
),

-- Per hour, what it adds to the divergence (of J. Lin, IEEE Transactions on Information Theory 37, 1991; in bits) and to the
-- likelihood ratio of two spreads against one. As decimals, whose sum is the same in whatever order they are added.
parts as (
    select
        *,
        cast(
            0.5 * case when share > 0 then share * log2(2 * share / (share + past_share)) else 0 end
            + 0.5 * case when past_share > 0 then past_share * log2(2 * past_share / (share + past_share)) else 0 end as decimal(24, 12)
        ) as divergence,
        cast(
            2 * case when share > 0 then hour_count * ln(share / common_share) else 0 end
            + 2 * case when past_share > 0 then past_hour_count * ln(past_share / common_share) else 0 end as decimal(24, 8)
        ) as likelihood_ratio
    from shares
),

shapes as (
    select
        source,
        event_type,
        week_started_at,
        any_value(week_count) as week_count,
        any_value(past_count / past_week_count) as usual_week_count,
        any_value(week_count / past_count) as size_ratio,
        cast(sum(divergence) as double) as divergence,
        cast(sum(likelihood_ratio) as double) as likelihood_ratio,
        greatest(1, count(*) filter (where common_share > 0) - 1) as freedom
    from parts
    group by source, event_type, week_started_at
),

-- Visits bring events in bunches, so the weeks of an event type differ by more than chance: by how much is their median.
scaled as (
    select
        *,
        likelihood_ratio / freedom
        / greatest(1.0, median(likelihood_ratio / freedom) over (partition by source, event_type)) as excess,
        count(*) over () as test_count
    from shapes
),

-- The chance of a chi-squared so large is at most this (H. Chernoff, 1952). The divergence of two small samples is never 0; what it
-- would be by chance is taken off. Above 0.01 lies a shift by two hours; one by an hour, as twice a year, lies at 0.004.
unusual_shapes as (
    select
        source,
        event_type,
        cast(week_started_at as date) as day,
        'shape' as kind,
        week_count as event_count,
        usual_week_count as expected_count,
        week_count / usual_week_count as ratio,
        7 as day_count,
        divergence
    from scaled
    where
        excess > 1
        and power(excess * exp(1 - excess), freedom / 2.0) * test_count <= 0.05
        and divergence - freedom / (8 * ln(2)) * (1 + size_ratio) / week_count >= 0.01
),

anomalies as (
    select
        *,
        cast(null as double) as divergence
    from unusual_days
    union all
    select
        *,
        cast(null as double) as divergence
    from stormy_days
    union all
    select * from unusual_shapes
),

timed as (
    select
        *,
        cast(day as timestamp) as started_at,
        {{ add_hours('cast(day as timestamp)', '24 * day_count') }} as ended_at
    from anomalies
),

gaps_within as (
    select
        timed.source,
        timed.event_type,
        timed.day,
        timed.kind,
        min(gaps.gap_started_at) as gap_started_at
    from timed
    inner join gaps
        on
            timed.source = gaps.source
            and timed.event_type = gaps.event_type
            and timed.ended_at > gaps.gap_started_at
            and timed.started_at < coalesce(gaps.gap_ended_at, timestamp '9999-01-01')
    where timed.kind in ('drop', 'shape')
    group by timed.source, timed.event_type, timed.day, timed.kind
),

explained as (
    select
        timed.*,
        case
            when gaps_within.gap_started_at is not null
                then 'gap since ' || {{ minute_of('gaps_within.gap_started_at') }}
            when timed.kind = 'duplicates' and timed.ended_at > duplicates.storm_started_at and timed.started_at <= duplicates.storm_ended_at
                then 'storm of duplicates since ' || {{ minute_of('duplicates.storm_started_at') }}
            when
                timed.kind = 'drop'
                and {{ hours_between('timed.ended_at', '(select clock.as_of from clock)') }} < freshness.p95_delay_hours
                then 'late delivery: events of this source take up to ' || cast(round(freshness.p95_delay_hours) as bigint) || ' h'
        end as explained_by
    from timed
    left join gaps_within
        on
            timed.source = gaps_within.source
            and timed.event_type = gaps_within.event_type
            and timed.day = gaps_within.day
            and timed.kind = gaps_within.kind
    left join duplicates on timed.source = duplicates.source and timed.event_type = duplicates.event_type
    left join freshness on timed.source = freshness.source
)

select
    source,
    event_type,
    day,
    kind,
    cast(event_count as bigint) as event_count,
    expected_count,
    ratio,
    divergence,
    explained_by,
    case
        when explained_by is null and {{ hours_between('started_at', '(select clock.as_of from clock)') }} <= 24 * 28
            then (select limits.severity from limits)
    end as severity
from explained
