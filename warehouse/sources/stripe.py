"""Stripe: who pays, for what, since when, and the money itself.

Shapes: the tables that Fivetran lands, the records of the API as Airbyte lands them, and the exports of the dashboard
(payments, customers, subscriptions, invoices). The dashboard writes amounts in whole units, everything else in the smallest unit
of the currency; its files are told by their time column, which is called `Created (UTC)`, `Created date (UTC)` or `Date (UTC)`
there and `created` elsewhere: it fills `dashboard_created`.
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
    Worth,
    amount,
    currency,
    flag,
    moment,
    nested,
    text,
    texts,
    whole,
)

# The company's own number of a customer, where somebody thought of writing it to Stripe. On anything but a customer an
# external_id may be that of an order.
USER_ID = text("user_id", "metadata.user_id", "metadata.userId", "metadata_user_id", "user_id_metadata", identifies=USER)
CUSTOMER_USER_ID = text(
    "user_id",
    *USER_ID.names,
    *("metadata.external_id", "metadata.externalId", "metadata_external_id", "external_id_metadata"),
    identifies=USER,
)
CUSTOMER_ID = text("customer_id", "customer.id", "customer", identifies=OWN)
CHARGE_ID = text("charge_id", "charge.id", "charge")
INVOICE_ID = text("invoice_id", "invoice.id", "invoice")
PAYMENT_INTENT_ID = text("payment_intent_id", "payment_intent.id", "payment_intent")
SUBSCRIPTION_ID = text("subscription_id", "subscription.id", "subscription")

DASHBOARD_TIMES = ("created_utc", "created_date_utc", "date_utc")
CREATED = (moment("created", *DASHBOARD_TIMES), moment("dashboard_created", *DASHBOARD_TIMES))
UPDATED = moment("updated_at", "updated")
# The dashboard says Live or Test, everything else livemode.
LIVE = (flag("livemode"), text("mode"))

PLACES = ("line1", "line2", "city", "state", "country", "postal_code", "zip")


def _unused(*names: str) -> tuple[Column, ...]:
    """Personal data that nothing needs, kept out of what is unknown."""
    return texts("name", "description", "metadata", "address", "shipping", *names, pii=True, identifies=NOBODY)


def _address(kind: str) -> tuple[Column, ...]:
    return texts(*(f"{kind}_{place}" for place in PLACES), pii=True)


def _table(
    name: str, gives: str, *columns: Column, stems: tuple[str, ...], header: tuple[str, ...] = (), worth: Worth | None = None
) -> RawTable:
    key = text("id", required=True, identifies=OWN if name == "customers" else NOBODY)
    return RawTable(
        "stripe",
        name,
        (key, *columns, *CONNECTOR),
        stems=stems,
        header=header,
        gives=gives,
        worth=worth,
        is_master=name == "customers",
        names_people="in a text" if name == "payment_intents" else "in columns",
    )


CUSTOMERS = _table(
    "customers",
    "who pays: billing_customer_created",
    *CREATED,
    UPDATED,
    text("email", identifies=EMAIL),
    text("phone", identifies=PHONE),
    CUSTOMER_USER_ID,
    *LIVE,
    *_unused("shipping_name", "shipping_phone", "card_name", "sources"),
    *(*_address("address"), *_address("shipping_address"), *_address("card_address")),
    stems=("customer", "unified_customers"),
)

CHARGES = _table(
    "charges",
    "payments: payment_received, payment_failed; refunds and disputes where these have no table of their own",
    *CREATED,
    UPDATED,
    text("status"),
    amount("amount"),
    amount("amount_captured"),
    amount("amount_refunded"),
    currency("currency"),
    flag("captured"),
    text("failure_code", "decline_reason"),
    moment("refunded_at", "refunded_date_utc"),
    moment("disputed_at", "dispute_date_utc"),
    amount("disputed_amount"),
    *texts("dispute_reason", "dispute_status"),
    CUSTOMER_ID,
    INVOICE_ID,
    PAYMENT_INTENT_ID,
    text("email", "customer_email", "receipt_email", "billing_details.email", identifies=EMAIL),
    text("phone", "customer_phone", "billing_details.phone", identifies=PHONE),
    USER_ID,
    *LIVE,
    *_unused("billing_details", "source", "payment_method_details", "customer_name", "customer_description", "receipt_url"),
    *texts("shipping_name", "shipping_phone", "card_name", pii=True, identifies=NOBODY),
    *(*_address("shipping_address"), *_address("card_address")),
    stems=("charge", "payment", "payments", "unified_payments"),
    header=("dashboard_created", "amount_refunded"),
    worth=Worth(("amount",), "currency", only_of=("status", "succeeded", "paid"), in_cents=True, whole_by="dashboard_created"),
)

INVOICES = _table(
    "invoices",
    "paid invoices: invoice_paid",
    *CREATED,
    UPDATED,
    text("status"),
    flag("paid"),
    amount("amount_paid"),
    currency("currency"),
    moment("paid_at", "status_transitions.paid_at", "status_transitions_paid_at", "paid_at_utc"),
    moment("period_end", "period_end_utc"),
    text("billing_reason"),
    CUSTOMER_ID,
    CHARGE_ID,
    PAYMENT_INTENT_ID,
    SUBSCRIPTION_ID,
    text("email", "customer_email", identifies=EMAIL),
    text("phone", "customer_phone", identifies=PHONE),
    USER_ID,
    *LIVE,
    *_unused("customer_name", "customer_address", "customer_shipping", "footer", "lines", "hosted_invoice_url", "invoice_pdf"),
    stems=("invoice",),
    worth=Worth(("amount_paid",), "currency", in_cents=True, whole_by="dashboard_created"),
)

INVOICE_PAYMENTS = _table(
    "invoice_payments",
    "which payment paid which invoice, where neither of them says so (since API version 2025-03-31)",
    INVOICE_ID,
    text("charge_id", "payment.charge", "charge", "payment_charge"),
    text("payment_intent_id", "payment.payment_intent", "payment_intent", "payment_payment_intent"),
    stems=("invoice_payment",),
)

PAYMENT_INTENTS = _table(
    "payment_intents",
    "which invoice a payment was for",
    UPDATED,
    INVOICE_ID,
    *_unused("receipt_email", "client_secret", "source", "last_payment_error", "charges"),
    stems=("payment_intent",),
)

REFUNDS = _table(
    "refunds",
    "money given back: refunded",
    *CREATED,
    UPDATED,
    text("status"),
    amount("amount"),
    currency("currency"),
    text("reason"),
    CHARGE_ID,
    PAYMENT_INTENT_ID,
    *_unused("instructions_email", "destination_details"),
    stems=("refund",),
)

DISPUTES = _table(
    "disputes",
    "payments that were disputed: payment_disputed",
    *CREATED,
    UPDATED,
    text("status"),
    amount("amount"),
    currency("currency"),
    text("reason"),
    CHARGE_ID,
    PAYMENT_INTENT_ID,
    *LIVE,
    *_unused("evidence", "evidence_billing_address", "evidence_customer_email_address", "evidence_customer_name"),
    *texts("evidence_customer_purchase_ip", "evidence_customer_signature", "evidence_shipping_address", pii=True),
    *texts("evidence_uncategorized_text", "evidence_product_description", "evidence_refund_refusal_explanation", pii=True),
    stems=("dispute",),
)

SUBSCRIPTIONS = _table(
    "subscriptions",
    "trials, subscriptions and their versions: trial_started, trial_ended, subscription_started, plan_changed, "
    "subscription_status_changed, subscription_cancelled",
    *CREATED,
    UPDATED,
    moment("valid_from", "_fivetran_start"),
    text("status"),
    moment("start_date", "start_date_utc"),
    moment("trial_start", "trial_start_utc"),
    moment("trial_end", "trial_end_utc"),
    moment("canceled_at", "canceled_at_utc"),
    moment("ended_at", "ended_at_utc"),
    text("cancellation_reason", "cancellation_details.reason", "cancellation_details_reason"),
    text("cancellation_feedback", "cancellation_details.feedback", "cancellation_details_feedback"),
    text("cancellation_comment", "cancellation_details.comment", "cancellation_details_comment", pii=True),
    nested("items"),
    text("plan_id", "plan.id", "price_id", "plan"),
    text("plan_nickname", "plan.nickname"),
    text("product_id", "plan.product", "product"),
    amount("plan_amount", "plan.amount", "amount"),
    text("plan_interval", "plan.interval", "interval"),
    whole("plan_interval_count", "plan.interval_count", "interval_count"),
    text("plan_usage_type", "plan.usage_type"),
    whole("quantity"),
    currency("currency", "plan.currency"),
    CUSTOMER_ID,
    text("email", "customer_email", identifies=EMAIL),
    text("phone", "customer_phone", identifies=PHONE),
    USER_ID,
    *LIVE,
    *_unused("customer_name", "customer_description"),
    stems=("subscription", "subscription_history"),
)

SUBSCRIPTION_ITEMS = _table(
    "subscription_items",
    "the plans of a subscription: plan_changed",
    SUBSCRIPTION_ID,
    text("plan_id", "plan.id", "price_id", "price.id", "plan", "price"),
    whole("quantity"),
    text("metadata", pii=True),
    stems=("subscription_item",),
)

PLANS = _table(
    "plans",
    "what a plan costs",
    UPDATED,
    amount("amount", "amount_decimal"),
    currency("currency"),
    text("billing_interval", "interval"),
    whole("interval_count"),
    text("usage_type"),
    text("nickname"),
    text("product_id", "product.id", "product"),
    stems=("plan",),
)

PRICES = _table(
    "prices",
    "what a price costs; a plan by its new name",
    UPDATED,
    amount("amount", "unit_amount", "unit_amount_decimal"),
    currency("currency"),
    text("billing_interval", "recurring.interval", "recurring_interval", "interval"),
    whole("interval_count", "recurring.interval_count", "recurring_interval_count"),
    text("usage_type", "recurring.usage_type", "recurring_usage_type"),
    text("nickname"),
    text("product_id", "product.id", "product"),
    stems=("price",),
)

PRODUCTS = _table("products", "names of what is sold", UPDATED, text("name"), stems=("product",))

SOURCE = Source(
    "stripe",
    "Stripe",
    (
        *(CUSTOMERS, CHARGES, INVOICES, INVOICE_PAYMENTS, PAYMENT_INTENTS, REFUNDS, DISPUTES),
        *(SUBSCRIPTIONS, SUBSCRIPTION_ITEMS, PLANS, PRICES, PRODUCTS),
    ),
    folders=("stripe_billing",),
    records={
        "charge": Record(
            homes=("charges.id", "invoices.charge_id"),
            parts=("refunds.charge_id", "disputes.charge_id", "invoice_payments.charge_id"),
        ),
        "invoice": Record(
            homes=("invoices.id", "charges.invoice_id"),
            parts=("invoice_payments.invoice_id", "payment_intents.invoice_id"),
        ),
        "payment_intent": Record(
            homes=("charges.payment_intent_id", "invoices.payment_intent_id", "payment_intents.id"),
            parts=("refunds.payment_intent_id", "disputes.payment_intent_id", "invoice_payments.payment_intent_id"),
        ),
        "subscription": Record(
            homes=("subscriptions.id", "invoices.subscription_id"), parts=("subscription_items.subscription_id",)
        ),
    },
)
