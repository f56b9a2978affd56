{# What published tables say under `trust` in their meta, as rows to be appended to a select of the columns of trust_numbers. #}
{% macro declared_trust() %}
    {%- if execute and graph is defined -%}
        {%- for node in (graph.nodes.values() | list) + (graph.sources.values() | list) if node.schema in ('marts', 'ml') and 'trust' in node.config.meta -%}
            {%- for numbers in node.config.meta.trust or [{}] %}
    union all
    select
        '{{ node.schema }}.{{ node.name }}'
            {%- for field in ['rests_on', 'part', 'where', 'starts', 'ends', 'reason'] -%}
        , {{ "'" ~ numbers[field] | replace("'", "''") ~ "'" if field in numbers else 'null' }}
            {%- endfor -%}
        , {{ numbers.get('withholds', []) }}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}
