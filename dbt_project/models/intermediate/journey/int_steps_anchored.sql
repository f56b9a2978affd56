-- The steps around what is looked at: for the anchor path_start how a path begins (step 0 is the beginning itself, step k the k-th
-- event), for each milestone what came before and after the customer's first time. Ended paths stay, as path_end.

{{ config(materialized='incremental', unique_key=['anchor', 'customer_id'], meta={'reads': {'customer': 'customer_id'}}) }}

{% set back, ahead = -5, 10 %}

with first_reached as (
    select
        milestone,
        customer_id,
        {{ first_by('event_place', 'reached_at', 'event_place') }} as event_place
    from {{ ref('int_milestones_reached') }}
    where {{ is_changed({'customer': 'customer_id'}) }}
    group by milestone, customer_id
),

from_start as (
    select
        'path_start' as anchor,
        customer_id,
        {{ element('times', 1) }} as path_started_at,
        0 as first_step,
        {{ names_around('event_types', 0, 0, ahead) }} as names
    from {{ ref('int_paths_ordered') }}
    where {{ is_changed({'customer': 'customer_id'}) }}
),

around_milestones as (
    select
        first_reached.milestone as anchor,
        paths.customer_id,
        {{ element('paths.times', 1) }} as path_started_at,
        {{ back }} as first_step,
        paths.event_types,
        {{ place_of('first_reached.event_place', 'paths.event_places') }} as place
    from first_reached
    inner join {{ ref('int_paths_ordered') }} as paths on first_reached.customer_id = paths.customer_id
    where {{ is_changed({'customer': 'paths.customer_id'}) }}
),

with_names as (
    select
        anchor,
        customer_id,
        path_started_at,
        first_step,
        {{ names_around('event_types', 'place', back, ahead) }} as names
    from around_milestones
),

all_anchors as (
    select * from from_start
    union all
    select * from with_names
)

select
    anchor,
    customer_id,
    path_started_at,
    first_step,
    names
from all_anchors
