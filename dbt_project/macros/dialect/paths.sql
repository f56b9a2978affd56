{# Paths: what one customer did, in order, as arrays. #}

{# Rows in the order of their time and, among equals, of their key, as one array of (moment, key, name); and one part of each of them. #}
{% macro steps_in_order(moment, key, name) %}list_sort(list({'moment': {{ moment }}, 'key': {{ key }}, 'name': {{ name }}})){% endmacro %}
{% macro parts_of(steps, part) %}list_transform({{ steps }}, lambda step: step.{{ part }}){% endmacro %}

{# Where a step was taken, as one value: to look for the first step once is twice as fast as once for each. #}
{% macro source_and_device(source, device) %}{'source': {{ source }}, 'device': {{ device }}}{% endmacro %}

{# The values of a column as one array, in the order of another. #}
{% macro array_in_order(value, place) %}list({{ value }} order by {{ place }}){% endmacro %}

{# The elements from one place to another, both included, and the one at a place (NULL beyond the end); places begin with 1. #}
{% macro elements_between(items, first, last) %}list_slice({{ items }}, {{ first }}, {{ last }}){% endmacro %}
{% macro element(items, place) %}list_extract({{ items }}, {{ place }}){% endmacro %}
{% macro last_element(items) %}list_extract({{ items }}, -1){% endmacro %}
{% macro size_of(items) %}len({{ items }}){% endmacro %}

{# The different elements of an array, each once, in no order. #}
{% macro distinct_elements(items) %}list_distinct({{ items }}){% endmacro %}

{# Where a value first stands in an array. #}
{% macro place_of(value, items) %}list_position({{ items }}, {{ value }}){% endmacro %}

{# The places of the elements that differ from the one before them: a a b a has 1, 3, 4. And the elements at such places. #}
{% macro places_of_changes(items) %}list_filter(range(1, len({{ items }}) + 1), lambda place: place = 1 or {{ items }}[place] <> {{ items }}[place - 1]){% endmacro %}
{% macro elements_at(items, places) %}list_select({{ items }}, {{ places }}){% endmacro %}

{# The names around the one at a place, from `first` to `last` steps away from it, with a word for before the beginning and after the end. #}
{% macro names_around(names, place, first, last) %}
list_transform(
    range({{ first }}, {{ last }} + 1),
    lambda step: case when {{ place }} + step < 1 then 'path_start' else coalesce({{ names }}[{{ place }} + step], 'path_end') end
)
{% endmacro %}

{# How many moments lie before one. #}
{% macro count_before(moments, moment) %}len(list_filter({{ moments }}, lambda one: one < {{ moment }})){% endmacro %}

{# Of each name that is followed by another, what followed it the first time, as an array of (from_name, to_name). #}
{% macro first_moves(names) %}
list_transform(
    list_distinct(list_slice({{ names }}, 1, len({{ names }}) - 1)),
    lambda one: {'from_name': one, 'to_name': {{ names }}[list_position({{ names }}, one) + 1]}
)
{% endmacro %}

{# A row for each place of arrays of the same length: {column: array}. #}
{% macro exploded(arrays) %}{% for column, items in arrays.items() %}unnest({{ items }}) as {{ column }}{{ ', ' if not loop.last }}{% endfor %}{% endmacro %}

{# The numbers from one to another, both included, as an array. #}
{% macro numbers_between(first, last) %}range({{ first }}, {{ last }} + 1){% endmacro %}

{# A number for each name of an array, the same for the same name. #}
{% macro keys_of_each(names) %}list_transform({{ names }}, lambda one: {{ quick_key(['one']) }}){% endmacro %}

{# Names as people read a path: a → b → c. #}
{% macro path_text(names) %}array_to_string({{ names }}, ' → '){% endmacro %}
