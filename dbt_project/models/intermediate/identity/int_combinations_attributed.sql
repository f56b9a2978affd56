-- Whom the most trusted identifier of a combination names, and whether several people used that one or another of the combination.

{{ config(
    materialized='incremental',
    unique_key='combination_key',
    meta={'reads': {'all': none}, 'changes': {'combination': 'combination_key'}},
) }}

with combinations as (select * from {{ ref('int_identifiers_combined') }}),

identifiers as (select * from {{ ref('int_identifiers_resolved') }}),

shared as (
    select identifier_key
    from identifiers
    where is_shared
)

select
    combinations.combination_key,
    identifiers.person_id,
    coalesce(identifiers.is_shared, false) as is_shared,
    {% for column in person_key_columns() -%}
    combinations.{{ column }} in (select shared.identifier_key from shared){{ ' or ' if not loop.last }}
    {%- endfor %} as names_shared,
    nullif(combinations.device_id_key, 0) as device_id_key,
    nullif(combinations.anonymous_id_key, 0) as anonymous_id_key
from combinations
left join identifiers on combinations.identifier_key = identifiers.identifier_key
