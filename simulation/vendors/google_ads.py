"""Google Ads: what each campaign cost by day, with the campaigns' names and the account's currency, as Fivetran's tables.

Campaigns come with the days on which they ran, so that what has no ad days exports nothing. Clicks become visits elsewhere.
"""

from __future__ import annotations

from simulation.exports import Export

# As the platform numbers its campaigns and accounts.
FIRST_CAMPAIGN_ID = 21_000_000_000
ACCOUNT_ID = 8_123_456_790

EXPORTS = (
    Export(
        "google_ads",
        "campaign_stats",
        kind="csv",
        moment="date",
        sql=f"""
            select
                md5(campaign_no || '|' || day) as _fivetran_id,
                {ACCOUNT_ID} as customer_id,
                day as date,
                {FIRST_CAMPAIGN_ID} + campaign_no as id,
                impressions,
                clicks,
                spend_cents * 10000 as cost_micros,
                conversions
            from ad_days
            where platform = 'google_ads'
            order by day, campaign_no
        """,
    ),
    Export(
        "google_ads",
        "campaign_history",
        kind="csv",
        moment="updated_at",
        sql=f"""
            select
                {FIRST_CAMPAIGN_ID} + campaign_no as id,
                min(day)::timestamp as updated_at,
                {ACCOUNT_ID} as customer_id,
                ad_days.campaign as name,
                upper(replace(channel, 'paid_', '')) as advertising_channel_type
            from ad_days
            join campaigns using (campaign_no)
            where ad_days.platform = 'google_ads'
            group by campaign_no, ad_days.campaign, channel
            order by updated_at, id
        """,
    ),
    Export(
        "google_ads",
        "account_history",
        kind="csv",
        moment="updated_at",
        sql=f"""
            select
                {ACCOUNT_ID} as id,
                min(day)::timestamp as updated_at,
                'USD' as currency_code
            from ad_days
            where platform = 'google_ads'
            having count(*) > 0
        """,
    ),
)
