{# An id of Salesforce in its short form: the last three of eighteen signs only repeat which of the others are capitals. #}
{% macro salesforce_id(value) %}case when {{ matches(value, '[a-zA-Z0-9]{18}') }} then substr({{ value }}, 1, 15) else {{ value }} end{% endmacro %}

{# The rows of a table that count, with short ids. #}
{% macro salesforce_latest(table, keys, ids, changed_at=none, of_versions=false) %}
select
    * replace (
        {%- for column in ids %}
        {{ salesforce_id(column) }} as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    )
from (
    {%- set short_keys = [] -%}
    {%- for key in keys -%}{%- do short_keys.append(salesforce_id(key) if key in ids else key) -%}{%- endfor %}
    {{ latest('salesforce__' ~ table, short_keys, changed_at, of_versions) }}
) as counting
{% endmacro %}

{#
  The id of the record that a record was merged into, through up to three mergers, else its own: two columns, record_id and
  master_id.
#}
{% macro salesforce_masters(relation, id) %}
select
    {{ relation }}.{{ id }} as record_id,
    coalesce(
        second_masters.master_record_id, first_masters.master_record_id, {{ relation }}.master_record_id, {{ relation }}.{{ id }}
    ) as master_id
from {{ relation }}
left join {{ relation }} as first_masters on {{ relation }}.master_record_id = first_masters.{{ id }}
left join {{ relation }} as second_masters on first_masters.master_record_id = second_masters.{{ id }}
{% endmacro %}

{#
  The moment of something of which only the day was written down: that of the record's creation on the same day, that of its last
  change where the day lies still ahead of it, else midnight.
#}
{% macro salesforce_on_day(day, created_at, updated_at) %}
case
    when cast({{ day }} as date) = cast({{ created_at }} as date) then {{ created_at }}
    when {{ day }} > {{ updated_at }} then {{ updated_at }}
    else {{ day }}
end
{% endmacro %}

{# What sales wrote down as the source of a person, in our words for channels; other where it is none of them. #}
{% macro salesforce_channel(lead_source) %}
case
    when {{ lead_source }} is null then null
    when {{ contains_match(lead_source, 'paid.?search|ppc|ad.?words|google.?ads|bing.?ads|^sem$') }} then 'paid_search'
    when {{ contains_match(lead_source, 'paid.?social|(facebook|linkedin|instagram|twitter|tiktok|meta).?ads?') }} then 'paid_social'
    when {{ contains_match(lead_source, 'display|banner') }} then 'display'
    when {{ contains_match(lead_source, '^organic$|organic.?search|^seo$|search.?engine') }} then 'organic_search'
    when {{ contains_match(lead_source, 'social|facebook|linkedin|instagram|twitter|tiktok') }} then 'organic_social'
    when {{ contains_match(lead_source, 'affiliate') }} then 'affiliate'
    when {{ contains_match(lead_source, 'referr?al|word.?of.?mouth') }} then 'referral'
    when {{ contains_match(lead_source, '^e-?mail|newsletter') }} then 'email'
    when {{ contains_match(lead_source, '^direct($|.?traffic)') }} then 'direct'
    when {{ contains_match(lead_source, '^advertis') }} then 'paid_other'
    else 'other'
end
{% endmacro %}
