"""The estimator of times until something happens, against scipy's on many random lists at once."""

from __future__ import annotations

import random
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import numpy as np
import pytest
from scipy import stats

from warehouse.settings import PROJECT

MACROS = PROJECT / "dbt_project" / "macros" / "survival.sql"
Subjects = list[tuple[int, bool]]
FRACTIONS = (0.1, 0.25, 0.5, 0.9, 0.95)


def rendered(call: str, macros: Path = MACROS) -> str:
    """What a call of the macros says in SQL."""
    text = macros.read_text(encoding="utf-8") + "{{ " + call + " }}"
    return jinja2.Environment(autoescape=False).from_string(text).render()


def lists(count: int = 600, seed: int = 5) -> dict[int, Subjects]:
    """Subjects by group: full of ties, few or many, none or all or some of them censored."""
    dice = random.Random(seed)
    found = {}
    for group in range(count):
        spread, censored = dice.choice((1, 4, 30)), dice.choice((0.0, 0.2, 0.5, 0.9, 1.0))
        size = dice.choice((1, 2, 3, 10, 40))
        found[group] = [(dice.randrange(spread + 1), dice.random() >= censored) for _ in range(size)]
    return found


@pytest.fixture(scope="module")
def groups() -> dict[int, Subjects]:
    return lists()


@pytest.fixture(scope="module")
def curves(groups: dict[int, Subjects]) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with the tables `curve` and `quantiles` of all lists; group 0 is named NULL, as an unknown channel is."""
    subjects = [(group or None, duration, happened) for group, own in groups.items() for duration, happened in own]
    quantiles = ", ".join(
        f"{rendered(f'survival_quantile({fraction}, {side!r})')} as q{index}_{name}"
        for index, fraction in enumerate(FRACTIONS)
        for side, name in (("", "time"), ("-", "low"), ("+", "high"))
    )
    with duckdb.connect() as connection:
        connection.execute("create table subjects (name integer, duration double, happened boolean)")
        values = ", ".join(f"({name or 'null'}, {duration}, {happened})" for name, duration, happened in subjects)
        connection.execute(f"insert into subjects values {values}")
        connection.execute("create table asked as select name, 17.5 as duration from subjects group by name")
        ctes = rendered("survival_curve('own', 'subjects', ['name'], 'duration', 'happened', 'asked')")
        areas = rendered("survival_areas('own', ['name'])")
        connection.execute(f"create table curve as with {ctes}, {areas} select * from own_areas")
        connection.execute(f"create table quantiles as select name, {quantiles} from curve group by name")
        yield connection


def by_group(connection: duckdb.DuckDBPyConnection, sql: str) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {}
    result = connection.execute(sql)
    names = [column[0] for column in result.description or []]
    for values in result.fetchall():
        row = dict(zip(names, values, strict=True))
        found.setdefault(row["name"] or 0, []).append(row)
    return found


def expected(subjects: Subjects) -> tuple[Any, Any]:
    """scipy's curve and its interval; without a single event it has none."""
    data = stats.CensoredData(
        uncensored=[duration for duration, happened in subjects if happened],
        right=[duration for duration, happened in subjects if not happened],
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of every curve that begins at 1 or ends at 0
        curve = stats.ecdf(data).sf
        return curve, curve.confidence_interval(method="log-log")


def test_the_curve_and_its_interval_are_scipys(curves: duckdb.DuckDBPyConnection, groups: dict[int, Subjects]) -> None:
    found = by_group(curves, "select * from curve order by name, duration")
    assert found.keys() == groups.keys()
    within = 0
    for group, own in groups.items():
        times = sorted({17.5, *(float(duration) for duration, happened in own if happened)})
        curve, interval = expected(own)
        rate, low, high = (side.evaluate(np.array(times)) for side in (curve, interval.low, interval.high))
        assert [row["duration"] for row in found[group]] == times
        for index, (at, row) in enumerate(zip(times, found[group], strict=True)):
            assert row["at_risk_count"] == sum(duration >= at for duration, _ in own)
            assert row["event_count"] == sum(happened and duration == at for duration, happened in own)
            assert row["total_event_count"] == sum(happened and duration <= at for duration, happened in own)
            assert abs(row["survival_rate"] - rate[index]) < 1e-12
            if 1e-12 < row["survival_rate"] < 1 - 1e-12:
                within += 1
                assert abs(row["survival_low"] - low[index]) < 1e-7
                assert abs(row["survival_high"] - high[index]) < 1e-7
            else:
                assert (row["survival_low"], row["survival_high"]) == (None, None)
    assert within > 1000


def test_whoever_was_the_last_one_leaves_exactly_nobody(curves: duckdb.DuckDBPyConnection, groups: dict[int, Subjects]) -> None:
    ends = curves.execute("select count(*) from curve where survival_rate < 1e-6").fetchall()
    assert curves.execute("select count(*) from curve where survival_rate = 0").fetchall() == ends
    assert ends > [(100,)]


def test_a_quantile_is_the_first_time_at_which_it_happened_to_so_many(
    curves: duckdb.DuckDBPyConnection, groups: dict[int, Subjects]
) -> None:
    found = by_group(curves, "select * from quantiles")
    unknown = 0
    for group, own in groups.items():
        curve, interval = expected(own)
        times = np.array(sorted({float(duration) for duration, happened in own if happened}))
        sides = {name: side.evaluate(times) for name, side in (("time", curve), ("low", interval.low), ("high", interval.high))}
        for index, fraction in enumerate(FRACTIONS):
            row = found[group][0]
            first = {
                name: next((at for at, left in zip(times, side, strict=True) if left <= 1 - fraction + 1e-9), None)
                for name, side in sides.items()
            }
            # scipy's interval has no end where nobody is left; there the low one is the time itself.
            first["low"] = first["time"] if first["low"] is None else first["low"]
            assert {name: row[f"q{index}_{name}"] for name in first} == first
            unknown += first["time"] is None
    assert unknown > 300


def test_the_area_is_the_mean_time_within_the_limit(curves: duckdb.DuckDBPyConnection, groups: dict[int, Subjects]) -> None:
    found = by_group(curves, "select * from curve where duration = 17.5")
    for group, own in groups.items():
        curve, _ = expected(own)
        whole = np.sum(curve.evaluate(np.arange(18.0)) * np.append(np.ones(17), 0.5))
        assert found[group][0]["restricted_mean"] == pytest.approx(whole, abs=1e-6)


def test_without_anybody_censored_the_mean_time_within_the_limit_is_the_mean(curves: duckdb.DuckDBPyConnection) -> None:
    ((compared, off),) = curves.execute("""
        with plain as (
            select name, avg(least(duration, 17.5)) as mean_time from subjects group by name having bool_and(happened)
        )
        select count(*), max(abs(plain.mean_time - curve.restricted_mean))
        from plain inner join curve on plain.name = curve.name and curve.duration = 17.5
    """).fetchall()
    assert compared > 50
    assert off < 1e-6


def test_the_macros_say_nothing_but_portable_sql() -> None:
    sql = rendered("survival_curve('own', 'subjects', ['name'], 'duration', 'happened')")
    assert re.findall(r"\b(asof|list_|unnest|lambda|quantile)", sql) == []
