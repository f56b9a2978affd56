-- Who was kept apart, by which guard, on what evidence. Identifiers are keyed hashes, as in dim_identities.

with refusals as (select * from {{ source('identity', 'refusals') }}),

identifiers as (select * from {{ ref('int_identifiers_resolved') }}),

events as (select * from {{ ref('int_events_recorded') }})

select
    refusals.rule,
    refused.id_type,
    {{ keyed_hash('secrets.secret', "refused.id_type || ':' || refused.id_value") }} as id_hash,
    kept.id_type as kept_id_type,
    {{ keyed_hash('secrets.secret', "kept.id_type || ':' || kept.id_value") }} as kept_id_hash,
    events.source,
    events.event_type,
    events.occurred_at,
    refusals.event_id as evidence_event_id
from refusals
inner join identifiers as refused on refusals.refused_key = refused.identifier_key
inner join identifiers as kept on refusals.kept_key = kept.identifier_key
left join events on refusals.event_id = events.event_id
cross join {{ source('identity', 'key') }} as secrets
