"""Files of a source become raw tables: every row lands or is kept as a rejected row with its reason, once.

Finding files and book-keeping belong here; how a file is read is reading.py, which columns exist sources/, what a row means SQL.
The rules: a file that has landed is not landed again; the same bytes under another name add nothing; a file that changed
replaces its own earlier rows; a file that is still being written is left for the next run; a file that cannot be read at all
is refused whole, and the run stops with what to do about it.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pandas as pd

from warehouse.connection import PUBLISHED_SCHEMAS, WORKING_SCHEMAS, append, connect, create, located, quoted
from warehouse.contract import RawTable, Source
from warehouse.definitions.journey import JOURNEY_TABLES, Journey
from warehouse.files import printable
from warehouse.landing import loads, order
from warehouse.landing.lines import (
    DAMAGED,
    FORMATS,
    MAX_LINE_BYTES,
    UNCLOSED,
    Header,
    Refusal,
    damage,
    format_of,
    is_csv,
    mark_of,
    physical_lines,
    surveyed,
    write_document_plainly,
    write_plainly,
)
from warehouse.landing.reading import (
    TOTAL,
    Reader,
    has_header,
    header_of,
    holds_lines,
    is_in_cents,
    partitions_of,
    reader_of,
    worth_of,
)
from warehouse.landing.values import cast_value, is_not_ambiguous, is_number, number_styles, problem
from warehouse.privacy import erasure, suppression
from warehouse.settings import Settings, UserError
from warehouse.sources import RAW_TABLES, SOURCES
from warehouse.tables import WRITTEN_TABLES

# Names that programs give to files they are still writing.
UNFINISHED = (".tmp", ".part", ".partial", ".crdownload", ".download", ".filepart", ".inprogress", ".swp")

# Where a file that cannot be read as it is lies as a plain copy while it is read.
COPIES = ".landing-copy-"

# Words of DuckDB's errors that a plain copy cures: bytes that are not UTF-8, line ends of two kinds in one file, zeros behind a
# gzip, half a character in JSON.
CURABLE = ("unicode", "utf-8", "utf8", "encod", "state machine", "gzip", "surrogate")


@dataclass(frozen=True)
class LandedFile:
    """What became of one file in this run."""

    source: str
    table_name: str
    file: str
    status: str  # landed, empty, duplicate, waiting or refused
    row_count: int = 0
    rejected_count: int = 0
    note: str = ""


@dataclass
class Landing:
    """What one look at the landing folder found and did."""

    files: list[LandedFile] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def refused(self) -> list[LandedFile]:
        """Files that could not be read at all."""
        return [file for file in self.files if file.status == "refused"]


class _StillWritten(Exception):
    """The file changed while it was read."""


def land(
    settings: Settings, journey: Journey, *, now: datetime, requested_as_of: datetime | None = None, settle_seconds: float = 0
) -> Landing:
    """Bring the warehouse's raw and journey tables up to date with the landing folder and the journey file.

    `now` (UTC, no zone) becomes `_loaded_at` of what lands. Creates every table of the contract that is missing, so a
    source without files is an empty table. Each file is one transaction: a killed run leaves no half file. A file that was
    written to within the last `settle_seconds` is watched for as long, and left for the next run if it grows.
    Raises UserError when no folder of a known source is there, or when the home belongs to another landing folder.
    """
    landing = Landing(warnings=journey.warnings())
    erasure.heal(settings)
    for copy in settings.home.glob(f"{COPIES}*"):  # of a run that was killed: it holds what a file held
        shutil.rmtree(copy, ignore_errors=True)
    found = _settled(settings.landing, list(discover(settings.landing, landing)), settle_seconds, landing)
    if _keep_apart(settings, {path.relative_to(settings.landing).as_posix() for _, path in found}):
        landing.warnings.append("the demo company that lived in this home was dropped to make room for your files")
    with connect(settings) as connection:
        prepare(connection, journey, requested_as_of or settings.requested_as_of, settings.known_until)
        suppression.check_key(connection)
        batch, now = loads.start_landing(connection, now)
        connection.execute("delete from working.raw.landed_files where status = 'refused'")
        # Twice: when a file has changed, one that had only repeated it has something to say after all.
        reports: dict[Path, LandedFile] = {}
        for table, path in found * 2:
            if path not in reports or reports[path].status == "duplicate":
                report = _land_file(connection, settings, table, path, now, batch)
                if report:
                    reports[path] = report
        order.place_files(connection)
    landing.files += reports.values()
    return landing


def _keep_apart(settings: Settings, found: set[str]) -> bool:
    """See to it that the rows of two companies never meet in one home; returns whether a demo company had to leave.

    The demo leaves for anybody, for it can be made again. A landing folder may move, but one that shares no file with what
    this home holds is another company's.
    """
    if not settings.working_database.is_file():
        return False
    with connect(settings) as connection:
        loads.renew(connection)
        create(connection, {written.table: written.columns for written in WRITTEN_TABLES})
        held = connection.execute(
            "select file, landing_folder from working.raw.landed_files where status in ('landed', 'duplicate')"
        ).fetchall()
    demo, here = str(settings.home / "landing"), str(settings.landing)
    others = {file: folder for file, folder in held if folder not in (None, here)}
    if others and not settings.is_demo and set(others.values()) == {demo}:
        for database in (settings.database, settings.working_database, settings.published_database):
            database.unlink(missing_ok=True)
        return True
    if others and not found & set(others):
        raise UserError(
            f"The home {settings.home} holds files landed from {next(iter(others.values()))}, and none of them is in {here}. "
            "So that the rows of two companies never mix, give this landing folder a home of its own (THROUGHLINE_HOME), or "
            "name the landing folder that belongs to this home (THROUGHLINE_LANDING)."
        )
    return False


def look(settings: Settings) -> Landing:
    """What is in the landing folder, without landing it: warnings about what will be left alone.

    Raises UserError when no folder of a known source is there.
    """
    landing = Landing()
    for _ in discover(settings.landing, landing):
        pass
    return landing


def eventless(held: Mapping[str, int]) -> str:
    """Why nothing can be built from the rows held of each raw table, nothing where it can: ads alone tell no journey."""
    counts = {name: sum(held.get(raw.table, 0) for raw in source.tables) for name, source in SOURCES.items()}
    if any(count for name, count in counts.items() if not SOURCES[name].is_of_ads):
        return ""
    ads = [name for name, count in counts.items() if count]
    others = ", ".join(name for name, source in SOURCES.items() if not source.is_of_ads)
    what = f"only what ads cost ({' and '.join(ads)})" if ads else "files without rows"
    return f"There is no event in the landing folder, {what}: put beside it the export of a source that has events ({others})."


def has_news(settings: Settings) -> bool:
    """Whether the landing folder holds a file that is new, changed, or was refused before; decided by size and time alone."""
    with connect(settings, read_only=True) as connection:
        known = connection.execute(
            "select file, byte_count, modified_at from working.raw.landed_files where status <> 'refused'"
        ).fetchall()
    return not present(settings) <= set(known)


def present(settings: Settings) -> set[tuple[str, int, datetime]]:
    """The stamps of the files that would be landed now; one that vanishes meanwhile is none.

    Raises UserError when no folder of a known source is there.
    """
    return {seen for _, path in discover(settings.landing, Landing()) if (seen := stamp(settings.landing, path))}


def prepare(
    connection: duckdb.DuckDBPyConnection,
    journey: Journey,
    requested_as_of: datetime | None = None,
    known_until: datetime | None = None,
) -> None:
    """Create what is missing of every raw and written table, and land the definitions of the journey file."""
    for schema in PUBLISHED_SCHEMAS:
        connection.execute(f"create schema if not exists {schema}")
    for schema in WORKING_SCHEMAS:
        connection.execute(f"create schema if not exists working.{schema}")
    create(
        connection,
        {raw.table: raw.ddl for raw in RAW_TABLES}
        | {written.table: written.columns for written in WRITTEN_TABLES}
        | {f"journey.{name}": columns for name, columns in JOURNEY_TABLES.items()},
    )
    rows = journey.tables()
    rows["settings"][0] |= {"requested_as_of": requested_as_of, "known_until": known_until}
    connection.execute("begin")
    for name, columns in JOURNEY_TABLES.items():
        table = f"journey.{name}"
        connection.execute(f"delete from {table}")
        if rows[name]:
            names, marks = ", ".join(columns), ", ".join("?" for _ in columns)
            values = [[row[column] for column in columns] for row in rows[name]]
            connection.executemany(f"insert into {table} ({names}) values ({marks})", values)
    connection.execute("commit")


def discover(folder: Path, landing: Landing) -> Iterator[tuple[RawTable, Path]]:
    """The files of the landing folder with the raw table each belongs to; the rest is warned of by name."""
    children = []
    for child in sorted(child for child in folder.iterdir() if not child.name.startswith(".")):
        if child.is_symlink():
            landing.warnings.append(f"{child.name} is a link and was left alone; put there what it leads to")
        else:
            children.append(child)
    known = [(source, child) for child in children if child.is_dir() and (source := source_of(child.name))]
    names = ", ".join(SOURCES)
    for child in children:
        if child.is_file():
            landing.warnings.append(f"file {child.name} lies outside of any source's folder and was left alone")
        elif source_of(child.name) is None:
            landing.warnings.append(f"folder {child.name} is no known source and was left alone; known: {names}")
    if not known:
        raise UserError(
            f"The landing folder {folder} has no folder of a known source. Put the exports into sub-folders named after "
            f"their source ({names}), for example {folder / 'events' / 'web.csv'}."
        )
    for source, child in known:
        unknown: dict[str, list[str]] = defaultdict(list)
        for path in sorted(_files_below(folder, child, landing)):
            if path.name.startswith((".", "~")) or path.suffix.lower() in UNFINISHED:
                continue
            name = path.relative_to(folder).as_posix()
            if not _is_utf8(name):
                landing.warnings.append(f"file {name!a} has a name that is not UTF-8 and was left alone; rename it")
                continue
            table = table_of(source, path)
            if table is None:
                unknown["table"].append(name)
            elif format_of(path) is None:
                unknown["format"].append(name)
            else:
                yield table, path
        tables = ", ".join(table.name for table in source.tables)
        for what, wanted in (("table", tables), ("format", ", ".join(FORMATS))):
            if unknown[what]:
                landing.warnings.append(_left_alone(unknown[what], what, wanted))


def _files_below(folder: Path, child: Path, landing: Landing) -> Iterator[Path]:
    """All files of a source's folder; links, pipes and folders that nobody enters are warned of.

    No link is followed: whoever may only drop files here must not have others read, and a folder could lead back to itself.
    """

    def left_alone(what: str, path: str | Path, why: str) -> None:
        landing.warnings.append(f"{what} {printable(Path(path).relative_to(folder).as_posix())} {why} and was left alone")

    for place, folders, names in os.walk(child, onerror=lambda error: left_alone("folder", error.filename, "may not be read")):
        for name in [*folders, *names]:
            path, what = Path(place, name), "folder" if name in folders else "file"
            if path.is_symlink():
                left_alone(what, path, "is a link")
            elif what == "file" and path.is_file():
                yield path
            elif what == "file" and not name.startswith((".", "~")):
                left_alone(what, path, "is no file of bytes,")


def _is_utf8(name: str) -> bool:
    try:
        return bool(name.encode())
    except UnicodeEncodeError:
        return False


def _left_alone(files: list[str], what: str, known: str) -> str:
    """The warning about files of a source that nobody reads."""
    if len(files) == 1:
        return f"file {files[0]} {'is' if what == 'table' else 'has'} no known {what} and was left alone; known: {known}"
    some = ", ".join(files[:3]) + (f" and {len(files) - 3} more" if len(files) > 3 else "")
    return (
        f"{len(files)} files {'are' if what == 'table' else 'have'} no known {what} and were left alone ({some}); known: {known}"
    )


def source_of(folder: str) -> Source | None:
    """The source whose exports a folder of this name holds."""
    name = folder.lower().replace("-", "_").replace(" ", "_")
    return SOURCES.get(name) or next((source for source in SOURCES.values() if name in source.folders), None)


def table_of(source: Source, path: Path) -> RawTable | None:
    """The table that a file of a source carries: told by the beginning of its name, else by its header, else by the folder."""
    stem = re.sub(r"(_[0-9]+)+$", "", re.sub(r"[^a-z0-9]+", "_", path.name.split(".")[0].lower()))
    bare = stem.removesuffix("_data")
    stems = {stem, bare, *(bare.removeprefix(f"{name}_") for name in (source.name, *source.folders))}
    by_name = next((table for table in source.tables if stems & {table.name, *table.stems}), None)
    if by_name and "*" not in by_name.stems:
        return by_name
    by_header = next((table for table in source.tables if table.header and has_header(table, path)), None)
    return by_header or by_name or next((table for table in source.tables if "*" in table.stems), None)


def _settled(folder: Path, found: list[tuple[RawTable, Path]], seconds: float, landing: Landing) -> list[tuple[RawTable, Path]]:
    """Those files that nobody is writing: a young one is looked at twice."""
    seen = {path: before for _, path in found if (before := _stat(path))}
    young = {path: before for path, before in seen.items() if 0 <= time.time() - before.st_mtime < seconds}
    if young:
        time.sleep(seconds)
    growing = {path for path, before in young.items() if _changed(before, path)}
    landing.files += [_waiting(table, path.relative_to(folder).as_posix()) for table, path in found if path in growing]
    return [(table, path) for table, path in found if path in seen and path not in growing]


def _stat(path: Path) -> os.stat_result | None:
    """What the file system knows of a file, None when it is gone."""
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _changed(before: os.stat_result, path: Path) -> bool:
    after = _stat(path)
    return after is None or (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns)


def _waiting(table: RawTable, file: str) -> LandedFile:
    return LandedFile(table.source, table.name, file, "waiting", note="is still being written; left for the next run")


def _land_file(
    connection: duckdb.DuckDBPyConnection, settings: Settings, table: RawTable, path: Path, now: datetime, batch: int
) -> LandedFile | None:
    """Land one file in one transaction; None when it has landed before and has not changed."""
    folder = settings.landing
    before = _stat(path)
    if before is None:
        return None
    file, byte_count, modified_at = _stamp(folder, path, before)
    entry = connection.execute(
        "select file_fingerprint, byte_count, modified_at, source, table_name from working.raw.landed_files where file = ?",
        [file],
    ).fetchone()
    if entry and entry[1:3] == (byte_count, modified_at):
        return None
    fingerprint = _fingerprint(path)
    if entry and entry[0] == fingerprint:
        connection.execute("update working.raw.landed_files set modified_at = ? where file = ?", [modified_at, file])
        return None
    if entry:
        connection.execute("delete from working.raw.landed_files where status = 'duplicate' and file_fingerprint = ?", [entry[0]])
    twin = connection.execute(
        "select file from working.raw.landed_files where file_fingerprint = ? and file <> ? and table_name = ? "
        "and status in ('landed', 'empty') order by file limit 1",
        [fingerprint, file, table.name],
    ).fetchone()
    # What the file held before may have been of another table.
    held = {table.table, *(raw.table for raw in RAW_TABLES if entry and (raw.source, raw.name) == entry[3:])}
    connection.execute("begin")
    try:
        had_rows = _forget(connection, held, file)
        if twin and byte_count:
            note = f"the same bytes as {twin[0]}; adds nothing"
            report = LandedFile(table.source, table.name, file, "duplicate", note=note)
        else:
            report = _read_as_written(connection, settings, table, held, path, file, now)
        if _changed(before, path):
            raise _StillWritten
        for source in {raw.source for raw in RAW_TABLES if raw.table in held} if had_rows else {table.source}:
            loads.note_new_load(connection, batch, source, is_whole=had_rows)
    except _StillWritten:
        connection.execute("rollback")
        return _waiting(table, file)
    except (Refusal, duckdb.Error, *DAMAGED) as error:
        if _is_of_the_home(error):
            raise
        connection.execute("rollback")
        if _changed(before, path):
            return _waiting(table, file)
        connection.execute("begin")
        report = LandedFile(table.source, table.name, file, "refused", note=_why_unreadable(error))
    connection.execute("delete from working.raw.landed_files where file = ?", [file])
    entry_of_file = {
        "source": report.source,
        "table_name": report.table_name,
        "file": file,
        "file_fingerprint": fingerprint,
        "byte_count": byte_count,
        "modified_at": modified_at,
        "landed_at": now,
        "row_count": report.row_count,
        "rejected_count": report.rejected_count,
        "status": report.status,
        "note": report.note or None,
        "landing_folder": str(folder),
        "id_prefix": order.counting_prefix(connection, table, file) if report.status == "landed" else None,
    }
    append(connection, "raw.landed_files", pd.DataFrame([entry_of_file]))
    connection.execute("commit")
    return report


def stamp(folder: Path, path: Path) -> tuple[str, int, datetime] | None:
    """The file's path below the landing folder, its size in bytes and its time of change in UTC; None when it is gone."""
    stat = _stat(path)
    return stat and _stamp(folder, path, stat)


def _stamp(folder: Path, path: Path, stat: os.stat_result) -> tuple[str, int, datetime]:
    modified_at = datetime.fromtimestamp(stat.st_mtime, UTC).replace(tzinfo=None)
    return path.relative_to(folder).as_posix(), stat.st_size, modified_at


def _forget(connection: duckdb.DuckDBPyConnection, tables: set[str], file: str) -> bool:
    """Delete what a file has landed before; returns whether there were any rows."""
    deleted = sum(_count(connection, f"delete from {located(table)} where _file = ?", [file]) for table in sorted(tables))
    connection.execute("delete from working.raw.rejected_rows where file = ?", [file])
    return deleted > 0


def _fingerprint(path: Path) -> str:
    """What the bytes of a file are known by; nothing for a file that cannot be read, which reading it tells."""
    try:
        with path.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except OSError:
        return ""


def _is_of_the_home(error: Exception) -> bool:
    """Whether it is no fault of the file that it could not be landed: a full disk, too little memory."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)
    return isinstance(error, (duckdb.OutOfMemoryException, duckdb.FatalException, duckdb.InternalException)) or (
        isinstance(error, duckdb.IOException) and any(word in str(error) for word in ("No space left", "Could not write"))
    )


def _why_unreadable(error: Exception) -> str:
    text = str(error)
    if isinstance(error, Refusal):
        return text
    if isinstance(error, DAMAGED):
        return str(damage(error))
    if "GZIP" in text.upper():
        return "the gzip stream ends too early or is damaged; export or copy the file again"
    if malformed := re.search(r"Malformed JSON.* in record/value (\d+): ([^.\n]*)", text):
        number, why = malformed.groups()
        return f"not readable as JSON from object {number} on: {why}; export it again, best with one object per line (.jsonl)"
    if any(word in text.lower() for word in ("parquet", "magic bytes", "tprotocol")):
        return "this is no complete Parquet file; export or copy it again"
    why = re.sub(r"^(\w+ )*Error: ", "", text.splitlines()[0])
    return f"not readable: {why}; export or copy it again"


@dataclass(frozen=True)
class _Read:
    """What came of reading a file once: its good records, rejected ones, totals of a report and records of the erased."""

    good: int
    bad: int = 0
    totals: int = 0
    erased: int = 0
    has_rows: bool = True

    @property
    def record_count(self) -> int:
        """How many records the file was read as."""
        return self.good + self.bad + self.totals + self.erased


def _read_as_written(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    table: RawTable,
    held: set[str],
    path: Path,
    file: str,
    now: datetime,
) -> LandedFile:
    """Read a file whatever its encoding, line ends and quotes: as it is if each line is a record, else by way of a plain copy.

    The good case costs no second look. The copy lies in the home, because it holds what the file holds, and is gone afterwards.
    """
    if format_of(path) == "parquet":
        return _reported(connection, table, file, _read_into(connection, table, path, file, now), [])
    found = surveyed(path)
    header = header_of(table, path, partitions_of(file)) if is_csv(path) else None
    has_lines = is_csv(path) or holds_lines(path)
    read = None
    if not (mark_of(path) or (has_lines and found.has_long_line) or (header and not header.is_plain)):
        try:
            read = _read_into(connection, table, path, file, now, header)
            lines = found.line_count - (header.line if header else 0)
            if not (has_lines and read.has_rows) or (read.record_count == lines and not _is_better_copied(connection)):
                return _reported(connection, table, file, read, [])
        except duckdb.Error as error:
            if not any(word in str(error).lower() for word in CURABLE):
                raise
            connection.execute("rollback")  # an error ends the transaction
            connection.execute("begin")
    with TemporaryDirectory(dir=settings.home, prefix=COPIES) as scratch:
        copy, torn = (Path(scratch) / name for name in (re.sub("(?i)[.]gz$", "", path.name), "torn"))
        plain = write_plainly(path, copy, torn, header) if has_lines else write_document_plainly(path, copy)
        if read and not plain.torn_count and read.record_count == plain.record_count and not _is_better_copied(connection):
            return _reported(connection, table, file, read, [])  # its values hold line breaks, or it has empty lines
        _forget(connection, held, file)
        read = _read_into(connection, table, copy, file, now, header, torn if plain.torn_count else None)
        if has_lines and read.has_rows and read.record_count != plain.record_count + plain.torn_count:
            raise Refusal(
                f"{plain.record_count + plain.torn_count} records stand in it and {read.record_count} could be read; "
                "export it again with each text within quotes, or as lines of JSON"
            )
        notes = [f"{header.passed_over} line(s) before the header were passed over"] if header and header.passed_over else []
        notes += [f"{plain.foreign_count} line(s) were not UTF-8 and were read as Windows-1252"] if plain.foreign_count else []
        notes += [f"read as {mark_of(path)}"] if mark_of(path) else []
        return _reported(connection, table, file, read, notes)


def _is_better_copied(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether CSV rows were rejected for what a plain copy cures: bytes that are not UTF-8, a line end of another kind."""
    if not _count(connection, "select count(*) from duckdb_tables() where table_name = 'csv_faults'"):
        return False  # nothing was read, or no CSV
    return _count(connection, "select count(*) from csv_faults where error_type in ('INVALID ENCODING', 'UNQUOTED VALUE')") > 0


def _reported(connection: duckdb.DuckDBPyConnection, table: RawTable, file: str, read: _Read, notes: list[str]) -> LandedFile:
    """What became of a file that was read. Raises Refusal where none of its records can be used."""
    if not read.has_rows:
        return LandedFile(table.source, table.name, file, "empty", note="the file is empty, it has not even a header")
    if read.bad and not read.good and not read.erased:
        first = connection.execute(
            "select line, column_name, reason from working.raw.rejected_rows where file = ? order by line limit 1",
            [file],
        ).fetchone()
        assert first is not None
        raise Refusal(f"none of its {read.bad} rows can be used; the first, line {first[0]}: {first[1] or 'row'} {first[2]}")
    bad = read.bad + suppression.reject(connection, table, file, read.erased)
    said = f"{bad} row(s) rejected" if bad else ("no rows" if not read.good else "")
    totals = f"{read.totals} row(s) that add up others left out" if read.totals else ""
    note = "; ".join(filter(None, (said, totals, *notes)))
    return LandedFile(table.source, table.name, file, "landed" if read.good else "empty", read.good, bad, note)


def _read_into(
    connection: duckdb.DuckDBPyConnection,
    table: RawTable,
    path: Path,
    file: str,
    now: datetime,
    header: Header | None = None,
    torn: Path | None = None,
) -> _Read:
    """Insert the file's good records, keep its bad ones and the lines that are `torn` as rejected rows, and count both.

    The file is read once: bad records go in with a negative number, which a file without any never pays for.
    """
    connection.execute("drop table if exists csv_faults")
    connection.execute("drop table if exists csv_scans")
    reader = reader_of(connection, table, path, header, partitions_of(file))
    if reader is None:
        return _Read(0, has_rows=False)
    casts, fault = _casts(table, reader, {})
    erased = _insert(connection, table, reader, casts, fault, file, now)
    styles = _styles(connection, table, reader, file, is_json=format_of(path) != "parquet" and not is_csv(path))
    if styles:
        connection.execute(f"delete from {located(table.table)} where _file = ?", [file])
        casts, fault = _casts(table, reader, styles)
        erased = _insert(connection, table, reader, casts, fault, file, now)
    bad, totals = _kept_faults(connection, table, path, reader, casts, fault, file, torn)
    good = _count(connection, f"select count(*) from {located(table.table)} where _file = ? and _row_id > 0", [file])
    connection.execute(f"delete from {located(table.table)} where _file = ? and _row_id < 0", [file])
    return _Read(good, bad, totals, erased)


def _casts(table: RawTable, reader: Reader, styles: dict[str, str]) -> tuple[dict[str, str], str]:
    """SQL for each column of the table, and for the fault of a record."""
    nowhere: tuple[str | None, str] = (None, "VARCHAR")
    casts = {
        column.name: cast_value(column, *reader.values.get(column.name, nowhere), styles.get(column.name, "plain"))
        for column in table.columns
    }
    fault = problem(table, reader.values, reader.is_record, casts, styles)
    if reader.is_total != "false":
        fault = f"case when {casts[table.totals[0]]} is null and {reader.is_total} then '|{TOTAL}' else {fault} end"
    return casts, fault


def _insert(
    connection: duckdb.DuckDBPyConnection,
    table: RawTable,
    reader: Reader,
    casts: dict[str, str],
    fault: str,
    file: str,
    now: datetime,
) -> int:
    """Insert a file's records, bad ones with a negative number; returns how many were somebody's who was erased."""
    values = ", ".join(f'{cast} as "{name}"' for name, cast in casts.items())
    rows, parameters, erased = suppression.without_erased(
        connection,
        table,
        f"select {values}, {reader.attributes} as attributes, ? as _file, "
        f"case when {fault} is null then __record__ else -__record__ end as _row_id, ? as _loaded_at from {reader.relation}",
        [file, now],
    )
    connection.execute(f"insert into {located(table.table)} by name {rows}", parameters)
    return erased


def _styles(connection: duckdb.DuckDBPyConnection, table: RawTable, reader: Reader, file: str, is_json: bool) -> dict[str, str]:
    """How a file's columns of numbers are written, where they are not all as computers write them; nothing where they are.

    Only a file whose numbers could not all be read, or can all be meant in two ways, is looked at again.
    """
    numbers = {column.name: column for column in table.columns if is_number(column)}
    texts = {name: reader.values[name][0] for name in numbers if reader.values.get(name, ("", ""))[1] == "VARCHAR"}
    counts = {name for name in texts if numbers[name].kind == "BIGINT"}
    landed = f"from {located(table.table)} where _file = '{quoted(file)}'"
    if not texts:
        return {}
    if not _count(connection, f"select count(*) {landed} and _row_id < 0"):
        if is_json:
            return {}
        between = {name: f'count("{name}") > 0 and bool_and(abs("{name}") >= 1 and abs("{name}") < 1000)' for name in texts}
        doubtful = connection.execute(f"select {', '.join(between.values())} {landed}").fetchall()[0]
        texts = {
            name: text
            for (name, text), is_so in zip(texts.items(), doubtful, strict=True)
            if is_so
            and name not in counts
            and not connection.execute(f"select 1 from {reader.relation} where {is_not_ambiguous(text)} limit 1").fetchall()
        }
        if not texts:
            return {}
    asked = ", ".join(number_styles(texts, counts & set(texts), is_json))
    found = connection.execute(f"select {asked} from {reader.relation}").fetchall()[0]
    return dict(zip(texts, found, strict=True))


def _count(connection: duckdb.DuckDBPyConnection, sql: str, parameters: list[object] | None = None) -> int:
    # All of it is fetched: a result that is not read to its end keeps the connection busy.
    return int(connection.execute(sql, parameters or []).fetchall()[0][0])


def _kept_faults(
    connection: duckdb.DuckDBPyConnection,
    table: RawTable,
    path: Path,
    reader: Reader,
    casts: dict[str, str],
    fault: str,
    file: str,
    torn: Path | None,
) -> tuple[int, int]:
    """Write the file's bad records to raw.rejected_rows with line, column and reason; returns how many, and how many totals.

    All of a file's records may be bad: Python holds nothing of them but their numbers.
    """
    # A record that was parsed is told by its number, one that was not by the byte at which it begins, a torn line by its own.
    connection.execute("""
        create or replace temp table bad_rows (
            place bigint, is_broken boolean, line_count bigint,
            column_name varchar, reason varchar, event_source varchar, event_type varchar, raw_row varchar,
            amount decimal(18, 4), currency varchar
        )
    """)
    if reader.by_lines:
        names = ", ".join(f"'{quoted(name)}'" for name in reader.header.names) if reader.header else "'line'"
        connection.execute(f"""
            insert into bad_rows
            select
                place, true, any_value(length(raw_row) - length(replace(raw_row, e'\\n', '')) + 1),
                [{names}][min(field_number) + 1], min({_CSV_REASON}), null, null, any_value(raw_row), null, null
            from (
                select *, trim(csv_line, e'\\r\\n') as raw_row, try_cast(ltrim(column_name, 'field_') as int) as field_number,
                    line_byte_position - 1 + length(csv_line) - length(ltrim(csv_line, e'\\r\\n')) as place
                from csv_faults
            )
            group by place
        """)
    if torn:
        connection.execute(f"""
            insert into bad_rows
            select -line, true, 1, null, reason, null, null, nullif(text, ''), null, null
            from read_csv(
                '{quoted(str(torn))}', auto_detect = false, header = false, delim = ',', quote = '"', escape = '"',
                max_line_size = {3 * MAX_LINE_BYTES}, columns = {{'line': 'bigint', 'reason': 'varchar', 'text': 'varchar'}}
            )
        """)
    totals = 0
    where = f"_file = '{quoted(file)}' and _row_id < 0"
    if _count(connection, f"select count(*) from {located(table.table)} where {where}"):
        dates = " ".join(f"when '{column.name}' then '{column.dates}'" for column in table.columns if column.dates)
        dated = f"case column_name {dates} end" if dates else "null"
        event_type, event_source = (reader.values.get(name, ("null",))[0] for name in ("event_type", "source"))
        amount, currency = worth_of(table, reader, casts)
        connection.execute(f"""
            insert into bad_rows
            select
                __record__, false, 1, nullif(split_part(fault, '|', 1), '') as column_name, split_part(fault, '|', 2),
                coalesce(event_source, '{table.source}'), coalesce(event_type, {dated}), raw_row, amount, currency
            from (
                select
                    __record__, {fault} as fault, {event_source} as event_source, {event_type} as event_type,
                    {reader.raw_row} as raw_row, {amount} as amount, {currency} as currency
                from {reader.relation}
            )
            where fault is not null
        """)
        totals = len(connection.execute(f"delete from bad_rows where reason = '{TOTAL}' returning 1").fetchall())
    if not _count(connection, "select count(*) from bad_rows"):
        return 0, totals
    suppression.empty_rejected(connection)
    lines = "bad_rows"
    if reader.by_lines:
        _note_lines(connection, path, reader.header)
        lines = "bad_rows left join bad_lines using (place, is_broken)"
    bad = _count(
        connection,
        f"""
            insert into working.raw.rejected_rows by name
            select
                '{table.source}' as source, '{table.name}' as table_name, '{quoted(file)}' as file,
                {"coalesce(line, -place) as line" if reader.by_lines else "place as line"},
                column_name, reason, event_source, event_type, raw_row,
                amount, currency, {is_in_cents(table, reader)} as is_in_cents
            from {lines}
            order by line
        """,
    )
    return bad, totals


def _note_lines(connection: duckdb.DuckDBPyConnection, path: Path, header: Header | None) -> None:
    """Make the table bad_lines: the line of the file on which each of the bad_rows begins that does not know it."""
    sql = "select place, line_count from bad_rows where is_broken = ? and place >= 0 order by place"
    whole, broken = (connection.execute(sql, [is_broken]).df() for is_broken in (False, True))
    places = list(zip(broken["place"].tolist(), broken["line_count"].tolist(), strict=True))
    lines = physical_lines(path, header, whole["place"].tolist(), places)
    numbers = pd.DataFrame(
        {
            "place": [*whole["place"], *broken["place"]],
            "is_broken": [False] * len(lines[0]) + [True] * len(lines[1]),
            "line": [*lines[0], *lines[1]],
        }
    )
    connection.register("numbered", numbers)
    connection.execute("create or replace temp table bad_lines as select * from numbered")
    connection.unregister("numbered")


# SQL for DuckDB's word for a broken row in plain ones.
_CSV_REASON = f"""
    case error_type::varchar
        when 'UNQUOTED VALUE' then '{UNCLOSED}'
        when 'LINE SIZE OVER MAXIMUM' then 'is longer than {MAX_LINE_BYTES // 2**20} MiB'
        else coalesce(
            'has ' || nullif(regexp_extract(error_message, 'Found: ([0-9]+)', 1), '') || ' fields where the header has '
            || nullif(regexp_extract(error_message, 'Columns: ([0-9]+)', 1), ''),
            lower(error_type::varchar)
        )
    end
"""
