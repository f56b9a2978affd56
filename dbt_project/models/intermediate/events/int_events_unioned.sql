-- The landed rows that this run reads: everything in a full build, else what is new. Which feeds there are is macros/loads.sql.
-- Where what was known at a past moment is looked at, what landed later was taken out, but for a source's first landing, which brings
-- its history: of that, what had happened by then was known (warehouse/recall.py).

{{ config(materialized='view') }}

with unioned as (
    {% set due = feeds_due() -%}
    {% for feed, since in due.items() -%}
    select
        '{{ feed }}' as feed,
        {{ event_columns() | join(', ') }}
    from {{ ref('stg_' ~ feed) }}
    where {{ "loaded_at > timestamp '" ~ since ~ "'" if since else 'true' }}
    {{ 'union all' if not loop.last }}
    {% endfor -%}
    {% if not due -%}
    select
        cast(null as varchar) as feed,
        {{ nothing_of(event_kinds()) }}
    where false
    {% endif %}
),

settings as (select * from {{ source('journey', 'settings') }})

select unioned.*
from unioned
where
    (select settings.known_until from settings) is null
    or coalesce(unioned.received_at, least(unioned.loaded_at, unioned.occurred_at)) <= (select settings.known_until from settings)
