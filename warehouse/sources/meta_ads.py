"""Meta Ads (Facebook, Instagram): what each campaign showed, was clicked and cost, by day.

Shapes: the tables that Fivetran lands, the records of the API (also as Airbyte lands them), and the report of Ads Manager
broken down by day. Of the API's streams of insights only `ads_insights` is read: the others are the same money, cut otherwise.
"""

from __future__ import annotations

from warehouse.contract import CONNECTOR, RawTable, Source, amount, currency, moment, text, texts, whole

# Ads Manager writes the currency into the header: Amount spent (EUR).
CURRENCIES = (
    *("USD", "EUR", "GBP", "CHF", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "TRY", "ILS", "AED", "ZAR"),
    *("CAD", "AUD", "NZD", "BRL", "MXN", "INR", "JPY", "KRW", "SGD", "HKD"),
)
# By what a report may be cut, so that two rows of one ad and day are not taken for versions of one.
BREAKDOWNS = ("platform_position", "impression_device", "device_platform", "country", "region", "age", "gender")

AD_INSIGHTS = RawTable(
    "meta_ads",
    "ad_insights",
    (
        moment("ad_date", "date", "date_start", "day", required=True),
        text("account_id"),
        text("campaign_id"),
        text("campaign_name", "campaign"),
        text("adset_id", "ad_set_id"),
        text("adset_name", "ad_set_name"),
        text("ad_id"),
        text("ad_name"),
        whole("impressions"),
        whole("clicks", "clicks_all"),
        whole("inline_link_clicks", "link_clicks"),
        amount("spend", "amount_spent"),
        *(amount(f"amount_spent_{code.lower()}") for code in CURRENCIES),
        currency("currency", "account_currency"),
        text("reporting_starts"),
        text("publisher_platform", "platform"),
        *texts(*BREAKDOWNS),
        *CONNECTOR,
    ),
    stems=("basic_ad", "ad_insight", "ads_insight", "ads_insights", "campaign_stat", "campaign_stats", "campaign_report"),
    any_of=("campaign_id", "campaign_name", "ad_id"),
    header=("campaign_name", "ad_date", "reporting_starts"),
    gives="spend, impressions and link clicks by day and ad",
    totals=("ad_date", "campaign_id", "campaign_name", "adset_id", "adset_name", "ad_id", "ad_name"),
)

ADS = RawTable(
    "meta_ads",
    "ads",
    (text("ad_id", "id", required=True), text("campaign_id"), moment("updated_at", "updated_time"), *CONNECTOR),
    stems=("ad", "ad_history"),
    gives="the campaigns of ads",
)

CAMPAIGNS = RawTable(
    "meta_ads",
    "campaigns",
    (
        text("campaign_id", "id", required=True),
        text("name", "campaign_name", required=True),
        moment("updated_at", "updated_time"),
        *CONNECTOR,
    ),
    stems=("campaign", "campaign_history"),
    gives="names of campaigns",
)

ACCOUNTS = RawTable(
    "meta_ads",
    "accounts",
    (text("account_id", "id", required=True), currency("currency"), moment("updated_at", "updated_time"), *CONNECTOR),
    stems=("account", "account_history", "ad_account", "ad_accounts"),
    gives="currencies of the costs",
)

SOURCE = Source(
    "meta_ads",
    "Meta Ads",
    (AD_INSIGHTS, ADS, CAMPAIGNS, ACCOUNTS),
    folders=("facebook_ads", "facebook", "meta", "facebook_marketing"),
)
