-- Each event with the channel and campaign it says it came through. A channel that the source itself names is taken at its word.

{{ config(materialized='view') }}

{% set read_here = ['channel', 'campaign', 'utm_source', 'utm_medium', 'click_id', 'page_url', 'referrer_url'] %}

with unioned as (select * from {{ ref('int_events_unioned') }}),

traffic_sites as (select * from {{ source('journey', 'traffic_sites') }}),

click_ids as (select * from {{ source('journey', 'click_ids') }}),

tagged as (
    select
        *,
        lower(coalesce({{ said('utm_source') }}, {{ said(url_parameter('page_url', 'utm_source')) }})) as tagged_source,
        lower(coalesce({{ said('utm_medium') }}, {{ said(url_parameter('page_url', 'utm_medium')) }})) as tagged_medium,
        coalesce({{ said('campaign') }}, {{ said(url_parameter('page_url', 'utm_campaign')) }}) as tagged_campaign,
        coalesce(lower(click_id), {{ click_id_of('page_url') }}) as clicked,
        {{ url_host('page_url') }} as page_host,
        {{ url_host('referrer_url') }} as referrer_host,
        {{ is_sign_in_page('referrer_url') }} as is_sign_in_page
    from unioned
),

-- On the way from page to page of one site nobody needs to know which.
sited as (
    select
        *,
        {{ site_of('tagged_source') }} as tagged_site,
        {{ site_of('referrer_host') }} as referring_site,
        referrer_host = page_host or {{ site_of('referrer_host') }} = {{ site_of('page_host') }} as is_own_site
    from tagged
)

select
    tagged.feed,
    {% for column in event_columns() if column not in read_here -%}
    tagged.{{ column }},
    {% endfor -%}
    case
        when {{ said('tagged.channel') }} is not null then {{ masked('tagged.channel') }}
        else {{ channel_of(
            'tagged.tagged_campaign', 'tagged.tagged_medium', joined_kind('tagged_sites', 'tagged.tagged_source', 'tagged.tagged_site'), 'tagged.tagged_source', 'click_ids.channel',
            "case when tagged.is_sign_in_page then 'none' else " ~ joined_kind('referring_sites', 'tagged.referrer_host', 'tagged.referring_site') ~ ' end', 'tagged.referrer_host',
            'tagged.is_own_site', 'tagged.page_url'
        ) }}
    end as channel,
    {{ masked('tagged.tagged_campaign') }} as campaign
from sited as tagged
{{ joined_sites('tagged_sites', 'tagged.tagged_source', 'tagged.tagged_site') }}
{{ joined_sites('referring_sites', 'tagged.referrer_host', 'tagged.referring_site') }}
left join click_ids on tagged.clicked = click_ids.click_id
