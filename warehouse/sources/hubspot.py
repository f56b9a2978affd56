"""HubSpot: contacts and what marketing, sales and support did with them.

Shapes: the tables that Fivetran lands (`property_email`), the records of the API as Airbyte and others land them
(`properties.email`, `properties_email`), and the CSV export of the web interface (`Record ID`, `Create Date`).
"""

from __future__ import annotations

from warehouse.contract import (
    CONNECTOR,
    EMAIL,
    NOBODY,
    NUMBER,
    OWN,
    PHONE,
    USER,
    WORD,
    Column,
    RawTable,
    Record,
    Source,
    flag,
    moment,
    nested,
    text,
    texts,
)


def named(*properties: str, label: str = "") -> tuple[str, ...]:
    """How the shapes call these properties of a record; `label` is the one of the web interface."""
    ways = ("property_{}", "properties.{}", "properties_{}", "{}")
    return (*(way.format(name) for name in properties for way in ways), *((label,) if label else ()))


# What each stage of the lifecycle is called where the web interface dates it.
LIFECYCLE_STAGES = {
    "subscriber": "Became a Subscriber Date",
    "lead": "Became a Lead Date",
    "marketingqualifiedlead": "Became a Marketing Qualified Lead Date",
    "salesqualifiedlead": "Became a Sales Qualified Lead Date",
    "opportunity": "Became an Opportunity Date",
    "customer": "Became a Customer Date",
    "evangelist": "Became an Evangelist Date",
    "other": "Became an Other Lifecycle Date",
}
# Records of the API name the records that belong to them, in several ways.
CONTACT_IDS = text(
    "contact_ids",
    "contacts",
    "associations.contacts.results",
    "associated_contact_ids",
    identifies=OWN,
    each=NUMBER,
    is_link=True,
)
COMPANY_IDS = text("company_ids", "companies", "associations.companies.results", "associated_company_ids")


def _links(of: str, to: str, gives: str, *more: Column) -> RawTable:
    """The table that says which contacts or companies (`to`) a kind of record belongs to."""
    name = f"{of}_{'contacts' if to == 'contact' else 'companies'}"
    ids = (text(f"{of}_id", required=True), text(f"{to}_id", required=True, identifies=OWN if to == "contact" else NOBODY))
    return RawTable("hubspot", name, (*ids, *more, *CONNECTOR), stems=(f"{of}_{to}",), gives=gives)


CONTACTS = RawTable(
    "hubspot",
    "contacts",
    (
        text("contact_id", "id", "vid", "record_id", *named("hs_object_id"), required=True, identifies=OWN),
        moment("created_at", *named("createdate"), "create_date", dates="contact_created"),
        moment("updated_at", *named("lastmodifieddate"), "last_modified_date"),
        text("email", *named("email"), identifies=EMAIL),
        text("additional_emails", *named("hs_additional_emails"), identifies=EMAIL, each=WORD),
        text("phone", *named("phone"), "phone_number", identifies=PHONE),
        text("mobile_phone", *named("mobilephone"), "mobile_phone_number", identifies=PHONE),
        text("user_id", *named("user_id", "external_id"), identifies=USER),
        text("company_id", *named("associatedcompanyid"), "primary_associated_company_id", "associated_company_id"),
        COMPANY_IDS,
        text("merged_ids", *named("hs_merged_object_ids"), "merged_vids", "merged_object_ids", identifies=OWN, each=NUMBER),
        text("merged_ids_with_times", *named("hs_calculated_merged_vids"), identifies=OWN, each=NUMBER),
        text("original_source", *named("hs_analytics_source"), "original_traffic_source"),
        text(
            *("original_source_1", *named("hs_analytics_source_data_1")),
            *("original_source_drill_down_1", "original_source_data_1", "original_traffic_source_drill_down_1"),
        ),
        text(
            *("original_source_2", *named("hs_analytics_source_data_2")),
            *("original_source_drill_down_2", "original_source_data_2", "original_traffic_source_drill_down_2"),
        ),
        text("first_url", *named("hs_analytics_first_url"), "first_page_seen", pii=True),
        text("first_referrer", *named("hs_analytics_first_referrer"), "first_referring_site", pii=True),
        *(
            moment(
                f"became_{stage}_at",
                *named(f"hs_lifecyclestage_{stage}_date", f"hs_v2_date_entered_{stage}", f"hs_date_entered_{stage}", label=label),
            )
            for stage, label in LIFECYCLE_STAGES.items()
        ),
        text("contact_owner", pii=True),
        text("first_name", *named("firstname"), pii=True),
        text("last_name", *named("lastname"), pii=True),
        text("job_title", *named("jobtitle"), pii=True),
        text("street_address", *named("address"), pii=True),
        text("city", *named("city"), pii=True),
        text("postal_code", *named("zip"), pii=True),
        text("ip_city", *named("ip_city"), pii=True),
        text("notes", *named("message"), pii=True),
        *CONNECTOR,
    ),
    stems=("contact", "contacts_archived", "contact_archived", "crm_exports_all_contacts", "all_contacts"),
    header=("contact_id", "email", "contact_owner"),
    gives="the people: contact_created, lifecycle_stage_changed",
    is_master=True,
)

CONTACT_MERGES = RawTable(
    "hubspot",
    "contact_merges",
    (
        text("merged_id", "vid_to_merge", "vid-to-merge", required=True, identifies=OWN),
        text("contact_id", "canonical_vid", "canonical-vid", required=True, identifies=OWN),
        moment("merged_at", "timestamp"),
        text("entity_id", "entity-id", pii=True, identifies=NOBODY),
        text("first_name", "first-name", pii=True),
        text("last_name", "last-name", pii=True),
        text("merged_from_email", "merged_from_email.value", "merged_from_email_value", identifies=EMAIL),
        text("merged_to_email", "merged_to_email.value", "merged_to_email_value", identifies=EMAIL),
        *CONNECTOR,
    ),
    stems=("contact_merge_audit", "contacts_merged_audit", "contact_merged_audit"),
    gives="which contacts are the same person",
    is_master=True,
)

CONTACT_PROPERTY_HISTORY = RawTable(
    "hubspot",
    "contact_property_history",
    (
        text("contact_id", "vid", "canonical_vid", "canonical-vid", required=True, identifies=OWN),
        text("name", "property", required=True),
        moment("changed_at", "timestamp", "timestamp_instant", required=True),
        text("value", pii=True),
        text("source", "source_type", "source-type"),
        text("source_id", "source-id", pii=True, identifies=NOBODY),
        *CONNECTOR,
    ),
    stems=("contacts_property_history",),
    gives="changes of contacts: lifecycle_stage_changed, owner_changed, consent_withdrawn",
)

CONTACT_FORM_SUBMISSIONS = RawTable(
    "hubspot",
    "contact_form_submissions",
    (
        text("contact_id", "canonical_vid", "canonical-vid", "vid", required=True, identifies=OWN),
        moment("submitted_at", "timestamp", required=True, dates="form_submitted"),
        text("conversion_id", "conversion-id"),
        text("form_id", "form-id"),
        text("title"),
        text("form_type", "form-type"),
        text("page_url", "page-url", pii=True),
        text("meta_data", "meta-data", pii=True),
        *CONNECTOR,
    ),
    stems=("contact_form_submission", "contacts_form_submissions", "contacts_form_submission"),
    gives="forms that contacts sent: form_submitted",
)

FORM_SUBMISSIONS = RawTable(
    "hubspot",
    "form_submissions",
    (
        text("form_id", required=True),
        moment("submitted_at", required=True, dates="form_submitted"),
        moment("updated_at"),
        text("page_url", pii=True),
        nested("answers", "values", pii=True),
        *CONNECTOR,
    ),
    stems=("form_submission",),
    gives="forms as they were filled in, by the e-mail in them: form_submitted",
    names_people="in a text",
)

COMPANIES = RawTable(
    "hubspot",
    "companies",
    (
        text("company_id", "id", "record_id", *named("hs_object_id"), required=True),
        text("domain", *named("domain"), "company_domain_name"),
        text("website", *named("website"), "website_url"),
        moment("updated_at", *named("hs_lastmodifieddate"), "last_modified_date"),
        text("company_owner", pii=True),
        text("phone", *named("phone"), "phone_number", pii=True, identifies=NOBODY),
        text("address", *named("address"), pii=True),
        *CONNECTOR,
    ),
    stems=("company", "companies_archived", "company_archived", "crm_exports_all_companies", "all_companies"),
    header=("company_id", "domain", "company_owner"),
    gives="the internet domains of the accounts",
    names_people="never",
)

DEALS = RawTable(
    "hubspot",
    "deals",
    (
        text("deal_id", "id", "record_id", *named("hs_object_id"), required=True),
        moment("created_at", *named("createdate"), "create_date", dates="deal_created"),
        moment("closed_at", *named("closedate"), "close_date"),
        moment("updated_at", *named("hs_lastmodifieddate"), "last_modified_date"),
        text("stage_id", "deal_pipeline_stage_id", *named("dealstage"), "deal_stage"),
        text("pipeline_id", "deal_pipeline_id", *named("pipeline")),
        text("deal_type", *named("dealtype")),
        text("amount", *named("amount")),
        text("currency_code", *named("deal_currency_code"), "currency"),
        text("is_closed", *named("hs_is_closed"), "is_deal_closed"),
        text("is_won", *named("hs_is_closed_won"), "is_closed_won"),
        text("lost_reason", *named("closed_lost_reason"), pii=True),
        text("merged_ids", *named("hs_merged_object_ids"), "merged_object_ids"),
        CONTACT_IDS,
        COMPANY_IDS,
        text("deal_name", *named("dealname"), pii=True),
        text("description", *named("description"), pii=True),
        text("deal_owner", pii=True),
        *CONNECTOR,
    ),
    stems=("deal", "deals_archived", "deal_archived", "crm_exports_all_deals", "all_deals"),
    header=("deal_id", "stage_id", "deal_owner"),
    gives="deals: deal_created, deal_won, deal_lost",
)

DEAL_CONTACTS = _links("deal", "contact", "whose deals they are", text("type_id"))

DEAL_COMPANIES = _links("deal", "company", "the accounts of the deals", text("type_id"))

MERGED_DEALS = RawTable(
    "hubspot",
    "merged_deals",
    (text("deal_id", required=True), text("merged_deal_id", required=True), *CONNECTOR),
    stems=("merged_deal",),
    gives="which deals are the same deal",
)

DEAL_STAGES = RawTable(
    "hubspot",
    "deal_stages",
    (
        text("deal_id", required=True),
        text("stage_id", "value"),
        moment("entered_at", "date_entered", "_fivetran_start", required=True),
        *CONNECTOR,
    ),
    stems=("deal_stage",),
    gives="the stages deals were in: deal_stage_changed, deal_won, deal_lost",
)

DEAL_PROPERTY_HISTORY = RawTable(
    "hubspot",
    "deal_property_history",
    (
        text("deal_id", required=True),
        text("name", "property", required=True),
        moment("changed_at", "timestamp", "timestamp_instant", required=True),
        text("value", pii=True),
        text("source", "source_type"),
        text("source_id", pii=True, identifies=NOBODY),
        *CONNECTOR,
    ),
    stems=("deals_property_history",),
    gives="changes of deals: deal_stage_changed, deal_won, deal_lost, owner_changed",
)

DEAL_PIPELINES = RawTable(
    "hubspot",
    "deal_pipelines",
    (text("pipeline_id", "id", required=True), text("label"), nested("stages"), moment("updated_at"), *CONNECTOR),
    stems=("deal_pipeline",),
    gives="names of pipelines, and of their stages where they come with them",
)

DEAL_PIPELINE_STAGES = RawTable(
    "hubspot",
    "deal_pipeline_stages",
    (
        text("stage_id", "id", required=True),
        text("label"),
        flag("is_closed"),
        flag("is_won", "closed_won"),
        text("probability"),
        moment("updated_at"),
        *CONNECTOR,
    ),
    stems=("deal_pipeline_stage",),
    gives="names of the stages of deals, and which of them mean won and lost",
)

EMAIL_EVENTS = RawTable(
    "hubspot",
    "email_events",
    (
        text("event_id", "id", required=True),
        text("type", required=True),
        moment("occurred_at", "created", required=True),
        text("recipient", identifies=EMAIL),
        text("email_campaign_id"),
        flag("is_filtered", "filtered_event"),
        text("obsoleted_by_id", "obsoletedBy.id"),
        text("url", pii=True),
        text("device_type"),
        text("user_agent", pii=True),
        text("browser_type", "browser.type"),
        text("category"),
        text("status"),
        text("portal_subscription_status"),
        text("subscriptions"),
        text("change_source", "source"),
        text("from_address", "from", pii=True),
        *texts("ip_address", "location", "reply_to", "cc", "bcc", "requested_by", "response", pii=True),
        *CONNECTOR,
    ),
    stems=("email_event",),
    gives="what became of each e-mail: email_sent to email_marked_spam, consent_withdrawn, consent_given",
)

EMAIL_EVENT_OPENS = RawTable(
    "hubspot",
    "email_event_opens",
    (text("event_id", "id", required=True), text("user_agent", pii=True), text("browser_type", "browser.type"), *CONNECTOR),
    stems=("email_event_open",),
    gives="the devices of opened e-mails",
)

EMAIL_EVENT_CLICKS = RawTable(
    "hubspot",
    "email_event_clicks",
    (
        text("event_id", "id", required=True),
        text("url", pii=True),
        text("user_agent", pii=True),
        text("browser_type", "browser.type"),
        text("ip_address", pii=True),
        text("location", pii=True),
        *CONNECTOR,
    ),
    stems=("email_event_click",),
    gives="the links and devices of clicks",
)

EMAIL_EVENT_BOUNCES = RawTable(
    "hubspot",
    "email_event_bounces",
    (text("event_id", "id", required=True), text("category"), text("status"), text("response", pii=True), *CONNECTOR),
    stems=("email_event_bounce",),
    gives="why e-mails bounced",
)

EMAIL_EVENT_STATUS_CHANGES = RawTable(
    "hubspot",
    "email_event_status_changes",
    (
        text("event_id", "id", required=True),
        text("portal_subscription_status"),
        text("subscriptions"),
        text("change_source", "source"),
        text("requested_by", pii=True),
        *CONNECTOR,
    ),
    stems=("email_event_status_change",),
    gives="what people subscribed to and unsubscribed from",
)

EMAIL_CAMPAIGNS = RawTable(
    "hubspot",
    "email_campaigns",
    (text("email_campaign_id", "id", required=True), text("name"), moment("updated_at", "last_updated_time"), *CONNECTOR),
    stems=("email_campaign", "campaign", "campaigns"),
    gives="names of the e-mails",
)

SUBSCRIPTION_CHANGES = RawTable(
    "hubspot",
    "subscription_changes",
    (
        text("recipient", required=True, identifies=EMAIL),
        moment("changed_at", "timestamp", required=True),
        nested("changes"),
        *CONNECTOR,
    ),
    stems=("subscription_change",),
    gives="what people subscribed to and unsubscribed from: consent_given, consent_withdrawn",
)

TICKETS = RawTable(
    "hubspot",
    "tickets",
    (
        text("ticket_id", "id", "record_id", *named("hs_object_id"), required=True),
        moment("created_at", *named("createdate"), "create_date", dates="ticket_opened"),
        moment("closed_at", *named("closed_date"), "close_date"),
        moment("updated_at", *named("hs_lastmodifieddate"), "last_modified_date"),
        text("priority", *named("hs_ticket_priority")),
        text("topic", *named("hs_ticket_category"), "category"),
        text("via_channel", *named("source_type"), "source"),
        text("subject", *named("subject"), "ticket_name", pii=True),
        text("content", *named("content"), "ticket_description", pii=True),
        CONTACT_IDS,
        COMPANY_IDS,
        text("ticket_owner", pii=True),
        *CONNECTOR,
    ),
    stems=("ticket", "tickets_archived", "ticket_archived", "crm_exports_all_tickets", "all_tickets"),
    header=("ticket_id", "subject", "ticket_owner"),
    gives="tickets: ticket_opened, ticket_solved",
)

TICKET_CONTACTS = _links("ticket", "contact", "whose tickets they are")

TICKET_COMPANIES = _links("ticket", "company", "the accounts of the tickets")

ENGAGEMENTS = RawTable(
    "hubspot",
    "engagements",
    (
        text("engagement_id", "id", required=True),
        text("type", "engagement_type"),
        moment("occurred_at", "timestamp"),
        moment("updated_at", "last_updated"),
        moment("start_time", "metadata.startTime"),
        moment("end_time", "metadata.endTime"),
        text("outcome", "metadata.meetingOutcome"),
        text("status", "metadata.status"),
        text("duration_ms", "metadata.durationMilliseconds"),
        text("contact_ids", "associations.contactIds", "associations_contactIds", identifies=OWN, each=NUMBER, is_link=True),
        text("company_ids", "associations.companyIds", "associations_companyIds"),
        text("metadata", pii=True),
        text("body_preview", pii=True),
        text("body_preview_html", pii=True),
        *CONNECTOR,
    ),
    stems=("engagement",),
    gives="meetings and calls as older accounts hand them over",
)

MEETINGS = RawTable(
    "hubspot",
    "meetings",
    (
        text("engagement_id", "id", "record_id", *named("hs_object_id"), required=True),
        moment("start_time", *named("hs_meeting_start_time", "hs_timestamp"), "meeting_start_time", dates="meeting_held"),
        moment("end_time", *named("hs_meeting_end_time"), "meeting_end_time"),
        moment("updated_at", *named("hs_lastmodifieddate"), "last_modified_date"),
        text("outcome", "meeting_outcome", *named("hs_meeting_outcome")),
        CONTACT_IDS,
        COMPANY_IDS,
        text("title", *named("hs_meeting_title"), pii=True),
        text("body", *named("hs_meeting_body", "hs_body_preview", "hs_internal_meeting_notes"), pii=True),
        text("meeting_location", *named("hs_meeting_location"), "location", pii=True),
        text("external_url", *named("hs_meeting_external_url"), pii=True),
        *CONNECTOR,
    ),
    stems=("engagement_meeting", "engagements_meetings", "meeting", "meetings_archived", "engagements_meetings_archived"),
    gives="meetings: meeting_held",
)

CALLS = RawTable(
    "hubspot",
    "calls",
    (
        text("engagement_id", "id", "record_id", *named("hs_object_id"), required=True),
        moment("occurred_at", *named("hs_timestamp"), "timestamp", "activity_date", dates="call_made"),
        moment("updated_at", *named("hs_lastmodifieddate"), "last_modified_date"),
        text("status", *named("hs_call_status"), "call_status"),
        text("direction", *named("hs_call_direction"), "call_direction"),
        text("duration_ms", "duration_milliseconds", *named("hs_call_duration"), "call_duration"),
        CONTACT_IDS,
        COMPANY_IDS,
        text("title", *named("hs_call_title"), pii=True),
        text("body", *named("hs_call_body", "hs_body_preview"), pii=True),
        text("from_number", *named("hs_call_from_number"), pii=True),
        text("to_number", *named("hs_call_to_number"), pii=True),
        text("recording_url", *named("hs_call_recording_url"), pii=True),
        *CONNECTOR,
    ),
    stems=("engagement_call", "engagements_calls", "call", "calls_archived", "engagements_calls_archived"),
    gives="calls: call_made",
)

ENGAGEMENT_CONTACTS = _links("engagement", "contact", "whom the meetings and calls were with")

ENGAGEMENT_COMPANIES = _links("engagement", "company", "the accounts of the meetings and calls")

SOURCE = Source(
    "hubspot",
    "HubSpot",
    (
        *(CONTACTS, CONTACT_MERGES, CONTACT_PROPERTY_HISTORY, CONTACT_FORM_SUBMISSIONS, FORM_SUBMISSIONS, COMPANIES),
        *(DEALS, DEAL_CONTACTS, DEAL_COMPANIES, MERGED_DEALS, DEAL_STAGES, DEAL_PROPERTY_HISTORY),
        *(DEAL_PIPELINES, DEAL_PIPELINE_STAGES),
        *(EMAIL_EVENTS, EMAIL_EVENT_OPENS, EMAIL_EVENT_CLICKS, EMAIL_EVENT_BOUNCES, EMAIL_EVENT_STATUS_CHANGES),
        *(EMAIL_CAMPAIGNS, SUBSCRIPTION_CHANGES),
        *(TICKETS, TICKET_CONTACTS, TICKET_COMPANIES),
        *(ENGAGEMENTS, MEETINGS, CALLS, ENGAGEMENT_CONTACTS, ENGAGEMENT_COMPANIES),
    ),
    folders=("hub_spot",),
    # The types of e-mail events. One that HubSpot's own reports leave out (a machine's, or a colleague's) has a name of its
    # own, so that a journey file can say otherwise.
    event_names={
        "SENT": "email_sent",
        "DELIVERED": "email_delivered",
        "OPEN": "email_opened",
        "filtered_open": "email_opened",
        "CLICK": "email_clicked",
        "filtered_click": "email_clicked",
        "BOUNCE": "email_bounced",
        "SPAMREPORT": "email_marked_spam",
    },
    records={
        "deal": Record(
            homes=("deals.deal_id",),
            links=("deal_contacts.deal_id",),
            parts=(
                "deal_companies.deal_id",
                "merged_deals.deal_id",
                "merged_deals.merged_deal_id",
                "deal_stages.deal_id",
                "deal_property_history.deal_id",
            ),
        ),
        "ticket": Record(
            homes=("tickets.ticket_id",), links=("ticket_contacts.ticket_id",), parts=("ticket_companies.ticket_id",)
        ),
        "engagement": Record(
            homes=("engagements.engagement_id", "meetings.engagement_id", "calls.engagement_id"),
            links=("engagement_contacts.engagement_id",),
            parts=("engagement_companies.engagement_id",),
        ),
        "email": Record(
            homes=("email_events.event_id",),
            parts=(
                "email_event_opens.event_id",
                "email_event_clicks.event_id",
                "email_event_bounces.event_id",
                "email_event_status_changes.event_id",
            ),
        ),
    },
)
