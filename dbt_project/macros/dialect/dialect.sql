{# Everything that DuckDB spells differently from Spark SQL. Models call these; another engine would spell them anew here only. #}

{# A 63-bit key of a text: the same text gives the same key for ever. Anybody can compute it: of what names people, take keyed_key. #}
{% macro hash_key(text) %}cast(md5_number_lower({{ text }}) >> 1 as bigint){% endmacro %}

{# Values as one text that no other values give: no sign in one of them moves a part of it into the next, and NULL is not the empty text. #}
{% macro joined(values) %}cast(json_array({{ values | join(', ') }}) as varchar){% endmacro %}

{# A 63-bit key of several columns for use inside one warehouse: many times faster, but another version of the engine may give another. #}
{% macro quick_key(columns) %}cast(hash({{ columns | join(', ') }}) >> 1 as bigint){% endmacro %}

{# A JSON object of these values by key, without the NULL ones; NULL when none is left. #}
{% macro json_pairs(values) %}nullif(cast(json_merge_patch('{}', json_object({% for key, value in values.items() %}'{{ key }}', {{ value }}{{ ', ' if not loop.last }}{% endfor %})) as varchar), '{}'){% endmacro %}

{# The same of columns under their own names. #}
{% macro json_of(columns) %}{% set values = {} %}{% for column in columns %}{% do values.update({column: column}) %}{% endfor %}{{ json_pairs(values) }}{% endmacro %}

{# Whether a text matches a regular expression from end to end. #}
{% macro matches(text, pattern) %}regexp_full_match({{ text }}, '{{ pattern }}'){% endmacro %}

{# Every match of a regular expression replaced. #}
{% macro replace_all(text, pattern, replacement) %}regexp_replace({{ text }}, '{{ pattern }}', '{{ replacement }}', 'g'){% endmacro %}

{# A text of which a letter and its accent are one sign, and the signs that cannot be seen, as a regular expression. #}
{% macro composed(text) %}nfc_normalize({{ text }}){% endmacro %}
{% macro unseen() %}{{ return('[\\x{00}-\\x{08}\\x{0E}-\\x{1F}\\x{7F}\\x{AD}\\x{200B}-\\x{200F}\\x{202A}-\\x{202E}\\x{2060}-\\x{2064}\\x{FEFF}]') }}{% endmacro %}

{# A text without these signs at its ends. #}
{% macro trimmed(text, signs) %}trim({{ text }}, '{{ signs }}'){% endmacro %}

{# What a regular expression finds in a text, without these signs at its end; NULL where it finds nothing, or different things. #}
{% macro only_match(text, pattern, signs) %}
    {%- set found = "list_distinct(list_transform(regexp_extract_all(" ~ text ~ ", '" ~ pattern ~ "'), lambda one: rtrim(one, '" ~ signs ~ "')))" -%}
    case when len({{ found }}) = 1 then {{ found }}[1] end
{%- endmacro %}

{# A timestamp as microseconds since 1970; what has none is later than everything. #}
{% macro microseconds(moment) %}coalesce(epoch_us({{ moment }}), 4611686018427387904){% endmacro %}

{# Hours from one timestamp to another, with fractions. #}
{% macro hours_between(from_at, to_at) %}((epoch_us({{ to_at }}) - epoch_us({{ from_at }})) / 3.6e9){% endmacro %}

{# A timestamp moved by a number of hours, which may be a fraction or a column. #}
{% macro add_hours(moment, hours) %}({{ moment }} + to_microseconds(cast(({{ hours }}) * 3.6e9 as bigint))){% endmacro %}

{# Hour of the week: 0 is Monday 00:00, 167 is Sunday 23:00. #}
{% macro hour_of_week(moment) %}((isodow({{ moment }}) - 1) * 24 + hour({{ moment }})){% endmacro %}

{# Which week of the calendar a moment lies in, and which part of its hour has passed. #}
{% macro week_number(moment) %}floor((epoch_us({{ moment }}) / 3.6e9 - 96) / 168){% endmacro %}
{% macro hour_part(moment) %}{{ hours_between("date_trunc('hour', " ~ moment ~ ")", moment) }}{% endmacro %}

{# The array of days from start to stop, both included. #}
{% macro days_series(start, stop) %}generate_series(cast({{ start }} as timestamp), {{ stop }}, interval 1 day){% endmacro %}

{# A fraction as people read it. #}
{% macro percent(fraction) %}printf('%.1f %%', 100 * {{ fraction }}){% endmacro %}

{# A moment to the minute, and a day, as people read them. #}
{% macro minute_of(moment) %}strftime({{ moment }}, '%Y-%m-%d %H:%M'){% endmacro %}
{% macro day_of(moment) %}strftime({{ moment }}, '%Y-%m-%d'){% endmacro %}

{# The value at a fraction of the sorted values, interpolated. #}
{% macro quantile(value, fraction) %}quantile_cont({{ value }}, {{ fraction }}){% endmacro %}

{# The same for several fractions at once, as an array: the values are held once. #}
{% macro quantiles(value, fractions) %}quantile_cont({{ value }}, [{{ fractions | join(', ') }}]){% endmacro %}

{# A keyed hash of a text, as 64 hexadecimal digits; and its first 63 bits as a key, which nobody can compute without the secret. #}
{% macro keyed_hash(secret, text) %}sha256({{ secret }} || {{ text }}){% endmacro %}
{% macro keyed_key(secret, text) %}cast(cast('0x' || substr({{ keyed_hash(secret, text) }}, 1, 16) as ubigint) >> 1 as bigint){% endmacro %}

{# The part after the last @. #}
{% macro mail_domain(email) %}nullif(split_part({{ email }}, '@', 2), ''){% endmacro %}

{# The first group of the first match of a regular expression, NULL when nothing matches. #}
{% macro first_match(text, pattern) %}nullif(regexp_extract({{ text }}, '{{ pattern }}', 1), ''){% endmacro %}

{# Whether a regular expression matches somewhere in a text, whatever its case. #}
{% macro contains_match(text, pattern) %}regexp_matches({{ text }}, '(?i){{ pattern }}'){% endmacro %}

{# A value of a JSON text as text, by its path. #}
{% macro json_value(document, path) %}({{ document }} ->> '{{ path }}'){% endmacro %}

{# Two JSON objects as one, the second one's values first; NULL when nothing is in them. #}
{% macro json_merged(first, second) %}nullif(cast(json_merge_patch(coalesce({{ first }}, '{}'), coalesce({{ second }}, '{}')) as varchar), '{}'){% endmacro %}

{# A part of an address as it reads; as it is where it is broken. #}
{% macro decoded_url(text) %}coalesce(try(url_decode({{ text }})), {{ text }}){% endmacro %}

{# The elements of a JSON array of texts, as an array; empty for anything else. #}
{% macro json_texts(document) %}coalesce(try(from_json({{ document }}, '["VARCHAR"]')), []){% endmacro %}

{# Whether a key, written in snake_case, matches a regular expression from end to end. #}
{% macro key_matches(key, pattern) %}regexp_full_match(regexp_replace(lower({{ key }}), '[^a-z0-9]+', '_', 'g'), '{{ pattern }}'){% endmacro %}

{# A JSON object without the keys that match a regular expression when written in snake_case; NULL when none is left. #}
{% macro json_without(document, pattern) %}nullif(cast(json_merge_patch({{ document }}, '{' || array_to_string(list_transform(list_filter(json_keys({{ document }}), lambda name: {{ key_matches('name', pattern) }}), lambda name: to_json(name) || ':null'), ',') || '}') as varchar), '{}'){% endmacro %}

{# The entries of a JSON object as an array of (key, value), the values as text; empty for anything else. #}
{% macro json_entries(document) %}coalesce(map_entries(try(from_json({{ document }}, '"MAP(VARCHAR,VARCHAR)"'))), []){% endmacro %}

{# A JSON array of (key, value) whose value stands under the name of its type, as such entries; those without a value left out. #}
{% macro typed_entries(document) %}
list_filter(
    list_transform(
        coalesce(try(from_json({{ bare_array(document) }}, '[{"key": "VARCHAR", "value": {"string_value": "VARCHAR", "int_value": "VARCHAR", "float_value": "VARCHAR", "double_value": "VARCHAR"} }]')), []),
        lambda parameter: {
            'key': parameter.key,
            'value': nullif(coalesce(parameter.value.string_value, parameter.value.int_value, parameter.value.double_value, parameter.value.float_value), '')
        }
    ),
    lambda entry: entry.key is not null and entry.value is not null
)
{% endmacro %}

{# A JSON array without the wrapping of its elements that BigQuery writes into Parquet. #}
{% macro bare_array(document) %}case when {{ document }} like '{"list":%' then cast(to_json(json_extract({{ document }}, '$.list[*].element')) as varchar) else {{ document }} end{% endmacro %}

{# One field of each object of a JSON array, joined by commas; NULL without any. #}
{% macro json_fields_joined(document, name) %}nullif(array_to_string(json_extract_string({{ bare_array(document) }}, '$[*].{{ name }}'), ','), ''){% endmacro %}

{# The keys of entries. #}
{% macro keys_of(entries) %}list_transform({{ entries }}, lambda entry: entry.key){% endmacro %}

{# Entries with a part of their keys replaced. #}
{% macro entries_renamed(entries, pattern, replacement) %}list_transform({{ entries }}, lambda entry: {'key': regexp_replace(entry.key, '{{ pattern }}', '{{ replacement }}'), 'value': entry.value}){% endmacro %}

{# Entries as a map; `keys` are their keys. Of a key that stands twice the first counts. #}
{% macro map_of_entries(entries, keys) %}map_from_entries(list_transform(list_distinct({{ keys }}), lambda name: {'key': name, 'value': {{ entries }}[list_position({{ keys }}, name)].value})){% endmacro %}

{# A map as a JSON object, without those keys that match a regular expression when written in snake_case,
   in the order of its keys; NULL when nothing is left. #}
{% macro json_of_map_without(map, pattern) %}
nullif(cast(to_json(map_from_entries(list_sort(list_filter(
    map_entries({{ map }}), lambda entry: not {{ key_matches('entry.key', pattern) }}
)))) as varchar), '{}')
{% endmacro %}

{# A time in milliseconds since 1970, where a text is a plausible one. #}
{% macro from_epoch_milliseconds(text) %}case when regexp_full_match({{ text }}, '1[0-9]{12}') then make_timestamp(cast({{ text }} as bigint) * 1000) end{% endmacro %}

{# The elements of a JSON array, each as JSON text; empty for anything else. #}
{% macro json_elements(document) %}coalesce(try(cast(from_json({{ document }}, '["JSON"]') as varchar[])), []){% endmacro %}

{# Every match of a regular expression in a text, as an array; empty where there is none. #}
{% macro all_matches(text, pattern) %}coalesce(regexp_extract_all({{ text }}, '{{ pattern }}'), []){% endmacro %}

{#
  The place of an event among those of one moment, as one number of 63 bits: the sequence of its system where it has one, else its file and
  its place therein; of what is equal in all that the line decides, and last a hash.
#}
{% macro event_place(feed, source, sequence, file_place, place_in_file, file_row, event_id) -%}
case
    when {{ sequence }} is not null then
        (({{ quick_key([feed, source]) }} & 63) << 56) + (({{ sequence }} & 134217727) << 29) + (({{ file_row }} & 65535) << 13) + ({{ event_id }} & 8191)
    else
        4611686018427387904 + ((coalesce({{ file_place }}, 0) & 33554431) << 37) + ((coalesce({{ place_in_file }}, 0) & 16777215) << 13)
        + (case when {{ place_in_file }} = {{ file_row }} then {{ event_id }} else coalesce({{ file_row }}, 0) end & 8191)
end
{%- endmacro %}

{# A number that orders by a time and then by a key: many times faster than to compare the two one after the other. #}
{% macro moment_and_key(moment, key) %}(cast(epoch_us({{ moment }}) as hugeint) * 9223372036854775808 + {{ key }}){% endmacro %}

{# The value of the first row by a time and, among equals, by a key. #}
{% macro first_by(value, moment, key) %}arg_min({{ value }}, {{ moment_and_key(moment, key) }}){% endmacro %}

{# The value of the last row by a time and, among equals, by a key. #}
{% macro last_by(value, moment, key) %}arg_max({{ value }}, {{ moment_and_key(moment, key) }}){% endmacro %}

{# Which landing brought how many rows of which version of an event: none, one, and those of several rows, in a fixed order. #}
{% macro no_tellings() %}cast(null as struct(version_key bigint, loaded_at timestamp, row_count bigint)[]){% endmacro %}
{% macro one_telling(version_key, loaded_at, row_count) %}[{'version_key': {{ version_key }}, 'loaded_at': {{ loaded_at }}, 'row_count': {{ row_count }}}]{% endmacro %}
{% macro tellings(version_key, loaded_at, row_count) %}list_sort(list({'version_key': {{ version_key }}, 'loaded_at': {{ loaded_at }}, 'row_count': {{ row_count }}})){% endmacro %}

{# Several values as one, and one of them by its place from 1. #}
{% macro bundle(values) %}row({{ values | join(', ') }}){% endmacro %}
{% macro part_of(bundle, place) %}{{ bundle }}[{{ place }}]{% endmacro %}

{# Records as one array, in the order of their fields. (To sort an array at once is several times faster than to gather its elements in order.) #}
{% macro sorted_records(record) %}list_sort(list({{ record }})){% endmacro %}

{# A function of two names and its body. (The linter, which renders without a model, knows functions of one name only.) #}
{% macro of_two(first, second, body) %}lambda {{ first }}{{ ', ' ~ second if model is defined }}: {{ body }}{% endmacro %}

{# A list folded from its beginning: `next` says, of `state` and `item`, what the state is after the item. Both are of one type. #}
{% macro fold(list, beginning, next) %}list_reduce({{ list }}, {{ of_two('state', 'item', next) }}, {{ beginning }}){% endmacro %}

{# Whether a list has a value. #}
{% macro holds(list, value) %}list_contains({{ list }}, {{ value }}){% endmacro %}

{# A row for each element of a list, and the places of the elements, from 1. #}
{% macro each_of(list) %}unnest({{ list }}){% endmacro %}
{% macro each_place(list) %}generate_subscripts({{ list }}, 1){% endmacro %}

{# A list with one more element at its end. #}
{% macro appended(list, item) %}list_append({{ list }}, {{ item }}){% endmacro %}

{# How many elements a list has. #}
{% macro length_of(list) %}len({{ list }}){% endmacro %}

{# One field of each record of a list. #}
{% macro field_of_each(list, field) %}list_transform({{ list }}, lambda element: element.{{ field }}){% endmacro %}

{# A whole number that orders by a time and then by a small number below 64. #}
{% macro moment_and_step(moment, step) %}(epoch_us({{ moment }}) * 64 + {{ step }}){% endmacro %}

{# On how many different days a moment lay, where a condition holds: one bit for each of the 62 days up to the last, which needs no grouping. #}
{% macro day_count(moment, last_moment, condition) %}coalesce(bit_count(bit_or(case when {{ condition }} then cast(1 as bigint) << date_diff('day', {{ moment }}, {{ last_moment }}) end)), 0){% endmacro %}

{# The value that a JSON object has under a key, as text. #}
{% macro json_text_of(document, key) %}json_extract_string({{ document }}, '$."' || {{ key }} || '"'){% endmacro %}

{# The values of a column in an order, where a condition holds; empty without any. #}
{% macro ordered_list(value, order, condition) %}coalesce(list_transform(list_sort(list({'place': {{ order }}, 'value': {{ value }}}) filter (where {{ condition }})), lambda one: one.value), []){% endmacro %}

{# For each place from 1 to `size`: how many of the `positions` so far rise strictly and end at that place (longest increasing subsequence). #}
{% macro rises_by_place(positions, size) %}list_reduce(list_transform({{ positions }}, lambda position: [cast(position as bigint)]), {{ of_two('rises', 'item', 'list_transform(rises, ' ~ of_two('rise', 'place', 'case when place = item[1] then greatest(rise, 1 + coalesce(list_max(rises[1:place - 1]), 0)) else rise end') ~ ')') }}, list_transform(range({{ size }}), lambda place: cast(0 as bigint))){% endmacro %}

{# How well visits fit a path: 2 * kept / (visits + stages), at the best number of stages; `positions` are those on the path. #}
{% macro path_fitness(positions, visit_count, stage_count) %}list_max(list_transform({{ rises_by_place(positions, stage_count) }}, {{ of_two('rise', 'place', '2.0 * list_max(' ~ rises_by_place(positions, stage_count) ~ '[1:place]) / (' ~ visit_count ~ ' + place)') }})){% endmacro %}
