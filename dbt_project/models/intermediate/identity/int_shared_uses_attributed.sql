-- Uses of identifiers that two people used (a shared browser, a mailbox for everybody), each with whom it belongs to: by another
-- identifier of its own, else to whoever logs in next with the shared one within the look-back; else the shared identifier
-- stands for itself, a person of whom nobody knows more. "The latest login wins" would hand one person's past to another.

with events as (select * from {{ ref('int_events_recorded') }}),

identifiers as (select * from {{ ref('int_identifiers_resolved') }}),

settings as (select * from {{ source('journey', 'settings') }}),

shared as (
    select *
    from identifiers
    where is_shared
),

-- Every use of a shared identifier, in whatever column it stands.
uses as (
    {% for column in person_id_columns() %}
    select
        shared.identifier_key as shared_key,
        events.event_id
    from events
    inner join shared on shared.id_type = '{{ column }}' and events.{{ column }} = shared.id_value
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

used_events as (
    select event_id
    from uses
    group by event_id
),

-- The most trusted identifier of those events that is not shared.
own_identifiers as (
    {% for column in person_id_columns() %}
    select
        used_events.event_id,
        {{ loop.index }} as trust,
        identifiers.person_id
    from used_events
    inner join events on used_events.event_id = events.event_id
    inner join identifiers on identifiers.id_type = '{{ column }}' and events.{{ column }} = identifiers.id_value
    where not identifiers.is_shared
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

own_persons as (
    select
        event_id,
        min_by(person_id, trust) as person_id
    from own_identifiers
    group by event_id
),

in_order as (
    select
        uses.shared_key,
        uses.event_id,
        events.identifier_key,
        events.occurred_at,
        own_persons.person_id
    from uses
    inner join events on uses.event_id = events.event_id
    left join own_persons on uses.event_id = own_persons.event_id
),

with_next_login as (
    select
        *,
        first_value(person_id ignore nulls) over next_ones as next_person_id,
        first_value(case when person_id is not null then occurred_at end ignore nulls) over next_ones as next_login_at
    from in_order
    window next_ones as (
        partition by shared_key
        order by occurred_at, case when person_id is null then 0 else 1 end, event_id
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
    with_next_login.shared_key = with_next_login.identifier_key as is_most_trusted
from with_next_login
cross join settings
