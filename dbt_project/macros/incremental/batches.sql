{#
  The book-keeping of batches (docs/decisions/0027). A landing is a batch, and so is a run of dbt, whoever calls it and whatever it
  selects. `loads.built` says of each model with which checksum it was built, in which batch, up to which batch it has seen what was
  noted, and in which batch it was last made anew. When a model is made anew is checksums.sql.
#}

{# on-run-start: a number for this run, and what the definitions are now. #}
{% macro start_batch() %}
    {%- if execute and flags.WHICH in ('run', 'build') -%}
        {%- set there = run_query("select 1 from duckdb_tables() where database_name = 'working' and schema_name = 'loads' and table_name = 'built'") -%}
        {%- if not there.rows -%}
            {%- do exceptions.raise_compiler_error('Nothing has landed in this home yet, so there is nothing to build from: call make run first.') -%}
        {%- endif -%}
        {%- do run_query('insert into working.loads.history select coalesce(max(batch), 0) + 1, null from working.loads.history') -%}
        {%- set prints = ["select 'the engine' as definition, version() as fingerprint"] -%}
        {%- set tables = run_query("select table_name from duckdb_tables() where schema_name = 'journey' and database_name = current_database()") -%}
        {%- for table in tables.columns[0].values() if table != 'settings' -%}
            {%- do prints.append("select '" ~ table ~ "', md5(coalesce(string_agg(told::varchar, chr(10) order by told::varchar), '')) from journey." ~ table ~ ' as told') -%}
        {%- endfor -%}
        {# Each setting is a definition of its own; the clock of a run is none. #}
        {%- do prints.append("select 'settings.' || name, coalesce(value, '') from (unpivot (select columns(*)::varchar from journey.settings) on * into name name value value) where name <> 'requested_as_of'") -%}
        {%- do run_query('delete from working.loads.definitions') -%}
        {%- do run_query('insert into working.loads.definitions ' ~ prints | join(' union all ')) -%}
    {%- endif -%}
{% endmacro %}

{# on-run-end: what was built, and what need not be remembered any more. #}
{% macro end_batch(results) %}
    {%- if execute and flags.WHICH in ('run', 'build') -%}
        {%- set batch = run_query('select max(batch) from working.loads.history').columns[0].values()[0] -%}
        {%- set seen, before = {}, {} -%}
        {%- for row in run_query('select model, seen_batch, checksum, made_anew_batch from working.loads.built').rows -%}
            {%- do seen.update({row[0]: row[1]}) -%}
            {%- do before.update({row[0]: [row[2], row[3]]}) -%}
        {%- endfor -%}
        {%- set rows, names = [], [] -%}
        {%- for one in results if one.status == 'success' and one.node.resource_type == 'model' -%}
            {%- set name, checksum, limits = one.node.name, _checksum_of(one.node.unique_id), [batch] -%}
            {# What a model is made of may have seen less, where this run left it as it was. #}
            {%- for parent in _stored_parents_of(one.node.unique_id, {}) -%}{%- do limits.append(seen.get(parent, 0)) -%}{%- endfor -%}
            {%- set was = before.get(name, ['', batch]) -%}
            {%- do seen.update({name: limits | min}) -%}
            {%- do names.append(name) -%}
            {%- set anew = was[1] if was[0] == checksum else batch -%}
            {%- do rows.append("('" ~ name ~ "', '" ~ checksum ~ "', " ~ batch ~ ', ' ~ limits | min ~ ', ' ~ anew ~ ')') -%}
        {%- endfor -%}
        {%- if rows -%}
            {%- do run_query("delete from working.loads.built where model in ('" ~ names | join("', '") ~ "')") -%}
            {%- do run_query('insert into working.loads.built (model, checksum, built_batch, seen_batch, made_anew_batch) values '
                ~ rows | join(', ')) -%}
        {%- endif -%}
        {%- for table, kind in {'changed_keys': none, 'new_loads': 'new_rows'}.items() -%}
            {%- set seen_by_readers = [] -%}
            {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.config.materialized == 'incremental' -%}
                {%- if not kind or kind in node.config.meta.get('reads', {}) -%}{%- do seen_by_readers.append(seen.get(node.name, 0)) -%}{%- endif -%}
            {%- endfor -%}
            {%- do run_query('delete from working.loads.' ~ table ~ ' where batch <= ' ~ seen_by_readers | min) -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}
