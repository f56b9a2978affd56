-- What the numbers of each published table rest on, as its own YAML says under `trust` in its meta. A table that says nothing is unjudged.

{% set declared = [] %}
{% if execute %}
    {% for node in (graph.nodes.values() | list) + (graph.sources.values() | list) if node.schema in ('marts', 'ml') and 'trust' in node.config.meta %}
        {% for numbers in node.config.meta.trust or [{}] %}
            {% set fields = [node.schema ~ '.' ~ node.name] %}
            {% for field in ['rests_on', 'part', 'where', 'starts', 'ends', 'reason'] %}{% do fields.append(numbers.get(field)) %}{% endfor %}
            {% do declared.append([fields, numbers.get('withholds', [])]) %}
        {% endfor %}
    {% endfor %}
{% endif %}

select * from (
    values
    (null, null, null, null, null, null, null, null)
    {% for fields, withheld in declared -%}
    , ({% for field in fields %}{{ "'" ~ field | replace("'", "''") ~ "'" if field is not none else 'null' }}, {% endfor %}{{ withheld }})
    {% endfor -%}
) as declared (
    table_name, scope, part_column, row_condition, starts_at, ends_at, reason_column, withheld_columns
)
where table_name is not null
