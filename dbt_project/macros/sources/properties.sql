{#
  What a person may be called, reached at or found at, as names of properties in snake_case: never among published attributes.
  Where `name` is what a product or a page is called, only the names of people are.
#}
{% macro personal_properties(name_is_personal=true) %}
    {%- set whose = '(user_|customer_|contact_|billing_|shipping_|user_property_)' -%}
    {{ return(
        whose ~ '?(e_?mail|e_?mail_address|first_?name|last_?name|full_?name|user_?name|display_name|phone|phone_?number|mobile_?number'
        ~ '|ip|ip_address|user_ip|address|street|city|region|metro|zip|zip_?code|postal_?code|postcode'
        ~ '|latitude|longitude|birthday|birth_?date|date_of_birth|avatar|password|token)|'
        ~ whose ~ ('?' if name_is_personal else '') ~ 'name'
    ) }}
{% endmacro %}
