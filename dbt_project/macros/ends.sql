{#
  Up to when one thing that a system tells is known: until the system's last event of any kind. But a system may go on and its export
  of one thing stop: sales end in August, deals in November. Silent for more than ten times its usual pause between days with events,
  it has ended with its own last one; from fewer than ten days nobody can tell what is usual.
#}
{% macro end_of_telling(day_count, first_day, last_day, last_told_at, last_heard_at) -%}
    case
        when
            {{ day_count }} >= 10
            and {{ hours_between(last_told_at, last_heard_at) }} > 10 * {{ hours_between(first_day, last_day) }} / ({{ day_count }} - 1)
            then {{ last_told_at }}
        else {{ last_heard_at }}
    end
{%- endmacro %}
