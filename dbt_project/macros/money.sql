{# Money as the properties of a vendor's events tell it: by whoever wrote the shop, so often as people see it. #}

{#
  The amount that a text tells, NULL where it is no number, can be meant in two ways (1,234) or is implausible: the same as landing
  takes, but value by value, for properties are no column of which all values are known. With a currency's sign, thousands, a decimal
  comma; of a point alone JSON means decimals.
#}
{% macro amount_in(text) %}
{%- set sign = "(?:[A-Z]{0,3}\\p{Sc}|[A-Z]{3})?" -%}
{%- set shown = "-?\\s*" ~ sign ~ "\\s*-?[0-9.,]+(?:[ ’\\x{27}\\x{a0}\\x{202f}][0-9]{3})*(?:[.,][0-9]+)?[\\s\\x{a0}\\x{202f}]*" ~ sign -%}
{%- set bare = replace_all(text, '[^0-9.,-]', '') -%}
{%- set with_point = '-?(?:[0-9]{1,3}(?:,[0-9]{2,3})*,[0-9]{3}[.][0-9]+|[0-9]{1,3}(?:,[0-9]{2,3})+,[0-9]{3}|[0-9]+(?:[.][0-9]+)?)' -%}
{%- set with_comma = '-?(?:[0-9]{1,3}(?:[.][0-9]{3})+,[0-9]+|[0-9]{1,3}(?:[.][0-9]{3}){2,}|[0-9]*,(?:[0-9]{1,2}|[0-9]{4,})|(?:0|[0-9]{4,}),[0-9]+)' -%}
{%- set number -%}
case
    when try_cast({{ text }} as double) is not null then {{ text }}
    when not {{ matches(text, shown) }} then null
    when {{ matches(bare, with_point) }} then replace({{ bare }}, ',', '')
    when {{ matches(bare, with_comma) }} then replace(replace({{ bare }}, '.', ''), ',', '.')
end
{%- endset -%}
case
    when abs(try_cast({{ number }} as double)) < 1e12
        and abs(cast(try_cast({{ number }} as decimal(18, 4)) as double) - try_cast({{ number }} as double))
        <= greatest(abs(try_cast({{ number }} as double)) / 1000, 1e-10)
        then try_cast({{ number }} as decimal(18, 4))
end
{%- endmacro %}

{# The currency that a text names: three letters, or a sign that only one currency has. #}
{% macro currency_in(text) %}
case
    when {{ matches(text, '[A-Za-z]{3}') }} then upper({{ text }})
    when {{ text }} = '€' then 'EUR'
    when {{ text }} = '£' then 'GBP'
end
{%- endmacro %}
