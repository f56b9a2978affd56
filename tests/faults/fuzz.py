"""Whole files drawn at random land, row by row, or are refused in words; the survivors are built.

Each file knows the records it wrote, which of them a stray quote or a wrong number of fields damaged, and which hold a value at
an edge. A record without damage lands; every other lands or is rejected; and no more is counted than lines were written.
"""

from __future__ import annotations

import codecs
import gzip
import json
import random
import re
import shutil
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from tests.prove import Figures
from tests.world import town
from tests.world.build import build, settings_of
from warehouse import connection
from warehouse.definitions.journey import load_journey
from warehouse.landing import landing
from warehouse.settings import Settings

NOW = datetime(2026, 3, 1)
FIRST = datetime(2026, 1, 1)
COLUMNS = ("event_type", "occurred_at", "user_id", "email", "revenue_amount", "currency", "channel", "note", "mark")
REMEDIES = re.compile("export|copy|add|rename|give|make|close|drop|write|needed|hand|the first, line")
MARK = re.compile("m[0-9]{5}x")

TEXTS = (
    *(
        "plain",
        "two words",
        "a, b",
        "a;b|c\td",
        'says "hi"',
        "two\nlines",
        "one, two\nthree, four\n\nfive",
        "\n",
        "=1+1",
        "'",
        "\\",
    ),
    *(
        "Grüße",
        "emoji 😀",
        "x" * 3000,
        "{}",
        '{"a": 1}',
        "NULL",
        "\\N",
        "#REF!",
        " padded ",
        "zero\0byte",
        "<b>",
        "%s",
        "\u202eleft",
    ),
)
TIMES = (
    *("", "soon", "0000-00-00", "9999-12-31", "9999-12-31T23:59:59.999999Z", "0001-01-01", "1970-01-01", "2026-02-30", "0", "-1"),
    *(
        "1e18",
        "9223372036854775807",
        "99999999999",
        "2026-01-01T00:00:00+25:00",
        "2026-01-01 00:00:00 Europe/Berlin",
        "2262-04-12",
    ),
)
AMOUNTS = (
    *(
        "0",
        "-0",
        "0.0001",
        "0.00001",
        "99999999999999.9999",
        "-99999999999999.9999",
        "100000000000000",
        "1e5",
        "1E400",
        "NaN",
        "inf",
    ),
    *("1,5", "1.234,56", "€5", "5 €", "NULL", "--", "0x1F", "9" * 40),
)
NAMES = ("line", "object", "attributes", "_file", "_row_id", "_loaded_at", "__record__", "__value_0__", "__inner__", "__rest__")


@dataclass
class Drawn:
    """One file with what is known of it: records in all, those that must land, and lines that may be counted beside."""

    name: str
    content: bytes
    marks: list[str]
    sure: set[str] = field(default_factory=set)
    extra: int = 0  # records without a mark, such as a row of delimiters
    slack: int = 0  # further lines of records that a stray quote may have torn
    is_readable: bool = True


def record_of(chance: random.Random, mark: str, number: int) -> tuple[dict[str, str], bool]:
    """A record and whether nothing in it is at an edge."""
    moment = FIRST + timedelta(seconds=chance.randrange(5_000_000))
    record = {
        "event_type": chance.choice(("page_viewed", "signed_up", "purchased", "order paid")),
        "occurred_at": moment.isoformat(chance.choice("T ")),
        "user_id": f"u-{number % 50}",
        "email": "" if chance.random() < 0.5 else f"p{number % 50}@x.example",
        "revenue_amount": "" if chance.random() < 0.6 else f"{chance.randrange(10_000) / 100:.2f}",
        "currency": "" if chance.random() < 0.6 else "EUR",
        "channel": chance.choice(("", "web", "paid_search")),
        "note": chance.choice(TEXTS) if chance.random() < 0.4 else "",
        "mark": mark,
    }
    is_sure = True
    if chance.random() < 0.08:
        column, values = chance.choice(
            (("occurred_at", TIMES), ("revenue_amount", AMOUNTS), ("event_type", TEXTS), ("user_id", TEXTS))
        )
        record[column], is_sure = chance.choice(values), False
    return record, is_sure


def drawn(number: int, seed: int) -> Drawn:
    """The file of this number."""
    chance = random.Random(f"{seed}/{number}")
    marks = [f"m{(number * 64 + place) % 100_000:05}x" for place in range(chance.choice((0, 1, 2, 3, 8, 20, 40, 60)))]
    records, sure = [], set()
    for place, mark in enumerate(marks):
        record, is_sure = record_of(chance, mark, number * 7 + place)
        records.append(record)
        sure |= {mark} if is_sure else set()
    kind = chance.choice(("csv", "csv", "csv", "csv", "jsonl", "json", "parquet"))
    one = Drawn(f"{number:06}.{kind}", b"", marks, sure)
    if kind == "parquet":
        write_columns(chance, one, records)
        return one
    text = written_table(chance, one, records) if kind == "csv" else written_objects(chance, one, records, kind)
    encode(chance, one, text)
    return one


def unmark(one: Drawn, record: dict[str, str]) -> None:
    """A record that may have lost its mark: it is only counted."""
    one.marks.remove(record["mark"])
    one.sure.discard(record["mark"])
    one.extra += 1


def written_objects(chance: random.Random, one: Drawn, records: Sequence[dict[str, str]], kind: str) -> str:
    """Records as JSON: with broken lines, halves of characters and keys said twice."""
    texts = []
    for record in records:
        text = json.dumps({name: value for name, value in record.items() if value}, ensure_ascii=chance.random() < 0.5)
        if chance.random() < 0.1:
            text = text[:-1] + r', "half": "\ud83d"}'
        if chance.random() < 0.1:
            text = text[:-1] + ', "twice": 1, "twice": 2, "user_id": "again"}'
        if kind == "jsonl" and chance.random() < 0.05:
            text = text[: chance.randrange(1, len(text))] + chance.choice(("", "}", "\\"))
            unmark(one, record)
        texts.append(text)
    if kind == "json":
        return "[" + chance.choice((",", ",\n", " ,\r\n")).join(texts) + "]"
    end = chance.choice(("\n", "\r\n", "\n\n"))
    return end.join(texts) + chance.choice(("", end))


def write_columns(chance: random.Random, one: Drawn, records: Sequence[dict[str, str]]) -> None:
    """Records as Parquet: times and amounts of some type, in which a value that is none of it is missing; sometimes cut off."""
    kinds = dict.fromkeys(COLUMNS, "varchar") | {
        "occurred_at": chance.choice(("varchar", "timestamp", "timestamptz", "timestamp_ns", "timestamp_s", "date")),
        "revenue_amount": chance.choice(("varchar", "double", "float", "decimal(18,4)", "decimal(38,9)", "bigint")),
    }
    names = [name for name in COLUMNS if name in ("event_type", "occurred_at", "user_id", "mark") or chance.random() < 0.8]
    names += chance.sample(NAMES, chance.choice((0, 0, 1, 3)))
    with TemporaryDirectory() as folder, duckdb.connect() as connection:
        path = Path(folder) / "one.parquet"
        columns = ", ".join(f'"{name}" {kinds.get(name, "varchar")}' for name in names)
        connection.execute(f"set TimeZone = 'UTC'; create table rows ({columns})")
        casts = ", ".join(f"try_cast(? as {kinds.get(name, 'varchar')})" for name in names)
        for record in records:
            connection.execute(f"insert into rows values ({casts})", [record.get(name) or None for name in names])
        options = chance.choice(("", ", compression zstd", ", compression uncompressed, row_group_size 2048"))
        connection.execute(f"copy rows to '{path}' (format parquet{options})")
        one.content = path.read_bytes()
    if chance.random() < 0.05:
        one.content = one.content[: chance.randrange(len(one.content) + 1)]
        one.marks, one.sure, one.is_readable = [], set(), False


def written_table(chance: random.Random, one: Drawn, records: Sequence[dict[str, str]]) -> str:
    """Records as separated values of some dialect, with some damage."""
    delimiter, end = chance.choice(",,;\t|"), chance.choice(("\n", "\n", "\r\n", "\r\n", "\r", "mixed"))
    names = [
        name for name in COLUMNS if name in ("event_type", "occurred_at", "user_id", "mark", "note") or chance.random() < 0.8
    ]
    others = chance.sample(NAMES, chance.choice((0, 0, 1, 3)))
    names += others
    if chance.random() < 0.3:
        chance.shuffle(names)
    quotes_all = chance.random() < 0.2

    def quoted(value: str) -> str:
        is_needed = any(sign in value for sign in (delimiter, '"', "\n", "\r")) or value.startswith(" ")
        return '"' + value.replace('"', '""') + '"' if quotes_all or is_needed else value

    spelt = [name.replace("_", " ").title() if chance.random() < 0.2 and name not in others else name for name in names]
    header = delimiter.join(quoted(name) for name in spelt)
    if chance.random() < 0.15:
        header += delimiter + chance.choice(('"Notes\n(free text)"', '"a ""b"""', '"x\r\ny"'))
        names.append("free")
    lines = (
        [chance.choice(("sep=" + delimiter, "Report of March", "Report\n\nAll accounts", "\n"))] if chance.random() < 0.2 else []
    )
    lines.append(header)
    strays = chance.choice((0, 0, 0, 1, 2, 3))
    torn = set(chance.sample(range(len(records)), min(strays, len(records))))
    for place, record in enumerate(records):
        fields = [quoted(record.get(name, "")) for name in names]
        if place in torn:
            column = chance.randrange(len(fields))
            at = chance.choice((0, len(fields[column]), chance.randrange(len(fields[column]) + 1)))
            fields[column] = fields[column][:at] + '"' + fields[column][at:]
        if chance.random() < 0.03:
            fields = chance.choice((fields[:-1], [*fields, "more"], fields[:2]))
            unmark(one, record)
            one.slack += sum(field.count("\n") for field in fields)
        if place in torn:
            one.sure.discard(record["mark"])
            one.slack += sum(field.count("\n") for field in fields)
        lines.append(delimiter.join(fields))
        if chance.random() < 0.03:
            lines.append(chance.choice(("", delimiter * (len(names) - 1))))
            one.extra += bool(lines[-1])
    if end == "mixed":
        text = "".join(line + chance.choice(("\n", "\r\n")) for line in lines)
    else:
        text = end.join(lines) + chance.choice(("", end))
    if end == "\r":  # a line feed within a text is a line end as well then
        text = text.replace("\n", "\r")
    return text


def encode(chance: random.Random, one: Drawn, text: str) -> None:
    """The bytes of a text in some encoding, sometimes packed, padded or cut off."""
    encoding = chance.choice(("utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "cp1252"))
    one.content = text.encode(encoding, errors="replace" if encoding == "cp1252" else "strict")
    if chance.random() < 0.2:
        one.content = gzip.compress(one.content, mtime=0) + chance.choice((b"", b"\0" * 512))
        one.name += ".gz"
    if chance.random() < 0.02:
        one.content = one.content[: chance.randrange(len(one.content) + 1)]
        one.marks, one.sure, one.is_readable = [], set(), False


@dataclass(frozen=True)
class Judged:
    """What became of files: how many by status, and where one of the rules was broken."""

    statuses: Counter[str]
    faults: list[str]


def judged(files: Sequence[Drawn], settings: Settings) -> Judged:
    """Land files in one home and compare what became of each with what is known of it."""
    folder = settings.landing / "events"
    folder.mkdir(parents=True, exist_ok=True)
    for one in files:
        (folder / one.name).write_bytes(one.content)
    found = landing.land(settings, load_journey(settings.journey_path), now=NOW)
    reports = {Path(report.file).name: report for report in found.files}
    landed: dict[str, set[str]] = defaultdict(set)
    rejected: dict[str, set[str]] = defaultdict(set)
    with connection.connect(settings, read_only=True) as opened:
        sql = "select _file, regexp_extract(replace(attributes, '\\\"', ''), 'm[0-9]{5}x') from working.raw.events__events"
        for file, mark in opened.execute(sql).fetchall():
            landed[Path(file).name].add(mark)
        for file, row in opened.execute("select file, raw_row from working.raw.rejected_rows").fetchall():
            rejected[Path(file).name] |= set(MARK.findall(re.sub('[\\\\"\\0]', "", row or "")))
    faults = []
    for one in files:
        report = reports.get(one.name)
        wrong = _wrong(one, report, landed[one.name], rejected[one.name]) if report else "nothing was said of it"
        if wrong:
            faults.append(f"{one.name}: {wrong} ({report.status}: {report.note})" if report else f"{one.name}: {wrong}")
    return Judged(Counter(report.status for report in found.files), faults)


def _wrong(one: Drawn, report: landing.LandedFile, landed: set[str], rejected: set[str]) -> str:
    if one.content == codecs.BOM_UTF8 or not one.is_readable:
        return ""
    if report.status in ("refused", "duplicate"):
        told = REMEDIES.search(report.note) or report.status == "duplicate"
        return f"refused although {len(one.sure)} rows are good" if one.sure else "" if told else "no remedy"
    count, least = report.row_count + report.rejected_count, len(one.marks) + one.extra
    if lost := one.sure - landed:
        return f"{len(lost)} good rows did not land: {sorted(lost)[:3]}"
    if lost := set(one.marks) - landed - rejected:
        return f"{len(lost)} rows are gone: {sorted(lost)[:3]}"
    if not least <= count <= least + one.slack:
        return f"{least} records (and {one.slack} lines within them) were written, {count} are counted"
    return ""


def measure(folder: Path, *, files: int, homes: int, builds: int, seed: int) -> Figures:
    """Land the files, home by home, and build some of the homes; prints each file that went wrong."""
    statuses, wrong, not_built = Counter[str](), 0, 0
    for home in range(homes):
        numbers = range(home * files // homes, (home + 1) * files // homes)
        settings = settings_of(folder / str(home), town.JOURNEY)
        found = judged([drawn(number, seed) for number in numbers], settings)
        statuses += found.statuses
        wrong += len(found.faults)
        for fault in found.faults:
            print(f"  ✗ {fault}", flush=True)
        if home < builds:
            try:
                build(settings, NOW, with_tests=False)
            except AssertionError as error:
                not_built += 1
                print(f"  ✗ home {home} was not built: {error}", flush=True)
        shutil.rmtree(folder / str(home))
    return {**statuses, "wrong": wrong, "not_built": not_built}
