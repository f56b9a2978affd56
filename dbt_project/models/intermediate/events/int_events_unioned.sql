-- One line per source.

{{ config(materialized='view') }}

select {{ event_columns() | join(', ') }} from {{ ref('stg_events__events') }}
union all
select {{ event_columns() | join(', ') }} from {{ ref('stg_olist__events') }}
union all
select {{ event_columns() | join(', ') }} from {{ ref('stg_zendesk__events') }}
