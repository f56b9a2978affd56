-- Every touchpoint with what is known of its data, the grade that its worst measure gives it, and what would turn it. A measure says
-- of which share of the touchpoint it doubts: red ones are mended in the order of the traffic that is doubted by it. A share of fewer
-- than ten ids or rows says nothing.

with doings as (select * from {{ ref('int_event_subjects_counted') }}),

combinations as (select * from {{ ref('int_identifiers_combined') }}),

limits as (select * from {{ source('journey', 'audit_limits') }}),

settings as (select * from {{ source('journey', 'settings') }}),

milestone_events as (select * from {{ source('journey', 'milestone_events') }}),

touchpoints as (
    select
        source,
        event_type as touchpoint,
        cast(sum(event_count) as bigint) as event_count,
        cast(sum(event_count) as double) / sum(sum(event_count)) over () as traffic_share,
        {{ hours_between('min(first_occurred_at)', 'max(last_occurred_at)') }} / 24 as days_of_history,
        max(last_occurred_at) as last_occurred_at
    from {{ ref('int_event_hours_counted') }}
    where hour_started_at >= (select settings.launched_on from settings)
    group by source, event_type
),

-- What the identifiers of a touchpoint are compared with: the pairs whose left side is its source or its table.
combination_ids as (
    {% for column in person_id_columns() %}
    select
        combination_key,
        source,
        source_table,
        '{{ column }}' as id_type,
        {{ column }}_key as identifier_key
    from combinations
    where {{ column }}_key <> 0
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

pair_sides as (
    select
        left_side,
        right_side,
        id_type
    from {{ source('journey', 'id_pairs') }}
    where severity <> 'outcome'
),

compared_ids as (
    select
        doings.source,
        doings.event_type as touchpoint,
        pair_sides.left_side,
        pair_sides.right_side,
        pair_sides.id_type,
        combination_ids.identifier_key
    from doings
    inner join combination_ids on doings.combination_key = combination_ids.combination_key
    inner join pair_sides
        on
            combination_ids.id_type = pair_sides.id_type
            and pair_sides.left_side in (combination_ids.source, combination_ids.source || '.' || combination_ids.source_table)
    group by all
),

pair_match_rates as (
    select
        compared_ids.source,
        compared_ids.touchpoint,
        compared_ids.right_side,
        compared_ids.id_type,
        count(*) as id_count,
        cast(count(*) filter (where matched.is_matched) as double) / count(*) as match_rate
    from compared_ids
    inner join {{ ref('int_pair_ids_matched') }} as matched
        on
            compared_ids.left_side = matched.left_side
            and compared_ids.right_side = matched.right_side
            and compared_ids.id_type = matched.id_type
            and compared_ids.identifier_key = matched.identifier_key
    group by compared_ids.source, compared_ids.touchpoint, compared_ids.left_side, compared_ids.right_side, compared_ids.id_type
),

lowest_match_rates as (
    select *
    from pair_match_rates
    qualify row_number() over (partition by source, touchpoint order by id_count >= 10 desc, match_rate asc, right_side asc, id_type asc) = 1
),

times as (
    select
        source,
        event_type as touchpoint,
        cast(invalid_count as double) / row_count as missing_timestamp_rate
    from {{ ref('rpt_timestamp_validity') }}
),

gaps as (
    select
        source,
        event_type as touchpoint,
        max(gap_hours) as max_gap_hours,
        bool_or(is_gap) as has_gap,
        count(*) filter (where is_gap and known_reason is null) as gap_count,
        max(gap_started_at) filter (where is_gap and known_reason is null) as last_gap_at,
        sum(lost_event_count) as lost_event_count
    from {{ ref('rpt_event_gaps') }}
    group by source, event_type
),

duplicates as (
    select
        source,
        event_type as touchpoint,
        row_count,
        duplicate_rate,
        storm_started_at
    from {{ ref('rpt_duplicates') }}
),

measured as (
    select
        touchpoints.*,
        lowest_match_rates.match_rate,
        lowest_match_rates.id_count,
        lowest_match_rates.right_side,
        lowest_match_rates.id_type,
        coalesce(times.missing_timestamp_rate, 0.0) as missing_timestamp_rate,
        gaps.max_gap_hours,
        coalesce(gaps.has_gap, false) as has_gap,
        gaps.gap_count,
        gaps.last_gap_at,
        gaps.lost_event_count / (gaps.lost_event_count + touchpoints.event_count) as lost_share,
        duplicates.duplicate_rate,
        duplicates.row_count,
        duplicates.storm_started_at
    from touchpoints
    left join lowest_match_rates
        on touchpoints.source = lowest_match_rates.source and touchpoints.touchpoint = lowest_match_rates.touchpoint
    left join times on touchpoints.source = times.source and touchpoints.touchpoint = times.touchpoint
    left join gaps on touchpoints.source = gaps.source and touchpoints.touchpoint = gaps.touchpoint
    left join duplicates on touchpoints.source = duplicates.source and touchpoints.touchpoint = duplicates.touchpoint
),

-- One row per touchpoint and measure: its value, the share of the touchpoint it doubts, and words for who has to mend it.
findings as (
    select
        source,
        touchpoint,
        'match_rate' as measure,
        match_rate as measured_value,
        1 - match_rate as doubted_share,
        'only ' || {{ percent('match_rate') }} || ' of its ' || id_type || 's are known to ' || right_side as reason,
        'compare how ' || source || ' and ' || right_side || ' write the ' || id_type || ', and hand over what ' || right_side || ' lacks' as fix
    from measured
    where id_count >= 10
    union all
    select
        source,
        touchpoint,
        'missing_timestamp_rate' as measure,
        missing_timestamp_rate as measured_value,
        missing_timestamp_rate as doubted_share,
        {{ percent('missing_timestamp_rate') }} || ' of its rows have no believable time' as reason,
        'correct the times in the export of ' || source || ' and hand it over under the same name' as fix
    from measured
    union all
    select
        source,
        touchpoint,
        'gap_count' as measure,
        gap_count as measured_value,
        lost_share as doubted_share,
        gap_count || ' gap(s), the last since ' || {{ minute_of('last_gap_at') }} as reason,
        'hand over what ' || source || ' recorded then, or name the incident under quality.gaps.known' as fix
    from measured
    where gap_count > 0
    union all
    select
        source,
        touchpoint,
        'duplicate_rate' as measure,
        duplicate_rate as measured_value,
        duplicate_rate as doubted_share,
        {{ percent('duplicate_rate') }} || ' of its rows tell of an event once more'
        || coalesce(', most of them since ' || {{ day_of('storm_started_at') }}, '') as reason,
        'give each event of ' || source || ' an id when it happens, and stop what sends it twice' as fix
    from measured
    where row_count >= 10
    union all
    select
        source,
        touchpoint,
        'days_of_history' as measure,
        days_of_history as measured_value,
        0.0 as doubted_share,
        'only ' || cast(floor(days_of_history) as bigint) || ' days of history' as reason,
        'hand over older exports of ' || source || ', or wait' as fix
    from measured
),

concerned as (
    select
        event_type as touchpoint,
        'all' as applies_to
    from {{ ref('int_event_hours_counted') }}
    group by event_type
    union
    select
        milestone_events.event_type as touchpoint,
        'critical' as applies_to
    from milestone_events
    inner join {{ source('journey', 'milestones') }} as milestones on milestone_events.milestone = milestones.milestone
    where milestones.is_critical
    union
    select
        milestone_events.event_type as touchpoint,
        'main_funnel' as applies_to
    from milestone_events
    inner join {{ source('journey', 'funnel_steps') }} as funnel_steps on milestone_events.milestone = funnel_steps.milestone
    inner join settings on funnel_steps.funnel = settings.main_funnel
),

faults as (
    select
        findings.source,
        findings.touchpoint,
        findings.measure,
        findings.doubted_share,
        findings.reason,
        findings.fix,
        max(limits.grade) as grade  -- in the order of letters red is after amber
    from findings
    inner join limits
        on
            findings.measure = limits.measure
            and case when limits.is_minimum then findings.measured_value < limits.limit_value else findings.measured_value > limits.limit_value end
    inner join concerned on findings.touchpoint = concerned.touchpoint and limits.applies_to = concerned.applies_to
    group by findings.source, findings.touchpoint, findings.measure, findings.doubted_share, findings.reason, findings.fix
),

worst_faults as (
    select *
    from faults
    qualify row_number() over (partition by source, touchpoint order by grade desc, doubted_share desc, measure asc) = 1
),

graded as (
    select
        measured.*,
        coalesce(worst_faults.grade, 'green') as grade,
        worst_faults.reason as worst_reason,
        worst_faults.fix,
        worst_faults.doubted_share
    from measured
    left join worst_faults on measured.source = worst_faults.source and measured.touchpoint = worst_faults.touchpoint
)

select
    source,
    touchpoint,
    event_count,
    traffic_share,
    match_rate,
    missing_timestamp_rate,
    max_gap_hours,
    has_gap,
    duplicate_rate,
    days_of_history,
    last_occurred_at,
    grade,
    worst_reason,
    fix,
    case
        when grade <> 'green'
            then row_number() over (
                partition by grade = 'green'
                order by grade desc, traffic_share * doubted_share desc, event_count desc, source asc, touchpoint asc
            )
    end as priority
from graded
