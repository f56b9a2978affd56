-- The names and kinds of campaigns are those they have today. A later report of a day corrects an earlier one.

with stats as (
    {{ latest('google_ads__campaign_stats', [
        'coalesce(row_key, '
        ~ joined(['customer_id', 'campaign_id', 'campaign_name', 'ad_date', 'hour', 'device', 'ad_network_type']) ~ ')',
    ]) }}
),

campaigns as ({{ latest('google_ads__campaigns', ['campaign_id'], 'updated_at') }}),

accounts as ({{ latest('google_ads__accounts', ['customer_id'], 'updated_at') }}),

described as (
    select
        stats.* replace (
            coalesce(campaigns.name, stats.campaign_name) as campaign_name,
            coalesce(stats.currency_code, accounts.currency_code) as currency_code,
            lower(coalesce(campaigns.advertising_channel_type, stats.advertising_channel_type)) as advertising_channel_type,
            lower(stats.ad_network_type) as ad_network_type
        ),
        coalesce(stats.cost, stats.cost_micros / 1e6) as spend_amount
    from stats
    left join campaigns on stats.campaign_id = campaigns.campaign_id
    left join accounts on stats.customer_id = accounts.customer_id
)

{{ ad_days_from('described', {
    'source_table': "'campaign_stats'",
    'ad_date': 'ad_date',
    'campaign_id': 'campaign_id',
    'campaign': 'campaign_name',
    'channel': "case
        when advertising_channel_type like '%video%' or ad_network_type like 'youtube%' then 'paid_video'
        when advertising_channel_type like '%display%' or ad_network_type like 'content%' then 'display'
        when advertising_channel_type like '%search%' or ad_network_type like '%search%' then 'paid_search'
        when advertising_channel_type like '%shopping%' then 'paid_shopping'
        when advertising_channel_type like '%performance%max%' or ad_network_type in ('mixed', 'cross-network') then 'cross_network'
        else 'paid_other'
    end",
    'device': device_of('device'),
    'impression_count': 'impressions',
    'click_count': 'clicks',
    'spend_amount': 'spend_amount',
    'currency': 'currency_code',
    'platform_conversion_count': 'try_cast(conversions as double)',
}) }}
