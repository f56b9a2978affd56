-- One line per source of ads. E-mail addresses and phone numbers in their words are masked.

{{ config(materialized='view') }}

{% set sources = [
    'google_ads',
    'meta_ads',
] %}

with unioned as (
    {% for source in sources -%}
    select {{ ad_day_kinds().keys() | join(', ') }} from {{ ref('stg_' ~ source ~ '__ad_days') }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    unioned.* replace (
        {% for column in ['campaign_id', 'campaign', 'channel', 'device', 'currency'] -%}
        {{ masked('unioned.' ~ column) }} as {{ column }}{{ ',' if not loop.last }}
        {% endfor -%}
    )
from unioned
