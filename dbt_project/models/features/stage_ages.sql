-- Where customers were so many days after they first came into a stage: of those who did so at least as long ago.

{% set age_days = 90 %}

with clock as (select * from {{ ref('int_clock_read') }}),

intervals as (select * from {{ ref('fct_stage_intervals') }}),

first_visits as (
    select
        intervals.stage_set,
        intervals.customer_id,
        intervals.stage,
        {{ add_hours('intervals.entered_at', 24 * age_days) }} as looked_at
    from intervals
    cross join clock
    where intervals.visit_number = 1 and {{ add_hours('intervals.entered_at', 24 * age_days) }} <= clock.as_of
)

select
    first_visits.stage_set,
    first_visits.stage as from_stage,
    intervals.stage as to_stage,
    {{ age_days }} as age_days,
    count(*) as customer_count
from first_visits
inner join intervals
    on
        first_visits.stage_set = intervals.stage_set
        and first_visits.customer_id = intervals.customer_id
        and first_visits.looked_at >= intervals.entered_at
where intervals.exited_at is null or first_visits.looked_at < intervals.exited_at
group by first_visits.stage_set, first_visits.stage, intervals.stage
