{# An id of Mixpanel's that stands for somebody: not one of the words that programs write when they know nobody. #}
{% macro mixpanel_somebody(id) %}case when lower({{ id }}) not in ('', '0', '-1', 'anon', 'anonymous', 'nil', '<nil>', 'none', 'null', 'n/a', 'na', 'nan', 'undefined', 'unknown', 'true', 'false', 'test', '[]', '{}', '[object object]', 'lmy47d', '00000000-0000-0000-0000-000000000000', '$device:') then {{ id }} end{% endmacro %}

{# Whether an id was made up by Mixpanel for a device: marked as such, or the long hexadecimal numbers its libraries draw. #}
{% macro mixpanel_is_drawn(id) %}({{ id }} like '$device:%' or {{ matches('lower(' ~ id ~ ')', '[0-9a-f]{8,}(-[0-9a-f]+){4}') }}){% endmacro %}

{# Whether an id that nobody says the kind of is a device's: the event's own device, or drawn by Mixpanel and not the user's. #}
{% macro mixpanel_is_device(id, device_id, user_id) %}
coalesce({{ mixpanel_unmarked(id) }} = {{ device_id }} or ({{ mixpanel_is_drawn(id) }} and {{ id }} <> coalesce({{ user_id }}, '')), false)
{% endmacro %}

{# An id without the mark of a device. #}
{% macro mixpanel_unmarked(id) %}{{ replace_all(id, '^[$]device:', '') }}{% endmacro %}
