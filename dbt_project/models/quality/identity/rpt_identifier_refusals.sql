-- What stood where an identifier should and names nobody: how often, by where and why (macro refusal_of). Who had no other is nobody's event.

with combinations as (select * from {{ ref('int_identifiers_combined') }}),

filled as (
    {% for column in person_id_columns() %}
    select
        source,
        source_table,
        '{{ column }}' as id_type,
        {{ first_match('refused', column ~ ':([a-z]+)') }} as reason,
        event_count
    from combinations
    where {{ column }} is not null or refused like '%{{ column }}:%'
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

counted as (
    select
        source,
        source_table,
        id_type,
        reason,
        cast(sum(event_count) as bigint) as event_count
    from filled
    group by source, source_table, id_type, reason
),

shares as (
    select
        *,
        cast(event_count as double) / sum(event_count) over (partition by source, source_table, id_type) as refused_rate
    from counted
)

select * from shares
where reason is not null
