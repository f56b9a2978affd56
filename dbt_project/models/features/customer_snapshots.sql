-- What was known of a customer on a date, and whether they were lost afterwards. Snapshots are one churn horizon apart, so the
-- outcome of one never reaches into the features of the next. Nothing that happened or became known on or after the date counts, and
-- nothing of people who, by what was known then, did not agree to the purpose that features need.

with events as (
    select * from {{ ref('int_events_identified') }}
    where customer_id is not null
),

event_sessions as (select * from {{ ref('int_events_sessioned') }}),

stage_intervals as (select * from {{ ref('fct_stage_intervals') }}),

settings as (select * from {{ source('journey', 'settings') }}),

churn_event_types as (select * from {{ source('journey', 'churn_event_types') }}),

snapshot_numbers as (select unnest(range(0, 14)) as number),

-- A source that stopped exporting must not make everybody look lost: outcomes are known up to the earliest end of theirs.
source_ends as (
    select
        events.source,
        max(events.occurred_at) as last_occurred_at
    from events
    inner join churn_event_types on events.event_type = churn_event_types.event_type
    group by events.source
),

alive_until as (select min(last_occurred_at) as known_until from source_ends),

-- The newest snapshot is the first midnight that sees all signs of life there are; the earlier ones lie a horizon apart.
snapshot_dates as (
    select
        {{ add_hours("date_trunc('day', alive_until.known_until)", '24 - 24.0 * settings.churn_inactive_days * snapshot_numbers.number') }}
            as snapshot_at
    from alive_until
    cross join settings
    cross join snapshot_numbers
),

consent_rules as (
    select
        features_purpose,
        is_consent_default
    from settings
),

-- Who had said what of that purpose, or of all, by each date: the last word counts, and of two in one moment the no.
words as (
    select
        snapshot_dates.snapshot_at,
        said.person_id,
        {{ last_by('said.is_granted', 'said.effective_at', 'case when said.is_granted then 0 else 1 end') }} as is_granted
    from {{ ref('dim_consents') }} as said
    inner join settings on said.purpose in (settings.features_purpose, 'all')
    inner join snapshot_dates on said.effective_at < snapshot_dates.snapshot_at and said.known_at < snapshot_dates.snapshot_at
    where settings.features_purpose is not null
    group by snapshot_dates.snapshot_at, said.person_id
),

signs_of_life as (
    select
        events.customer_id,
        events.person_id,
        events.occurred_at,
        events.known_at
    from events
    inner join churn_event_types on events.event_type = churn_event_types.event_type
),

-- Only who was alive at the date can be lost after it.
eligible as (
    select
        snapshot_dates.snapshot_at,
        signs_of_life.customer_id
    from snapshot_dates
    cross join settings
    inner join signs_of_life
        on
            snapshot_dates.snapshot_at > signs_of_life.occurred_at
            and snapshot_dates.snapshot_at > signs_of_life.known_at
            and {{ add_hours('snapshot_dates.snapshot_at', '-24.0 * settings.churn_inactive_days') }} <= signs_of_life.occurred_at
    left join words on snapshot_dates.snapshot_at = words.snapshot_at and signs_of_life.person_id = words.person_id
    where {{ may_be_used('signs_of_life.person_id') }}
    group by snapshot_dates.snapshot_at, signs_of_life.customer_id
),

-- An older event that came to light only later makes nobody an older customer in hindsight.
first_contacts as (
    select
        eligible.snapshot_at,
        eligible.customer_id,
        min(events.occurred_at) as first_seen_at
    from eligible
    inner join events
        on
            eligible.customer_id = events.customer_id
            and eligible.snapshot_at > events.occurred_at
            and eligible.snapshot_at > events.known_at
    left join words on eligible.snapshot_at = words.snapshot_at and events.person_id = words.person_id
    where {{ may_be_used('events.person_id') }}
    group by eligible.snapshot_at, eligible.customer_id
),

recent_events as (
    select
        eligible.snapshot_at,
        eligible.customer_id,
        events.event_id,
        events.event_type,
        events.occurred_at,
        events.counted_revenue_amount,
        {{ hours_between('events.occurred_at', 'eligible.snapshot_at') }} <= 7 * 24 as is_of_7d,
        {{ hours_between('events.occurred_at', 'eligible.snapshot_at') }} <= 30 * 24 as is_of_30d
    from eligible
    inner join events
        on
            eligible.customer_id = events.customer_id
            and eligible.snapshot_at > events.occurred_at
            and eligible.snapshot_at > events.known_at
            and {{ add_hours('eligible.snapshot_at', '-24 * 90') }} <= events.occurred_at
    left join words on eligible.snapshot_at = words.snapshot_at and events.person_id = words.person_id
    where {{ may_be_used('events.person_id') }}
),

recent_behaviour as (
    select
        snapshot_at,
        customer_id,
        max(occurred_at) as last_occurred_at,
        count(*) filter (where is_of_7d) as event_count_7d,
        count(*) filter (where is_of_30d) as event_count_30d,
        count(*) as event_count_90d,
        {{ day_count('occurred_at', 'snapshot_at', 'is_of_30d') }} as active_days_30d,
        count(distinct event_type) as event_type_count_90d,
        coalesce(sum(counted_revenue_amount), 0) as revenue_amount_90d
    from recent_events
    group by snapshot_at, customer_id
),

recent_sessions as (
    select
        recent_events.snapshot_at,
        recent_events.customer_id,
        count(distinct event_sessions.session_id) as session_count_30d
    from recent_events
    inner join event_sessions on recent_events.event_id = event_sessions.event_id
    where recent_events.is_of_30d
    group by recent_events.snapshot_at, recent_events.customer_id
),

stage_at_snapshot as (
    select
        eligible.snapshot_at,
        eligible.customer_id,
        {{ hours_between('stage_intervals.entered_at', 'eligible.snapshot_at') }} / 24 as days_in_stage
    from eligible
    cross join settings
    inner join stage_intervals
        on
            eligible.customer_id = stage_intervals.customer_id
            and settings.primary_stage_set = stage_intervals.stage_set
            and eligible.snapshot_at > stage_intervals.entered_at
            and (stage_intervals.exited_at is null or eligible.snapshot_at <= stage_intervals.exited_at)
),

alive_afterwards as (
    select
        eligible.snapshot_at,
        eligible.customer_id
    from eligible
    cross join settings
    inner join signs_of_life
        on
            eligible.customer_id = signs_of_life.customer_id
            and eligible.snapshot_at <= signs_of_life.occurred_at
            and {{ add_hours('eligible.snapshot_at', '24.0 * settings.churn_inactive_days') }} > signs_of_life.occurred_at
    left join words on eligible.snapshot_at = words.snapshot_at and signs_of_life.person_id = words.person_id
    where {{ may_be_used('signs_of_life.person_id') }}
    group by eligible.snapshot_at, eligible.customer_id
)

select
    eligible.customer_id,
    eligible.snapshot_at,
    {{ hours_between('first_contacts.first_seen_at', 'eligible.snapshot_at') }} / 24 as tenure_days,
    {{ hours_between('recent_behaviour.last_occurred_at', 'eligible.snapshot_at') }} / 24 as days_since_last_event,
    cast(recent_behaviour.event_count_7d as double) as event_count_7d,
    cast(recent_behaviour.event_count_30d as double) as event_count_30d,
    cast(recent_behaviour.event_count_90d as double) as event_count_90d,
    cast(recent_behaviour.active_days_30d as double) as active_days_30d,
    cast(recent_behaviour.event_type_count_90d as double) as event_type_count_90d,
    cast(coalesce(recent_sessions.session_count_30d, 0) as double) as session_count_30d,
    cast(recent_behaviour.revenue_amount_90d as double) as revenue_amount_90d,
    stage_at_snapshot.days_in_stage,
    case
        when {{ add_hours('eligible.snapshot_at', '24.0 * settings.churn_inactive_days') }} > alive_until.known_until then null
        when alive_afterwards.customer_id is null then 1.0
        else 0.0
    end as is_churned
from eligible
cross join settings
cross join alive_until
inner join first_contacts
    on eligible.snapshot_at = first_contacts.snapshot_at and eligible.customer_id = first_contacts.customer_id
inner join recent_behaviour
    on eligible.snapshot_at = recent_behaviour.snapshot_at and eligible.customer_id = recent_behaviour.customer_id
left join recent_sessions
    on eligible.snapshot_at = recent_sessions.snapshot_at and eligible.customer_id = recent_sessions.customer_id
left join stage_at_snapshot
    on eligible.snapshot_at = stage_at_snapshot.snapshot_at and eligible.customer_id = stage_at_snapshot.customer_id
left join alive_afterwards
    on eligible.snapshot_at = alive_afterwards.snapshot_at and eligible.customer_id = alive_afterwards.customer_id
