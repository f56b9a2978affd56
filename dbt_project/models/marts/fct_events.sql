select
    events.event_id,
    events.customer_id,
    events.person_id,
    events.account_id,
    events.source,
    events.event_type,
    events.occurred_at,
    events.known_at,
    events.loaded_at,
    event_sessions.session_id,
    events.channel,
    events.campaign,
    events.device,
    events.revenue_amount,
    events.currency,
    events.attributes
from {{ ref('int_events_identified') }} as events
left join {{ ref('int_events_sessioned') }} as event_sessions on events.event_id = event_sessions.event_id
