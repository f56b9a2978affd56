{# Everything that DuckDB spells differently from Spark SQL. Models call these; another engine would spell them anew here only. #}

{# A 63-bit key of a text: the same text gives the same key for ever. #}
{% macro hash_key(text) %}cast(md5_number_lower({{ text }}) >> 1 as bigint){% endmacro %}

{# A JSON object of these values by key, without the NULL ones; NULL when none is left. #}
{% macro json_pairs(values) %}nullif(cast(json_merge_patch('{}', json_object({% for key, value in values.items() %}'{{ key }}', {{ value }}{{ ', ' if not loop.last }}{% endfor %})) as varchar), '{}'){% endmacro %}

{# The same of columns under their own names. #}
{% macro json_of(columns) %}{% set values = {} %}{% for column in columns %}{% do values.update({column: column}) %}{% endfor %}{{ json_pairs(values) }}{% endmacro %}

{# Whether a text matches a regular expression from end to end. #}
{% macro matches(text, pattern) %}regexp_full_match({{ text }}, '{{ pattern }}'){% endmacro %}

{# Every match of a regular expression replaced. #}
{% macro replace_all(text, pattern, replacement) %}regexp_replace({{ text }}, '{{ pattern }}', '{{ replacement }}', 'g'){% endmacro %}

{# Hours from one timestamp to another, with fractions. #}
{% macro hours_between(from_at, to_at) %}((epoch_us({{ to_at }}) - epoch_us({{ from_at }})) / 3.6e9){% endmacro %}

{# A timestamp moved by a number of hours, which may be a fraction or a column. #}
{% macro add_hours(moment, hours) %}({{ moment }} + to_microseconds(cast(({{ hours }}) * 3.6e9 as bigint))){% endmacro %}

{# Hour of the week: 0 is Monday 00:00, 167 is Sunday 23:00. #}
{% macro hour_of_week(moment) %}((isodow({{ moment }}) - 1) * 24 + hour({{ moment }})){% endmacro %}

{# The array of whole hours from start to stop, both included. #}
{% macro hours_series(start, stop) %}generate_series({{ start }}, {{ stop }}, interval 1 hour){% endmacro %}

{# The value at a fraction of the sorted values, interpolated. #}
{% macro quantile(value, fraction) %}quantile_cont({{ value }}, {{ fraction }}){% endmacro %}

{# A keyed hash of a text, as 64 hexadecimal digits. #}
{% macro keyed_hash(secret, text) %}sha256({{ secret }} || {{ text }}){% endmacro %}

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
