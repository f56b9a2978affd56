{#
  The feeds: the staging models of events, each in the shape of the unified event (macro event_columns). They are named under `vars` in
  dbt_project.yml, because dbt must know while it parses what int_events_unioned is made of. `append_only`: one row alone says what event
  it is, so that only new rows need be read. `reread`: rows are told by one another (a change by the state before it, a name by another
  table), and all of them are read again when their source has news. A feed that rests on no landed table (a seed, a table of another
  database) has no news of its own: it is looked at in every run.
#}
{% macro feeds() %}{{ return(var('feeds')) }}{% endmacro %}

{# The landed systems that a feed is made of, near and far; none for one that is fed by others. #}
{% macro _systems_of(node, found) %}
    {%- for parent in node.depends_on.nodes -%}
        {%- if parent.startswith('source.' ~ project_name ~ '.raw.') -%}
            {%- do found.update({parent.split('.')[-1].split('__')[0]: true}) -%}
        {%- elif parent in graph.nodes and not parent.startswith('seed.') -%}{%- do _systems_of(graph.nodes[parent], found) -%}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}

{# Whether dbt knows its graph: not while it parses, not in a unit test, and a linter never. #}
{% macro _has_graph() %}{{ return(graph is defined and graph.nodes is defined) }}{% endmacro %}

{# Whether a feed rests on landed tables. #}
{% macro is_landed_feed(feed) %}
    {%- set systems = {} -%}
    {%- if not _has_graph() -%}{{ return(true) }}{%- endif -%}
    {%- do _systems_of(graph.nodes['model.' ~ project_name ~ '.stg_' ~ feed], systems) -%}
    {{ return(systems | length > 0) }}
{% endmacro %}

{# The staging models of events that nobody lands, each with whether it is a feed. #}
{% macro unlanded_feeds() %}
    {%- set found = {} -%}
    {%- if _has_graph() -%}
        {%- for node in graph.nodes.values() if node.resource_type == 'model' and modules.re.fullmatch('stg_.*events', node.name) -%}
            {%- if not is_landed_feed(node.name[4:]) -%}{%- do found.update({node.name[4:]: node.name[4:] in feeds()}) -%}{%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found) }}
{% endmacro %}

{#
  The feeds that the model at hand must read, each with the moment after which its rows are new, or none when all of it must be read:
  because the model is built anew, because a file of its source has changed, or because it is reread.
#}
{% macro feeds_due() %}
    {%- set due = {} -%}
    {%- if execute -%}
        {%- set news = {} -%}
        {%- if is_incremental() -%}
            {%- set found = run_query("
                select
                    new_loads.source,
                    case when bool_or(new_loads.is_whole) then null
                    else (select max(history.landed_at) from working.loads.history as history where history.batch <= " ~ _seen_batch() ~ ") end as since
                from working.loads.new_loads as new_loads
                where new_loads.batch > " ~ _seen_batch() ~ " group by new_loads.source
            ") -%}
        {%- else -%}
            {%- set found = run_query("select distinct source, null from working.raw.landed_files where row_count > 0") -%}
        {%- endif -%}
        {%- for row in found.rows -%}{%- do news.update({row[0]: row[1]}) -%}{%- endfor -%}
        {%- for feed, kind in feeds().items() -%}
            {%- set systems = {} -%}
            {%- do _systems_of(graph.nodes['model.' ~ project_name ~ '.stg_' ~ feed], systems) -%}
            {%- set told = systems | select('in', news) | list -%}
            {%- if not systems and is_incremental() and kind == 'append_only' -%}
                {%- set last = run_query("select max(loaded_at) from " ~ this ~ " where feed = '" ~ feed ~ "'").columns[0].values()[0] -%}
                {%- do due.update({feed: last}) -%}
            {%- elif not systems -%}{%- do due.update({feed: none}) -%}
            {%- elif told -%}{%- do due.update({feed: news[told[0]] if kind == 'append_only' and told | length == 1 else none}) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(due) }}
{% endmacro %}

{#
  Whether a row (with its `feed` and `loaded_at`) is one that the model at hand must read in this run; of a feed that is no more, any. In a
  unit test, where there is no graph, every row is.
#}
{% macro is_new_row(relation) -%}
    {%- if not _has_graph() -%}{{ return('true') }}{%- endif -%}
    {%- set found = [relation ~ ".feed not in ('" ~ feeds() | join("', '") ~ "')"] -%}
    {%- for feed, since in feeds_due().items() -%}
        {%- set later = ' and ' ~ relation ~ ".loaded_at > timestamp '" ~ since ~ "'" if since else '' -%}
        {%- do found.append('(' ~ relation ~ ".feed = '" ~ feed ~ "'" ~ later ~ ')') -%}
    {%- endfor -%}
    ({{ found | join(' or ') }})
{%- endmacro %}
