-- What each visit came through: what the first of its events says that says more than direct, and the first campaign that an event of
-- that channel names (of a click, not every event knows it); for a direct visit the last such channel of the person within the look-back
-- ("last non-direct"), else direct. A visit of which nothing is known stays unknown.

{{ config(
    materialized='incremental',
    unique_key='session_id',
    meta={'reads': {'customer': 'customer_id'}},
) }}

with session_events as (
    select
        sessioned.session_id,
        sessioned.is_continued,
        events.*
    from {{ ref('int_events_sessioned') }} as sessioned
    inner join {{ ref('int_events_identified') }} as events on sessioned.event_id = events.event_id
    where {{ is_changed({'customer': 'sessioned.customer_id'}) }}
),

settings as (select * from {{ source('journey', 'settings') }}),

-- The empty text stands for a channel of which no event names a campaign.
channels as (
    select
        session_id,
        channel,
        min({{ moment_and_key('occurred_at', 'event_place') }}) as first_place,
        {{ first_by('campaign', 'occurred_at', 'event_place') }} filter (where campaign is not null) as campaign
    from session_events
    where channel <> 'direct'
    group by session_id, channel
),

first_channels as (
    select
        session_id,
        arg_min(channel, first_place) as channel,
        arg_min(coalesce(campaign, ''), first_place) as campaign_of_channel
    from channels
    group by session_id
),

sessions as (
    select
        session_id,
        any_value(customer_id) as customer_id,
        any_value(person_id) as person_id,
        {{ first_by('device_id_key', 'occurred_at', 'event_place') }} filter (where device_id_key is not null) as device_id_key,
        min(occurred_at) as started_at,
        {{ first_by('event_place', 'occurred_at', 'event_place') }} as first_place,
        max(occurred_at) as ended_at,
        count(*) as event_count,
        bool_or(is_continued) as is_continued,
        {{ first_by('campaign', 'occurred_at', 'event_place') }} filter (where campaign is not null) as any_campaign,
        {{ first_by('device', 'occurred_at', 'event_place') }} filter (where device is not null) as device,
        count(*) filter (where channel = 'direct') > 0 as is_direct
    from session_events
    group by session_id
),

with_channel as (
    select
        sessions.*,
        first_channels.channel,
        first_channels.campaign_of_channel
    from sessions
    left join first_channels on sessions.session_id = first_channels.session_id
),

-- The person's last visit before that had a channel.
with_earlier as (
    select
        *,
        last_value(case when channel is not null then {{ bundle(['channel', 'campaign_of_channel', 'started_at']) }} end ignore nulls) over (
            partition by person_id order by started_at, first_place rows between unbounded preceding and 1 preceding
        ) as earlier
    from with_channel
),

with_look_back as (
    select
        with_earlier.*,
        {{ part_of('with_earlier.earlier', 1) }} as earlier_channel,
        {{ part_of('with_earlier.earlier', 2) }} as earlier_campaign,
        with_earlier.channel is null
        and with_earlier.is_direct
        and {{ part_of('with_earlier.earlier', 3) }} >= {{ add_hours('with_earlier.started_at', '-24 * settings.channel_lookback_days') }} as is_followed_back
    from with_earlier
    cross join settings
)

select
    session_id,
    customer_id,
    person_id,
    device_id_key,
    started_at,
    ended_at,
    event_count,
    case
        when channel is not null then channel
        when is_followed_back then earlier_channel
        when is_direct then 'direct'
    end as channel,
    case
        when channel is not null then nullif(campaign_of_channel, '')
        when is_followed_back then nullif(earlier_campaign, '')
        else any_campaign
    end as campaign,
    device,
    is_continued
from with_look_back
