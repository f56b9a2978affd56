{# Written by `make docs` from warehouse/contract.py: columns of an event that can join people, one a kind of identifier. #}
{% macro person_id_columns() %}{{ return(['user_id', 'anonymous_id', 'email', 'phone', 'device_id', 'crm_id']) }}{% endmacro %}
