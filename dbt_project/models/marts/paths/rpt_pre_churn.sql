-- What happens right before customers leave, beside what happens to others like them: each who entered a terminal stage is paired with
-- one who was in the same stage at the same moment and did not leave within the next days. A share alone would say how common an event
-- is, not whether it goes ahead of leaving.

{% set days_before, days_after, tries = 14, 30, 20 %}

with settings as (select * from {{ source('journey', 'settings') }}),

clock as (select * from {{ ref('int_clock_read') }}),

paths as (select * from {{ ref('int_paths_ordered') }}),

stages as (
    select stages.*
    from {{ source('journey', 'stages') }} as stages
    inner join settings on stages.stage_set = settings.primary_stage_set
),

visits as (
    select
        stage_intervals.customer_id,
        stage_intervals.stage,
        stage_intervals.entered_at,
        stage_intervals.exited_at,
        stages.is_terminal,
        lag(stage_intervals.stage) over (partition by stage_intervals.customer_id order by stage_intervals.entered_at) as previous_stage
    from {{ ref('fct_stage_intervals') }} as stage_intervals
    inner join stages on stage_intervals.stage_set = stages.stage_set and stage_intervals.stage = stages.stage
),

leavings as (
    select
        customer_id,
        min(entered_at) as left_at,
        {{ first_by('previous_stage', 'entered_at', '0') }} as stage
    from visits
    where is_terminal and previous_stage is not null
    group by customer_id
),

-- Only those of whom it is known by now whether others stayed; numbered within their stage and month.
cases as (
    select
        customer_id,
        stage,
        left_at,
        date_trunc('month', left_at) as left_month,
        row_number() over (partition by stage, date_trunc('month', left_at) order by left_at, customer_id) as place
    from leavings
    where {{ add_hours('left_at', 24 * days_after) }} <= (select clock.as_of from clock)
),

months as (
    select
        stage,
        left_month
    from cases
    group by stage, left_month
),

-- Who was in the stage at some time of the month, in an order that has nothing to do with when.
candidates as (
    select
        months.left_month,
        visits.customer_id,
        visits.stage,
        visits.entered_at,
        visits.exited_at,
        leavings.left_at,
        row_number() over (
            partition by months.stage, months.left_month
            order by {{ hash_key("'control:' || cast(visits.customer_id as varchar)") }}, visits.entered_at
        ) as place,
        count(*) over (partition by months.stage, months.left_month) as candidate_count
    from visits
    inner join months on visits.stage = months.stage
    left join leavings on visits.customer_id = leavings.customer_id
    where
        visits.entered_at < {{ add_hours('months.left_month', 24 * 31) }}
        and (visits.exited_at is null or visits.exited_at > months.left_month)
),

candidate_counts as (
    select
        stage,
        left_month,
        max(candidate_count) as candidate_count
    from candidates
    group by stage, left_month
),

attempts as (
    select
        cases.customer_id,
        cases.stage,
        cases.left_at,
        cases.left_month,
        {{ exploded({'attempt': numbers_between(0, tries - 1)}) }},
        cases.place,
        candidate_counts.candidate_count
    from cases
    inner join candidate_counts on cases.stage = candidate_counts.stage and cases.left_month = candidate_counts.left_month
),

pairs as (
    select
        attempts.customer_id,
        attempts.left_at,
        candidates.customer_id as control_id
    from attempts
    inner join candidates
        on
            attempts.stage = candidates.stage
            and attempts.left_month = candidates.left_month
            and (attempts.place + attempts.attempt) % attempts.candidate_count + 1 = candidates.place
    where
        candidates.customer_id <> attempts.customer_id
        and candidates.entered_at <= attempts.left_at
        and (candidates.exited_at is null or candidates.exited_at > attempts.left_at)
        and (candidates.left_at is null or candidates.left_at > {{ add_hours('attempts.left_at', 24 * days_after) }})
    qualify row_number() over (partition by attempts.customer_id order by attempts.attempt, candidates.customer_id) = 1
),

compared as (
    select
        'churned' as side,
        customer_id,
        left_at
    from pairs
    union all
    select
        'control' as side,
        control_id as customer_id,
        left_at
    from pairs
),

-- The moment itself does not count: what says that somebody leaves does not go ahead of it.
before as (
    select
        compared.side,
        {{ exploded({'event_type': distinct_elements(elements_between(
            'paths.event_types',
            count_before('paths.times', add_hours('compared.left_at', -24 * days_before)) ~ ' + 1',
            count_before('paths.times', 'compared.left_at')
        ))}) }}
    from compared
    inner join paths on compared.customer_id = paths.customer_id
),

pair_counts as (select count(*) as pair_count from pairs),

counted as (
    select
        before.event_type,
        count(*) filter (where before.side = 'control') as left_count,
        count(*) filter (where before.side = 'churned') as right_count
    from before
    group by before.event_type
),

with_rates as (
    select
        counted.event_type,
        counted.left_count,
        counted.right_count,
        pair_counts.pair_count as left_total,
        pair_counts.pair_count as right_total,
        cast(counted.left_count as double) / pair_counts.pair_count as left_rate,
        cast(counted.right_count as double) / pair_counts.pair_count as right_rate,
        {{ wilson('counted.left_count', 'pair_counts.pair_count', '-') }} as left_low,
        {{ wilson('counted.left_count', 'pair_counts.pair_count', '+') }} as left_high,
        {{ wilson('counted.right_count', 'pair_counts.pair_count', '-') }} as right_low,
        {{ wilson('counted.right_count', 'pair_counts.pair_count', '+') }} as right_high
    from counted
    cross join pair_counts
),

with_differences as (
    select
        *,
        right_rate - left_rate as difference,
        {{ newcombe('-') }} as difference_low,
        {{ newcombe('+') }} as difference_high
    from with_rates
)

select
    with_differences.event_type,
    with_differences.right_total as pair_count,
    with_differences.right_count as churned_count,
    with_differences.left_count as control_count,
    with_differences.right_rate as churned_rate,
    with_differences.left_rate as control_rate,
    with_differences.difference,
    with_differences.difference_low,
    with_differences.difference_high,
    settings.journey_version
from with_differences
cross join settings
