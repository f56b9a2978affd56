{# A folder's schema is its name, without a prefix of the target; of seeds and snapshots it is what they are. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name or {'seed': 'seeds', 'snapshot': 'snapshots'}.get(node.resource_type, target.schema) }}
{%- endmacro %}

{# What nobody said is meant for others lies in the working file: seeds, snapshots, folders and packages that somebody adds. #}
{% macro generate_database_name(custom_database_name=none, node=none) -%}
    {{ custom_database_name or 'working' }}
{%- endmacro %}
