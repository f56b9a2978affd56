{# The order in which signals are looked at: at one moment in that of their events; of one event the further stage later, a terminal one last of all. #}
{% macro signal_order() %}signals.signalled_at, signals.event_place, signals.is_terminal, signals.position, signals.entry_reason, signals.entry{% endmacro %}

{#
  A signal, and where a customer stands after it, as one record: folding needs both to be alike. Its place orders it. Without values it is where
  everybody begins: in no stage.
#}
{% macro stage_signal(place='cast(0 as bigint)', stage='cast(null as varchar)', at='cast(null as timestamp)', reason='cast(null as varchar)', position='cast(null as integer)', always='false', advances='false', terminal='false', origins='cast([] as varchar[])', current='cast(null as varchar)', furthest='cast(null as integer)', ended='false', changes='cast([] as struct(stage varchar, entered_at timestamp, reason varchar)[])') -%}
{'place': {{ place }}, 'stage': {{ stage }}, 'entered_at': {{ at }}, 'reason': {{ reason }}, 'position': {{ position }}, 'counts_always': {{ always }},
'advances': {{ advances }}, 'is_terminal': {{ terminal }}, 'origins': {{ origins }}, 'stage_now': {{ current }}, 'furthest': {{ furthest }},
'is_ended': {{ ended }}, 'changes': {{ changes }}}
{%- endmacro %}

{# Where a customer stands after one more signal. The path counts as far as the last milestone on it that counted. #}
{% macro next_stage_state(state, signal) -%}
{%- set counts = '(not ' ~ state ~ '.is_ended and (' ~ length_of(signal ~ '.origins') ~ ' = 0 or coalesce(' ~ holds(signal ~ '.origins', state ~ '.stage_now') ~ ', false)) and (' ~ signal ~ '.counts_always or ' ~ state ~ '.furthest is null or ' ~ signal ~ '.position >= ' ~ state ~ '.furthest))' -%}
{%- set moves = '(' ~ counts ~ ' and ' ~ signal ~ '.stage is distinct from ' ~ state ~ '.stage_now)' -%}
{%- set change = "{'stage': " ~ signal ~ ".stage, 'entered_at': " ~ signal ~ ".entered_at, 'reason': " ~ signal ~ ".reason}" -%}
{{ stage_signal(
    current='case when ' ~ moves ~ ' then ' ~ signal ~ '.stage else ' ~ state ~ '.stage_now end',
    furthest='case when ' ~ counts ~ ' and ' ~ signal ~ '.advances then ' ~ signal ~ '.position else ' ~ state ~ '.furthest end',
    ended=state ~ '.is_ended or (' ~ counts ~ ' and ' ~ signal ~ '.is_terminal)',
    changes='case when ' ~ moves ~ ' then ' ~ appended(state ~ '.changes', change) ~ ' else ' ~ state ~ '.changes end'
) }}
{%- endmacro %}
