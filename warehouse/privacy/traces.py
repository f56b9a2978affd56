"""Where a person can be read off: patterns of their identifiers, and the search of tables and files for them.

An identifier that could be anybody's number (`42`) is told from others by its column alone and never looked for in texts, nor is
one that is a word of letters alone (`premium`).
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from warehouse.connection import quoted
from warehouse.contract import PERSON_ID_TYPES
from warehouse.privacy.personal import Identifier, quoted_name, spelt
from warehouse.sources import RAW_TABLES

MASK = "[erased]"
CHUNK = 16 * 2**20
FILE_ENDS = "csv|tsv|txt|jsonl?|ndjson|parquet|gz"  # an address before one of these is in the name of a file
LONGEST = 1024  # bytes of the longest thing looked for
WHOLE_NUMBERS = ("BIGINT", "HUGEINT", "UBIGINT", "UHUGEINT")


def is_telling(one: Identifier) -> bool:
    """Whether the value is nobody else's wherever it stands: an address, a phone number, a long id that is no mere number."""
    if one.id_type == "email":
        return "@" in one.value
    if one.id_type == "phone":
        return sum(sign.isdigit() for sign in one.value) >= 7
    return len(one.value) >= 8 and any(sign.isdigit() for sign in one.value) and not one.value.isdigit()


def is_quotable(one: Identifier) -> bool:
    """Whether the value is an id where it stands alone, a text or between quotes: `u-ada`, but not `premium` and not `42`."""
    mixed = any(sign.isalpha() for sign in one.value) and not one.value.isalpha()
    return is_telling(one) or (mixed and len(one.value) >= 4)


def patterns(identifiers: Iterable[Identifier]) -> list[str]:
    """Regular expressions that find these identifiers in a text or in a line of one; their two groups are what stands around."""
    mails, ids, alone = [], [], []
    for one in sorted(set(identifiers), key=lambda one: one.key):
        if one.id_type == "email" and is_telling(one):
            mails.append(re.escape(one.value).replace("@", "(?:@|%40)"))
        elif one.id_type == "phone" and is_telling(one):
            ids.append(r"(?:\+|00)?" + r"(?:[ ()./-]|\(0\))*".join(sign for sign in one.value if sign.isdigit()))
        elif is_telling(one):
            ids.append(re.escape(one.value))
        elif is_quotable(one):
            alone.append(re.escape(one.value))
    found = []
    if mails:
        found.append(rf"(?im)(^|[^a-z0-9._%+-])(?:{'|'.join(mails)})($|[^a-z0-9.-]|\.$|\.[^a-z0-9]|\.(?:{FILE_ENDS})\b)")
    if ids:
        found.append(rf"(?im)(^|[^a-z0-9_-])(?:{'|'.join(ids)})($|[^a-z0-9_-])")
    if alone:
        found.append(rf'(?m)(^|")(?:{"|".join(alone)})($|")')
    return found


def masked(column: str, found: Collection[str]) -> str:
    """The SQL of a text with what the patterns find replaced."""
    text = column
    for pattern in found:
        replaced = text
        for _ in range(2):  # two that stand side by side share the sign between them
            replaced = f"regexp_replace({replaced}, '{quoted(pattern)}', '\\1{MASK}\\2', 'g')"
        text = f"case when regexp_matches({text}, '{quoted(pattern)}') then {replaced} else {text} end"
    return text


@dataclass(frozen=True)
class Sought:
    """What must be found nowhere: identifiers as they are, their published hashes, the keys of persons and customers."""

    identifiers: frozenset[Identifier]
    hashes: frozenset[str] = frozenset()
    keys: frozenset[int] = frozenset()
    texts: list[str] = field(init=False, default_factory=list, compare=False)

    def __post_init__(self) -> None:
        self.texts.extend(patterns(self.identifiers))
        if self.hashes:
            self.texts.append(f"()(?:{'|'.join(sorted(self.hashes))})()")

    @property
    def needles(self) -> list[bytes]:
        """What is looked for in the bytes of files, in lower case."""
        plain = [one.value.lower() for one in self.identifiers if is_telling(one)]
        plain += [value.replace("@", "%40") for value in plain if "@" in value]
        return [text.encode() for text in (*plain, *self.hashes)]

    def of_type(self, id_type: str) -> list[str]:
        """The values of one id type, or of all for the column that holds any (`id_value`)."""
        return sorted(one.value for one in self.identifiers if id_type in (one.id_type, "id_value"))


def in_database(path: Path, sought: Sought) -> dict[str, int]:
    """How many rows of which `schema.table.column` of a DuckDB file hold what is sought; every column of every table is read."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{quoted(path)}' as searched (read_only)")
        return in_catalog(connection, "searched", sought)


def in_catalog(connection: duckdb.DuckDBPyConnection, catalog: str, sought: Sought) -> dict[str, int]:
    """The same of a database that is attached."""
    connection.execute("create or replace temp table sought_keys (key hugeint)")
    if sought.keys:
        connection.execute(f"insert into sought_keys select unnest([{', '.join(map(str, sorted(sought.keys)))}]::hugeint[])")
    columns = connection.execute(
        "select schema_name, table_name, list((column_name, data_type) order by column_index) from duckdb_columns() "
        "where database_name = ? and not internal and (schema_name, table_name) in "
        "(select (schema_name, table_name) from duckdb_tables() where database_name = ?) group by all order by all",
        [catalog, catalog],
    ).fetchall()
    found: dict[str, int] = {}
    for schema, table, named in columns:
        name = f"{schema}.{table}"
        relation = f'{catalog}.{schema}."{table}"'
        texts = [column for column, kind in named if is_text(kind)]
        conditions = {column: _holds(name, column, kind, sought) for column, kind in named}
        # Expressions are many times dearer to set up than to evaluate: all texts of a table are looked at as one before each is.
        if texts and connection.execute(f"select 1 from {relation} where {any_text(texts, sought.texts)} limit 1").fetchall():
            conditions |= {column: f"({conditions[column]} or {any_text([column], sought.texts)})" for column in texts}
        counts = ", ".join(f"count_if({condition})" for condition in conditions.values())
        row = connection.execute(f"select {counts} from {relation}").fetchone() or ()
        found |= {f"{name}.{column}": count for column, count in zip(conditions, row, strict=True) if count}
    return found


def is_text(kind: str) -> bool:
    """Whether a column of this type can hold a text."""
    return any(word in kind for word in ("VARCHAR", "JSON", "STRUCT", "MAP", "[]"))


def any_text(columns: Iterable[str], found: Collection[str]) -> str:
    """The SQL condition that one of these columns holds what one of the patterns finds."""
    text = f"concat_ws(chr(10), {', '.join(f'cast({quoted_name(column)} as varchar)' for column in columns)})"
    return " or ".join(f"regexp_matches({text}, '{quoted(pattern)}')" for pattern in found) or "false"


def _holds(table: str, name: str, kind: str, sought: Sought) -> str:
    """The SQL condition that a column is something sought; what stands within a text is looked for apart."""
    if kind in WHOLE_NUMBERS:
        return f"coalesce({quoted_name(name)} in (select key from sought_keys), false)" if sought.keys else "false"
    conditions = []
    for spelling, id_type in _spellings(table, name) if kind == "VARCHAR" else ():
        values = sought.of_type(id_type)
        if values:
            conditions.append(f"{spelling} in ({', '.join(_literal(value) for value in values)})")
    return f"coalesce({' or '.join(conditions)}, false)" if conditions else "false"


def _spellings(table: str, name: str) -> Iterator[tuple[str, str]]:
    raw = next((raw for raw in RAW_TABLES if raw.table == table), None)
    if raw is None:
        if name in (*PERSON_ID_TYPES, "id_value") and not table.startswith(("marts.", "quality.", "ml.")):
            yield quoted_name(name), name
        return
    for column in raw.people:
        if column.name == name and not column.each:
            for kind in column.id_kinds:
                id_type, spelling = spelt(raw, kind, quoted_name(name))
                yield spelling, id_type


def _literal(text: str) -> str:
    return f"'{quoted(text)}'"


def in_file(path: Path, sought: Sought) -> bool:
    """Whether the bytes of a file hold what is sought, in any case; a gzip stream is unpacked, a Parquet file read as a table."""
    if path.suffix == ".parquet":
        return _in_parquet(path, sought)
    needles = sought.needles
    overlap = b""
    with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as content:
        while chunk := content.read(CHUNK):
            text = (overlap + chunk).lower()
            if any(_stands_alone(text, needle) for needle in needles):
                return True
            overlap = text[-LONGEST:]
    return False


def _stands_alone(text: bytes, needle: bytes) -> bool:
    at = text.find(needle)
    while at >= 0:
        around = text[at - 1 : at] + text[at + len(needle) : at + len(needle) + 1]
        if not re.search(rb"[a-z0-9]", around):
            return True
        at = text.find(needle, at + 1)
    return False


def _in_parquet(path: Path, sought: Sought) -> bool:
    with duckdb.connect() as connection:
        relation = f"read_parquet('{quoted(path)}')"
        columns = connection.execute(f"describe select * from {relation}").fetchall()
        texts = [name for name, kind, *_ in columns if is_text(kind)]
        return bool(connection.execute(f"select 1 from {relation} where {any_text(texts, sought.texts)} limit 1").fetchall())
