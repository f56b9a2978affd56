-- How many rows the feeds give that nobody lands: of a landed file it is known what became of its rows, of these only what arrives.

with counted as (
    select
        feed,
        cast(sum(row_count) as bigint) as row_count
    from {{ ref('int_event_names_counted') }}
    group by feed
),

feeds as (
    {% for feed, is_read in unlanded_feeds().items() -%}
    select
        'stg_{{ feed }}' as model,
        '{{ feed }}' as feed,
        {{ is_read }} as is_read
    union all
    {% endfor -%}
    select
        cast(null as varchar) as model,
        cast(null as varchar) as feed,
        cast(null as boolean) as is_read
    where false
)

select
    feeds.model,
    feeds.is_read,
    coalesce(counted.row_count, 0) as row_count,
    cast(1 as bigint) as min_row_count,
    'warn' as severity
from feeds
left join counted on feeds.feed = counted.feed
