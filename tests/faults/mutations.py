"""The rules by which valid files become malformed ones. Everything that is drawn is drawn with a seed."""

from __future__ import annotations

import gzip
import io
import json
import os
import random
import zipfile
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

import duckdb

from tests.faults.files import (
    BASES,
    CHARGES,
    FORMATS,
    LOG,
    ROWS,
    SEED,
    TEXTS,
    TICKETS,
    Base,
    Mutation,
    Outcome,
    as_array,
    as_csv,
    as_lines,
    as_parquet,
    as_query,
    mark,
    names_of,
    packed,
    written,
)

Content = Callable[[], bytes] | bytes
DAMAGED_GZIP = "gzip stream ends too early or is damaged"
NO_JSON = "not readable as JSON from object"
NO_PARQUET = "no complete Parquet file"
STAMP = "is no timestamp"
GREETING = "Grüße"


def mutation(base: Base, rule: str, kind: str, content: Content, rows: int = ROWS, **expected: Any) -> Mutation:
    """A mutation; its bytes are made when they are asked for."""
    return Mutation(base, rule, kind, (lambda: content) if isinstance(content, bytes) else content, rows, **expected)


def drawn(*seed: object) -> random.Random:
    """A source of chance that is the same in every process."""
    return random.Random("/".join(map(str, (SEED, *seed))))


def valid() -> Iterator[Mutation]:
    """Nothing is wrong: what all others are compared with."""
    for base in BASES:
        for kind in FORMATS:
            yield mutation(base, "untouched", kind, partial(base.bytes, kind))


# --- Bytes


def cut() -> Iterator[Mutation]:
    """A transfer that ended too early."""
    for base in BASES:
        for kind in FORMATS:
            whole = base.bytes(kind)
            for tenths in (3, 6, 9):
                content, rule = whole[: len(whole) * tenths // 10 + 1], f"cut after {tenths} tenths"
                if kind == "csv":
                    header = whole.index(b"\n") + 1
                    rows = max(0, content[header:].rstrip(b"\n").count(b"\n") + 1)
                    yield mutation(base, rule, kind, content, rows, rejected=None, changed=("*",))
                elif kind == "jsonl":
                    yield mutation(base, rule, kind, content, content.count(b"\n") + 1, rejected=1, told="is not a JSON object")
                else:
                    told = {"json": NO_JSON, "parquet": NO_PARQUET}.get(kind, DAMAGED_GZIP)
                    yield mutation(base, rule, kind, content, outcome="refused", told=told)


def flipped() -> Iterator[Mutation]:
    """One byte of the middle became another."""
    for base in (LOG, CHARGES):
        for kind in ("csv", "jsonl", "json"):
            content = base.bytes(kind).replace(mark(7).encode(), b"row-\xff007")
            yield mutation(base, "a byte of a text flipped", kind, content, told="1 line.s. were not UTF-8")
        for kind in ("csv.gz", "jsonl.gz"):
            whole = base.bytes(kind)
            # The header of ten bytes tells nothing that is needed; its first three do.
            for place in (1, len(whole) // 4, len(whole) // 2, len(whole) - 30, len(whole) - 7, len(whole) - 3):
                content = whole[:place] + bytes([whole[place] ^ 0x15]) + whole[place + 1 :]
                yield mutation(base, f"byte {place} flipped", kind, content, outcome="refused", told=DAMAGED_GZIP)
        whole = base.bytes("parquet")
        for place in (0, len(whole) - 2, len(whole) - 6, *sorted(drawn(base.stem).sample(range(4, len(whole) - 8), 8))):
            content = whole[:place] + bytes([whole[place] ^ 0x15]) + whole[place + 1 :]
            rule = f"byte {place} flipped"
            yield mutation(base, rule, "parquet", content, outcome="landed or refused", rejected=None, changed=("*",))


def encoded() -> Iterator[Mutation]:
    """The same text in another encoding."""
    for base in (LOG, TICKETS):
        for kind in TEXTS:
            records = [{**record, "greeting": GREETING} for record in base.records]
            text = written(records, kind).decode().replace(json.dumps(GREETING)[1:-1], GREETING)
            for encoding in ("utf-8-sig", "utf-16", "utf-16-be", "utf-16-le", "utf-32", "cp1252", "mac-roman"):
                told = {"utf-16": "read as utf-16", "utf-32": "read as utf-32", "cp1252": "Windows-1252"}.get(encoding, "")
                content = text.encode(encoding)
                yield mutation(base, f"written as {encoding}", kind, content, told=told)
            yield mutation(base, "a mark of UTF-16 before UTF-8", kind, b"\xff\xfe" + text.encode(), outcome="refused")


def with_nul() -> Iterator[Mutation]:
    """Zero bytes, as a crash leaves them in files."""
    for base in (LOG, CHARGES):
        for kind in TEXTS:
            whole = base.bytes(kind)
            inside = whole.replace(mark(3).encode(), mark(3).encode() + b"\0")
            at_end = whole + b"\0" * 4096
            if kind == "csv":
                yield mutation(base, "a zero byte in a text", kind, inside)
                yield mutation(base, "zero bytes at the end", kind, at_end, ROWS + 1, rejected=1)
                yield mutation(base, "a zero byte in the header", kind, whole.replace(b"mark", b"ma\0rk", 1))
            elif kind == "jsonl":
                yield mutation(base, "a zero byte in a text", kind, inside, rejected=1)
                yield mutation(base, "zero bytes at the end", kind, at_end, ROWS + 1, rejected=1)
            else:
                yield mutation(base, "a zero byte in a text", kind, inside, outcome="refused", told=NO_JSON)
                yield mutation(base, "zero bytes at the end", kind, at_end, outcome="refused", told=NO_JSON)
            yield mutation(base, "nothing but zero bytes", kind, b"\0" * 5000, outcome="refused")


def gzipped() -> Iterator[Mutation]:
    """What is called .gz and is none, or not only one."""
    for kind in ("csv.gz", "jsonl.gz", "json.gz"):
        plain = LOG.bytes(kind.removesuffix(".gz"))
        whole = packed(plain)
        yield mutation(LOG, "a wrong checksum", kind, whole[:-8] + b"\1\2\3\4" + whole[-4:], outcome="refused", told=DAMAGED_GZIP)
        yield mutation(LOG, "a wrong length", kind, whole[:-4] + b"\1\2\3\4", outcome="refused", told=DAMAGED_GZIP)
        yield mutation(LOG, "trailing garbage", kind, whole + b"garbage" * 9, outcome="refused", told=DAMAGED_GZIP)
        yield mutation(LOG, "trailing zero bytes", kind, whole + b"\0" * 512)
        yield mutation(LOG, "no gzip at all", kind, b"\n" + plain, outcome="refused", told=DAMAGED_GZIP)
        yield mutation(LOG, "packed twice", kind, packed(whole), outcome="refused")
        yield mutation(LOG, "a gzip of nothing", kind, gzip.compress(b"", mtime=len(kind)), 0, outcome="empty")
        yield mutation(LOG, "no bytes", kind, b"", 0, outcome="empty")
        half = plain.index(b"\n", len(plain) // 2) + 1 if kind != "json.gz" else len(plain) // 2
        yield mutation(LOG, "two gzips in one", kind, packed(plain[:half]) + packed(plain[half:]))


def disguised() -> Iterator[Mutation]:
    """Another format than the name says."""
    box = io.BytesIO()
    with zipfile.ZipFile(box, "w") as archive:
        archive.writestr(zipfile.ZipInfo("xl/workbook.xml"), "<workbook/>")
    page = b"<!DOCTYPE html>\n<html><head><title>Sign in, please</title></head>\n<body>Session expired</body></html>\n"
    contents = {
        "a workbook": box.getvalue(),
        "a web page": page,
        "a PDF": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\n",
        "an error of an API": b'{"error": {"code": 401, "message": "Unauthorized"}}\n',
        "chance": drawn("chance").randbytes(3000),
    }
    for name, content in contents.items():
        for kind in ("csv", "jsonl", "json", "parquet", "csv.gz"):
            yield mutation(LOG, f"{name} by name {kind}", kind, content, outcome="refused")
    for inside in ("csv", "jsonl", "json", "parquet"):
        for kind in ("csv", "jsonl", "json", "parquet"):
            if {inside, kind} not in ({inside}, {"jsonl", "json"}):
                rule = f"{inside} by name {kind}"
                yield mutation(LOG, rule, kind, partial(LOG.bytes, inside), outcome="refused")
    yield mutation(LOG, "lines by name json", "json", b"\n\n" + LOG.bytes("jsonl"))
    yield mutation(LOG, "an array on one line by name jsonl", "jsonl", partial(LOG.bytes, "json"), outcome="refused")


def bare() -> Iterator[Mutation]:
    """Files with nothing in them."""
    for base in (LOG, CHARGES):
        for number, kind in enumerate(TEXTS, 1):
            yield mutation(base, "no bytes", kind, b"", 0, outcome="empty")
            for what, content in {
                "blank lines": b"\n\r\n\n",
                "a byte-order mark": b"\xef\xbb\xbf",
                "blanks": b"  \n \t\n",
            }.items():
                # The same bytes would be told as such.
                yield mutation(base, f"only {what}", kind, content + b"\n" * number, 0, outcome="empty")
        yield mutation(base, "only a header", "csv", base.bytes("csv").partition(b"\n")[0] + b"\n", 0, outcome="empty")
        yield mutation(base, "only a header without its end", "csv", base.bytes("csv").partition(b"\n")[0], 0, outcome="empty")
        yield mutation(base, "an empty array", "json", b"[]", 0, outcome="empty")
        yield mutation(base, "no rows", "parquet", partial(_without_rows, base), 0, outcome="empty")
        yield mutation(base, "no bytes", "parquet", b"", 0, outcome="empty")


def _without_rows(base: Base) -> bytes:
    listed = ", ".join(f'null::varchar as "{name}"' for name in names_of(base.records))
    return _of_query(f"select {listed} limit 0")


def _of_query(query: str) -> bytes:
    with duckdb.connect() as connection:
        return as_query(connection, query)


# --- Lines and columns


def columns() -> Iterator[Mutation]:
    """Headers that are not what they should be."""
    for base in BASES:
        records, names = base.records, names_of(base.records)
        required = {LOG: "event_type"}.get(base, "id")
        spelt = [f"  {name.replace('_', ' ').title()} " for name in names]
        yield mutation(base, "a header in other case and spaces", "csv", as_csv(records, names=spelt))
        yield mutation(base, "a quoted header", "csv", as_csv(records, names=[f'"{name}"' for name in names]))
        without = [{name: value for name, value in record.items() if name != required} for record in records]
        for kind in ("csv", "parquet"):
            yield mutation(
                base, "a required column is missing", kind, partial(written, without, kind), outcome="refused", told="is missing"
            )
        for kind in ("jsonl", "json"):
            yield mutation(
                base, "a required column is missing", kind, written(without, kind), outcome="refused", told="is missing"
            )
        more = [{**record, "extra": "x"} for record in records]
        for kind in FORMATS:
            yield mutation(base, "an extra column", kind, partial(written, more, kind))
        twice = base.bytes("csv").replace(b"mark", required.upper().encode(), 1)
        yield mutation(base, "a required column twice", "csv", twice, outcome="refused", told="stands twice")
        yield mutation(
            base, "no header", "csv", base.bytes("csv").partition(b"\n")[2], outcome="refused", told="known column|is missing"
        )
        yield mutation(base, "the header in the middle again", "csv", _with_header_again(base), ROWS + 1, rejected=None)
        unnamed = [*(f"{line},," for line in as_csv(records).decode().splitlines()), ""]
        yield mutation(base, "columns without a name", "csv", "\n".join(unnamed).encode())
    many = [{**record, **{f"column_{number}": f"{number}" for number in range(5000)}} for record in LOG.records[:4]]
    for kind in ("csv", "jsonl", "parquet"):
        yield mutation(LOG, "5,000 columns", kind, partial(written, many, kind), 4)


def _with_header_again(base: Base) -> bytes:
    header, *lines = as_csv(base.records).splitlines(keepends=True)
    return b"".join([header, *lines[:5], header, *lines[5:]])


def lines() -> Iterator[Mutation]:
    """Lines that do not keep to the header."""
    for base in (LOG, CHARGES):
        header, *body = as_csv(base.records).splitlines(keepends=True)

        def case(
            rule: str, changed: Sequence[bytes], rows: int = ROWS, head: bytes = header, base: Base = base, **expected: Any
        ) -> Mutation:
            return mutation(base, rule, "csv", head + b"".join(changed), rows, **expected)

        short = [line.rpartition(b",")[0] + b"\n" if number in (2, 5, 11) else line for number, line in enumerate(body)]
        long = [line.replace(b"\n", b",more\n") if number in (0, 5, 6) else line for number, line in enumerate(body)]
        yield case("some lines too short", short, rejected=3, told="fields where the header has")
        yield case("some lines too long", long, rejected=3, told="fields where the header has")
        yield case("all lines with a comma too many", [line.replace(b"\n", b",\n") for line in body])
        yield case(
            "all lines too long",
            [line.replace(b"\n", b",x\n") for line in body],
            outcome="refused",
            told="fields where the header has",
        )
        blanks = [line if number % 3 else b"\n\n" + line for number, line in enumerate(short)]
        yield case("blank lines and lines too short", blanks, rejected=3)
        yield case("blank lines before the header and lines too short", [b"\n\n", header, *blanks], head=b"", rejected=3)
        yield case("a byte-order mark and lines too short", [b"\xef\xbb\xbf", header, *blanks], head=b"", rejected=3)
        yield case(
            "blank lines with carriage returns and lines too short", [line.replace(b"\n", b"\r\n") for line in blanks], rejected=3
        )
        timeless = [
            line.replace(_time(base, number), b"soon") if number in (4, 8) else line for number, line in enumerate(blanks)
        ]
        yield case("blank lines, lines too short and wrong times", timeless, rejected=5)
        spaced = [line if number != 4 else b"   \n" + line for number, line in enumerate(body)]
        yield case("a line of blanks", spaced, ROWS + 1, rejected=1)
        commas = [line if number != 4 else b"," * header.count(b",") + b"\n" + line for number, line in enumerate(body)]
        yield case("a line of commas", commas, ROWS + 1, rejected=1)
        for number in (0, 5, ROWS - 1):
            opened = [
                line.replace(mark(number + 1).encode(), b'"' + mark(number + 1).encode()) for line in body[number : number + 1]
            ]
            changed = [*body[:number], *opened, *body[number + 1 :]]
            yield case(f"a quote left open in row {number + 1}", changed, rejected=1, told="opening quote")
        stray = [line.replace(mark(4).encode(), b'"row-0004" or so') for line in body]
        yield case("text after a closing quote", stray, rejected=1, told="quote")
        inner = [line.replace(mark(4).encode(), b'row-0004 "so"') for line in body]
        yield case("a quote within a text", inner)
        yield case("a quote left open in the header", body, head=b'"' + header, outcome="refused")
        yield case("another delimiter in the lines", [line.replace(b",", b";") for line in body], outcome="refused")
        yield case(
            "another delimiter throughout",
            [line.replace(b",", b"^") for line in body],
            head=header.replace(b",", b"^"),
            outcome="refused",
        )
        for delimiter in ";", "\t", "|":
            yield mutation(base, f"delimiter {ord(delimiter)}", "csv", as_csv(base.records, delimiter))
        yield case("carriage returns alone", [line.replace(b"\n", b"\r") for line in body], head=header.replace(b"\n", b"\r"))
        yield case("line ends of two kinds", [line.replace(b"\n", b"\r\n") if n % 2 else line for n, line in enumerate(body)])
        yield case("no end of the last line", [*body[:-1], body[-1].rstrip()])
        comment = [b"# exported by a person\n", header, *body]
        yield case("a comment before the header", comment, head=b"", told="1 line.s. before the header")
        titled = [b"Report of March\n\n", b'"1 March 2026 - 31 March 2026"\n', header, *body]
        yield case("a title before the header", titled, head=b"", told="2 line.s. before the header")
        yield case("a summary below", [*body, b"Total,12\n"], ROWS + 1, rejected=1)
        tabbed = [line.replace(mark(4).encode(), b"\trow-0004 \xc2\xa0") for line in body]
        yield case("a tab and a hard space around a text", tabbed)


def _time(base: Base, number: int) -> bytes:
    return str(base.records[number][base.time]).encode()


def _longer(base: Base, kind: str, megabytes: int) -> bytes:
    return base.bytes(kind).replace(mark(5).encode(), mark(5).encode() + b"x" * megabytes * 2**20)


def huge() -> Iterator[Mutation]:
    """More than one expects of a field."""
    for base in (LOG, TICKETS):
        for kind in TEXTS:
            yield mutation(base, "a field of 2 MB", kind, partial(_longer, base, kind, 2))
    for kind in ("csv", "jsonl"):
        yield mutation(LOG, "a line of 17 MB", kind, partial(_longer, LOG, kind, 17), rejected=1, told="longer than 16 MiB")
    yield mutation(LOG, "an object of 17 MB", "json", partial(_longer, LOG, "json", 17))
    name = "x" * 300_000
    yield mutation(LOG, "a column with a name of 300 kB", "csv", LOG.bytes("csv").replace(b"mark", name.encode(), 1))


# --- Values

ABSURD = (
    *("0000-00-00", "0000-00-00 00:00:00", "0000-01-01", "99999-01-01", "2026-13-01", "2026-02-30", "2026-01-01T25:61:00"),
    *(
        "-62135596801",
        "-1",
        "1e400",
        "infinity",
        "minus infinity",
        "31/12/2026",
        "12/31/2026",
        "tomorrow",
        "1.5.2026",
        "2026",
    ),
    *("99999999999999999999999", "290309-12-22 (BC)", "2026-01-01 (BC)", "44 BC", "2026-W03-1", "٢٠٢٦-٠١-٠١", "2026‑01‑01"),
)


def times() -> Iterator[Mutation]:
    """Moments that cannot be, and moments in many spellings."""
    for base in (LOG, CHARGES):
        for kind in TEXTS:
            for value in ABSURD:
                if kind == "csv" or (base is LOG and value in ABSURD[::4]):
                    records = [{**one, base.time: value} if one["mark"] in (mark(2), mark(9)) else one for one in base.records]
                    yield mutation(
                        base, f"time {value}", kind, written(records, kind), rejected=2, told=STAMP, changed=(base.time,)
                    )
        records = [{**record, base.time: "2099-06-01T00:00:00Z"} for record in base.records]
        for kind in FORMATS:
            yield mutation(base, "times in 2099", kind, partial(written, records, kind), changed=(base.time,))
        for unit, factor in {"seconds": 1, "milliseconds": 10**3, "microseconds": 10**6, "nanoseconds": 10**9}.items():
            epochs = [{**record, base.time: _epoch(record[base.time]) * factor} for record in base.records]
            for kind in FORMATS:
                yield mutation(base, f"times in {unit}", kind, partial(written, epochs, kind))
            typed = f'"{base.time}"::bigint'
            yield mutation(base, f"times as numbers in {unit}", "parquet", partial(as_parquet, epochs, **{base.time: typed}))
        zoned = [{**record, base.time: _zoned(record[base.time], number)} for number, record in enumerate(base.records)]
        for kind in FORMATS:
            yield mutation(base, "times of many zones", kind, partial(written, zoned, kind))
    for what, sql in {
        "infinite": "'infinity'::timestamp",
        "before Christ": "'0044-03-15 (BC)'::timestamp",
        "in the year 290,000": "'290000-01-01'::timestamp",
    }.items():
        typed = f"case when (mark) = '{mark(4)}' then {sql} else (occurred_at)::timestamp end"
        yield mutation(
            LOG, f"a typed time {what}", "parquet", partial(as_parquet, LOG.records, occurred_at=typed), rejected=1, told=STAMP
        )


def _epoch(text: str) -> int:
    moment = datetime.fromisoformat(text)
    return int(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp())


def _zoned(text: str, number: int) -> str:
    """The same moment in one of several spellings."""
    utc = datetime.fromtimestamp(_epoch(text), UTC).replace(tzinfo=None)
    from datetime import timedelta

    return [
        f"{utc:%Y-%m-%dT%H:%M:%S}Z",
        f"{utc + timedelta(hours=2):%Y-%m-%dT%H:%M:%S}+02:00",
        f"{utc - timedelta(hours=5, minutes=30):%Y-%m-%d %H:%M:%S}-0530",
        f"{utc:%Y-%m-%d %H:%M:%S} UTC",
        f"{utc - timedelta(hours=7):%Y-%m-%d %H:%M:%S} -0700",
        f"{utc:%Y-%m-%dT%H:%M:%S}.000000000Z",
    ][number % 6]


def values() -> Iterator[Mutation]:
    """Values of another type than the column's."""
    wrong: dict[Base, dict[str, tuple[str, ...]]] = {
        LOG: {"revenue_amount": ("five", "1e30", "--1", "0x1F", "1.2.3", "12-34", "EUR")},
        CHARGES: {"amount": ("1,50 a", "12e99"), "captured": ("maybe", "2.5"), "_fivetran_synced": ("soon",)},
    }
    for base, by_column in wrong.items():
        for column, options in by_column.items():
            for value in options:
                records = [{**one, column: value} if one["mark"] == mark(6) else one for one in base.records]
                for kind in ("csv", "jsonl") if value == options[0] else ("csv",):
                    rule = f"{column} is {value}"
                    yield mutation(base, rule, kind, written(records, kind), rejected=1, told="is n", changed=(column,))
    for value in ("1,50", "1.234,56", "€5", "1 234", "NaN", "12.345.678"):
        records = [{**one, "revenue_amount": value} if one["mark"] == mark(6) else one for one in LOG.records]
        yield mutation(LOG, f"revenue_amount is {value}", "csv", written(records, "csv"), changed=("revenue_amount",))
    nested: dict[str, Any] = {
        "an object": {"id": "u-1"},
        "a list": ["u-1", "u-2"],
        "a deep list": [[[["u-1"]]]],
        "true": True,
        "a number": 12.5,
    }
    for what, value in nested.items():
        records = [{**one, "user_id": value} for one in LOG.records]
        for kind in ("jsonl", "json"):
            yield mutation(LOG, f"an id is {what}", kind, written(records, kind), changed=("user_id",))
        times_ = [{**one, "occurred_at": value} if one["mark"] == mark(3) else one for one in LOG.records]
        yield mutation(LOG, f"a time is {what}", "jsonl", written(times_, "jsonl"), rejected=1, told=STAMP)
    for what, sql in {
        "a list": "[event_type]",
        "a structure": "{'a': event_type}",
        "a map": "map {'a': event_type}",
        "a blob": "encode(event_type)",
        "a time of day": "time '12:00'",
        "an interval": "interval 5 day",
        "a uuid": "uuid()",
        "a hugeint": "170141183460469231731687303715884105727::hugeint",
        "a decimal": "1.50::decimal(9, 2)",
        "a flag": "true",
        "a float": "1.5::float",
        "a date": "date '2026-01-01'",
    }.items():
        yield mutation(
            LOG, f"an event type is {what}", "parquet", partial(as_parquet, LOG.records, event_type=sql), changed=("event_type",)
        )
        outcome: Outcome = "landed" if what == "a date" else "refused"
        told = "" if what == "a date" else STAMP
        yield mutation(
            LOG,
            f"a time is {what}",
            "parquet",
            partial(as_parquet, LOG.records, occurred_at=sql),
            outcome=outcome,
            told=told,
            changed=("occurred_at",),
        )


def objects() -> Iterator[Mutation]:
    """JSON that is none, or none that is of use."""
    good = json.dumps(LOG.records[0])
    rest = [json.dumps(record) for record in LOG.records[1:]]
    lines: dict[str, tuple[str, int]] = {
        "a scalar": ("7", 1),
        "a text": ('"text"', 1),
        "null": ("null", 1),
        "an array": ("[1, 2]", 1),
        "an empty object": ("{}", 1),
        "two objects on a line": (f"{good}{good}", 1),
        "single quotes": (good.replace('"', "'"), 1),
        "a comma at its end": (f"{good},", 1),
        "a comment": ("// comment", 1),
        "deep nesting": ("[" * 100_000, 1),
        "deep objects": ('{"a":' * 100_000, 1),
        "a lone surrogate": (good.replace(mark(1), r"row-0001\ud800"), 0),
        "an escaped zero": (good.replace(mark(1), r"row-0001\u0000"), 0),
        "infinity": (good[:-1] + ', "a": Infinity}', 0),
        "not a number": (good[:-1] + ', "a": NaN}', 0),
        "a huge number": (good[:-1] + ', "a": 1e999}', 0),
        "a key twice": (good[:-1] + ', "colour": "a", "colour": "b"}', 0),
        "an empty key": (good[:-1] + ', "": "a"}', 0),
        "a key with quotes": (good[:-1] + r', "a\"b.c$[0]\n": "a"}', 0),
        "nested a thousand times": (good[:-1] + ', "a": ' + '{"a":' * 1000 + "1" + "}" * 1001, 0),
    }
    for what, (line, rejected) in lines.items():
        text = "\n".join([*rest[:5], line, *rest[5:]]) + "\n"
        yield mutation(LOG, f"a line is {what}", "jsonl", text.encode(), rejected=rejected)
    invalid = as_lines(LOG.records).replace(mark(3).encode(), b"row-0003 \xc3\x28")
    yield mutation(LOG, "invalid UTF-8 in a text", "jsonl", invalid, told="not UTF-8")
    whole = as_array(LOG.records)
    arrays: dict[str, tuple[bytes, Outcome, int, int]] = {
        "a scalar": (b"7", "refused", 1, 0),
        "a text": (b'"text"', "refused", 1, 0),
        "null": (b"null", "refused", 1, 0),
        "an array of arrays": (b"[[1, 2], [3]]", "refused", 2, 0),
        "an array of scalars": (b"[1, 2, 3]", "refused", 3, 0),
        "an array with a scalar in it": (whole[:-1] + b", 7]", "landed", ROWS + 1, 1),
        "an array with null in it": (whole[:-1] + b", null]", "landed", ROWS + 1, 1),
        "objects one after another": (b"".join(json.dumps(one, indent=1).encode() for one in LOG.records), "landed", ROWS, 0),
        "a comma too many": (whole[:-1] + b",]", "refused", ROWS, 0),
        "two arrays": (whole + whole, "refused", ROWS, 0),
        "text after it": (whole + b" and more", "refused", ROWS, 0),
        "an object around the array": (b'{"data": ' + whole + b"}", "refused", 1, 0),
        "an array around the array": (b"[" + whole + b"]", "refused", 1, 0),
        "deep nesting": (b"[" * 100_000, "refused", 1, 0),
        "deep objects": (b'{"a":' * 100_000, "refused", 1, 0),
    }
    for what, (content, outcome, rows, rejected) in arrays.items():
        yield mutation(LOG, f"a document is {what}", "json", content, rows, outcome=outcome, rejected=rejected)


def schemas() -> Iterator[Mutation]:
    """Parquet of other schemas."""
    for what, query in {
        "another schema": "select 1 as a, 2 as b",
        "one column of structures": "select {'event_type': 'seen', 'occurred_at': '2026-01-01', 'user_id': 'u'} as row",
    }.items():
        outcome: Outcome = "refused"
        yield mutation(LOG, what, "parquet", partial(_of_query, query), 1, outcome=outcome)


NAMES = (
    *(
        "two\nlines",
        "a 'quote' and \"two\"",
        "🦆",
        "100%{x}s",
        "back\\slash",
        "-rf",
        "semi;colon",
        "star*and?[brackets]",
        " spaces ",
    ),
    *("tab\tbed", "ünïcödé", "x" * 230, "$(HOME)", "`cmd`", "a,b", "<b>bold</b>", "\x7f", "\x01"),
)


def named() -> Iterator[Mutation]:
    """Valid files with names that make trouble."""
    for number, name in enumerate(NAMES):
        kind = FORMATS[number % len(FORMATS)]
        records = [{**record, "number": number} for record in LOG.records]
        yield mutation(LOG, f"named {name!r}"[:60], kind, partial(written, records, kind), name=f"{name}.{kind}")


RULES = (
    valid,
    cut,
    flipped,
    encoded,
    with_nul,
    gzipped,
    disguised,
    bare,
    columns,
    lines,
    huge,
    times,
    values,
    objects,
    schemas,
    named,
)


def mutations() -> list[Mutation]:
    """All of them, or of each rule every fourth, the first and all valid ones, which takes a quarter of the time."""
    if os.environ.get("FAULTS") == "all":
        return [one for rule in RULES for one in rule()]
    return [one for rule in RULES for number, one in enumerate(rule()) if rule is valid or number % 4 == 0]
