"""Surveys: what people answered when asked how they find the product (NPS, CSAT, CES), and who no longer wants to be asked.

Shapes: a plain table of answers (one row per response, whatever the tool), the records of Delighted, the responses that
SatisMeter posts, and the tables that Fivetran lands of Qualtrics. A table whose file name says little is known by its header.
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
    RawTable,
    Record,
    Source,
    flag,
    moment,
    text,
    texts,
)

PLACES = texts("ip_address", "location", "city", "country", "permalink", "referrer", "traits", "notes", pii=True)

QUALTRICS_RESPONSES = RawTable(
    "surveys",
    "qualtrics_responses",
    (
        text("response_id", "id", required=True),
        text("survey_id"),
        moment("answered_at", "end_date", required=True),
        moment("recorded_at", "recorded_date"),
        moment("updated_at", "last_modified_date"),
        text("distribution_channel"),
        text("status"),
        flag("is_finished", "finished"),
        text("email", "recipient_email", identifies=EMAIL),
        text("user_id", "external_reference", "external_data_reference", identifies=USER),
        *texts("recipient_first_name", "recipient_last_name", "ip_address", pii=True),
        *texts("location_latitude", "location_longitude", pii=True),
        *CONNECTOR,
    ),
    stems=(),
    header=("recorded_at", "distribution_channel"),
    gives="responses at Qualtrics: nps_answered, csat_answered, ces_answered, survey_answered",
)

QUALTRICS_SURVEYS = RawTable(
    "surveys",
    "qualtrics_surveys",
    (
        text("survey_id", "id", required=True),
        text("survey_name", required=True),
        text("survey_status"),
        moment("updated_at", "last_modified"),
        *CONNECTOR,
    ),
    stems=(),
    header=("survey_name", "survey_status"),
    gives="names of surveys at Qualtrics",
)

QUALTRICS_QUESTIONS = RawTable(
    "surveys",
    "qualtrics_questions",
    (
        text("question_id", "id", required=True),
        text("survey_id", required=True),
        *texts("question_type", "selector", "data_export_tag"),
        *CONNECTOR,
    ),
    stems=("question",),
    gives="which questions at Qualtrics ask for a score",
)

QUALTRICS_ANSWERS = RawTable(
    "surveys",
    "qualtrics_answers",
    (
        text("answer_id", "_fivetran_id"),
        text("response_id", required=True),
        text("question_id", required=True),
        text("sub_question_key"),
        text("question_option_key"),
        text("loop_id"),
        text("value", pii=True),
        text("text", pii=True),
        *CONNECTOR,
    ),
    stems=("question_response",),
    gives="what was answered at Qualtrics",
)

QUALTRICS_CONTACTS = RawTable(
    "surveys",
    "qualtrics_contacts",
    (
        text("contact_id", "id", required=True, identifies=OWN),
        text("email", identifies=EMAIL),
        text("phone", identifies=PHONE),
        text("user_id", "ext_ref", "external_data_reference", identifies=USER),
        *texts("first_name", "last_name", pii=True),
        flag("is_unsubscribed", "directory_unsubscribed", "unsubscribed"),
        moment("unsubscribed_at", "directory_unsubscribe_date", dates="consent_withdrawn"),
        moment("updated_at", "last_modified"),
        *CONNECTOR,
    ),
    stems=("directory_contact", "core_contact", "contact"),
    gives="who is asked through Qualtrics: consent_withdrawn",
    is_master=True,
)

QUALTRICS_DISTRIBUTIONS = RawTable(
    "surveys",
    "qualtrics_distributions",
    (
        text("distribution_id", "id", required=True),
        text("survey_id", "survey_link_survey_id"),
        moment("updated_at", "modified_date"),
        *texts("header_from_email", "header_from_name", "header_reply_to_email", pii=True, identifies=NOBODY),
        text("message_message_text", pii=True),
        *CONNECTOR,
    ),
    stems=("distribution",),
    gives="which survey was sent through Qualtrics",
    names_people="never",
)

QUALTRICS_SENDINGS = RawTable(
    "surveys",
    "qualtrics_sendings",
    (
        text("distribution_id", required=True),
        text("contact_id", required=True, identifies=OWN),
        text("response_id"),
        moment("sent_at", dates="survey_sent"),
        text("survey_link", pii=True),
        *CONNECTOR,
    ),
    stems=("distribution_contact",),
    gives="to whom Qualtrics sent a survey: survey_sent",
)

PEOPLE = RawTable(
    "surveys",
    "people",
    (
        text("person_id", "id", required=True, identifies=OWN),
        text("email", identifies=EMAIL),
        text("phone", "phone_number", identifies=PHONE),
        text("user_id", "properties.user_id", "properties.customer_id", identifies=USER),
        text("name", pii=True),
        moment("created_at"),
        moment("last_sent_at", dates="survey_sent"),
        moment("last_responded_at"),
        *CONNECTOR,
    ),
    stems=("person",),
    gives="who is asked through Delighted: survey_sent",
    is_master=True,
)

UNSUBSCRIBES = RawTable(
    "surveys",
    "unsubscribes",
    (
        text("person_id", "person", identifies=OWN),
        text("user_id", identifies=USER),
        text("email", "email_address", identifies=EMAIL),
        text("phone", "phone_number", identifies=PHONE),
        moment(
            *("unsubscribed_at", "unsubscribe_date", "created_at", "date", "timestamp"),
            required=True,
            dates="consent_withdrawn",
        ),
        text("name", pii=True),
        *CONNECTOR,
    ),
    stems=("unsubscribe",),
    any_of=("person_id", "user_id", "email", "phone"),
    gives="who no longer wants to be asked: consent_withdrawn",
)

BOUNCES = RawTable(
    "surveys",
    "bounces",
    (
        text("person_id", "person", identifies=OWN),
        text("email", "email_address", identifies=EMAIL),
        moment("bounced_at", "bounce_date", "created_at", "date", "timestamp", required=True, dates="email_bounced"),
        text("name", pii=True),
        *CONNECTOR,
    ),
    stems=("bounce",),
    any_of=("person_id", "email"),
    gives="who could not be asked: email_bounced",
)

RESPONSES = RawTable(
    "surveys",
    "responses",
    (
        text("response_id", "id", "response.id", "token", "submission_id"),
        text("survey", "survey_name", "campaign.name", "survey_title", "form_name", "form_title", "campaign"),
        text("kind", "survey_type", "metric", "score_type", "type"),
        text("score", "rating", "response.rating", "nps_score", "csat_score", "ces_score", "nps", "csat", "ces", pii=True),
        text("nps_score", "nps", "nps_rating", "net_promoter_score", pii=True),
        text("csat_score", "csat", "csat_rating", "satisfaction_score", pii=True),
        text("ces_score", "ces", "ces_rating", "effort_score", "customer_effort_score", pii=True),
        text("scale", "scale_max", "max_score"),
        text("answer_group", "category", "response.category", "nps_group", "group"),
        text("comment", "feedback", "response.feedback", "comments", "verbatim", "nps_comment", "text", pii=True),
        moment(
            *(
                "answered_at",
                "response.created",
                "submitted_at",
                "submit_date_utc",
                "submit_date",
                "responded_at",
                "response_date",
            ),
            *("completed_at", "timestamp", "created_at", "created", "date"),
            required=True,
        ),
        moment("updated_at", "response.updated"),
        text(
            "user_id", "response.user.userId", "user.userId", "external_id", "customer_id", "external_reference", identifies=USER
        ),
        text("customer_id", "person_properties.user_id", "person_properties.customer_id", "hidden.user_id", identifies=USER),
        text("anonymous_id", "visitor_id", identifies=VISITOR),
        text(
            *("email", "person.email", "response.user.email", "user.email", "email_address", "person_email", "respondent_email"),
            *("recipient_email", "customer_email", "your_email", "hidden.email"),
            identifies=EMAIL,
        ),
        text("phone", "phone_number", "person.phone_number", "person_phone", identifies=PHONE),
        text("account_id", "company_domain"),
        text("person_id", "person.id", "response.user.id", "person", "respondent_id", identifies=OWN),
        text("device_type", "response.device.type", "response.device.os", "device.type", "device", "user_agent", pii=True),
        flag("is_dismissed", "response.dismissed", "dismissed"),
        text("answers", "response.answers", pii=True),
        text("additional_answers", pii=True),
        text("person_properties", "properties", pii=True),
        *texts("name", "first_name", "last_name", "person_name", "company", pii=True),
        text("response", "user", pii=True),
        *PLACES,
        *CONNECTOR,
    ),
    stems=(  # not the singular: survey_response is Qualtrics' table, or anybody's, and told by its header
        *("answer", "nps", "csat", "ces", "nps_response", "csat_response", "ces_response", "nps_survey"),
        *("delighted", "satismeter", "typeform", "survey_answer", "survey_result", "feedback"),
    ),
    header=("score", "answered_at"),
    gives="any survey, a row per response: nps_answered, csat_answered, ces_answered, survey_answered",
)

SOURCE = Source(
    "surveys",
    "Surveys: any table of answers, Delighted, SatisMeter, Qualtrics",
    (
        *(QUALTRICS_RESPONSES, QUALTRICS_SURVEYS, QUALTRICS_QUESTIONS, QUALTRICS_ANSWERS, QUALTRICS_CONTACTS),
        *(QUALTRICS_DISTRIBUTIONS, QUALTRICS_SENDINGS, PEOPLE, UNSUBSCRIBES, BOUNCES, RESPONSES),
    ),
    folders=("nps", "delighted", "satismeter", "qualtrics", "typeform", "survey"),
    records={
        "response": Record(
            homes=("responses.response_id", "qualtrics_responses.response_id"),
            parts=("qualtrics_answers.response_id", "qualtrics_sendings.response_id"),
        )
    },
)
