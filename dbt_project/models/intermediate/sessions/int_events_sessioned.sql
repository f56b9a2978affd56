-- Visits: what one person does on one device without a pause longer than the gap. A session is named after its first event, so a
-- person who turns out to be another changes no name; an event that comes late and fills a pause makes one visit of two.
-- Nobody visits for days without a pause: after so many days a visit stops growing, and what goes on is one of its own, marked as such.

{{ config(
    materialized='incremental',
    unique_key='event_id',
    meta={'reads': {'customer': 'customer_id'}, 'changes': {'event': 'event_id'}},
) }}

with behaviour as (
    select
        event_id,
        event_place,
        customer_id,
        person_id,
        coalesce(device_id_key, anonymous_id_key) as device_key,
        occurred_at
    from {{ ref('int_events_identified') }}
    where is_behaviour and person_id is not null and {{ is_changed({'customer': 'customer_id'}) }}
),

settings as (select * from {{ source('journey', 'settings') }}),

with_previous as (
    select
        *,
        lag(occurred_at) over (partition by person_id, device_key order by occurred_at, event_place) as previous_occurred_at
    from behaviour
),

with_starts as (
    select
        with_previous.*,
        case
            when
                with_previous.previous_occurred_at is null
                or with_previous.occurred_at > {{ add_hours('with_previous.previous_occurred_at', 'settings.session_gap_minutes / 60') }}
                then {{ session_key('with_previous.event_id') }}
        end as starting_session_id
    from with_previous
    cross join settings
),

without_pause as (
    select
        event_id,
        event_place,
        customer_id,
        occurred_at,
        last_value(starting_session_id ignore nulls) over so_far as session_id,
        last_value(case when starting_session_id is not null then occurred_at end ignore nulls) over so_far as started_at
    from with_starts
    window so_far as (
        partition by person_id, device_key
        order by occurred_at, event_place
        rows between unbounded preceding and current row
    )
),

with_span as (
    select
        without_pause.*,
        cast(floor({{ hours_between('without_pause.started_at', 'without_pause.occurred_at') }} / (24 * settings.session_max_days)) as bigint) as span
    from without_pause
    cross join settings
),

continued as (
    select
        session_id,
        span,
        {{ first_by(session_key('event_id'), 'occurred_at', 'event_place') }} as continued_id
    from with_span
    where span > 0
    group by session_id, span
)

select
    with_span.event_id,
    with_span.customer_id,
    coalesce(continued.continued_id, with_span.session_id) as session_id,
    with_span.span > 0 as is_continued
from with_span
left join continued on with_span.session_id = continued.session_id and with_span.span = continued.span
