with settings as (select * from {{ source('journey', 'settings') }}),

hours as (
    select * from {{ ref('int_event_hours_counted') }}
    where hour_started_at >= (select settings.launched_on from settings)
),

limits as (
    select * from {{ source('journey', 'thresholds') }}
    where threshold = 'history_days'
),

spans as (
    select
        source,
        min(first_occurred_at) as first_occurred_at,
        max(last_occurred_at) as last_occurred_at
    from hours
    group by source
)

select
    spans.source,
    spans.first_occurred_at,
    spans.last_occurred_at,
    {{ hours_between('spans.first_occurred_at', 'spans.last_occurred_at') }} / 24 as days_of_history,
    limits.limit_value as min_days,
    {{ hours_between('spans.first_occurred_at', 'spans.last_occurred_at') }} / 24 >= limits.limit_value as is_sufficient,
    limits.severity
from spans
cross join limits
