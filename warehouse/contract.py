"""The words of the contract with both ends: what a source and its raw tables are, and every table Python writes.

The sources themselves are in sources/, one module each. How files are read is reading.py; what the rows become is SQL.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

ID_TYPES = ("user_id", "anonymous_id", "email", "phone", "device_id", "crm_id", "account_id")


@dataclass(frozen=True)
class Column:
    """One column of a raw table. `is_required`: a file must have it and a row must fill it.

    `names` are the other names under which files have it, in order of trust; a dot reaches into a nested field
    (`properties.email`). Case and punctuation of a header never matter: `AccountId` and `Account ID` are `account_id`.
    `dates` names the event type whose time this column gives, so that a row without that time is counted against it.
    The kinds JSON and CURRENCY are kept as text that is known to be JSON, or three letters.
    """

    name: str
    kind: str = "VARCHAR"
    is_required: bool = False
    is_pii: bool = False
    dates: str | None = None
    names: tuple[str, ...] = ()

    @property
    def stored_kind(self) -> str:
        """The type of the column in the warehouse."""
        return "VARCHAR" if self.kind in ("JSON", "CURRENCY") else self.kind

    @property
    def is_identifier(self) -> bool:
        """Whether the column holds what somebody or something is known by, which is never a number to reckon with."""
        return self.kind == "VARCHAR" and (self.name in ID_TYPES or re.search("(^|_)(id|phone)$", self.name) is not None)


def text(name: str, *names: str, required: bool = False, pii: bool = False) -> Column:
    """A text; whatever comes is kept as it is, without spaces around it, unless it says that there is nothing."""
    return Column(name, "VARCHAR", required, pii, names=names)


def texts(*names: str, pii: bool = False) -> tuple[Column, ...]:
    """Texts that every file calls by the same name."""
    return tuple(text(name, pii=pii) for name in names)


def moment(name: str, *names: str, required: bool = False, dates: str | None = None) -> Column:
    """A time: ISO 8601 or an epoch, UTC where no zone is given."""
    return Column(name, "TIMESTAMP", required, dates=dates, names=names)


def amount(name: str, *names: str, required: bool = False) -> Column:
    """A number with at most four decimals."""
    return Column(name, "DECIMAL(18,4)", required, names=names)


def currency(name: str, *names: str, required: bool = False) -> Column:
    """A currency by its three letters."""
    return Column(name, "CURRENCY", required, names=names)


def whole(name: str, *names: str, required: bool = False) -> Column:
    """A whole number."""
    return Column(name, "BIGINT", required, names=names)


def flag(name: str, *names: str) -> Column:
    """True or false."""
    return Column(name, "BOOLEAN", names=names)


def nested(name: str, *names: str, pii: bool = False) -> Column:
    """A JSON object or array, kept whole."""
    return Column(name, "JSON", is_pii=pii, names=names)


# What connectors add to every table they land: when they fetched the row, and whether the vendor has deleted it since. A history
# mode keeps a row per version, of which the last is active unless the record is gone.
CONNECTOR = (
    flag("is_active_version", "_fivetran_active"),
    moment("version_started_at", "_fivetran_start"),
    moment("version_ended_at", "_fivetran_end"),
    moment("synced_at", "_fivetran_synced", "_airbyte_extracted_at", "_airbyte_emitted_at", "_sdc_extracted_at"),
    flag("is_deleted", "_fivetran_deleted", "deleted", "archived"),
    moment("deleted_at", "_ab_cdc_deleted_at", "_sdc_deleted_at", "archived_at"),
)


@dataclass(frozen=True)
class Worth:
    """Which columns of a raw table say what money a row brought in: the first amount that is filled, and its currency.

    A `currency` in capitals is that of all rows, else it is a column. `only_of`: a column, and the values of it that bring
    money. `in_cents`: in the currency's smallest unit, but for files that have the column `whole_by`.
    """

    amounts: tuple[str, ...]
    currency: str
    only_of: tuple[str, ...] = ()
    in_cents: bool = False
    whole_by: str = ""


@dataclass(frozen=True)
class RawTable:
    """One table a source may land, as `raw.<source>__<name>`.

    `stems` are the beginnings of file names that carry it (`*` takes any file of the source's folder that no other table
    takes); `header` are columns by which a file is recognised whatever its name. `any_of`: at least one of these columns
    must be filled in each row. `gives`: what the table is for, in a few words. `worth`: the money its rows brought in.
    `totals`: of a report, the column of the day and those that say what a row is of; a row that has neither adds up others.
    `nothing`: what the vendor writes for no value.
    """

    source: str
    name: str
    columns: tuple[Column, ...]
    stems: tuple[str, ...]
    any_of: tuple[str, ...] = ()
    header: tuple[str, ...] = ()
    gives: str = ""
    worth: Worth | None = None
    totals: tuple[str, ...] = ()
    nothing: tuple[str, ...] = ()

    @property
    def table(self) -> str:
        """The table's name in the warehouse."""
        return f"raw.{self.source}__{self.name}"

    @property
    def ddl(self) -> dict[str, str]:
        """Columns and types as stored: the contract's own, what is beyond it, and where the row came from."""
        return {column.name: column.stored_kind for column in self.columns} | LINEAGE


@dataclass(frozen=True)
class Source:
    """One system whose exports are known: its tables, and which event type each of its own event names means.

    `folders` are other names its landing folder may have. The names in `event_names` may be written in any case and
    punctuation; a journey file may add to them and overrule them.
    """

    name: str
    title: str
    tables: tuple[RawTable, ...]
    folders: tuple[str, ...] = ()
    event_names: dict[str, str] = field(default_factory=dict)

    @property
    def is_of_ads(self) -> bool:
        """Whether it tells only what ads cost: nobody's journey."""
        return any("spend" in table.gives for table in self.tables)


def squashed(name: str) -> str:
    """A name without case and punctuation, as headers are compared."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


LINEAGE = {
    "attributes": "VARCHAR",  # a JSON object of the columns the contract does not know
    "_file": "VARCHAR",  # path below the landing folder
    "_row_id": "BIGINT",  # number of the record in its file, from 1
    "_loaded_at": "TIMESTAMP",
}


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
            "file_place": "BIGINT",  # its number in the order of files
            "id_prefix": "VARCHAR",  # what stands before the number in event ids that count up; NULL where they do not
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
            "amount": "DECIMAL(18,4)",  # what the row brought in, where it can be told
            "currency": "VARCHAR",
            "is_in_cents": "BOOLEAN",  # in the currency's smallest unit
        },
    ),
    WrittenTable(
        "loads.history",
        "One row per turn: a landing with its time, or a call of dbt.",
        {"turn": "BIGINT", "landed_at": "TIMESTAMP"},
    ),
    WrittenTable(
        "loads.news",
        "One row per file that landed and that not every reader has seen.",
        {"turn": "BIGINT", "source": "VARCHAR", "is_whole": "BOOLEAN"},
    ),
    WrittenTable(
        "loads.touched",
        "One row per thing (event, combination of identifiers, person or customer) that changed and not every reader has seen.",
        {"turn": "BIGINT", "kind": "VARCHAR", "key": "BIGINT"},
    ),
    WrittenTable(
        "loads.built",
        "One row per model that is mended, with the turn it was last built at and the one it was last made anew at.",
        {"model": "VARCHAR", "turn": "BIGINT", "made_anew_at": "BIGINT"},
    ),
    WrittenTable(
        "loads.definitions",
        "One row per thing that tables depend on beside the data, with its fingerprint when they were last made anew.",
        {"definition": "VARCHAR", "fingerprint": "VARCHAR"},
    ),
    WrittenTable(
        "loads.suppressed",
        "One row per identifier, record or row of somebody who was erased, as a keyed hash: what must not land again.",
        {"kind": "VARCHAR", "hash": "VARCHAR", "key_print": "VARCHAR", "erased_at": "TIMESTAMP"},
    ),
    WrittenTable(
        "identity.key",
        "One row: the secret that keys the hashes of identifiers.",
        {"secret": "VARCHAR"},
    ),
    WrittenTable(
        "identity.components",
        "One row per identifier that occurs with others or alone, with the component it belongs to.",
        {"identifier_key": "BIGINT", "component_key": "BIGINT", "is_shared": "BOOLEAN"},
    ),
    WrittenTable(
        "identity.refusals",
        "One row per identifier that a guard kept from standing for a person, and row of evidence.",
        {
            "refused_key": "BIGINT",
            "kept_key": "BIGINT",
            "former_key": "BIGINT",
            "rule": "VARCHAR",
            "seen_at": "BIGINT",
            "event_id": "BIGINT",
        },
    ),
    WrittenTable(
        "identity.merges",
        "One row per time that somebody known as two persons became one.",
        {"key_from": "BIGINT", "key_to": "BIGINT", "known_at": "BIGINT", "seen_at": "BIGINT", "event_id": "BIGINT"},
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
            "about": "VARCHAR",  # the fact in question when it failed
            "fault_started_at": "TIMESTAMP",
            "fault_ended_at": "TIMESTAMP",
            "judgement": "VARCHAR",  # of the data or of the models
            "stands": "BOOLEAN",  # the latest word, and nothing it was about has changed since
            "judged_at": "TIMESTAMP",
        },
    ),
    WrittenTable(
        "quality.trust_ledger",
        "One row per run and published number that a gate may put in doubt: table, columns and part (a funnel, a stage set).",
        {
            "run_id": "VARCHAR",
            "table_name": "VARCHAR",
            "columns": "VARCHAR",  # NULL: all of the table
            "part": "VARCHAR",
            "state": "VARCHAR",  # trusted, warned or withheld
            "reasons": "VARCHAR",
            "gate_count": "BIGINT",
            "failed_count": "BIGINT",
            "recorded_at": "TIMESTAMP",
        },
    ),
    WrittenTable(
        "quality.erasures",
        "One row per person who was erased and raw table that lost rows.",
        {"erased_at": "TIMESTAMP", "id_hash": "VARCHAR", "table_name": "VARCHAR", "row_count": "BIGINT"},
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
            "returned_to": "VARCHAR",  # the run whose publication stands again; NULL but for a roll-back
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
        "ml.stage_outlooks",
        "One row per stage set and pair of stages, with what is to be expected of who is in the first.",
        {
            "stage_set": "VARCHAR",
            "from_stage": "VARCHAR",
            "to_stage": "VARCHAR",
            "move_count": "BIGINT",
            "move_share": "DOUBLE",
            "is_absorbing": "BOOLEAN",
            "expected_visits": "DOUBLE",
            "expected_days": "DOUBLE",
            "absorption_probability": "DOUBLE",
            "age_days": "BIGINT",
            "predicted_share": "DOUBLE",
            "observed_count": "BIGINT",
            "observed_share": "DOUBLE",
            "observed_low": "DOUBLE",
            "observed_high": "DOUBLE",
            "is_borne_out": "BOOLEAN",
            "homogeneity_p_value": "DOUBLE",
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
