with latest_segments as (
    select * from {{ source('ml', 'customer_segments') }}
    qualify rank() over (order by snapshot_at desc) = 1
),

latest_scores as (
    select * from {{ source('ml', 'churn_scores') }}
    qualify rank() over (order by snapshot_at desc) = 1
),

customers as (select * from {{ ref('dim_customers') }})

select
    latest_segments.segment,
    latest_segments.segment_description,
    count(*) as customer_count,
    cast(count(*) as double) / sum(count(*)) over () as share,
    sum(customers.revenue_amount) as revenue_amount,
    avg(latest_scores.churn_probability) as churn_probability,
    latest_segments.snapshot_at
from latest_segments
left join customers on latest_segments.customer_id = customers.customer_id
left join latest_scores on latest_segments.customer_id = latest_scores.customer_id
group by latest_segments.segment, latest_segments.segment_description, latest_segments.snapshot_at
