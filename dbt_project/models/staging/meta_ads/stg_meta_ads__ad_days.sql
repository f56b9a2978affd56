-- The names of campaigns are those they have today. A later report of a day corrects an earlier one. A click is one on a link.

{% set currencies = [
    'usd', 'eur', 'gbp', 'chf', 'sek', 'nok', 'dkk', 'pln', 'czk', 'huf', 'try', 'ils', 'aed', 'zar',
    'cad', 'aud', 'nzd', 'brl', 'mxn', 'inr', 'jpy', 'krw', 'sgd', 'hkd',
] %}
{% set parts = [
    'publisher_platform', 'platform_position', 'impression_device', 'device_platform', 'country', 'region', 'age', 'gender',
] %}

with insights as (
    {{ latest('meta_ads__ad_insights', [
        'coalesce(ad_id, ' ~ joined(['account_id', 'campaign_id', 'campaign_name', 'adset_id', 'adset_name', 'ad_name']) ~ ')', 'ad_date',
    ] + parts) }}
),

ads as ({{ latest('meta_ads__ads', ['ad_id'], 'updated_at') }}),

campaigns as ({{ latest('meta_ads__campaigns', ['campaign_id'], 'updated_at') }}),

accounts as ({{ latest('meta_ads__accounts', ["replace(account_id, 'act_', '')"], 'updated_at') }}),

described as (
    select
        insights.* replace (
            coalesce(insights.campaign_id, ads.campaign_id) as campaign_id,
            coalesce(campaigns.name, insights.campaign_name) as campaign_name,
            coalesce(
                upper(insights.currency),
                {% for currency in currencies -%}
                case when insights.amount_spent_{{ currency }} is not null then '{{ currency | upper }}' end,
                {% endfor -%}
                upper(accounts.currency)
            ) as currency,
            coalesce(
                insights.spend
                {% for currency in currencies -%}
                , insights.amount_spent_{{ currency }}
                {% endfor %}
            ) as spend,
            -- The API leaves a zero out; no click at all was no click on a link.
            coalesce(insights.inline_link_clicks, case when insights.clicks = 0 then 0 end) as inline_link_clicks
        )
    from insights
    left join ads on insights.ad_id = ads.ad_id
    left join campaigns on coalesce(insights.campaign_id, ads.campaign_id) = campaigns.campaign_id
    left join accounts on replace(insights.account_id, 'act_', '') = replace(accounts.account_id, 'act_', '')
)

{{ ad_days_from('described', {
    'source_table': "'ad_insights'",
    'ad_date': 'ad_date',
    'campaign_id': 'campaign_id',
    'campaign': 'campaign_name',
    'channel': "case when lower(publisher_platform) in ('audience_network', 'audience network') then 'display' else 'paid_social' end",
    'device': device_of('coalesce(impression_device, device_platform)'),
    'impression_count': 'impressions',
    'click_count': 'inline_link_clicks',
    'spend_amount': 'spend',
    'currency': 'currency',
}) }}
