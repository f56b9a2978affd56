-- Each event type of a source with its anomalies of the last 28 days that nothing explains.

with anomalies as (
    select * from {{ ref('rpt_volume_anomalies') }}
    where severity is not null
),

limits as (
    select * from {{ source('journey', 'thresholds') }}
    where threshold = 'anomaly_count'
),

comparable as (
    select
        source,
        event_type,
        count(*) filter (where chance is not null) as compared_day_count
    from {{ ref('int_event_days_compared') }}
    group by source, event_type
),

counted as (
    select
        source,
        event_type,
        count(*) as anomaly_count,
        min(cast(day as timestamp)) as first_anomaly_at,
        max({{ add_hours('cast(day as timestamp)', "case when kind = 'shape' then 168 else 24 end") }}) as anomalies_ended_at,
        string_agg(kind || ' on ' || cast(day as varchar), ', ' order by day, kind) as anomalies
    from anomalies
    group by source, event_type
)

select
    comparable.source,
    comparable.event_type,
    comparable.compared_day_count,
    coalesce(counted.anomaly_count, 0) as anomaly_count,
    counted.first_anomaly_at,
    counted.anomalies_ended_at,
    coalesce(counted.anomalies, 'none') as anomalies,
    limits.limit_value as max_anomaly_count,
    case when comparable.compared_day_count > 0 then limits.severity end as severity
from comparable
cross join limits
left join counted on comparable.source = counted.source and comparable.event_type = counted.event_type
