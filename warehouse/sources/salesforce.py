"""Salesforce Sales Cloud: the people and companies sales knows, what was done with them, and the deals that came of it.

Shapes: the tables that Fivetran (also in its history mode) and Airbyte land, and the CSV files of Salesforce's own Data Export,
which are named after the objects (`Contact.csv`, `OpportunityFieldHistory.csv`). Custom fields end in `__c`, landed in `_c`.
"""

from __future__ import annotations

from warehouse.contract import (
    CONNECTOR,
    EMAIL,
    NOBODY,
    OWN,
    PHONE,
    USER,
    Column,
    RawTable,
    Record,
    Source,
    amount,
    flag,
    moment,
    text,
    texts,
    whole,
)

CHANGED = (
    moment("created_at", "created_date"),
    moment("updated_at", "system_modstamp", "last_modified_date"),
    moment("started_at", "_fivetran_start"),
    *CONNECTOR,
)

NAMES = (
    *texts("name", "first_name", "last_name", "salutation", "title", "description", "fax", "birthdate", "photo_url", pii=True),
    *texts("street", "city", "postal_code", "mailing_street", "mailing_city", "mailing_postal_code", pii=True),
    *texts("other_street", "other_city", "other_postal_code", pii=True),
    *texts("home_phone", "other_phone", pii=True, identifies=NOBODY),
    text("assistant_name", pii=True),
)


def custom(name: str) -> tuple[str, ...]:
    """How a field that companies add themselves is called, landed and at the API."""
    parts = name.split("_")
    pascal = "_".join(part.capitalize() for part in parts)
    upper = "_".join([parts[0].upper(), *(part.capitalize() for part in parts[1:])])
    return tuple(dict.fromkeys((f"{name}_c", f"{name}__c", f"{pascal}__c", f"{upper}__c", f"{name.upper()}__c")))


def tagged(*names: str) -> tuple[Column, ...]:
    """Fields that web forms fill with what the link was tagged with."""
    return tuple(text(name, *custom(name)) for name in names)


PERSON = (
    text("email", identifies=EMAIL),
    text("phone", identifies=PHONE),
    text("mobile_phone", identifies=PHONE),
    text("user_id", *custom("user_id"), *custom("external_user_id"), *custom("external_id"), identifies=USER),
    text("owner_id"),
    text("master_record_id", identifies=OWN),
    text("lead_source"),
    flag("has_opted_out_of_email"),
    *tagged("utm_source", "utm_medium", "utm_campaign", "gclid"),
    *NAMES,
    *CHANGED,
)

CONTACTS = RawTable(
    "salesforce",
    "contacts",
    (text("contact_id", "id", required=True, identifies=OWN), text("account_id"), *PERSON),
    stems=("contact",),
    gives="the people sales knows: contact_created",
    is_master=True,
)

LEADS = RawTable(
    "salesforce",
    "leads",
    (
        text("lead_id", "id", required=True, identifies=OWN),
        text("status"),
        flag("is_converted"),
        moment("converted_at", "converted_date"),
        text("converted_contact_id", identifies=OWN),
        text("converted_account_id"),
        text("converted_opportunity_id"),
        text("company", pii=True),
        text("website"),
        *PERSON,
    ),
    stems=("lead",),
    gives="who may become a customer: lead_created, lead_converted",
    is_master=True,
)

ACCOUNTS = RawTable(
    "salesforce",
    "accounts",
    (
        text("account_id", "id", required=True),
        text("website"),
        text("master_record_id"),
        *texts("name", "phone", "description", pii=True, identifies=NOBODY),
        *CHANGED,
    ),
    stems=("account",),
    gives="companies and their internet domains",
    names_people="never",
)

OPPORTUNITIES = RawTable(
    "salesforce",
    "opportunities",
    (
        text("opportunity_id", "id", required=True),
        text("account_id"),
        text("contact_id", identifies=OWN, is_link=True),
        text("stage_name"),
        amount("amount"),
        text("currency_iso_code"),
        moment("close_date"),
        flag("is_closed"),
        flag("is_won"),
        text("owner_id"),
        text("lead_source"),
        text("type"),
        *texts("name", "description", "next_step", pii=True),
        *CHANGED,
    ),
    stems=("opportunity",),
    gives="deals: deal_created, deal_won, deal_lost",
)

OPPORTUNITY_CONTACT_ROLES = RawTable(
    "salesforce",
    "opportunity_contact_roles",
    (
        text("role_id", "id"),
        text("opportunity_id", required=True),
        text("contact_id", required=True, identifies=OWN),
        flag("is_primary"),
        *CHANGED,
    ),
    stems=("opportunity_contact_role", "opportunitycontactrole"),
    gives="the people of the deals",
)


def history(of: str, parent: str, fact: str, *stems: str) -> RawTable:
    """The table of changes of an object: a row per changed field, or, in the history mode of Fivetran, a row per version."""
    return RawTable(
        "salesforce",
        f"{of}_history",
        (
            text("history_id", "id", required=True),
            text(parent, pii=True, identifies=OWN if of in ("contact", "lead") else NOBODY),
            moment("changed_at", "_fivetran_start", "created_date", required=True),
            text("field"),
            text("old_value", pii=True),
            text("new_value", pii=True),
            text(fact),
            text("owner_id"),
            flag("has_opted_out_of_email"),
            text("email", identifies=EMAIL),
            text("phone", identifies=PHONE),
            text("mobile_phone", identifies=PHONE),
            text("home_phone", pii=True, identifies=NOBODY),
            *texts("name", "first_name", "last_name", pii=True),
            *texts("title", "description", pii=True),
            *CONNECTOR,
        ),
        stems=stems,
        gives="changes of owner, of consent" + (" and of status" if fact == "status" else " and of stage"),
    )


CONTACT_HISTORY = history("contact", "contact_id", "status", "contacthistory")
LEAD_HISTORY = history("lead", "lead_id", "status", "leadhistory")
OPPORTUNITY_HISTORY = history(
    *("opportunity", "opportunity_id", "stage_name"),
    *("opportunityhistory", "opportunity_field_history", "opportunityfieldhistory"),
)

ACTIVITY = (
    text("who_id", identifies=OWN),
    text("what_id"),
    text("account_id"),
    text("type"),
    moment("activity_date"),
    *texts("subject", "description", pii=True),
    *CHANGED,
)

TASKS = RawTable(
    "salesforce",
    "tasks",
    (
        text("task_id", "id", required=True),
        text("status"),
        flag("is_closed"),
        text("task_subtype"),
        text("call_type"),
        whole("call_duration_in_seconds"),
        moment("completed_at", "completed_date_time"),
        *ACTIVITY,
    ),
    stems=("task",),
    gives="what sales did: call_made, sales_activity_logged",
)

EVENTS = RawTable(
    "salesforce",
    "events",
    (
        text("event_id", "id", required=True),
        moment("start_at", "start_date_time", "activity_date_time", dates="meeting_held"),
        whole("duration_in_minutes"),
        flag("is_child"),
        flag("is_recurrence"),
        flag("is_no_show", *custom("no_show")),
        text("location", pii=True),
        *ACTIVITY,
    ),
    stems=("event",),
    gives="meetings: meeting_held",
)

SOURCE = Source(
    "salesforce",
    "Salesforce",
    (
        *(CONTACTS, LEADS, ACCOUNTS, OPPORTUNITIES, OPPORTUNITY_CONTACT_ROLES),
        *(CONTACT_HISTORY, LEAD_HISTORY, OPPORTUNITY_HISTORY, TASKS, EVENTS),
    ),
    folders=("sf", "sfdc"),
    records={
        "opportunity": Record(
            homes=("opportunities.opportunity_id",),
            links=("opportunity_contact_roles.opportunity_id",),
            parts=("opportunity_history.opportunity_id",),
        )
    },
    # Of eighteen signs the last three repeat which of the others are capitals.
    own_id="case when regexp_full_match({id}, '[a-zA-Z0-9]{{18}}') then substr({id}, 1, 15) else {id} end",
)
