{#
  What an e-mail address looks like: a local part (it may be quoted), a sign that people, addresses of pages, JSON or HTML write for @,
  and a host. Letters are those of all languages, a part may be percent-encoded or escaped, and no half of an escape is left. Python
  has the same in warehouse/privacy/masks.py, for what it tells of files.
#}
{% macro mail_pattern() -%}
(?:(?:[\p{L}\p{M}\p{N}._+''-]|%[0-9a-fA-F]{2}|\\+)+|\\+"[\p{L}\p{N}][^"\\]*\\+"|"[\p{L}\p{N}][^"\\]*")(?:[@＠﹫]|%(?:25)*40|\\+(?:[uU]0040|[xX]40|[uU][fF][fF]20)|&#0*64;|&#[xX]0*40;|&commat;)(?:{{ host_label() }}+(?:(?:[.。．｡]|%2[eE]){{ host_label() }}+)+|\p{L}{{ host_label() }}*|\[[0-9a-fA-FIPv:.]+\])
{%- endmacro %}
{% macro host_label() -%}(?:[\p{L}\p{M}\p{N}_-]|%[89a-fA-F][0-9a-fA-F]|\\+u[0-9a-fA-F]{4}){%- endmacro %}

{#
  What a phone number looks like: its country after a plus or two zeros, its area in parentheses, or tel: before it. Digits alone may be an
  order's. The groups are what stands before it and stays.
#}
{% macro phone_pattern() -%}
(?:(?:[+＋]|%(?:25)*2[bB]){{ phone_gap() }}{0,2}{{ any_digit() }}(?:{{ phone_gap() }}{0,3}{{ any_digit() }}){6,14}|[(]0?[0-9]{2,4}[)][ -]?[0-9]{3,4}(?:[ -]?[0-9]{2,4}){1,2}|(^|["'' =:/_(,;>])00[1-9](?:{{ phone_gap() }}{0,3}[0-9]){8,13}\b|(\b[tT][eE][lL](?::|%3[aA]))(?:{{ phone_gap() }}|[+])*[0-9](?:{{ phone_gap() }}{0,3}[0-9]){3,14})
{%- endmacro %}
{% macro any_digit() -%}[0-9０-９]{%- endmacro %}
{% macro phone_gap() -%}(?:[ ()./\x{00A0}\x{2009}\x{202F}\x{2010}-\x{2015}-]|%20|%28|%29){%- endmacro %}

{# A text with the e-mail addresses and phone numbers in it masked. Few texts can hold one, and only those are searched. #}
{% macro masked(text) -%}
{%- set mails_masked = masked_where(text, ['@', '＠', '﹫', '%40', '2540', 'u0040', 'U0040', 'x40', 'X40', '64;', 'commat', 'F20', 'f20'], mail_pattern(), '[e-mail]') -%}
{{ masked_where(mails_masked, ['+', '＋', '%2B', '%2b', '52B', '52b', '(', '"00', ' 00', ':00', '=00', '/00', '_00', ',00', ';00', '>00', 'tel:', 'Tel:', 'TEL:', 'el%3'], phone_pattern(), '\\1\\2[phone]', text, '00') }}
{%- endmacro %}

{# Every match of a pattern masked, in texts that hold one of some signs or begin with another; `seen` is what is looked at for them. #}
{% macro masked_where(text, signs, pattern, mask, seen=none, beginning=none) -%}
case
    when {% for sign in signs %}contains({{ seen or text }}, '{{ sign }}'){{ ' or ' if not loop.last }}{% endfor %}{{ " or " ~ seen ~ " like '" ~ beginning ~ "%'" if beginning }}
        then {{ replace_all(text, pattern, mask) }}
    else {{ text }}
end
{%- endmacro %}

{# The same of a name by which things are told apart: two that differ stay two, by what only the holder of the secret can compute. #}
{% macro masked_name(name) -%}
case
    when {{ masked(name) }} = {{ name }} then {{ name }}
    else {{ masked(name) }} || ' ' || substr({{ keyed_hash(home_secret(), "'name:' || " ~ name) }}, 1, 12)
end
{%- endmacro %}

{#
  Whether a row names nobody who was erased. Landing keeps them out of what it lands (warehouse/privacy/suppression.py, which makes the
  hashes); rows that nobody landed are compared here.
#}
{% macro names_nobody_erased() -%}
(
    not exists (select 1 from working.loads.suppressed)
    or not (
        {% for column in person_id_columns() -%}
        coalesce({{ keyed_hash(home_secret(), "'erased:" ~ column ~ ":' || " ~ spelling_of(column, column)) }}
            in (select suppressed.hash from working.loads.suppressed as suppressed), false)
        {{ 'or ' if not loop.last }}
        {%- endfor %}
    )
)
{%- endmacro %}

{# The rejected rows, with what is told of them masked. #}
{% macro rejections() -%}
select
    * replace (
        {{ masked_name('file') }} as file,
        {% for column in ['column_name', 'reason', 'event_source', 'event_type', 'currency'] -%}
        {{ masked(column) }} as {{ column }}{{ ',' if not loop.last }}
        {% endfor -%}
    )
from {{ source('raw', 'rejected_rows') }}
{%- endmacro %}

{# The keys of attributes that the journey file hides, each as a pattern: case and punctuation do not matter. #}
{% macro hidden_keys() -%}
    {%- set patterns, listed = [], source('journey', 'hidden_attributes') -%}
    {%- if execute -%}
        {%- for name in run_query('select attribute from ' ~ listed ~ ' order by attribute').columns[0].values() -%}
            {%- do patterns.append(name | replace('_', '[^a-z0-9"]*') | replace('*', '[^"]*')) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(patterns) }}
{%- endmacro %}

{#
  A JSON object without the keys that match one of these patterns, however deep, also in JSON that is a text of it; NULL when nothing is
  left, and where a value under such a key is too nested to be cut out.
#}
{% macro without_keys(document, patterns) -%}
{%- if not patterns -%}
{{ document }}
{%- else -%}
{%- set key = '(?i:"[^a-z0-9"]*(?:' ~ patterns | join('|') ~ ')[^a-z0-9"]*"[ ]*:[ ]*)' -%}
{%- set cut = replace_all(document, '(' ~ key ~ ')(?:' ~ json_value_pattern() ~ ')', '\\1null') -%}
case
    when not regexp_matches({{ document }}, '{{ key }}') then {{ document }}
    when json_valid({{ cut }}) and not regexp_matches({{ cut }}, '{{ key }}[^n ]') then {{ json_merged("'{}'", cut) }}
end
{%- endif -%}
{%- endmacro %}
{% macro json_value_pattern() -%}
"(?:[^"\\]|\\.)*"|\\"[^"\\]*\\"|-?[0-9][0-9.eE+-]*|true|false|null|\{(?:[^{}]|\{[^{}]*\})*\}|\[(?:[^\[\]]|\[[^\[\]]*\])*\]
{%- endmacro %}

{#
  Whether what a person did may become a feature, by the last word there is (relation words); what names no person may. The rules are
  scalars: joined to them, DuckDB 2.0 takes the left join of words for an inner one.
#}
{% macro may_be_used(person_id) %}
(
    {{ person_id }} is null
    or (select consent_rules.features_purpose from consent_rules) is null
    or coalesce(words.is_granted, (select consent_rules.is_consent_default from consent_rules))
)
{%- endmacro %}
