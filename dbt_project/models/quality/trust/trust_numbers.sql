-- What the numbers of each published table rest on, as its own YAML says under `trust` in its meta. A table that says nothing is unjudged.

select
    cast(null as varchar) as table_name,
    cast(null as varchar) as scope,
    cast(null as varchar) as part_column,
    cast(null as varchar) as row_condition,
    cast(null as varchar) as starts_at,
    cast(null as varchar) as ends_at,
    cast(null as varchar) as reason_column,
    cast(null as varchar[]) as withheld_columns
where false
{{ declared_trust() }}
