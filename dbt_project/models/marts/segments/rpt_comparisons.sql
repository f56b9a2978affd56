-- Two groups of customers, or two periods, side by side. A customer counts once in every denominator, so that the intervals, which
-- take each of them for one independent trial, are not narrower than what is known: a funnel's entrant by the deepest chain, a move
-- by the first time it was made from somewhere, a path once. A difference is that of the right side from the left one.

{% set fewest, false_share = 30, 0.05 %}

with settings as (select * from {{ source('journey', 'settings') }}),

comparisons as (select * from {{ source('journey', 'comparisons') }}),

clock as (select * from {{ ref('int_clock_read') }}),

paths as (select * from {{ ref('int_paths_ordered') }}),

first_events as (
    select
        customer_id,
        first_source,
        first_device
    from {{ ref('int_paths_ordered') }}
),

anchored as (select * from {{ ref('int_steps_anchored') }}),

chains as (select * from {{ ref('int_funnels_followed') }}),

funnels as (select * from {{ source('journey', 'funnels') }}),

funnel_steps as (select * from {{ source('journey', 'funnel_steps') }}),

stage_intervals as (select * from {{ ref('fct_stage_intervals') }}),

-- The latest days up to now are the right side, as many days before them the left one. Groups have all of time.
sides as (
    select
        comparisons.comparison,
        'left' as side,
        comparisons.dimension,
        comparisons.latest_days is not null as is_latest,
        comparisons.left_value as dimension_value,
        coalesce(
            comparisons.left_from,
            {{ add_hours('clock.as_of', '-48 * comparisons.latest_days') }},
            timestamp '0001-01-01'
        ) as starts_at,
        coalesce(
            comparisons.left_until,
            {{ add_hours('clock.as_of', '-24 * comparisons.latest_days') }},
            timestamp '9999-12-31'
        ) as ends_at
    from comparisons
    cross join clock
    union all
    select
        comparisons.comparison,
        'right' as side,
        comparisons.dimension,
        comparisons.latest_days is not null as is_latest,
        comparisons.right_value as dimension_value,
        coalesce(
            comparisons.right_from,
            {{ add_hours('clock.as_of', '-24 * comparisons.latest_days') }},
            timestamp '0001-01-01'
        ) as starts_at,
        coalesce(comparisons.right_until, timestamp '9999-12-31') as ends_at
    from comparisons
    cross join clock
),

customers as (
    select
        customers.customer_id,
        customers.acquisition_channel,
        customers.acquisition_campaign,
        customers.first_seen_at,
        customers.last_seen_at,
        first_events.first_source,
        first_events.first_device
    from {{ ref('dim_customers') }} as customers
    inner join first_events on customers.customer_id = first_events.customer_id
),

-- Who is on which side; of a period, who did anything until its end and from its beginning on (in the latest days, had a funnel's
-- window end in them).
members as (
    select
        sides.comparison,
        sides.side,
        sides.is_latest,
        sides.starts_at,
        sides.ends_at,
        customers.customer_id
    from customers
    cross join sides
    where
        case sides.dimension
            when 'channel' then customers.acquisition_channel = sides.dimension_value
            when 'campaign' then customers.acquisition_campaign = sides.dimension_value
            when 'device' then customers.first_device = sides.dimension_value
            when 'source' then customers.first_source = sides.dimension_value
            else customers.first_seen_at < sides.ends_at and (sides.is_latest or customers.last_seen_at >= sides.starts_at)
        end
),

funnel_ends as (select * from {{ ref('int_funnels_ended') }}),

entries as (
    select
        chains.funnel,
        chains.customer_id,
        chains.step,
        chains.entered_at,
        coalesce({{ add_hours('chains.entered_at', '24.0 * funnels.window_days') }}, chains.entered_at) as window_ends_at,
        funnel_ends.known_until
    from chains
    inner join funnels on chains.funnel = funnels.funnel
    inner join funnel_ends on chains.funnel = funnel_ends.funnel
),

-- An entry has had its time when its whole window is over. The latest days are those in which windows ended: had their last entries no
-- time yet, the right side would be the shorter one, with fewer tries for each of its customers.
mature_depths as (
    select
        members.comparison,
        members.side,
        entries.funnel,
        entries.customer_id,
        max(entries.step) as depth
    from entries
    inner join members on entries.customer_id = members.customer_id
    where
        case when members.is_latest then entries.window_ends_at else entries.entered_at end >= members.starts_at
        and case when members.is_latest then entries.window_ends_at else entries.entered_at end < members.ends_at
        and entries.window_ends_at <= entries.known_until
    group by members.comparison, members.side, entries.funnel, entries.customer_id
),

funnel_depths as (
    select
        comparison,
        side,
        funnel,
        depth,
        count(*) as customer_count
    from mature_depths
    group by comparison, side, funnel, depth
),

funnel_cells as (
    select
        funnel_depths.comparison,
        funnel_depths.side,
        'funnel' as measure,
        'milestone' as level,
        funnel_steps.funnel as part,
        first_steps.milestone as from_name,
        funnel_steps.milestone as to_name,
        funnel_steps.step,
        sum(case when funnel_depths.depth >= funnel_steps.step then funnel_depths.customer_count else 0 end) as cell_count,
        sum(funnel_depths.customer_count) as total_count
    from funnel_depths
    inner join funnel_steps on funnel_depths.funnel = funnel_steps.funnel
    inner join funnel_steps as first_steps on funnel_depths.funnel = first_steps.funnel and first_steps.step = 1
    where funnel_steps.step > 1
    group by funnel_depths.comparison, funnel_depths.side, funnel_steps.funnel, first_steps.milestone, funnel_steps.milestone, funnel_steps.step
),

-- A move happens when it arrives, so the step before the period belongs to its first move.
paths_within as (
    select
        members.comparison,
        members.side,
        {{ elements_between(
            'paths.event_types',
            'greatest(1, ' ~ count_before('paths.times', 'members.starts_at') ~ ')',
            count_before('paths.times', 'members.ends_at')
        ) }} as event_types
    from members
    inner join paths on members.customer_id = paths.customer_id
),

event_moves as (
    select
        comparison,
        side,
        {{ exploded({'move': first_moves('event_types')}) }}
    from paths_within
),

stage_moves as (
    select
        stage_set,
        customer_id,
        stage as from_name,
        lead(stage) over (partition by stage_set, customer_id order by entered_at) as to_name,
        exited_at as moved_at
    from stage_intervals
),

first_stage_moves as (
    select
        members.comparison,
        members.side,
        stage_moves.stage_set,
        stage_moves.customer_id,
        stage_moves.from_name,
        {{ first_by('stage_moves.to_name', 'stage_moves.moved_at', '0') }} as to_name
    from stage_moves
    inner join members on stage_moves.customer_id = members.customer_id
    where stage_moves.moved_at >= members.starts_at and stage_moves.moved_at < members.ends_at
    group by members.comparison, members.side, stage_moves.stage_set, stage_moves.customer_id, stage_moves.from_name
),

moves as (
    select
        comparison,
        side,
        'event_type' as level,
        cast(null as varchar) as part,
        move.from_name,
        move.to_name,
        count(*) as cell_count
    from event_moves
    group by comparison, side, move.from_name, move.to_name
    union all
    select
        comparison,
        side,
        'stage' as level,
        stage_set as part,
        from_name,
        to_name,
        count(*) as cell_count
    from first_stage_moves
    group by comparison, side, stage_set, from_name, to_name
),

transition_cells as (
    select
        comparison,
        side,
        'transition' as measure,
        level,
        part,
        from_name,
        to_name,
        cast(null as integer) as step,
        cell_count,
        sum(cell_count) over (partition by comparison, side, level, part, from_name) as total_count
    from moves
),

placed as (
    select
        members.comparison,
        members.side,
        anchored.anchor,
        {{ exploded({'step': numbers_between('anchored.first_step', 10), 'name': 'anchored.names'}) }}
    from anchored
    inner join members on anchored.customer_id = members.customer_id
    where anchored.path_started_at >= members.starts_at and anchored.path_started_at < members.ends_at
),

steps as (
    select
        comparison,
        side,
        anchor,
        step,
        name,
        count(*) as cell_count
    from placed
    group by comparison, side, anchor, step, name
),

step_cells as (
    select
        comparison,
        side,
        'step_matrix' as measure,
        'event_type' as level,
        anchor as part,
        cast(null as varchar) as from_name,
        name as to_name,
        cast(step as integer) as step,
        cell_count,
        sum(cell_count) over (partition by comparison, side, anchor, step) as total_count
    from steps
),

cells as (
    select * from funnel_cells
    union all
    select * from transition_cells
    union all
    select * from step_cells
),

-- What never happened on a side has a cell there too, of its denominator; where there is none, of nobody.
totals as (
    select
        comparison,
        measure,
        level,
        part,
        from_name,
        coalesce(max(total_count) filter (where side = 'left'), 0) as left_total,
        coalesce(max(total_count) filter (where side = 'right'), 0) as right_total
    from cells
    group by comparison, measure, level, part, from_name
),

-- At the beginning of a path everybody is at its beginning.
counted as (
    select
        comparison,
        measure,
        level,
        part,
        from_name,
        to_name,
        step,
        coalesce(sum(cell_count) filter (where side = 'left'), 0) as left_count,
        coalesce(sum(cell_count) filter (where side = 'right'), 0) as right_count
    from cells
    where measure <> 'step_matrix' or part <> 'path_start' or step > 0
    group by comparison, measure, level, part, from_name, to_name, step
),

with_totals as (
    select
        counted.comparison,
        counted.measure,
        counted.level,
        counted.part,
        counted.from_name,
        counted.to_name,
        counted.step,
        cast(counted.left_count as bigint) as left_count,
        cast(totals.left_total as bigint) as left_total,
        cast(counted.right_count as bigint) as right_count,
        cast(totals.right_total as bigint) as right_total,
        totals.left_total < {{ fewest }} or totals.right_total < {{ fewest }} as is_small
    from counted
    inner join totals
        on
            counted.comparison = totals.comparison
            and counted.measure = totals.measure
            and counted.level = totals.level
            and counted.part is not distinct from totals.part
            and counted.from_name is not distinct from totals.from_name
),

with_rates as (
    select
        *,
        case when not is_small then cast(left_count as double) / left_total end as left_rate,
        case when not is_small then cast(right_count as double) / right_total end as right_rate,
        {{ wilson('left_count', 'left_total', '-') }} as left_low,
        {{ wilson('left_count', 'left_total', '+') }} as left_high,
        {{ wilson('right_count', 'right_total', '-') }} as right_low,
        {{ wilson('right_count', 'right_total', '+') }} as right_high
    from with_totals
),

with_z_scores as (
    select
        *,
        case when not is_small then {{ two_proportion_z() }} end as z_score
    from with_rates
),

with_p_values as (
    select
        *,
        {{ two_sided_p('z_score') }} as p_value,
        count(z_score) over (partition by comparison, measure) as tested_count
    from with_z_scores
),

with_places as (
    select
        *,
        row_number() over (partition by comparison, measure order by p_value asc nulls last) as place
    from with_p_values
),

-- Benjamini and Hochberg (JRSS B 57, 1995), within one comparison and measure: the largest p-value that is small enough for its place, and all before it.
with_last_places as (
    select
        *,
        max(case when p_value <= {{ false_share }} * place / tested_count then p_value end) over (
            partition by comparison, measure
        ) as largest_p_value
    from with_places
)

select
    judged.comparison,
    judged.measure,
    judged.level,
    judged.part,
    judged.from_name,
    judged.to_name,
    judged.step,
    judged.left_count,
    judged.left_total,
    judged.right_count,
    judged.right_total,
    judged.left_rate,
    judged.right_rate,
    judged.right_rate - judged.left_rate as difference,
    {{ newcombe('-') }} as difference_low,
    {{ newcombe('+') }} as difference_high,
    judged.p_value,
    case when not judged.is_small then coalesce(judged.p_value <= judged.largest_p_value, false) end as is_significant,
    judged.is_small,
    settings.journey_version
from with_last_places as judged
cross join settings
