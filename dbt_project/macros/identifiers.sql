{# The identifier columns of the unified event that can join people, in the order of the contract. #}
{% macro person_id_columns() %}{{ return(['user_id', 'anonymous_id', 'email', 'phone', 'device_id', 'crm_id']) }}{% endmacro %}

{# How many of some keys are there; a key of 0 is none. #}
{% macro count_of(columns) %}({% for column in columns %}cast({{ column }} <> 0 as integer){{ ' + ' if not loop.last }}{% endfor %}){% endmacro %}

{# The columns with the keys of those identifiers, where a model has them. #}
{% macro person_key_columns() %}
    {%- set names = [] -%}
    {%- for column in person_id_columns() -%}{%- do names.append(column ~ '_key') -%}{%- endfor -%}
    {{ return(names) }}
{% endmacro %}

{#
  One spelling per identifier: trimmed, e-mails in lower case, phones by their digits.
  NULL for a value that stands for nobody (zeros, -1, the blocked values) and for an id type the journey file does not list.
#}
{% macro normalised_identifier(column) %}
    {%- set value = {
        'email': 'lower(trim(email))',
        'phone': replace_all('phone', '[^0-9+]', ''),
    }.get(column, 'trim(' ~ column ~ ')') -%}
    case
        when {{ column }} is null then null
        when '{{ column }}' not in (select id_type from {{ source('journey', 'id_types') }}) then null
        when {{ matches(value, '[0-]*') }} or trim({{ column }}) = '-1' then null
        {% for spelling in ['trim(' ~ column ~ ')', value] | unique -%}
        when lower({{ spelling }}) in (select id_value from {{ source('journey', 'blocked_identifiers') }}) then null
        {% endfor -%}
        else {{ value }}
    end
{%- endmacro %}

{# The secret of the home, by which every published key and hash of what names people is keyed (docs/decisions/0024). #}
{% macro home_secret() %}(select home_key.secret from {{ source('identity', 'key') }} as home_key){% endmacro %}

{# The key of one identifier, by its type and its normalised value; NULL without a value. The first word keeps it apart from its published hash. #}
{% macro identifier_key(id_type, value) %}{{ keyed_key(home_secret(), "'key:" ~ id_type ~ ":' || " ~ value) }}{% endmacro %}

{# The key of the customer that an account is; NULL without one. #}
{% macro account_key(account_id) %}{{ keyed_key(home_secret(), "'account:' || " ~ account_id) }}{% endmacro %}

{# An identifier that only its own system gives out, told apart from the same number of another system: zendesk:4711. #}
{% macro own_id(value) %}'{{ source_name() }}:' || {{ value }}{% endmacro %}

{# The name of an account: its internet domain, by which every system knows it, else its system's own id. #}
{% macro account_named(domain, value) %}coalesce({{ domain_of(domain) }}, {{ own_id(value) }}){% endmacro %}

{# The domain of a company's website or e-mail domain, bare; NULL for what is none. #}
{% macro domain_of(website) %}case when {{ url_host(website) }} like '%.%' then {{ url_host(website) }} end{% endmacro %}

{# The name of a session that begins with an event. #}
{% macro session_key(event_id) %}{{ hash_key("'session:' || cast(" ~ event_id ~ " as varchar)") }}{% endmacro %}
