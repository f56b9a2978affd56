-- What each name that a system gives to its events means: the source's own list or the journey file says so, else a name that is a
-- word of the vocabulary itself. A name nobody knows stays what it is.

with names as (
    select
        source,
        event_name,
        cast(sum(row_count) as bigint) as row_count,
        cast(sum(deleted_row_count) as bigint) as deleted_row_count
    from {{ ref('int_event_names_counted') }}
    group by source, event_name
),

plain_names as (
    select
        *,
        {{ plain_name('event_name') }} as plain_name
    from names
),

known_names as (select * from {{ source('journey', 'event_names') }}),

event_types as (select * from {{ source('journey', 'event_types') }})

select
    plain_names.source,
    plain_names.event_name,
    coalesce(of_source.event_type, of_any.event_type, event_types.event_type, plain_names.event_name) as event_type,
    coalesce(of_source.event_type, of_any.event_type, event_types.event_type) is not null as is_known,
    plain_names.row_count,
    plain_names.deleted_row_count
from plain_names
left join known_names as of_source on plain_names.source = of_source.source and plain_names.plain_name = of_source.event_name
left join known_names as of_any on of_any.source = 'any' and plain_names.plain_name = of_any.event_name
left join event_types on plain_names.plain_name = event_types.event_type
