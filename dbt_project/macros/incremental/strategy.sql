{#
  How an incremental table is kept (docs/decisions/0027). The model works out afresh the rows of all that changed since the table was last
  built; whatever of them differs from what is stored is written, and nothing else. So a row that did not change costs no space, one that
  is no more does not stay, and to do it twice changes nothing.

  A model says in its meta:
  - reads: what its stored rows are found by, as {kind of key that changed: column}; the model's own SQL must give all rows of these.
    Beside the kinds that models note there are `new_rows` (what the feeds with new rows hold), `future` (what lies after the clock),
    `all`, and `fresh`: every key that the model gives now. Without it rows are found by the unique key, as a merge finds them.
  - changes: what others must look at again when a row of this table comes, goes or changes, as {kind: column}.
#}
{% macro get_incremental_changed_keys_sql(arguments) %}
    {%- set stored, fresh = arguments['target_relation'], arguments['temp_relation'] -%}
    {%- set columns = arguments['dest_columns'] | map(attribute='quoted') | list -%}
    {%- set held, gone, come = this.name ~ '__held', this.name ~ '__gone', this.name ~ '__come' -%}
    create or replace temp table {{ held }} as
    select *, rowid as stored_row from {{ stored }} as stored
    where {{ _stored_rows_to_compare(arguments) }};
    create or replace temp table {{ gone }} as
    select * from {{ held }} as held
    where not exists (select 1 from {{ fresh }} as fresh where {{ _same(columns, 'held', 'fresh') }});
    create or replace temp table {{ come }} as
    select {{ columns | join(', ') }} from {{ fresh }} as fresh
    where not exists (select 1 from {{ held }} as held where {{ _same(columns, 'held', 'fresh') }});
    {% for kind, column in config.get('meta').get('changes', {}).items() -%}
    insert into working.loads.changed_keys
    select (select max(batch) from working.loads.history), '{{ kind }}', {{ column }}
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

{% macro _stored_rows_to_compare(arguments) -%}
    {%- set keys = [arguments['unique_key']] if arguments['unique_key'] is string else arguments['unique_key'] -%}
    {%- set fresh, found = arguments['temp_relation'], [] -%}
    {%- for kind, column in config.get('meta').get('reads', {'fresh': keys | join(', ')}).items() -%}
        {%- if kind == 'all' -%}{%- do found.append('true') -%}
        {%- elif kind == 'new_rows' -%}{%- do found.append(is_new_row('stored')) -%}
        {%- elif kind == 'future' -%}{%- do found.append('stored.' ~ column ~ ' > (select as_of from ' ~ ref('int_clock_read') ~ ')') -%}
        {%- elif kind == 'fresh' -%}{%- do found.append('(' ~ column ~ ') in (select ' ~ column ~ ' from ' ~ fresh ~ ')') -%}
        {%- else -%}{%- do found.append('stored.' ~ column ~ ' in ' ~ changed_keys(kind)) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ found | join(' or ') }}
{%- endmacro %}
