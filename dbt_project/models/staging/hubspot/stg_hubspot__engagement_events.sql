-- A ticket happens once, to the first of its contacts; a meeting and a call happen to each of theirs.

{% set of_person = {
    'crm_id': 'crm_id', 'email': 'email', 'phone': 'phone', 'user_id': 'user_id', 'account_id': 'account_id',
    'version_at': 'version_at', 'is_deleted': 'is_deleted',
} %}
{% set person_of_record = 'participants.crm_id, participants.email, participants.phone, participants.user_id, participants.account_id' %}

with participants as (select * from {{ ref('stg_hubspot__participants') }}),

tickets as ({{ latest('hubspot__tickets', ['ticket_id'], 'updated_at') }}),

engagements as ({{ latest('hubspot__engagements', ['engagement_id'], 'updated_at') }}),

all_meetings as ({{ latest('hubspot__meetings', ['engagement_id'], 'updated_at') }}),

all_calls as ({{ latest('hubspot__calls', ['engagement_id'], 'updated_at') }}),

asked as (
    select
        tickets.*,
        {{ person_of_record }},
        case when tickets.closed_at >= tickets.created_at then {{ hours_between('tickets.created_at', 'tickets.closed_at') }} end as resolution_hours
    from tickets
    left join participants on participants.object_type = 'ticket' and tickets.ticket_id = participants.object_id and participants.place = 1
),

tickets_opened as (
    {{ events_from('asked', dict(of_person,
        source_table="'tickets'",
        source_event_id='ticket_id',
        event_name="'ticket_opened'",
        occurred_at='created_at',
        text="nullif(concat_ws('\n', subject, content), '')",
        attributes=json_pairs({'ticket_id': 'ticket_id', 'priority': 'lower(priority)', 'via_channel': 'lower(via_channel)', 'topic': 'topic'}),
    )) }}
),

tickets_solved as (
    {{ events_from('asked', dict(of_person,
        source_table="'tickets'",
        source_event_id="ticket_id || ':solved:' || cast(closed_at as varchar)",
        event_name="'ticket_solved'",
        occurred_at='closed_at',
        attributes=json_pairs({
            'ticket_id': 'ticket_id', 'priority': 'lower(priority)', 'topic': 'topic', 'resolution_hours': 'resolution_hours',
        }),
    )) }}
),

meeting_times as (
    select
        coalesce(all_meetings.engagement_id, engagements.engagement_id) as engagement_id,
        coalesce(all_meetings.start_time, engagements.start_time, engagements.occurred_at) as start_time,
        coalesce(all_meetings.end_time, engagements.end_time) as end_time,
        lower(coalesce(all_meetings.outcome, engagements.outcome)) as outcome,
        coalesce(all_meetings.version_at, engagements.version_at) as version_at,
        coalesce(all_meetings.is_deleted, false) or coalesce(engagements.is_deleted, false) as is_deleted,
        coalesce(all_meetings._loaded_at, engagements._loaded_at) as _loaded_at,
        coalesce(all_meetings._file, engagements._file) as _file,
        coalesce(all_meetings._row_id, engagements._row_id) as _row_id,
        coalesce(all_meetings.engagement_id is not null or upper(engagements.type) = 'MEETING', false) as is_meeting
    from all_meetings
    full outer join engagements on all_meetings.engagement_id = engagements.engagement_id
),

meetings as (
    select
        meeting_times.*,
        {{ hours_between('meeting_times.start_time', 'meeting_times.end_time') }} * 60 as duration_minutes,
        max(meeting_times._loaded_at) over () as last_landed_at,
        participants.person_contact_id,
        {{ person_of_record }}
    from meeting_times
    left join participants on participants.object_type = 'engagement' and meeting_times.engagement_id = participants.object_id
    where meeting_times.is_meeting
),

-- Few people note that a meeting took place; it did unless somebody says otherwise or its time has not come.
meetings_held as (
    {{ events_from('meetings', dict(of_person,
        source_table="'meetings'",
        source_event_id="concat_ws(':', engagement_id, person_contact_id)",
        event_name="'meeting_held'",
        occurred_at='start_time',
        attributes=json_of(['engagement_id', 'outcome', 'duration_minutes']),
    ), where="start_time <= last_landed_at and coalesce(outcome, '') not in ('canceled', 'cancelled', 'no_show', 'no show', 'rescheduled')") }}
),

call_times as (
    select
        coalesce(all_calls.engagement_id, engagements.engagement_id) as engagement_id,
        coalesce(all_calls.occurred_at, engagements.occurred_at) as occurred_at,
        lower(coalesce(all_calls.status, engagements.status)) as status,
        lower(all_calls.direction) as direction,
        try_cast(coalesce(all_calls.duration_ms, engagements.duration_ms) as double) / 1000 as duration_seconds,
        coalesce(all_calls.version_at, engagements.version_at) as version_at,
        coalesce(all_calls.is_deleted, false) or coalesce(engagements.is_deleted, false) as is_deleted,
        coalesce(all_calls._loaded_at, engagements._loaded_at) as _loaded_at,
        coalesce(all_calls._file, engagements._file) as _file,
        coalesce(all_calls._row_id, engagements._row_id) as _row_id,
        coalesce(all_calls.engagement_id is not null or upper(engagements.type) = 'CALL', false) as is_call
    from all_calls
    full outer join engagements on all_calls.engagement_id = engagements.engagement_id
),

calls as (
    select
        call_times.*,
        'call' as activity,
        participants.person_contact_id,
        {{ person_of_record }}
    from call_times
    left join participants on participants.object_type = 'engagement' and call_times.engagement_id = participants.object_id
    where call_times.is_call
),

-- A call that nobody took was an activity of sales, not a call with the person.
calls_made as (
    {{ events_from('calls', dict(of_person,
        source_table="'calls'",
        source_event_id="concat_ws(':', engagement_id, person_contact_id)",
        event_name="case
            when status in ('busy', 'calling_crm_user', 'canceled', 'connecting', 'failed', 'missed', 'no_answer', 'queued', 'ringing') then 'sales_activity_logged'
            else 'call_made'
        end",
        occurred_at='occurred_at',
        attributes=json_of(['engagement_id', 'activity', 'status', 'direction', 'duration_seconds']),
    )) }}
)

{{ union_all(['tickets_opened', 'tickets_solved', 'meetings_held', 'calls_made']) }}
