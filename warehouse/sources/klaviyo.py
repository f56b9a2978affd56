"""Klaviyo: e-mails and text messages with what people did about them, the orders of the shop, and consent.

Shapes: the tables that Fivetran lands (in both its spellings of event properties, `property_value` and `propertyvalue`), the
records of the API as Airbyte lands them, and the export of profiles from the web interface.
"""

from __future__ import annotations

from warehouse.contract import (
    CONNECTOR,
    EMAIL,
    NOBODY,
    OWN,
    PHONE,
    USER,
    VISITOR,
    Column,
    RawTable,
    Source,
    Worth,
    amount,
    flag,
    moment,
    text,
    texts,
)


def _property(name: str, key: str, *, pii: bool = False, identifies: tuple[str, ...] | None = None) -> Column:
    """A property of an event: by the API's key, and as Fivetran flattens it."""
    flat = "".join(letter if letter.isalnum() else "_" for letter in key.lower()).strip("_")
    return text(name, f"property_{flat}", f"attributes.event_properties.{key}", pii=pii, identifies=identifies)


EVENTS = RawTable(
    "klaviyo",
    "events",
    (
        text("event_id", "id", required=True),
        moment("occurred_at", "datetime", "attributes.datetime", "timestamp", "attributes.timestamp", required=True),
        text("person_id", "profile_id", "relationships.profile.data.id", identifies=OWN),
        text("metric_id", "relationships.metric.data.id"),
        # In a record of the API, type is always the word event.
        text("metric_name", "name", "type"),
        text("campaign_id"),
        text("flow_id", "property_flow", "attributes.event_properties.$flow"),
        text("message_id", "flow_message_id", "property_message", "attributes.event_properties.$message"),
        amount("value", "property_value", "attributes.event_properties.$value"),
        text(
            "currency",
            *("property_currency_code", "property_currency", "property_value_currency"),
            *(f"attributes.event_properties.{key}" for key in ("$currency_code", "$value_currency", "Currency", "currency")),
        ),
        _property("campaign_name", "Campaign Name"),
        _property("url", "URL", pii=True),
        text("page", "property_page", "attributes.event_properties.page", "attributes.event_properties.$page", pii=True),
        text("client_os", "property_client_os_family", "attributes.event_properties.Client OS Family", "property_client_os"),
        text("os", "property_os", "attributes.event_properties.$os", "attributes.event_properties.os"),
        _property("client_type", "Client Type"),
        _property("message_body", "Message Body", pii=True),
        # Personal, or about the event itself; kept out of the properties that go on.
        text("extra", "property_extra", "attributes.event_properties.$extra", pii=True),
        _property("email", "Email", identifies=EMAIL),
        _property("email_address", "email", identifies=EMAIL),
        _property("phone_number", "Phone Number", identifies=PHONE),
        _property("to_number", "To Number", pii=True),
        _property("from_number", "From Number", pii=True),
        _property("recipient_name", "Recipient Name", pii=True),
        _property("senders_name", "Sender's Name", pii=True),
        _property("first_name", "First Name", pii=True),
        _property("last_name", "Last Name", pii=True),
        _property("exchange_id", "$exchange_id", pii=True, identifies=NOBODY),
        _property("ip", "$ip", pii=True),
        _property("conversation_link", "Conversation Link", pii=True),
        _property("tracking_postal_code", "Tracking Postal Code", pii=True),
        text("attribution", "property_attribution", "attributes.event_properties.$attribution"),
        _property("event_key", "$event_id"),
        text("variation"),
        *texts("relationships", "links", pii=True),
        text("uuid", "attributes.uuid"),
        text("sent_at", "timestamp", "attributes.timestamp"),
        *CONNECTOR,
    ),
    stems=("event", "events_detailed"),
    gives="whatever happened, by the name of its metric",
    worth=Worth(("value",), "currency", only_of=("metric_name", "Placed Order")),
)

PROFILES = RawTable(
    "klaviyo",
    "profiles",
    (
        text("profile_id", "id", "klaviyo_id", "person_id", identifies=OWN),
        moment("created_at", "created", "attributes.created", "profile_created_on", dates="contact_created"),
        moment("updated_at", "updated", "attributes.updated"),
        text("email", "attributes.email", identifies=EMAIL),
        text("phone", "phone_number", "attributes.phone_number", identifies=PHONE),
        text("external_id", "attributes.external_id", identifies=USER),
        text("anonymous_id", "attributes.anonymous_id", identifies=VISITOR),
        *(
            column
            for purpose in ("email", "sms")
            for column in (
                text(
                    f"{purpose}_consent",
                    f"attributes.subscriptions.{purpose}.marketing.consent",
                    *(f"{purpose}_marketing_consent", f"{purpose}_consent_status"),
                ),
                moment(
                    f"{purpose}_consent_at",
                    f"attributes.subscriptions.{purpose}.marketing.consent_timestamp",
                    f"attributes.subscriptions.{purpose}.marketing.timestamp",
                    *(f"{purpose}_marketing_consent_timestamp", f"{purpose}_consent_timestamp"),
                ),
            )
        ),
        # What the web interface calls the number; its file bears the name of a list or a segment.
        text("klaviyo_id", identifies=OWN),
        text("type"),
        *texts("relationships", "links", pii=True),
        *(
            text(name, f"attributes.{name}", pii=True)
            for name in ("first_name", "last_name", "title", "organization", "image", "location", "properties")
        ),
        *texts("address", "address_1", "address_2", "city", "region", "state_region", "zip", "zip_code", "country", pii=True),
        *texts("latitude", "longitude", "timezone", "ip", "ip_address", "company", pii=True),
        *CONNECTOR,
    ),
    stems=("profile", "person", "people", "global_exclusions"),
    any_of=("profile_id", "email", "phone"),
    header=("klaviyo_id", "email"),
    gives="who is known, and what they agreed to: contact_created, consent_given, consent_withdrawn",
    is_master=True,
)


def _names(name: str, gives: str, *stems: str) -> RawTable:
    columns = (
        text("id", required=True),
        text("name", "attributes.name"),
        moment("updated_at", "updated", "attributes.updated", "attributes.updated_at"),
        flag("is_archived", "attributes.archived"),
    )
    return RawTable("klaviyo", name, (*columns, *CONNECTOR), stems=stems, gives=gives)


METRICS = _names("metrics", "the names of what happened", "metric")
CAMPAIGNS = _names("campaigns", "names of campaigns", "campaign", "campaigns_detailed")
FLOWS = _names("flows", "names of flows", "flow")

SOURCE = Source(
    "klaviyo",
    "Klaviyo",
    (EVENTS, PROFILES, METRICS, CAMPAIGNS, FLOWS),
    # What has no word of ours keeps its own name: the items of an order (Ordered Product), its way to the customer (Fulfilled
    # Order), and a text message of the customer (Sent SMS).
    event_names={
        "Received Email": "email_delivered",
        "Opened Email": "email_opened",
        "Clicked Email": "email_clicked",
        "Bounced Email": "email_bounced",
        "Dropped Email": "email_bounced",
        "Marked Email as Spam": "email_marked_spam",
        "Received SMS": "message_sent",
        "Received Automated Response SMS": "message_sent",
        "Clicked SMS": "message_clicked",
        "Received Push": "message_sent",
        "Opened Push": "message_clicked",
        "Subscribed to List": "consent_given",
        "Subscribed to Email Marketing": "consent_given",
        "Unsubscribed": "consent_withdrawn",
        "Unsubscribed from List": "consent_withdrawn",
        "Unsubscribed from Email Marketing": "consent_withdrawn",
        "Consented to Receive SMS": "consent_given",
        "Subscribed to SMS Marketing": "consent_given",
        "Unsubscribed from SMS": "consent_withdrawn",
        "Unsubscribed from SMS Marketing": "consent_withdrawn",
        "Placed Order": "purchased",
        "Refunded Order": "refunded",
        "Cancelled Order": "refunded",
        "Canceled Order": "refunded",
        "Started Checkout": "checkout_started",
        "Checkout Started": "checkout_started",
        "Added to Cart": "cart_updated",
        "Viewed Product": "product_viewed",
        "Active on Site": "page_viewed",
        "Submitted Search": "searched",
        "Form submitted by profile": "form_submitted",
    },
)
