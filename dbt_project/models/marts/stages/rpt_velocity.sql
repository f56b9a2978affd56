-- How long customers take from one stage of the path to a later one. Everybody who entered the first counts: who has not arrived by
-- the end of what is known stays at risk until then, and so does who left for good or passed the stage by, for they never arrive.

with path_stages as (
    select * from {{ source('journey', 'stages') }}
    where is_on_path
),

stage_entries as (select * from {{ source('journey', 'stage_entries') }}),

milestone_ends as (select * from {{ ref('int_milestones_ended') }}),

first_touches as (select * from {{ ref('int_first_touches_found') }}),

clock as (select * from {{ ref('int_clock_read') }}),

settings as (select * from {{ source('journey', 'settings') }}),

visits as (
    select
        stage_set,
        stage,
        customer_id,
        entered_at,
        visit_number
    from {{ ref('fct_stage_intervals') }}
),

stage_ends as (
    select
        stage_entries.stage_set,
        stage_entries.stage,
        min(milestone_ends.known_until) as known_until
    from stage_entries
    inner join milestone_ends on stage_entries.milestone = milestone_ends.milestone
    where stage_entries.kind = 'milestone'
    group by stage_entries.stage_set, stage_entries.stage
),

pairs as (
    select
        from_stages.stage_set,
        from_stages.stage as from_stage,
        to_stages.stage as to_stage,
        coalesce(stage_ends.known_until, (select clock.as_of from clock)) as known_until
    from path_stages as from_stages
    inner join path_stages as to_stages on from_stages.stage_set = to_stages.stage_set and from_stages.position < to_stages.position
    left join stage_ends on to_stages.stage_set = stage_ends.stage_set and to_stages.stage = stage_ends.stage
),

entries as (
    select
        pairs.stage_set,
        pairs.from_stage,
        pairs.to_stage,
        pairs.known_until,
        visits.customer_id,
        visits.entered_at
    from visits
    inner join pairs on visits.stage_set = pairs.stage_set and visits.stage = pairs.from_stage
    where visits.visit_number = 1
),

arrivals as (
    select
        entries.stage_set,
        entries.from_stage,
        entries.to_stage,
        entries.customer_id,
        min(visits.entered_at) as arrived_at
    from entries
    inner join visits
        on
            entries.stage_set = visits.stage_set
            and entries.to_stage = visits.stage
            and entries.customer_id = visits.customer_id
            and entries.entered_at <= visits.entered_at
    where visits.entered_at <= entries.known_until
    group by entries.stage_set, entries.from_stage, entries.to_stage, entries.customer_id
),

-- Whoever entered after the end of what is known is counted, and says nothing: nobody is at risk before the beginning.
waits as (
    select
        entries.stage_set,
        entries.from_stage,
        entries.to_stage,
        first_touches.channel,
        first_touches.device,
        arrivals.arrived_at is not null as has_arrived,
        {{ hours_between('entries.entered_at', 'coalesce(arrivals.arrived_at, entries.known_until)') }} as hours
    from entries
    inner join first_touches on entries.customer_id = first_touches.customer_id
    left join arrivals
        on
            entries.stage_set = arrivals.stage_set
            and entries.from_stage = arrivals.from_stage
            and entries.to_stage = arrivals.to_stage
            and entries.customer_id = arrivals.customer_id
),

waits_by_dimension as ({{ by_dimension('waits', {'channel': 'channel', 'device': 'device'}) }}),

with_groups as (
    select
        *,
        {{ quick_key(['stage_set', 'from_stage', 'to_stage', 'dimension', 'dimension_value']) }} as group_key
    from waits_by_dimension
),

{{ survival_curve('arriving', 'with_groups', ['group_key'], 'hours', 'has_arrived') }},

estimated as (
    select
        group_key,
        {{ survival_quantile(0.5) }} as median_hours,
        {{ survival_quantile(0.5, '-') }} as median_low_hours,
        {{ survival_quantile(0.5, '+') }} as median_high_hours,
        {{ survival_quantile(0.95) }} as p95_hours,
        {{ survival_quantile(0.95, '-') }} as p95_low_hours,
        {{ survival_quantile(0.95, '+') }} as p95_high_hours
    from arriving_curve
    group by group_key
),

counted as (
    select
        group_key,
        any_value(stage_set) as stage_set,
        any_value(from_stage) as from_stage,
        any_value(to_stage) as to_stage,
        any_value(dimension) as dimension,
        any_value(dimension_value) as dimension_value,
        count(*) as customer_count,
        count(*) filter (where has_arrived) as arrived_count,
        {{ quantile('case when has_arrived then hours end', 0.5) }} as arrived_median_hours,
        {{ quantile('case when has_arrived then hours end', 0.95) }} as arrived_p95_hours
    from with_groups
    group by group_key
)

select
    counted.stage_set,
    counted.from_stage,
    counted.to_stage,
    counted.dimension,
    counted.dimension_value,
    counted.customer_count,
    counted.arrived_count,
    counted.customer_count - counted.arrived_count as censored_count,
    estimated.median_hours,
    estimated.median_low_hours,
    estimated.median_high_hours,
    estimated.p95_hours,
    estimated.p95_low_hours,
    estimated.p95_high_hours,
    counted.arrived_median_hours,
    counted.arrived_p95_hours,
    settings.journey_version
from counted
cross join settings
left join estimated on counted.group_key = estimated.group_key
