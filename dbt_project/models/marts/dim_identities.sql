-- Identifiers are published as keyed hashes: who holds the key can look a person up, nobody else can read one.

select
    identifiers.id_type,
    {{ keyed_hash('secrets.secret', "identifiers.id_type || ':' || identifiers.id_value") }} as id_hash,
    identifiers.person_id,
    coalesce(identifiers.first_seen_at, identifiers.known_at) as effective_at,
    identifiers.known_at,
    cast(null as timestamp) as superseded_at
from {{ ref('int_identifiers_resolved') }} as identifiers
cross join {{ source('identity', 'key') }} as secrets
