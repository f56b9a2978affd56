{#
  How a table is kept when a run mends it instead of making it anew (docs/decisions/0013). The model works out afresh the rows of all
  that was touched since the table was last built; whatever of them differs from what is stored is written, and nothing else. So a
  row that did not change costs no space, one that is no more does not stay, and to do it twice changes nothing.

  A model says in its meta:
  - scope: what its stored rows are found by, as {kind of thing touched: column}; the model's own SQL must give all rows of that scope.
    Beside the kinds that models touch there are `news` (what the feeds with new rows hold) and `all`; `fresh` is every key that the
    model gives now.
  - touches: what others must look at again when a row of this table comes, goes or changes, as {kind: column}.
#}
{% macro get_incremental_touched_sql(arguments) %}
    {%- set stored, fresh = arguments['target_relation'], arguments['temp_relation'] -%}
    {%- set columns = arguments['dest_columns'] | map(attribute='quoted') | list -%}
    {%- set touches = config.get('meta').get('touches', {}) -%}
    {%- set held, gone, come = this.name ~ '__held', this.name ~ '__gone', this.name ~ '__come' -%}
    create or replace temp table {{ held }} as
    select *, rowid as stored_row from {{ stored }} as stored
    where {{ _scope(arguments) }};
    create or replace temp table {{ gone }} as
    select * from {{ held }} as held
    where not exists (select 1 from {{ fresh }} as fresh where {{ _same(columns, 'held', 'fresh') }});
    create or replace temp table {{ come }} as
    select {{ columns | join(', ') }} from {{ fresh }} as fresh
    where not exists (select 1 from {{ held }} as held where {{ _same(columns, 'held', 'fresh') }});
    {% for kind, column in touches.items() -%}
    insert into working.loads.touched
    select (select max(turn) from working.loads.history), '{{ kind }}', {{ column }}
    from (select {{ column }} from {{ gone }} union select {{ column }} from {{ come }}) as changed
    where {{ column }} is not null;
    {% endfor -%}
    delete from {{ stored }} where rowid in (select stored_row from {{ gone }});
    insert into {{ stored }} ({{ columns | join(', ') }}) select {{ columns | join(', ') }} from {{ come }};
    drop table {{ held }};
    drop table {{ gone }};
    drop table {{ come }};
{% endmacro %}

{% macro _same(columns, left, right) -%}
    {%- for column in columns -%}
    {{ left }}.{{ column }} is not distinct from {{ right }}.{{ column }}{{ ' and ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{% macro _scope(arguments) -%}
    {%- set found = [] -%}
    {%- for kind, column in config.get('meta')['scope'].items() -%}
        {%- if kind == 'all' -%}{%- do found.append('true') -%}
        {%- elif kind == 'news' -%}{%- do found.append(is_news('stored')) -%}
        {%- elif kind == 'fresh' -%}
            {%- do found.append('stored.' ~ column ~ ' in (select ' ~ column ~ ' from ' ~ arguments['temp_relation'] ~ ')') -%}
        {%- else -%}{%- do found.append('stored.' ~ column ~ ' in ' ~ touched(kind)) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ (found + (arguments['incremental_predicates'] or [])) | join(' or ') }}
{%- endmacro %}
