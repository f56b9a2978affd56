-- Entrants of a period are the distinct customers with a first step in it, once. Each is judged by their best chain from an entry in
-- that period: the deepest, then the one that completes first, then the latest entry. So a breakdown adds up to its total.
-- Of a funnel that counts attempts each attempt is an entrant, and the days of a week add up to it.
-- Rates are of mature entrants, judged by the best of their mature entries alone: what happens later does not move them. Those who still
-- have time are in the estimate, as long as they have been followed.

with chains as (select * from {{ ref('int_funnels_followed') }}),

funnels as (select * from {{ source('journey', 'funnels') }}),

funnel_steps as (select * from {{ source('journey', 'funnel_steps') }}),

breakdowns as (select * from {{ source('journey', 'funnel_breakdowns') }}),

settings as (select * from {{ source('journey', 'settings') }}),

funnel_ends as (select * from {{ ref('int_funnels_ended') }}),

entries as (
    select
        chains.funnel,
        chains.customer_id,
        chains.entry_event_id,
        chains.entry_place,
        chains.entered_at,
        case when funnels.mode = 'attempts' then chains.entry_event_id end as attempt_id,
        {{ add_hours('chains.entered_at', '24.0 * funnels.window_days') }} <= funnel_ends.known_until as is_mature,
        max(chains.step) as depth,
        max_by(chains.reached_at, chains.step) as completed_at
    from chains
    inner join funnels on chains.funnel = funnels.funnel
    inner join funnel_ends on chains.funnel = funnel_ends.funnel
    group by
        chains.funnel,
        chains.customer_id,
        chains.entry_event_id,
        chains.entry_place,
        chains.entered_at,
        funnels.mode,
        funnels.window_days,
        funnel_ends.known_until
),

-- The best of a day, of those the best of a week and of a month, of those the best of all. Attempts stand each for themselves.
{% for grain, finer in [('day', none), ('week', 'day'), ('month', 'day'), ('all', 'month')] %}
best_of_{{ grain }} as (
    select
        funnel,
        customer_id,
        entry_event_id,
        entry_place,
        entered_at,
        attempt_id,
        is_mature,
        depth,
        completed_at
    from {{ 'entries' if finer is none else 'best_of_' ~ finer }}
    qualify row_number() over (
        partition by
            funnel,
            customer_id,
            {{ "date_trunc('" ~ grain ~ "', entered_at)," if grain != 'all' }}
            attempt_id,
            is_mature
        order by depth desc, completed_at asc, entered_at desc, entry_place desc
    ) = 1
),
{% endfor %}
best_by_maturity as (
    {%- for grain in ['day', 'week', 'month', 'all'] %}
    select
        *,
        '{{ grain }}' as grain,
        {{ "cast(date_trunc('" ~ grain ~ "', entered_at) as date)" if grain != 'all' else 'cast(null as date)' }} as period_start
    from best_of_{{ grain }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

best_entries as (
    select
        *,
        row_number() over (
            partition by funnel, customer_id, grain, period_start, attempt_id
            order by depth desc, completed_at asc, entered_at desc, entry_place desc
        ) = 1 as is_best
    from best_by_maturity
),

customers as (select * from {{ ref('dim_customers') }}),

segments as (
    select
        customer_id,
        segment
    from {{ source('ml', 'customer_segments') }}
    qualify row_number() over (partition by customer_id order by snapshot_at desc, model_version desc) = 1
),

-- What a group is told by: a value of the entry, one of the customer today, or an attribute of the entry.
entry_values as (
    select
        chains.funnel,
        chains.entry_event_id,
        breakdowns.dimension,
        case breakdowns.dimension
            when 'all' then 'all'
            when 'channel' then chains.channel
            when 'campaign' then chains.campaign
            when 'device' then chains.device
            when 'source' then chains.source
            when 'acquisition_channel' then customers.acquisition_channel
            when 'acquisition_campaign' then customers.acquisition_campaign
            when 'current_stage' then customers.current_stage
            when 'segment' then segments.segment
        end as dimension_value
    from chains
    inner join breakdowns on chains.funnel = breakdowns.funnel
    inner join customers on chains.customer_id = customers.customer_id
    left join segments on chains.customer_id = segments.customer_id
    where chains.step = 1 and breakdowns.attribute is null
    union all
    select
        chains.funnel,
        chains.entry_event_id,
        breakdowns.dimension,
        {{ json_text_of('events.attributes', 'breakdowns.attribute') }} as dimension_value
    from chains
    inner join breakdowns on chains.funnel = breakdowns.funnel
    inner join {{ ref('fct_events') }} as events on chains.entry_event_id = events.event_id
    where chains.step = 1 and breakdowns.attribute is not null
),

-- One key for the whole group: joined column by column, each entry may first meet every value of its period.
grouped_entries as (
    select
        best_entries.*,
        entry_values.dimension,
        entry_values.dimension_value,
        {{ quick_key([
            'best_entries.funnel', 'best_entries.grain', 'best_entries.period_start', 'entry_values.dimension', 'entry_values.dimension_value'
        ]) }} as group_key
    from best_entries
    inner join entry_values
        on best_entries.funnel = entry_values.funnel and best_entries.entry_event_id = entry_values.entry_event_id
),

with_values as (
    select
        grouped_entries.group_key,
        grouped_entries.funnel,
        grouped_entries.grain,
        grouped_entries.period_start,
        grouped_entries.dimension,
        grouped_entries.dimension_value,
        chains.step,
        chains.hours_since_previous_step,
        grouped_entries.is_mature,
        grouped_entries.is_best
    from grouped_entries
    inner join chains
        on
            grouped_entries.funnel = chains.funnel
            and grouped_entries.customer_id = chains.customer_id
            and grouped_entries.entry_event_id = chains.entry_event_id
),

counted as (
    select
        group_key,
        funnel,
        grain,
        period_start,
        dimension,
        dimension_value,
        step,
        count(*) filter (where is_best) as reached_count,
        count(*) filter (where is_mature) as mature_reached_count,
        count(*) filter (where is_best and is_mature) as finished_count,
        {{ quantile('case when is_best then hours_since_previous_step end', 0.5) }} as median_hours,
        {{ quantile('case when is_best then hours_since_previous_step end', 0.95) }} as p95_hours
    from with_values
    group by group_key, funnel, grain, period_start, dimension, dimension_value, step
),

-- Every step of every group has a row: nobody reached it is a number too.
groups as (
    select
        counted.group_key,
        counted.funnel,
        counted.grain,
        counted.period_start,
        counted.dimension,
        counted.dimension_value,
        counted.reached_count as entered_count,
        counted.mature_reached_count as mature_entered_count,
        counted.finished_count = counted.reached_count as is_finished
    from counted
    where counted.step = 1
),

with_denominators as (
    select
        groups.group_key,
        groups.funnel,
        groups.grain,
        groups.period_start,
        groups.dimension,
        groups.dimension_value,
        funnel_steps.step,
        funnel_steps.milestone,
        groups.entered_count,
        groups.is_finished and funnels.window_days is not null as is_finished,
        coalesce(counted.reached_count, 0) as reached_count,
        case when funnels.window_days is not null then groups.mature_entered_count end as mature_entered_count,
        case when funnels.window_days is not null then coalesce(counted.mature_reached_count, 0) end as mature_reached_count,
        counted.median_hours,
        counted.p95_hours
    from groups
    inner join funnels on groups.funnel = funnels.funnel
    inner join funnel_steps on groups.funnel = funnel_steps.funnel
    left join counted on groups.group_key = counted.group_key and funnel_steps.step = counted.step
),

-- How many will have got there by the end of the window: the share that has not, among those who are still followed, is estimated step
-- by step; where everybody is mature there is nothing to estimate.
unfinished as (
    select *
    from groups
    where not is_finished
),

followed as (
    select
        unfinished.group_key,
        grouped_entries.funnel,
        funnel_steps.step,
        24.0 * funnels.window_days as window_hours,
        chains.reached_at is not null as has_reached,
        {{ hours_between(
            'grouped_entries.entered_at',
            'coalesce(chains.reached_at, greatest(grouped_entries.entered_at, least(funnel_ends.known_until, '
                ~ add_hours('grouped_entries.entered_at', '24.0 * funnels.window_days') ~ ')))'
        ) }} as hours
    from grouped_entries
    inner join unfinished on grouped_entries.group_key = unfinished.group_key
    inner join funnels on grouped_entries.funnel = funnels.funnel
    inner join funnel_ends on grouped_entries.funnel = funnel_ends.funnel
    inner join funnel_steps on grouped_entries.funnel = funnel_steps.funnel
    left join chains
        on
            grouped_entries.funnel = chains.funnel
            and grouped_entries.customer_id = chains.customer_id
            and grouped_entries.entry_event_id = chains.entry_event_id
            and funnel_steps.step = chains.step
    where grouped_entries.is_best and funnels.window_days is not null
),

window_ends as (
    select
        group_key,
        step,
        max(window_hours) as duration
    from followed
    group by group_key, step
),

{{ survival_curve('reaching', 'followed', ['group_key', 'step'], 'hours', 'has_reached', 'window_ends') }},

-- Where nobody was followed to the end of the window, nobody knows how it ends.
estimates as (
    select
        reaching_curve.group_key,
        reaching_curve.step,
        1 - reaching_curve.survival_rate as estimated_rate,
        1 - reaching_curve.survival_high as estimated_low,
        1 - reaching_curve.survival_low as estimated_high
    from reaching_curve
    inner join window_ends
        on
            reaching_curve.group_key = window_ends.group_key
            and reaching_curve.step = window_ends.step
            and reaching_curve.duration = window_ends.duration
    where reaching_curve.at_risk_count > 0 or reaching_curve.survival_rate = 0
),

judged as (
    select
        *,
        case when mature_entered_count is not null then mature_reached_count else reached_count end as success_count,
        coalesce(mature_entered_count, entered_count) as trial_count
    from with_denominators
)

select
    judged.funnel,
    judged.grain,
    judged.period_start,
    judged.dimension,
    judged.dimension_value,
    judged.step,
    judged.milestone,
    judged.entered_count,
    judged.reached_count,
    judged.mature_entered_count,
    judged.mature_reached_count,
    cast(judged.success_count as double) / nullif(judged.trial_count, 0) as conversion_rate,
    {{ wilson('judged.success_count', 'judged.trial_count', '-') }} as conversion_low,
    {{ wilson('judged.success_count', 'judged.trial_count', '+') }} as conversion_high,
    case when judged.is_finished then cast(judged.success_count as double) / nullif(judged.trial_count, 0) else estimates.estimated_rate end
        as estimated_rate,
    case when judged.is_finished then {{ wilson('judged.success_count', 'judged.trial_count', '-') }} else estimates.estimated_low end
        as estimated_low,
    case when judged.is_finished then {{ wilson('judged.success_count', 'judged.trial_count', '+') }} else estimates.estimated_high end
        as estimated_high,
    judged.median_hours,
    judged.p95_hours,
    settings.journey_version
from judged
cross join settings
left join estimates on judged.group_key = estimates.group_key and judged.step = estimates.step
