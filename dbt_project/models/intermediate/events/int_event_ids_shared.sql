-- Ids that senders gave to several events: two logs count their rows alike, or one id stands in the rows of several people.

{{ config(
    materialized='incremental',
    unique_key=['own_id_key', 'source', 'event_type'],
    meta={'reads': {'own_id': 'own_id_key'}},
) }}

with events as (
    select
        own_id_key,
        source,
        event_type
    from {{ ref('int_events_recorded') }}
    where own_id_key is not null and {{ is_changed({'own_id': 'own_id_key'}) }}
),

shared as (
    select own_id_key
    from events
    group by own_id_key
    having count(*) > 1
)

select
    own_id_key,
    source,
    event_type,
    count(*) as event_count
from events
where own_id_key in (select shared.own_id_key from shared)
group by own_id_key, source, event_type
