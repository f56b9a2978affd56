"""What the known sources expect, and what of it lies in the landing folder and in the warehouse. Reads only; prints nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from warehouse.connection import connect, exists, located
from warehouse.contract import RawTable, Source
from warehouse.landing.landing import Landing, discover, stamp
from warehouse.settings import Settings, UserError
from warehouse.sources import SOURCES


@dataclass(frozen=True)
class FoundFile:
    """One file of a table: `state` is what became of it (landed, empty, duplicate, refused), or new, changed or gone."""

    file: str
    state: str
    row_count: int = 0
    rejected_count: int = 0
    note: str = ""


@dataclass
class FoundTable:
    """One raw table of the contract with its files."""

    table: RawTable
    files: list[FoundFile] = field(default_factory=list)

    @property
    def row_count(self) -> int:
        """Rows landed."""
        return sum(file.row_count for file in self.files)


@dataclass
class FoundSource:
    """One known source with its tables, and the span of the events it gave to the warehouse, if it gave any."""

    source: Source
    tables: list[FoundTable]
    event_count: int = 0
    first_event_at: datetime | None = None
    last_event_at: datetime | None = None

    @property
    def files(self) -> list[FoundFile]:
        """All files of the source."""
        return [file for table in self.tables for file in table.files]


def take_inventory(settings: Settings) -> tuple[list[FoundSource], list[str]]:
    """Every known source with what was found of it, and warnings about what lies in the landing folder and is left alone.

    A landing folder without anything is no fault here. Raises UserError when another run is writing.
    """
    landing = Landing()
    present: dict[tuple[str, int, datetime], RawTable] = {}
    try:
        if settings.landing.is_dir():
            stamps = [(stamp(settings.landing, path), table) for table, path in discover(settings.landing, landing)]
            present = {seen: table for seen, table in stamps if seen}
    except UserError as error:
        landing.warnings.append(str(error))
    landed, spans = _landed(settings)
    sources = {source.name: FoundSource(source, [FoundTable(table) for table in source.tables]) for source in SOURCES.values()}
    for (file, byte_count, modified_at), table in present.items():
        entry = landed.pop(file, None)
        if entry is None:
            found = FoundFile(file, "new", note="lands with the next run")
        elif (entry["byte_count"], entry["modified_at"]) != (byte_count, modified_at):
            found = FoundFile(file, "changed", entry["row_count"], entry["rejected_count"], "lands again with the next run")
        else:
            found = FoundFile(file, entry["status"], entry["row_count"], entry["rejected_count"], entry["note"] or "")
        _of(sources[table.source], table.name).files.append(found)
    for file, entry in landed.items():
        if entry["source"] in sources and entry["row_count"]:
            gone = FoundFile(file, "gone", entry["row_count"], entry["rejected_count"], "no longer in the folder; its rows stay")
            _of(sources[entry["source"]], entry["table_name"]).files.append(gone)
    for name, (count, first, last) in spans.items():
        if name in sources:
            sources[name].event_count, sources[name].first_event_at, sources[name].last_event_at = count, first, last
    return list(sources.values()), landing.warnings


def _of(source: FoundSource, table_name: str) -> FoundTable:
    return next(table for table in source.tables if table.table.name == table_name)


def _landed(settings: Settings) -> tuple[dict[str, dict[str, Any]], dict[str, tuple[int, datetime, datetime]]]:
    """What the warehouse says of files, by file, and of events, by source folder; nothing before its first run."""
    if not settings.working_database.is_file():
        return {}, {}
    with connect(settings, read_only=True) as connection:
        files, spans = [], []
        names: list[str] = []
        if exists(connection, "raw.landed_files"):
            result = connection.execute(f"select * from {located('raw.landed_files')}")
            names = [column[0] for column in result.description or []]
            files = result.fetchall()
        if exists(connection, "intermediate.int_events_recorded"):
            # The plain log names its systems itself; all that is no known source came through it.
            known = ", ".join(f"'{name}'" for name in SOURCES)
            spans = connection.execute(
                f"select case when source in ({known}) then source else 'events' end, count(*), min(occurred_at), "
                f"max(occurred_at) from {located('intermediate.int_events_recorded')} group by 1"
            ).fetchall()
    rows = [dict(zip(names, row, strict=True)) for row in files]
    return {row["file"]: row for row in rows}, {name: (count, first, last) for name, count, first, last in spans}
