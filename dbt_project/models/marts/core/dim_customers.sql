{{ config(materialized='incremental', unique_key='customer_id', meta={'reads': {'customer': 'customer_id'}}) }}

with events as (
    select * from {{ ref('int_events_identified') }}
    where customer_id is not null and {{ is_changed({'customer': 'customer_id'}) }}
),

stage_intervals as (select * from {{ ref('fct_stage_intervals') }}),

first_touches as (select * from {{ ref('int_first_touches_found') }}),

settings as (select * from {{ source('journey', 'settings') }}),

-- Where the last step stands in the funnel before, it must come as often.
last_steps as (
    select
        funnel_steps.milestone,
        count(*) over (partition by funnel_steps.milestone) as step_count
    from {{ source('journey', 'funnel_steps') }} as funnel_steps
    inner join settings on funnel_steps.funnel = settings.main_funnel
    qualify row_number() over (order by funnel_steps.step desc) = 1
),

first_conversions as (
    select
        reached.customer_id,
        reached.reached_at
    from {{ ref('int_milestones_reached') }} as reached
    inner join last_steps on reached.milestone = last_steps.milestone
    qualify row_number() over (partition by reached.customer_id order by reached.reached_at, reached.event_place) = last_steps.step_count
),

summaries as (
    select
        customer_id,
        min(occurred_at) as first_seen_at,
        max(occurred_at) as last_seen_at,
        count(*) as event_count,
        sum(counted_revenue_amount) as revenue_amount,
        count(distinct person_id) as person_count,
        max(account_id) as account_id
    from events
    group by customer_id
),

-- The last word of each person on the purpose that audiences need, or on all.
consents as (
    select
        said.customer_id,
        said.person_id,
        {{ last_by('said.is_granted', 'said.effective_at', 'case when said.is_granted then 0 else 1 end') }} as is_granted
    from {{ ref('dim_consents') }} as said
    inner join settings on said.purpose in (settings.audiences_purpose, 'all')
    where said.superseded_at is null
    group by said.customer_id, said.person_id
),

consent_counts as (
    select
        customer_id,
        count(*) filter (where is_granted) as granted_count,
        count(*) filter (where not is_granted) as withdrawn_count
    from consents
    group by customer_id
),

current_stages as (
    select
        stage_intervals.customer_id,
        stage_intervals.stage,
        stage_intervals.entered_at
    from stage_intervals
    inner join settings on stage_intervals.stage_set = settings.primary_stage_set
    where stage_intervals.is_current
)

select
    summaries.customer_id,
    summaries.account_id,
    summaries.first_seen_at,
    summaries.last_seen_at,
    first_touches.channel as acquisition_channel,
    first_touches.campaign as acquisition_campaign,
    current_stages.stage as current_stage,
    current_stages.entered_at as stage_entered_at,
    first_conversions.reached_at as first_conversion_at,
    summaries.event_count,
    summaries.revenue_amount,
    summaries.person_count,
    case
        when settings.audiences_purpose is null then true
        when settings.is_consent_default then summaries.person_count > coalesce(consent_counts.withdrawn_count, 0)
        else coalesce(consent_counts.granted_count, 0) > 0
    end as may_be_contacted,
    settings.journey_version
from summaries
cross join settings
inner join first_touches on summaries.customer_id = first_touches.customer_id
left join current_stages on summaries.customer_id = current_stages.customer_id
left join consent_counts on summaries.customer_id = consent_counts.customer_id
left join first_conversions on summaries.customer_id = first_conversions.customer_id
