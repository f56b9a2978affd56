-- Who did what, without when: what the measures about people read instead of all events. With a shared identifier, one combination of
-- identifiers belongs to several persons; its source and, with the person, the customer are the same in all of its events.

select
    any_value(source) as source,
    event_type,
    combination_key,
    person_id,
    any_value(customer_id) as customer_id,
    count(*) as event_count
from {{ ref('int_events_identified') }}
group by event_type, combination_key, person_id
