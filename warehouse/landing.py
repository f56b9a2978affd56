"""Files of a source become raw tables: every row lands or is kept as a rejected row with its reason, once.

Reading, casting to the contract's types and book-keeping belong here; what a row means is SQL, which columns exist contract.py.
The rules: a file that has landed is not landed again; the same bytes under another name add nothing; a file that changed
replaces its own earlier rows; a file that cannot be read at all is refused whole, and the run stops with what to do about it.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, cast

import duckdb
import pandas as pd

from warehouse.connection import PUBLISHED_SCHEMAS, WORKING_SCHEMAS, append, connect, create, located, quoted
from warehouse.contract import RAW_TABLES, SOURCES, WRITTEN_TABLES, Column, RawTable
from warehouse.journey import JOURNEY_TABLES, Journey
from warehouse.settings import Settings, UserError

FORMATS = ("csv", "csv.gz", "jsonl", "jsonl.gz", "json", "parquet")
MAX_LINE_BYTES = 16 * 2**20
HEADER_BYTES = 2**20


@dataclass(frozen=True)
class LandedFile:
    """What became of one file in this run."""

    source: str
    table_name: str
    file: str
    status: str  # landed, empty, duplicate or refused
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


class Refusal(Exception):
    """A file that cannot be landed; the message says why and what to do."""


def land(settings: Settings, journey: Journey, *, now: datetime, requested_as_of: datetime | None = None) -> Landing:
    """Bring the warehouse's raw and journey tables up to date with the landing folder and the journey file.

    `now` (UTC, no zone) becomes `_loaded_at` of what lands. Creates every table of the contract that is missing, so a
    source without files is an empty table. Each file is one transaction: a killed run leaves no half file.
    Raises UserError when no folder of a known source is there, or when the home belongs to another landing folder.
    """
    landing = Landing(warnings=journey.warnings())
    found = list(_discover(settings.landing, landing))
    if _keep_apart(settings, {_stamp(settings.landing, path)[0] for _, path in found}):
        landing.warnings.append("the demo company that lived in this home was dropped to make room for your files")
    with connect(settings) as connection:
        prepare(connection, journey, requested_as_of or settings.requested_as_of)
        connection.execute("delete from working.raw.landed_files where status = 'refused'")
        # Twice: when a file has changed, one that had only repeated it has something to say after all.
        for table, path in found * 2:
            report = _land_file(connection, settings.landing, table, path, now)
            if report:
                landing.files.append(report)
    return landing


def _keep_apart(settings: Settings, found: set[str]) -> bool:
    """See to it that the rows of two companies never meet in one home; returns whether a demo company had to leave.

    The demo leaves for anybody, for it can be made again. A landing folder may move, but one that shares no file with what
    this home holds is another company's.
    """
    if not settings.working_database.is_file():
        return False
    with connect(settings) as connection:
        for written in WRITTEN_TABLES:
            create(connection, written.table, written.columns)
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
    for _ in _discover(settings.landing, landing):
        pass
    return landing


def has_news(settings: Settings) -> bool:
    """Whether the landing folder holds a file that is new, changed, or was refused before; decided by size and time alone."""
    with connect(settings, read_only=True) as connection:
        known = connection.execute(
            "select file, byte_count, modified_at from working.raw.landed_files where status <> 'refused'"
        ).fetchall()
    found = {_stamp(settings.landing, path) for _, path in _discover(settings.landing, Landing())}
    return not found <= set(known)


def prepare(connection: duckdb.DuckDBPyConnection, journey: Journey, requested_as_of: datetime | None = None) -> None:
    """Create what is missing of every raw and written table, and land the definitions of the journey file."""
    for schema in PUBLISHED_SCHEMAS:
        connection.execute(f"create schema if not exists {schema}")
    for schema in WORKING_SCHEMAS:
        connection.execute(f"create schema if not exists working.{schema}")
    for raw in RAW_TABLES:
        create(connection, raw.table, raw.ddl)
    for written in WRITTEN_TABLES:
        create(connection, written.table, written.columns)
    rows = journey.tables()
    rows["settings"][0]["requested_as_of"] = requested_as_of
    connection.execute("begin")
    for name, columns in JOURNEY_TABLES.items():
        table = f"journey.{name}"
        create(connection, table, columns)
        connection.execute(f"delete from {table}")
        if rows[name]:
            marks = ", ".join("?" for _ in columns)
            connection.executemany(f"insert into {table} values ({marks})", [list(row.values()) for row in rows[name]])
    connection.execute("commit")


def _discover(folder: Path, landing: Landing) -> Iterator[tuple[RawTable, Path]]:
    """The files of the landing folder with the raw table each belongs to; the rest is warned of by name."""
    sources = sorted(child for child in folder.iterdir() if child.is_dir() and not child.name.startswith("."))
    known = [child for child in sources if child.name in SOURCES]
    for child in sources:
        if child.name not in SOURCES:
            landing.warnings.append(f"folder {child.name} is no known source and was left alone; known: {', '.join(SOURCES)}")
    for child in sorted(folder.iterdir()):
        if child.is_file() and not child.name.startswith("."):
            landing.warnings.append(f"file {child.name} lies outside of any source's folder and was left alone")
    if not known:
        raise UserError(
            f"The landing folder {folder} has no folder of a known source. Put the exports into sub-folders named after "
            f"their source ({', '.join(SOURCES)}), for example {folder / 'events' / 'web.csv'}."
        )
    for source in known:
        tables = [table for table in RAW_TABLES if table.source == source.name]
        for path in sorted(path for path in source.rglob("*") if path.is_file()):
            if path.name.startswith(".") or path.suffix in (".tmp", ".part"):
                continue
            stem = path.name.split(".")[0]
            table = next((one for one in tables if stem in one.stems or "*" in one.stems), None)
            if table is None:
                names = ", ".join(one.name for one in tables)
                landing.warnings.append(f"file {source.name}/{path.name} is no known table and was left alone; known: {names}")
            elif _format(path) is None:
                landing.warnings.append(
                    f"file {source.name}/{path.name} has no known format and was left alone; known: {', '.join(FORMATS)}"
                )
            else:
                yield table, path


def _format(path: Path) -> str | None:
    return next((kind for kind in sorted(FORMATS, key=len, reverse=True) if path.name.lower().endswith(f".{kind}")), None)


def _land_file(
    connection: duckdb.DuckDBPyConnection, folder: Path, table: RawTable, path: Path, now: datetime
) -> LandedFile | None:
    """Land one file in one transaction; None when it has landed before and has not changed."""
    file, byte_count, modified_at = _stamp(folder, path)
    entry = connection.execute(
        "select file_fingerprint, byte_count, modified_at from working.raw.landed_files where file = ?", [file]
    ).fetchone()
    if entry and entry[1:] == (byte_count, modified_at):
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
    connection.execute("begin")
    try:
        _forget(connection, table, file)
        if twin and byte_count:
            note = f"the same bytes as {twin[0]}; adds nothing"
            report = LandedFile(table.source, table.name, file, "duplicate", note=note)
        else:
            report = _read_into(connection, table, path, file, now)
    except (Refusal, duckdb.Error) as error:
        connection.execute("rollback")
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
    }
    append(connection, "raw.landed_files", pd.DataFrame([entry_of_file]))
    connection.execute("commit")
    return report


def _stamp(folder: Path, path: Path) -> tuple[str, int, datetime]:
    """The file's path below the landing folder, its size in bytes and its time of change in UTC."""
    stat = path.stat()
    return (
        path.relative_to(folder).as_posix(),
        stat.st_size,
        datetime.fromtimestamp(stat.st_mtime, UTC).replace(tzinfo=None),
    )


def _forget(connection: duckdb.DuckDBPyConnection, table: RawTable, file: str) -> None:
    connection.execute(f"delete from {located(table.table)} where _file = ?", [file])
    connection.execute("delete from working.raw.rejected_rows where file = ?", [file])


def _fingerprint(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _why_unreadable(error: Exception) -> str:
    text = str(error)
    if isinstance(error, Refusal):
        return text
    if "GZIP" in text.upper():
        return "the gzip stream ends too early or is damaged; export or copy the file again"
    if "parquet" in text.lower() or "magic bytes" in text.lower():
        return "this is no complete Parquet file; export or copy it again"
    return f"not readable: {text.splitlines()[0]}"


@dataclass(frozen=True)
class Reader:
    """How DuckDB reads one file: a relation with a column `record` and one column or JSON path per field.

    `fields` maps the file's field names to (SQL expression, DuckDB type). `raw_row` is SQL that gives a record back as text.
    """

    relation: str
    fields: dict[str, tuple[str, str]]
    attributes: str
    raw_row: str
    has_header: bool
    is_record: str = "true"  # false for a record that has no fields at all, such as a line that is no JSON object


def _read_into(connection: duckdb.DuckDBPyConnection, table: RawTable, path: Path, file: str, now: datetime) -> LandedFile:
    """Insert the file's good records, keep its bad ones as rejected rows, and count both.

    The file is read once: bad records go in with a negative number, which a file without any never pays for.
    """
    connection.execute("drop table if exists csv_faults")
    connection.execute("drop table if exists csv_scans")
    reader = _reader(connection, table, path)
    if reader is None:
        return LandedFile(table.source, table.name, file, "empty", note="the file is empty, it has not even a header")
    casts = {column.name: _cast(column, reader) for column in table.columns}
    problem = _problem(table, reader, casts)
    values = ", ".join(f'{cast} as "{name}"' for name, cast in casts.items())
    connection.execute(
        f"insert into {located(table.table)} by name "
        f"select {values}, {reader.attributes} as attributes, ? as _file, "
        f"case when {problem} is null then record else -record end as _row_id, ? as _loaded_at from {reader.relation}",
        [file, now],
    )
    bad = _kept_faults(connection, table, path, reader, problem, file)
    good = _count(connection, f"select count(*) from {located(table.table)} where _file = ? and _row_id > 0", [file])
    connection.execute(f"delete from {located(table.table)} where _file = ? and _row_id < 0", [file])
    if bad and not good:
        first = connection.execute(
            "select line, column_name, reason from working.raw.rejected_rows where file = ? order by line limit 1",
            [file],
        ).fetchone()
        assert first is not None
        raise Refusal(f"none of its {bad} rows can be used; the first, line {first[0]}: {first[1] or 'row'} {first[2]}")
    note = f"{bad} row(s) rejected" if bad else ("no rows" if not good else "")
    return LandedFile(table.source, table.name, file, "landed" if good else "empty", good, bad, note)


def _count(connection: duckdb.DuckDBPyConnection, sql: str, parameters: list[object] | None = None) -> int:
    # All of it is fetched: a result that is not read to its end keeps the connection busy.
    return int(connection.execute(sql, parameters or []).fetchall()[0][0])


def _kept_faults(
    connection: duckdb.DuckDBPyConnection, table: RawTable, path: Path, reader: Reader, problem: str, file: str
) -> int:
    """Write the file's bad records to raw.rejected_rows with line, column and reason; returns how many."""
    faults: list[dict[str, object]] = []
    broken: list[int] = []
    if reader.has_header:
        rows = connection.execute(
            "select line, min(error_type), min(column_name), any_value(csv_line), min(error_message) "
            "from csv_faults group by line order by line"
        ).fetchall()
        broken = [line for line, *_ in rows]
        faults = [
            {"line": line, "column_name": column, "reason": _csv_reason(kind, text), "raw_row": raw}
            for line, kind, column, raw, text in rows
        ]
    where = f"_file = '{quoted(file)}' and _row_id < 0"
    if _count(connection, f"select count(*) from {located(table.table)} where {where}"):
        dated = {column.name: column.dates for column in table.columns}
        event_type, event_source = (reader.fields.get(name, ("null",))[0] for name in ("event_type", "source"))
        rows = connection.execute(
            f"select record, {problem} as fault, {event_type}, {event_source}, {reader.raw_row} from {reader.relation} "
            f"where {problem} is not null order by record"
        ).fetchall()
        for record, fault, kind, source, raw in rows:
            column, _, reason = fault.partition("|")
            faults.append(
                {
                    "line": _line_of(record, broken) if reader.has_header else record,
                    "column_name": column or None,
                    "reason": reason,
                    "event_source": source or table.source,
                    "event_type": kind or dated.get(column),
                    "raw_row": raw,
                }
            )
    if not faults:
        return 0
    frame = pd.DataFrame(faults).assign(source=table.source, table_name=table.name, file=file)
    if reader.has_header:
        frame["line"] = frame["line"].map(_physical_lines(path, set(frame["line"])))
    return append(connection, "raw.rejected_rows", frame.sort_values("line"))


def _line_of(record: int, broken: list[int]) -> int:
    """The record's place in the file: after the header, and after the records that could not be parsed and so have no number."""
    line = record + 1
    for other in broken:
        line += other <= line
    return line


def _csv_reason(kind: str, message: str) -> str:
    """DuckDB's word for a broken CSV row, in plain ones."""
    expected, found = ([part for part in message.replace(":", " ").split() if part.isdigit()] + ["?", "?"])[:2]
    return {
        "TOO MANY COLUMNS": f"has {found} fields where the header has {expected}",
        "MISSING COLUMNS": f"has {found} fields where the header has {expected}",
        "INVALID ENCODING": "holds bytes that are not UTF-8",
        "UNQUOTED VALUE": "has an opening quote without its closing one",
        "LINE SIZE OVER MAXIMUM": f"is longer than {MAX_LINE_BYTES // 2**20} MiB",
    }.get(kind, kind.lower())


def _physical_lines(path: Path, records: set[int]) -> dict[int, int]:
    """The line of the file on which each of these records begins (a quoted value may hold line breaks)."""
    found: dict[int, int] = {}
    last = max(records)
    with _opened(path) as binary, io.TextIOWrapper(binary, encoding="utf-8-sig", errors="replace", newline="") as text:
        reader = csv.reader(text, delimiter=_csv_header(path)[1])
        begins = 1
        for number, _ in enumerate(reader, 1):
            if number in records:
                found[number] = begins
            if number >= last:
                break
            begins = reader.line_num + 1
    return found


def _opened(path: Path) -> IO[bytes]:
    return cast(IO[bytes], gzip.open(path, "rb")) if path.name.lower().endswith(".gz") else path.open("rb")


def _reader(connection: duckdb.DuckDBPyConnection, table: RawTable, path: Path) -> Reader | None:
    """The reader for this file, or None for a file without a single byte. Raises Refusal for a header that lacks columns."""
    kind = _format(path)
    if path.stat().st_size == 0:
        return None
    if kind in ("csv", "csv.gz"):
        return _csv_reader(table, path)
    if kind == "parquet":
        return _parquet_reader(connection, table, path)
    return _json_reader(table, path, is_lines=kind in ("jsonl", "jsonl.gz"))


def _csv_header(path: Path) -> tuple[list[str], str]:
    """Field names and delimiter: the one of , ; tab | that cuts the header into the most fields."""
    try:
        with _opened(path) as content:
            head = content.read(HEADER_BYTES).decode("utf-8-sig", errors="replace")
    except (EOFError, OSError) as error:
        raise Refusal(f"the gzip stream ends too early or is damaged; export or copy the file again ({error})") from None
    options = [(next(csv.reader(io.StringIO(head), delimiter=mark), []), mark) for mark in ",;\t|"]
    names, delimiter = max(options, key=lambda option: len(option[0]))
    return [name.strip() for name in names], delimiter


def _csv_reader(table: RawTable, path: Path) -> Reader | None:
    names, delimiter = _csv_header(path)
    if not names:
        return None
    _check_header(table, names)
    columns = ", ".join(f"'{quoted(name)}': 'VARCHAR'" for name in names)
    relation = (
        f"(select row_number() over () as record, * from read_csv('{quoted(path)}', auto_detect = false, header = true, "
        f"columns = {{{columns}}}, delim = '{delimiter}', quote = '\"', escape = '\"', strict_mode = true, "
        f"max_line_size = {MAX_LINE_BYTES}, store_rejects = true, rejects_limit = 0, "
        "rejects_table = 'csv_faults', rejects_scan = 'csv_scans'))"
    )
    fields = {name.lower(): (f"nullif(trim({_name(name)}), '')", "VARCHAR") for name in names}
    every = ", ".join(f"'{quoted(name)}', {_name(name)}" for name in names)
    return Reader(relation, fields, _extra(table, fields), f"json_object({every})::varchar", has_header=True)


def _parquet_reader(connection: duckdb.DuckDBPyConnection, table: RawTable, path: Path) -> Reader:
    scan = f"read_parquet('{quoted(path)}', file_row_number = true)"
    described = connection.execute(f"describe select * from {scan}").fetchall()
    types = {row[0]: row[1] for row in described if row[0] != "file_row_number"}
    _check_header(table, list(types))
    fields = {
        name.lower(): (f"nullif(trim({_name(name)}), '')" if kind == "VARCHAR" else _name(name), kind)
        for name, kind in types.items()
    }
    every = ", ".join(f"'{quoted(name)}', {_name(name)}" for name in types)
    relation = f"(select file_row_number + 1 as record, * from {scan})"
    return Reader(relation, fields, _extra(table, fields), f"json_object({every})::varchar", has_header=False)


def _json_reader(table: RawTable, path: Path, *, is_lines: bool) -> Reader:
    """One JSON object per record. Lines are read as text first, so that a broken line is one rejected row with its number."""
    if is_lines:
        lines = (
            f"read_csv('{quoted(path)}', auto_detect = false, header = false, columns = {{'line': 'VARCHAR'}}, "
            f"delim = '\x01', quote = '', escape = '', max_line_size = {MAX_LINE_BYTES})"
        )
        relation = (
            "(select record, line, case when json_valid(line) and json_type(line) = 'OBJECT' then line::json end as object "
            f"from (select row_number() over () as record, line from {lines}) where trim(line) <> '')"
        )
    else:
        with path.open("rb") as content:
            is_array = content.read(HEADER_BYTES).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[")
        objects = (
            f"read_json_objects('{quoted(path)}', format = '{'array' if is_array else 'unstructured'}', "
            f"maximum_object_size = {MAX_LINE_BYTES})"
        )
        relation = (
            "(select record, json::varchar as line, case when json_type(json) = 'OBJECT' then json end as object "
            f"from (select row_number() over () as record, json from {objects}))"
        )
    fields = {column.name: (f"nullif(trim(object ->> '$.\"{column.name}\"'), '')", "VARCHAR") for column in table.columns}
    known = "{" + ", ".join(f'"{column.name}": null' for column in table.columns) + "}"
    attributes = f"nullif(json_merge_patch('{{}}', json_merge_patch(object, '{known}'))::varchar, '{{}}')"
    return Reader(relation, fields, attributes, "line", has_header=False, is_record="object is not null")


def _check_header(table: RawTable, names: list[str]) -> None:
    """Refuse a file without a header, or whose header lacks a required column or has one twice."""
    lowered = [name.lower() for name in names]
    if not {column.name for column in table.columns} & set(lowered):
        # Its first line is probably a row, and what a row holds is nobody's business here.
        wanted = ", ".join(column.name for column in table.columns if column.is_required)
        raise Refusal(
            f"none of the {len(names)} fields of its first line is a known column; give it a header with at least {wanted}"
        )
    twice = sorted({name for name in lowered if lowered.count(name) > 1})
    if twice:
        raise Refusal(f"column {twice[0]} stands twice in the header; rename or drop one")
    missing = [column.name for column in table.columns if column.is_required and column.name not in lowered]
    has = f"the file has: {', '.join(name or '(unnamed)' for name in names)}"
    if missing:
        raise Refusal(f"column {' and '.join(missing)} is missing ({has}); add it or rename the column that holds it")
    if table.any_of and not set(table.any_of) & set(lowered):
        raise Refusal(f"no identifier column ({has}); at least one of {', '.join(table.any_of)} is needed")


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _extra(table: RawTable, fields: dict[str, tuple[str, str]]) -> str:
    """The fields the contract does not know, as one JSON object without its NULLs; NULL when there are none."""
    known = {column.name for column in table.columns}
    pairs = ", ".join(f"'{quoted(name)}', {value}" for name, (value, _) in fields.items() if name not in known)
    return f"nullif(json_merge_patch('{{}}', json_object({pairs}))::varchar, '{{}}')" if pairs else "null"


def _cast(column: Column, reader: Reader) -> str:
    """SQL that turns the field into the contract's type, NULL where it cannot."""
    if column.name not in reader.fields:
        return f"null::{column.kind}"
    value, kind = reader.fields[column.name]
    if column.kind != "TIMESTAMP":
        return f"try_cast({value} as {column.kind})" if kind != column.kind else value
    if kind.startswith("TIMESTAMP WITH TIME ZONE"):
        return f"({value} at time zone 'UTC')"
    if kind.startswith("TIMESTAMP") or kind == "DATE":
        return f"{value}::timestamp"
    return _timestamp(value if kind == "VARCHAR" else f"{value}::varchar")


def _timestamp(text: str) -> str:
    """SQL for ISO 8601 (a zone is honoured, none means UTC) or an epoch, whose unit its number of digits tells."""
    epoch = (
        f"case when regexp_full_match({text}, '[0-9]{{9,11}}([.][0-9]+)?') then make_timestamp(({text}::double * 1e6)::bigint) "
        f"when regexp_full_match({text}, '[0-9]{{12,14}}') then make_timestamp({text}::bigint * 1000) "
        f"when regexp_full_match({text}, '[0-9]{{15,16}}') then make_timestamp({text}::bigint) "
        f"when regexp_full_match({text}, '[0-9]{{18,19}}') then make_timestamp({text}::bigint // 1000) "
        f"when regexp_full_match({text}, '[0-9]{{8}}(T[0-9]{{6}}Z?)?') "
        f"then try_strptime({text}, ['%Y%m%d', '%Y%m%dT%H%M%S', '%Y%m%dT%H%M%SZ']) end"
    )
    iso = f"case when {text} similar to '[0-9].*' then try_cast({text} as timestamptz) at time zone 'UTC' end"
    return f"coalesce({iso}, {epoch})"


def _problem(table: RawTable, reader: Reader, casts: dict[str, str]) -> str:
    """SQL for the first fault of a record as 'column|reason', NULL for a good one. A reason never holds the value itself."""
    kinds = {
        "TIMESTAMP": "is no timestamp; write ISO 8601 or an epoch",
        "INTEGER": "is no whole number",
        "BOOLEAN": "is neither true nor false",
    }
    cases = [] if reader.is_record == "true" else [f"when not ({reader.is_record}) then '|is not a JSON object'"]
    for column in table.columns:
        if column.name not in reader.fields:
            if column.is_required:
                cases.append(f"when true then '{column.name}|is missing'")
            continue
        value, kind = reader.fields[column.name]
        if column.is_required:
            cases.append(f"when {value} is null then '{column.name}|is missing'")
        if column.kind != "VARCHAR" and kind != column.kind:
            reason = kinds.get(column.kind, "is no number with at most 4 decimals and 14 digits before them")
            cases.append(f"when {value} is not null and {casts[column.name]} is null then '{column.name}|{reason}'")
    identifiers = [reader.fields[name][0] for name in table.any_of if name in reader.fields]
    if identifiers:
        filled = " and ".join(f"{value} is null" for value in identifiers)
        cases.append(f"when {filled} then '|has no identifier; fill at least one of {', '.join(table.any_of)}'")
    return f"(case {' '.join(cases)} end)" if cases else "(null::varchar)"
