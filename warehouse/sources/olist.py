"""The Olist marketplace data set; the journey is the seller's."""

from __future__ import annotations

from warehouse.contract import CRM, NOBODY, Column, RawTable, Record, Source, Worth, amount, flag, moment, text, texts, whole

SELLER = ("user_id",)


def _table(name: str, gives: str, *columns: Column, worth: Worth | None = None) -> RawTable:
    stems = (f"olist_{name}_dataset", name)
    # The journey is the seller's: a buyer is nobody here.
    return RawTable(
        "olist",
        name,
        columns,
        stems=stems,
        gives=gives,
        worth=worth,
        names_people="never" if name == "customers" else "in columns",
    )


TABLES = (
    _table(
        "marketing_qualified_leads",
        "leads: lead_contacted",
        text("mql_id", required=True, identifies=CRM),
        moment("first_contact_date", required=True, dates="lead_contacted"),
        *texts("landing_page_id", "origin"),
    ),
    _table(
        "closed_deals",
        "won deals: deal_won",
        text("mql_id", required=True, identifies=CRM),
        text("seller_id", required=True, identifies=SELLER),
        *texts("sdr_id", "sr_id"),
        moment("won_date", required=True, dates="deal_won"),
        *texts("business_segment", "lead_type", "lead_behaviour_profile", "business_type"),
        *texts("has_company", "has_gtin", "average_stock", "declared_product_catalog_size"),
        amount("declared_monthly_revenue"),
    ),
    _table(
        "sellers",
        "who the marketplace knows as a seller",
        text("seller_id", required=True, identifies=SELLER),
        *texts("seller_zip_code_prefix", "seller_city", "seller_state", pii=True),
    ),
    _table(
        "orders",
        "the times of what happens to orders",
        text("order_id", required=True),
        text("customer_id", required=True, pii=True, identifies=NOBODY),
        text("order_status"),
        moment("order_purchase_timestamp", required=True, dates="sale"),
        moment("order_approved_at"),
        moment("order_delivered_carrier_date"),
        moment("order_delivered_customer_date"),
        moment("order_estimated_delivery_date"),
        flag("is_delivered_only_sample"),
    ),
    _table(
        "order_items",
        "sale",
        text("order_id", required=True),
        text("order_item_id", required=True),
        text("product_id"),
        text("seller_id", required=True, identifies=SELLER),
        moment("shipping_limit_date"),
        amount("price", required=True),
        amount("freight_value"),
        worth=Worth(("price",), "BRL"),
    ),
    _table(
        "order_payments",
        "payment_received",
        text("order_id", required=True),
        text("payment_sequential", required=True),
        text("payment_type"),
        text("payment_installments"),
        amount("payment_value", required=True),
    ),
    _table(
        "order_reviews",
        "review_received",
        text("review_id", required=True),
        text("order_id", required=True),
        whole("review_score"),
        text("review_comment_title", pii=True),
        text("review_comment_message", pii=True),
        moment("review_creation_date"),
        moment("review_answer_timestamp"),
    ),
    _table(
        "customers",
        "buyers; landed, not used yet",
        text("customer_id", required=True, pii=True, identifies=NOBODY),
        text("customer_unique_id", required=True, pii=True, identifies=NOBODY),
        *texts("customer_zip_code_prefix", "customer_city", "customer_state", pii=True),
    ),
    _table(
        "products",
        "products; landed, not used yet",
        text("product_id", required=True),
        text("product_category_name"),
    ),
)

SOURCE = Source(
    "olist",
    "Olist marketplace",
    TABLES,
    records={
        "order": Record(
            homes=("orders.order_id",),
            links=("order_items.order_id",),
            parts=("order_payments.order_id", "order_reviews.order_id"),
        )
    },
)
