-- One line per kind of record. Each event is told of the person whom a contact stands for today.

select {{ event_columns() | join(', ') }} from {{ ref('stg_hubspot__contact_events') }}
union all
select {{ event_columns() | join(', ') }} from {{ ref('stg_hubspot__email_events') }}
union all
select {{ event_columns() | join(', ') }} from {{ ref('stg_hubspot__deal_events') }}
union all
select {{ event_columns() | join(', ') }} from {{ ref('stg_hubspot__engagement_events') }}
