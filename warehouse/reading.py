"""How one file is read: a relation with one value per column of the contract, whatever the format and the spelling of its header.

What is done with the rows, and the book-keeping, is landing.py. A reader knows DuckDB and no table by name.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import json
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any, cast

import duckdb

from warehouse.connection import quoted
from warehouse.contract import Column, RawTable, squashed

FORMATS = ("csv", "csv.gz", "tsv", "tsv.gz", "jsonl", "jsonl.gz", "ndjson", "ndjson.gz", "json", "json.gz", "parquet")
MAX_LINE_BYTES = 16 * 2**20
# What DuckDB cannot parse goes into a table of its own, whole.
KEEP_FAULTS = (
    f"max_line_size = {MAX_LINE_BYTES}, store_rejects = true, rejects_limit = 0, "
    f"rejects_line_size_limit = {MAX_LINE_BYTES}, rejects_table = 'csv_faults', rejects_scan = 'csv_scans'"
)
LONG_EXPRESSION = 60  # characters; an element of a list is shorter
HEADER_BYTES = 2**20
SNIFFED_BYTES = 2**16  # enough for the names of two thousand columns

# Byte-order marks, the longest first: UTF-32 begins like UTF-16.
MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


# Python's own reader only looks up the lines of what DuckDB rejected, and must hold as much as DuckDB does.
csv.field_size_limit(2 * MAX_LINE_BYTES)


# What a damaged gzip raises, depending on where it is damaged, and a file that may not be read.
DAMAGED = (EOFError, OSError, zlib.error)

# Python knows no other years, and infinity is no time.
EARLIEST, LATEST = "timestamp '0001-01-01'", "timestamp '9999-12-31 23:59:59.999999'"

# What may stand around a value and is none of it: blanks of all kinds, a byte-order mark in the middle of a file.
BLANKS = " \t\n\v\f\r\u00a0\u200b\ufeff"


class Refusal(Exception):
    """A file that cannot be landed; the message says why and what to do."""


@dataclass(frozen=True)
class Reader:
    """How DuckDB reads one file: a relation with the number of the record as `__record__`, and SQL for the contract's columns.

    `values` maps those columns of the contract that the file can have to (SQL expression, DuckDB type); `attributes` is SQL
    for the rest of the record as a JSON object, `raw_row` for the record as text. `by_lines`: what could not be parsed into
    records stands in the table csv_faults.
    """

    relation: str
    values: dict[str, tuple[str, str]]
    attributes: str
    raw_row: str
    by_lines: bool
    is_record: str = "true"  # false for a record that has no fields at all, such as a line that is no JSON object


def format_of(path: Path) -> str | None:
    """The format a file's name promises, None for one that is not read."""
    return next((kind for kind in sorted(FORMATS, key=len, reverse=True) if path.name.lower().endswith(f".{kind}")), None)


def is_csv(path: Path) -> bool:
    """Whether the file is a table of separated values."""
    return (format_of(path) or "").startswith(("csv", "tsv"))


def scanned(path: Path) -> str:
    """The path as DuckDB's readers take it: the inside of a literal, in which no character stands for others."""
    return quoted(re.sub(r"[\[*?]", r"[\g<0>]", str(path)))


def opened(path: Path) -> IO[bytes]:
    """The file's bytes, unpacked."""
    return cast(IO[bytes], gzip.open(path, "rb")) if path.name.lower().endswith(".gz") else path.open("rb")


def beginning_of(path: Path, byte_count: int) -> bytes:
    """The first bytes of the file, unpacked. Raises Refusal where they cannot be."""
    try:
        with opened(path) as content:
            return content.read(byte_count)
    except DAMAGED as error:
        raise damage(error) from None


def check_whole(path: Path) -> None:
    """Read a packed file to its end, for its checksum. Raises Refusal where it is wrong, which DuckDB does not notice."""
    if path.name.lower().endswith(".gz"):
        try:
            with opened(path) as content:
                while content.read(HEADER_BYTES):
                    pass
        except DAMAGED as error:
            raise damage(error) from None


def damage(error: Exception) -> Refusal:
    """What the bytes of a file being out of reach means."""
    if isinstance(error, PermissionError):
        return Refusal("it may not be read; give the user that runs this leave to read it")
    if isinstance(error, OSError) and not isinstance(error, gzip.BadGzipFile):
        return Refusal(f"it cannot be read ({error.strerror}); copy the file again")
    return Refusal("the gzip stream ends too early or is damaged; export or copy the file again")


def reader_of(connection: duckdb.DuckDBPyConnection, table: RawTable, path: Path) -> Reader | None:
    """The reader for this file, or None for a file without a single byte. Raises Refusal for a header that lacks columns."""
    kind = format_of(path)
    if path.stat().st_size == 0:
        return None
    if is_csv(path):
        reader = _csv_reader(table, path)
    elif kind == "parquet":
        reader = _parquet_reader(connection, table, path)
    else:
        reader = _json_reader(table, path)
    return reader and _with_values_named(reader)


def _with_values_named(reader: Reader) -> Reader:
    """The same reader with each value that is chosen among several places worked out once, beside the record.

    A cast and its fault name a value up to thirty times; planning HubSpot's contacts took 11 s without this (2026-11-22).
    """
    long = {name: value for name, (value, _) in reader.values.items() if len(value) > LONG_EXPRESSION}
    if not long:
        return reader
    named = {name: f"__value_{number}__" for number, name in enumerate(long)}
    columns = ", ".join(f"{value} as {named[name]}" for name, value in long.items())
    values = {name: (named.get(name, value), kind) for name, (value, kind) in reader.values.items()}
    return replace(reader, relation=f"(select *, {columns} from {reader.relation})", values=values)


def has_header(table: RawTable, path: Path) -> bool:
    """Whether a file has every column by which a table is recognised."""
    names = _field_names(path)
    return (
        bool(names)
        and bool(table.header)
        and all(_found(column, names) for column in table.columns if column.name in table.header)
    )


def _field_names(path: Path) -> list[str]:
    """The names of a file's fields as far as its beginning shows them; none for a file that cannot be read."""
    kind = format_of(path)
    try:
        if is_csv(path):
            return csv_header(path, SNIFFED_BYTES)[0]
        if kind == "parquet":
            return duckdb.read_parquet(scanned(path)).columns
        text = beginning_of(path, SNIFFED_BYTES).decode(mark_of(path) or "utf-8-sig", errors="replace")
        record = json.loads(next(iter(text.strip().splitlines()), "").lstrip("[").rstrip(",]"))
    except (Refusal, duckdb.Error, ValueError, RecursionError):
        return []
    return list(record) if isinstance(record, dict) else []


# --- Names


@dataclass(frozen=True)
class Found:
    """Where a file has a column: the name of the field, and the path below it for a nested one."""

    name: str
    path: tuple[str, ...] = ()


def _found(column: Column, names: Sequence[str]) -> list[Found]:
    """Every field of the file that is this column, the best first: by name, by the same name spelt otherwise, within another."""
    by_squashed: dict[str, str] = {}
    for name in names:
        by_squashed.setdefault(squashed(name), name)
    found: list[Found] = []
    for wanted in (column.name, *column.names):
        if wanted in names:
            found.append(Found(wanted))
        elif squashed(wanted) and squashed(wanted) in by_squashed:
            found.append(Found(by_squashed[squashed(wanted)]))
        elif "." in wanted:
            head, *path = wanted.split(".")
            if squashed(head) in by_squashed:
                found.append(Found(by_squashed[squashed(head)], tuple(path)))
    return list(dict.fromkeys(found))


def _spellings(name: str) -> tuple[str, ...]:
    """A JSON key as systems spell it: snake_case, camelCase, PascalCase."""
    first, *rest = name.split("_")
    tail = "".join(part.capitalize() for part in rest)
    return tuple(dict.fromkeys((name, first + tail, first.capitalize() + tail))) if name.islower() else (name,)


def _paths(column: Column, seen: Set[str]) -> list[tuple[str, ...]]:
    """The JSON paths under which a record may have the column; `seen` are keys of the file, in whatever spelling."""
    paths: list[tuple[str, ...]] = []
    for name in (column.name, *column.names):
        paths += [(spelt,) for spelt in _spellings(name)]
        paths += [(key,) for key in sorted(seen) if squashed(key) and squashed(key) == squashed(name)]
        if "." in name:
            paths.append(tuple(name.split(".")))
    return list(dict.fromkeys(paths))


def _first_filled(column: Column, options: Sequence[str]) -> str:
    """SQL for the first filled of several texts; a flag that any of them says is true is true."""
    if len(options) == 1:
        return options[0]
    first = f"coalesce({', '.join(options)})"
    if column.kind != "BOOLEAN":
        return first
    said = " or ".join(f"coalesce(try_cast({option} as boolean), false)" for option in options)
    return f"case when {said} then 'true' else {first} end"


def _json_path(path: Sequence[str]) -> str:
    return "$" + "".join('."' + part.replace('"', '\\"') + '"' for part in path)


def _patch(paths: Sequence[tuple[str, ...]]) -> str:
    """A JSON merge patch that takes these paths away (RFC 7396)."""
    patch: dict[str, Any] = {}
    for path in sorted(paths, key=len, reverse=True):
        inner = patch
        for part in path[:-1]:
            inner = inner.setdefault(part, {})
            if inner is None:
                break
        if inner is not None:
            inner[path[-1]] = None
    return quoted(json.dumps(patch))


def _without_empty(text: str) -> str:
    """SQL for a JSON object as text without the empty objects in it, which a patch leaves behind; NULL when that is all.

    Quotes within a JSON string are escaped, so that no string can hold what is taken away.
    """
    for _ in range(3):  # as deep as paths go
        for pattern in ('"[^"\\\\]*":[{][}],', ',?"[^"\\\\]*":[{][}]'):
            text = f"regexp_replace({text}, '{pattern}', '', 'g')"
    return f"nullif({text}, '{{}}')"


# --- Readers


def trimmed(text: str) -> str:
    """SQL for a text without the blanks around it, NULL where nothing is left.

    Most texts begin and end with something else, and are looked at no further: that halves the time (DuckDB 2.0, 2026-11-23).
    """
    is_bare = f"{text}[1] between '!' and '~' and {text}[-1] between '!' and '~'"
    return f"case when {is_bare} then {text} else nullif(trim({text}, '{BLANKS}'), '') end"


def all_trimmed(texts: str) -> str:
    """SQL for a list of texts, each without the blanks around it."""
    return f"list_transform({texts}, lambda text: {trimmed('text')})"


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


@dataclass
class _Fields:
    """The flat fields of a CSV or Parquet file, and what of the contract they hold."""

    types: dict[str, str]
    values: dict[str, tuple[str, str]] = field(default_factory=dict)
    nested: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)  # (field, path): element i + 1 of its list
    whole: set[str] = field(default_factory=set)

    def flat(self, name: str) -> tuple[str, str]:
        """A field as a value and its type; a text is trimmed and NULL when empty, a structure is JSON."""
        kind = self.types[name]
        if kind == "VARCHAR":
            return trimmed(_name(name)), "VARCHAR"
        if _is_nested(kind):
            return f"(to_json({_name(name)})::varchar)", "VARCHAR"
        return _name(name), kind

    def inner(self, found: Found) -> tuple[str, str]:
        """A value within a field that holds JSON or a structure."""
        place = (found.name, found.path)
        if place not in self.nested:
            self.nested.append(place)
        return f"__inner__[{self.nested.index(place) + 1}]", "VARCHAR"

    def resolve(self, table: RawTable) -> None:
        """Find every column of the table."""
        names = list(self.types)
        for column in table.columns:
            options = []
            for found in _found(column, names):
                if not found.path:
                    self.whole.add(found.name)
                    options.append(self.flat(found.name))
                elif self.types[found.name] in ("VARCHAR", "JSON") or _is_nested(self.types[found.name]):
                    options.append(self.inner(found))
            if len(options) == 1:
                self.values[column.name] = options[0]
            elif len({kind for _, kind in options}) == 1 and column.kind != "BOOLEAN":
                self.values[column.name] = (_first_filled(column, [value for value, _ in options]), options[0][1])
            elif options:
                self.values[column.name] = (_first_filled(column, [f"({value})::varchar" for value, _ in options]), "VARCHAR")

    def object(self, name: str) -> str:
        """A field that holds nested values, as JSON; NULL where it is none."""
        if self.types[name] in ("VARCHAR", "JSON"):
            return f"case when json_valid({_name(name)}) then {_name(name)}::json end"
        return f"to_json({_name(name)})"

    @property
    def rest(self) -> list[str]:
        """The texts that the contract does not know."""
        known = self.whole | {head for head, _ in self.nested}
        return [name for name, kind in self.types.items() if kind == "VARCHAR" and name not in known]

    def relation(self, scan: str) -> str:
        """The scan with the list of nested values and that of unknown texts beside its fields."""
        if self.rest:
            texts = ", ".join(map(_name, self.rest))
            scan = f"(select *, {all_trimmed(f'[{texts}]')} as __rest__ from {scan})"
        if not self.nested:
            return scan
        heads = {name for name, _ in self.nested}
        paths = [f"'{quoted(_json_path(path))}'" for _, path in self.nested]
        if len(heads) == 1:  # one pass over the field for all of its values
            inner = f"json_extract_string({self.object(next(iter(heads)))}, [{', '.join(paths)}])"
        else:
            places = zip(self.nested, paths, strict=True)
            inner = f"[{', '.join(f'json_extract_string({self.object(name)}, {path})' for (name, _), path in places)}]"
        return f"(select *, {all_trimmed(inner)} as __inner__ from {scan})"

    def attributes(self) -> str:
        """The fields the contract does not know, as one JSON object without its NULLs; NULL when there are none."""
        members = []
        rest = {name: place for place, name in enumerate(self.rest, 1)}
        for name, kind in self.types.items():
            paths = [path for head, path in self.nested if head == name]
            if name in self.whole:
                continue
            if paths:
                value = f"json_merge_patch('{{}}', json_merge_patch({self.object(name)}, '{_patch(paths)}'))"
            elif kind == "JSON" or _is_nested(kind):
                value = f"nullif(json_merge_patch('{{}}', to_json({_name(name)}))::varchar, 'null')"
            else:
                value = f"to_json({f'__rest__[{rest[name]}]' if name in rest else _name(name)})"
            members.append(f"'{quoted(json.dumps(name.lower(), ensure_ascii=False))}:' || {value}")
        if not members:
            return "null"
        # json_object and json_merge_patch say the same; with 5,000 columns they took two seconds a row (2026-11-23).
        object_ = f"('{{' || concat_ws(',', {', '.join(members)}) || '}}')"
        return _without_empty(object_) if self.nested else f"nullif({object_}, '{{}}')"

    def raw_row(self) -> str:
        """The record as JSON text."""
        pairs = ", ".join(f"'{quoted(name)}', {_name(name)}" for name in self.types)
        return f"json_object({pairs})::varchar"


def _is_nested(kind: str) -> bool:
    return kind.endswith("]") or kind.startswith(("STRUCT", "MAP"))


def csv_header(path: Path, byte_count: int = HEADER_BYTES) -> tuple[list[str], str]:
    """Field names and delimiter: the one of , ; tab | that cuts the header into the most fields."""
    text = beginning_of(path, byte_count).decode(mark_of(path) or "utf-8-sig", errors="replace")
    names, delimiter = max(((_first_record(text, mark), mark) for mark in ",;\t|"), key=lambda option: len(option[0]))
    if not text.strip(BLANKS):
        return [], delimiter
    if not names:
        raise Refusal("its first line is no header; close the quote that is open, or make the line shorter than 1 MiB")
    return [name.strip(BLANKS) for name in names], delimiter


def _holds_lines(head: bytes) -> bool:
    """Whether a file called JSON has an object on each line, as warehouses export them."""
    first = head.removeprefix(codecs.BOM_UTF8).lstrip().partition(b"\n")[0].strip()
    if not first.startswith(b"{"):
        return False
    try:
        return isinstance(json.loads(first), dict)
    except (ValueError, RecursionError):
        return False


def _blank_lines(path: Path) -> int:
    """How many empty lines stand before the header."""
    head = beginning_of(path, HEADER_BYTES).removeprefix(codecs.BOM_UTF8)
    blank = head[: len(head) - len(head.lstrip(b"\r\n"))].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return len(blank)


def _told_apart(names: list[str]) -> list[str]:
    """The names of a header, a repeated one with its number: DuckDB takes each once."""
    taken = {name.lower() for name in names}
    seen: set[str] = set()
    apart = []
    for place, name in enumerate(names, 1):
        own = name or f"column_{place}"
        number = 2
        while own.lower() in seen or (own != name and own.lower() in taken):
            own, number = f"{name or f'column_{place}'}_{number}", number + 1
        seen.add(own.lower())
        apart.append(own)
    return apart


def _first_record(text: str, delimiter: str) -> list[str]:
    try:
        return next((record for record in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if record), [])
    except csv.Error:
        return []


def _csv_reader(table: RawTable, path: Path) -> Reader | None:
    names, delimiter = csv_header(path)
    if not names:
        return None
    _check_header(table, names)
    names = _told_apart(names)
    columns = ", ".join(f"'{quoted(name)}': 'VARCHAR'" for name in names)
    scan = (
        f"(select row_number() over () as __record__, * from read_csv('{scanned(path)}', auto_detect = false, header = true, "
        f"skip = {_blank_lines(path)}, columns = {{{columns}}}, delim = '{delimiter}', quote = '\"', escape = '\"', "
        f"strict_mode = true, {KEEP_FAULTS}))"
    )
    fields = _Fields(dict.fromkeys(names, "VARCHAR"))
    fields.resolve(table)
    if len(names) == 1:  # or an empty line would be a record
        scan = f"(select * from {scan} where {_name(names[0])} is not null)"
    return Reader(fields.relation(scan), fields.values, fields.attributes(), fields.raw_row(), by_lines=True)


def _parquet_reader(connection: duckdb.DuckDBPyConnection, table: RawTable, path: Path) -> Reader:
    read = f"read_parquet('{scanned(path)}')"
    described = connection.execute(f"describe select * from {read}").fetchall()
    fields = _Fields({row[0]: row[1] for row in described})
    _check_header(table, list(fields.types))
    fields.resolve(table)
    scan = f"(select row_number() over () as __record__, * from {read})"
    if "file_row_number" not in fields.types:  # the number the file itself knows costs less
        numbered = read.replace("')", "', file_row_number = true)")
        scan = f"(select * exclude (file_row_number), file_row_number + 1 as __record__ from {numbered})"
    return Reader(fields.relation(scan), fields.values, fields.attributes(), fields.raw_row(), by_lines=False)


def _json_reader(table: RawTable, path: Path) -> Reader:
    """One JSON object per record. Lines are read as text first, so that a broken line is one rejected row with its number."""
    head = beginning_of(path, HEADER_BYTES)
    is_lines = "jsonl" in path.name.lower() or "ndjson" in path.name.lower() or _holds_lines(head)
    # What a raw connector table wraps every record into.
    inner = (
        "case json_type({0}, '$._airbyte_data') when 'OBJECT' then {0} -> '$._airbyte_data' "
        "when 'VARCHAR' then try_cast({0} ->> '$._airbyte_data' as json) end"
    )
    unwrapped = f"coalesce({inner}, {{0}})" if b'"_airbyte_data"' in head else "{0}"
    if is_lines:
        lines = (
            f"read_csv('{scanned(path)}', auto_detect = false, header = false, columns = {{'line': 'VARCHAR'}}, "
            f"delim = '\x01\x1f\x02\x1e', quote = '', escape = '', {KEEP_FAULTS})"
        )
        objects = (
            f"(select __record__, line, case when json_valid(line) and json_type(line) = 'OBJECT' "
            f"then {unwrapped.format('line::json')} end as object "
            f"from (select row_number() over () as __record__, line from {lines}) where {trimmed('line')} is not null)"
        )
    else:
        is_array = head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[")
        scan = (
            f"read_json_objects('{scanned(path)}', format = '{'array' if is_array else 'unstructured'}', "
            f"maximum_object_size = {MAX_LINE_BYTES})"
        )
        objects = (
            f"(select __record__, json::varchar as line, "
            f"case when json_type(json) = 'OBJECT' then {unwrapped.format('json')} end as object "
            f"from (select row_number() over () as __record__, json from {scan}))"
        )
    seen = {key.decode(errors="replace") for key in re.findall(rb'"([^"\\\\]+)"\s*:', head)}
    places = {column.name: _paths(column, seen) for column in table.columns}
    paths = list(dict.fromkeys(path for found in places.values() for path in found))
    listed = ", ".join(f"'{quoted(_json_path(path))}'" for path in paths)
    values_ = all_trimmed(f"json_extract_string(object, [{listed}])")
    relation = f"(select __record__, line, object, {values_} as _values from {objects})"
    values = {}
    for column in table.columns:
        options = [f"_values[{paths.index(path) + 1}]" for path in places[column.name]]
        values[column.name] = (_first_filled(column, options), "VARCHAR")
    rest = f"json_merge_patch('{{}}', json_merge_patch(object, '{_patch(paths)}'))::varchar"
    attributes = _without_empty(rest) if any(len(path) > 1 for path in paths) else f"nullif({rest}, '{{}}')"
    return Reader(relation, values, attributes, "line", by_lines=is_lines, is_record="object is not null")


def _check_header(table: RawTable, names: list[str]) -> None:
    """Refuse a file without a header, or whose header lacks a required column or has one twice."""
    found = {column.name for column in table.columns if _found(column, names)}
    if not found:
        # Its first line is probably a row, and what a row holds is nobody's business here.
        wanted = ", ".join(column.name for column in table.columns if column.is_required)
        raise Refusal(
            f"none of the {len(names)} fields of its first line is a known column; give it a header with at least {wanted}"
        )
    used = {place.name.lower() for column in table.columns for place in _found(column, names)}
    twice = sorted(name for name, count in Counter(name.lower() for name in names).items() if count > 1 and name in used)
    if twice:
        raise Refusal(f"column {twice[0]} stands twice in the header; rename or drop one")
    missing = [column.name for column in table.columns if column.is_required and column.name not in found]
    has = f"the file has: {', '.join(name or '(unnamed)' for name in names)}"
    if missing:
        raise Refusal(f"column {' and '.join(missing)} is missing ({has}); add it or rename the column that holds it")
    if table.any_of and not set(table.any_of) & found:
        raise Refusal(f"no identifier column ({has}); at least one of {', '.join(table.any_of)} is needed")


# --- Values


def cast_value(column: Column, reader: Reader) -> str:
    """SQL that turns the field into the contract's type, NULL where it cannot."""
    if column.name not in reader.values:
        return f"null::{column.stored_kind}"
    value, kind = reader.values[column.name]
    if column.kind == "JSON":
        return f"case when json_valid(({value})::varchar) then ({value})::varchar end"
    if column.kind == "BIGINT" and kind != "BIGINT":  # a count that passed through a spreadsheet is written 3.0
        exact = f"try_cast({value} as decimal(38, 6))"
        return f"case when {exact} % 1 = 0 then try_cast({exact} as bigint) end"
    if column.kind == "VARCHAR" and kind in ("DOUBLE", "FLOAT"):  # ids that went through a float column: 7.0 is 7
        is_whole = f"{value} = trunc({value}) and abs({value}) < 1e15"
        return f"case when {is_whole} then ({value})::bigint::varchar else ({value})::varchar end"
    if column.kind != "TIMESTAMP":
        return f"try_cast({value} as {column.kind})" if kind != column.kind else value
    if kind.startswith("TIMESTAMP") or kind == "DATE":
        moment = f"({value} at time zone 'UTC')" if kind.startswith("TIMESTAMP WITH TIME ZONE") else f"{value}::timestamp"
        return f"case when {moment} between {EARLIEST} and {LATEST} then {moment} end"
    return _timestamp(value if kind == "VARCHAR" else f"(({value})::varchar)")


def _timestamp(text: str) -> str:
    """SQL for ISO 8601 (a zone is honoured, none means UTC) or an epoch, whose unit its number of digits tells."""
    epoch = (
        f"case when regexp_full_match({text}, '[0-9]{{9,11}}([.][0-9]+)?') then make_timestamp(({text}::double * 1e6)::bigint) "
        f"when regexp_full_match({text}, '[0-9]{{12}}') "
        f"then coalesce(try_strptime({text}, '%Y%m%d%H%M'), make_timestamp({text}::bigint * 1000)) "
        f"when regexp_full_match({text}, '[0-9]{{12,13}}([.][0-9]+)?') "
        f"then make_timestamp(({text}::decimal(38, 6) * 1000)::bigint) "
        f"when regexp_full_match({text}, '[0-9]{{15,16}}') then make_timestamp({text}::bigint) "
        f"when regexp_full_match({text}, '[0-9]{{18,19}}') then make_timestamp(try_cast({text} as bigint) // 1000) "
        f"when regexp_full_match({text}, '[0-9]{{8}}(T?[0-9]{{6}}Z?)?') "
        f"then try_strptime({text}, ['%Y%m%d', '%Y%m%d%H%M%S', '%Y%m%dT%H%M%S', '%Y%m%dT%H%M%SZ']) end"
    )
    # A year of four digits comes first, or 1/5/26 would be in the year 1. A space before the zone is Ruby's.
    spaced = f"regexp_replace({text}, ' ([+-][0-9]{{2}}:?[0-9]{{2}})( UTC)?$', '\\1')"
    zoned = f"coalesce(try_cast({text} as timestamptz), try_cast({spaced} as timestamptz)) at time zone 'UTC'"
    # The plain cast takes a third of the time and does not see zones (DuckDB 2.0): it is for texts that can have none.
    last = f"{text}[-1]"
    is_plain = (
        f"not contains({text}, '+') and not contains(substr({text}, 11), '-') and ({last} between '0' and '9' or {last} = 'Z')"
    )
    # No year 0, and what ends with a bracket is a year before Christ.
    cast_ = f"case when {is_plain} then try_cast({text} as timestamp) when {last} <> ')' then {zoned} end"
    iso = f"case when {text}[5] in ('-', '/') and {text}[1:4] between '0002' and '9999' then {cast_} end"
    return f"coalesce({iso}, {epoch})"


def problem(table: RawTable, reader: Reader, casts: dict[str, str]) -> str:
    """SQL for the first fault of a record as 'column|reason', NULL for a good one. A reason never holds the value itself."""
    kinds = {
        "TIMESTAMP": "is no timestamp; write ISO 8601 or an epoch",
        "BIGINT": "is no whole number",
        "BOOLEAN": "is neither true nor false",
        "JSON": "is no JSON",
    }
    cases = [] if reader.is_record == "true" else [f"when not ({reader.is_record}) then '|is not a JSON object'"]
    for column in table.columns:
        if column.name not in reader.values:
            if column.is_required:
                cases.append(f"when true then '{column.name}|is missing'")
            continue
        value, kind = reader.values[column.name]
        if column.is_required:
            cases.append(f"when {value} is null then '{column.name}|is missing'")
        if column.kind == "TIMESTAMP" or column.kind not in ("VARCHAR", kind):
            reason = kinds.get(column.kind, "is no number with at most 4 decimals and 14 digits before them")
            cases.append(f"when {value} is not null and {casts[column.name]} is null then '{column.name}|{reason}'")
    identifiers = [reader.values[name][0] for name in table.any_of if name in reader.values]
    if identifiers:
        filled = " and ".join(f"{value} is null" for value in identifiers)
        cases.append(f"when {filled} then '|has no identifier; fill at least one of {', '.join(table.any_of)}'")
    return f"(case {' '.join(cases)} end)" if cases else "(null::varchar)"


def worth_of(table: RawTable, reader: Reader) -> tuple[str, str]:
    """SQL for the money that a record brought in and for its currency, NULL where they cannot be told."""
    worth = table.worth
    found = [reader.values[name][0] for name in worth.amounts if name in reader.values] if worth else []
    if not worth or not found:
        return "null", "null"
    amount = f"coalesce({', '.join(f'try_cast({value} as decimal(18, 4))' for value in found)})"
    if worth.only_of:
        column, *names = worth.only_of
        listed = ", ".join(f"'{squashed(name)}'" for name in names)
        kind = reader.values.get(column, ("null",))[0]
        amount = f"case when regexp_replace(lower(({kind})::varchar), '[^a-z0-9]', '', 'g') in ({listed}) then {amount} end"
    if worth.currency.isupper():
        return amount, f"'{worth.currency}'"
    currency = reader.values.get(worth.currency, ("null",))[0]
    return amount, f"case when regexp_full_match({currency}, '[A-Za-z]{{3}}') then upper({currency}) end"


def is_in_cents(table: RawTable, reader: Reader) -> bool:
    """Whether the money of a file is in the smallest unit of its currency."""
    return bool(table.worth and table.worth.in_cents and table.worth.whole_by not in reader.values)


# --- Encodings


def mark_of(path: Path) -> str | None:
    """The encoding that a byte-order mark tells, or zeros at every other byte do, where it is another than UTF-8."""
    if format_of(path) == "parquet":
        return None
    try:
        head = beginning_of(path, 64)
    except Refusal:
        return None
    by_mark = next((name for mark, name in MARKS if head.startswith(mark)), None)
    evens, odds = head[0::2].count(0), head[1::2].count(0)
    if by_mark or len(head) < 8 or bool(evens) == bool(odds):
        return by_mark
    return "utf-16-le" if odds == len(head[1::2]) else "utf-16-be" if evens == len(head[0::2]) else None


def write_plainly(path: Path, copy: Path) -> int:
    """Write the file's text to `copy` as UTF-8 with one kind of line end, unpacked; returns how many lines were not UTF-8 before.

    A byte-order mark is believed for the whole file. Without one each line is taken by itself, as exports of several systems
    that were pasted together need it: UTF-8 where it is valid, else Windows-1252.
    """
    encoding = mark_of(path)
    with opened(path) as source, copy.open("wb") as target:
        if encoding:
            with io.TextIOWrapper(source, encoding=encoding, errors="replace", newline="") as lines:
                return sum(target.write(_plain_end(line.encode())) > 0 for line in lines)
        return sum(_copied(source, target))


def _copied(source: IO[bytes], target: IO[bytes]) -> Iterator[bool]:
    for line in source:
        try:
            line.decode()
            target.write(_plain_end(line))
            yield False
        except UnicodeDecodeError:
            # The five bytes Windows-1252 leaves open are those of Latin-1.
            try:
                text = line.decode("cp1252")
            except UnicodeDecodeError:
                text = "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in line)
            target.write(_plain_end(text.encode()))
            yield True


def _plain_end(line: bytes) -> bytes:
    return line.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in line else line


class _Lines:
    """The lines of a text with the number of those that were taken and of their characters."""

    def __init__(self, text: Iterable[str]) -> None:
        self.text, self.number, self.offset = iter(text), 0, 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self.text)
        self.number += 1
        self.offset += len(line)
        return line


def physical_lines(path: Path, records: Sequence[int], broken: Sequence[tuple[int, int]]) -> tuple[list[int], list[int]]:
    """The lines of a file on which these records begin, and those on which the broken ones do.

    `records` are numbers from 1, ascending, and do not count the broken ones; `broken` has, in order, the byte at which each
    begins and the number of its lines. A quoted value may hold line breaks, and an empty line is no record of several columns.
    """
    found: list[int] = []
    places: list[int] = []
    names, delimiter = csv_header(path) if is_csv(path) else ([], ",")
    begins, number = 1, -1 if names else 0  # the header is number 0
    with opened(path) as binary, io.TextIOWrapper(binary, encoding="latin-1", newline="") as text:  # a character is a byte
        lines = _Lines(text)
        parsed: Iterator[Sequence[str]] = csv.reader(lines, delimiter=delimiter) if names else lines
        try:
            while len(found) < len(records) or len(places) < len(broken):
                begins = lines.number + 1
                if len(places) < len(broken) and lines.offset >= broken[len(places)][0]:
                    for _ in range(broken[len(places)][1]):
                        next(lines)
                    places.append(begins)
                elif next(parsed) or len(names) == 1:
                    number += 1
                    if len(found) < len(records) and number == records[len(found)]:
                        found.append(begins)
        except (StopIteration, csv.Error):  # the last quote is never closed: what follows is in that record
            pass
    return found + [begins] * (len(records) - len(found)), places + [begins] * (len(broken) - len(places))
