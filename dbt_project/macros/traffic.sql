{# Where a visit came from and on what it was made: the one place for all sources. The lists are journey.traffic_sites and journey.click_ids. #}

{# The value of a parameter in an address, decoded; NULL without one. #}
{% macro url_parameter(url, name) %}nullif({{ decoded_url(replace_all(first_match(url, '[?&]' ~ name ~ '=([^&#]*)'), '[+]', ' ')) }}, ''){% endmacro %}

{# The host of an address, without www. #}
{% macro url_host(url) %}{{ first_match('lower(' ~ url ~ ')', '^(?:[a-z][a-z0-9+.-]*://)?(?:[^/@]*@)?(?:www[.])?([^/?#:]+)') }}{% endmacro %}

{# The part of a host that names the site: google of www.google.co.uk. #}
{% macro site_of(host) %}coalesce({{ first_match(host, '([^.]+)[.](?:co|com|org|net|ac|gov)[.][a-z]{2}$') }}, {{ first_match(host, '([^.]+)[.][a-z]+$') }}, {{ host }}){% endmacro %}

{# The name of the identifier a click left in an address: gclid and its like. #}
{% macro click_id_of(url) %}{{ first_match('lower(' ~ url ~ ')', '[?&](gclid|gbraid|wbraid|dclid|msclkid|fbclid|ttclid|twclid|li_fat_id|srsltid)=') }}{% endmacro %}

{# Words that analytics write where there is no value. #}
{% macro said(value) %}case when lower(trim({{ value }})) not in ('', '(not set)', '(none)', '(direct)', '(organic)', '(referral)', '(not provided)', 'null', 'undefined') then trim({{ value }}) end{% endmacro %}

{#
  The channel of one event, after the default channel groups of Google Analytics 4 (its help page 9756891): a click id, then the
  medium and the source that the link was tagged with, then the site one came from. NULL when the event says nothing about it, as
  on the way from page to page of one site; direct when it is a visit that came from nowhere.
#}
{% macro channel_of(medium, tagged_kind, tagged_source, click_channel, referrer_kind, referrer_host, is_own_site, page_url) %}
case
    when {{ click_channel }} = 'organic_social' and {{ is_paid(medium) }} then 'paid_social'
    when {{ click_channel }} is not null then {{ click_channel }}
    when {{ is_paid(medium) }} and {{ tagged_kind }} = 'search' then 'paid_search'
    when {{ is_paid(medium) }} and {{ tagged_kind }} = 'social' then 'paid_social'
    when {{ is_paid(medium) }} and {{ tagged_kind }} = 'video' then 'paid_video'
    when {{ medium }} in ('display', 'banner', 'expandable', 'interstitial', 'cpm') then 'display'
    when {{ medium }} in ('paid_search', 'paidsearch', 'paid search') then 'paid_search'
    when {{ medium }} in ('paid_social', 'paidsocial', 'paid social') then 'paid_social'
    when {{ is_paid(medium) }} then 'paid_other'
    when {{ medium }} in ('social', 'social-network', 'social-media', 'social_media', 'sm', 'social network', 'social media') then 'organic_social'
    when {{ medium }} in ('email', 'e-mail', 'e_mail', 'e mail', 'newsletter') then 'email'
    when {{ medium }} = 'sms' then 'sms'
    when {{ medium }} like '%push' or {{ medium }} in ('mobile', 'notification') then 'push'
    when {{ medium }} in ('affiliate', 'affiliates') then 'affiliate'
    when {{ medium }} = 'audio' then 'audio'
    when {{ tagged_kind }} in ('email', 'sms') then {{ tagged_kind }}
    when {{ tagged_kind }} = 'social' then 'organic_social'
    when {{ medium }} like '%video%' or {{ tagged_kind }} = 'video' then 'organic_video'
    when {{ medium }} = 'organic' or {{ tagged_kind }} = 'search' then 'organic_search'
    when {{ tagged_kind }} = 'assistant' then 'ai_assistant'
    when {{ medium }} in ('referral', 'app', 'link') then 'referral'
    when {{ medium }} is not null or {{ tagged_source }} is not null then 'other'
    when {{ is_own_site }} or {{ referrer_kind }} = 'none' then null
    when {{ referrer_kind }} = 'search' then 'organic_search'
    when {{ referrer_kind }} = 'social' then 'organic_social'
    when {{ referrer_kind }} = 'video' then 'organic_video'
    when {{ referrer_kind }} = 'assistant' then 'ai_assistant'
    when {{ referrer_kind }} = 'email' then 'email'
    when {{ referrer_host }} is not null then 'referral'
    when {{ page_url }} is not null then 'direct'
end
{% endmacro %}

{% macro is_paid(medium) %}{{ matches(medium, '(.*cp.*|ppc|retargeting|paid.*)') }}{% endmacro %}

{# The kind of device of a text that names one: a category, an operating system or a browser's own description. #}
{% macro device_of(text) %}
case
    when {{ text }} is null then null
    when {{ contains_match(text, 'ipad|tablet|kindle|silk/') }} then 'tablet'
    when {{ contains_match(text, 'smart.?tv|roku|tvos|apple ?tv|^tv$|webos|tizen') }} then 'tv'
    when {{ contains_match(text, 'mobi|iphone|ipod|^ios|phone|android') }} then 'mobile'
    when {{ contains_match(text, 'desktop|windows|mac|linux|x11|cros|chrome ?os|ubuntu') }} then 'desktop'
end
{% endmacro %}

{# An amount in the smallest unit of its currency, as Stripe writes it, in whole units: most have a hundred, some none, some a
  thousand. UGX has none in life and a hundred in Stripe's interface. #}
{% macro from_minor_units(amount, currency) %}
cast({{ amount }} as decimal(18, 4)) / case
    when upper({{ currency }}) in ('BIF', 'CLP', 'DJF', 'GNF', 'JPY', 'KMF', 'KRW', 'MGA', 'PYG', 'RWF', 'VND', 'VUV', 'XAF', 'XOF', 'XPF') then 1
    when upper({{ currency }}) in ('BHD', 'JOD', 'KWD', 'OMR', 'TND') then 1000
    else 100
end
{% endmacro %}

{# What a row that landing rejected brought in, in whole units. #}
{% macro worth_of_rejected() %}case when is_in_cents then {{ from_minor_units('amount', 'currency') }} else amount end{% endmacro %}
