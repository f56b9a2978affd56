-- Every column, that is every step of an anchor, adds up to 1: a path that has not begun is at path_start, one that ended at path_end.

with settings as (select * from {{ source('journey', 'settings') }}),

anchored as (select * from {{ ref('int_steps_anchored') }}),

placed as (
    select
        anchor,
        {{ exploded({'step': numbers_between('first_step', 10), 'name': 'names'}) }}
    from anchored
),

counted as (
    select
        anchor,
        step,
        name,
        count(*) as customer_count
    from placed
    group by anchor, step, name
),

with_path_counts as (
    select
        *,
        cast(sum(customer_count) over (partition by anchor, step) as bigint) as path_count
    from counted
)

select
    with_path_counts.anchor,
    cast(with_path_counts.step as integer) as step,
    with_path_counts.name,
    cast(with_path_counts.customer_count as double) / with_path_counts.path_count as share,
    with_path_counts.customer_count,
    with_path_counts.path_count,
    settings.journey_version
from with_path_counts
cross join settings
