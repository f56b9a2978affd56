{# Money of Stripe's in whole units: the dashboard writes it so, everything else in the smallest unit of the currency. #}
{% macro stripe_money(amount, currency, is_of_dashboard) %}
case when {{ is_of_dashboard }} then cast({{ amount }} as double) else {{ from_minor_units(amount, currency) }} end
{% endmacro %}

{# Rows of real money: test mode is neither livemode nor what the dashboard calls Test. #}
{% macro stripe_is_live(relation) %}(coalesce({{ relation }}.livemode, true) and coalesce(lower({{ relation }}.mode) <> 'test', true)){% endmacro %}

{# What an amount per interval comes to per month of a twelfth of a year; NULL for an interval that is none. #}
{% macro per_month(amount, unit, unit_count) %}
cast({{ amount }} as double) / coalesce(nullif({{ unit_count }}, 0), 1)
* case lower({{ unit }}) when 'month' then 1.0 when 'year' then 1.0 / 12 when 'week' then 52.0 / 12 when 'day' then 365.0 / 12 end
{% endmacro %}

{#
  The identifiers of the customer of a row, out of the row itself and of the customer (relation people). Of a customer that was
  deleted nothing is left but the number.
#}
{% macro stripe_person(relation) %}
    {{ own_id(relation ~ '.customer_id') }} as crm_id,
    case when not coalesce(people.is_deleted, false) then coalesce(people.email, {{ relation }}.email) end as email,
    case when not coalesce(people.is_deleted, false) then coalesce(people.phone, {{ relation }}.phone) end as phone,
    case when not coalesce(people.is_deleted, false) then coalesce(people.user_id, {{ relation }}.user_id) end as user_id
{% endmacro %}
