"""Valid files of several systems in every format, and what a mutation of one is: a malformed file with what must come of it.

A mutation knows how many records its file holds. Whatever it is, it lands, is rejected row by row or is refused whole; landing.py
is asked for that in test_malformed_files.py.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import duckdb
import pandas as pd

from tests.world import town

Record = dict[str, Any]
Outcome = Literal["landed", "refused", "empty", "warned", "landed or refused"]

SEED = 6
ROWS = 12
VENDORS = Path(__file__).parents[1] / "sources" / "files"
TEXTS = ("csv", "jsonl", "json")
FORMATS = ("csv", "csv.gz", "jsonl", "jsonl.gz", "json", "parquet")


@dataclass(frozen=True, eq=False)
class Base:
    """A table of a system as valid records: each has a mark, which no contract knows and every row keeps in its attributes."""

    source: str
    stem: str
    time: str
    records: tuple[Record, ...]

    def bytes(self, kind: str) -> bytes:
        """All records as a valid file."""
        return written(self.records, kind)


@dataclass(frozen=True, eq=False)
class Mutation:
    """One malformed file.

    `rows` are the records in it, `rejected` how many of them must be rejected (None: any number), `told` a pattern that the note
    or a reason matches. Rows that land hold what they held, but for the columns that are `changed`.
    """

    base: Base
    rule: str
    kind: str
    content: Callable[[], bytes]
    rows: int
    outcome: Outcome = "landed"
    rejected: int | None = 0
    told: str = ""
    changed: tuple[str, ...] = ()
    name: str = ""

    @property
    def id(self) -> str:
        """What the test is called."""
        return f"{self.base.source} {self.kind}: {self.rule}"

    @property
    def file(self) -> str:
        """Its path below the landing folder."""
        slug = re.sub("[^a-z0-9]+", "-", self.rule.lower()).strip("-")
        return f"{self.base.source}/{self.name or f'{self.base.stem}.{slug}.{self.kind}'}"


def mark(number: int) -> str:
    """What tells a record from all others."""
    return f"row-{number:04}"


def marked(records: Sequence[Record]) -> tuple[Record, ...]:
    """As many records as a base has, repeated as needed, each with its mark."""
    return tuple({**records[number % len(records)], "mark": mark(number + 1)} for number in range(ROWS))


def is_time(text: str) -> bool:
    """Whether a text is an ISO timestamp; the town has some that are none."""
    try:
        return bool(datetime.fromisoformat(text))
    except ValueError:
        return False


def vendor(path: str, time: str) -> Base:
    """A vendor's own table, as it lies in tests/sources/files."""
    source, file = path.split("/")
    with (VENDORS / path).open(newline="", encoding="utf-8") as content:
        rows = [{name: value for name, value in row.items() if value} for row in csv.DictReader(content)]
    return Base(source, file.split(".")[0], time, marked([row for row in rows if is_time(row.get(time, ""))]))


LOG = Base(
    "events",
    "log",
    "occurred_at",
    marked(
        [
            row
            for person in town.PEOPLE
            for row in person.rows
            if is_time(row["occurred_at"]) and ("user_id" in row or "email" in row)
        ]
    ),
)
TICKETS = vendor("zendesk/ticket.csv", "created_at")
CHARGES = vendor("stripe/charge.csv", "created")
CONTACTS = vendor("hubspot/contact.csv", "property_createdate")
BASES = (LOG, TICKETS, CHARGES, CONTACTS)


# --- Writing


def written(records: Sequence[Record], kind: str) -> bytes:
    """Records as a file of one of the FORMATS."""
    if kind.endswith(".gz"):
        return packed(written(records, kind.removesuffix(".gz")))
    writers: dict[str, Callable[[Sequence[Record]], bytes]] = {
        "csv": as_csv,
        "jsonl": as_lines,
        "json": as_array,
        "parquet": as_parquet,
    }
    return writers[kind](records)


def names_of(records: Sequence[Record]) -> list[str]:
    """All columns, in the order in which they come."""
    return list(dict.fromkeys(name for record in records for name in record))


def as_csv(records: Sequence[Record], delimiter: str = ",", names: Sequence[str] = ()) -> bytes:
    """A header and a line per record; `names` are written instead of the columns' own."""
    columns = names_of(records)
    text = io.StringIO()
    lines = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    lines.writerow(names or columns)
    lines.writerows([record.get(name, "") for name in columns] for record in records)
    return text.getvalue().encode()


def as_lines(records: Sequence[Record]) -> bytes:
    """One object per line."""
    return "".join(json.dumps(record) + "\n" for record in records).encode()


def as_array(records: Sequence[Record]) -> bytes:
    """One array."""
    return json.dumps(list(records)).encode()


def as_parquet(records: Sequence[Record], **typed: str) -> bytes:
    """A Parquet file of texts; `typed` has SQL for the columns that are something else."""
    frame = pd.DataFrame(list(records)).astype("string")
    listed = ", ".join(f'{typed[name]} as "{name}"' if name in typed else f'"{name}"' for name in frame.columns)
    with duckdb.connect() as connection:
        connection.register("records", frame)
        return as_query(connection, f"select {listed} from records")


def as_query(connection: duckdb.DuckDBPyConnection, query: str) -> bytes:
    """What a query returns as a Parquet file."""
    with TemporaryDirectory() as folder:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"copy ({query}) to '{folder}/x' (format parquet)")
        return Path(folder, "x").read_bytes()


def packed(content: bytes) -> bytes:
    """A gzip that is the same every time."""
    return gzip.compress(content, mtime=0)
