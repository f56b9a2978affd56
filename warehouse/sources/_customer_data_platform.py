"""What Segment and RudderStack share: the calls of one specification, in the tables both write and as the messages themselves.

Shapes: the warehouse tables `tracks`, `identifies`, `pages`, `screens`, `groups`, `aliases`; one table per event beside them,
told by its columns; and the raw JSON messages of a cloud-storage export or webhook. A thing has the same column in each.
"""

from __future__ import annotations

from warehouse.contract import DEVICE, EMAIL, PHONE, USER, VISITOR, Column, RawTable, Worth, flag, moment, text

USER_OR_VISITOR = (*USER, *VISITOR)  # an alias joins either


def _context(name: str, path: str, *others: str, pii: bool = False, identifies: tuple[str, ...] | None = None) -> Column:
    """A value that is context_<name> in a table and context.<path> in a message."""
    return text(f"context_{name}", f"context.{path}", *others, pii=pii, identifies=identifies)


def _consent(name: str, *categories: str) -> Column:
    """The state of a consent by the categories that stand for it. What they are called is each company's choice."""
    spelt = (word for category in categories for word in (category, category.lower()))
    return text(name, *(f"context.consent.categoryPreferences.{word}" for word in spelt))


def _personal(*names: str) -> tuple[Column, ...]:
    """Properties that tell who somebody is and that nobody needs."""
    camel = {name: name.split("_")[0] + "".join(part.capitalize() for part in name.split("_")[1:]) for name in names}
    return tuple(text(name, f"properties.{name}", f"properties.{camel[name]}", pii=True) for name in names)


# What every call has, whatever it says.
CALL = (
    text("anonymous_id", identifies=VISITOR),
    text("user_id", identifies=USER),
    moment("timestamp", "original_timestamp", "sent_at", "received_at", required=True),
    moment("received_at"),
    text("original_timestamp"),
    text("sent_at"),
    _context("page_url", "page.url", pii=True),
    _context("page_referrer", "page.referrer", pii=True),
    _context("campaign_source", "campaign.source"),
    _context("campaign_medium", "campaign.medium"),
    _context("campaign_name", "campaign.name"),
    _context("user_agent", "userAgent", pii=True),
    _context("device_id", "device.id", identifies=DEVICE),
    _context("device_type", "device.type"),
    _context("device_model", "device.model"),
    _context("os_name", "os.name"),
    _context("group_id", "groupId"),
    _context("traits_email", "traits.email", identifies=EMAIL),
    _context("traits_phone", "traits.phone", identifies=PHONE),
    _context("ip", "ip", "context_request_ip", "request_ip", pii=True),
    # OneTrust, whose categories many banners have, numbers them.
    _consent("consent_to_ads", "Advertising", "Ads", "Marketing", "Targeting", "C0004"),
    _consent("consent_to_analytics", "Analytics", "Statistics", "Performance", "C0002"),
)

# How the row got here. Unlike other sources, events have columns of anybody's making: `deleted` and `archived_at` may be
# properties of what happened, so only what connectors themselves add is taken.
ROW = (
    moment("synced_at", "_fivetran_synced", "_airbyte_extracted_at", "_airbyte_emitted_at", "_sdc_extracted_at"),
    flag("is_row_deleted", "_fivetran_deleted"),
    moment("row_deleted_at", "_ab_cdc_deleted_at", "_sdc_deleted_at"),
    text("uuid"),
    moment("stored_at", "uuid_ts", "loaded_at"),
)

# Numbers are texts here, since a property of that name may hold anything; what is no number is no revenue.
MONEY = tuple(text(name, f"properties.{name}") for name in ("revenue", "total", "value", "currency"))
WORTH = Worth(("revenue", "total"), "currency", only_of=("event", "Order Completed", "Completed Order"))
PERSONAL = _personal("first_name", "last_name", "username", "password", "address", "street", "birthday")
CONTACT = (
    text("property_email", "email", "properties.email", identifies=EMAIL),
    text("property_phone", "phone", "properties.phone", identifies=PHONE),
)
# In a message each value has one place, so an e-mail among the traits is none among the properties.
CONTACT_IN_MESSAGE = (
    text("property_email", "properties.email", identifies=EMAIL),
    text("property_phone", "properties.phone", identifies=PHONE),
)
TRAITS = (
    text("email", "traits.email", identifies=EMAIL),
    text("phone", "traits.phone", identifies=PHONE),
    text("plan", "traits.plan", "context.traits.plan"),
)
PAGE = (
    text("name", "properties.name"),
    text("url", "properties.url", pii=True),
    text("referrer", "properties.referrer", pii=True),
    text("search", "properties.search", pii=True),
)
ACCOUNT = (text("website", "domain", "traits.website", "traits.domain"),)


def tables(source: str, *own: Column) -> tuple[RawTable, ...]:
    """The raw tables of one such platform; `own` are columns it adds to every table by itself."""
    call = (text("message_id", "id"), *CALL, *own)
    event = (text("event", required=True), text("event_text"))
    return (
        RawTable(
            source,
            "messages",
            (
                text("type", required=True),
                text("message_id"),
                *(text("event"), text("group_id"), text("previous_id", identifies=USER_OR_VISITOR)),
                *(*CALL, *own, *PAGE, *ACCOUNT, *MONEY, *PERSONAL, *CONTACT_IN_MESSAGE),
                *(*TRAITS, *ROW),
            ),
            stems=("message", "raw", "raw_message", "raw_messages", "raw_event", "raw_events", "event", "events"),
            header=("type", "message_id"),
            gives="the calls as they were sent: all events",
            worth=WORTH,
        ),
        RawTable(source, "tracks", (*call, *event, *ROW), stems=("track",), gives="what was done, without its properties"),
        RawTable(
            source,
            "event_tables",
            (*call, *event, *MONEY, *PERSONAL, *CONTACT, *ROW),
            stems=(),
            header=("message_id", "event", "timestamp"),
            gives="what was done, a table for each event, with its properties",
            worth=WORTH,
        ),
        RawTable(
            source,
            "identifies",
            (*call, *TRAITS, *ROW),
            stems=("identify",),
            gives="who somebody is: identified, plan_changed",
        ),
        RawTable(source, "pages", (*call, *PAGE, *PERSONAL, *CONTACT, *ROW), stems=("page",), gives="pages: page_viewed"),
        RawTable(source, "screens", (*call, *PAGE, *PERSONAL, *CONTACT, *ROW), stems=("screen",), gives="screens: screen_viewed"),
        RawTable(
            source,
            "groups",
            (*call, text("group_id", required=True), *ACCOUNT, text("plan", "traits.plan"), *ROW),
            stems=("group",),
            gives="which account somebody belongs to: grouped",
        ),
        RawTable(
            source,
            "aliases",
            (*call, text("previous_id", required=True, identifies=USER_OR_VISITOR), *ROW),
            stems=("alias",),
            gives="which two identifiers are one person: identified",
        ),
    )


# The names that the specification gives to events (commerce, accounts, apps, e-mail, chat, video), and older spellings.
EVENT_NAMES = {
    "Products Searched": "searched",
    "Product Viewed": "product_viewed",
    "Viewed Product": "product_viewed",
    "Product List Viewed": "product_viewed",
    "Viewed Product Category": "product_viewed",
    "Product Clicked": "content_engaged",
    "Product List Filtered": "content_engaged",
    "Promotion Clicked": "content_engaged",
    "Product Added": "cart_updated",
    "Added Product": "cart_updated",
    "Product Removed": "cart_updated",
    "Removed Product": "cart_updated",
    "Checkout Started": "checkout_started",
    "Started Checkout": "checkout_started",
    "Order Completed": "purchased",
    "Completed Order": "purchased",
    "Order Refunded": "refunded",
    "Refunded Order": "refunded",
    "Order Cancelled": "refunded",
    "Cancelled Order": "refunded",
    "Order Canceled": "refunded",
    "Canceled Order": "refunded",
    "Signed Up": "signed_up",
    "Signed In": "logged_in",
    "Signed Out": "logged_out",
    "Invite Sent": "teammate_invited",
    "Trial Started": "trial_started",
    "Trial Ended": "trial_ended",
    "Application Installed": "app_installed",
    "Application Opened": "session_started",
    "Push Notification Received": "message_sent",
    "Push Notification Tapped": "message_clicked",
    "Email Sent": "email_sent",
    "Email Delivered": "email_delivered",
    "Email Opened": "email_opened",
    "Email Link Clicked": "email_clicked",
    "Email Bounced": "email_bounced",
    "Email Marked as Spam": "email_marked_spam",
    "Unsubscribed": "consent_withdrawn",
    "Live Chat Conversation Started": "chat_started",
    "Video Playback Started": "video_watched",
}
