"""A column is found under whatever name, nesting and encoding a system hands it over, and a file that is not ready waits."""

from __future__ import annotations

import gzip
import json
import os
import random
import re
import threading
import time
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.warehouse.test_landing import NOW, Desk, desk, empty_home
from tests.world import town
from warehouse.contract import RawTable, moment, nested, text, whole
from warehouse.definitions.journey import load_journey
from warehouse.landing import landing, lines
from warehouse.landing.landing import table_of
from warehouse.sources import SOURCES

__all__ = ["desk", "empty_home"]  # the fixtures of the landing tests serve here too
HEADER = "event_type,occurred_at,user_id,channel"
USERS = "working.raw.zendesk__users"


def write_parquet(path: Path, query: str) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"copy ({query}) to '{path}' (format parquet)")


def users(desk: Desk) -> list[dict[str, Any]]:
    return desk.rows("raw.zendesk__users")


@pytest.mark.parametrize(
    "header",
    [
        "id,external_id,created_at,email",
        "Id,ExternalId,CreatedAt,EMAIL",
        "ID,External Id,Created At,E-Mail",
        '"""id""",`external_id`,created_at,email',
    ],
)
def test_case_and_punctuation_of_a_header_do_not_matter(desk: Desk, header: str) -> None:
    desk.land_one("zendesk/users.csv", f"{header}\n7,u-7,2026-01-01,a@x.example\n")
    (row,) = users(desk)
    assert (row["user_id"], row["external_id"], row["email"], row["attributes"]) == ("7", "u-7", "a@x.example", None)


def test_columns_may_come_in_any_order_be_new_or_be_missing_from_file_to_file(desk: Desk) -> None:
    desk.put("zendesk/users.1.csv", "id,email,plan\n1,a@x.example,pro\n")
    desk.put("zendesk/users.2.csv", "email,id\nb@x.example,2\n")
    desk.put("zendesk/users.3.jsonl", '{"id": 3, "seats": {"used": 4}}\n')
    desk.land()
    assert [(row["user_id"], row["email"], row["attributes"]) for row in users(desk)] == [
        ("1", "a@x.example", '{"plan":"pro"}'),
        ("2", "b@x.example", None),
        ("3", None, '{"seats":{"used":4}}'),
    ]


def test_a_column_may_change_its_type_from_file_to_file(desk: Desk) -> None:
    folder = desk.settings.landing / "zendesk"
    folder.mkdir()
    for name, value in {"users.int": "7::bigint", "users.text": "'7'", "users.float": "7.5::double"}.items():
        write_parquet(folder / f"{name}.parquet", f"select {value} as id, date '2026-01-02' as created_at")
    desk.land()
    assert sorted(row["user_id"] for row in users(desk)) == ["7", "7", "7.5"]
    assert {str(row["created_at"]) for row in users(desk)} == {"2026-01-02 00:00:00"}


def test_a_count_that_passed_through_a_spreadsheet_is_a_whole_number(desk: Desk) -> None:
    landed = desk.land_one(
        "google_ads/campaign_stats.csv", "id,date,clicks,impressions\n1,2026-01-01,3.0,1e2\n1,2026-01-02,3.5,1\n"
    )
    assert (landed.row_count, landed.rejected_count) == (1, 1)
    (row,) = desk.rows("raw.google_ads__campaign_stats")
    assert (row["clicks"], row["impressions"]) == (3, 100)


NESTED = {"id": 9, "via": {"channel": "mail", "source": {"rel": "x"}}, "created_at": "2026-01-01", "tags": ["a", "b"]}


@pytest.mark.parametrize("shape", ["jsonl", "wrapped", "csv", "parquet"])
def test_a_nested_value_is_found_and_the_rest_of_its_object_is_kept(desk: Desk, shape: str) -> None:
    folder = desk.settings.landing / "zendesk"
    folder.mkdir()
    if shape == "jsonl":
        (folder / "tickets.jsonl").write_text(json.dumps(NESTED) + "\n")
    elif shape == "wrapped":
        (folder / "tickets.jsonl").write_text(json.dumps({"_airbyte_ab_id": "x", "_airbyte_data": NESTED}) + "\n")
    elif shape == "csv":
        via, tags = (json.dumps(NESTED[name]).replace('"', '""') for name in ("via", "tags"))
        (folder / "tickets.csv").write_text(f'id,via,created_at,tags\n9,"{via}",2026-01-01,"{tags}"\n')
    else:
        (folder / "source.json").write_text(json.dumps(NESTED))
        write_parquet(folder / "tickets.parquet", f"from read_json('{folder / 'source.json'}')")
        (folder / "source.json").unlink()
    (landed,) = desk.land().files
    assert (landed.row_count, landed.rejected_count, landed.note) == (1, 0, "")
    (row,) = desk.rows("raw.zendesk__tickets")
    assert (row["ticket_id"], row["via_channel"], json.loads(row["tags"])) == ("9", "mail", ["a", "b"])
    assert json.loads(row["attributes"]) == {"via": {"source": {"rel": "x"}}}


def test_a_text_that_should_be_json_and_is_not_is_told(desk: Desk) -> None:
    desk.land_one("zendesk/tickets.csv", "id,created_at,tags\n1,2026-01-01,[a\n2,2026-01-01,[]\n")
    assert desk.rejected() == [(2, "tags", "is no JSON")]


GREETING = "Grüße – “ja” €"
LINES = [HEADER, *(f"seen,2026-01-0{day},u-{day},{GREETING}" for day in (1, 2, 3))]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le-mark", "utf-32", "cp1252"])
@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.jsonl", "a.jsonl.gz", "a.json"])
def test_a_file_is_read_whatever_its_encoding(desk: Desk, encoding: str, name: str) -> None:
    if ".csv" in name:
        content = "\r\n".join(LINES) + "\r\n"
    else:
        records = [dict(zip(HEADER.split(","), line.split(","), strict=True)) for line in LINES[1:]]
        lines = [json.dumps(record, ensure_ascii=False) for record in records]
        content = "[" + ",\n".join(lines) + "]" if name.endswith(".json") else "\n".join(lines) + "\n"
    raw = b"\xff\xfe" + content.encode("utf-16-le") if encoding == "utf-16-le-mark" else content.encode(encoding)
    landed = desk.land_one(f"events/{name}", gzip.compress(raw) if name.endswith(".gz") else raw)
    assert (landed.status, landed.row_count, landed.rejected_count) == ("landed", 3, 0), landed.note
    assert [row["channel"] for row in desk.rows()] == [GREETING] * 3
    assert not list(desk.settings.home.glob(f"{landing.COPIES}*"))
    assert ("Windows-1252" in landed.note) == (encoding == "cp1252")


def test_lines_of_two_encodings_in_one_file_are_read_each_as_it_is_and_counted(desk: Desk) -> None:
    lines = [LINES[0].encode(), LINES[1].encode(), LINES[2].encode("cp1252"), LINES[3].encode(), b"seen,2026-01-04,u-4,\x81"]
    landed = desk.land_one("events/a.csv", b"\n".join(lines) + b"\n")
    assert landed.note == "2 line(s) were not UTF-8 and were read as Windows-1252"
    assert [row["channel"] for row in desk.rows()] == [GREETING] * 3 + ["\x81"]


@pytest.mark.parametrize("ends", ["\n\r\n", "\r\n\n", "\r\n\r\n\n\r\n"])
def test_line_ends_of_two_kinds_in_one_file_are_line_ends(desk: Desk, ends: str) -> None:
    kinds = re.findall("\r\n|\n", ends)
    lines = [*LINES, 'seen,2026-01-04,u-4,"quoted"', "seen,2026-01-05,u-5,plain"]
    content = "".join(line + kinds[number % len(kinds)] for number, line in enumerate(lines))
    landed = desk.land_one("events/a.csv", content)
    assert (landed.row_count, landed.rejected_count, landed.note) == (5, 0, "")
    assert [row["channel"] for row in desk.rows()][-2:] == ["quoted", "plain"]


def test_a_rejected_row_of_a_file_in_another_encoding_has_its_line(desk: Desk) -> None:
    lines = [LINES[0], LINES[1], f'seen,2026-01-02,u-2,"two\n{GREETING}"', "seen,never,u-3,x"]
    desk.land_one("events/a.csv", "\n".join(lines).encode("cp1252"))
    assert desk.rejected() == [(5, "occurred_at", "is no timestamp; write ISO 8601 or an epoch")]


def test_a_file_that_grows_waits_for_the_next_run_and_then_lands_whole(desk: Desk) -> None:
    path = desk.put("events/growing.csv", LINES[0] + "\n")
    desk.put("events/still.csv", "\n".join(LINES[:2]) + "\n")
    done = threading.Event()

    def write() -> None:
        for number in range(100):
            with path.open("a", encoding="utf-8") as growing:
                growing.write(f"seen,2026-01-01,u-{number},x\n")
            time.sleep(0.01)
        done.set()

    thread = threading.Thread(target=write)
    thread.start()
    found = landing.land(desk.settings, load_journey(town.JOURNEY), now=NOW, settle_seconds=0.3)
    assert {file.file: file.status for file in found.files} == {"events/growing.csv": "waiting", "events/still.csv": "landed"}
    assert "still being written" in next(file.note for file in found.files if file.status == "waiting")
    thread.join()
    assert done.is_set()
    assert {row["_file"] for row in desk.rows()} == {"events/still.csv"}
    (landed,) = landing.land(desk.settings, load_journey(town.JOURNEY), now=NOW, settle_seconds=0.1).files
    assert (landed.status, landed.row_count) == ("landed", 100)


def test_a_file_that_changes_while_it_is_read_leaves_what_it_landed_before(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    path = desk.put("events/a.csv", "\n".join(LINES) + "\n")
    desk.land()
    path.write_text(f"{HEADER}\nseen,2026-01-09,u-9,x\n")
    read = landing._read_into

    def read_slowly(*arguments: Any) -> Any:
        report = read(*arguments)
        with path.open("a") as growing:
            growing.write("seen,2026-01-10,u-10,x\n")
        return report

    monkeypatch.setattr(landing, "_read_into", read_slowly)
    (waiting,) = desk.land().files
    assert waiting.status == "waiting"
    assert len(desk.rows()) == 3
    monkeypatch.undo()
    desk.land()
    assert [row["user_id"] for row in desk.rows()] == ["u-9", "u-10"]


@pytest.mark.parametrize("name", ["a.csv.tmp", "a.csv.part", "a.csv.crdownload", ".a.csv", "~a.csv"])
def test_a_name_that_programs_give_to_unfinished_files_is_left_alone(desk: Desk, name: str) -> None:
    desk.put(f"events/{name}", "\n".join(LINES))
    assert desk.land().files == []


@pytest.mark.parametrize(
    ("source", "name", "table"),
    [
        ("zendesk", "tickets.csv", "tickets"),
        ("zendesk", "Ticket.csv", "tickets"),
        ("zendesk", "ticket.2026-01.csv", "tickets"),
        ("zendesk", "ticket_data.csv", "tickets"),
        ("zendesk", "zendesk-ticket_2026_01_31.csv.gz", "tickets"),
        ("zendesk", "ticket_field_history_data.csv", "ticket_field_history"),
        ("zendesk", "brand.csv", None),
        ("google_ads", "adwords_campaign_stats_20260101.parquet", "campaign_stats"),
        ("events", "whatever.csv", "events"),
    ],
)
def test_a_table_is_told_by_the_beginning_of_the_file_name(tmp_path: Path, source: str, name: str, table: str | None) -> None:
    path = tmp_path / name
    path.write_text("a,b\n")
    found = table_of(SOURCES[source], path)
    assert (found.name if found else None) == table


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_a_table_of_the_plain_log_is_told_by_its_header(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"export.{suffix}"
    record = {"customer_id": "c", "signup_date": "2026-01-01", "feature_name": "f", "usage_timestamp": None}
    if suffix == "jsonl":
        path.write_text(json.dumps(record) + "\n")
    elif suffix == "csv":
        path.write_text(",".join(record) + "\n" + ",".join(value or "" for value in record.values()) + "\n")
    else:
        (tmp_path / "one.jsonl").write_text(json.dumps(record))
        write_parquet(path, f"from read_json('{tmp_path / 'one.jsonl'}')")
    found = table_of(SOURCES["events"], path)
    assert found is not None
    assert found.name == "feature_uses"


def test_many_files_of_no_known_table_are_told_in_one_line(desk: Desk) -> None:
    for name in ("brand", "group", "macro", "schedule"):
        desk.put(f"zendesk/{name}.csv", "id\n1\n")
    (warning,) = desk.land().warnings
    assert warning.startswith(
        "4 files are no known table and were left alone (zendesk/brand.csv, zendesk/group.csv, zendesk/macro.csv and 1 more)"
    )


def test_a_folder_may_have_another_name_of_its_source(desk: Desk) -> None:
    desk.land_one("AdWords/campaign_stats.csv", "id,date\n1,2026-01-01\n")
    (row,) = desk.rows("raw.google_ads__campaign_stats")
    assert row["_file"] == "AdWords/campaign_stats.csv"


def mangled(random_: random.Random, count: int) -> tuple[str, int]:
    """A CSV of `count` records, some of them broken in ways that leave it clear where a record ends; and how many there are."""
    lines = [HEADER]
    for number in range(count):
        fields = ["seen", f"2026-01-{1 + number % 28:02}", f"u-{number}", "x"]
        kind = random_.randrange(12)
        if kind < 4:
            fields[kind] = random_.choice(["", "nonsense", "9" * 40, "2026-99-99", "\x00", "ÿ", "'", "1e400", "NaN", "null"])
        elif kind == 4:
            del fields[random_.randrange(4)]
        elif kind == 5:
            fields.insert(random_.randrange(4), "more")
        elif kind == 6:
            fields[3] = '"several\nlines, and ""quotes"""'
        elif kind == 7:
            fields[3] = "x" * random_.randrange(1, 70_000)
        lines.append(",".join(fields))
        if kind == 8:
            lines.append("")
    return random_.choice(["\n", "\r\n"]).join(lines) + random_.choice(["", "\n"]), count


@pytest.mark.parametrize("seed", range(25))
def test_rows_in_are_rows_landed_and_rows_rejected(desk: Desk, seed: int) -> None:
    content, count = mangled(random.Random(seed), 60)
    landed = desk.land_one("events/a.csv", content)
    assert landed.status == "landed"
    assert landed.row_count + landed.rejected_count == count
    assert landed.row_count == len(desk.rows())
    assert landed.rejected_count == len(desk.rejected()) > 0
    assert all(reason and line > 1 for line, _, reason in desk.rejected())


def test_a_repeated_column_that_means_nothing_here_is_kept_under_a_number(desk: Desk) -> None:
    desk.land_one("zendesk/users.csv", "id,colour,colour\n1,red,blue\n")
    (row,) = users(desk)
    assert json.loads(row["attributes"]) == {"colour": "red", "colour_2": "blue"}


@pytest.mark.parametrize("nested", [{}, {"via": {"channel": ""}}])
def test_taking_a_nested_value_leaves_no_empty_objects_behind(desk: Desk, nested: dict[str, Any]) -> None:
    record = {"id": 1, "created_at": "2026-01-01", "note": 'says "x":{}, and {,'} | nested
    desk.land_one("zendesk/tickets.jsonl", json.dumps(record) + "\n")
    (row,) = desk.rows("raw.zendesk__tickets")
    assert (row["via_channel"], json.loads(row["attributes"])) == (None, {"note": 'says "x":{}, and {,'})


def test_an_empty_value_gives_way_to_one_under_another_name_in_json_too(desk: Desk) -> None:
    desk.land_one(
        "zendesk/tickets.jsonl", '{"id": 1, "created_at": "2026-01-01", "via_channel": " ", "via": {"channel": "mail"}}\n'
    )
    (row,) = desk.rows("raw.zendesk__tickets")
    assert row["via_channel"] == "mail"


def test_json_is_stored_as_text_and_where_a_row_came_from_stands_last() -> None:
    table = RawTable("s", "t", (text("id", "key"), moment("at"), whole("n"), nested("o")), stems=())
    assert table.ddl["o"] == "VARCHAR"
    assert list(table.ddl)[-4:] == ["attributes", "_file", "_row_id", "_loaded_at"]


def test_a_value_under_the_second_name_counts_where_the_first_is_empty(desk: Desk) -> None:
    desk.land_one("zendesk/ticket_comment.csv", "id,ticket_id,created,author_id,user_id\n1,2,2026-01-01,,7\n2,2,2026-01-01,8,9\n")
    assert [row["author_id"] for row in desk.rows("raw.zendesk__ticket_comments")] == ["7", "8"]


TIMES = {
    "2026-03-04 05:06:07": "2026-03-04 05:06:07",
    "2026/03/04": "2026-03-04 00:00:00",
    "2026-03-04T05:06:07.123456789Z": "2026-03-04 05:06:07.123456",
    "2026-03-04 05:06:07 -0500": "2026-03-04 10:06:07",
    "2026-03-04T05:06:07Z": "2026-03-04 05:06:07",
    "2026-03-04T05:06:07+02:00": "2026-03-04 03:06:07",
    "2026-03-04T05:06:07.5+0530": "2026-03-03 23:36:07.500000",
    "2026-03-04 05:06:07-03": "2026-03-04 08:06:07",
    "2026-03-04 05:06:07 Europe/Berlin": "2026-03-04 04:06:07",
    "2026-03-04 05:06:07 UTC": "2026-03-04 05:06:07",
    "2026-03-04 05:06:07 +0000 UTC": "2026-03-04 05:06:07",
    "20260304050607": "2026-03-04 05:06:07",
    "202603040506": "2026-03-04 05:06:00",
    "20260304": "2026-03-04 00:00:00",
    "1772600767": "2026-03-04 05:06:07",
    "1772600767000": "2026-03-04 05:06:07",
    "1772600767000.0": "2026-03-04 05:06:07",
    "1772600767000000": "2026-03-04 05:06:07",
    "1772600767000000000": "2026-03-04 05:06:07",
    "946684800000": "2000-01-01 00:00:00",
}


@pytest.mark.parametrize("written", TIMES)
def test_a_time_is_read_as_it_is_meant(desk: Desk, written: str) -> None:
    landed = desk.land_one("events/a.csv", f"{HEADER}\nseen,{written},u,x\n")
    assert landed.status == "landed", landed.note
    assert str(desk.rows()[0]["occurred_at"]) == TIMES[written]


NO_TIMES = ("1/5/26", "44-03-15", "03/04/2026", "9223372036854775808", "2026-02-30", "12:00", "-1", "Jan 5 2026")


@pytest.mark.parametrize("written", NO_TIMES)
def test_what_may_be_meant_in_two_ways_or_is_no_time_is_one_rejected_row(desk: Desk, written: str) -> None:
    landed = desk.land_one("events/a.csv", f"{LINES[0]}\n{LINES[1]}\nseen,{written},u,x\n")
    assert (landed.row_count, landed.rejected_count) == (1, 1)
    assert desk.rejected() == [(3, "occurred_at", "is no timestamp; write ISO 8601 or an epoch")]


def test_a_quote_that_is_never_closed_is_one_rejected_row_and_swallows_none(desk: Desk) -> None:
    tail = "\n".join(f"seen,2026-01-02,u-{number}," + "x" * 90 for number in range(3000))
    landed = desk.land_one("events/a.csv", f'{HEADER}\n{LINES[1]}\nseen,2026-01-02,u,"open\n{tail}')
    assert (landed.row_count, landed.rejected_count) == (3001, 1)
    assert desk.rejected() == [(3, None, lines.UNCLOSED)]


def test_unnamed_columns_are_kept_under_their_place(desk: Desk) -> None:
    desk.land_one("zendesk/users.csv", ",id,foo,FOO,foo_2,\n0,1,a,b,c,d\n")
    (row,) = users(desk)
    assert row["user_id"] == "1"
    assert set(json.loads(row["attributes"]).values()) == {"0", "a", "b", "c", "d"}


def test_no_character_of_a_file_name_stands_for_others(desk: Desk) -> None:
    for name, user in (("a[1].csv", "u-1"), ("a1.csv", "u-2"), ("a*.csv", "u-3"), ("b?.csv", "u-4"), ("bb.csv", "u-5")):
        desk.put(f"events/{name}", f"{HEADER}\nseen,2026-01-01,{user},x\n")
    desk.land()
    assert {row["_file"]: row["user_id"] for row in desk.rows()} == {
        "events/a[1].csv": "u-1",
        "events/a1.csv": "u-2",
        "events/a*.csv": "u-3",
        "events/b?.csv": "u-4",
        "events/bb.csv": "u-5",
    }


def test_a_file_that_turns_out_to_be_another_table_leaves_nothing_in_the_first(desk: Desk) -> None:
    desk.land_one("events/a.csv", "\n".join(LINES) + "\n")
    desk.land_one("events/a.csv", "customer_id,signup_date,feature_name,usage_timestamp\nc,2026-01-01,f,2026-01-02\n")
    assert (desk.rows(), len(desk.rows("raw.events__feature_uses"))) == ([], 1)


def test_blank_lines_before_and_between_are_no_records_and_lines_are_counted_as_they_stand(desk: Desk) -> None:
    landed = desk.land_one("events/a.csv", f"\n\n{LINES[0]}\n{LINES[1]}\n\n\nseen,never,u,x\n")
    assert (landed.row_count, landed.rejected_count) == (1, 1)
    assert desk.rejected()[0][0] == 7


def test_a_flipped_byte_of_a_gzip_is_refused_in_words(desk: Desk) -> None:
    packed = bytearray(gzip.compress(("\n".join(LINES) * 2000).encode()))
    packed[len(packed) // 2] ^= 0xFF
    landed = desk.land_one("events/a.csv.gz", bytes(packed))
    assert (landed.status, "gzip" in landed.note) == ("refused", True)


OUR_WORDS = (
    *("record", "_inner", "line", "object", "_values", "file_row_number", "_row_id", "_file", "_loaded_at", "attributes"),
    *("__record__", "__value_0__", "__value_1__", "__inner__", "__rest__", "field_0", "field_1", "column_name", "whole", "fault"),
)


@pytest.mark.parametrize("name", OUR_WORDS)
@pytest.mark.parametrize("suffix", ["csv", "parquet", "jsonl"])
def test_a_column_may_be_called_what_we_call_things(desk: Desk, name: str, suffix: str) -> None:
    (desk.settings.landing / "zendesk").mkdir()
    path = desk.settings.landing / "zendesk" / f"tickets.{suffix}"
    record = {"id": "1", "created_at": "2026-01-01", name: "5", "via": {"channel": "mail"}}
    if suffix == "jsonl":
        path.write_text(json.dumps(record))
    elif suffix == "csv":
        path.write_text(f'id,created_at,{name},via\n1,2026-01-01,5,"{{""channel"": ""mail""}}"\n')
    else:
        write_parquet(path, f"select '1' as id, '2026-01-01' as created_at, '5' as \"{name}\", {{'channel': 'mail'}} as via")
    desk.land()
    (row,) = desk.rows("raw.zendesk__tickets")
    assert (row["ticket_id"], row["via_channel"]) == ("1", "mail")
    assert json.loads(row["attributes"]) == {name: "5"}


@pytest.mark.parametrize("is_first_true", [True, False])
def test_a_row_is_deleted_if_either_the_vendor_or_the_connector_says_so(desk: Desk, is_first_true: bool) -> None:
    flags = "true,false" if is_first_true else "false,true"
    desk.land_one("zendesk/users.csv", f"id,is_deleted,_fivetran_deleted\n1,{flags}\n2,false,false\n3,,\n")
    desk.land_one("zendesk/users.jsonl", '{"id": 4, "deleted": false, "_fivetran_deleted": true}\n')
    assert [row["is_deleted"] for row in users(desk)] == [True, False, None, True]


def test_keys_of_json_may_be_spelt_in_any_case_too(desk: Desk) -> None:
    desk.land_one("events/a.jsonl", '{"EVENT_TYPE": "seen", "Occurred At": "2026-01-01", "USER_ID": "u-1", "Basket": "b"}\n')
    (row,) = desk.rows()
    assert (row["event_type"], row["user_id"], row["attributes"]) == ("seen", "u-1", '{"Basket":"b"}')


@pytest.mark.parametrize("name", ["a.json", "a.json.gz", "a.ndjson", "a.ndjson.gz"])
def test_a_broken_line_of_json_by_lines_is_one_rejected_row_whatever_the_name(desk: Desk, name: str) -> None:
    good = {"event_type": "seen", "occurred_at": "2026-01-01", "user_id": "u-1"}
    content = "\n".join([json.dumps(good), '{"event_type": "cut', json.dumps(good | {"user_id": "u-2"})]).encode()
    landed = desk.land_one(f"events/{name}", gzip.compress(content) if name.endswith(".gz") else content)
    assert (landed.row_count, landed.rejected_count) == (2, 1)


def test_tab_separated_values_are_read(desk: Desk) -> None:
    assert desk.land_one("events/a.tsv", "event_type\toccurred_at\tuser_id\nseen\t2026-01-01\tu-1\n").row_count == 1


def test_an_id_that_went_through_a_float_column_is_the_id(desk: Desk) -> None:
    (desk.settings.landing / "zendesk").mkdir()
    write_parquet(desk.settings.landing / "zendesk" / "users.parquet", "select unnest([7.0, 12345678901.0, 7.5]::double[]) as id")
    desk.land()
    assert [row["user_id"] for row in users(desk)] == ["7", "12345678901", "7.5"]


def test_a_file_name_that_is_not_utf8_is_named_and_left_alone(desk: Desk) -> None:
    desk.put("events/good.csv", "\n".join(LINES[:2]))
    (Path(os.fsdecode(os.fsencode(desk.settings.landing) + b"/events/b\xe4r.csv"))).write_text("x")
    found = desk.land()
    assert [file.file for file in found.files] == ["events/good.csv"]
    assert "not UTF-8" in found.warnings[0]


def test_a_correction_of_another_table_in_another_encoding_leaves_nothing_in_the_first(desk: Desk) -> None:
    desk.land_one("events/a.jsonl", json.dumps({"event_type": "seen", "occurred_at": "2026-01-01", "user_id": "u"}))
    use = {"customer_id": "c", "signup_date": "2026-01-01", "feature_name": "Grüße", "usage_timestamp": "2026-01-02"}
    desk.land_one("events/a.jsonl", json.dumps(use, ensure_ascii=False).encode("cp1252"))
    assert (desk.rows(), [row["feature_name"] for row in desk.rows("raw.events__feature_uses")]) == ([], ["Grüße"])


@pytest.mark.parametrize("suffix", ["jsonl.gz", "json.gz", "csv.gz"])
def test_a_gzip_damaged_near_its_beginning_is_refused_in_words(desk: Desk, suffix: str) -> None:
    packed = bytearray(gzip.compress("\n".join(f"{number * 7919}" for number in range(5000)).encode()))
    packed[200:204] = b"\xff\xff\xff\xff"
    landed = desk.land_one(f"events/a.{suffix}", bytes(packed))
    assert (landed.status, "gzip" in landed.note) == ("refused", True)


def test_what_a_killed_run_left_of_a_file_is_taken_away(desk: Desk) -> None:
    left = desk.settings.home / f"{landing.COPIES}abc"
    left.mkdir()
    (left / "contact.csv").write_text("email\nada@lovelace.example\n")
    desk.land_one("events/a.csv", "\n".join(LINES))
    assert not left.exists()


def test_an_empty_object_of_a_record_is_kept_where_nothing_is_taken_out_of_objects(desk: Desk) -> None:
    record = {"event_type": "seen", "occurred_at": "2026-01-01", "user_id": "u", "basket": {}}
    desk.land_one("events/a.jsonl", json.dumps(record))
    assert json.loads(desk.rows()[0]["attributes"]) == {"basket": {}}


@pytest.mark.parametrize("inside", ["\n", "\r\n"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_header_with_a_line_break_within_quotes_lands_its_rows(desk: Desk, inside: str, end: str) -> None:
    rows = [f'{HEADER},"Notes{inside}(free text)"', *(f"seen,2026-01-0{day},u-{day},web,x" for day in (1, 2, 3))]
    landed = desk.land_one("events/a.csv", end.join(rows) + end)
    assert (landed.row_count, landed.rejected_count) == (3, 0), landed.note
    assert [row["user_id"] for row in desk.rows()] == ["u-1", "u-2", "u-3"]


def test_a_file_of_which_nothing_can_be_read_replaces_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.land_one("events/a.csv", "\n".join(LINES))
    monkeypatch.setattr(landing, "_read_into", lambda *_: landing._Read(0))
    landed = desk.land_one("events/a.csv", "\n".join(LINES[:2]) + "\n")
    assert (landed.status, "1 records stand in it and 0 could be read" in landed.note) == ("refused", True)
    assert len(desk.rows()) == 3


LOG = "event_type,occurred_at,user_id,revenue_amount,channel"


def logged(count: int) -> list[str]:
    return [f"seen,2026-01-02T{number // 60:02}:{number % 60:02}:00,u{number},{number}.5,web {number}" for number in range(count)]


STRAYS = ({400: '"27 inch'}, {400: '"27 inch', 700: '27 inch"'}, {0: '"a', 1: 'b"'}, {5: '"x', 6: '"y', 9: 'z"'})


@pytest.mark.parametrize("strays", STRAYS)
def test_a_quote_left_open_costs_its_own_row(desk: Desk, strays: dict[int, str]) -> None:
    rows = logged(1000)
    for number, stray in strays.items():
        rows[number] = rows[number].rpartition(",")[0] + "," + stray
    torn = [number for number, stray in strays.items() if stray.startswith('"')]
    for place, (delimiter, end) in enumerate(product(",;\t|", ("\n", "\r\n"))):
        content = end.join([LOG, *rows, 'seen,2026-01-03,last,1,"two\n\nlines"']).replace(",", delimiter) + end
        desk.put(f"events/{place}.csv", content)
    files = desk.land().files
    assert {(one.row_count, one.rejected_count) for one in files} == {(1001 - len(torn), len(torn))}, files[0].note
    assert [line for line, _, _ in desk.rejected()] == [number + 2 for number in torn] * 8
    assert [row["channel"] for row in desk.rows() if row["user_id"] == "last"] == ["two\n\nlines"] * 8


def test_a_quote_left_open_does_not_swallow_the_beginning_of_a_text(desk: Desk) -> None:
    rows = [f"seen,2026-01-02,u{number},web,phone,EUR" for number in range(50)]
    rows += ['seen,2026-01-03,torn,web,phone,"', 'seen,2026-01-03,next,"', '",phone,EUR']
    rows += ['seen,2026-01-04,whole,"one', "two", 'three",phone,"EUR']
    rows += ["seen,2026-01-04,between,web,phone,EUR", 'seen,2026-01-05,after,"', '",phone,EUR']
    content = "\n".join(["event_type,occurred_at,user_id,channel,device,currency", *rows]) + "\n"
    landed = desk.land_one("events/a.csv", content)
    assert [row["user_id"] for row in desk.rows()][50:] == ["next", "between", "after"], landed.note
    assert [line for line, _, _ in desk.rejected()] == [52, 55, 56, 57]


def test_two_quotes_left_open_cost_their_own_rows_in_a_file_of_few(desk: Desk) -> None:
    names = "event_type;occurred_at;user_id;email;revenue_amount;currency;note"
    rows = [
        "order paid;2026-01-29 10:32:50;u1;a@x.example;73.14;;",
        'seen;2026-02-24T14:25:43;u2;;;;"',
        'seen;2026-01-18;u3;;;EUR;"',
    ]
    landed = desk.land_one("events/a.csv", "\n".join([names, *rows]) + "\n")
    assert (landed.row_count, landed.rejected_count) == (1, 2), landed.note


def test_texts_of_several_lines_land_whole_whatever_stands_in_them(desk: Desk) -> None:
    texts = ["Hello, world\nBest, Max", "a,b\nc,d,e\n\n", "\n", 'said ""hi""\n, and ""bye""', "one,2026-01-01\ntwo"]
    rows = [f'seen,2026-01-02,u{number},1,"{text}"' for number, text in enumerate(texts * 5)]
    landed = desk.land_one("events/a.csv", "\n".join([LOG, *rows]) + "\n")
    assert (landed.row_count, landed.rejected_count, landed.note) == (25, 0, "")
    assert [row["channel"] for row in desk.rows()][0:4:3] == [texts[0], 'said "hi"\n, and "bye"']


@pytest.mark.parametrize(
    ("above", "passed"),
    [
        ("sep=;\n", 1),
        ('"sep=;"\r\n', 1),
        ("Event export of March\n", 1),
        ('Report;;\n"1 March 2026 - 31 March 2026";;\n\nAll accounts;;\n', 3),
        ("\n\n", 0),
    ],
)
def test_what_stands_above_a_table_is_passed_over_and_told(desk: Desk, above: str, passed: int) -> None:
    rows = ["event_type;occurred_at;email", "visited;2026-03-01;a@x.example", "visited;soon;b@x.example"]
    landed = desk.land_one("events/a.csv", above + "\n".join(rows) + "\n")
    assert (landed.row_count, landed.rejected_count) == (1, 1), landed.note
    assert (f"{passed} line(s) before the header" in landed.note) == bool(passed)
    assert desk.rejected()[0][0] == above.count("\n") + 3


def test_a_file_with_a_title_that_lacks_a_column_is_told_which(desk: Desk) -> None:
    landed = desk.land_one("events/a.csv", "Report of March\nevent_type,user_id\nvisited,u\n")
    assert "column occurred_at is missing" in landed.note


GOOGLE = """Campaign report
"1 March 2026 - 2 March 2026"
Campaign state,Campaign,Day,Currency code,Impr.,Clicks,Cost
Enabled,Brand,2026-03-01,EUR,100,7,12.50
Enabled,Brand,2026-03-02,EUR,90, --,1.50
Total: Campaigns, --, --,EUR,190,7,14.00
Total: Account, --, --,EUR,190,7,14.00
"""
META = """Reporting starts,Reporting ends,Campaign name,Day,Impressions,Link clicks,Amount spent (EUR)
2026-03-01,2026-03-02,,,300,9,20.00
2026-03-01,2026-03-01,Brand,2026-03-01,200,6,15.00
2026-03-02,2026-03-02,Brand,2026-03-02,100,3,5.00
"""


@pytest.mark.parametrize(
    ("name", "content", "totals"), [("google_ads/campaign.csv", GOOGLE, 2), ("meta_ads/Campaigns report.csv", META, 1)]
)
def test_totals_of_a_report_are_left_out_and_are_no_loss(desk: Desk, name: str, content: str, totals: int) -> None:
    landed = desk.land_one(name, content)
    assert (landed.row_count, landed.rejected_count) == (2, 0), landed.note
    assert f"{totals} row(s) that add up others left out" in landed.note


# A record of JSON within a record of JSON is told by no name but the connector's.
@pytest.mark.parametrize(
    ("suffix", "payload"),
    [
        ("jsonl", "_airbyte_data"),
        *((suffix, name) for suffix in ("csv", "parquet") for name in ("_airbyte_data", "data", "record")),
    ],
)
def test_a_raw_table_of_a_connector_is_unwrapped(desk: Desk, suffix: str, payload: str) -> None:
    (desk.settings.landing / "zendesk").mkdir()
    path = desk.settings.landing / "zendesk" / f"tickets.{suffix}"
    record = json.dumps({"id": 9, "created_at": "2026-01-01", "via": {"channel": "mail"}, "plan": "pro"})
    if suffix == "csv":
        doubled = record.replace('"', '""')
        path.write_text(f'_airbyte_raw_id,_airbyte_extracted_at,{payload}\nx,2026-02-01 00:00:00,"{doubled}"\n')
    elif suffix == "jsonl":
        path.write_text(json.dumps({"_airbyte_raw_id": "x", "_airbyte_extracted_at": "2026-02-01", payload: json.loads(record)}))
    else:
        write_parquet(path, f"select 'x' as _airbyte_raw_id, '2026-02-01' as _airbyte_extracted_at, '{record}' as {payload}")
    (landed,) = desk.land().files
    (row,) = desk.rows("raw.zendesk__tickets")
    assert (row["ticket_id"], row["via_channel"], json.loads(row["attributes"])) == ("9", "mail", {"plan": "pro"}), landed.note
    assert str(row["synced_at"]) == "2026-02-01 00:00:00"


@pytest.mark.parametrize("suffix", ["json", "jsonl"])
def test_half_a_character_costs_itself_alone_and_the_last_of_two_equal_keys_counts(desk: Desk, suffix: str) -> None:
    stem = '{"event_type": "seen", "occurred_at": "2026-01-01", '
    records = [
        stem + r'"user_id": "a", "note": "cut \ud83d emoji \\ud83d \ud83d\ude00"}',
        stem + r'"user_id": "b", "note": "nul \u0000 byte"}',
        stem + '"user_id": "c", "user_id": "d", "note": "x", "note": "y"}',
    ]
    content = "[" + ",\n".join(records) + "]" if suffix == "json" else "\n".join(records)
    landed = desk.land_one(f"events/a.{suffix}", content)
    assert (landed.row_count, landed.rejected_count) == (3, 0), landed.note
    assert [row["user_id"] for row in desk.rows()] == ["a", "b", "d"]
    notes = [json.loads(row["attributes"])["note"] for row in desk.rows()]
    assert notes == ["cut  emoji \\ud83d 😀", "nul \0 byte", "y"]


@pytest.mark.parametrize("suffix", ["csv", "parquet", "jsonl"])
def test_folders_below_the_landing_folder_say_columns_and_those_above_it_none(desk: Desk, suffix: str, tmp_path: Path) -> None:
    above = tmp_path / "source=prod" / "user_id=nobody"
    folder = above / "events" / "event_type=seen" / "dt=2026-03-01" / "plan=a%20b"
    folder.mkdir(parents=True)
    record = {"occurred_at": "2026-01-01", "email": "a@x.example"}
    if suffix == "csv":
        (folder / "part.csv").write_text("occurred_at,email\n2026-01-01,a@x.example\n")
    elif suffix == "jsonl":
        (folder / "part.jsonl").write_text(json.dumps(record))
    else:
        write_parquet(folder / "part.parquet", "select '2026-01-01' as occurred_at, 'a@x.example' as email")
    settings = replace(desk.settings, landing=above)
    (landed,) = Desk(settings).land().files
    (row,) = desk.rows()
    assert (row["event_type"], row["source"], row["user_id"]) == ("seen", None, None), landed.note
    assert json.loads(row["attributes"]) == {"dt": "2026-03-01", "plan": "a b"}


def test_a_gzip_padded_with_zeros_is_read(desk: Desk) -> None:
    landed = desk.land_one("events/a.csv.gz", gzip.compress("\n".join(LINES).encode()) + b"\0" * 700)
    assert (landed.row_count, landed.rejected_count, landed.note) == (3, 0, "")


def test_a_gzip_that_unpacks_without_measure_is_refused_with_its_place(desk: Desk) -> None:
    member = gzip.compress(b"\0" * lines.CHUNK_BYTES * 16)
    content = gzip.compress("\n".join(LINES).encode()) + member * 17
    landed = desk.land_one("events/a.csv.gz", content)
    assert (landed.status, "more than 200 times its size" in landed.note, "line 4" in landed.note) == ("refused", True, True)


def test_a_file_of_like_rows_packs_well_and_lands(desk: Desk) -> None:
    content = gzip.compress((HEADER + "\n" + (LINES[1] + "\n") * 100_000).encode())
    assert desk.land_one("events/a.csv.gz", content).row_count == 100_000
