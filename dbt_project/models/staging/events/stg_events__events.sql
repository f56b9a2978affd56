-- Any event log as it is; what feature use and account health say beside it. The column source names the system, else the folder does.

with events as (select * from {{ source('raw', 'events__events') }}),

feature_uses as (select * from {{ source('raw', 'events__feature_uses') }}),

account_health as (select * from {{ source('raw', 'events__account_health') }}),

logged as (
    {{ events_from('events', {
        'source': "coalesce(source, 'events')",
        'source_table': "'events'",
        'source_event_id': 'event_id',
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
    }) }}
),

signed_up as (
    {{ events_from('feature_uses', {
        'source_table': "'feature_uses'",
        'source_event_id': "'signed_up:' || customer_id",
        'event_name': "'signed_up'",
        'occurred_at': 'signup_date',
        'user_id': 'customer_id',
    }) }}
),

features_used as (
    {{ events_from('feature_uses', {
        'source_table': "'feature_uses'",
        'event_name': "'feature_used'",
        'occurred_at': 'usage_timestamp',
        'user_id': 'customer_id',
        'attributes': json_merged('attributes', json_of([
            'feature_name', 'session_duration_minutes', 'support_tickets_opened', 'days_since_last_login', 'plan_type', 'churn_flag',
        ])),
    }) }}
),

-- A plan is known from one use to the next; a use on another plan than the one before is a change.
plans as (
    select
        *,
        lag(plan_type) over (partition by customer_id order by usage_timestamp, _file, _row_id) as previous_plan_type
    from feature_uses
    where plan_type is not null and usage_timestamp is not null
),

plans_changed as (
    {{ events_from('plans', {
        'source_table': "'feature_uses'",
        'source_event_id': "'plan_changed:' || customer_id || ':' || cast(usage_timestamp as varchar)",
        'event_name': "'plan_changed'",
        'occurred_at': 'usage_timestamp',
        'user_id': 'customer_id',
        'attributes': changed_from_to('previous_plan_type', 'plan_type'),
    }, where='plan_type <> previous_plan_type') }}
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

{{ union_all(['logged', 'signed_up', 'features_used', 'plans_changed', 'account_health_recorded']) }}
