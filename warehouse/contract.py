"""The contract with both ends: every raw table a source may land, and every table Python writes.

A column a source must have, what it means and how a file's table is recognised are stated here and nowhere else.
How files are read is in landing.py; what the rows become is SQL.
"""

from __future__ import annotations

from dataclasses import dataclass, field

ID_TYPES = ("user_id", "anonymous_id", "email", "phone", "device_id", "crm_id", "account_id")


@dataclass(frozen=True)
class Column:
    """One column of a raw table. `is_required`: a file must have it and a row must fill it.

    `dates` names the event type whose time this column gives, so that a row without that time is counted against it.
    """

    name: str
    kind: str = "VARCHAR"
    is_required: bool = False
    is_pii: bool = False
    dates: str | None = None


@dataclass(frozen=True)
class RawTable:
    """One table a source may land, as `raw.<source>__<name>`.

    `stems` are the beginnings of file names that carry it (`*` takes any file of the source's folder).
    `any_of`: at least one of these columns must be filled in each row.
    """

    source: str
    name: str
    columns: tuple[Column, ...]
    stems: tuple[str, ...]
    any_of: tuple[str, ...] = ()

    @property
    def table(self) -> str:
        """The table's name in the warehouse."""
        return f"raw.{self.source}__{self.name}"

    @property
    def ddl(self) -> dict[str, str]:
        """Columns and types as stored: the contract's own, what is beyond it, and where the row came from."""
        return {column.name: column.kind for column in self.columns} | LINEAGE


LINEAGE = {
    "attributes": "VARCHAR",  # a JSON object of the columns the contract does not know
    "_file": "VARCHAR",  # path below the landing folder
    "_row_id": "BIGINT",  # number of the record in its file, from 1
    "_loaded_at": "TIMESTAMP",
}


def _text(*names: str, required: tuple[str, ...] = (), pii: tuple[str, ...] = ()) -> tuple[Column, ...]:
    return tuple(Column(name, "VARCHAR", name in required, name in pii) for name in names)


def _olist(name: str, *columns: Column) -> RawTable:
    return RawTable("olist", name, columns, stems=(f"olist_{name}_dataset", name))


RAW_TABLES: tuple[RawTable, ...] = (
    RawTable(
        "events",
        "events",
        (
            Column("event_type", is_required=True),
            Column("occurred_at", "TIMESTAMP", is_required=True),
            *_text(*ID_TYPES, pii=("user_id", "anonymous_id", "email", "phone", "device_id", "crm_id")),
            *_text("event_id", "source", "channel", "campaign", "device"),
            Column("revenue_amount", "DECIMAL(18,4)"),
            Column("currency"),
        ),
        stems=("*",),
        any_of=ID_TYPES,
    ),
    _olist(
        "marketing_qualified_leads",
        Column("mql_id", is_required=True, is_pii=True),
        Column("first_contact_date", "TIMESTAMP", is_required=True, dates="lead_contacted"),
        *_text("landing_page_id", "origin"),
    ),
    _olist(
        "closed_deals",
        Column("mql_id", is_required=True, is_pii=True),
        Column("seller_id", is_required=True, is_pii=True),
        *_text("sdr_id", "sr_id"),
        Column("won_date", "TIMESTAMP", is_required=True, dates="deal_won"),
        *_text("business_segment", "lead_type", "lead_behaviour_profile", "business_type"),
        *_text("has_company", "has_gtin", "average_stock", "declared_product_catalog_size"),
        Column("declared_monthly_revenue", "DECIMAL(18,4)"),
    ),
    _olist(
        "sellers",
        Column("seller_id", is_required=True, is_pii=True),
        *_text("seller_zip_code_prefix", "seller_city", "seller_state"),
    ),
    _olist(
        "orders",
        Column("order_id", is_required=True),
        Column("customer_id", is_required=True, is_pii=True),
        Column("order_status"),
        Column("order_purchase_timestamp", "TIMESTAMP", is_required=True, dates="sale"),
        Column("order_approved_at", "TIMESTAMP"),
        Column("order_delivered_carrier_date", "TIMESTAMP"),
        Column("order_delivered_customer_date", "TIMESTAMP"),
        Column("order_estimated_delivery_date", "TIMESTAMP"),
        Column("is_delivered_only_sample", "BOOLEAN"),
    ),
    _olist(
        "order_items",
        Column("order_id", is_required=True),
        Column("order_item_id", is_required=True),
        Column("product_id"),
        Column("seller_id", is_required=True, is_pii=True),
        Column("shipping_limit_date", "TIMESTAMP"),
        Column("price", "DECIMAL(18,4)", is_required=True),
        Column("freight_value", "DECIMAL(18,4)"),
    ),
    _olist(
        "order_payments",
        Column("order_id", is_required=True),
        Column("payment_sequential", is_required=True),
        Column("payment_type"),
        Column("payment_installments"),
        Column("payment_value", "DECIMAL(18,4)", is_required=True),
    ),
    _olist(
        "order_reviews",
        Column("review_id", is_required=True),
        Column("order_id", is_required=True),
        Column("review_score", "INTEGER"),
        Column("review_comment_title", is_pii=True),
        Column("review_comment_message", is_pii=True),
        Column("review_creation_date", "TIMESTAMP"),
        Column("review_answer_timestamp", "TIMESTAMP"),
    ),
    _olist(
        "customers",
        Column("customer_id", is_required=True, is_pii=True),
        Column("customer_unique_id", is_required=True, is_pii=True),
        *_text("customer_zip_code_prefix", "customer_city", "customer_state"),
    ),
    _olist(
        "products",
        Column("product_id", is_required=True),
        Column("product_category_name"),
    ),
)

SOURCES: tuple[str, ...] = tuple(dict.fromkeys(table.source for table in RAW_TABLES))


@dataclass(frozen=True)
class WrittenTable:
    """One table that Python writes, with its grain and columns (name to type)."""

    table: str
    grain: str
    columns: dict[str, str] = field(default_factory=dict)


WRITTEN_TABLES: tuple[WrittenTable, ...] = (
    WrittenTable(
        "raw.landed_files",
        "One row per file that was looked at and had to be dealt with.",
        {
            "source": "VARCHAR",
            "table_name": "VARCHAR",
            "file": "VARCHAR",
            "file_fingerprint": "VARCHAR",
            "byte_count": "BIGINT",
            "modified_at": "TIMESTAMP",
            "landed_at": "TIMESTAMP",
            "row_count": "BIGINT",
            "rejected_count": "BIGINT",
            "status": "VARCHAR",  # landed, empty, duplicate or refused
            "note": "VARCHAR",
            "landing_folder": "VARCHAR",
        },
    ),
    WrittenTable(
        "raw.rejected_rows",
        "One row per rejected row of a file.",
        {
            "source": "VARCHAR",
            "table_name": "VARCHAR",
            "file": "VARCHAR",
            "line": "BIGINT",
            "column_name": "VARCHAR",
            "reason": "VARCHAR",
            "event_source": "VARCHAR",  # the system and the event the row would have been, where they can be told
            "event_type": "VARCHAR",
            "raw_row": "VARCHAR",
        },
    ),
    WrittenTable(
        "identity.key",
        "One row: the secret that keys the hashes of identifiers.",
        {"secret": "VARCHAR"},
    ),
    WrittenTable(
        "identity.components",
        "One row per identifier that occurs with others or alone, with the component it belongs to.",
        {"identifier_key": "BIGINT", "component_key": "BIGINT"},
    ),
    WrittenTable(
        "quality.gate_results",
        "One row per judged fact of one gate in one run.",
        {
            "run_id": "VARCHAR",
            "gate": "VARCHAR",
            "table_name": "VARCHAR",
            "subject": "VARCHAR",
            "expectation": "VARCHAR",
            "observed": "VARCHAR",
            "threshold": "VARCHAR",
            "passed": "BOOLEAN",
            "severity": "VARCHAR",
            "remedy": "VARCHAR",
            "judged_at": "TIMESTAMP",
        },
    ),
    WrittenTable(
        "quality.publications",
        "One row per run that ended in a publication or in a refusal.",
        {
            "run_id": "VARCHAR",
            "finished_at": "TIMESTAMP",
            "is_published": "BOOLEAN",
            "as_of": "TIMESTAMP",
            "journey_version": "VARCHAR",
            "inputs_fingerprint": "VARCHAR",
            "block_failures": "INTEGER",
            "withhold_failures": "INTEGER",
            "warnings": "INTEGER",
        },
    ),
    WrittenTable(
        "ml.customer_segments",
        "One row per customer and model version.",
        {
            "customer_id": "BIGINT",
            "segment": "VARCHAR",
            "segment_description": "VARCHAR",
            "model_version": "VARCHAR",
            "snapshot_at": "TIMESTAMP",
        },
    ),
    WrittenTable(
        "ml.churn_scores",
        "One row per customer and snapshot.",
        {
            "customer_id": "BIGINT",
            "snapshot_at": "TIMESTAMP",
            "churn_probability": "DOUBLE",
            "route": "VARCHAR",
            "reasons": "VARCHAR",
            "model_version": "VARCHAR",
        },
    ),
    WrittenTable(
        "ml.model_runs",
        "One row per trained model.",
        {
            "model": "VARCHAR",
            "model_version": "VARCHAR",
            "trained_at": "TIMESTAMP",
            "train_start_at": "TIMESTAMP",
            "train_end_at": "TIMESTAMP",
            "test_start_at": "TIMESTAMP",
            "test_end_at": "TIMESTAMP",
            "row_count": "BIGINT",
            "positive_count": "BIGINT",
            "auc": "DOUBLE",
            "auc_low": "DOUBLE",
            "auc_high": "DOUBLE",
            "brier": "DOUBLE",
            "log_loss": "DOUBLE",
            "ece": "DOUBLE",
            "baseline_name": "VARCHAR",
            "baseline_auc": "DOUBLE",
            "journey_version": "VARCHAR",
            "notes": "VARCHAR",
        },
    ),
)
