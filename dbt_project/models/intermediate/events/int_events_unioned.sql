-- The rows of all feeds, in the shape of the unified event. Which feeds there are is said in dbt_project.yml.
-- Where what was known at a past moment is looked at, what landed later was taken out, but for a source's first landing, which brings
-- its history: of that, what had happened by then was known (warehouse/landing/recall.py).
-- E-mail addresses and phone numbers in words are masked here, before anybody counts or keeps them; channel and campaign one model on, where
-- they are read off addresses, attributes where they are published.

{{ config(materialized='view') }}

with unioned as (
    {% for feed in feeds() -%}
    select
        '{{ feed }}' as feed,
        {{ event_columns() | join(', ') }}
    from {{ ref('stg_' ~ feed) }}
    {{ 'where ' ~ names_nobody_erased() if not is_landed_feed(feed) }}
    {{ 'union all' if not loop.last }}
    {% endfor -%}
),

settings as (select * from {{ source('journey', 'settings') }})

select
    unioned.* replace (
        {{ masked_name('unioned.account_id') }} as account_id,
        {% for column in ['source', 'event_name', 'device', 'currency'] -%}
        {{ masked('unioned.' ~ column) }} as {{ column }}{{ ',' if not loop.last }}
        {% endfor -%}
    )
from unioned
where
    (select settings.known_until from settings) is null
    or coalesce(unioned.received_at, least(unioned.loaded_at, unioned.occurred_at)) <= (select settings.known_until from settings)
