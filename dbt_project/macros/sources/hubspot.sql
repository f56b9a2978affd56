{#
  The changes of those properties of records that are asked for. An account's history runs to tens of millions of rows of
  hundreds of properties, so the others leave before anything is sorted.
#}
{% macro hubspot_changes(table, key, properties) %}
select
    {{ key }},
    name,
    changed_at,
    value,
    synced_at as version_at,
    coalesce(is_deleted, deleted_at is not null, false) as is_deleted,
    _loaded_at,
    _file,
    _row_id
from {{ source('raw', table) }}
where name in ('{{ properties | join("', '") }}')
qualify row_number() over (
    partition by {{ key }}, name, changed_at
    order by synced_at desc nulls last, {{ natural_order('_file') }} desc, _row_id desc
) = 1
{% endmacro %}

{# The ids in a list of records, however it is written: 1;2 or ["1","2"] or [{"id":"1"}]. #}
{% macro hubspot_ids(text) %}{{ all_matches(text, '[0-9]+') }}{% endmacro %}

{# Of records that are as good as each other, the one HubSpot has known longest: its ids count up. #}
{% macro hubspot_oldest(id) %}length({{ id }}) asc, {{ id }} asc{% endmacro %}

{# A word of the web interface as the API writes it: Closed Won is closedwon. #}
{% macro hubspot_word(label) %}{{ replace_all('lower(' ~ label ~ ')', '[^a-z0-9]+', '') }}{% endmacro %}
