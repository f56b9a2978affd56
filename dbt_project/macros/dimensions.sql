{# Every row of a relation once as one of all, and once under each of these of its columns: `dimensions` is {dimension: column}. #}
{% macro by_dimension(relation, dimensions) %}
select
    *,
    'all' as dimension,
    'all' as dimension_value
from {{ relation }}
{%- for dimension, column in dimensions.items() %}
union all
select
    *,
    '{{ dimension }}' as dimension,
    {{ column }} as dimension_value
from {{ relation }}
{%- endfor %}
{% endmacro %}
