{# The columns of the unified event, in the order in which every stg_<source>__events gives them. #}
{% macro event_columns() %}
{{ return([
    'source', 'source_table', 'source_event_id', 'event_type', 'occurred_at', 'received_at',
    'user_id', 'anonymous_id', 'email', 'phone', 'device_id', 'crm_id', 'account_id',
    'channel', 'campaign', 'device', 'revenue_amount', 'currency', 'attributes',
    'loaded_at', 'file', 'file_row',
]) }}
{% endmacro %}

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
