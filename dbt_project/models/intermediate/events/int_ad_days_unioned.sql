-- One line per source of ads.

{{ config(materialized='view') }}

select {{ ad_day_kinds().keys() | join(', ') }} from {{ ref('stg_google_ads__ad_days') }}
