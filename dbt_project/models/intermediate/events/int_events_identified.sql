-- Events up to now, each with its person, account and customer; the customer is whom the journey file names as its subject.
-- A person is whom the most trusted identifier names, or whom this use of a shared one belongs to. Where several systems tell of one
-- payment, the journey file says whose money counts, and in which currency.

{{ config(
    materialized='incremental',
    unique_key='event_id',
    meta={
        'reads': {'event': 'event_id', 'combination': 'combination_key', 'person': 'person_id', 'future': 'occurred_at', 'fresh': 'event_id'},
        'changes': {'event': 'event_id', 'customer': 'customer_id'},
    },
) }}

with attributed as (select * from {{ ref('int_combinations_attributed') }}),

shared_uses as (
    select * from {{ ref('int_shared_uses_attributed') }}
    where is_most_trusted
),

-- Whose events count again: those that changed or changed hands, those of people whose account changed, and those that lay in the
-- future until now.
events as (
    select * from {{ ref('int_events_recorded') }}
    where {{ is_changed({'event': 'event_id', 'combination': 'combination_key'}, [
        'combination_key in (select combination_key from attributed where person_id in ' ~ changed_keys('person') ~ ')',
        'event_id in (select event_id from shared_uses where person_id in ' ~ changed_keys('person') ~ ')',
        'occurred_at > (select max(occurred_at) from ' ~ this ~ ')',
    ]) }}
),

accounts as (select * from {{ ref('int_persons_accounted') }}),

clock as (select * from {{ ref('int_clock_read') }}),

settings as (select * from {{ source('journey', 'settings') }}),

revenue_sources as (select * from {{ source('journey', 'revenue_sources') }}),

event_types as (select * from {{ source('journey', 'event_types') }}),

with_persons as (
    select
        events.*,
        coalesce(shared_uses.person_id, attributed.person_id) as person_id,
        attributed.device_id_key,
        attributed.anonymous_id_key
    from events
    left join attributed on events.combination_key = attributed.combination_key
    left join shared_uses on events.event_id = shared_uses.event_id
)

select
    events.event_id,
    events.event_place,
    events.combination_key,
    case
        when settings.subject = 'account' and coalesce(accounts.account_id, events.account_id) is not null
            then coalesce(accounts.account_key, {{ account_key('events.account_id') }})
        else events.person_id
    end as customer_id,
    events.person_id,
    coalesce(events.account_id, accounts.account_id) as account_id,
    events.device_id_key,
    events.anonymous_id_key,
    events.source,
    events.event_type,
    events.occurred_at,
    events.known_at,
    events.channel,
    events.campaign,
    events.device,
    events.currency,
    case
        when
            (revenue_sources.source is not null or not settings.names_revenue_sources)
            and (settings.revenue_currency is null or coalesce(upper(events.currency), settings.revenue_currency) = settings.revenue_currency)
            then events.revenue_amount
    end as counted_revenue_amount,
    coalesce(event_types.is_behaviour, false) as is_behaviour
from with_persons as events
cross join settings
left join accounts on events.person_id = accounts.person_id
left join revenue_sources on events.source = revenue_sources.source
left join event_types on events.event_type = event_types.event_type
where events.occurred_at <= (select clock.as_of from clock)
