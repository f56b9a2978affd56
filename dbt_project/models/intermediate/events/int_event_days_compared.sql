-- Each whole day of each event type of a source beside what was usual: events as on the same weekdays of the eight weeks before, and
-- copies as in the quarters of days that have the fewest of them. A source is compared up to its own last day: whether it has fallen
-- silent is another question.

with settings as (select * from {{ source('journey', 'settings') }}),

counted as (
    select
        source,
        event_type,
        cast(hour_started_at as date) as day,
        sum(event_count) as event_count,
        sum(copy_count) as copy_count
    from {{ ref('int_event_hours_counted') }}
    where hour_started_at >= (select settings.launched_on from settings)
    group by all
),

-- The last day of a source is not over, or not told to its end.
last_days as (
    select
        source,
        max(cast(hour_started_at as date)) as last_day
    from {{ ref('int_event_hours_counted') }}
    group by source
),

first_days as (
    select
        source,
        event_type,
        min(day) as first_day
    from counted
    group by source, event_type
),

calendar as (
    select
        first_days.source,
        first_days.event_type,
        unnest({{ days_series('first_days.first_day', add_hours('cast(last_days.last_day as timestamp)', '-24')) }}) as day
    from first_days
    inner join last_days on first_days.source = last_days.source
),

days as (
    select
        calendar.source,
        calendar.event_type,
        cast(calendar.day as date) as day,
        coalesce(cast(counted.event_count as bigint), 0) as event_count,
        coalesce(cast(counted.copy_count as bigint), 0) as copy_count
    from calendar
    left join counted
        on
            calendar.source = counted.source
            and calendar.event_type = counted.event_type
            and cast(calendar.day as date) = counted.day
),

with_past as (
    select
        *,
        count(*) over eight_before as week_count,
        cast(sum(event_count) over eight_before as double) as past_count,
        cast(sum(event_count * event_count) over eight_before as double) as past_square_sum
    from days
    window eight_before as (
        partition by source, event_type, isodow(day)
        order by day
        rows between 8 preceding and 1 preceding
    )
),

-- A mean of nothing is still not nothing: half an event.
moments as (
    select
        *,
        greatest(0.5, past_count / week_count) as expected_count,
        case
            when week_count >= 4
                then (past_square_sum - past_count * past_count / week_count) / (week_count - 1)
        end as past_variance
    from with_past
),

-- How much more than by chance the days of an event type differ from such an expectation. The median of a square is 0.455 of its mean,
-- and does not see the days on which something went wrong.
spreads as (
    select
        source,
        event_type,
        greatest(
            0.0,
            median(power(event_count / expected_count - 1, 2) / (1 + 1.0 / week_count)) / 0.455 - median(1 / expected_count)
        ) as dispersion
    from moments
    where past_variance is not null and expected_count >= 5
    group by source, event_type
),

-- Negative binomial: the event type's own dispersion, or that of the eight weeks where it is larger, as every second Tuesday;
-- and the mean itself is only known from those.
predicted as (
    select
        moments.*,
        (1.0 / moments.week_count) / moments.expected_count
        + (1 + 1.0 / moments.week_count) * greatest(
            coalesce(spreads.dispersion, 0.0),
            (moments.past_variance - moments.expected_count) / (moments.expected_count * moments.expected_count)
        ) as dispersion
    from moments
    left join spreads on moments.source = spreads.source and moments.event_type = spreads.event_type
    where moments.past_variance is not null
),

-- The chance of a count this far away or farther is at most exp(-deviance / 2) (H. Chernoff, 1952).
judged as (
    select
        *,
        exp(
            -case when event_count > 0 then event_count * ln(event_count / expected_count) else 0.0 end
            + (event_count + 1 / dispersion) * ln((event_count + 1 / dispersion) / (expected_count + 1 / dispersion))
        ) as chance
    from predicted
),

ranked as (
    select
        *,
        percent_rank() over (
            partition by source, event_type
            order by cast(copy_count as double) / (event_count + copy_count)
        ) as copy_rank
    from days
    where event_count > 0
),

usual_copies as (
    select
        source,
        event_type,
        cast(sum(copy_count) as double) / sum(event_count + copy_count) as copy_share
    from ranked
    where copy_rank <= 0.75
    group by source, event_type
)

select
    days.source,
    days.event_type,
    days.day,
    days.event_count,
    days.copy_count,
    judged.expected_count,
    judged.chance,
    coalesce(usual_copies.copy_share, 0.0) * (days.event_count + days.copy_count) as expected_copy_count
from days
left join judged on days.source = judged.source and days.event_type = judged.event_type and days.day = judged.day
left join usual_copies on days.source = usual_copies.source and days.event_type = usual_copies.event_type
