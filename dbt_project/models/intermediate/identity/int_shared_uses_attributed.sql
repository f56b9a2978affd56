-- Uses of identifiers that two people used (a shared browser, a mailbox for everybody), each with whom it belongs to: by another
-- identifier of its own, else to whoever logs in next with the shared one within the look-back; else the shared identifier
-- stands for itself, a person of whom nobody knows more. "The latest login wins" would hand one person's past to another.

{{ config(
    materialized='incremental',
    unique_key=['shared_key', 'event_id'],
    meta={'reads': {'all': none}, 'changes': {'event': 'event_id'}},
) }}

with events as (select * from {{ ref('int_events_recorded') }}),

identifiers as (select * from {{ ref('int_identifiers_resolved') }}),

settings as (select * from {{ source('journey', 'settings') }}),

combinations as (
    select combined.*
    from {{ ref('int_identifiers_combined') }} as combined
    inner join {{ ref('int_combinations_attributed') }} as attributed on combined.combination_key = attributed.combination_key
    where attributed.names_shared
),

members as (
    {% for column in person_key_columns() %}
    select
        combinations.combination_key,
        combinations.identifier_key as most_trusted_key,
        {{ loop.index }} as trust,
        identifiers.identifier_key,
        identifiers.person_id,
        identifiers.is_shared
    from combinations
    inner join identifiers on combinations.{{ column }} = identifiers.identifier_key
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- Whom the most trusted identifier that is not shared names.
own_persons as (
    select
        combination_key,
        min_by(person_id, trust) as person_id
    from members
    where not is_shared
    group by combination_key
),

-- Every use of a shared identifier, in whatever column it stands.
in_order as (
    select
        members.identifier_key as shared_key,
        events.event_id,
        events.event_place,
        members.most_trusted_key,
        events.occurred_at,
        own_persons.person_id
    from members
    inner join events on members.combination_key = events.combination_key
    left join own_persons on members.combination_key = own_persons.combination_key
    where members.is_shared
),

with_next_login as (
    select
        *,
        first_value(person_id ignore nulls) over next_ones as next_person_id,
        first_value(case when person_id is not null then occurred_at end ignore nulls) over next_ones as next_login_at
    from in_order
    window next_ones as (
        partition by shared_key
        order by occurred_at, case when person_id is null then 0 else 1 end, event_place
        rows between current row and unbounded following
    )
)

select
    with_next_login.shared_key,
    with_next_login.event_id,
    with_next_login.occurred_at,
    coalesce(
        with_next_login.person_id,
        case
            when with_next_login.next_login_at <= {{ add_hours('with_next_login.occurred_at', '24 * settings.stitch_lookback_days') }}
                then with_next_login.next_person_id
        end,
        with_next_login.shared_key
    ) as person_id,
    with_next_login.shared_key = with_next_login.most_trusted_key as is_most_trusted
from with_next_login
cross join settings
