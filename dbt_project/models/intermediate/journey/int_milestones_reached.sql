-- Every time a customer reaches a milestone. One with a count is reached once, at the event that completes the count.

{{ config(
    materialized='incremental',
    unique_key=['milestone', 'event_id'],
    meta={'reads': {'customer': 'customer_id'}},
) }}

with events as (
    select * from {{ ref('int_events_identified') }}
    where customer_id is not null and {{ is_changed({'customer': 'customer_id'}) }}
),

event_sessions as (select * from {{ ref('int_events_sessioned') }}),

session_channels as (select * from {{ ref('int_sessions_channelled') }}),

milestones as (select * from {{ source('journey', 'milestones') }}),

milestone_events as (select * from {{ source('journey', 'milestone_events') }}),

-- What is done in a visit came through what the visit came through.
milestone_candidates as (
    select
        events.*,
        coalesce(session_channels.channel, events.channel) as visit_channel,
        coalesce(session_channels.campaign, events.campaign) as visit_campaign,
        milestone_events.milestone
    from events
    inner join milestone_events on events.event_type = milestone_events.event_type
    left join event_sessions on events.event_id = event_sessions.event_id
    left join session_channels on event_sessions.session_id = session_channels.session_id
),

fitting_events as (
    select
        milestones.milestone,
        milestones.min_count,
        milestones.within_days,
        milestones.after_milestone,
        events.customer_id,
        events.event_id,
        events.event_place,
        events.event_type,
        events.source,
        events.occurred_at,
        events.visit_channel as channel,
        events.visit_campaign as campaign,
        events.device
    from milestone_candidates as events
    inner join milestones on events.milestone = milestones.milestone
    where
        milestones.where_column is null
        or milestones.where_value = case milestones.where_column
            when 'channel' then events.channel
            when 'campaign' then events.campaign
            when 'device' then events.device
            when 'source' then events.source
        end
),

standing_alone as (
    select * from fitting_events
    where after_milestone is null
),

numbered_alone as (
    select
        *,
        row_number() over (partition by milestone, customer_id order by occurred_at, event_place) as occurrence
    from standing_alone
    where min_count > 1
),

-- The count is complete at an event whose (count - 1)th predecessor is near enough.
counted_alone as (
    select completing.*
    from numbered_alone as completing
    inner join numbered_alone as beginning
        on
            completing.milestone = beginning.milestone
            and completing.customer_id = beginning.customer_id
            and completing.occurrence - completing.min_count + 1 = beginning.occurrence
    where
        completing.within_days is null
        or completing.occurred_at <= {{ add_hours('beginning.occurred_at', 'completing.within_days * 24') }}
    qualify row_number() over (
        partition by completing.milestone, completing.customer_id
        order by completing.occurrence
    ) = 1
),

reached_alone as (
    select * from standing_alone
    where min_count = 1
    union all
    select * exclude (occurrence) from counted_alone
),

first_reached_alone as (
    select
        milestone,
        customer_id,
        min(occurred_at) as occurred_at,
        {{ first_by('event_id', 'occurred_at', 'event_place') }} as event_id
    from reached_alone
    group by milestone, customer_id
),

-- What must come after another milestone counts from that one's first time, and its span too; that one's own event is not after it.
following as (
    select
        fitting_events.*,
        row_number() over (
            partition by fitting_events.milestone, fitting_events.customer_id
            order by fitting_events.occurred_at, fitting_events.event_place
        ) as occurrence
    from fitting_events
    inner join first_reached_alone
        on
            fitting_events.after_milestone = first_reached_alone.milestone
            and fitting_events.customer_id = first_reached_alone.customer_id
            and fitting_events.occurred_at >= first_reached_alone.occurred_at
            and fitting_events.event_id <> first_reached_alone.event_id
    where
        fitting_events.within_days is null
        or fitting_events.occurred_at <= {{ add_hours('first_reached_alone.occurred_at', 'fitting_events.within_days * 24') }}
),

reached_after_another as (
    select * exclude (occurrence) from following
    where min_count = 1 or occurrence = min_count
)

select
    milestone,
    customer_id,
    event_id,
    event_place,
    event_type,
    source,
    occurred_at as reached_at,
    channel,
    campaign,
    device
from reached_alone
union all
select
    milestone,
    customer_id,
    event_id,
    event_place,
    event_type,
    source,
    occurred_at as reached_at,
    channel,
    campaign,
    device
from reached_after_another
