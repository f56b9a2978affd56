-- What systems call people, each with its system: the one that stands in front of the id, else the source that gives it.
-- Mixpanel calls devices so too, and by its cookies says who they belong to; its users are user ids beside.

with own_ids as (
    select
        identifier_key,
        case when id_value like '%:%' then split_part(id_value, ':', 1) else source end as system
    from {{ ref('int_identifiers_seen') }}
    where id_type = 'crm_id' and id_value not like 'mixpanel:%'
)

select
    identifier_key,
    {{ identifier_key('system', 'system') }} as system_key
from own_ids
group by identifier_key, system
