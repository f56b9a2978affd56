"""Every row of every file lands or is kept as a rejected row with its reason, once, whatever the format and however often."""

from __future__ import annotations

import gzip
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pandas as pd
import pytest

from tests.world import town
from tests.world.build import settings_of
from warehouse import connection
from warehouse.definitions.journey import load_journey
from warehouse.landing import landing, lines
from warehouse.landing.landing import LandedFile, Landing
from warehouse.settings import Settings, UserError
from warehouse.sources import RAW_TABLES, SOURCES

NOW = datetime(2026, 3, 1)
HEADER = "event_type,occurred_at,user_id,channel\n"
JOURNEY = load_journey(town.JOURNEY)
STAMP = "is no timestamp; write ISO 8601 or an epoch"
TRUNCATED = "the gzip stream ends too early or is damaged; export or copy the file again"


@dataclass(frozen=True)
class Desk:
    """An empty warehouse with a landing folder to put files into."""

    settings: Settings

    def put(self, name: str, content: str | bytes) -> Path:
        """Write a file below the landing folder."""
        path = self.settings.landing / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def land(self, now: datetime = NOW) -> Landing:
        """Land what is there."""
        return landing.land(self.settings, JOURNEY, now=now)

    def land_one(self, name: str, content: str | bytes) -> LandedFile:
        """Put one file, land it, and return what became of it."""
        self.put(name, content)
        (landed,) = self.land().files
        return landed

    def rows(self, table: str = "raw.events__events", order: str = "_file, _row_id") -> list[dict[str, Any]]:
        """A raw table's rows."""
        with connection.connect(self.settings, read_only=True) as opened:
            result = opened.execute(f"select * from {connection.located(table)} order by {order}")
            names = [column[0] for column in result.description or []]
            return [dict(zip(names, values, strict=True)) for values in result.fetchall()]

    def rejected(self) -> list[tuple[int, str | None, str]]:
        """Line, column and reason of every rejected row."""
        return [(one["line"], one["column_name"], one["reason"]) for one in self.rows("raw.rejected_rows", "file, line")]


@pytest.fixture(scope="module")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with every table and no row, which each desk begins with a copy of: making the tables takes longer than a test."""
    settings = settings_of(tmp_path_factory.mktemp("empty"), town.JOURNEY)
    with connection.connect(settings) as opened:
        landing.prepare(opened, JOURNEY)
    return settings.home


@pytest.fixture
def desk(tmp_path: Path, empty_home: Path) -> Desk:
    shutil.copytree(empty_home, tmp_path, dirs_exist_ok=True)
    (tmp_path / "landing" / "events").mkdir(parents=True)
    return Desk(settings_of(tmp_path, town.JOURNEY))


EXPORT = [
    {"event_type": "page_viewed", "occurred_at": "2026-01-05T10:00:00", "user_id": "u-1", "campaign": 'Winter,;\t|\n"Sale" ä'},
    {
        "event_type": "purchased",
        "occurred_at": "2026-01-06T09:30:00.25",
        "user_id": "u-2",
        "revenue_amount": "99.5",
        "plan": "pro",
    },
    {"event_type": "signed_up", "occurred_at": "2026-01-07T00:00:00", "email": " Ä@b.example"},
]
FIELDS = ("event_type", "occurred_at", "user_id", "email", "campaign", "revenue_amount", "plan")


def as_csv(delimiter: str = ",") -> bytes:
    frame = pd.DataFrame(EXPORT, columns=list(FIELDS))
    return frame.to_csv(index=False, sep=delimiter).encode()


def as_lines() -> bytes:
    return "".join(json.dumps(row) + "\n" for row in EXPORT).encode()


def parquet(sql: str) -> bytes:
    """What a query returns as a Parquet file."""
    with TemporaryDirectory() as folder, duckdb.connect() as connected:
        path = Path(folder) / "query.parquet"
        connected.execute("set TimeZone = 'UTC'")
        connected.sql(sql).write_parquet(str(path))
        return path.read_bytes()


def as_parquet() -> bytes:
    columns = ", ".join(f"object ->> '{name}' as {name}" for name in FIELDS)
    typed = "replace (occurred_at::timestamp as occurred_at, revenue_amount::double as revenue_amount)"
    return parquet(f"select * {typed} from (select {columns} from (select unnest('{json.dumps(EXPORT)}'::json[]) as object))")


FORMATS: dict[str, Callable[[], bytes]] = {
    "export.csv": as_csv,
    "semicolons.csv": lambda: as_csv(";"),
    "tabs.csv": lambda: as_csv("\t"),
    "pipes.csv": lambda: as_csv("|"),
    "marked.csv": lambda: b"\xef\xbb\xbf" + as_csv(),
    "windows.csv": lambda: as_csv().replace(b"\n", b"\r\n").replace(b"|\r\n", b"|\n"),
    "export.csv.gz": lambda: gzip.compress(as_csv()),
    "EXPORT.CSV": as_csv,
    "export.jsonl": as_lines,
    "export.jsonl.gz": lambda: gzip.compress(as_lines()),
    "array.json": lambda: json.dumps(EXPORT, indent=2).encode(),
    "marked.json": lambda: b"\xef\xbb\xbf" + json.dumps(EXPORT).encode(),
    "objects.json": as_lines,
    "export.parquet": as_parquet,
}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_lands_the_same_rows(desk: Desk, name: str) -> None:
    landed = desk.land_one(f"events/{name}", FORMATS[name]())
    assert (landed.status, landed.row_count, landed.rejected_count, landed.note) == ("landed", 3, 0, "")
    rows = desk.rows()
    assert [(one["_file"], one["_row_id"], one["_loaded_at"]) for one in rows] == [
        (f"events/{name}", number, NOW) for number in (1, 2, 3)
    ]
    assert [(one["event_type"], one["occurred_at"]) for one in rows] == [
        ("page_viewed", datetime(2026, 1, 5, 10)),
        ("purchased", datetime(2026, 1, 6, 9, 30, 0, 250_000)),
        ("signed_up", datetime(2026, 1, 7)),
    ]
    assert [one["campaign"] for one in rows] == ['Winter,;\t|\n"Sale" ä', None, None]
    assert [one["user_id"] for one in rows] == ["u-1", "u-2", None]
    assert [one["email"] for one in rows] == [None, None, "Ä@b.example"]
    assert [one["revenue_amount"] and float(one["revenue_amount"]) for one in rows] == [None, 99.5, None]
    assert [one["attributes"] for one in rows] == [None, '{"plan":"pro"}', None]


GOOD, BAD = "page_viewed,2026-01-01,u-1,search\n", "page_viewed,soon,u-2,search\n"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("some.csv", HEADER + GOOD + BAD + GOOD),
        ("some.csv.gz", gzip.compress((HEADER + GOOD + BAD + GOOD).encode(), mtime=0)),
        (
            "some.jsonl",
            "".join(json.dumps({**EXPORT[0], "occurred_at": at}) + "\n" for at in ("2026-01-01", "soon", "2026-01-01")),
        ),
        ("some.json", json.dumps([{**EXPORT[0], "occurred_at": at} for at in ("2026-01-01", "soon", "2026-01-01")])),
    ],
)
def test_rows_in_are_rows_landed_and_rows_rejected(desk: Desk, name: str, content: str | bytes) -> None:
    landed = desk.land_one(f"events/{name}", content)
    assert (landed.status, landed.row_count, landed.rejected_count, landed.note) == ("landed", 2, 1, "1 row(s) rejected")
    assert len(desk.rows()) == 2
    (rejected,) = desk.rows("raw.rejected_rows", "line")
    assert (rejected["column_name"], rejected["reason"], rejected["event_type"]) == ("occurred_at", STAMP, "page_viewed")
    assert "soon" in rejected["raw_row"]


SALE = {**EXPORT[1], "currency": "eur", "occurred_at": "soon"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("some.csv", pd.DataFrame([EXPORT[0], SALE]).to_csv(index=False).encode()),
        ("some.jsonl", "".join(json.dumps(row) + "\n" for row in (EXPORT[0], SALE))),
        ("some.json", json.dumps([EXPORT[0], SALE])),
    ],
)
def test_a_rejected_row_is_kept_with_what_it_was_worth(desk: Desk, name: str, content: str | bytes) -> None:
    desk.land_one(f"events/{name}", content)
    (rejected,) = desk.rows("raw.rejected_rows", "line")
    assert (float(rejected["amount"]), rejected["currency"], rejected["is_in_cents"]) == (99.5, "EUR", False)


def test_what_a_rejected_row_was_worth_is_unknown_where_it_is_no_amount_or_no_income(desk: Desk) -> None:
    rows = [
        *(EXPORT[0], {**SALE, "revenue_amount": "much"}, {**SALE, "currency": "ada@home.example"}),
        {**SALE, "revenue_amount": None},
    ]
    desk.land_one("events/some.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    charges = (
        "id,created,status,amount,currency",
        "c1,2026-01-01,succeeded,100,eur",
        "c2,soon,failed,100,eur",
        "c3,soon,paid,100,eur",
    )
    desk.land_one("stripe/charges.csv", "\n".join(charges))
    found = [
        (one["amount"] and float(one["amount"]), one["currency"], one["is_in_cents"])
        for one in desk.rows("raw.rejected_rows", "source, line")
    ]
    unknown = (None, "EUR", False)
    assert found == [unknown, (99.5, None, False), unknown, (None, "EUR", True), (100.0, "EUR", True)]


REJECTED: dict[str, tuple[str, list[tuple[int, str | None, str]]]] = {
    "an unparseable time": (HEADER + GOOD + BAD, [(3, "occurred_at", STAMP)]),
    "a missing time": (HEADER + GOOD + "page_viewed,,u-1,\n", [(3, "occurred_at", "is missing")]),
    "a blank time": (HEADER + GOOD + "page_viewed,  ,u-1,\n", [(3, "occurred_at", "is missing")]),
    "a missing event type": (HEADER + GOOD + ",2026-01-01,u-1,\n", [(3, "event_type", "is missing")]),
    "a field too many": (HEADER + GOOD + "a,2026-01-01,u-1,b,more\n" + GOOD, [(3, None, "has 5 fields where the header has 4")]),
    "a field too few": (HEADER + GOOD + "a,2026-01-01,u-1\n" + GOOD, [(3, "channel", "has 3 fields where the header has 4")]),
    "a quoted line break before": (
        HEADER + 'page_viewed,2026-01-01,u-1,"two\nlines"\n' + BAD + '"a\n\n\nb",2026-01-01,u-1,\n' + BAD,
        [(4, "occurred_at", STAMP), (9, "occurred_at", STAMP)],
    ),
    "both kinds of fault": (
        HEADER + 'page_viewed,2026-01-01,u-1,"two\nlines"\n' + "a,b,c,d,e\n" + BAD + "a,b,c\n" + GOOD + BAD,
        [
            (4, None, "has 5 fields where the header has 4"),
            (5, "occurred_at", STAMP),
            (6, "channel", "has 3 fields where the header has 4"),
            (8, "occurred_at", STAMP),
        ],
    ),
    "no identifier": (
        HEADER + GOOD + "page_viewed,2026-01-01,,search\n",
        [
            (
                *(3, None),
                "has no identifier; fill at least one of user_id, anonymous_id, email, phone, device_id, crm_id, account_id",
            )
        ],
    ),
}


@pytest.mark.parametrize("case", REJECTED)
def test_a_bad_row_is_kept_with_its_line_and_its_reason(desk: Desk, case: str) -> None:
    content, expected = REJECTED[case]
    landed = desk.land_one("events/some.csv", content)
    assert desk.rejected() == expected
    assert landed.rejected_count == len(expected)
    assert landed.row_count == len(desk.rows()) >= 1


def test_a_revenue_that_is_no_number_is_said_so_without_repeating_it(desk: Desk) -> None:
    header = "event_type,occurred_at,user_id,revenue_amount\n"
    desk.land_one("events/some.csv", header + "purchased,2026-01-01,u,12.5\npurchased,2026-01-01,u,twelve\n")
    assert desk.rejected() == [(3, "revenue_amount", "is no number; write it as 1234.56")]


def test_a_line_that_is_no_json_object_is_one_rejected_row(desk: Desk) -> None:
    good = json.dumps(EXPORT[0])
    landed = desk.land_one("events/some.jsonl", f"{good}\n[1, 2]\n{good}\nnot json {{\n7\n{good}\n")
    assert (landed.row_count, landed.rejected_count) == (3, 3)
    assert desk.rejected() == [(line, None, "is not a JSON object") for line in (2, 4, 5)]


REFUSED: dict[str, tuple[str, bytes, str]] = {
    "no column for the time": (
        "some.csv",
        b"event_type,user_id\npage_viewed,u-1\n",
        "column occurred_at is missing (the file has: event_type, user_id); add it or rename the column that holds it",
    ),
    "neither required column": (
        "some.csv",
        b"what,user_id\npage_viewed,u-1\n",
        "column event_type and occurred_at is missing (the file has: what, user_id); add it or rename the column that holds it",
    ),
    "no column with an identifier": (
        "some.csv",
        b"event_type,occurred_at\npage_viewed,2026-01-01\n",
        "no identifier column (the file has: event_type, occurred_at); "
        "at least one of user_id, anonymous_id, email, phone, device_id, crm_id, account_id is needed",
    ),
    "a column twice": (
        "some.csv",
        b"event_type,occurred_at,User_ID,user_id\n",
        "column user_id stands twice in the header; rename or drop one",
    ),
    "a torn gzip file": ("some.csv.gz", gzip.compress((HEADER + GOOD * 9).encode())[:-12], TRUNCATED),
    "no gzip file at all": ("some.csv.gz", (HEADER + GOOD + GOOD).encode(), TRUNCATED),
    "a torn gzip file of lines": ("some.jsonl.gz", gzip.compress(as_lines())[:-12], TRUNCATED),
    "a torn parquet file": ("some.parquet", as_parquet()[:-20], "this is no complete Parquet file; export or copy it again"),
    "a parquet file without a time": (
        "some.parquet",
        parquet("select 'page_viewed' as event_type, 'u-1' as user_id"),
        "column occurred_at is missing (the file has: event_type, user_id); add it or rename the column that holds it",
    ),
    "only bad rows": (
        "some.csv",
        (HEADER + 'page_viewed,soon,u-1,"two\nlines"\n' + BAD).encode(),
        f"none of its 2 rows can be used; the first, line 2: occurred_at {STAMP}",
    ),
    "only broken lines": (
        "some.jsonl",
        b"one\ntwo\n",
        "none of its 2 rows can be used; the first, line 1: row is not a JSON object",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_file_that_cannot_be_used_is_refused_whole_and_told_why(desk: Desk, case: str) -> None:
    name, content, note = REFUSED[case]
    desk.put("events/good.csv", HEADER + GOOD)
    desk.put(f"events/{name}", content)
    found = desk.land()
    (refused,) = found.refused
    assert (refused.file, refused.note.partition(" (Compressed")[0].partition(" (Not a gzipped")[0]) == (f"events/{name}", note)
    assert (refused.row_count, refused.rejected_count) == (0, 0)
    assert [one["_file"] for one in desk.rows()] == ["events/good.csv"]
    assert desk.rejected() == []


def test_a_refused_file_is_tried_again_and_forgotten_when_it_is_mended(desk: Desk) -> None:
    desk.put("events/some.csv", "event_type,user_id\npage_viewed,u-1\n")
    assert len(desk.land().refused) == 1
    assert len(desk.land().refused) == 1
    assert landing.has_news(desk.settings)
    desk.put("events/some.csv", HEADER + GOOD)
    assert desk.land().refused == []
    assert [one["status"] for one in desk.rows("raw.landed_files", "file")] == ["landed"]
    assert not landing.has_news(desk.settings)


@pytest.mark.parametrize(
    ("content", "note"), [("", "the file is empty, it has not even a header"), (HEADER, "no rows"), (HEADER + "\n", "no rows")]
)
def test_a_file_without_rows_is_empty_and_no_fault(desk: Desk, content: str, note: str) -> None:
    landed = desk.land_one("events/some.csv", content)
    assert (landed.status, landed.note, landed.row_count, landed.rejected_count) == ("empty", note, 0, 0)
    assert desk.rows() == []


def test_the_same_bytes_under_another_name_add_nothing(desk: Desk) -> None:
    desk.put("events/a.csv", HEADER + GOOD)
    desk.put("events/b.csv", HEADER + GOOD)
    first, second = desk.land().files
    assert (first.status, first.row_count) == ("landed", 1)
    assert (second.status, second.note) == ("duplicate", "the same bytes as events/a.csv; adds nothing")
    assert len(desk.rows()) == 1


def test_a_repetition_lands_when_the_file_it_repeated_has_changed(desk: Desk) -> None:
    desk.put("events/a.csv", HEADER + GOOD)
    desk.put("events/b.csv", HEADER + GOOD)
    desk.land()
    desk.put("events/a.csv", HEADER + GOOD.replace("u-1", "u-2"))
    desk.land()
    assert [(one["_file"], one["user_id"]) for one in desk.rows()] == [("events/a.csv", "u-2"), ("events/b.csv", "u-1")]


def test_a_changed_file_replaces_its_own_rows_and_no_others(desk: Desk) -> None:
    desk.put("events/a.csv", HEADER + GOOD + BAD)
    desk.put("events/b.csv", HEADER + GOOD.replace("u-1", "u-9"))
    desk.land()
    desk.put("events/a.csv", HEADER + GOOD.replace("u-1", "u-2") + GOOD.replace("u-1", "u-3"))
    later = datetime(2026, 3, 2)
    (changed,) = desk.land(later).files
    assert (changed.file, changed.row_count) == ("events/a.csv", 2)
    assert [(one["user_id"], one["_loaded_at"]) for one in desk.rows()] == [("u-2", later), ("u-3", later), ("u-9", NOW)]
    assert desk.rejected() == []


def test_landing_again_changes_nothing(desk: Desk) -> None:
    desk.put("events/a.csv", HEADER + GOOD + BAD)
    desk.land()
    before = [desk.rows(), desk.rejected(), desk.rows("raw.landed_files", "file")]
    assert not landing.has_news(desk.settings)
    assert desk.land(datetime(2026, 4, 1)).files == []
    assert [desk.rows(), desk.rejected(), desk.rows("raw.landed_files", "file")] == before


def test_a_file_that_was_only_touched_lands_no_second_time(desk: Desk) -> None:
    path = desk.put("events/a.csv", HEADER + GOOD)
    desk.land()
    os.utime(path, (2_000_000_000, 2_000_000_000))
    assert landing.has_news(desk.settings)
    assert desk.land(datetime(2026, 4, 1)).files == []
    assert [one["_loaded_at"] for one in desk.rows()] == [NOW]
    assert not landing.has_news(desk.settings)


def test_a_run_that_dies_in_the_middle_of_a_file_leaves_nothing_of_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.put("events/a.csv", HEADER + GOOD)
    desk.land()
    desk.put("events/a.csv", HEADER + GOOD.replace("u-1", "u-2"))
    desk.put("events/b.csv", HEADER + GOOD + BAD)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(landing, "_kept_faults", die)
    with pytest.raises(KeyboardInterrupt):
        desk.land()
    assert [(one["_file"], one["user_id"]) for one in desk.rows()] == [("events/a.csv", "u-1")]
    monkeypatch.undo()
    desk.land()
    assert [(one["_file"], one["user_id"]) for one in desk.rows()] == [("events/a.csv", "u-2"), ("events/b.csv", "u-1")]
    assert desk.rejected() == [(3, "occurred_at", STAMP)]


def test_every_table_of_the_contract_exists_and_is_empty_without_files(desk: Desk) -> None:
    assert desk.land().files == []
    assert {table.table: desk.rows(table.table) for table in RAW_TABLES} == {table.table: [] for table in RAW_TABLES}


def test_what_is_in_the_wrong_place_is_warned_of_by_name(desk: Desk) -> None:
    desk.put("shopify/orders.csv", HEADER)
    desk.put("stray.csv", HEADER)
    desk.put("olist/prices.csv", HEADER)
    desk.put("events/report.xlsx", "x")
    desk.put("events/.hidden.csv", "x")
    desk.put("events/half.csv.part", "x")
    names = ", ".join(table.name for table in RAW_TABLES if table.source == "olist")
    assert desk.land().warnings == [
        f"folder shopify is no known source and was left alone; known: {', '.join(SOURCES)}",
        "file stray.csv lies outside of any source's folder and was left alone",
        f"file events/report.xlsx has no known format and was left alone; known: {', '.join(lines.FORMATS)}",
        f"file olist/prices.csv is no known table and was left alone; known: {names}",
    ]


def test_a_landing_folder_without_any_known_source_is_refused_with_an_example(desk: Desk) -> None:
    folder = desk.settings.landing
    (folder / "events").rmdir()
    with pytest.raises(UserError) as refusal:
        desk.land()
    assert str(refusal.value) == (
        f"The landing folder {folder} has no folder of a known source. Put the exports into sub-folders named after their "
        f"source ({', '.join(SOURCES)}), for example {folder / 'events' / 'web.csv'}."
    )


MOMENT = datetime(2026, 1, 5, 10, 30)
SECONDS = int(MOMENT.replace(tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-05T10:30:00Z", MOMENT),
        ("2026-01-05 10:30:00", MOMENT),
        ("2026-01-05T12:30:00+02:00", MOMENT),
        ("2026-01-05T05:00:00-0530", MOMENT),
        ("2026-01-05", datetime(2026, 1, 5)),
        ("20260105", datetime(2026, 1, 5)),
        ("20260105T103000Z", MOMENT),
        (str(SECONDS), MOMENT),
        (f"{SECONDS}.25", MOMENT.replace(microsecond=250_000)),
        (f"{SECONDS}000", MOMENT),
        (f"{SECONDS}000001", MOMENT.replace(microsecond=1)),
        (f"{SECONDS}000001999", MOMENT.replace(microsecond=1)),
    ],
)
def test_a_time_may_be_iso_with_or_without_a_zone_or_an_epoch_of_any_unit(desk: Desk, text: str, expected: datetime) -> None:
    desk.land_one("events/some.csv", HEADER + f"page_viewed,{text},u-1,\n")
    assert [one["occurred_at"] for one in desk.rows()] == [expected]


NO_TIMES = ("infinity", "epoch", "now", "2026-02-30", "2026-01-05T25:00:00", "12", "01/05/2026", "-1")


@pytest.mark.parametrize("text", NO_TIMES)
def test_what_only_looks_like_a_time_is_none(desk: Desk, text: str) -> None:
    desk.land_one("events/some.csv", HEADER + GOOD + f"page_viewed,{text},u-1,\n")
    assert desk.rejected() == [(3, "occurred_at", STAMP)]


def test_a_parquet_time_with_a_zone_lands_in_utc(desk: Desk) -> None:
    row = "'page_viewed' as event_type, timestamptz '2026-01-05 12:30:00+01' as occurred_at, 7 as user_id"
    desk.land_one("events/some.parquet", parquet(f"select {row}"))
    assert [(one["occurred_at"], one["user_id"]) for one in desk.rows()] == [(datetime(2026, 1, 5, 11, 30), "7")]


def test_a_row_without_a_critical_time_is_counted_for_the_event_that_its_table_dates(desk: Desk) -> None:
    header = "mql_id,seller_id,won_date\n"
    desk.land_one("olist/closed_deals.csv", header + "m-1,s-1,2026-01-01\nm-2,s-2,\n")
    rows = desk.rows("raw.rejected_rows", "line")
    assert [(one["event_source"], one["event_type"], one["reason"]) for one in rows] == [("olist", "deal_won", "is missing")]


def test_a_file_without_a_header_is_refused_without_repeating_its_first_row(desk: Desk) -> None:
    refused = desk.land_one("events/some.csv", "page_viewed,2026-01-01,ada,ada\npage_viewed,2026-01-02,ada,ada\n")
    assert refused.status == "refused"
    assert refused.note == (
        "none of the 4 fields of its first line is a known column; give it a header with at least event_type, occurred_at"
    )


def test_a_link_is_left_alone_and_named_whether_it_leads_to_a_file_or_a_folder(desk: Desk, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "a.csv").write_text(HEADER + GOOD)
    desk.put("events/good.csv", HEADER + GOOD.replace("u-1", "u-2"))
    folder = desk.settings.landing / "events"
    (folder / "file.csv").symlink_to(elsewhere / "a.csv")
    (folder / "inside.csv").symlink_to(folder / "good.csv")
    (folder / "nothing.csv").symlink_to(elsewhere / "gone.csv")
    (folder / "deep").symlink_to(elsewhere)
    (folder / "loop").symlink_to(folder)
    (desk.settings.landing / "zendesk").symlink_to(elsewhere)
    found = desk.land()
    assert [one.file for one in found.files] == ["events/good.csv"]
    told = [warning.split(" is a link")[0].split()[-1] for warning in found.warnings if "is a link" in warning]
    linked = ("file.csv", "inside.csv", "nothing.csv", "deep", "loop")
    assert sorted(told) == sorted(["zendesk", *(f"events/{name}" for name in linked)])


def test_a_folder_of_ads_alone_has_no_event(desk: Desk) -> None:
    content = "Campaign,Day,Impr.,Clicks,Cost,Currency code\nBrand,2026-01-01,10,1,1.00,EUR\n"
    assert desk.land_one("google_ads/campaign.csv", content).row_count == 1
    held = connection.row_counts(desk.settings, [raw.table for raw in RAW_TABLES])
    assert "only what ads cost (google_ads)" in landing.eventless(held)
    desk.put("events/a.csv", HEADER + GOOD)
    desk.land()
    assert landing.eventless(connection.row_counts(desk.settings, [raw.table for raw in RAW_TABLES])) == ""
