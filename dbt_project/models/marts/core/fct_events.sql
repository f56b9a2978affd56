-- Attributes are published without the keys that the journey file hides, and with e-mail addresses and phone numbers masked.

{{ config(materialized='incremental', unique_key='event_id', meta={'reads': {'event': 'event_id'}}) }}

with recorded as (
    select
        event_id,
        loaded_at,
        revenue_amount,
        {{ without_keys('attributes', hidden_keys()) }} as attributes
    from {{ ref('int_events_recorded') }}
    where {{ is_changed({'event': 'event_id'}) }}
)

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
    {{ masked('recorded.attributes') }} as attributes
from {{ ref('int_events_identified') }} as identified
inner join recorded on identified.event_id = recorded.event_id
left join {{ ref('int_events_sessioned') }} as sessioned on identified.event_id = sessioned.event_id
where {{ is_changed({'event': 'identified.event_id'}) }}
