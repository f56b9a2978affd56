{# Everything that DuckDB spells differently from Spark SQL. Models call these; another engine would spell them anew here only. #}

{# A 63-bit key of a text: the same text gives the same key for ever. #}
{% macro hash_key(text) %}cast(md5_number_lower({{ text }}) >> 1 as bigint){% endmacro %}

{# A JSON object of these columns without the NULL ones; NULL when none is left. #}
{% macro json_of(columns) %}nullif(cast(json_merge_patch('{}', json_object({% for column in columns %}'{{ column }}', {{ column }}{{ ', ' if not loop.last }}{% endfor %})) as varchar), '{}'){% endmacro %}

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
