-- The first and the last sign of life of each customer: one of the events whose absence the journey file calls a loss.

{{ config(materialized='incremental', unique_key='customer_id', meta={'reads': {'customer': 'customer_id'}}) }}

with events as (
    select * from {{ ref('int_events_identified') }}
    where customer_id is not null and {{ is_changed({'customer': 'customer_id'}) }}
),

churn_event_types as (select * from {{ source('journey', 'churn_event_types') }})

select
    events.customer_id,
    min(events.occurred_at) as first_pulse_at,
    max(events.occurred_at) as last_pulse_at
from events
inner join churn_event_types on events.event_type = churn_event_types.event_type
group by events.customer_id
