"""E-mail addresses and telephone numbers planted wherever a file can hold them, and where they come out again.

Here belong the files, which are variants of the small ones in tests/sources/files, and the search of a home. What must not be
found anywhere is the tag of each: the local part of an address, the number without its country.
"""

from __future__ import annotations

import contextlib
import csv
import json
import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from warehouse.contract import RawTable
from warehouse.sources import RAW_TABLES

# How addresses and numbers are written; their tag stands in place of {}.
MAILS = {
    "plain": "{}@hidden.example",
    "in a text": "ask Zelda <{}@hidden.example>, please",
    "mailto": "mailto:{}@hidden.example",
    "encoded": "{}%40hidden.example",
    "encoded twice": "{}%2540hidden.example",
    "escaped": "{}\\u0040hidden.example",
    "full width": "{}＠hidden．example",
    "international": "zoë.{}@hïdden.example",
    "of another script": "{}@пример.example",
    "in a page's address": "https://www.ours.example/a?mail={0}%40hidden.example&utm_campaign={0}%40hidden.example&utm_source=crm",
}
PHONES = {
    "number with +": "+49 {}",
    "number in groups": "call +49 (0)555 0199 {1}",
    "number with 00": "0049-{}",
    "number with 00 in groups": "0049 555 0199 {1}",
    "number with tel:": "tel:{}",
    "number encoded": "%2B49{}",
    "number of full width": "＋４９５５５０１９９{1}",
}
# Digits alone may be an amount where amounts are; as a number they are written by hand.
SPELLINGS = {**MAILS, **PHONES, "number with 00 alone": "0049{}"}
TAG = r"(?i)zq[0-9]{5}x|[5５][ -]?[5５][ -]?[5５][ -]?[0０][ -]?[1１][ -]?[9９][ -]?[9９][ -]?[0-9]{5}"
UNKNOWN = {"visitor_note": "in a text", "contact_phone": "a key that says so", "nested": "nested"}


@dataclass
class Planted:
    """What was planted: for each tag the place and the spelling."""

    places: list[tuple[str, str]] = field(default_factory=list)

    def value(self, place: str, spelling: str) -> str:
        """A value for a place that no other place has."""
        number = f"{len(self.places):05d}"
        self.places.append((place, spelling))
        mail, phone = f"zq{number}x", f"5550199{number}"
        if spelling == "nested":
            return json.dumps({"a": {"mail": f"{mail}@hidden.example", "numbers": [f"+49{phone}"]}})
        if spelling == "a key that says so":
            return f"0{phone}"
        return SPELLINGS[spelling].format(mail if spelling in MAILS else phone, number)

    def place(self, found: str) -> tuple[str, str]:
        """The place and the spelling of a tag that was found."""
        return self.places[int(re.sub(r"[^0-9]", "", found)[-5:])]

    def leaks(self, home: Path, outputs: dict[str, str]) -> list[str]:
        """Where tags stand in a home or an output of its run, which must be none: one line for each kind of place planted."""
        told = {
            f"{where}: {self.place(tag)[0]}, {self.place(tag)[1]} ({tag})"
            for where, tags in found(home, outputs, TAG).items()
            for tag in tags
        }
        return sorted(told)


Record = dict[str, Any]
Way = tuple[str | int, ...]  # from a record to one of its values


def write(landing: Path, files: Path) -> Planted:
    """Write variants of the small files of every source, and for every raw table a file with all columns of the contract.

    In each variant one value of each record is planted, in the place that is the variant's turn; its ids are others than in the
    other variants, so that what belongs together stays together.
    """
    planted = Planted()
    for folder in sorted(path for path in files.iterdir() if path.is_dir()):
        records = {path: read(path) for path in sorted(folder.rglob("*")) if path.is_file()}
        ways = {path: list(dict.fromkeys(way for one in told for way, _ in values(one))) for path, told in records.items()}
        ids = {value for told in records.values() for one in told for way, value in values(one) if is_id(way)}
        variants: dict[Path, list[Record]] = {path: [] for path in records}
        for variant in range(max(map(len, ways.values()))):
            for path, told in records.items():
                for number, one in enumerate(told):
                    new = renamed(one, ids, f"v{variant}")
                    if variant < len(ways[path]) and (way := ways[path][variant]) in dict(values(one)):
                        place = f"{path.relative_to(files)}: {'.'.join(map(str, way))}"
                        plant(new, way, planted.value(place, turn(variant, number)))
                    variants[path].append(new)
        for path, told in variants.items():
            write_records(landing / path.relative_to(files), told)
    for table in RAW_TABLES:
        name = f"{next((stem for stem in table.stems if stem != '*'), table.name)}.planted.csv"
        write_records(landing / table.source / name, list(contracted(table, planted)))
    return planted


def turn(variant: int, number: int) -> str:
    """The spelling: records are planted with an address and a number in turn, and places each with the next spelling."""
    chosen = list(PHONES if number % 2 else MAILS)
    return chosen[(variant + number // 2) % len(chosen)]


def read(path: Path) -> list[Record]:
    """The records of a small file, CSV or JSON."""
    text = path.read_text(encoding="utf-8-sig")
    if path.suffix == ".csv":
        heading = text.partition("\n")[0]
        return list(csv.DictReader(text.splitlines(keepends=True), delimiter=max(",;\t", key=heading.count)))
    if text.startswith("["):
        return list(json.loads(text))
    found = []
    for line in text.splitlines():
        with contextlib.suppress(json.JSONDecodeError):  # some are broken on purpose
            found.append(json.loads(line))
    return found


def values(value: Any, way: Way = ()) -> Iterator[tuple[Way, str]]:
    """All that is written in a record, and the way to it; what holds others is none, but for text that is JSON."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if children is None:
        if value not in (None, ""):
            yield way, str(value)
        return
    for name, child in children:
        yield from values(child, (*way, name))


def is_id(way: Way) -> bool:
    """Whether what is at the end of a way is an id, by its name."""
    return (
        re.search(r"(^|[_.])(id|uuid)s?$|[a-z](Id|ID|Uuid)s?$", ".".join(str(step) for step in way if isinstance(step, str)))
        is not None
    )


def renamed(value: Any, ids: set[str], suffix: str, way: Way = ()) -> Any:
    """The same with all ids changed, also where they stand under another name, where a short one may be something else."""
    if isinstance(value, dict):
        return {name: renamed(child, ids, suffix, (*way, name)) for name, child in value.items()}
    if isinstance(value, list):
        return [renamed(child, ids, suffix, (*way, number)) for number, child in enumerate(value)]
    is_changed = str(value) in ids and (is_id(way) or len(str(value)) > 5)
    return f"{value}{suffix}" if is_changed and not isinstance(value, bool) else value


def plant(record: Any, way: Way, value: str) -> None:
    """Set what is at the end of a way."""
    for step in way[:-1]:
        record = record[step]
    record[way[-1]] = value


def contracted(table: RawTable, planted: Planted) -> Iterator[Record]:
    """For each column of a raw table, and for some that it does not know, a row in which that one is planted."""
    fillers = {
        "TIMESTAMP": "2026-01-10 09:00:00",
        "DECIMAL(18,4)": "10",
        "BIGINT": "1",
        "BOOLEAN": "false",
        "JSON": "{}",
        "CURRENCY": "EUR",
    }
    for number, name in enumerate([*(column.name for column in table.columns), *UNKNOWN]):
        row = {column.name: fillers.get(column.kind, f"{column.name}-{number}") for column in table.columns}
        yield row | {name: planted.value(f"{table.table}.{name}", UNKNOWN.get(name) or turn(number, number))}


def write_records(path: Path, records: list[Record]) -> None:
    """Write a file, CSV or JSON by its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        if path.suffix == ".csv":
            writer = csv.DictWriter(file, list(dict.fromkeys(name for one in records for name in one)))
            writer.writeheader()
            writer.writerows(records)
        elif path.suffix == ".json":
            json.dump(records, file)
        else:
            file.writelines(json.dumps(one) + "\n" for one in records)


def write_by_hand(landing: Path, planted: Planted) -> None:
    """Write what no column of a table is: every spelling in every column of the event log, names of columns, files and folders,
    page addresses, tags, and what is nested."""
    (events,) = (table for table in RAW_TABLES if table.table == "raw.events__events")
    row: Record = {"event_type": "page_viewed", "occurred_at": "2026-01-10T09:00:00Z", "user_id": "u-spelt", "source": "web"}
    lines: list[Record] = []
    for column in (column.name for column in events.columns if column.stored_kind == "VARCHAR"):
        for spelling in SPELLINGS:
            value = planted.value(f"{events.table}.{column}", spelling)
            lines.append(row | {"event_id": f"s{len(lines)}", "anonymous_id": f"c{len(lines)}", column: value})
    write_records(landing / "events" / "spelt.csv", lines)

    def told(place: str, spelling: str = "plain") -> str:
        return planted.value(place, spelling)

    nested: list[Record] = []
    for spelling in SPELLINGS:
        place = "events, nested"
        link = f"https://www.ours.example/p/{told(place, spelling)}"
        tagged = f"https://www.ours.example/p?utm_source={told(place, spelling)}&utm_medium={told(place, spelling)}&utm_campaign="
        nested += [
            {"page_url": f"{link}?q={told(place, spelling)}#{told(place, spelling)}", "referrer": link},
            {"page_url": tagged + told(place, spelling), "utm_campaign": told(place, spelling)},
            {"deep": {"er": [{"note": told(place, spelling)}, told(place, spelling)]}, told(f"{place} key", spelling): "x"},
            {"json_in_text": json.dumps({"note": told(place, spelling)}), "tags": [told(place, spelling)]},
        ]
    objects = [row | {"event_id": f"n{number}", "anonymous_id": f"n{number}"} | more for number, more in enumerate(nested)]
    text = "\n".join(json.dumps(one, ensure_ascii=bool(number % 2)) for number, one in enumerate(objects))
    (landing / "events" / "nested.jsonl").write_text(text + "\n", encoding="utf-8")
    heading = f"event_type,occurred_at,user_id,{told('name of a column')},{told('name of a column', 'number with +')}\n"
    (landing / "events" / "headed.csv").write_text(heading + "page_viewed,2026-01-10,u-headed,1,2\n", encoding="utf-8")
    for spelling in ("plain", "encoded", "full width", "international", "number with +", "number with 00"):
        name = told("name of a file", spelling)
        # One of its rows is rejected, for where it stands is told.
        content = f"event_type,occurred_at,user_id\npage_viewed,2026-01-10,u-named {name}\nsigned_up,never,u-named\n"
        (landing / "events" / f"export of {name}.csv").write_text(content, encoding="utf-8")
        (landing / "klaviyo" / f"{told('name of an unknown file', spelling)}.csv").write_text("a,b\n1,2\n", encoding="utf-8")
        (landing / "events" / f"{told('name of a file of another format', spelling)}.xlsx").write_bytes(b"PK")
        (landing / told("name of a folder", spelling)).mkdir()
        (landing / "events" / f"{told('name of a file with nothing in it', spelling)}.csv").touch()
        below = landing / "events" / told("name of a folder below", spelling)
        below.mkdir()
        (below / "a.csv").write_text(content, encoding="utf-8")


def write_refused(landing: Path, planted: Planted) -> None:
    """Write files that are refused, so that a run stops: of no table's form, and such of which every row is rejected."""
    for number, spelling in enumerate(SPELLINGS):
        place = "a refused file"
        name = planted.value(f"{place}'s name", "plain" if "/" in SPELLINGS[spelling] else spelling)
        content = planted.value(place, spelling)
        contents = (f"{content},b\n1,2\n", f"event_type,occurred_at,email\nx,{content},y\n")
        (landing / "events" / f"{name}.csv").write_text(contents[number % 2], encoding="utf-8")


def found(home: Path, outputs: dict[str, str], sought: str) -> dict[str, set[str]]:
    """Where a pattern is found (a column of a table, a file, an output of the run), and what of it.

    Searched is a home but for its working file, which holds what people handed over.
    """
    places: dict[str, set[str]] = defaultdict(set, {name: set(re.findall(sought, text)) for name, text in outputs.items()})
    for path in (path for path in home.rglob("*") if not path.is_relative_to(home / "landing")):
        name = path.relative_to(home).as_posix()
        places[f"a name in {path.parent.relative_to(home).as_posix()}"] |= set(re.findall(sought, path.name))
        if not path.is_file() or path.name.startswith("working.duckdb"):
            continue
        if path.suffix == ".duckdb":
            places |= {f"{name}: {column}": tags for column, tags in _in_database(path, sought).items()}
        elif path.suffix == ".db":
            places[name] = set(re.findall(sought, _of_sqlite(path)))
        else:
            places[name] = set(re.findall(sought, path.read_bytes().decode(errors="replace")))
    return {place: tags for place, tags in places.items() if tags}


def _in_database(path: Path, sought: str) -> dict[str, set[str]]:
    places = {}
    with duckdb.connect(str(path), read_only=True) as connection:
        columns = connection.execute(
            "select schema_name, table_name, column_name from duckdb_columns() "
            "where not internal and database_name = current_database() and regexp_matches(data_type, 'VARCHAR|JSON')"
        ).fetchall()
        for schema, table, column in columns:
            rows = connection.execute(
                f"""select distinct unnest(regexp_extract_all("{column}"::varchar, '{sought}')) from {schema}."{table}" """
            ).fetchall()
            places[f"{schema}.{table}.{column}"] = {tag for (tag,) in rows}
    return places


def _of_sqlite(path: Path) -> str:
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
        connection.text_factory = lambda content: content.decode(errors="replace")
        names = [name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")]
        return "\n".join(str(row) for name in names for row in connection.execute(f'select * from "{name}"'))
