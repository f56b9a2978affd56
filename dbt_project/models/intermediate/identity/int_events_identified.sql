-- Events up to now, each with its person, account and customer; the customer is whom the journey file names as its subject.
-- Where several systems tell of one payment, the journey file says whose money counts, and in which currency.

with events as (select * from {{ ref('int_events_recorded') }}),

persons as (select * from {{ ref('int_events_attributed') }}),

accounts as (select * from {{ ref('int_persons_accounted') }}),

clock as (select * from {{ ref('int_clock_read') }}),

settings as (select * from {{ source('journey', 'settings') }}),

revenue_sources as (select * from {{ source('journey', 'revenue_sources') }}),

event_types as (select * from {{ source('journey', 'event_types') }})

select
    events.event_id,
    case
        when settings.subject = 'account' and coalesce(accounts.account_id, events.account_id) is not null
            then {{ hash_key("'account:' || coalesce(accounts.account_id, events.account_id)") }}
        else persons.person_id
    end as customer_id,
    persons.person_id,
    coalesce(events.account_id, accounts.account_id) as account_id,
    events.source,
    events.source_table,
    events.event_type,
    events.occurred_at,
    events.known_at,
    events.loaded_at,
    events.anonymous_id,
    events.device_id,
    events.channel,
    events.campaign,
    events.device,
    events.revenue_amount,
    events.currency,
    case
        when
            (revenue_sources.source is not null or not settings.names_revenue_sources)
            and (settings.revenue_currency is null or coalesce(upper(events.currency), settings.revenue_currency) = settings.revenue_currency)
            then events.revenue_amount
    end as counted_revenue_amount,
    events.attributes,
    coalesce(event_types.is_behaviour, false) as is_behaviour
from events
cross join clock
cross join settings
left join persons on events.event_id = persons.event_id
left join accounts on persons.person_id = accounts.person_id
left join revenue_sources on events.source = revenue_sources.source
left join event_types on events.event_type = event_types.event_type
where events.occurred_at <= clock.as_of
