-- How each customer came: their first event, and what it or the visit it was part of came through; unknown stays unknown.

{{ config(materialized='incremental', unique_key='customer_id', meta={'reads': {'customer': 'customer_id'}}) }}

with events as (
    select * from {{ ref('int_events_identified') }}
    where customer_id is not null and {{ is_changed({'customer': 'customer_id'}) }}
),

event_sessions as (select * from {{ ref('int_events_sessioned') }}),

session_channels as (select * from {{ ref('int_sessions_channelled') }}),

first_events as (
    select
        customer_id,
        min(occurred_at) as first_seen_at,
        {{ first_by(bundle(['event_id', 'event_type', 'channel', 'campaign', 'device']), 'occurred_at', 'event_place') }} as first_event
    from events
    group by customer_id
),

unpacked as (
    select
        customer_id,
        first_seen_at,
        {{ part_of('first_event', 1) }} as event_id,
        {{ part_of('first_event', 2) }} as event_type,
        {{ part_of('first_event', 3) }} as channel,
        {{ part_of('first_event', 4) }} as campaign,
        {{ part_of('first_event', 5) }} as device
    from first_events
)

select
    unpacked.customer_id,
    unpacked.event_id,
    unpacked.event_type,
    unpacked.first_seen_at,
    coalesce(session_channels.channel, unpacked.channel) as channel,
    coalesce(session_channels.campaign, unpacked.campaign) as campaign,
    coalesce(unpacked.device, session_channels.device) as device
from unpacked
left join event_sessions on unpacked.event_id = event_sessions.event_id
left join session_channels on event_sessions.session_id = session_channels.session_id
