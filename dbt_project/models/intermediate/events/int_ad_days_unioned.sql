-- One line per source of ads.

{{ config(materialized='view') }}

{% set sources = [
    'google_ads',
    'meta_ads',
] %}

{% for source in sources -%}
select {{ ad_day_kinds().keys() | join(', ') }} from {{ ref('stg_' ~ source ~ '__ad_days') }}
{{ 'union all' if not loop.last }}
{% endfor %}
