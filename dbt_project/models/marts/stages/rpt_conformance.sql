-- The intended journey is the stages on the path in their order, as far as a customer has come. Fitness is that of an alignment with it
-- (W. van der Aalst et al., WIREs Data Mining 2, 2012): 1 - cost / worst cost, where every visit that is not part of it and every stage
-- of it that has no visit costs one. With `kept` visits that rise along the path that is 2 * kept / (visits + stages of the path).

with settings as (select * from {{ source('journey', 'settings') }}),

path_positions as (
    select
        stage_set,
        stage,
        row_number() over (partition by stage_set order by position) as path_position,
        count(*) over (partition by stage_set) as stage_count
    from {{ source('journey', 'stages') }}
    where is_on_path
),

-- A customer's journey begins with the first stage on the path: before it they are none of its travellers.
beginnings as (
    select
        intervals.stage_set,
        intervals.customer_id,
        min(intervals.entered_at) as begun_at
    from {{ ref('fct_stage_intervals') }} as intervals
    inner join path_positions on intervals.stage_set = path_positions.stage_set and intervals.stage = path_positions.stage
    group by intervals.stage_set, intervals.customer_id
),

visits as (
    select
        intervals.stage_set,
        intervals.customer_id,
        intervals.stage,
        intervals.visit_number,
        intervals.is_regression,
        path_positions.path_position,
        lag(intervals.stage) over (partition by intervals.stage_set, intervals.customer_id order by intervals.entered_at) as previous_stage,
        row_number() over (partition by intervals.stage_set, intervals.customer_id order by intervals.entered_at) as visit_order
    from {{ ref('fct_stage_intervals') }} as intervals
    inner join beginnings
        on
            intervals.stage_set = beginnings.stage_set
            and intervals.customer_id = beginnings.customer_id
            and intervals.entered_at >= beginnings.begun_at
    left join path_positions on intervals.stage_set = path_positions.stage_set and intervals.stage = path_positions.stage
),

customers as (
    select
        stage_set,
        customer_id,
        count(*) as visit_count,
        max(path_position) as furthest_position,
        bool_and(coalesce(path_position = visit_order, false)) as is_fitting,
        {{ ordered_list('path_position', 'visit_order', 'path_position is not null') }} as positions
    from visits
    group by stage_set, customer_id
),

set_sizes as (
    select
        stage_set,
        max(stage_count) as stage_count
    from path_positions
    group by stage_set
),

-- Whoever walks alike fits alike, and few ways to walk are many customers'.
walks as (
    select
        customers.stage_set,
        customers.visit_count,
        customers.positions,
        set_sizes.stage_count,
        count(*) as customer_count
    from customers
    inner join set_sizes on customers.stage_set = set_sizes.stage_set
    group by customers.stage_set, customers.visit_count, customers.positions, set_sizes.stage_count
),

fitnesses as (
    select
        stage_set,
        cast(sum(customer_count * cast({{ path_fitness('positions', 'visit_count', 'stage_count') }} as decimal(18, 12))) as double)
        / sum(customer_count) as fitness
    from walks
    group by stage_set
),

totals as (
    select
        stage_set,
        count(*) as total_count,
        count(*) filter (where is_fitting) as fitting_count
    from customers
    group by stage_set
),

fitting as (
    select
        totals.stage_set,
        'fits' as deviation,
        cast(null as varchar) as stage,
        totals.fitting_count as customer_count,
        fitnesses.fitness
    from totals
    inner join fitnesses on totals.stage_set = fitnesses.stage_set
),

-- A stage is skipped by those who came further along the path and never were in it.
visited as (
    select
        stage_set,
        customer_id,
        stage
    from visits
    group by stage_set, customer_id, stage
),

skipped as (
    select
        customers.stage_set,
        'skip' as deviation,
        path_positions.stage,
        customers.customer_id
    from customers
    inner join path_positions
        on customers.stage_set = path_positions.stage_set and customers.furthest_position > path_positions.path_position
    left join visited
        on
            customers.stage_set = visited.stage_set
            and customers.customer_id = visited.customer_id
            and path_positions.stage = visited.stage
    where visited.stage is null
),

-- Where one went back from, which stage one came to again, where one left the path.
deviating as (
    select * from skipped
    union all
    select
        stage_set,
        'loop' as deviation,
        stage,
        customer_id
    from visits
    where visit_number > 1
    union all
    select
        stage_set,
        'back' as deviation,
        previous_stage as stage,
        customer_id
    from visits
    where is_regression
    union all
    select
        stage_set,
        'leave' as deviation,
        previous_stage as stage,
        customer_id
    from visits
    where path_position is null and previous_stage is not null
),

deviations as (
    select
        stage_set,
        deviation,
        stage,
        count(distinct customer_id) as customer_count,
        cast(null as double) as fitness
    from deviating
    group by stage_set, deviation, stage
),

findings as (
    select * from fitting
    union all
    select * from deviations
)

select
    findings.stage_set,
    findings.deviation,
    findings.stage,
    findings.customer_count,
    totals.total_count,
    cast(findings.customer_count as double) / totals.total_count as share,
    {{ wilson('findings.customer_count', 'totals.total_count', '-') }} as share_low,
    {{ wilson('findings.customer_count', 'totals.total_count', '+') }} as share_high,
    findings.fitness,
    settings.journey_version
from findings
cross join settings
inner join totals on findings.stage_set = totals.stage_set
