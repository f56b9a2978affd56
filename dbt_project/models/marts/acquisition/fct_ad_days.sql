select
    source,
    ad_date,
    campaign_id,
    campaign,
    channel,
    device,
    currency,
    cast(sum(impression_count) as bigint) as impression_count,
    cast(sum(click_count) as bigint) as click_count,
    sum(spend_amount) as spend_amount,
    sum(platform_conversion_count) as platform_conversion_count
from {{ ref('int_ad_days_unioned') }}
group by source, ad_date, campaign_id, campaign, channel, device, currency
