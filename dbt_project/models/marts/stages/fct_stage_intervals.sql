-- A customer is walked through the signals in their order (docs/decisions/0019): one that counts leads into its stage.
-- It does not count when it is meant for those in another stage, when the customer has reached a terminal one, or when it is the
-- milestone of an earlier stage on the path and was not told to lead back.

{{ config(
    materialized='incremental',
    unique_key=['stage_set', 'customer_id', 'entered_at'],
    meta={'reads': {'customer': 'customer_id', 'fresh': 'customer_id'}},
) }}

{% set whose_flag_is_stale -%}
in (
    select intervals.customer_id
    from {{ this }} as intervals
    cross join {{ ref('int_clock_read') }} as clock
    where
        intervals.is_current
        and intervals.is_provisional <> (coalesce(intervals.firm_at > clock.as_of, false) or coalesce(intervals.decays_at <= clock.as_of, false))
)
{%- endset %}

with settings as (select * from {{ source('journey', 'settings') }}),

clock as (select * from {{ ref('int_clock_read') }}),

stages as (select * from {{ source('journey', 'stages') }}),

signals as (
    select * from {{ ref('int_stages_signalled') }}
    where {{ is_changed({'customer': 'customer_id'}, ['customer_id ' ~ whose_flag_is_stale]) }}
),

entry_origins as (
    select
        stage_set,
        stage,
        entry,
        array_agg(from_stage) as origins
    from {{ source('journey', 'stage_entry_origins') }}
    group by stage_set, stage, entry
),

-- The same way into the same stage twice in a row says nothing new.
telling_signals as (
    select
        signals.*,
        coalesce(entry_origins.origins, []) as origins,
        row_number() over in_order as place
    from signals
    left join entry_origins
        on
            signals.stage_set = entry_origins.stage_set
            and signals.stage = entry_origins.stage
            and signals.entry = entry_origins.entry
    where signals.is_due
    window in_order as (partition by signals.stage_set, signals.customer_id order by {{ signal_order() }})
    qualify lag((signals.stage, signals.entry)) over in_order is distinct from (signals.stage, signals.entry)
),

walks as (
    select
        signals.stage_set,
        signals.customer_id,
        {{ fold(
            sorted_records(stage_signal(
                place='signals.place', stage='signals.stage', at='signals.signalled_at', reason='signals.entry_reason', position='signals.position',
                always="signals.is_repeated or not signals.is_on_path or signals.entry_reason <> 'milestone'",
                advances="signals.is_on_path and signals.entry_reason = 'milestone'",
                terminal='signals.is_terminal', origins='signals.origins'
            )),
            stage_signal(),
            next_stage_state('state', 'item')
        ) }} as walk
    from telling_signals as signals
    group by signals.stage_set, signals.customer_id
),

changes as (
    select
        stage_set,
        customer_id,
        {{ each_of('walk.changes') }} as change,
        {{ each_place('walk.changes') }} as change_number
    from walks
),

-- Of several changes in one moment the last stands.
standing as (
    select
        stage_set,
        customer_id,
        change.stage,
        change.entered_at,
        change.reason as entry_reason
    from changes
    qualify row_number() over (partition by stage_set, customer_id, change.entered_at order by change_number desc) = 1
),

with_neighbours as (
    select
        standing.*,
        {{ add_hours('standing.entered_at', 'stages.min_days * 24') }} as firm_at,
        lag(standing.entered_at) over (partition by standing.stage_set, standing.customer_id order by standing.entered_at) as previous_at,
        lead(standing.entered_at) over (partition by standing.stage_set, standing.customer_id order by standing.entered_at) as next_at
    from standing
    inner join stages on standing.stage_set = stages.stage_set and standing.stage = stages.stage
),

-- Who was led out again too soon was never there. The first visit stays whatever its length, so that no time is left without a stage.
lasting as (
    select
        *,
        lag(stage) over (partition by stage_set, customer_id order by entered_at) as previous_stage
    from with_neighbours
    where previous_at is null or next_at is null or firm_at is null or next_at >= firm_at
),

path_positions as (
    select
        stage_set,
        stage,
        row_number() over (partition by stage_set order by position) as path_position
    from stages
    where is_on_path
),

visits as (
    select
        lasting.stage_set,
        lasting.customer_id,
        lasting.stage,
        lasting.entry_reason,
        lasting.entered_at,
        lead(lasting.entered_at) over (partition by lasting.stage_set, lasting.customer_id order by lasting.entered_at) as exited_at,
        lasting.firm_at,
        path_positions.path_position,
        last_value(path_positions.path_position ignore nulls) over (
            partition by lasting.stage_set, lasting.customer_id
            order by lasting.entered_at
            rows between unbounded preceding and 1 preceding
        ) as previous_path_position
    from lasting
    left join path_positions on lasting.stage_set = path_positions.stage_set and lasting.stage = path_positions.stage
    where lasting.previous_stage is distinct from lasting.stage
),

-- A silence that has begun and is not yet due leads out of the stage when it is, unless something happens.
silences as (
    select
        visits.stage_set,
        visits.customer_id,
        min(signals.signalled_at) as decays_at
    from visits
    inner join signals on visits.stage_set = signals.stage_set and visits.customer_id = signals.customer_id
    inner join stages on visits.stage_set = stages.stage_set and visits.stage = stages.stage
    left join entry_origins
        on
            signals.stage_set = entry_origins.stage_set
            and signals.stage = entry_origins.stage
            and signals.entry = entry_origins.entry
    where
        visits.exited_at is null
        and not stages.is_terminal
        and not signals.is_due
        and signals.entry_reason = 'inactivity'
        and signals.stage <> visits.stage
        and (entry_origins.origins is null or {{ holds('entry_origins.origins', 'visits.stage') }})
    group by visits.stage_set, visits.customer_id
)

select
    visits.customer_id,
    visits.stage_set,
    visits.stage,
    visits.entered_at,
    visits.exited_at,
    row_number() over (
        partition by visits.stage_set, visits.customer_id, visits.stage
        order by visits.entered_at
    ) as visit_number,
    coalesce(visits.path_position < visits.previous_path_position, false) as is_regression,
    coalesce(visits.path_position > coalesce(visits.previous_path_position, 0) + 1, false) as is_skip,
    visits.exited_at is null as is_current,
    visits.entry_reason,
    case when visits.exited_at is null then visits.firm_at end as firm_at,
    case when visits.exited_at is null then silences.decays_at end as decays_at,
    visits.exited_at is null
    and (coalesce(visits.firm_at > clock.as_of, false) or coalesce(silences.decays_at <= clock.as_of, false)) as is_provisional,
    settings.journey_version
from visits
cross join settings
cross join clock
left join silences on visits.stage_set = silences.stage_set and visits.customer_id = silences.customer_id
