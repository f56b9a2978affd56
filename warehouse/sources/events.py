"""Any event log, and two tables that analysts already have: use of features, and the health of accounts."""

from __future__ import annotations

from warehouse.contract import (
    CRM,
    DEVICE,
    EMAIL,
    ID_TYPES,
    PHONE,
    USER,
    VISITOR,
    RawTable,
    Source,
    Worth,
    amount,
    currency,
    flag,
    moment,
    text,
    texts,
    whole,
)

EVENTS = RawTable(
    "events",
    "events",
    (
        text("event_type", required=True),
        moment("occurred_at", required=True),
        text("user_id", identifies=USER),
        text("anonymous_id", identifies=VISITOR),
        text("email", identifies=EMAIL),
        text("phone", identifies=PHONE),
        text("device_id", identifies=DEVICE),
        text("crm_id", identifies=CRM),
        text("account_id"),
        text("sequence", "sequence_number", "event_sequence", "event_index"),
        *texts("event_id", "source", "channel", "campaign", "device"),
        *texts("utm_source", "utm_medium", "utm_campaign"),
        *texts("page_url", "referrer_url", pii=True),
        text("text", pii=True),
        amount("revenue_amount"),
        currency("currency"),
    ),
    stems=("*",),
    any_of=ID_TYPES,
    gives="any event, in one row each",
    worth=Worth(("revenue_amount",), "currency"),
)

FEATURE_USES = RawTable(
    "events",
    "feature_uses",
    (
        text("customer_id", required=True, identifies=USER),
        moment("signup_date", required=True, dates="signed_up"),
        text("feature_name"),
        moment("usage_timestamp", dates="feature_used"),
        amount("session_duration_minutes"),
        whole("support_tickets_opened"),
        whole("days_since_last_login"),
        text("plan_type"),
        flag("churn_flag"),
    ),
    stems=("feature_uses",),
    header=("customer_id", "signup_date", "feature_name", "usage_timestamp"),
    gives="use of features with sign-up date, plan and churn flag: signed_up, feature_used, plan_changed",
)

ACCOUNT_HEALTH = RawTable(
    "events",
    "account_health",
    (
        text("account_id", "account", "customer_id", required=True),
        moment("recorded_at", "snapshot_date", "snapshot_at", "as_of", "date"),
        whole("days_since_onboarding", required=True),
        whole("core_features_adopted", "core_features_adopted_of_15", "features_adopted", required=True),
        amount("mau_per_licensed_seat", "mau_per_seat", "mau_licensed_seats", "mau_to_licensed_seats", "mau_seat_ratio"),
        whole("mau", "monthly_active_users"),
        whole("licensed_seats", "seats"),
        whole("tickets_30d", "support_tickets_30d", "tickets_last_30_days", "support_tickets_last_30_days"),
        amount("nps", "nps_score"),
        whole("days_since_last_csm_interaction", "days_since_csm_interaction"),
    ),
    stems=("account_health",),
    header=("days_since_onboarding", "core_features_adopted"),
    gives="the health of accounts on a day: account_health_recorded",
)

SOURCE = Source("events", "Any event log", (EVENTS, FEATURE_USES, ACCOUNT_HEALTH))
