"""Google Ads: what each campaign showed, was clicked and cost, by day.

Shapes: the tables that Fivetran and Airbyte land (costs in millionths), and the campaign report of the web interface.
"""

from __future__ import annotations

from warehouse.contract import CONNECTOR, NOBODY, RawTable, Source, amount, currency, moment, text, whole

CAMPAIGN_STATS = RawTable(
    "google_ads",
    "campaign_stats",
    (
        text("row_key", "_fivetran_id"),
        text("campaign_id", "id", "campaign.id"),
        text("campaign_name", "campaign.name", "campaign"),
        moment("ad_date", "date", "segments.date", "day", required=True),
        text("customer_id", "customer.id", "account_id", identifies=NOBODY),
        whole("impressions", "metrics.impressions", "impr"),
        whole("clicks", "metrics.clicks"),
        whole("cost_micros", "metrics.cost_micros"),
        amount("cost"),
        currency("currency_code", "customer.currency_code", "currency"),
        text("hour", "segments.hour"),
        text("device", "segments.device"),
        text("ad_network_type", "segments.ad_network_type", "network"),
        text("advertising_channel_type", "campaign.advertising_channel_type", "campaign_type"),
        text("conversions", "metrics.conversions"),
        *CONNECTOR,
    ),
    stems=("campaign_stat", "campaign", "campaign_report", "campaign_performance"),
    any_of=("campaign_id", "campaign_name"),
    gives="spend, impressions and clicks by day and campaign",
    totals=("ad_date", "campaign_id", "campaign_name"),
    nothing=("--",),
)

CAMPAIGNS = RawTable(
    "google_ads",
    "campaigns",
    (
        text("campaign_id", "id", required=True),
        text("name", required=True),
        text("advertising_channel_type"),
        moment("updated_at"),
        *CONNECTOR,
    ),
    stems=("campaign_history",),
    gives="names and kinds of campaigns",
)

ACCOUNTS = RawTable(
    "google_ads",
    "accounts",
    (
        text("customer_id", "id", "customer.id", required=True, identifies=NOBODY),
        currency("currency_code", "customer.currency_code", required=True),
        moment("updated_at"),
        *CONNECTOR,
    ),
    stems=("account_history", "customer"),
    gives="currencies of the costs",
)

SOURCE = Source("google_ads", "Google Ads", (CAMPAIGN_STATS, CAMPAIGNS, ACCOUNTS), folders=("adwords",))
