{#
  The columns of the unified event, in the order in which every stg_<source>__events gives them, with their types.
  version_at tells versions of one event apart (the later wins), received_at is when the source itself knew of the event;
  text is what a person wrote and never leaves the working file. copy_count is how many more rows of this version there were, where
  staging keeps one of them. own_id is the id that a sender gave, where more than that makes the event one: others may have it too.
  sequence orders the events of one moment, where the system says in which order they came.
#}
{% macro event_kinds() %}
{{ return({
    'source': 'varchar', 'source_table': 'varchar', 'source_event_id': 'varchar', 'own_id': 'varchar', 'event_name': 'varchar',
    'occurred_at': 'timestamp', 'received_at': 'timestamp', 'version_at': 'timestamp', 'is_deleted': 'boolean',
    'user_id': 'varchar', 'anonymous_id': 'varchar', 'email': 'varchar', 'phone': 'varchar', 'device_id': 'varchar',
    'crm_id': 'varchar', 'account_id': 'varchar',
    'channel': 'varchar', 'campaign': 'varchar', 'utm_source': 'varchar', 'utm_medium': 'varchar', 'click_id': 'varchar',
    'page_url': 'varchar', 'referrer_url': 'varchar',
    'device': 'varchar', 'revenue_amount': 'decimal(18, 4)', 'currency': 'varchar', 'text': 'varchar', 'attributes': 'varchar',
    'copy_count': 'bigint', 'loaded_at': 'timestamp', 'file': 'varchar', 'file_row': 'bigint', 'sequence': 'bigint',
}) }}
{% endmacro %}

{% macro event_columns() %}{{ return(event_kinds().keys() | list) }}{% endmacro %}

{# The source whose staging model is being written: its folder. (A linter renders without a model.) #}
{% macro source_name() %}{{ return(model.fqn[-2] if model is defined else 'source') }}{% endmacro %}

{#
  One kind of event out of the rows of a relation: `values` says what each column of the unified event is; what it leaves out is
  NULL, and the source is the folder of the model. A row without a time is no such event. Rows that nobody landed (`is_landed=false`: of
  a seed, of an attached database) come from no file, and count as known when they happened, unless `loaded_at` says otherwise.
#}
{% macro events_from(relation, values, where='true', is_landed=true) %}
    {%- set given = {'source': "'" ~ source_name() ~ "'"} -%}
    {%- if is_landed -%}{%- do given.update({'loaded_at': '_loaded_at', 'file': '_file', 'file_row': '_row_id'}) -%}
    {%- else -%}{%- do given.update({'loaded_at': 'least(' ~ values['occurred_at'] ~ ', ' ~ last_landing() ~ ')'}) -%}
    {%- endif -%}
    {%- do given.update(values) -%}
    {%- for column in given if column not in event_columns() -%}
        {{ exceptions.raise_compiler_error(column ~ ' is no column of the unified event') }}
    {%- endfor -%}
    select
    {%- for column, kind in event_kinds().items() %}
        cast({{ given.get(column, 'null') }} as {{ kind }}) as {{ column }}{{ ',' if not loop.last }}
    {%- endfor %}
    from {{ relation }}
    where {{ given['occurred_at'] }} is not null and ({{ where }})
{%- endmacro %}

{# When this warehouse last landed something: what is dated later has not happened yet. #}
{% macro last_landing() %}(select max(history.landed_at) from working.loads.history as history){% endmacro %}

{# The events of several CTEs, one below the other. #}
{% macro union_all(relations) %}
    {%- for relation in relations %}
select * from {{ relation }}
    {%- if not loop.last %}
union all
    {%- endif %}
    {%- endfor %}
{%- endmacro %}

{#
  The rows of a raw table, of each key only the version that counts: the one the vendor changed last, then the one a history mode began
  last, then the one fetched last, then the one from the last file in natural order. is_deleted says what the vendor marks in whichever
  way, and that the last version has ended; `of_versions`: the key names a version, which ends without being deleted.
#}
{% macro latest(table, keys, changed_at=none, of_versions=false) %}
select
    * replace (
        coalesce(is_deleted, false) or deleted_at is not null
        {%- if not of_versions %} or coalesce(not is_active_version, version_ended_at < timestamp '9000-01-01', false){% endif %} as is_deleted
    ),
    {{ 'coalesce(' ~ changed_at ~ ', synced_at)' if changed_at else 'synced_at' }} as version_at
from {{ source('raw', table) }}
qualify row_number() over (
    partition by {{ keys | join(', ') }}
    order by
        {% if changed_at %}{{ changed_at }} desc nulls last, {% endif -%}
        version_started_at desc nulls last, synced_at desc nulls last, {{ natural_order('_file') }} desc, _row_id desc
) = 1
{% endmacro %}

{# A name without case and punctuation, as names are compared: Order Completed is order_completed. Python has the same in journey.py. #}
{% macro plain_name(name) %}trim({{ replace_all('lower(' ~ name ~ ')', '[^a-z0-9]+', '_') }}, '_'){% endmacro %}

{# File names compare as people read them: part 2 before part 10. Numbers are padded to twelve digits. #}
{% macro natural_order(text) %}{{ replace_all(replace_all(text, '([0-9]+)', '00000000000\\1'), '0*([0-9]{12})([^0-9]|$)', '\\1\\2') }}{% endmacro %}

{# The 95 % Wilson score interval of a share (E. B. Wilson, JASA 22, 1927); side is '-' for its low and '+' for its high end. #}
{% macro wilson(successes, trials, side) %}
case when {{ trials }} > 0 then
    {{ 'greatest(0.0, ' if side == '-' else 'least(1.0, ' }}
        ({{ successes }} + 1.920729 {{ side }} 1.959964 * sqrt({{ successes }} * ({{ trials }} - {{ successes }}) / cast({{ trials }} as double) + 0.960365))
        / ({{ trials }} + 3.841459)
    )
end
{% endmacro %}

{# The attributes of an event that says that something changed. #}
{% macro changed_from_to(from_value, to_value) %}{{ json_pairs({'from': from_value, 'to': to_value}) }}{% endmacro %}

{# The columns of a day of a campaign, in the order in which every stg_<source>__ad_days gives them, with their types. #}
{% macro ad_day_kinds() %}
{{ return({
    'source': 'varchar', 'source_table': 'varchar', 'ad_date': 'date', 'campaign_id': 'varchar', 'campaign': 'varchar',
    'channel': 'varchar', 'device': 'varchar', 'impression_count': 'bigint', 'click_count': 'bigint',
    'spend_amount': 'decimal(18, 4)', 'currency': 'varchar', 'platform_conversion_count': 'double', 'loaded_at': 'timestamp',
}) }}
{% endmacro %}

{# The days of campaigns out of a relation, those the vendor deleted left out; what `values` leaves out is NULL. #}
{% macro ad_days_from(relation, values) %}
    {%- set given = dict({'source': "'" ~ source_name() ~ "'", 'loaded_at': '_loaded_at'}, **values) -%}
    select
    {%- for column, kind in ad_day_kinds().items() %}
        cast({{ given.get(column, 'null') }} as {{ kind }}) as {{ column }}{{ ',' if not loop.last }}
    {%- endfor %}
    from {{ relation }}
    where {{ given['ad_date'] }} is not null and not is_deleted
{%- endmacro %}
