-- What feature uses say: a sign-up, each use, and a change of plan from one use to the next.

with feature_uses as (select * from {{ source('raw', 'events__feature_uses') }}),

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
)

{{ union_all(['signed_up', 'features_used', 'plans_changed']) }}
