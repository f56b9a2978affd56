"""How one file is read: a relation with one value per column of the contract, whatever the format and the spelling of its header.

What is done with the rows, and the book-keeping, is landing.py. A reader knows DuckDB and no table by name.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import duckdb

from warehouse.connection import quoted
from warehouse.contract import Column, RawTable, squashed
from warehouse.landing.lines import (
    BLANKS,
    MAX_LINE_BYTES,
    Header,
    Refusal,
    beginning_in_words,
    beginning_of,
    format_of,
    headers_of,
    is_csv,
)
from warehouse.landing.values import EMPTY, EMPTY_ANYWHERE, all_filled, filled, tidied, trimmed

# What DuckDB cannot parse goes into a table of its own, whole. What a path says is told by partitions_of.
KEEP_FAULTS = (
    f"hive_partitioning = false, max_line_size = {MAX_LINE_BYTES}, store_rejects = true, rejects_limit = 0, "
    f"rejects_line_size_limit = {MAX_LINE_BYTES}, rejects_table = 'csv_faults', rejects_scan = 'csv_scans'"
)
LONG_EXPRESSION = 60  # characters; an element of a list is shorter
HEADER_BYTES = 2**20
SNIFFED_BYTES = 2**16  # enough for the names of two thousand columns

# A row of a report that adds up the others; in a total of a name the name stands behind it.
TOTAL = "adds up other rows"
ADDS_UP = "(?i)^(grand )?(total|gesamt|insgesamt|summe)($|[^a-z])"

# The columns in which connectors and loaders keep a whole record as JSON, where a table has little else.
PAYLOADS = ("_airbyte_data", "_data", "data", "record", "raw_record", "raw_data", "payload", "json", "raw_json")


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
    is_total: str = "false"  # true for a row that adds up others, if it has no day of its own
    header: Header | None = None


def scanned(path: Path) -> str:
    """The path as DuckDB's readers take it: the inside of a literal, in which no character stands for others."""
    return quoted(re.sub(r"[\[*?]", r"[\g<0>]", str(path)))


def reader_of(
    connection: duckdb.DuckDBPyConnection,
    table: RawTable,
    path: Path,
    header: Header | None = None,
    partitions: Mapping[str, str] | None = None,
) -> Reader | None:
    """The reader for this file, or None for a file without a single byte. Raises Refusal for a header that lacks columns.

    `header` is what header_of says of it, or of the file it is a copy of; `partitions` what its path says of all of its rows.
    """
    said = dict(partitions or {})
    if path.stat().st_size == 0 or (is_csv(path) and not header):
        return None
    if header:
        reader = _csv_reader(table, path, header, said)
    elif format_of(path) == "parquet":
        reader = _parquet_reader(connection, table, path, said)
    else:
        reader = _json_reader(table, path, said)
    return _with_values_named(reader)


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
    wanted = [column for column in table.columns if column.name in table.header]
    return bool(wanted) and any(all(_found(column, names) for column in wanted) for names in _field_names(path))


def _field_names(path: Path) -> list[list[str]]:
    """What may be the names of a file's fields as far as its beginning shows them; none for a file that cannot be read."""
    try:
        if is_csv(path):
            return [header.names for header in headers_of(beginning_in_words(path, SNIFFED_BYTES))]
        if format_of(path) == "parquet":
            return [duckdb.read_parquet(scanned(path), hive_partitioning=False).columns]
        text = beginning_in_words(path, SNIFFED_BYTES)
        record = json.loads(next(iter(text.strip().splitlines()), "").lstrip("[").rstrip(",]"))
    except (Refusal, duckdb.Error, ValueError, RecursionError):
        return []
    return [list(record)] if isinstance(record, dict) else []


def header_of(table: RawTable, path: Path, partitions: Mapping[str, str]) -> Header | None:
    """The header of a CSV file: the first of its first lines that has the table's columns; None for a file without any text.

    `partitions` are columns that its path gives.
    Raises Refusal where no line has them, with what the likeliest lacks.
    """
    text = beginning_in_words(path, HEADER_BYTES)
    if not text.strip(BLANKS):
        return None
    options = list(headers_of(text))
    if not options:
        raise Refusal("its first line is no header; close the quote that is open, or make the line shorter than 1 MiB")
    fitting = [one for one in options if not _lack(table, [*one.names, *partitions]) or _payload(one, options)]
    if fitting:
        return min(fitting, key=lambda one: (one.line, -len(one.names)))
    # What is in a row is nobody's business here: a later line must look like a header to be told as one.
    first = max((one for one in options if not one.passed_over), key=lambda one: len(one.names))
    headers = [one for one in options if 2 * len(_known(table, one.names)) > len(one.names) and " ".join(one.names).isprintable()]
    raise Refusal(_lack(table, max([first, *headers], key=lambda one: len(_known(table, one.names))).names))


def _payload(header: Header, options: Sequence[Header]) -> bool:
    """Whether a CSV file with this header, and what stands below it, keeps whole records as JSON in one column."""
    below = [row.names for row in options if row.delimiter == header.delimiter and row.line > header.line]
    places = [place for place, name in enumerate(header.names) if name.lower() in PAYLOADS]
    return any(row[place:] and row[place].startswith("{") for row in below for place in places)


def partitions_of(file: str) -> dict[str, str]:
    """What the folders of a path below the landing folder say of all rows of a file, as Spark writes it: dt=2026-03-01."""
    found = {}
    for part in Path(file).parts[1:-1]:
        name, is_said, value = part.partition("=")
        if is_said and name and value != "__HIVE_DEFAULT_PARTITION__":
            found[unquote(name)] = unquote(value)
    return found


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


@dataclass
class _Fields:
    """The flat fields of a CSV or Parquet file, and what of the contract they hold.

    In SQL they are called by their place: a name that a file gives a column meets none of ours.
    """

    types: dict[str, str]
    nothing: tuple[str, ...] = ()  # what the vendor writes for no value
    values: dict[str, tuple[str, str]] = field(default_factory=dict)
    nested: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)  # (field, path): element i + 1 of its list
    whole: set[str] = field(default_factory=set)

    def place(self, name: str) -> str:
        """What a field is called in SQL."""
        return self.places[name]

    @cached_property
    def places(self) -> dict[str, str]:
        """Field to what it is called in SQL."""
        return {name: f"field_{number}" for number, name in enumerate(self.types)}

    def flat(self, name: str) -> tuple[str, str]:
        """A field as a value and its type; a text is trimmed and NULL when empty, a structure is JSON."""
        kind, place = self.types[name], self.place(name)
        if kind == "VARCHAR":
            return filled(place, (*EMPTY, *self.nothing)), "VARCHAR"
        if kind in ("DOUBLE", "FLOAT"):
            return f"case when not isnan({place}) then {place} end", kind
        if _is_nested(kind):
            return f"(to_json({place})::varchar)", "VARCHAR"
        return place, kind

    def inner(self, found: Found) -> tuple[str, str]:
        """A value within a field that holds JSON or a structure."""
        place = (found.name, found.path)
        if place not in self.nested:
            self.nested.append(place)
        return f"__inner__[{self.nested.index(place) + 1}]", "VARCHAR"

    def resolve(self, table: RawTable) -> None:
        """Find every column of the table."""
        names, self.nothing = list(self.types), table.nothing
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
            return f"case when json_valid({self.place(name)}) then {self.place(name)}::json end"
        return f"to_json({self.place(name)})"

    @property
    def rest(self) -> list[str]:
        """The texts that the contract does not know."""
        known = self.whole | {head for head, _ in self.nested}
        return [name for name, kind in self.types.items() if kind == "VARCHAR" and name not in known]

    def relation(self, scan: str) -> str:
        """The scan with the list of nested values and that of unknown texts beside its fields."""
        if self.rest:
            texts = ", ".join(map(self.place, self.rest))
            scan = f"(select *, {all_filled(f'[{texts}]', EMPTY_ANYWHERE)} as __rest__ from {scan})"
        if not self.nested:
            return scan
        heads = {name for name, _ in self.nested}
        paths = [f"'{quoted(_json_path(path))}'" for _, path in self.nested]
        if len(heads) == 1:  # one pass over the field for all of its values
            inner = f"json_extract_string({self.object(next(iter(heads)))}, [{', '.join(paths)}])"
        else:
            places = zip(self.nested, paths, strict=True)
            inner = f"[{', '.join(f'json_extract_string({self.object(name)}, {path})' for (name, _), path in places)}]"
        return f"(select *, {all_filled(inner)} as __inner__ from {scan})"

    def attributes(self) -> str:
        """The fields the contract does not know, as one JSON object without its NULLs; NULL when there are none."""
        members = []
        rest = {name: place for place, name in enumerate(self.rest, 1)}
        for name, kind in self.types.items():
            paths = [path for head, path in self.nested if head == name]
            if name in self.whole:
                continue
            if paths:
                value = tidied(f"json_merge_patch('{{}}', json_merge_patch({self.object(name)}, '{_patch(paths)}'))::varchar")
            elif kind == "JSON" or _is_nested(kind):
                value = tidied(f"nullif(json_merge_patch('{{}}', to_json({self.place(name)}))::varchar, 'null')")
            elif kind in ("DOUBLE", "FLOAT"):
                value = f"to_json(case when isfinite({self.place(name)}) then {self.place(name)} end)"
            else:
                value = f"to_json({f'__rest__[{rest[name]}]' if name in rest else self.place(name)})"
            members.append(f"'{quoted(json.dumps(name.lower(), ensure_ascii=False))}:' || {value}")
        if not members:
            return "null"
        # json_object and json_merge_patch say the same; with 5,000 columns they took two seconds a row (2026-11-23).
        object_ = f"('{{' || concat_ws(',', {', '.join(members)}) || '}}')"
        return _without_empty(object_) if self.nested else f"nullif({object_}, '{{}}')"

    def is_total(self, table: RawTable) -> str:
        """SQL for a row that names nothing, or is called a total: without a day, it adds up others."""
        if not table.totals:
            return "false"
        named = [self.values[name][0] for name in table.totals[1:] if name in self.values]
        nameless = " and ".join(f"{name} is null" for name in named) or "false"
        return f"(({nameless}) or regexp_matches(coalesce(field_0::varchar, ''), '{ADDS_UP}'))"

    def raw_row(self) -> str:
        """The record as JSON text."""
        pairs = ", ".join(f"'{quoted(name)}', {self.place(name)}" for name in self.types)
        return f"json_object({pairs})::varchar"


def _is_nested(kind: str) -> bool:
    return kind.endswith("]") or kind.startswith(("STRUCT", "MAP"))


def _holds_lines(head: bytes) -> bool:
    """Whether a file called JSON has an object on each line, as warehouses export them."""
    first = head.removeprefix(b"\xef\xbb\xbf").lstrip().partition(b"\n")[0].strip()
    if not first.startswith(b"{"):
        return False
    try:
        return isinstance(json.loads(first), dict)
    except (ValueError, RecursionError):
        return False


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


def _csv_reader(table: RawTable, path: Path, header: Header, partitions: Mapping[str, str]) -> Reader:
    names = _told_apart(header.names)
    fields = _Fields(dict.fromkeys(names, "VARCHAR"))
    columns = ", ".join(f"'{place}': 'VARCHAR'" for place in fields.places.values())
    scan = (
        f"(select row_number() over () as __record__, * from read_csv('{scanned(path)}', auto_detect = false, header = false, "
        f"skip = {header.line}, columns = {{{columns}}}, delim = '{header.delimiter}', quote = '\"', escape = '\"', "
        f"strict_mode = true, {KEEP_FAULTS}))"
    )
    if len(names) == 1:  # or an empty line would be a record
        scan = f"(select * from {scan} where {fields.place(names[0])} is not null)"
    return replace(_flat_reader(table, fields, scan, partitions, beginning_of(path, HEADER_BYTES), by_lines=True), header=header)


def _parquet_reader(connection: duckdb.DuckDBPyConnection, table: RawTable, path: Path, partitions: Mapping[str, str]) -> Reader:
    read = f"read_parquet('{scanned(path)}', hive_partitioning = false)"
    described = connection.execute(f"describe select * from {read}").fetchall()
    fields = _Fields({row[0]: row[1] for row in described})
    number = "row_number() over ()"
    if "file_row_number" not in fields.types:  # the number the file itself knows costs less
        number, read = "file_row_number + 1", read.replace("hive_p", "file_row_number = true, hive_p")
    listed = ", ".join(f'"{name.replace(chr(34), 2 * chr(34))}" as {place}' for name, place in fields.places.items())
    scan = f"(select {number} as __record__, {listed} from {read})"
    payload = next((name for name in fields.types if name.lower() in PAYLOADS), None)
    head = b""
    if payload and _lack(table, [*fields.types, *partitions]):
        some = connection.execute(f"select to_json({fields.place(payload)})::varchar from {scan} limit 100").fetchall()
        head = " ".join(str(row[0]) for row in some).replace('\\"', '"').encode()
    return _flat_reader(table, fields, scan, partitions, head, by_lines=False)


def _flat_reader(
    table: RawTable, fields: _Fields, scan: str, partitions: Mapping[str, str], head: bytes, by_lines: bool
) -> Reader:
    """A reader of fields that stand side by side; of those in which a connector keeps the record as JSON, a reader of that."""
    taken = {name.lower() for name in fields.types}
    said = {name: value for name, value in partitions.items() if name.lower() not in taken}
    names = [*fields.types, *said]
    lack = _lack(table, names)
    payload = next((name for wanted in PAYLOADS for name in fields.types if name.lower() == wanted), None)
    if lack and payload:
        place, kind = fields.place(payload), fields.types[payload]
        text = place if kind == "VARCHAR" else f"to_json({place})::varchar"
        known = [name for name in _known(table, list(fields.types)) if name != payload]
        beside = ", ".join(f"'{quoted(name)}', {fields.place(name)}" for name in known)
        about = f"json_merge_patch(json_object({beside}), {text}::json)" if known else f"{text}::json"
        is_object = f"json_valid({text}) and json_type({text}) = 'OBJECT'"
        objects = f"(select __record__, {text} as line, case when {is_object} then {about} end as object from {scan})"
        return _object_reader(table, objects, head.replace(b'""', b'"'), said, by_lines)
    if lack:
        raise Refusal(lack)
    if said:
        fields = _Fields(fields.types | dict.fromkeys(said, "VARCHAR"))
        constants = ", ".join(f"'{quoted(value)}' as {fields.place(name)}" for name, value in said.items())
        scan = f"(select *, {constants} from {scan})"
    fields.resolve(table)
    return Reader(
        fields.relation(scan), fields.values, fields.attributes(), fields.raw_row(), by_lines, is_total=fields.is_total(table)
    )


def _json_reader(table: RawTable, path: Path, partitions: Mapping[str, str]) -> Reader:
    """One JSON object per record. Lines are read as text first, so that a broken line is one rejected row with its number."""
    head = beginning_of(path, HEADER_BYTES)
    is_lines = holds_lines(path)
    # What a raw connector table wraps every record into; beside it stands when it was fetched.
    fetched = [name for column in table.columns for name in column.names if name.startswith("_airbyte_")]
    about = ", ".join(f"'{name}', {{0}} -> '$.{name}'" for name in fetched)
    inner = (
        "case json_type({0}, '$._airbyte_data') when 'OBJECT' then {0} -> '$._airbyte_data' "
        "when 'VARCHAR' then try_cast({0} ->> '$._airbyte_data' as json) end"
    )
    patched = f"case when {inner} is not null then json_merge_patch(json_object({about}), {inner}) else {{0}} end"
    unwrapped = patched if b'"_airbyte_data"' in head else "{0}"
    if is_lines:
        lines = (
            f"read_csv('{scanned(path)}', auto_detect = false, header = false, columns = {{'line': 'VARCHAR'}}, "
            f"delim = '\x01\x1f\x02\x1e', quote = '', escape = '', {KEEP_FAULTS})"
        )
        whole = f"case when json_valid(line) then line else regexp_replace(line, '{HALVES}', '\\1', 'g') end"
        objects = (
            f"(select __record__, line, case when json_valid(whole) and json_type(whole) = 'OBJECT' "
            f"then {unwrapped.format('whole::json')} end as object "
            f"from (select __record__, line, {whole} as whole "
            f"from (select row_number() over () as __record__, line from {lines}) where {trimmed('line')} is not null))"
        )
    else:
        is_array = head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[")
        scan = (
            f"read_json_objects('{scanned(path)}', format = '{'array' if is_array else 'unstructured'}', "
            f"hive_partitioning = false, maximum_object_size = {MAX_LINE_BYTES})"
        )
        objects = (
            f"(select __record__, json::varchar as line, "
            f"case when json_type(json) = 'OBJECT' then {unwrapped.format('json')} end as object "
            f"from (select row_number() over () as __record__, json from {scan}))"
        )
    return _object_reader(table, objects, head, partitions, is_lines)


def holds_lines(path: Path) -> bool:
    """Whether a file of JSON has an object on each line, as its name says or as warehouses export what they call .json."""
    name = path.name.lower()
    return "jsonl" in name or "ndjson" in name or _holds_lines(beginning_of(path, HEADER_BYTES))


# Of the escapes in JSON, each whole: half of a pair that stands for one character is none, and not valid.
HALVES = r"(\\[^u]|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"


def _object_reader(table: RawTable, objects: str, head: bytes, partitions: Mapping[str, str], by_lines: bool) -> Reader:
    """The reader of a relation of records (`object`), as JSON."""
    object_ = _last_said("object", head)
    if partitions:
        said = quoted(json.dumps(dict(partitions)))
        object_ = f"json_merge_patch('{said}', {object_})"
    objects = f"(select __record__, line, {object_} as object from {objects})"
    seen = {key.decode(errors="replace") for key in re.findall(rb'"([^"\\]+)"\s*:', head)}
    places = {column.name: _paths(column, seen) for column in table.columns}
    paths = list(dict.fromkeys(path for found in places.values() for path in found))
    listed = ", ".join(f"'{quoted(_json_path(path))}'" for path in paths)
    values_ = all_filled(f"json_extract_string(object, [{listed}])")
    relation = f"(select __record__, line, object, {values_} as _values from {objects})"
    values = {}
    for column in table.columns:
        options = [f"_values[{paths.index(path) + 1}]" for path in places[column.name]]
        values[column.name] = (_first_filled(column, options), "VARCHAR")
    rest = tidied(f"json_merge_patch('{{}}', json_merge_patch(object, '{_patch(paths)}'))::varchar")
    attributes = _without_empty(rest) if any(len(path) > 1 for path in paths) else f"nullif({rest}, '{{}}')"
    return Reader(relation, values, attributes, "line", by_lines=by_lines, is_record="object is not null")


USUAL_KEYS = 20  # lists of keys by which most records of a file are known to say each key once


def _last_said(record: str, head: bytes) -> str:
    """SQL for a record in which each key stands once: DuckDB takes the first of two, everybody else the last.

    To tell two equal keys costs a third of landing; most records have the very keys of those at the beginning of the file.
    """
    keys = f"json_keys({record})"
    usual = ", ".join(f"[{', '.join(repr_of(key) for key in one)}]" for one in _key_lists(head))
    number = f"list_filter(range(1, len({keys}) + 1), lambda i: not list_contains({keys}[i + 1:], {keys}[i]))"
    member = f"lambda i: to_json({keys}[i])::varchar || ':' || json_extract({record}, '$.*')[i]::varchar"
    mended = f"('{{' || array_to_string(list_transform({number}, {member}), ',') || '}}')::json"
    is_usual = f"when {keys} in ({usual}) then {record} " if usual else ""
    return f"case {is_usual}when len({keys}) > list_unique({keys}) then {mended} else {record} end"


def repr_of(text: str) -> str:
    """A text as SQL writes it."""
    return f"'{quoted(text)}'"


def _key_lists(head: bytes) -> list[tuple[str, ...]]:
    """The keys of records at the beginning of a file, each list once, of those that have each key once."""
    text, found, place = head.decode(errors="replace"), dict[tuple[str, ...], None](), head.find(b"{")
    decoder = json.JSONDecoder(object_pairs_hook=lambda pairs: tuple(key for key, _ in pairs))
    place = text.find("{")
    try:
        while place >= 0 and len(found) < USUAL_KEYS:
            keys, end = decoder.raw_decode(text, place)
            if keys and len(set(keys)) == len(keys) and not any("\0" in key for key in keys):
                found[keys] = None
            place = text.find("{", end)
    except (ValueError, RecursionError):
        pass
    return list(found)


def _known(table: RawTable, names: Sequence[str]) -> list[str]:
    """Those fields of a file that are columns of the table."""
    return list(dict.fromkeys(place.name for column in table.columns for place in _found(column, names)))


def _lack(table: RawTable, names: Sequence[str]) -> str:
    """Why a table cannot be read from fields of these names, nothing where it can: none is known, one stands twice, one lacks."""
    found = {column.name for column in table.columns if _found(column, names)}
    if not found:
        # Its first line is probably a row, and what a row holds is nobody's business here.
        wanted = ", ".join(column.name for column in table.columns if column.is_required)
        return f"none of the {len(names)} fields of its first line is a known column; give it a header with at least {wanted}"
    used = {name.lower() for name in _known(table, names)}
    twice = sorted(name for name, count in Counter(name.lower() for name in names).items() if count > 1 and name in used)
    if twice:
        return f"column {twice[0]} stands twice in the header; rename or drop one"
    missing = [column.name for column in table.columns if column.is_required and column.name not in found]
    has = f"the file has: {', '.join(name or '(unnamed)' for name in names)}"
    if missing:
        return f"column {' and '.join(missing)} is missing ({has}); add it or rename the column that holds it"
    if table.any_of and not set(table.any_of) & found:
        return f"no identifier column ({has}); at least one of {', '.join(table.any_of)} is needed"
    return ""


# --- Money


def worth_of(table: RawTable, reader: Reader, casts: Mapping[str, str]) -> tuple[str, str]:
    """SQL for the money that a record brought in and for its currency, NULL where they cannot be told."""
    worth = table.worth
    found = [casts[name] for name in worth.amounts if name in reader.values] if worth else []
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
