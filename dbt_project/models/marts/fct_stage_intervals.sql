-- The stage of a customer is the one of the latest signal that counts:
-- on the path a milestone of an earlier stage does not lead back; a silence, a return or a stage beside the path always counts;
-- nothing follows a terminal stage; of several signals in one moment the furthest counts.

{{ config(
    materialized='incremental',
    unique_key=['stage_set', 'customer_id', 'entered_at'],
    meta={'scope': {'customer': 'customer_id'}},
) }}

with settings as (select * from {{ source('journey', 'settings') }}),

with_progress as (
    select
        *,
        max(case when entry_reason = 'milestone' and is_on_path then position end) over (
            partition by stage_set, customer_id
            order by signalled_at, position
            rows between unbounded preceding and 1 preceding
        ) as furthest_position,
        min(case when is_terminal then signalled_at end) over (partition by stage_set, customer_id) as ended_at
    from {{ ref('int_stages_signalled') }}
    where is_due and {{ is_touched({'customer': 'customer_id'}) }}
),

counting_signals as (
    select *
    from with_progress
    where
        (entry_reason <> 'milestone' or not is_on_path or furthest_position is null or position >= furthest_position)
        and (ended_at is null or signalled_at < ended_at or (signalled_at = ended_at and is_terminal))
),

furthest_of_each_moment as (
    select *
    from counting_signals
    qualify row_number() over (
        partition by stage_set, customer_id, signalled_at
        order by position desc, entry_reason asc
    ) = 1
),

with_previous as (
    select
        *,
        lag(stage) over (partition by stage_set, customer_id order by signalled_at) as previous_stage
    from furthest_of_each_moment
),

changes_of_stage as (
    select * from with_previous
    where previous_stage is null or previous_stage <> stage
),

path_positions as (
    select
        stage_set,
        stage,
        row_number() over (partition by stage_set order by position) as path_position
    from {{ source('journey', 'stages') }}
    where is_on_path
),

with_neighbours as (
    select
        changes_of_stage.stage_set,
        changes_of_stage.customer_id,
        changes_of_stage.stage,
        changes_of_stage.entry_reason,
        changes_of_stage.signalled_at as entered_at,
        lead(changes_of_stage.signalled_at) over (
            partition by changes_of_stage.stage_set, changes_of_stage.customer_id
            order by changes_of_stage.signalled_at
        ) as exited_at,
        path_positions.path_position,
        last_value(path_positions.path_position ignore nulls) over (
            partition by changes_of_stage.stage_set, changes_of_stage.customer_id
            order by changes_of_stage.signalled_at
            rows between unbounded preceding and 1 preceding
        ) as previous_path_position
    from changes_of_stage
    left join path_positions
        on changes_of_stage.stage_set = path_positions.stage_set and changes_of_stage.stage = path_positions.stage
)

select
    with_neighbours.customer_id,
    with_neighbours.stage_set,
    with_neighbours.stage,
    with_neighbours.entered_at,
    with_neighbours.exited_at,
    row_number() over (
        partition by with_neighbours.stage_set, with_neighbours.customer_id, with_neighbours.stage
        order by with_neighbours.entered_at
    ) as visit_number,
    coalesce(with_neighbours.path_position < with_neighbours.previous_path_position, false) as is_regression,
    coalesce(with_neighbours.path_position > coalesce(with_neighbours.previous_path_position, 0) + 1, false) as is_skip,
    with_neighbours.exited_at is null as is_current,
    with_neighbours.entry_reason,
    settings.journey_version
from with_neighbours
cross join settings
