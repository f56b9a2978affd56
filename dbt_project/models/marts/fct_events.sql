-- Attributes are published without the keys that the journey file hides, and with e-mail addresses and phone numbers masked.

{{ config(materialized='incremental', unique_key='event_id', meta={'scope': {'event': 'event_id'}}) }}

with hidden as (
    select
        {{ as_array('attribute') }} as attributes,
        count(*) as attribute_count
    from {{ source('journey', 'hidden_attributes') }}
),

recorded as (
    select
        recorded.event_id,
        recorded.loaded_at,
        recorded.revenue_amount,
        case
            when hidden.attribute_count > 0 then {{ json_without_keys('recorded.attributes', 'hidden.attributes') }}
            else recorded.attributes
        end as attributes
    from {{ ref('int_events_recorded') }} as recorded
    cross join hidden
    where {{ is_touched({'event': 'recorded.event_id'}) }}
),

without_mails as (
    select * replace ({{ mails_masked('attributes') }} as attributes)
    from recorded
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
    {{ phones_masked('recorded.attributes') }} as attributes
from {{ ref('int_events_identified') }} as identified
inner join without_mails as recorded on identified.event_id = recorded.event_id
left join {{ ref('int_events_sessioned') }} as sessioned on identified.event_id = sessioned.event_id
where {{ is_touched({'event': 'identified.event_id'}) }}
