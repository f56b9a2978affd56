"""The words of the contract with both ends: what a source and its raw tables are.

The sources themselves are in sources/, one module each. How files are read is landing/reading.py; what the rows become is SQL.
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
