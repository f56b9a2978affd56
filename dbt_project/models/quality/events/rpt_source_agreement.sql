-- Whether two systems say the same of the people whom both know. Beside the share of agreement stands Cohen's kappa, which takes off
-- what two systems that guess would agree on (J. Cohen, Educational and Psychological Measurement 20, 1960).

with agreements as (select * from {{ source('journey', 'agreements') }}),

doings as (
    select
        source,
        event_type,
        person_id
    from {{ ref('int_event_subjects_counted') }}
    where person_id is not null
    group by source, event_type, person_id
),

recorded as (
    select
        source,
        event_type
    from doings
    group by source, event_type
),

-- Without a source: whichever records one of the event types.
tellers as (
    select
        agreements.fact,
        coalesce(agreements.source, recorded.source) as source,
        agreements.event_type,
        agreements.description,
        agreements.min_agreement_rate,
        agreements.severity
    from agreements
    left join recorded on agreements.event_type = recorded.event_type and agreements.source is null
    where coalesce(agreements.source, recorded.source) is not null
),

systems as (
    select
        fact,
        source,
        any_value(description) as description,
        any_value(min_agreement_rate) as min_agreement_rate,
        any_value(severity) as severity
    from tellers
    group by fact, source
),

pairs as (
    select
        left_systems.fact,
        left_systems.description,
        left_systems.source as left_source,
        right_systems.source as right_source,
        left_systems.min_agreement_rate,
        left_systems.severity
    from systems as left_systems
    inner join systems as right_systems on left_systems.fact = right_systems.fact and left_systems.source < right_systems.source
),

-- A system knows whom it has an event of, and whom it lists.
known as (
    select
        source,
        person_id
    from doings
    group by source, person_id
    union
    select
        identifiers_seen.source,
        identifiers.person_id
    from {{ ref('int_identifiers_seen') }} as identifiers_seen
    inner join {{ ref('int_identifiers_resolved') }} as identifiers on identifiers_seen.identifier_key = identifiers.identifier_key
    where identifiers_seen.event_count = 0 and not identifiers.is_shared
),

said as (
    select
        tellers.fact,
        doings.source,
        doings.person_id
    from doings
    inner join tellers on doings.source = tellers.source and doings.event_type = tellers.event_type
    group by tellers.fact, doings.source, doings.person_id
),

persons as (
    select
        pairs.fact,
        pairs.left_source,
        pairs.right_source,
        left_said.person_id is not null as is_on_left,
        right_said.person_id is not null as is_on_right
    from pairs
    inner join known as left_known on pairs.left_source = left_known.source
    inner join known as right_known on pairs.right_source = right_known.source and left_known.person_id = right_known.person_id
    left join said as left_said
        on pairs.fact = left_said.fact and pairs.left_source = left_said.source and left_known.person_id = left_said.person_id
    left join said as right_said
        on pairs.fact = right_said.fact and pairs.right_source = right_said.source and left_known.person_id = right_said.person_id
),

cells as (
    select
        fact,
        left_source,
        right_source,
        count(*) as person_count,
        count(*) filter (where is_on_left and is_on_right) as both_count,
        count(*) filter (where is_on_left and not is_on_right) as left_only_count,
        count(*) filter (where not is_on_left and is_on_right) as right_only_count,
        count(*) filter (where not is_on_left and not is_on_right) as neither_count
    from persons
    group by fact, left_source, right_source
),

rates as (
    select
        *,
        cast(both_count + neither_count as double) / person_count as agreement_rate,
        (
            cast(both_count + left_only_count as double) * (both_count + right_only_count)
            + cast(neither_count + right_only_count as double) * (neither_count + left_only_count)
        ) / (cast(person_count as double) * person_count) as agreement_by_chance
    from cells
)

select
    pairs.fact,
    pairs.description,
    pairs.left_source,
    pairs.right_source,
    coalesce(rates.both_count, 0) as both_count,
    coalesce(rates.left_only_count, 0) as left_only_count,
    coalesce(rates.right_only_count, 0) as right_only_count,
    coalesce(rates.neither_count, 0) as neither_count,
    rates.agreement_rate,
    (rates.agreement_rate - rates.agreement_by_chance) / nullif(1 - rates.agreement_by_chance, 0) as kappa,
    pairs.min_agreement_rate,
    pairs.severity
from pairs
left join rates on pairs.fact = rates.fact and pairs.left_source = rates.left_source and pairs.right_source = rates.right_source
