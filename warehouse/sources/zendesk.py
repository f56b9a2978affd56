"""Zendesk Support: tickets with what became of them, the people who asked, and how satisfied they were.

Shapes: the tables that Fivetran and Airbyte land, and the records of the API (`tickets`, `users`, `satisfaction_ratings`).
"""

from __future__ import annotations

from warehouse.contract import CONNECTOR, EMAIL, NOBODY, OWN, PHONE, USER, RawTable, Record, Source, flag, moment, nested, text

TICKETS = RawTable(
    "zendesk",
    "tickets",
    (
        text("ticket_id", "id", required=True),
        moment("created_at", required=True, dates="ticket_opened"),
        moment("updated_at"),
        text("requester_id", identifies=OWN),
        text("organization_id"),
        text("status"),
        text("priority"),
        text("type"),
        text("via_channel", "via.channel"),
        text("subject", "raw_subject", pii=True),
        text("description", pii=True),
        text("recipient", pii=True, identifies=NOBODY),
        nested("tags"),
        *CONNECTOR,
    ),
    stems=("ticket",),
    gives="tickets: ticket_opened",
)

TICKET_FIELD_HISTORY = RawTable(
    "zendesk",
    "ticket_field_history",
    (
        text("ticket_id", required=True),
        text("field_name", required=True),
        moment("updated_at", "updated", required=True),
        text("value", pii=True),
        text("user_id", identifies=OWN),
        *CONNECTOR,
    ),
    stems=(),
    gives="changes of tickets: ticket_solved, ticket_reopened",
)

TICKET_METRICS = RawTable(
    "zendesk",
    "ticket_metrics",
    (text("ticket_id", required=True), moment("solved_at"), moment("updated_at"), *CONNECTOR),
    stems=("ticket_metric",),
    gives="when tickets were solved, where their history is not at hand",
)

TICKET_COMMENTS = RawTable(
    "zendesk",
    "ticket_comments",
    (
        text("comment_id", "id", required=True),
        text("ticket_id", required=True),
        text("author_id", "user_id", identifies=OWN),
        moment("created_at", "created", required=True, dates="ticket_commented"),
        flag("is_public", "public"),
        text("body", "plain_body", pii=True),
        *CONNECTOR,
    ),
    stems=("ticket_comment",),
    gives="what was written: ticket_replied, ticket_commented",
)

TICKET_TAGS = RawTable(
    "zendesk",
    "ticket_tags",
    (text("ticket_id", required=True), text("tag", required=True), *CONNECTOR),
    stems=("ticket_tag",),
    gives="topics of tickets",
)

USERS = RawTable(
    "zendesk",
    "users",
    (
        text("user_id", "id", required=True, identifies=OWN),
        text("email", identifies=EMAIL),
        text("phone", identifies=PHONE),
        text("name", pii=True),
        text("external_id", identifies=USER),
        text("organization_id"),
        text("role"),
        moment("created_at"),
        moment("updated_at"),
        text("notes", pii=True),
        text("details", pii=True),
        *CONNECTOR,
    ),
    stems=("user",),
    gives="who asks and who answers: support_user_created",
    is_master=True,
)

ORGANIZATIONS = RawTable(
    "zendesk",
    "organizations",
    (text("organization_id", "id", required=True), nested("domain_names"), moment("updated_at"), *CONNECTOR),
    stems=("organization",),
    gives="the accounts of the people who ask",
)

DOMAIN_NAMES = RawTable(
    "zendesk",
    "domain_names",
    (text("organization_id", required=True), text("domain_name", required=True), *CONNECTOR),
    stems=("domain_name",),
    gives="the internet domains of the accounts",
)

SATISFACTION_RATINGS = RawTable(
    "zendesk",
    "satisfaction_ratings",
    (
        text("rating_id", "id", required=True),
        text("ticket_id"),
        text("requester_id", identifies=OWN),
        text("score"),
        text("comment", pii=True),
        moment("created_at", required=True, dates="csat_answered"),
        moment("updated_at"),
        *CONNECTOR,
    ),
    stems=("satisfaction_rating",),
    gives="answers to the question how support was: csat_answered",
)

SOURCE = Source(
    "zendesk",
    "Zendesk Support",
    (
        *(TICKETS, TICKET_FIELD_HISTORY, TICKET_METRICS, TICKET_COMMENTS, TICKET_TAGS),
        *(USERS, ORGANIZATIONS, DOMAIN_NAMES, SATISFACTION_RATINGS),
    ),
    records={
        "ticket": Record(
            homes=("tickets.ticket_id",),
            parts=(
                "ticket_field_history.ticket_id",
                "ticket_metrics.ticket_id",
                "ticket_comments.ticket_id",
                "ticket_tags.ticket_id",
                "satisfaction_ratings.ticket_id",
            ),
        )
    },
)
