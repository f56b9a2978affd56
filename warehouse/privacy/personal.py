"""What sources say of their columns and records, as SQL: the one spelling of each identifier, parts of lists, ids of records.

Which columns identify people is said in sources/. Whom an identifier belongs to is solved by the warehouse; what is done with a
person's rows is erasure.py and suppression.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from warehouse.contract import OWN_ID, PERSON_ID_TYPES, Column, RawTable
from warehouse.settings import UserError
from warehouse.sources import RAW_TABLES, SOURCES


def raw_tables() -> tuple[RawTable, ...]:
    """The raw tables in which rows of a person can stand."""
    return tuple(raw for raw in RAW_TABLES if raw.people or records_of(raw) or raw.names_people == "in a text")


def records_of(raw: RawTable) -> tuple[tuple[str, str], ...]:
    """The columns of a raw table in which the id of a record stands, each with the record as `hubspot deal`."""
    return tuple(
        (place.removeprefix(f"{raw.name}."), f"{raw.source} {name}")
        for name, record in SOURCES[raw.source].records.items()
        for place in record.places
        if place.startswith(f"{raw.name}.")
    )


_OF_ADDRESS = r'[^\s\p{Z}@<>()\[\]{},;:"|/\\?]+'
_ADDRESS = rf"{_OF_ADDRESS}@([\p{{L}}\p{{N}}_-]+[.])+[\p{{L}}][\p{{L}}\p{{N}}-]*[\p{{L}}\p{{N}}]"
_UNSEEN = r"[\x{00}-\x{08}\x{0E}-\x{1F}\x{7F}\x{AD}\x{200B}-\x{200F}\x{202A}-\x{202E}\x{2060}-\x{2064}\x{FEFF}]"
_AROUND = r'[\s\p{Z}"\x27`;,]+'


def spelling(id_type: str, text: str) -> str:
    """The SQL of the one spelling of an identifier, out of the SQL `text`: what the macro spelling_of in dbt gives."""
    bare = f"regexp_replace(nfc_normalize({text}), '{_UNSEEN}', '', 'g')"
    bare = f"nullif(regexp_replace({bare}, '^{_AROUND}|{_AROUND}$', '', 'g'), '')"
    found = f"regexp_extract_all(replace(lower({bare}), '%40', '@'), '{_OF_ADDRESS}@{_OF_ADDRESS}')"
    found = f"list_distinct(list_transform({found}, lambda one: rtrim(one, '.')))"
    address = f"coalesce(case when len({found}) = 1 then {found}[1] end, lower({bare}))"
    if id_type == "email":
        return address
    if id_type == "phone":
        digits = f"regexp_replace({text}, '^([^0-9]*(?:[+]|00).*)[(]\\s*0\\s*[)]', '\\1', 'g')"
        digits = f"regexp_replace(regexp_replace({digits}, '[^0-9+]', '', 'g'), '([0-9])[+]+', '\\1', 'g')"
        number = f"regexp_replace({digits}, '^[+]*(?:00|[+])([1-9])', '+\\1', 'g')"
        is_none = f"not regexp_matches({text}, '[0-9]') or regexp_matches({text}, '(?i)[0-9]e[+-]?[0-9]')"
        return f"case when {is_none} then {bare} else {number} end"
    if id_type == "user_id":
        return f"case when {text} like '%_@_%' and regexp_full_match({address}, '{_ADDRESS}') then {address} else {bare} end"
    return bare


def spelt(raw: RawTable, kind: str, text: str) -> tuple[str, str]:
    """The id type that a kind of identifier has in the warehouse, and the SQL of its one spelling, out of the SQL `text`."""
    prefix = SOURCES[raw.source].id_prefix
    if prefix and kind not in ("email", "phone"):
        text = f"regexp_replace({text}, '^{prefix}', '')"
    if kind != OWN_ID:
        return kind, spelling(kind, text)
    return "crm_id", spelling("crm_id", f"('{raw.source}:' || trim({_own_id(raw, text)}))")


def _own_id(raw: RawTable, text: str) -> str:
    return SOURCES[raw.source].own_id.format(id=text)


def parts_of(column: Column) -> str:
    """The SQL of the array of the persons that a list names."""
    return f"regexp_extract_all({quoted_name(column.name)}, '{column.each}')"


def quoted_name(name: str) -> str:
    """A column's name in SQL."""
    return f'"{name}"'


def record_id(raw: RawTable, column: str) -> str:
    """The SQL of the id of a record, in one spelling."""
    return _own_id(raw, f"trim({quoted_name(column)})")


@dataclass(frozen=True)
class Identifier:
    """One identifier of a person, in the spelling of the warehouse. It never shows its value in a message or a log."""

    id_type: str
    value: str

    def __repr__(self) -> str:
        return f"Identifier({self.id_type})"

    @property
    def key(self) -> str:
        """What is hashed when it is published: `email:ada@example.com`."""
        return f"{self.id_type}:{self.value}"


def identifier(text: str) -> Identifier:
    """An identifier written as `email:ada@example.com`, as the warehouse spells it.

    Raises UserError for a kind that is none and for a value that stands for nobody; the value is not repeated.
    """
    kind, colon, value = text.strip().partition(":")
    if not colon or kind not in PERSON_ID_TYPES:
        raise UserError(
            "An identifier is written as kind:value, for example email:ada@example.com; "
            f"the kinds are {', '.join(PERSON_ID_TYPES)}."
        )
    return normalised(kind, value)


def normalised(id_type: str, value: str) -> Identifier:
    """One identifier in the one spelling of the warehouse. Raises UserError for one of which nothing is left."""
    with duckdb.connect() as connection:
        row = connection.execute(f"select {spelling(id_type, 'value')} from (select ?::varchar as value)", [value]).fetchone()
    found = str(row[0]) if row and row[0] is not None else ""
    if not found.strip("0-"):
        raise UserError(f"This {id_type} stands for nobody: nothing is left of it, or nothing but zeros.")
    return Identifier(id_type, found)
