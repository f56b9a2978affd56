-- Amounts of two currencies must not be added up, nor one payment that two systems tell of. Sources that the journey file names are meant.

with counted as (
    select
        source,
        upper(currency) as currency
    from {{ ref('int_events_identified') }}
    where counted_revenue_amount is not null
    group by all
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
)

select
    what,
    found,
    found_count,
    max_count,
    'warn' as severity
from facts
