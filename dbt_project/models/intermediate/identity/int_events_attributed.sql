-- Each event with its person: whom its most trusted identifier names, or whom this use of a shared one belongs to.

{{ config(materialized='view') }}

with events as (select * from {{ ref('int_events_recorded') }}),

identifiers as (select * from {{ ref('int_identifiers_resolved') }}),

shared_uses as (select * from {{ ref('int_shared_uses_attributed') }})

select
    events.event_id,
    coalesce(shared_uses.person_id, identifiers.person_id) as person_id
from events
left join identifiers on events.identifier_key = identifiers.identifier_key
left join shared_uses on events.event_id = shared_uses.event_id and shared_uses.is_most_trusted
