-- Any event log as it is, and beside it account health. The column source names the system, else the folder does.
-- One landed row says what event it is, whatever other rows say: so a run reads new rows alone. Two logs may count their rows alike, and
-- one id may stand in the rows of several people: rows are one event when id, event type and person are the same. The person is told by
-- what a later export adds to last.

with events as (select * from {{ source('raw', 'events__events') }}),

account_health as (select * from {{ source('raw', 'events__account_health') }}),

logged as (
    {{ events_from('events', {
        'source': "coalesce(source, 'events')",
        'source_table': "'events'",
        'source_event_id': 'case when event_id is not null then '
            ~ joined(['event_id', 'lower(trim(event_type))', 'lower(coalesce(anonymous_id, user_id, crm_id, email, phone, device_id, account_id))'])
            ~ ' end',
        'own_id': 'event_id',
        'event_name': 'trim(event_type)',
        'occurred_at': 'occurred_at',
        'user_id': 'user_id',
        'anonymous_id': 'anonymous_id',
        'email': 'email',
        'phone': 'phone',
        'device_id': 'device_id',
        'crm_id': 'crm_id',
        'account_id': 'account_id',
        'channel': 'channel',
        'campaign': 'coalesce(campaign, utm_campaign)',
        'utm_source': 'utm_source',
        'utm_medium': 'utm_medium',
        'page_url': 'page_url',
        'referrer_url': 'referrer_url',
        'device': 'device',
        'revenue_amount': 'revenue_amount',
        'currency': 'currency',
        'text': 'text',
        'attributes': 'attributes',
        'sequence': 'try_cast(sequence as bigint)',
    }) }}
),

account_health_recorded as (
    {{ events_from('account_health', {
        'source_table': "'account_health'",
        'source_event_id': "account_id || ':' || cast(coalesce(recorded_at, _loaded_at) as varchar)",
        'event_name': "'account_health_recorded'",
        'occurred_at': 'coalesce(recorded_at, _loaded_at)',
        'account_id': 'account_id',
        'attributes': json_of([
            'days_since_onboarding', 'core_features_adopted', 'mau_per_licensed_seat', 'mau', 'licensed_seats', 'tickets_30d', 'nps',
            'days_since_last_csm_interaction',
        ]),
    }) }}
)

{{ union_all(['logged', 'account_health_recorded']) }}
