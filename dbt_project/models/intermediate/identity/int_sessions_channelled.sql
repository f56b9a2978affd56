-- What each visit came through: what the first of its events says that says more than direct; for a direct visit the last such
-- channel of the person within the look-back ("last non-direct"), else direct. A visit of which nothing is known stays unknown.

with events as (select * from {{ ref('int_events_identified') }}),

event_sessions as (select * from {{ ref('int_events_sessioned') }}),

settings as (select * from {{ source('journey', 'settings') }}),

session_events as (
    select
        event_sessions.session_id,
        events.event_id,
        events.person_id,
        events.occurred_at,
        events.channel,
        events.campaign,
        row_number() over (partition by event_sessions.session_id order by events.occurred_at, events.event_id) as event_number
    from event_sessions
    inner join events on event_sessions.event_id = events.event_id
),

-- The campaign is that of the event which gives the channel. The empty text keeps the event that names none.
sessions as (
    select
        session_id,
        any_value(person_id) as person_id,
        min(occurred_at) as started_at,
        min_by(channel, event_number) filter (where channel <> 'direct') as channel,
        min_by(coalesce(campaign, ''), event_number) filter (where channel <> 'direct') as campaign_of_channel,
        min_by(campaign, event_number) filter (where campaign is not null) as any_campaign,
        count(*) filter (where channel = 'direct') > 0 as is_direct
    from session_events
    group by session_id
),

with_earlier as (
    select
        *,
        {{ last_before('channel', 'channel') }} as earlier_channel,
        {{ last_before('campaign_of_channel', 'channel') }} as earlier_campaign,
        {{ last_before('started_at', 'channel') }} as earlier_started_at
    from sessions
),

with_look_back as (
    select
        with_earlier.*,
        with_earlier.channel is null
        and with_earlier.is_direct
        and with_earlier.earlier_started_at >= {{ add_hours('with_earlier.started_at', '-24 * settings.channel_lookback_days') }} as is_followed_back
    from with_earlier
    cross join settings
)

select
    session_id,
    case
        when channel is not null then channel
        when is_followed_back then earlier_channel
        when is_direct then 'direct'
    end as channel,
    case
        when channel is not null then nullif(campaign_of_channel, '')
        when is_followed_back then nullif(earlier_campaign, '')
        else any_campaign
    end as campaign
from with_look_back
