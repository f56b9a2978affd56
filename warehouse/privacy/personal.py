"""Whose a raw row is: which columns name a person, by which kind of identifier, and which records belong to people.

Columns and records only. Whom an identifier belongs to is solved by the warehouse; what is done with a person's rows is
erasure.py and suppression.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from warehouse.contract import RawTable
from warehouse.settings import UserError
from warehouse.sources import RAW_TABLES

# The kinds of identifiers that stand for a person. OWN is what a vendor calls a person; it is a crm_id with the vendor in front.
KINDS = ("user_id", "crm_id", "email", "phone", "device_id", "anonymous_id")
OWN = "own"


@dataclass(frozen=True)
class PersonColumn:
    """A column that names a person. `is_list`: several; `is_link`: whom a record is shared with, beside others."""

    name: str
    kinds: tuple[str, ...]
    is_list: bool = False
    is_link: bool = False


@dataclass(frozen=True)
class Record:
    """A thing of a vendor's that belongs to people, by where its id stands, as (table, column).

    `homes` are the rows of the thing itself, `links` say to whom it belongs when its own row does not, `parts` hang on it.
    """

    homes: tuple[tuple[str, str], ...]
    links: tuple[tuple[str, str], ...] = ()
    parts: tuple[tuple[str, str], ...] = ()


_EMAILS = (
    "email",
    "email_address",
    "context_traits_email",
    "property_email",
    "merged_from_email",
    "merged_to_email",
    "recipient",
)
_PHONES = ("phone", "mobile_phone", "phone_number", "context_traits_phone", "property_phone")
_ANY = {
    **dict.fromkeys(_EMAILS, ("email",)),
    **dict.fromkeys(_PHONES, ("phone",)),
    **dict.fromkeys(("user_id", "external_id"), ("user_id", "email")),  # an id may be an address
    **dict.fromkeys(("anonymous_id", "user_pseudo_id"), ("anonymous_id",)),
    **dict.fromkeys(("device_id", "context_device_id", "vendor_id", "advertising_id", "ios_ifa"), ("device_id",)),
    "crm_id": ("crm_id",),
    "previous_id": ("user_id", "anonymous_id", "email"),
    "additional_emails": ("email",),
}
# Mixpanel's ids may each be anything: whoever was nobody yet has the id of a browser where later that of a user stands.
_MIXPANEL = (
    "distinct_id",
    "distinct_id_before_identity",
    "identified_id",
    "anon_id",
    "alias",
    "distinct_ids",
    "device_id",
    "user_id",
)
_OF_SOURCE: dict[str, dict[str, tuple[str, ...]]] = {
    "events": {"customer_id": ("user_id", "email")},
    "hubspot": dict.fromkeys(("contact_id", "merged_id", "merged_ids", "merged_ids_with_times", "contact_ids"), (OWN,)),
    "klaviyo": dict.fromkeys(("person_id", "profile_id", "klaviyo_id"), (OWN,)),
    "mixpanel": dict.fromkeys(_MIXPANEL, (OWN, "user_id", "anonymous_id", "device_id", "email")),
    "olist": {"mql_id": ("crm_id",), "seller_id": ("user_id",)},
    "salesforce": dict.fromkeys(("contact_id", "lead_id", "converted_contact_id", "who_id"), (OWN,)),
    "stripe": {"customer_id": (OWN,)},
    "surveys": {"person_id": (OWN,), "contact_id": (OWN,), "customer_id": ("user_id", "email")},
    "zendesk": {
        "user_id": (OWN,),
        "requester_id": (OWN,),
        "author_id": (OWN,),
        "recipient": (),
    },  # to which mailbox somebody wrote
}
_OF_TABLE: dict[str, dict[str, tuple[str, ...]]] = {
    "raw.stripe__customers": {"id": (OWN,)},
    "raw.hubspot__companies": {"phone": ()},
    "raw.hubspot__deals": {"merged_ids": ()},
    "raw.salesforce__accounts": {"phone": ()},
    "raw.salesforce__contacts": {"master_record_id": (OWN,)},
    "raw.salesforce__leads": {"master_record_id": (OWN,)},
}
_LISTS = {"additional_emails", "merged_ids", "merged_ids_with_times", "contact_ids", "distinct_ids"}
_LINKS = {"contact_ids"}
_LINKS_OF_TABLE = {("raw.salesforce__opportunities", "contact_id")}

# Where a vendor keeps what it knows of a person: whoever is found there by another identifier is also who its ids say.
MASTERS = frozenset(
    f"raw.{name}"
    for name in (
        *("hubspot__contacts", "hubspot__contact_merges", "klaviyo__profiles", "mixpanel__people", "salesforce__contacts"),
        *("salesforce__leads", "stripe__customers", "surveys__people", "surveys__qualtrics_contacts", "zendesk__users"),
    )
)

# Rows that name a person nowhere but in a text.
BY_TEXT = frozenset({"raw.hubspot__form_submissions", "raw.stripe__payment_intents"})

RECORDS: dict[str, dict[str, Record]] = {
    "hubspot": {
        "deal": Record(
            (("deals", "deal_id"),),
            (("deal_contacts", "deal_id"),),
            (
                *(("deal_companies", "deal_id"), ("merged_deals", "deal_id"), ("merged_deals", "merged_deal_id")),
                *(("deal_stages", "deal_id"), ("deal_property_history", "deal_id")),
            ),
        ),
        "ticket": Record((("tickets", "ticket_id"),), (("ticket_contacts", "ticket_id"),), (("ticket_companies", "ticket_id"),)),
        "engagement": Record(
            tuple((table, "engagement_id") for table in ("engagements", "meetings", "calls")),
            (("engagement_contacts", "engagement_id"),),
            (("engagement_companies", "engagement_id"),),
        ),
        "email": Record(
            (("email_events", "event_id"),),
            parts=tuple((f"email_event_{what}", "event_id") for what in ("opens", "clicks", "bounces", "status_changes")),
        ),
    },
    "stripe": {
        "charge": Record(
            (("charges", "id"), ("invoices", "charge_id")),
            parts=tuple((table, "charge_id") for table in ("refunds", "disputes", "invoice_payments")),
        ),
        "invoice": Record(
            (("invoices", "id"), ("charges", "invoice_id")),
            parts=(("invoice_payments", "invoice_id"), ("payment_intents", "invoice_id")),
        ),
        "payment_intent": Record(
            (("charges", "payment_intent_id"), ("invoices", "payment_intent_id"), ("payment_intents", "id")),
            parts=tuple((table, "payment_intent_id") for table in ("refunds", "disputes", "invoice_payments")),
        ),
        "subscription": Record(
            (("subscriptions", "id"), ("invoices", "subscription_id")), parts=(("subscription_items", "subscription_id"),)
        ),
    },
    "zendesk": {
        "ticket": Record(
            (("tickets", "ticket_id"),),
            parts=tuple(
                (table, "ticket_id")
                for table in ("ticket_field_history", "ticket_metrics", "ticket_comments", "ticket_tags", "satisfaction_ratings")
            ),
        )
    },
    "surveys": {
        "response": Record(
            (("responses", "response_id"), ("qualtrics_responses", "response_id")), parts=(("qualtrics_answers", "response_id"),)
        )
    },
    "salesforce": {
        "opportunity": Record(
            (("opportunities", "opportunity_id"),),
            (("opportunity_contact_roles", "opportunity_id"),),
            (("opportunity_history", "opportunity_id"),),
        )
    },
    "olist": {
        "order": Record(
            (("orders", "order_id"),),
            (("order_items", "order_id"),),
            (("order_payments", "order_id"), ("order_reviews", "order_id")),
        )
    },
}


def columns_of(raw: RawTable) -> tuple[PersonColumn, ...]:
    """The columns of a raw table that name a person."""
    found = []
    for column in raw.columns:
        of_source = _OF_SOURCE.get(raw.source, {}).get(column.name, _ANY.get(column.name, ()))
        kinds = _OF_TABLE.get(raw.table, {}).get(column.name, of_source)
        if kinds:
            is_link = column.name in _LINKS or (raw.table, column.name) in _LINKS_OF_TABLE
            found.append(PersonColumn(column.name, kinds, column.name in _LISTS, is_link))
    return tuple(found)


def records_of(raw: RawTable) -> tuple[tuple[str, str], ...]:
    """The columns of a raw table in which the id of a record stands, each with the record as `hubspot deal`."""
    return tuple(
        (column, f"{raw.source} {name}")
        for name, record in RECORDS.get(raw.source, {}).items()
        for table, column in (*record.homes, *record.links, *record.parts)
        if table == raw.name
    )


_OF_ADDRESS = r'[^\s\p{Z}@<>()\[\]{},;:"|/\\?]+'
_ADDRESS = rf"{_OF_ADDRESS}@([\p{{L}}\p{{N}}_-]+[.])+[\p{{L}}][\p{{L}}\p{{N}}-]*[\p{{L}}\p{{N}}]"
_UNSEEN = r"[\x{00}-\x{08}\x{0E}-\x{1F}\x{7F}\x{AD}\x{200B}-\x{200F}\x{202A}-\x{202E}\x{2060}-\x{2064}\x{FEFF}]"
_AROUND = r'[\s\p{Z}"\x27`;,]+'


def spelling(id_type: str, text: str) -> str:
    """The SQL of the one spelling of an identifier, out of the SQL `text`: what the macro spelling_of in dbt gives."""
    bare = f"regexp_replace(nfc_normalize({text}), '{_UNSEEN}', '', 'g')"
    bare = f"nullif(regexp_replace({bare}, '^{_AROUND}|{_AROUND}$', '', 'g'), '')"
    found = f"regexp_extract_all(replace(lower({bare}), '%40', '@'), '{_OF_ADDRESS}@{_OF_ADDRESS}')"
    found = f"list_distinct(list_transform({found}, lambda one: rtrim(one, '.')))"
    address = f"coalesce(case when len({found}) = 1 then {found}[1] end, lower({bare}))"
    if id_type == "email":
        return address
    if id_type == "phone":
        digits = f"regexp_replace({text}, '^([^0-9]*(?:[+]|00).*)[(]\\s*0\\s*[)]', '\\1', 'g')"
        digits = f"regexp_replace(regexp_replace({digits}, '[^0-9+]', '', 'g'), '([0-9])[+]+', '\\1', 'g')"
        number = f"regexp_replace({digits}, '^[+]*(?:00|[+])([1-9])', '+\\1', 'g')"
        is_none = f"not regexp_matches({text}, '[0-9]') or regexp_matches({text}, '(?i)[0-9]e[+-]?[0-9]')"
        return f"case when {is_none} then {bare} else {number} end"
    if id_type == "user_id":
        return f"case when {text} like '%_@_%' and regexp_full_match({address}, '{_ADDRESS}') then {address} else {bare} end"
    return bare


def spelt(raw: RawTable, kind: str, text: str) -> tuple[str, str]:
    """The id type that a kind of identifier has in the warehouse, and the SQL of its one spelling, out of the SQL `text`."""
    if raw.source == "mixpanel" and kind not in ("email", "phone"):
        text = f"regexp_replace({text}, '^[$]device:', '')"
    if kind != OWN:
        return kind, spelling(kind, text)
    if raw.source == "salesforce":  # of eighteen signs the last three repeat which of the others are capitals
        text = f"case when regexp_full_match({text}, '[a-zA-Z0-9]{{18}}') then substr({text}, 1, 15) else {text} end"
    return "crm_id", spelling("crm_id", f"('{raw.source}:' || trim({text}))")


def parts_of(raw: RawTable, column: PersonColumn) -> str:
    """The SQL of the array of the persons that a list names: `1;2`, `["1","2"]` and `[{"id": "1"}]`."""
    one = "[0-9]+" if OWN in column.kinds and raw.source == "hubspot" else r'[^;,\s"\[\]{}]+'
    return f"regexp_extract_all({quoted_name(column.name)}, '{one}')"


def quoted_name(name: str) -> str:
    """A column's name in SQL."""
    return f'"{name}"'


def record_id(raw: RawTable, column: str) -> str:
    """The SQL of the id of a record, in one spelling."""
    name = quoted_name(column)
    return f"substr(trim({name}), 1, 15)" if raw.source == "salesforce" else f"trim({name})"


@dataclass(frozen=True)
class Identifier:
    """One identifier of a person, in the spelling of the warehouse. It never shows its value in a message or a log."""

    id_type: str
    value: str

    def __repr__(self) -> str:
        return f"Identifier({self.id_type})"

    @property
    def key(self) -> str:
        """What is hashed when it is published: `email:ada@example.com`."""
        return f"{self.id_type}:{self.value}"


def identifier(text: str) -> Identifier:
    """An identifier written as `email:ada@example.com`, as the warehouse spells it.

    Raises UserError for a kind that is none and for a value that stands for nobody; the value is not repeated.
    """
    kind, colon, value = text.strip().partition(":")
    if not colon or kind not in KINDS:
        raise UserError(
            f"An identifier is written as kind:value, for example email:ada@example.com; the kinds are {', '.join(KINDS)}."
        )
    return normalised(kind, value)


def normalised(id_type: str, value: str) -> Identifier:
    """One identifier in the one spelling of the warehouse. Raises UserError for one of which nothing is left."""
    with duckdb.connect() as connection:
        row = connection.execute(f"select {spelling(id_type, 'value')} from (select ?::varchar as value)", [value]).fetchone()
    found = str(row[0]) if row and row[0] is not None else ""
    if not found.strip("0-"):
        raise UserError(f"This {id_type} stands for nobody: nothing is left of it, or nothing but zeros.")
    return Identifier(id_type, found)


def raw_tables() -> tuple[RawTable, ...]:
    """The raw tables in which rows of a person can stand."""
    return tuple(raw for raw in RAW_TABLES if columns_of(raw) or records_of(raw) or raw.table in BY_TEXT)
