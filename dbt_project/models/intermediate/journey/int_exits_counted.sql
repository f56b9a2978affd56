-- What a customer met on their visits, and what they left from. An exit is the last thing of a visit.

{{ config(materialized='incremental', unique_key=['customer_id', 'event_type'], meta={'reads': {'customer': 'customer_id'}}) }}

with sessioned as (
    select * from {{ ref('int_events_sessioned') }}
    where {{ is_changed({'customer': 'customer_id'}) }}
),

events as (
    select * from {{ ref('int_events_identified') }}
    where is_behaviour and {{ is_changed({'customer': 'customer_id'}) }}
),

visited as (
    select
        events.customer_id,
        sessioned.session_id,
        events.event_type,
        max({{ moment_and_key('events.occurred_at', 'events.event_place') }}) as last_place
    from sessioned
    inner join events on sessioned.event_id = events.event_id
    group by events.customer_id, sessioned.session_id, events.event_type
),

visit_ends as (
    select
        session_id,
        max(last_place) as last_place
    from visited
    group by session_id
)

select
    visited.customer_id,
    visited.event_type,
    count(*) as visit_count,
    count(*) filter (where visited.last_place = visit_ends.last_place) as exit_count
from visited
inner join visit_ends on visited.session_id = visit_ends.session_id
group by visited.customer_id, visited.event_type
