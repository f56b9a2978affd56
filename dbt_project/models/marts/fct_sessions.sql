with events as (select * from {{ ref('int_events_identified') }}),

event_sessions as (select * from {{ ref('int_events_sessioned') }}),

secrets as (select * from {{ source('identity', 'key') }}),

in_order as (
    select
        event_sessions.session_id,
        events.*,
        row_number() over (partition by event_sessions.session_id order by events.occurred_at, events.event_id) as event_number
    from event_sessions
    inner join events on event_sessions.event_id = events.event_id
),

channels as (select * from {{ ref('int_sessions_channelled') }}),

-- On which device a visit began is what its first events say.
summaries as (
    select
        session_id,
        any_value(customer_id) as customer_id,
        any_value(person_id) as person_id,
        min_by(device_id, event_number) filter (where device_id is not null) as device_id,
        min(occurred_at) as started_at,
        max(occurred_at) as ended_at,
        count(*) as event_count,
        min_by(device, event_number) filter (where device is not null) as device
    from in_order
    group by session_id
)

select
    summaries.session_id,
    summaries.customer_id,
    summaries.person_id,
    {{ keyed_hash('secrets.secret', "'device_id:' || summaries.device_id") }} as device_id,
    summaries.started_at,
    summaries.ended_at,
    summaries.event_count,
    channels.channel,
    channels.campaign,
    summaries.device
from summaries
cross join secrets
inner join channels on summaries.session_id = channels.session_id
