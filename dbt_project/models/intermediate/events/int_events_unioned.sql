-- One line per source.

{{ config(materialized='view') }}

{% set sources = [
    'events',
    'ga4',
    'hubspot',
    'klaviyo',
    'mixpanel',
    'olist',
    'rudderstack',
    'salesforce',
    'segment',
    'stripe',
    'surveys',
    'zendesk',
] %}

{% for source in sources -%}
select {{ event_columns() | join(', ') }} from {{ ref('stg_' ~ source ~ '__events') }}
{{ 'union all' if not loop.last }}
{% endfor %}
