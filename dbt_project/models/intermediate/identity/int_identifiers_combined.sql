-- Which identifiers and which account stand together in the rows of a table: the same few combinations in millions of rows. The first
-- event with a combination is the evidence for it; first by time, among equals by its id.

{{ config(
    materialized='incremental',
    unique_key='combination_key',
    meta={'reads': {'combination': 'combination_key'}},
) }}

with combinations as (
    select
        combination_key,
        any_value(source) as source,
        any_value(source_table) as source_table,
        {% for column in person_id_columns() -%}
        any_value({{ column }}) as {{ column }},
        {% endfor -%}
        any_value(refused) as refused,
        any_value(account_id) as account_id,
        min(occurred_at) as first_seen_at,
        min(known_at) as known_at,
        {{ first_by('event_id', 'occurred_at', 'event_id') }} as first_event_id,
        max(case when account_id is not null then occurred_at end) as account_seen_at,
        {{ last_by('event_place', 'occurred_at', 'event_place') }} filter (where account_id is not null) as account_event_place,
        count(*) as event_count
    from {{ ref('int_events_recorded') }}
    where {{ is_changed({'combination': 'combination_key'}) }}
    group by combination_key
),

-- A key of 0 is none: the keys become arrays of numbers.
with_keys as (
    select
        {% for column in person_id_columns() -%}
        case when {{ column }} is not null then {{ identifier_key(column, column) }} else 0 end as {{ column }}_key,
        {% endfor -%}
        *
    from combinations
)

select
    *,
    coalesce(
        {%- for column in person_key_columns() %}
        nullif({{ column }}, 0)
        {{- ',' if not loop.last }}
        {%- endfor %}
    ) as identifier_key
from with_keys
