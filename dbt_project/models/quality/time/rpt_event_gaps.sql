-- A stretch without events is a gap when it is long and events were due in it. Nor is it a gap when luck alone would bring such a
-- silence somewhere into the history: one with 3,000 events has twenty in which five were due. Only the main funnel is judged: its
-- gaps, or where there is none its longest pause, so that one sees that it was looked at.

with pauses as (
    select * from {{ ref('int_event_pauses_measured') }}
    where event_type is not null and (is_longest or pause_hours > max_gap_hours)
),

limits as (select * from {{ source('journey', 'gap_limits') }}),

settings as (select * from {{ source('journey', 'settings') }}),

-- An incident one knows about explains a silence of which it covers the better half.
known as (
    select
        pauses.source,
        pauses.event_type,
        pauses.pause_started_at,
        string_agg(known_gaps.reason, '; ' order by known_gaps.started_at, known_gaps.reason) as reason
    from pauses
    inner join {{ source('journey', 'known_gaps') }} as known_gaps
        on
            pauses.event_type = known_gaps.event_type
            and pauses.source = coalesce(known_gaps.source, pauses.source)
            and pauses.pause_hours / 2 <= {{ hours_between(
                'greatest(pauses.pause_started_at, known_gaps.started_at)', 'least(pauses.quiet_until, known_gaps.ended_at)'
            ) }}
    group by pauses.source, pauses.event_type, pauses.pause_started_at
),

weighed as (
    select
        pauses.*,
        settings.min_expected_events,
        settings.max_chance_by_luck,
        limits.severity,
        known.reason as known_reason,
        pauses.pause_hours > pauses.max_gap_hours as is_literal_gap,
        pauses.pause_hours > pauses.max_gap_hours
        and pauses.expected_event_count >= settings.min_expected_events
        and pauses.chance_by_luck <= settings.max_chance_by_luck as is_gap
    from pauses
    cross join settings
    left join limits on pauses.event_type = limits.event_type
    left join known
        on
            pauses.source = known.source
            and pauses.event_type = known.event_type
            and pauses.pause_started_at = known.pause_started_at
),

with_health as (
    select
        *,
        not bool_or(is_gap) over (partition by source, event_type) as is_healthy
    from weighed
)

select
    source,
    event_type,
    pause_started_at as gap_started_at,
    pause_ended_at as gap_ended_at,
    pause_hours as gap_hours,
    max_gap_hours,
    expected_event_count,
    min_expected_events,
    case when is_gap then cast(round(expected_event_count) as bigint) else 0 end as lost_event_count,
    chance_by_luck,
    max_chance_by_luck,
    is_literal_gap,
    is_gap,
    case when is_gap then known_reason end as known_reason,
    case when is_gap and known_reason is not null then ' (known: ' || known_reason || ')' else '' end as remark,
    case
        when severity is null then null
        when is_gap and known_reason is not null then 'warn'
        when is_gap or (is_longest and is_healthy) then severity
    end as severity
from with_health
