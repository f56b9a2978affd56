"""Mixpanel: what people did in the product, one row per event, and the profiles of people.

Shapes: the raw export (`event` and its `properties`), the stream `export` and the table `event` that Airbyte and Fivetran land of
it, and the profiles of the engage API. A time without a zone is UTC; a project of before 2023 that exports in its own time zone
is off by that zone, for the export does not say which it is.
"""

from __future__ import annotations

from warehouse.contract import CONNECTOR, DEVICE, EMAIL, OWN, PHONE, WORD, Column, RawTable, Source, moment, nested, text


def reserved(name: str, *names: str, pii: bool = False, identifies: tuple[str, ...] | None = None, each: str = "") -> Column:
    """A property of Mixpanel's own: `$name` in the raw export, `mp_name` in its pipelines, without a mark in connectors."""
    return text(name, f"properties.${name}", *names, f"mp_{name}", pii=pii, identifies=identifies, each=each)


def given(name: str, *, identifies: tuple[str, ...] | None = None) -> Column:
    """A property without a mark, in every shape."""
    return text(name, f"properties.{name}", identifies=identifies)


# Each of its ids may be anything: whoever was nobody yet has the id of a browser where later that of a user stands.
ANYBODY = (*OWN, "user_id", "anonymous_id", "device_id", "email")

# Where a person is and is called: kept out of what is published.
PERSONAL = ("name", "first_name", "last_name", "city", "region", "ip", "latitude", "longitude", "avatar")

EVENTS = RawTable(
    "mixpanel",
    "events",
    (
        text("event_name", "event", "name", required=True),
        moment("occurred_at", "properties.time", "time", required=True),
        reserved("insert_id"),
        text("row_key", "_fivetran_id"),
        text("distinct_id", "properties.distinct_id", identifies=ANYBODY),
        text("user_id", "properties.$user_id", "properties.user_id", "mp_user_id", identifies=ANYBODY),
        reserved("device_id", identifies=ANYBODY),
        reserved("distinct_id_before_identity", identifies=ANYBODY),
        reserved("identified_id", identifies=ANYBODY),
        reserved("anon_id", "properties.$anon_distinct_id", "anon_distinct_id", identifies=ANYBODY),
        reserved("distinct_ids", identifies=ANYBODY, each=WORD),
        given("alias", identifies=ANYBODY),
        text("email", "properties.$email", "mp_email", identifies=EMAIL),
        text("phone", "properties.$phone", "mp_phone", identifies=PHONE),
        reserved("ios_ifa", identifies=DEVICE),
        given("mp_processing_time_ms"),
        reserved("current_url", pii=True),
        reserved("referrer", pii=True),
        *(given(name) for name in ("utm_source", "utm_medium", "utm_campaign", "gclid", "fbclid", "msclkid", "ttclid", "dclid")),
        reserved("os"),
        reserved("device"),
        reserved("model", "mp_device_model"),
        *(reserved(name, pii=True) for name in PERSONAL if name != "name"),
        text("display_name", "properties.$name", pii=True),
        *CONNECTOR,
    ),
    stems=("event", "export"),
    header=("event_name", "occurred_at"),
    gives="everything that people did, under the names the company gave it",
)

PEOPLE = RawTable(
    "mixpanel",
    "people",
    (
        text("distinct_id", "$distinct_id", required=True, identifies=ANYBODY),
        text("email", "$properties.$email", "properties.$email", "$email", identifies=EMAIL),
        text("phone", "$properties.$phone", "properties.$phone", "$phone", identifies=PHONE),
        moment("created_at", "$properties.$created", "properties.$created", "$created", "created"),
        moment("last_seen_at", "$properties.$last_seen", "properties.$last_seen", "$last_seen", "last_seen"),
        *(text(name, f"$properties.${name}", f"properties.${name}", f"${name}", pii=True) for name in PERSONAL),
        nested("transactions", "$properties.$transactions", "$transactions"),
        *CONNECTOR,
    ),
    stems=("people", "person", "engage", "profile", "profiles", "user", "users"),
    gives="e-mail and phone of people for all their events: identified",
    is_master=True,
)

EVENT_NAMES = {
    "$mp_web_page_view": "page_viewed",
    "page_view": "page_viewed",
    "viewed page": "page_viewed",
    "$mobile_screen_view": "screen_viewed",
    "screen_view": "screen_viewed",
    "$session_start": "session_started",
    "$mobile_session_start": "session_started",
    "$ae_session": "session_started",
    "$ae_first_open": "app_installed",
    "$mp_click": "content_engaged",
    "$mp_dead_click": "content_engaged",
    "$mp_rage_click": "content_engaged",
    "$mp_input_change": "content_engaged",
    "$mp_scroll": "content_engaged",
    "$mp_page_leave": "content_engaged",
    "$mp_submit": "form_submitted",
    "$identify": "identified",
    "$create_alias": "identified",
    "$merge": "identified",
    "$opt_in": "consent_given",
    "$campaign_delivery": "message_sent",
    "sign_up": "signed_up",
    "login": "logged_in",
    "log_in": "logged_in",
    "logout": "logged_out",
    "log_out": "logged_out",
    "search": "searched",
    "add_to_cart": "cart_updated",
    "purchase": "purchased",
    "purchase_completed": "purchased",
    "completed_purchase": "purchased",
    "order_completed": "purchased",
    "completed_order": "purchased",
    "charge": "purchased",
    "charged": "purchased",
    "$ae_iap": "purchased",
}

SOURCE = Source("mixpanel", "Mixpanel", (EVENTS, PEOPLE), event_names=EVENT_NAMES, id_prefix="[$]device:")
