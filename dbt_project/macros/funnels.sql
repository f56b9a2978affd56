{# One step of a way through a funnel. #}
{% macro way_step(step, reached_at, event_place) %}{'step': {{ step }}, 'reached_at': {{ reached_at }}, 'event_place': {{ event_place }}}{% endmacro %}

{# An attempt, and which attempts were made so far, as one record: folding needs both to be alike. Its first fields order it. Without values: none yet. #}
{% macro attempt(entered_at="timestamp '0001-01-01'", entry_place='cast(0 as bigint)', entry_event_id='cast(null as bigint)', until="timestamp '0001-01-01'", made='cast([] as bigint[])') -%}
{'entered_at': {{ entered_at }}, 'entry_place': {{ entry_place }}, 'entry_event_id': {{ entry_event_id }}, 'until': coalesce({{ until }}, timestamp '9999-12-31'), 'made': {{ made }}}
{%- endmacro %}

{# Which attempts were made after one more entry: it begins one unless another is still under way. #}
{% macro next_attempt(state, entry) -%}
{%- set begins = entry ~ '.entered_at > ' ~ state ~ '.until' -%}
{{ attempt(
    until='case when ' ~ begins ~ ' then ' ~ entry ~ '.until else ' ~ state ~ '.until end',
    made='case when ' ~ begins ~ ' then ' ~ appended(state ~ '.made', entry ~ '.entry_event_id') ~ ' else ' ~ state ~ '.made end'
) }}
{%- endmacro %}
