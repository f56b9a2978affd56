-- Amounts of two currencies must not be added up, nor one payment that two systems tell of. Sources that the journey file names are meant.
-- A vendor's event whose amount is no number stays, and staging keeps what it told: as revenue it counts for nothing.

with counted as (
    select
        source,
        upper(currency) as currency
    from {{ ref('int_events_identified') }}
    where counted_revenue_amount is not null
    group by all
),

unread as (
    select
        source,
        count(*) as event_count
    from {{ ref('int_events_recorded') }}
    where attributes like '%"unread_amount":%'
    group by source
),

named_sources as (select * from {{ source('journey', 'revenue_sources') }}),

facts as (
    select
        'currency' as what,
        string_agg(distinct currency, ', ' order by currency) as found,
        count(distinct currency) as found_count,
        1 as max_count
    from counted
    union all
    select
        'source' as what,
        string_agg(distinct source, ', ' order by source) as found,
        count(distinct source) as found_count,
        greatest(1, (select count(*) from named_sources)) as max_count
    from counted
    union all
    select
        'unread amount' as what,
        string_agg(source, ', ' order by source) as found,
        coalesce(cast(sum(event_count) as bigint), 0) as found_count,
        0 as max_count
    from unread
)

select
    what,
    found,
    found_count,
    max_count,
    'warn' as severity
from facts
