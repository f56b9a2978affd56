-- Visits: what one person does on one device without a pause longer than the gap. A session is named after its first event, so a
-- person who turns out to be another changes no name; an event that comes late and fills a pause makes one visit of two.

{{ config(
    materialized='incremental',
    unique_key='event_id',
    meta={'scope': {'customer': 'customer_id'}, 'touches': {'event': 'event_id'}},
) }}

with behaviour as (
    select
        event_id,
        customer_id,
        person_id,
        coalesce(device_id_key, anonymous_id_key) as device_key,
        occurred_at
    from {{ ref('int_events_identified') }}
    where is_behaviour and person_id is not null and {{ is_touched({'customer': 'customer_id'}) }}
),

settings as (select * from {{ source('journey', 'settings') }}),

with_previous as (
    select
        *,
        lag(occurred_at) over (partition by person_id, device_key order by occurred_at, event_id) as previous_occurred_at
    from behaviour
),

with_starts as (
    select
        with_previous.*,
        case
            when
                with_previous.previous_occurred_at is null
                or with_previous.occurred_at > {{ add_hours('with_previous.previous_occurred_at', 'settings.session_gap_minutes / 60') }}
                then {{ hash_key("'session:' || cast(with_previous.event_id as varchar)") }}
        end as starting_session_id
    from with_previous
    cross join settings
)

select
    event_id,
    customer_id,
    last_value(starting_session_id ignore nulls) over (
        partition by person_id, device_key
        order by occurred_at, event_id
        rows between unbounded preceding and current row
    ) as session_id
from with_starts
