{#
  When a model is made anew: when that is asked for; when it, a macro it uses or a definition it reads is another than when it was built;
  or when something it is made of is made anew, or was since. A description, a comment in a YAML or a page is none of these.
#}

{# dbt asks this of every model, to replace its table and in is_incremental(). #}
{% macro should_full_refresh() %}
    {%- set asked = config.get('full_refresh') -%}
    {%- if not execute or model is not defined or model.resource_type != 'model' or model.config.materialized != 'incremental' or asked is not none -%}
        {{ return(flags.FULL_REFRESH if asked is none else asked) }}
    {%- endif -%}
    {%- set known = _of_this_run('made anew') -%}
    {%- if model.unique_id not in known -%}
        {%- set is_anew = flags.FULL_REFRESH or _is_stale(model.unique_id) -%}
        {%- if is_anew and flags.WHICH in ('run', 'build') -%}
            {# What it was before is no more, whatever happens from here on; what stands on it is told so by its absence. #}
            {%- do run_query("delete from working.loads.built where model = '" ~ model.name ~ "'") -%}
        {%- endif -%}
        {%- do known.update({model.unique_id: is_anew}) -%}
    {%- endif -%}
    {{ return(known[model.unique_id]) }}
{% endmacro %}

{# Whether a model is, but for rows that changed, another than it would be if it were made anew. #}
{% macro _is_stale(id) %}
    {%- set ancestors = [] -%}
    {%- for ancestor in _ancestors_of(id) -%}
        {# One that this run does not select stays as it was built. #}
        {%- set checksum = "'" ~ _checksum_of(ancestor) ~ "'" if ancestor in selected_resources else 'null' -%}
        {%- do ancestors.append("('" ~ ancestor.split('.')[-1] ~ "', " ~ checksum ~ ')') -%}
    {%- endfor -%}
    {%- set found = run_query("
        with own as (
            select built_batch from working.loads.built
            where model = '" ~ id.split('.')[-1] ~ "' and checksum = '" ~ _checksum_of(id) ~ "'
        ),
        ancestors (model, checksum) as (values " ~ (ancestors or ["(null, null)"]) | join(', ') ~ ")
        select not exists (select 1 from own) or exists (
            select 1 from ancestors
            left join working.loads.built as built using (model)
            where
                ancestors.model is not null
                and (
                    built.model is null
                    or built.made_anew_batch > (select own.built_batch from own)
                    or built.checksum <> ancestors.checksum
                )
        )
    ") -%}
    {{ return(found.columns[0].values()[0]) }}
{% endmacro %}

{# A dictionary that lives as long as one run of dbt: the graph is all that the models of a run share. #}
{% macro _of_this_run(name) %}
    {%- set kept = graph.setdefault('of_this_run', {}) -%}
    {%- if kept.get('run') != invocation_id -%}
        {%- do kept.clear() -%}
        {%- do kept.update({'run': invocation_id}) -%}
    {%- endif -%}
    {{ return(kept.setdefault(name, {})) }}
{% endmacro %}

{# All models that a model is made of, near and far, by unique id. #}
{% macro _ancestors_of(id) %}
    {%- set known = _of_this_run('ancestors') -%}
    {%- if id not in known -%}
        {%- set found = {} -%}
        {%- for parent in graph.nodes[id].depends_on.nodes if parent.startswith('model.') -%}
            {%- do found.update({parent: true}) -%}
            {%- for other in _ancestors_of(parent) -%}{%- do found.update({other: true}) -%}{%- endfor -%}
        {%- endfor -%}
        {%- do known.update({id: found.keys() | list}) -%}
    {%- endif -%}
    {{ return(known[id]) }}
{% endmacro %}

{# The names of the tables that a model reads, directly or through views: a view shows at once what its tables hold. #}
{% macro _stored_parents_of(id, found) %}
    {%- for parent in graph.nodes[id].depends_on.nodes if parent.startswith('model.') -%}
        {%- if graph.nodes[parent].config.materialized in ('view', 'ephemeral') -%}{%- do _stored_parents_of(parent, found) -%}
        {%- else -%}{%- do found.update({graph.nodes[parent].name: true}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found.keys() | list) }}
{% endmacro %}

{#
  What decides how a model makes rows, in one hash: its SQL, the macros it uses, how it is materialized, the types of its columns, and the
  rows of the definitions it reads, directly or through views; of the settings those that its code names.
#}
{% macro _checksum_of(id) %}
    {%- set known = _of_this_run('checksums') -%}
    {%- if id not in known -%}
        {%- set node, macros, types, definitions = graph.nodes[id], {}, [], {'the engine': _definitions()['the engine']} -%}
        {%- do _macros_of(node.depends_on.macros, macros) -%}
        {%- for column in node.columns.values() -%}{%- do types.append(column.name ~ ' ' ~ column.data_type) -%}{%- endfor -%}
        {%- do _definitions_of(id, definitions) -%}
        {%- set how = [node.config.materialized, node.config.unique_key, node.config.meta.get('reads'), node.config.meta.get('changes')] -%}
        {%- do known.update({id: local_md5(node.checksum.checksum ~ how ~ types ~ macros.items() | sort ~ definitions.items() | sort)}) -%}
    {%- endif -%}
    {{ return(known[id]) }}
{% endmacro %}

{% macro _macros_of(ids, found) %}
    {%- for id in ids if id not in found and not id.startswith(('macro.dbt.', 'macro.dbt_duckdb.')) -%}
        {%- set package, name = id.split('.')[1], id.split('.')[-1] -%}
        {%- set macro = (context[name] if package == project_name else context[package][name]).macro -%}
        {%- do found.update({id: macro.macro_sql}) -%}
        {%- do _macros_of(macro.depends_on.macros, found) -%}
    {%- endfor -%}
{% endmacro %}

{% macro _definitions_of(id, found) %}
    {%- set node, macros = graph.nodes[id], {} -%}
    {%- for parent in node.depends_on.nodes -%}
        {%- set name = parent.split('.')[-1] -%}
        {%- if parent == 'source.' ~ project_name ~ '.journey.settings' -%}
            {%- do _macros_of(node.depends_on.macros, macros) -%}
            {%- set said = node.raw_code ~ macros.values() | join(' ') -%}
            {%- for definition, fingerprint in _definitions().items() if definition.startswith('settings.') and definition[9:] in said -%}
                {%- do found.update({definition: fingerprint}) -%}
            {%- endfor -%}
        {%- elif parent.startswith('source.' ~ project_name ~ '.journey.') -%}{%- do found.update({name: _definitions()[name]}) -%}
        {%- elif parent.startswith('model.') and graph.nodes[parent].config.materialized in ('view', 'ephemeral') -%}{%- do _definitions_of(parent, found) -%}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}

{# The fingerprints of all definitions, as on-run-start found them. #}
{% macro _definitions() %}
    {%- set known = _of_this_run('definitions') -%}
    {%- if not known -%}
        {%- for row in run_query('select definition, fingerprint from working.loads.definitions').rows -%}
            {%- do known.update({row[0]: row[1]}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(known) }}
{% endmacro %}
