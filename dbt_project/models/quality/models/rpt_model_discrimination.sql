with model_runs as (select * from {{ source('ml', 'model_runs') }}),

limits as (
    select * from {{ source('journey', 'thresholds') }}
    where threshold = 'model_auc'
),

latest_runs as (
    select *
    from model_runs
    qualify row_number() over (partition by model order by trained_at desc, model_version asc) = 1
)

select
    latest_runs.model,
    latest_runs.model_version,
    latest_runs.auc,
    latest_runs.baseline_name,
    latest_runs.baseline_auc,
    limits.limit_value as max_auc,
    limits.severity
from latest_runs
cross join limits
