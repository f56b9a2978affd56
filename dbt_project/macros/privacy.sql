{# A text with the e-mail addresses in it masked. Few texts can hold one, and only those are searched. #}
{% macro mails_masked(text) %}
case
    when {{ text }} like '%@%' or {{ text }} like '%\%40%' escape '\'
        then {{ replace_all(text, '[A-Za-z0-9._+-]+(@|%40)[A-Za-z0-9-]+([.][A-Za-z0-9-]+)+', '[e-mail]') }}
    else {{ text }}
end
{% endmacro %}

{# A text with the phone numbers in it masked: those written with their country (+44 20 7946 0002) or their area (020) in parentheses. #}
{% macro phones_masked(text) %}
case
    when {{ text }} like '%+%' or {{ text }} like '%(%'
        then {{ replace_all(text, '[+][0-9]([ ()./-]{0,2}[0-9]){6,14}|[(]0?[0-9]{2,4}[)][ -]?[0-9]{3,4}([ -]?[0-9]{2,4}){1,2}', '[phone]') }}
    else {{ text }}
end
{% endmacro %}

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
