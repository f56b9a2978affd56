"""Meta Ads: what each campaign showed, was clicked and cost by day, one ad to a campaign, as the insights that Airbyte lands.

A record carries names and currency itself. Clicks on the link, which bring visits, stand beside all clicks.
"""

from __future__ import annotations

from simulation.exports import Export

EXPORTS = (
    Export(
        "meta_ads",
        "ads_insights",
        kind="jsonl",
        moment="date_start",
        # The interface leaves a zero out of the clicks on links. Some people click on something else, like the comments.
        sql="""
            select
                '120200000000' || lpad(campaign_no::varchar, 6, '0') as ad_id,
                campaign as ad_name,
                '120210000000' || lpad(campaign_no::varchar, 6, '0') as adset_id,
                '120220000000' || lpad(campaign_no::varchar, 6, '0') as campaign_id,
                campaign as campaign_name,
                '558123456789' as account_id,
                'USD' as account_currency,
                day as date_start,
                day as date_stop,
                impressions,
                clicks + clicks // 5 as clicks,
                nullif(clicks, 0) as inline_link_clicks,
                spend_cents / 100 as spend
            from ad_days
            where platform = 'meta_ads'
            order by day, campaign_no
        """,
    ),
)
