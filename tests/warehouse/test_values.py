"""What people and programs write is read as it was meant, or the row is rejected with a reason; nothing is half read."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import datetime
from typing import Any

import pytest

from tests.warehouse.test_landing import STAMP, Desk, desk, empty_home, parquet

__all__ = ["desk", "empty_home"]
KINDS = ("csv", "tsv", "jsonl", "parquet")
NOTHING = ("NULL", "null", r"\N", "NaN", "nan", "None", "N/A", "#N/A", "<NA>", " None ", "[]", "{}", '""')
UNCLEAR = "has a comma or a point that can be meant in two ways in this file; write 1234.56, without a sign between thousands"
SIGNS = "has a sign of one of several currencies; write the bare number, and the currency in a column of its own"
NO_NUMBER = "is no number; write it as 1234.56"
TOO_FINE = "has more decimals than the 4 that are kept"
TOO_MUCH = "is no plausible amount: a million millions or more; is it a time?"


def log(rows: list[dict[str, Any]], kind: str) -> str | bytes:
    """A log of these rows, each of a user and a day, as a file of a kind."""
    rows = [{"event_type": "seen", "occurred_at": "2026-01-05", "user_id": f"u-{place}"} | row for place, row in enumerate(rows)]
    names = list(dict.fromkeys(name for row in rows for name in row))
    if kind == "jsonl":
        return "".join(json.dumps(row) + "\n" for row in rows)
    if kind == "parquet":
        lines = json.dumps([{name: row.get(name) for name in names} for row in rows]).replace("'", "''")
        columns = ", ".join(f'object ->> \'$."{name}"\' as "{name}"' for name in names)
        return parquet(f"select {columns} from (select unnest('{lines}'::json[]) as object)")
    mark = "\t" if kind == "tsv" else ";"
    quoted = [['"' + str(row.get(name, "")).replace('"', '""') + '"' for name in names] for row in rows]
    return "".join(mark.join(line) + "\n" for line in [names, *quoted])


def by_file(desk: Desk, column: str) -> dict[str, list[Any]]:
    """The values of a column by file, in the order of the rows."""
    found: dict[str, list[Any]] = defaultdict(list)
    for row in desk.rows():
        found[row["_file"]].append(row[column])
    return found


def reasons(desk: Desk) -> dict[str, dict[int, str]]:
    """The reasons by file and line."""
    found: dict[str, dict[int, str]] = defaultdict(dict)
    for row in desk.rows("raw.rejected_rows", "file, line"):
        found[row["file"]][row["line"]] = row["reason"]
    return found


def test_what_says_that_there_is_nothing_is_empty_in_every_format(desk: Desk) -> None:
    named = ("email", "channel", "campaign", "device", "currency", "revenue_amount", "source")
    for kind in KINDS:
        desk.put(f"events/a.{kind}", log([dict.fromkeys(named, word) | {"plan": word} for word in NOTHING], kind))
    desk.land()
    assert desk.rejected() == []
    rows = desk.rows()
    assert [[row[name] for name in named] for row in rows] == [[None] * len(named)] * len(NOTHING) * len(KINDS)
    kept = [json.loads(row["attributes"])["plan"] for row in rows if row["attributes"]]
    assert kept == ["None", "N/A", "#N/A", "<NA>", "None", "[]", "{}"] * len(KINDS)


def test_a_row_whose_identifiers_time_or_type_say_that_there_is_nothing_is_rejected_as_an_empty_cell_is(desk: Desk) -> None:
    desk.put("events/a.csv", log([{}, {"user_id": "NULL"}, {"occurred_at": r"\N"}, {"event_type": "None"}], "csv"))
    desk.land()
    assert [(line, column, reason[:17]) for line, column, reason in desk.rejected()] == [
        (3, None, "has no identifier"),
        (4, "occurred_at", "is missing"),
        (5, "event_type", "is missing"),
    ]


def test_numbers_and_times_are_empty_by_more_words_than_texts_are(desk: Desk) -> None:
    rows = [{"revenue_amount": word, "campaign": word} for word in ("NA", "-", "--", "NaT", "nil")]
    desk.land_one("events/a.csv", log(rows, "csv"))
    assert [(row["revenue_amount"], row["campaign"]) for row in desk.rows()] == [(None, row["campaign"]) for row in rows]


def test_what_a_spreadsheet_could_not_reckon_is_empty_as_a_text_and_told_as_a_number_or_a_time(desk: Desk) -> None:
    rows = [{"channel": "#REF!", "device_id": "#REF!"}, {"revenue_amount": "#VALUE!"}, {"occurred_at": "#NAME?"}]
    desk.land_one("events/a.csv", log(rows, "csv"))
    assert [(row["channel"], row["device_id"]) for row in desk.rows()] == [(None, "#REF!")]
    assert desk.rejected() == [(3, "revenue_amount", NO_NUMBER), (4, "occurred_at", STAMP)]


PROPERTIES: dict[str, tuple[str, Any]] = {
    "an empty text": ('""', None),
    "blanks": ('"  \\t"', None),
    "MySQL's NULL": ('"\\\\N"', None),
    "the word null": ('"NULL"', None),
    "no number as a word": ('"nan"', None),
    "no number": ("NaN", None),
    "an infinite number": ("-Infinity", None),
    "a word that may be meant": ('"None"', "None"),
    "blanks around a text": ('" Pro \\n"', "Pro"),
    "a quote before a blank": ('"a\\" "', 'a"'),
    "a path": ('"C:\\\\n"', "C:\\n"),
    "text that looks like JSON": ('":NaN, \\":\\"\\", x"', ':NaN, ":"", x'),
    "numbers in a list": ('[1, NaN, "NaN"]', [1, None, "NaN"]),
    "members of an object": ('{"a": "", "b": Infinity, "c": " 2 "}', {"c": "2"}),
}


def test_properties_in_json_are_kept_tidily_and_as_json(desk: Desk) -> None:
    objects = [f'{{"plan": {written}, "number": {number}}}' for number, (written, _) in enumerate(PROPERTIES.values())]
    log_ = [f'{{"event_type": "seen", "occurred_at": "2026-01-05", "user_id": "u", {one[1:]}' for one in objects]
    cells = [one.replace('"', '""') for one in objects]
    desk.put("events/a.jsonl", "\n".join(log_))
    desk.put("zendesk/tickets.csv", "id,created_at,tags\n" + "".join(f'{n},2026-01-05,"{one}"\n' for n, one in enumerate(cells)))
    desk.land()
    texts = [row["attributes"] for row in desk.rows()]
    tickets = [row["tags"] for row in desk.rows("raw.zendesk__tickets")]
    for number, (case, (_, kept)) in enumerate(PROPERTIES.items()):
        expected = {"number": number} if kept is None else {"plan": kept, "number": number}
        assert [json.loads(text, parse_constant=pytest.fail) for text in (texts[number], tickets[number])] == [expected] * 2, case


def test_a_list_without_elements_is_empty(desk: Desk) -> None:
    desk.put("zendesk/tickets.csv", 'id,created_at,tags\n1,2026-01-05,[]\n2,2026-01-05,"[ ]"\n3,2026-01-05,"[""a""]"\n')
    desk.put("zendesk/tickets.jsonl", '{"id": 4, "created_at": "2026-01-05", "tags": []}\n')
    desk.put("zendesk/tickets.parquet", parquet("select 5 as id, date '2026-01-05' as created_at, []::varchar[] as tags"))
    desk.land()
    assert [row["tags"] for row in desk.rows("raw.zendesk__tickets", "ticket_id")] == [None, None, '["a"]', None, None]


def test_numbers_of_parquet_that_are_none_are_empty_and_published_as_json(desk: Desk) -> None:
    row = "'seen' as event_type, date '2026-01-05' as occurred_at, 'u' as user_id"
    for name in ("nan", "7", "inf", "-inf"):
        known = ", number as revenue_amount, number as device_id" if "inf" not in name else ""
        numbers = f"number as score, number::float as ratio, {{'deep': [number]}} as nested{known}"
        desk.put(f"events/{name}.parquet", parquet(f"select {row}, {numbers} from (select '{name}'::double as number)"))
    desk.land()
    found = {row["_file"][7:-8]: row for row in desk.rows()}
    nothing, seven = {"nested": {"deep": [None]}}, {"score": 7.0, "ratio": 7.0, "nested": {"deep": [7.0]}}
    attributes = {name: json.loads(row["attributes"], parse_constant=pytest.fail) for name, row in found.items()}
    assert attributes == {"nan": nothing, "7": seven, "inf": nothing, "-inf": nothing}
    assert [(found[name]["revenue_amount"], found[name]["device_id"]) for name in ("nan", "7")] == [(None, None), (7, "7")]


READ: dict[str, tuple[list[str], list[float | str]]] = {
    "decimal commas": (["49,90", "1.234,50", "1.299", "12", "-7,5", "0,125"], [49.9, 1234.5, 1299, 12, -7.5, 0.125]),
    "decimal commas and blanks between thousands": (["1 299,00", "1\u202f299,50 €", "€12"], [1299, 1299.5, 12]),
    "thousands by commas": (["1,299.00", "1,299", "$1,234,567", "-$4", "($4.50)"], [1299, 1299, 1234567, -4, -4.5]),
    "thousands by apostrophes": (["1'299.00", "CHF 12", "1\u2019000"], [1299, 12, 1000]),
    "India's thousands": (["₹1,23,456.00", "₹ 99"], [123456, 99]),
    "a sign alone": (["€49", "49 €"], [49, 49]),
    "points as ever": (["49.90", "1.234", ".5", "1e3", "+7"], [49.9, 1.234, 0.5, 1000, 7]),
    "a point and three decimals below one": (["1.234", "0.512"], [1.234, 0.512]),
    "two meanings in one column": (["49.90", "49,90", "1.234", "1,234", "7"], [49.9, UNCLEAR, UNCLEAR, UNCLEAR, 7]),
    "commas that may be either": (["1,234", "2,500", "7"], [UNCLEAR, UNCLEAR, 7]),
    "points that may be either": (["1.234", "2.500", "7"], [UNCLEAR, UNCLEAR, 7]),
    "two currencies in one column": (["€49", "$49", "7"], [SIGNS, SIGNS, 7]),
    "no numbers": (["7", "twelve", "1.5M", "5 kg", "50%", "12-5", "1,2,3", "--1", "-(5)"], [7, *[NO_NUMBER] * 8]),
    "noise of floats": (["49.900000000001", "19.989999999999998", "33.33333333333", "5.55e-17"], [49.9, 19.99, 33.3333, 0]),
    "more decimals than are kept": (["7", "0.00001", "0.00125", "-0.00004"], [7, TOO_FINE, TOO_FINE, TOO_FINE]),
    "more than anything costs": (["999999999999.9999", "1e12", "-1772355600000", "9" * 30], [999999999999.9999, *[TOO_MUCH] * 3]),
}


def test_amounts_are_read_as_their_column_is_written_or_told(desk: Desk) -> None:
    files = {f"events/{case}.{kind}": case for case in READ for kind in ("csv", "parquet")}
    for file, case in files.items():
        desk.put(file, log([{"revenue_amount": text} for text in READ[case][0]] + [{}], file.split(".")[-1]))
    desk.land()
    read, told = by_file(desk, "revenue_amount"), reasons(desk)
    for file, case in files.items():
        expected = READ[case][1]
        assert [float(one) for one in read[file] if one is not None] == [one for one in expected if not isinstance(one, str)], (
            file
        )
        first = 2 if file.endswith("csv") else 1
        assert told[file] == {line: reason for line, reason in enumerate(expected, first) if isinstance(reason, str)}, file


def test_a_number_in_json_has_a_decimal_point_whatever_texts_stand_beside(desk: Desk) -> None:
    rows = [{"revenue_amount": amount} for amount in (1.234, "1,299.00", "€5", 0.1 + 0.2)]
    desk.land_one("events/a.jsonl", log(rows, "jsonl"))
    desk.land_one("events/b.jsonl", log([{"revenue_amount": 1.234}, {"revenue_amount": "1.299,00"}], "jsonl"))
    assert [float(row["revenue_amount"]) for row in desk.rows()] == [1.234, 1299, 5, 0.3, 1.234]
    assert desk.rejected() == [(2, "revenue_amount", UNCLEAR)]


COUNTS: dict[str, tuple[list[str], list[int]]] = {
    "commas": (["1,299", "3.0", "7"], [1299, 3, 7]),
    "points": (["1.299", "2.000", "7"], [1299, 2000, 7]),
    "blanks": (["1 299 000", "7"], [1299000, 7]),
    "both": (["1,299", "1.299", "7"], [7]),
    "no counts": (["12.5", "1000000000000", "7"], [7]),
}


def test_counts_have_thousands_and_no_decimals(desk: Desk) -> None:
    for case, (written, _) in COUNTS.items():
        lines = [f'{case};2026-01-{day:02};"{text}"' for day, text in enumerate(written, 1)]
        desk.put(f"google_ads/{case}/campaign_stats.csv", "\n".join(["id;date;clicks", *lines]) + "\n")
    desk.land()
    rows = desk.rows("raw.google_ads__campaign_stats")
    found = {case: [row["clicks"] for row in rows if row["campaign_id"] == case] for case in COUNTS}
    assert found == {case: expected for case, (_, expected) in COUNTS.items()}


def test_a_currency_is_three_letters_or_a_sign_of_one(desk: Desk) -> None:
    good, bad = ("EUR", "eur", "€", "US$", ""), ("$", "¥", "Euro", "ada@example.com", "E" * 200)
    desk.put("events/a.csv", log([{"currency": text} for text in (*good, *bad)], "csv"))
    desk.land()
    assert [row["currency"] for row in desk.rows()] == ["EUR", "EUR", "EUR", "USD", None]
    told = "is no currency; write its three letters, as EUR"
    assert desk.rejected() == [(line, "currency", told) for line in range(7, 12)]


def test_an_identifier_that_a_column_of_floats_wrote_is_the_one_that_was_given_out(desk: Desk) -> None:
    names = ("user_id", "device_id", "crm_id", "event_id", "account_id", "phone")
    written = ("20001.0", "0049.0", "7.00", "1.0.0", "x.0", "1234567890123456.0")
    for kind in KINDS:
        desk.put(f"events/a.{kind}", log([dict.fromkeys((*names, "channel"), text) for text in written], kind))
    desk.land()
    kept = ("20001", "0049", *written[2:])
    assert [tuple(row[name] for name in names) for row in desk.rows()] == [(text,) * len(names) for text in kept] * len(KINDS)
    assert {row["channel"] for row in desk.rows()} == set(written)


def test_a_zone_is_one_that_a_clock_has(desk: Desk) -> None:
    good = ("+14:00", "-12:00", "+0545", "+05")
    bad = ("+14:01", "+15", "+25:00", "-12:30", "-1300", "+05:60", "+0575")
    desk.put("events/a.csv", log([{"occurred_at": f"2026-01-15T20:00:00{zone}"} for zone in (*good, *bad)], "csv"))
    desk.land()
    assert [row["occurred_at"].hour for row in desk.rows()] == [6, 8, 14, 15]
    assert desk.rejected() == [(line, "occurred_at", STAMP) for line in range(6, 13)]


def test_a_time_of_parquet_lands_whatever_its_unit(desk: Desk) -> None:
    units = ("timestamp", "timestamptz", "timestamp_s", "timestamp_ms", "timestamp_ns", "timestamptz_ns", "date", "varchar")
    for unit in units:
        time = f"'2026-01-05'::timestamp::{unit}"
        desk.put(f"events/{unit}.parquet", parquet(f"select 'seen' as event_type, '{unit}' as user_id, {time} as occurred_at"))
    desk.land()
    assert by_file(desk, "occurred_at") == {f"events/{unit}.parquet": [datetime(2026, 1, 5)] for unit in units}
