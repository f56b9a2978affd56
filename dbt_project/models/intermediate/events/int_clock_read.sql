-- "Now": what was asked for, else the latest event that is not dated after its own landing. One row dated 2099 moves nothing.

with settings as (select * from {{ source('journey', 'settings') }}),

latest_believable as (
    select max(occurred_at) as occurred_at
    from {{ ref('int_events_recorded') }}
    where occurred_at <= loaded_at
)

select coalesce(settings.requested_as_of, latest_believable.occurred_at) as as_of
from settings
cross join latest_believable
