"""Google Analytics 4: what visitors of websites and apps did, one row per event.

Shapes: the daily, fresh and streamed tables of the BigQuery export, as JSON lines or as Parquet with its nested types, and the
table `event` that Fivetran lands of them (`param_…` columns). The reports of the Data API have no events and are not taken.
"""

from __future__ import annotations

from warehouse.contract import CONNECTOR, DEVICE, USER, VISITOR, RawTable, Source, Worth, flag, moment, nested, text, texts

# What nobody reads here: where somebody is, what the device is called, and how the person was first acquired, which is never
# where this event came from.
UNREAD = (
    *("event_date", "date", "event_previous_timestamp", "previous_timestamp", "user_first_touch_timestamp", "stream_id"),
    *("is_active_user", "traffic_source", "traffic_source_name", "traffic_source_medium", "traffic_source_source"),
    *("app_info", "user_ltv", "user_ltv_revenue", "user_ltv_currency", "publisher", "ecommerce", "privacy_info"),
    *("collected_traffic_source", "session_traffic_source_last_click", "event_dimensions", "privacy_info_uses_transient_token"),
)
UNREAD_PERSONAL = (
    *("device", "device_mobile_brand_name", "device_mobile_model_name", "device_mobile_marketing_name"),
    *("device_mobile_os_hardware_model", "device_operating_system_version", "device_language", "device_time_zone_offset_seconds"),
    *("device_browser", "device_browser_version", "device_web_info_browser", "device_web_info_browser_version"),
    *("device_is_limited_ad_tracking", "geo", "geo_city", "geo_region", "geo_metro", "geo_continent", "geo_sub_continent"),
)

EVENTS = RawTable(
    "ga4",
    "events",
    (
        text("event_name", "name", required=True),
        moment("event_timestamp", "timestamp", required=True),
        text("user_id", identifies=USER),
        text("user_pseudo_id", identifies=VISITOR),
        text("vendor_id", "device.vendor_id", "device_vendor_id", identifies=DEVICE),
        text("advertising_id", "device.advertising_id", "device_advertising_id", identifies=DEVICE),
        text("bundle_sequence_id", "event_bundle_sequence_id"),
        text("batch_event_index"),
        text("batch_page_id"),
        text("batch_ordering_id"),
        text("server_timestamp_offset", "event_server_timestamp_offset"),
        text("row_key", "_fivetran_id"),
        flag("is_intraday"),
        nested("event_params", pii=True),
        nested("user_properties", pii=True),
        nested("items"),
        text("platform"),
        text("device_category", "device.category"),
        text("operating_system", "device.operating_system", "device_operating_system"),
        text("country", "geo.country", "geo_country"),
        text(
            *("hostname", "device.web_info.hostname", "device_web_info_hostname"),
            *("event_dimensions.hostname", "event_dimensions_hostname"),
        ),
        *(
            text(name, f"collected_traffic_source.{name}", f"collected_traffic_source_{name}")
            for name in ("manual_source", "manual_medium", "manual_campaign_name", "gclid", "dclid", "srsltid")
        ),
        text(
            "google_ads_campaign_name",
            "session_traffic_source_last_click.google_ads_campaign.campaign_name",
            "session_traffic_source_last_click_google_ads_campaign_campaign_name",
        ),
        *(text(name, f"privacy_info.{name}", f"privacy_info_{name}") for name in ("analytics_storage", "ads_storage")),
        text("value_in_usd", "event_value_in_usd"),
        *(
            text(name, f"ecommerce.{name}", f"ecommerce_{name}")
            for name in (
                *("purchase_revenue_in_usd", "purchase_revenue", "refund_value_in_usd", "refund_value"),
                *("transaction_id", "total_item_quantity"),
            )
        ),
        *texts(*UNREAD),
        *texts(*UNREAD_PERSONAL, pii=True),
        *CONNECTOR,
    ),
    stems=("event", "events_intraday", "events_fresh"),
    header=("event_name", "event_timestamp", "user_pseudo_id"),
    gives="everything that visitors did, under Google's names or the site's own",
    worth=Worth(("purchase_revenue_in_usd",), "USD"),
)

# Not among them: `first_visit`, which comes with a session_start and a page_view of the same moment and would count double.
EVENT_NAMES = {
    "page_view": "page_viewed",
    "screen_view": "screen_viewed",
    "session_start": "session_started",
    "first_open": "app_installed",
    "sign_up": "signed_up",
    "login": "logged_in",
    "view_item": "product_viewed",
    "search": "searched",
    "view_search_results": "searched",
    "video_start": "video_watched",
    "file_download": "file_downloaded",
    "form_submit": "form_submitted",
    "generate_lead": "lead_created",
    "working_lead": "sales_activity_logged",
    "add_to_cart": "cart_updated",
    "remove_from_cart": "cart_updated",
    "begin_checkout": "checkout_started",
    "purchase": "purchased",
    "ecommerce_purchase": "purchased",
    "in_app_purchase": "purchased",
    "refund": "refunded",
    "app_store_refund": "refunded",
    "app_store_subscription_convert": "subscription_started",
    "app_store_subscription_renew": "payment_received",
    "app_store_subscription_cancel": "subscription_cancelled",
    "notification_receive": "message_sent",
    "notification_open": "message_clicked",
    **dict.fromkeys(("qualify_lead", "disqualify_lead", "close_convert_lead", "close_unconvert_lead"), "lifecycle_stage_changed"),
    **dict.fromkeys(
        (
            *("user_engagement", "scroll", "click", "form_start", "select_content", "share", "tutorial_begin"),
            *("tutorial_complete", "video_progress", "video_complete", "view_item_list", "select_item", "view_promotion"),
            *("select_promotion", "add_to_wishlist", "view_cart", "add_shipping_info", "add_payment_info"),
        ),
        "content_engaged",
    ),
    **dict.fromkeys(
        (
            *("level_start", "level_end", "level_up", "post_score", "unlock_achievement", "join_group"),
            *("earn_virtual_currency", "spend_virtual_currency"),
        ),
        "feature_used",
    ),
}

SOURCE = Source(
    "ga4",
    "Google Analytics 4",
    (EVENTS,),
    folders=("ga4_export", "ga4_raw", "google_analytics_4", "google_analytics"),
    event_names=EVENT_NAMES,
)
