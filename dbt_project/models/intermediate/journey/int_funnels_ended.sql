-- Up to when the ways through a funnel are known: the earliest end among its milestones. An entry whose window ends later still has time.

with funnel_steps as (select * from {{ source('journey', 'funnel_steps') }}),

milestone_ends as (select * from {{ ref('int_milestones_ended') }})

select
    funnel_steps.funnel,
    min(milestone_ends.known_until) as known_until
from funnel_steps
inner join milestone_ends on funnel_steps.milestone = milestone_ends.milestone
group by funnel_steps.funnel
