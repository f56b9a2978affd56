{# Where a visit came from and on what it was made: the one place for all sources. The lists are journey.traffic_sites and journey.click_ids. #}

{# The value of a parameter in an address, decoded; NULL without one. #}
{% macro url_parameter(url, name) %}nullif({{ decoded_url(replace_all(first_match(url, '[?&]' ~ name ~ '=([^&#]*)'), '[+]', ' ')) }}, ''){% endmacro %}

{# The host of an address, without www. #}
{% macro url_host(url) %}{{ first_match('lower(' ~ url ~ ')', '^(?:[a-z][a-z0-9+.-]*://)?(?:[^/@]*@)?(?:www[.])?([^/?#:]+)') }}{% endmacro %}

{#
  Suffixes under which strangers have sites of their own: one.myshopify.com and other.myshopify.com are two. (Those of the public suffix list that
  shops, pages and apps are commonly found under.)
#}
{% macro shared_suffixes() %}
{{ return([
    'myshopify.com', 'mybigcommerce.com', 'bigcartel.com', 'square.site', 'shoplazza.com', 'cafe24.com', 'wixsite.com', 'wixstudio.com', 'wixstudio.io',
    'editorx.io', 'squarespace.com', 'weebly.com', 'webflow.io', 'webnode.com', 'jimdo.com', 'jimdofree.com', 'jimdosite.com', 'strikingly.com',
    'mystrikingly.com', 'godaddysites.com', 'carrd.co', 'framer.app', 'framer.website', 'framer.media', 'framer.ai', 'bubbleapps.io', 'softr.app',
    'notion.site', 'super.site', 'typedream.app', 'lovable.app', 'wordpress.com', 'wpengine.com', 'wpenginepowered.com', 'wpcomstaging.com',
    'kinsta.cloud', 'pantheonsite.io', 'ghost.io', 'substack.com', 'medium.com', 'beehiiv.com', 'livejournal.com', 'typepad.com', 'altervista.org', 'neocities.org',
    'github.io', 'githubpreview.dev', 'gitlab.io', 'bitbucket.io', 'codeberg.page', 'readthedocs.io', 'gitbook.io', 'vercel.app', 'now.sh', 'netlify.app', 'netlify.com',
    'pages.dev', 'workers.dev', 'web.app', 'firebaseapp.com', 'appspot.com', 'run.app', 'herokuapp.com', 'onrender.com', 'fly.dev', 'up.railway.app',
    'surge.sh', 'glitch.me', 'repl.co', 'replit.app', 'replit.dev', 'deno.dev', 'ondigitalocean.app', 'azurewebsites.net', 'azurestaticapps.net',
    'azureedge.net', 'cloudfront.net', 'amplifyapp.com', 'elasticbeanstalk.com', 's3.amazonaws.com', 'streamlit.app', 'hf.space',
    'ngrok.io', 'ngrok.app', 'ngrok-free.app', 'hs-sites.com', 'hubspotpagebuilder.com', 'lpages.co', 'unbouncepages.com', 'clickfunnels.com',
    'mykajabi.com', 'teachable.com', 'thinkific.com', 'podia.com', 'gumroad.com', 'zendesk.com', 'freshdesk.com', 'atlassian.net', 'sharepoint.com',
]) }}
{% endmacro %}

{# The site of a host: google of www.google.co.uk, and the whole of me.github.io, which is no part of GitHub. #}
{% macro site_of(host) %}
coalesce(
    {{ first_match(host, '([^.]+[.](?:' ~ (shared_suffixes() | join('|') | replace('.', '[.]')) ~ '|blogspot[.][a-z.]+|[a-z0-9-]+[.]elasticbeanstalk[.]com))$') }},
    {{ first_match(host, '([^.]+)[.](?:(?:co|com|org|net|ac|gov|edu|gob|ne|or|go)[.][a-z]{2}|[a-z]+|xn--[a-z0-9-]+)$') }},
    {{ host }}
)
{% endmacro %}

{# The hosts above a host, the nearest first, and its first label as lists of sites name it: login.* for login.any.example. #}
{% macro host_above(host) %}{{ first_match(host, '^[^.]+[.]([^.]+[.].+)$') }}{% endmacro %}
{% macro label_of(host) %}({{ first_match(host, '^([^.]+)[.][^.]+[.]') }} || '.*'){% endmacro %}

{# What a host is: the most specific of what lists of sites say of it, of its first label, of the hosts above it, of its site. #}
{% macro joined_sites(relation, host, site) %}
left join traffic_sites as {{ relation }}_hosts on {{ host }} = {{ relation }}_hosts.site
left join traffic_sites as {{ relation }}_labels on {{ label_of(host) }} = {{ relation }}_labels.site
left join traffic_sites as {{ relation }}_parents on {{ host_above(host) }} = {{ relation }}_parents.site
left join traffic_sites as {{ relation }}_grandparents on {{ host_above(host_above(host)) }} = {{ relation }}_grandparents.site
left join traffic_sites as {{ relation }}_names on {{ site }} = {{ relation }}_names.site
{% endmacro %}
{% macro joined_kind(relation, host, site) %}
coalesce(
    {{ relation }}_hosts.kind, {{ relation }}_labels.kind, {{ relation }}_parents.kind, {{ relation }}_grandparents.kind,
    case when {{ relation }}_names.kind = 'search' and {{ is_other_service(host, site) }} then 'referral' end, {{ relation }}_names.kind
)
{% endmacro %}

{# Whether a host of a search engine is where it searches: not docs.google.com, but search.yahoo.com, images.google.com, m.baidu.com, uk.ask.com. #}
{% macro is_other_service(host, site) %}
(
    {{ first_match(host, '^([^.]+)[.]') }} <> {{ site }}
    and not {{ matches(first_match(host, '^([^.]+)[.]'), '(www[0-9]?|[a-z0-9]{1,3}(-[a-z0-9]+)?|search|images?|videos?|maps|lens|scholar|lite|html|safe|encrypted)') }}
)
{% endmacro %}

{# Whether an address is that of a page to sign in or to prove a payment, on whatever site: github.com/login, a bank's /3ds. #}
{% macro is_sign_in_page(url) %}
{{ matches('lower(' ~ url ~ ')', '[a-z][a-z0-9+.-]*://[^/?#]+/(?:(?:v[0-9.]+|dialog|users?|u|i|ap|uas|openid|connect|auth|accounts?|session)/){0,3}(?:login|logon|log-in|signin|sign-in|sign_in|oauth2?|openid|authorize|saml2?|sso|3ds2?|3dsecure|acs)(?:[/?#.].*)?') }}
{% endmacro %}

{# The name of the identifier a click left in an address: gclid and its like. #}
{% macro click_id_of(url) %}{{ first_match('lower(' ~ url ~ ')', '[?&](gclid|gbraid|wbraid|dclid|msclkid|fbclid|ttclid|twclid|li_fat_id|srsltid)=') }}{% endmacro %}

{# Words that analytics write where there is no value: those in parentheses, of which (cpc) is the campaign of a click without one. #}
{% macro said(value) %}case when lower(trim({{ value }})) not in ('', 'null', 'undefined') and not {{ matches('trim(' ~ value ~ ')', '[(][^()]*[)]') }} then trim({{ value }}) end{% endmacro %}

{#
  The channel of one event, after the default channel groups of Google Analytics 4 (its help page 9756891): a campaign over several
  networks or for a shop's products, a click id, then the medium and the source that the link was tagged with, then the site one came
  from. NULL when the event says nothing about it, as on the way from page to page of one site or back from a page to sign in or to
  pay; direct when it is a visit that came from nowhere.
#}
{% macro channel_of(campaign, medium, tagged_kind, tagged_source, click_channel, referrer_kind, referrer_host, is_own_site, page_url) %}
case
    when {{ contains_match(campaign, 'cross-network') }} then 'cross_network'
    when {{ is_paid(medium) }} and {{ is_for_shop(tagged_kind, campaign) }} then 'paid_shopping'
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
    when {{ medium }} like '%push' or {{ contains_match(medium, 'mobile|notification') }} or {{ tagged_source }} = 'firebase' then 'push'
    when {{ medium }} in ('affiliate', 'affiliates') then 'affiliate'
    when {{ medium }} = 'audio' then 'audio'
    when {{ tagged_kind }} = 'none' and coalesce({{ medium }}, 'referral') = 'referral' then null
    when {{ tagged_kind }} in ('email', 'sms') then {{ tagged_kind }}
    when {{ is_for_shop(tagged_kind, campaign) }} then 'organic_shopping'
    when {{ tagged_kind }} = 'social' then 'organic_social'
    when {{ medium }} like '%video%' or {{ tagged_kind }} = 'video' then 'organic_video'
    when {{ medium }} = 'organic' or {{ tagged_kind }} = 'search' then 'organic_search'
    when {{ tagged_kind }} = 'assistant' then 'ai_assistant'
    when {{ medium }} in ('referral', 'app', 'link') then 'referral'
    when {{ medium }} is not null or {{ tagged_source }} is not null then 'other'
    when {{ is_own_site }} or {{ referrer_kind }} = 'none' then null
    when {{ referrer_kind }} = 'search' then 'organic_search'
    when {{ referrer_kind }} = 'shopping' then 'organic_shopping'
    when {{ referrer_kind }} = 'social' then 'organic_social'
    when {{ referrer_kind }} = 'video' then 'organic_video'
    when {{ referrer_kind }} = 'assistant' then 'ai_assistant'
    when {{ referrer_kind }} = 'email' then 'email'
    when {{ referrer_host }} is not null then 'referral'
    when {{ page_url }} is not null then 'direct'
end
{% endmacro %}

{% macro is_paid(medium) %}{{ matches(medium, '(.*cp.*|ppc|retargeting|paid.*)') }}{% endmacro %}

{# Whether a link is for the products of a shop: by the site it stood on, or by the campaign's name, in Google's own words for that. #}
{% macro is_for_shop(tagged_kind, campaign) %}({{ tagged_kind }} = 'shopping' or coalesce({{ matches('lower(' ~ campaign ~ ')', '(.*(([^a-df-z]|^)shop|shopping).*)') }}, false)){% endmacro %}

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
