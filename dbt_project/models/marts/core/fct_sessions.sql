{{ config(materialized='incremental', unique_key='session_id', meta={'reads': {'customer': 'customer_id'}}) }}

with sessions as (
    select * from {{ ref('int_sessions_channelled') }}
    where {{ is_changed({'customer': 'customer_id'}) }}
),

identifiers as (select * from {{ ref('int_identifiers_known') }}),

secrets as (select * from {{ source('identity', 'key') }})

select
    sessions.session_id,
    sessions.customer_id,
    sessions.person_id,
    {{ keyed_hash('secrets.secret', "'device_id:' || identifiers.id_value") }} as device_id,
    sessions.started_at,
    sessions.ended_at,
    sessions.event_count,
    sessions.channel,
    sessions.campaign,
    sessions.device,
    sessions.is_continued
from sessions
cross join secrets
left join identifiers on sessions.device_id_key = identifiers.identifier_key
