-- What the measures of rhythm, silence and volume read instead of all events.

with events as (select * from {{ ref('int_events_recorded') }}),

clock as (select * from {{ ref('int_clock_read') }}),

settings as (select * from {{ source('journey', 'settings') }}),

nameless as (
    select combination_key
    from {{ ref('int_identifiers_combined') }}
    where identifier_key is null and account_id is null
)

select
    source,
    event_type,
    date_trunc('hour', occurred_at) as hour_started_at,
    count(*) as event_count,
    cast(sum(copy_count) as bigint) as copy_count,
    cast(sum(correction_count) as bigint) as correction_count,
    count(*) filter (where combination_key not in (select nameless.combination_key from nameless)) as identified_count,
    count(*) filter (where occurred_at < (select settings.launched_on from settings) or occurred_at > known_at) as misdated_count,
    min(occurred_at) as first_occurred_at,
    max(occurred_at) as last_occurred_at
from events
where occurred_at <= (select clock.as_of from clock)
group by source, event_type, date_trunc('hour', occurred_at)
