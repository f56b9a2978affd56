"""The order of files is that of their names, whenever they came, and the ids of a log order it only where they count up."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

import duckdb
import pytest

from warehouse.contract import ID_TYPES
from warehouse.landing.order import SPACE, counting_prefix, natural, places
from warehouse.sources.events import EVENTS

NAMES = [f"{folder}/part-{number}.csv" for folder in ("app", "till", "web") for number in range(1, 61)]


@pytest.mark.parametrize("seed", range(20))
def test_places_are_in_natural_order_whatever_came_when(seed: int) -> None:
    dice = random.Random(seed)
    names = dice.sample(NAMES, len(NAMES))
    known: dict[str, int | None] = {}
    moved = 0
    while names:
        count = dice.randint(1, 9)
        arrived, names = names[:count], names[count:]
        known |= dict.fromkeys(arrived)
        given = places(known)
        moved += any(place not in (None, given[name]) for name, place in known.items())
        assert sorted(given, key=lambda name: given[name]) == sorted(given, key=natural)
        assert len(set(given.values())) == len(given)
        assert 0 <= min(given.values()) <= max(given.values()) < SPACE
        known = dict(given)
    assert moved <= 3


def test_part_2_comes_before_part_10() -> None:
    assert sorted(["b-10.csv", "b-9.csv", "a-2.csv", "b-007.csv"], key=natural) == ["a-2.csv", "b-007.csv", "b-9.csv", "b-10.csv"]


def test_a_file_a_day_between_two_others_fits_for_three_months_and_then_all_get_other_places() -> None:
    known: dict[str, int | None] = dict(places({"app/0.csv": None, "web/0.csv": None}))
    days, moved = 0, False
    while not moved:
        days += 1
        given = places(known | {f"app/{days}.csv": None})
        moved = any(given[name] != place for name, place in known.items())
        assert sorted(given, key=lambda name: given[name]) == sorted(given, key=natural)
        known = dict(given)
    assert days > 90


def test_files_that_come_backwards_in_time_get_places_too() -> None:
    known: dict[str, int | None] = {}
    for day in range(20_000, 0, -500):
        known = dict(places(known | {f"{number}.csv": None for number in range(day, day - 500, -1)}))
    assert sorted(known, key=lambda name: known[name] or 0) == [f"{number}.csv" for number in range(1, 20_001)]


def prefix_of(ids: list[str | None], minutes: list[int] | None = None) -> str | None:
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as working; create schema working.raw")
        connection.execute("create table working.raw.events__events (event_id varchar, occurred_at timestamp, _file varchar)")
        first = datetime(2026, 1, 1)
        rows: list[list[Any]] = [
            [one, first + timedelta(minutes=minute), "a.csv"] for one, minute in zip(ids, minutes or range(len(ids)), strict=True)
        ]
        connection.executemany("insert into working.raw.events__events values (?, ?, ?)", rows)
        return counting_prefix(connection, EVENTS, "a.csv")


def test_ids_count_up_when_all_are_one_text_and_a_number_that_rises_with_time() -> None:
    assert prefix_of([str(number) for number in range(1801, 1830)]) == ""
    assert prefix_of([f"shop-2-{number}" for number in range(9, 40)]) == "shop-2-"
    assert prefix_of(["c-2", "c-1", "c-3"], [7, 7, 7]) == "c-"
    dice = random.Random(1)
    assert prefix_of([f"{dice.getrandbits(128):032x}" for _ in range(50)]) is None
    assert prefix_of([str(dice.getrandbits(50)) for _ in range(200)]) is None
    assert prefix_of(["a-1", "b-2", "a-3"]) is None
    assert prefix_of(["a-1", None, "a-3"]) is None
    assert prefix_of(["order", "visit"]) is None
    assert len(ID_TYPES) == 7  # a person's label in the key of a log names each of them once
