-- Rows that told of an event once more. A storm is a run of days (with at most one between them that is none) whose copies are twice the
-- usual and beyond five standard deviations of it, what is usual being the share of the days but for the quarter with the highest.

with hours as (select * from {{ ref('int_event_hours_counted') }}),

limits as (
    select * from {{ source('journey', 'thresholds') }}
    where threshold = 'duplicate_rate'
),

totals as (
    select
        source,
        event_type,
        cast(sum(event_count + copy_count) as bigint) as row_count,
        cast(sum(copy_count) as bigint) as duplicate_count,
        cast(sum(correction_count) as bigint) as correction_count
    from hours
    group by source, event_type
),

storm_days as (
    select
        source,
        event_type,
        day,
        copy_count,
        case when day - lag(day) over (partition by source, event_type order by day) <= 2 then 0 else 1 end as is_first
    from {{ ref('int_event_days_compared') }}
    where copy_count > 2 * expected_copy_count and copy_count > expected_copy_count + 5 * sqrt(expected_copy_count + 0.25)
),

numbered as (
    select
        *,
        sum(is_first) over (partition by source, event_type order by day) as storm
    from storm_days
),

storms as (
    select
        source,
        event_type,
        min(day) as first_day,
        max(day) as last_day,
        cast(sum(copy_count) as bigint) as copy_count
    from numbered
    group by source, event_type, storm
    having sum(copy_count) >= 10
),

worst_storms as (
    select *
    from storms
    qualify row_number() over (partition by source, event_type order by copy_count desc, first_day asc) = 1
),

timed_storms as (
    select
        worst_storms.source,
        worst_storms.event_type,
        worst_storms.copy_count,
        min(hours.first_occurred_at) as started_at,
        max(hours.last_occurred_at) as ended_at
    from worst_storms
    inner join hours
        on
            worst_storms.source = hours.source
            and worst_storms.event_type = hours.event_type
            and cast(hours.hour_started_at as date) between worst_storms.first_day and worst_storms.last_day
    where hours.copy_count > 0
    group by worst_storms.source, worst_storms.event_type, worst_storms.copy_count
)

select
    totals.source,
    totals.event_type,
    totals.row_count,
    totals.duplicate_count,
    totals.correction_count,
    cast(totals.duplicate_count as double) / totals.row_count as duplicate_rate,
    timed_storms.started_at as storm_started_at,
    timed_storms.ended_at as storm_ended_at,
    timed_storms.copy_count as storm_duplicate_count,
    limits.limit_value as max_duplicate_rate,
    limits.severity
from totals
cross join limits
left join timed_storms on totals.source = timed_storms.source and totals.event_type = timed_storms.event_type
