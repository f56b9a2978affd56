{#
  Sources in somebody else's database file: a tool that loads (dlt, Airbyte), another project, a CRM. Such a source says in its YAML where it
  lies, `config: {meta: {attach: "/data/crm.duckdb"}}` or with env_var(), and by which name it is read, `database: crm`. on-run-start opens
  it for reading, beside the two files of the home, until this call of dbt ends.
#}
{% macro attach_sources() %}
    {%- if execute -%}
        {%- set files = {} -%}
        {%- for source in graph.sources.values() if source.config.meta.get('attach') -%}
            {%- do files.update({source.database: [source.config.meta['attach'], source.source_name]}) -%}
        {%- endfor -%}
        {%- for database, found in files.items() -%}
            {%- if not run_query("select 1 from glob('" ~ found[0] ~ "')").rows -%}
                {%- do exceptions.raise_compiler_error(
                    'The source ' ~ found[1] ~ ' lies in ' ~ found[0] ~ ', and no such file is there. Load it first, or correct meta.attach in its YAML '
                    ~ '(or the variable that it reads).'
                ) -%}
            {%- endif -%}
            {%- do run_query("attach if not exists '" ~ found[0] ~ "' as " ~ database ~ ' (read_only)') -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}
