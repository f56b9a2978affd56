{#
  What a run must look at again: the rows that landed, and whatever was touched since the table at hand was last built. The
  book-keeping is written in warehouse/landing/loads.py; how a table is mended is dialect/touched.sql.
#}

{# The keys of one kind (event, combination, person, customer) that were touched since this model was last built. #}
{% macro touched(kind) -%}
(
    select touched.key from working.loads.touched as touched
    where
        touched.kind = '{{ kind }}'
        and touched.turn > (select coalesce(max(built.turn), 0) from working.loads.built as built where built.model = '{{ this.name }}')
)
{%- endmacro %}

{# The condition that leaves only touched rows, by any of the columns of `keys` ({kind: column}) or by `others`; true in a full build. #}
{% macro is_touched(keys, others=[]) -%}
    {%- if is_incremental() -%}
        {%- set found = [] -%}
        {%- for kind, column in keys.items() -%}{%- do found.append(column ~ ' in ' ~ touched(kind)) -%}{%- endfor -%}
        ({{ (found + others) | join(' or ') }})
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

{#
  The feeds, that is the staging models of events. Of a feed `by_row` one landed row alone says what event it is, so that only new rows
  need be read; in any other, rows are told by one another (a change by the state before it, a name by another table), and all of its
  rows are read again when its source has news.
#}
{% macro feeds() %}
{{ return({
    'events__events': 'by_row',
    'events__feature_use_events': 'whole',
    'ga4__events': 'whole',
    'hubspot__events': 'whole',
    'klaviyo__events': 'whole',
    'mixpanel__events': 'whole',
    'olist__events': 'whole',
    'rudderstack__events': 'whole',
    'salesforce__events': 'whole',
    'segment__events': 'whole',
    'stripe__events': 'whole',
    'surveys__events': 'whole',
    'zendesk__events': 'whole',
}) }}
{% endmacro %}

{#
  The feeds that a run must read, each with the moment after which its rows are new, or none when all of it must be read: because the
  build is a full one, because a file of its source has changed, or because it is no feed by row.
#}
{% macro feeds_due() %}
    {%- set due = {} -%}
    {%- if not execute -%}
        {%- for feed in feeds() -%}{%- do due.update({feed: none}) -%}{%- endfor -%}
    {%- elif flags.FULL_REFRESH -%}
        {%- set landed = run_query("select distinct source from working.raw.landed_files where row_count > 0").columns[0].values() -%}
        {%- for feed in feeds() if feed.split('__')[0] in landed -%}{%- do due.update({feed: none}) -%}{%- endfor -%}
    {%- else -%}
        {%- set news = run_query("
            with mark as (
                select coalesce(min(turn), 0) as turn from working.loads.built
                where model in ('int_event_names_counted', 'int_events_versioned')
            )
            select
                news.source,
                case when bool_or(news.is_whole) or any_value(mark.turn) = 0 then null
                else (select max(history.landed_at) from working.loads.history as history where history.turn <= any_value(mark.turn)) end as since
            from working.loads.news as news cross join mark
            where news.turn > mark.turn group by news.source
        ") -%}
        {%- for row in news.rows -%}
            {%- for feed, kind in feeds().items() if feed.split('__')[0] == row[0] -%}
                {%- do due.update({feed: row[1] if kind == 'by_row' else none}) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(due) }}
{% endmacro %}

{# Whether a stored row stands for rows that this run reads. #}
{% macro is_news(relation) -%}
    {%- set found = ['false'] -%}
    {%- for feed, since in feeds_due().items() -%}
        {%- set later = ' and ' ~ relation ~ ".loaded_at > timestamp '" ~ since ~ "'" if since else '' -%}
        {%- do found.append('(' ~ relation ~ ".feed = '" ~ feed ~ "'" ~ later ~ ')') -%}
    {%- endfor -%}
    {{ found | join(' or ') }}
{%- endmacro %}

{# Columns of these kinds without a value, for a relation that has no rows. #}
{% macro nothing_of(kinds) -%}
    {%- for column, kind in kinds.items() -%}cast(null as {{ kind }}) as {{ column }}{{ ', ' if not loop.last }}{%- endfor -%}
{%- endmacro %}
