{{ config(materialized='incremental', unique_key='event_id', meta={'scope': {'event': 'event_id'}}) }}

select
    identified.event_id,
    identified.customer_id,
    identified.person_id,
    identified.account_id,
    identified.source,
    identified.event_type,
    identified.occurred_at,
    identified.known_at,
    recorded.loaded_at,
    sessioned.session_id,
    identified.channel,
    identified.campaign,
    identified.device,
    recorded.revenue_amount,
    identified.currency,
    recorded.attributes
from {{ ref('int_events_identified') }} as identified
inner join {{ ref('int_events_recorded') }} as recorded on identified.event_id = recorded.event_id
left join {{ ref('int_events_sessioned') }} as sessioned on identified.event_id = sessioned.event_id
where {{ is_touched({'event': 'identified.event_id'}) }}
