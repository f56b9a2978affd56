-- Visits: what one person does on one device without a pause longer than the gap. A session is named after its first event.

with behaviour as (
    select
        event_id,
        customer_id,
        person_id,
        coalesce(device_id, anonymous_id, cast(person_id as varchar)) as device_key,
        occurred_at
    from {{ ref('int_events_identified') }}
    where is_behaviour and person_id is not null
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
                then with_previous.event_id
        end as starting_event_id
    from with_previous
    cross join settings
),

numbered as (
    select
        *,
        count(starting_event_id) over (
            partition by person_id, device_key
            order by occurred_at, event_id
            rows between unbounded preceding and current row
        ) as session_number
    from with_starts
)

select
    event_id,
    {{ hash_key("'session:' || cast(max(starting_event_id) over (partition by person_id, device_key, session_number) as varchar)") }}
        as session_id
from numbered
