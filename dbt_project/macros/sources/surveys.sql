{#
  Which question a text speaks of: nps, csat, ces; other for a survey that is known to be none of them (product-market fit, asked of
  one's own employees), NULL where nothing is said.
#}
{% macro survey_kind(text) %}
case
    when {{ contains_match(text, 'enps|pmf') }} then 'other'
    when {{ contains_match(text, '(^|[^a-z])nps|promoter') }} then 'nps'
    when {{ contains_match(text, 'csat|satisfaction|smiley|(^|[^a-z])stars?([^a-z]|$)|thumbs') }} then 'csat'
    when {{ contains_match(text, '(^|[^a-z])ces([^a-z]|$)|effort') }} then 'ces'
end
{% endmacro %}
