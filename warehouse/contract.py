"""The words of the contract with both ends: what a source and its raw tables are.

The sources themselves are in sources/, one module each. How files are read is landing/reading.py; what the rows become is SQL.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal, get_args

# The kinds of identifiers there are: those of a person, which is the one list of them, and the account's, which is nobody's.
PersonIdType = Literal["user_id", "anonymous_id", "email", "phone", "device_id", "crm_id"]
PERSON_ID_TYPES: tuple[PersonIdType, ...] = get_args(PersonIdType)
ID_TYPES = (*PERSON_ID_TYPES, "account_id")
OWN_ID = "own"  # what a vendor calls a person: it becomes a crm_id with the vendor in front

# Whom a column identifies: one kind, or several where its values may be of each. A user's id may be an address.
USER, VISITOR, EMAIL, PHONE = ("user_id", "email"), ("anonymous_id",), ("email",), ("phone",)
DEVICE, CRM, OWN, NOBODY = ("device_id",), ("crm_id",), (OWN_ID,), ()

# One identifier among those that a list holds: `1;2`, `["1","2"]`, and of numbers also `[{"id": "1"}]`.
WORD = r'[^;,\s"\[\]{}]+'
NUMBER = "[0-9]+"

# Names of columns that seem to name a person. They must say whom they identify, or that it is NOBODY.
LIKE_A_PERSON = re.compile(
    r"(^|_)(e?mails?|e?mail_address|(tele)?phones?|mobile|phone_number|recipient|alias|"
    r"(user|anonymous|device|crm|customer|contact|person|people|profile|lead|member|subscriber|visitor|client|requester|author|who|"
    r"distinct)(_unique)?_ids?)$"
)


@dataclass(frozen=True)
class Column:
    """One column of a raw table. `is_required`: a file must have it and a row must fill it.

    `names` are the other names under which files have it, in order of trust; a dot reaches into a nested field
    (`properties.email`). Case and punctuation of a header never matter: `AccountId` and `Account ID` are `account_id`.
    `dates` names the event type whose time this column gives, so that a row without that time is counted against it.
    The kinds JSON and CURRENCY are kept as text that is known to be JSON, or three letters.
    `identifies`: the kinds of identifiers by which its values name a person; by these people are looked up, erased and kept from
    coming back. `each`: that it holds a list of them, by the pattern of one (WORD, NUMBER). `is_link`: it names whom the row is
    shared with, beside others. Raises ValueError for a column that seems to name a person and does not say whom.
    """

    name: str
    kind: str = "VARCHAR"
    is_required: bool = False
    is_pii: bool = False
    dates: str | None = None
    names: tuple[str, ...] = ()
    identifies: tuple[str, ...] | None = None
    each: str = ""
    is_link: bool = False

    def __post_init__(self) -> None:
        """Refuse what could be forgotten by an erasure."""
        is_like_a_person = LIKE_A_PERSON.search(self.name) or (self.is_pii and re.search("_ids?$", self.name))
        if self.identifies is None and is_like_a_person and self.kind not in ("BOOLEAN", "TIMESTAMP"):
            raise ValueError(
                f"The column {self.name} seems to name a person. Say whom: identifies=EMAIL, USER, OWN (the vendor's own id) "
                "and so on, by which it is found when somebody is to be erased; or identifies=NOBODY."
            )
        if unknown := set(self.id_kinds) - {*PERSON_ID_TYPES, OWN_ID}:
            raise ValueError(
                f"The column {self.name} identifies by {', '.join(unknown)}; known are {', '.join(PERSON_ID_TYPES)}."
            )
        if self.identifies and not (self.is_pii and self.kind == "VARCHAR"):
            raise ValueError(f"The column {self.name} identifies a person, so it is a text and personal.")
        if (self.each or self.is_link) and not self.identifies:
            raise ValueError(f"The column {self.name} is a list or a link of people, but does not say whom it identifies.")

    @property
    def id_kinds(self) -> tuple[str, ...]:
        """The kinds of identifiers by which its values name a person; none for a column that names nobody."""
        return self.identifies or ()

    @property
    def stored_kind(self) -> str:
        """The type of the column in the warehouse."""
        return "VARCHAR" if self.kind in ("JSON", "CURRENCY") else self.kind

    @property
    def is_identifier(self) -> bool:
        """Whether the column holds what somebody or something is known by, which is never a number to reckon with."""
        return self.kind == "VARCHAR" and (self.name in ID_TYPES or re.search("(^|_)(id|phone)$", self.name) is not None)


def text(
    name: str,
    *names: str,
    required: bool = False,
    pii: bool = False,
    identifies: tuple[str, ...] | None = None,
    each: str = "",
    is_link: bool = False,
) -> Column:
    """A text; whatever comes is kept as it is, without spaces around it, unless it says that there is nothing.

    What identifies somebody is personal without saying so.
    """
    is_pii = pii or bool(identifies)
    return Column(name, "VARCHAR", required, is_pii, names=names, identifies=identifies, each=each, is_link=is_link)


def texts(*names: str, pii: bool = False, identifies: tuple[str, ...] | None = None) -> tuple[Column, ...]:
    """Texts that every file calls by the same name."""
    return tuple(text(name, pii=pii, identifies=identifies) for name in names)


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
    `nothing`: what the vendor writes for no value. `is_master`: where the vendor keeps what it knows of a person, so that whoever
    is found here by another identifier is also who its ids say. `names_people`: where its rows say whose they are, "in a text"
    when no column does, or "never" when they are nobody's (a company's).
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
    is_master: bool = False
    names_people: Literal["in columns", "in a text", "never"] = "in columns"

    @property
    def table(self) -> str:
        """The table's name in the warehouse."""
        return f"raw.{self.source}__{self.name}"

    @property
    def ddl(self) -> dict[str, str]:
        """Columns and types as stored: the contract's own, what is beyond it, and where the row came from."""
        return {column.name: column.stored_kind for column in self.columns} | LINEAGE

    @property
    def people(self) -> tuple[Column, ...]:
        """The columns that name a person."""
        return tuple(column for column in self.columns if column.identifies)


@dataclass(frozen=True)
class Record:
    """A thing of a vendor's that belongs to people, by where its id stands, each as `table.column`.

    `homes` are the rows of the thing itself, `links` say to whom it belongs when its own row does not, `parts` hang on it.
    """

    homes: tuple[str, ...]
    links: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()

    @property
    def places(self) -> tuple[str, ...]:
        """Everywhere its id stands."""
        return (*self.homes, *self.links, *self.parts)


@dataclass(frozen=True)
class Source:
    """One system whose exports are known: its tables, and which event type each of its own event names means.

    `folders` are other names its landing folder may have. The names in `event_names` may be written in any case and
    punctuation; a journey file may add to them and overrule them. `records` are the things (a deal, a ticket) that belong to
    people and go with them. `own_id` is the SQL of the one spelling of the vendor's own ids, out of `{id}`; `id_prefix` a pattern
    of what its files write before an id. Raises ValueError for a table of which an erasure could not find a person's rows.
    """

    name: str
    title: str
    tables: tuple[RawTable, ...]
    folders: tuple[str, ...] = ()
    event_names: dict[str, str] = field(default_factory=dict)
    records: dict[str, Record] = field(default_factory=dict)
    own_id: str = "{id}"
    id_prefix: str = ""

    def __post_init__(self) -> None:
        """Refuse what could be forgotten by an erasure."""
        stored = {f"{table.name}.{column.name}" for table in self.tables for column in table.columns}
        placed = {place for record in self.records.values() for place in record.places}
        id_columns = {home.partition(".")[2] for record in self.records.values() for home in record.homes} - {"id"}
        unplaced = {place for place in stored if place.partition(".")[2] in id_columns} - placed
        if wrong := sorted((placed - stored) | unplaced):
            raise ValueError(f"{self.name}: its records place these columns nowhere, or do not have them: {', '.join(wrong)}.")
        for table in self.tables:
            is_found = table.people or any(place.startswith(f"{table.name}.") for place in placed)
            if table.names_people == "in columns" and not is_found and any(column.is_pii for column in table.columns):
                raise ValueError(
                    f"{table.table} has personal columns, but nothing says whose its rows are: no column that identifies "
                    "somebody, no record of the source, and no names_people."
                )

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
