"""Sessions, paths and what is counted of them, for ten thousand random lists of events, beside plain Python that knows no SQL.

The references read the events as published and follow the words of the definitions, a list at a time.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import groupby, pairwise
from math import floor, sqrt
from typing import Any

import jinja2
import numpy as np
import pytest
from scipy.stats import false_discovery_control, norm

from tests.world import strangers as town
from tests.world.build import World
from warehouse.settings import PROJECT

BEHAVIOUR = {"looked", "tried", "asked"}
FEWEST = 30


@dataclass(frozen=True)
class Event:
    """One event as published, with what its row said of the device."""

    event_id: int
    line: int
    event_type: str
    at: datetime
    session_id: int | None
    device_id: str
    device: str
    campaign: str


Paths = dict[int, list[Event]]
Key = tuple[Any, ...]


@pytest.fixture(scope="module")
def paths(strangers: World) -> Paths:
    """What each customer did, in order."""
    told = town.rows()
    lines = {int(row["number"]): line for line, row in enumerate(town.rows_in_file())}
    found: Paths = defaultdict(list)
    sql = "select event_id, customer_id, event_type, occurred_at, session_id, attributes from marts.fct_events"
    for row in strangers.rows(sql):
        number = int(json.loads(row["attributes"])["number"])
        row_told = told[number]
        event = Event(
            row["event_id"],
            lines[number],
            row["event_type"],
            row["occurred_at"],
            row["session_id"],
            row_told["device_id"],
            row_told["device"],
            row_told["campaign"],
        )
        found[row["customer_id"]].append(event)
    for path in found.values():
        path.sort(key=lambda event: (event.at, event.line))
    assert len(found) == town.PEOPLE
    assert sum(map(len, found.values())) == len(told)
    return dict(found)


def hours(earlier: datetime, later: datetime) -> float:
    return (later - earlier) / timedelta(hours=1)


def visits(path: list[Event]) -> Iterable[list[Event]]:
    """The sessions of one path: by device, a new one after more than the gap; one that lasts too long is cut."""
    by_device: dict[str, list[Event]] = defaultdict(list)
    for event in path:
        if event.event_type in BEHAVIOUR:
            by_device[event.device_id].append(event)
    for events in by_device.values():
        session = [events[0]]
        for event in events[1:]:
            if event.at - session[-1].at > town.GAP:
                yield from cut(session)
                session = []
            session.append(event)
        yield from cut(session)


def cut(session: list[Event]) -> Iterable[list[Event]]:
    return (list(part) for _, part in groupby(session, lambda event: floor((event.at - session[0].at) / town.MOST_SPAN)))


def test_sessions_are_those_that_a_walk_along_each_list_finds(strangers: World, paths: Paths) -> None:
    built: dict[int, set[int]] = defaultdict(set)
    for path in paths.values():
        for event in path:
            if event.session_id is not None:
                built[event.session_id].add(event.event_id)
    walked = [session for path in paths.values() for session in visits(path)]
    assert {frozenset(ids) for ids in built.values()} == {frozenset(event.event_id for event in one) for one in walked}
    rows = strangers.rows("select session_id, started_at, ended_at, event_count from marts.fct_sessions")
    expected = {frozenset(event.event_id for event in one): (one[0].at, one[-1].at, len(one)) for one in walked}
    assert len(rows) == len(walked) > 10_000
    assert {
        frozenset(built[row["session_id"]]): (row["started_at"], row["ended_at"], row["event_count"]) for row in rows
    } == expected
    (continued,) = strangers.column("select count(*) from marts.fct_sessions where is_continued")
    assert continued > 50  # else the cut is not seen


def test_transitions_between_events_are_those_that_a_walk_finds(strangers: World, paths: Paths) -> None:
    moves: dict[tuple[str, str], list[float]] = defaultdict(list)
    customers: dict[tuple[str, str], set[int]] = defaultdict(set)
    leaving: Counter[str] = Counter()
    for customer, path in paths.items():
        for one, other in pairwise(path):
            pair = (one.event_type, other.event_type)
            moves[pair].append(hours(one.at, other.at))
            customers[pair].add(customer)
            leaving[pair[0]] += 1
    rows = strangers.rows("select * from marts.rpt_transitions where level = 'event_type'")
    assert len(rows) == len(moves) == 25
    for row in rows:
        pair = (row["from_name"], row["to_name"])
        assert (row["transition_count"], row["customer_count"]) == (len(moves[pair]), len(customers[pair]))
        assert row["share"] == pytest.approx(len(moves[pair]) / leaving[pair[0]])
        assert row["median_hours"] == pytest.approx(np.quantile(moves[pair], 0.5))
        assert row["p95_hours"] == pytest.approx(np.quantile(moves[pair], 0.95))


def anchors(path: list[Event]) -> dict[str, int]:
    """Where each milestone is first reached in a path, and -1 for its beginning."""
    found: dict[str, int] = {"path_start": -1}
    looks: list[datetime] = []
    for place, event in enumerate(path):
        if event.event_type == "looked":
            found.setdefault("look", place)
            if looks and event.at - looks[-1] <= timedelta(hours=1.2):
                found.setdefault("second_look", place)
            looks.append(event.at)
        if event.event_type in ("tried", "asked"):
            found.setdefault("try", place)
        for milestone, kinds in {"buy": {"bought"}, "leaves": {"left"}, "ask": {"asked"}, "wander": {"looked", "tried"}}.items():
            if event.event_type in kinds:
                found.setdefault(milestone, place)
    if "buy" in found:
        bought_at = path[found["buy"]].at
        for place, event in enumerate(path):
            if event.event_type == "left" and event.at >= bought_at:  # of one moment any order counts
                found.setdefault("leave", place)
    return found


def name_at(path: list[Event], place: int) -> str:
    if place < 0:
        return "path_start"
    return path[place].event_type if place < len(path) else "path_end"


@cache
def steps_of(anchor: str) -> range:
    return range(11) if anchor == "path_start" else range(-5, 11)


def test_the_step_matrix_is_the_one_that_a_walk_finds(strangers: World, paths: Paths) -> None:
    cells: Counter[tuple[str, int, str]] = Counter()
    totals: Counter[str] = Counter()
    for path in paths.values():
        for anchor, place in anchors(path).items():
            totals[anchor] += 1
            cells.update((anchor, step, name_at(path, place + step)) for step in steps_of(anchor))
    rows = strangers.rows("select * from marts.rpt_step_matrix")
    assert {(row["anchor"], row["step"], row["name"]): row["customer_count"] for row in rows} == dict(cells)
    assert set(totals) == {"path_start", "look", "second_look", "try", "buy", "leave", "leaves", "ask", "wander"}
    assert {row["path_count"] for row in rows if row["anchor"] == "leave"} == {totals["leave"]}
    assert totals["leave"] < totals["buy"] < totals["path_start"] == town.PEOPLE
    for row in rows:
        assert row["share"] == pytest.approx(row["customer_count"] / totals[row["anchor"]])


def test_every_column_of_the_step_matrix_adds_up_to_one(strangers: World) -> None:
    sums = strangers.column("select sum(share) from marts.rpt_step_matrix group by anchor, step")
    assert len(sums) == 11 + 8 * 16
    assert sums == pytest.approx([1.0] * len(sums))


def converted_at(path: list[Event]) -> datetime | None:
    return min((event.at for event in path if event.event_type == "bought"), default=None)


def opening(path: list[Event]) -> list[Event]:
    """The first six events that differ from the one before them."""
    return [event for place, event in enumerate(path) if place == 0 or event.event_type != path[place - 1].event_type][:6]


def test_the_most_common_openings_are_those_that_a_walk_finds(strangers: World, paths: Paths) -> None:
    groups: dict[str, list[tuple[bool, float]]] = defaultdict(list)
    for path in paths.values():
        steps = opening(path)
        text = " → ".join(event.event_type for event in steps)
        groups[text].append((converted_at(path) is not None, hours(path[0].at, steps[-1].at)))
    common = sorted(groups, key=lambda text: (-len(groups[text]), text))
    rows = strangers.rows("select * from marts.rpt_paths where level = 'event_type' order by path_rank nulls last")
    assert [row["path"] for row in rows] == [*common[:50], None]
    assert [row["path_rank"] for row in rows] == [*range(1, 51), None]
    for row in rows[:50]:
        found = groups[row["path"]]
        assert (row["customer_count"], row["converted_count"]) == (len(found), sum(bought for bought, _ in found))
        assert row["step_count"] == row["path"].count("→") + 1
        assert row["median_hours"] == pytest.approx(np.quantile([took for _, took in found], 0.5))
    others = [one for text in common[50:] for one in groups[text]]
    assert (rows[50]["customer_count"], rows[50]["converted_count"]) == (len(others), sum(bought for bought, _ in others))
    assert sum(row["share"] for row in rows) == pytest.approx(1.0)
    assert (
        sum(row["revenue_amount"] for row in rows) == strangers.column("select sum(revenue_amount) from marts.dim_customers")[0]
    )


def test_the_paths_through_stages_are_the_visits_in_order(strangers: World) -> None:
    stays: dict[int, list[str]] = defaultdict(list)
    for row in strangers.rows(
        "select customer_id, stage from marts.fct_stage_intervals where stage_set = 'life' order by customer_id, entered_at"
    ):
        stays[row["customer_id"]].append(row["stage"])
    expected = Counter(" → ".join(stages[:8]) for stages in stays.values())
    rows = strangers.rows("select * from marts.rpt_paths where level = 'stage' and stage_set = 'life' and path is not null")
    assert {row["path"]: row["customer_count"] for row in rows} == dict(expected)
    assert len(expected) > 5
    assert sum(row["share"] for row in rows) == pytest.approx(1.0)


def test_exits_are_the_last_events_of_visits(strangers: World, paths: Paths) -> None:
    customers: dict[str, set[int]] = defaultdict(set)
    had: Counter[str] = Counter()
    ended: Counter[str] = Counter()
    visitors = set()
    for customer, path in paths.items():
        for session in visits(path):
            visitors.add(customer)
            ended[session[-1].event_type] += 1
            for kind in {event.event_type for event in session}:
                had[kind] += 1
                customers[kind].add(customer)
    rows = {row["event_type"]: row for row in strangers.rows("select * from marts.rpt_exits")}
    assert set(rows) == BEHAVIOUR
    for kind, row in rows.items():
        assert (row["customer_count"], row["visit_count"], row["exit_count"]) == (len(customers[kind]), had[kind], ended[kind])
        assert row["reach_rate"] == pytest.approx(len(customers[kind]) / len(visitors))
        assert row["exit_rate"] == pytest.approx(ended[kind] / had[kind])
        assert (row["exit_low"], row["exit_high"]) == pytest.approx(wilson(ended[kind], had[kind]), abs=1e-6)
        assert row["weight"] == pytest.approx(row["reach_rate"] * row["exit_rate"])
    heaviest = sorted(rows, key=lambda kind: -rows[kind]["weight"])
    assert [rows[kind]["exit_rank"] for kind in heaviest] == [1, 2, 3]


def sides(paths: Paths, comparison: str) -> Iterable[tuple[str, int, datetime, datetime]]:
    """Who is compared on which side, from when until when."""
    always = (datetime(1, 1, 1), datetime(9999, 12, 31))
    newer = max(path[-1].at for path in paths.values()) - timedelta(days=20)
    spans = {
        "days": {
            "left": (datetime(2026, 1, 1), datetime(2026, 2, 1)),
            "right": (datetime(2026, 2, 1), datetime(2026, 4, 1)),
        },
        "latest": {"left": (newer - timedelta(days=20), newer), "right": (newer, datetime(9999, 12, 31))},
    }
    if comparison in spans:
        yield from ((side, customer, *span) for customer in paths for side, span in spans[comparison].items())
    else:
        for customer, path in paths.items():
            value = path[0].device if comparison == "devices" else path[0].campaign
            side = {"phone": "left", "tablet": "right", "rare": "left", "seldom": "right"}.get(value)
            if side:
                yield (side, customer, *always)


def compared_moves(paths: Paths, comparison: str) -> tuple[Counter[Key], Counter[Key]]:
    """The first move from each type of event, by side, from and to; and by side and from."""
    cells: Counter[Key] = Counter()
    totals: Counter[Key] = Counter()
    for side, customer, starts_at, ends_at in sides(paths, comparison):
        seen: set[str] = set()
        for one, other in pairwise(paths[customer]):
            if starts_at <= other.at < ends_at and one.event_type not in seen:
                seen.add(one.event_type)
                cells[side, one.event_type, other.event_type] += 1
                totals[side, one.event_type] += 1
    return cells, totals


@pytest.mark.parametrize("comparison", ["days", "devices", "campaigns", "latest"])
def test_compared_moves_are_the_first_ones_of_each_customer(strangers: World, paths: Paths, comparison: str) -> None:
    cells, totals = compared_moves(paths, comparison)
    sql = "select * from marts.rpt_comparisons where comparison = ? and measure = 'transition' and level = 'event_type'"
    rows = strangers.rows(sql, comparison)
    assert {(row["from_name"], row["to_name"]) for row in rows} == {key[1:] for key in cells}
    for row in rows:
        pair = (row["from_name"], row["to_name"])
        for side in ("left", "right"):
            assert (row[f"{side}_count"], row[f"{side}_total"]) == (cells[side, *pair], totals[side, pair[0]])


@pytest.mark.parametrize("comparison", ["days", "devices", "campaigns", "latest"])
def test_compared_step_matrices_are_those_of_each_side(strangers: World, paths: Paths, comparison: str) -> None:
    cells: Counter[Key] = Counter()
    totals: Counter[Key] = Counter()
    for side, customer, starts_at, ends_at in sides(paths, comparison):
        path = paths[customer]
        if starts_at <= path[0].at < ends_at:
            for anchor, place in anchors(path).items():
                totals[side, anchor] += 1
                cells.update((side, anchor, step, name_at(path, place + step)) for step in steps_of(anchor))
    rows = strangers.rows("select * from marts.rpt_comparisons where comparison = ? and measure = 'step_matrix'", comparison)
    found = {
        (side, row["part"], row["step"], row["to_name"]): (row[f"{side}_count"], row[f"{side}_total"])
        for row in rows
        for side in ("left", "right")
    }
    expected = {key: (count, totals[key[:2]]) for key, count in cells.items() if key[1:3] != ("path_start", 0)}
    assert {key: value for key, value in found.items() if value[0]} == expected
    assert {key[1] for key in found} == {"path_start", "look", "second_look", "try", "buy", "leave", "leaves", "ask", "wander"}


@pytest.mark.parametrize("comparison", ["days", "devices", "latest"])
def test_compared_funnels_count_each_entrant_once_and_only_whole_windows(strangers: World, paths: Paths, comparison: str) -> None:
    as_of = max(path[-1].at for path in paths.values())
    window = timedelta(days=2)
    reached: Counter[Key] = Counter()
    later = window if comparison == "latest" else timedelta(0)  # the latest days are those in which windows ended
    for side, customer, starts_at, ends_at in sides(paths, comparison):
        path = paths[customer]
        depths = [
            depth(path, place, window)
            for place, event in enumerate(path)
            if event.event_type == "looked" and starts_at <= event.at + later < ends_at and event.at + window <= as_of
        ]
        reached.update((side, step) for step in range(1, max(depths, default=0) + 1))
    sql = """
        select * from marts.rpt_comparisons
        where comparison = ? and measure = 'funnel' and part = 'looked_to_bought' order by step
    """
    rows = strangers.rows(sql, comparison)
    assert [(row["from_name"], row["to_name"], row["step"]) for row in rows] == [("look", "try", 2), ("look", "buy", 3)]
    for row in rows:
        for side in ("left", "right"):
            assert (row[f"{side}_count"], row[f"{side}_total"]) == (reached[side, row["step"]], reached[side, 1])


def depth(path: list[Event], entry: int, window: timedelta) -> int:
    """How many steps of look, try, buy follow an entry within the window; what happens in one moment may come in any order."""
    tries = [event.at for event in path if event.event_type in ("tried", "asked") and event.at >= path[entry].at]
    within = [at for at in tries if at - path[entry].at <= window]
    if not within:
        return 1
    buys = [event.at for event in path if event.event_type == "bought" and event.at >= min(within)]
    return 3 if any(at - path[entry].at <= window for at in buys) else 2


def test_what_goes_before_leaving_is_counted_beside_a_control_who_stayed(strangers: World, paths: Paths) -> None:
    as_of = max(path[-1].at for path in paths.values())
    stays: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in strangers.rows(
        "select * from marts.fct_stage_intervals where stage_set = 'life' order by customer_id, entered_at"
    ):
        stays[row["customer_id"]].append(row)
    left = {
        customer: (gone["entered_at"], before["stage"])
        for customer, rows in stays.items()
        for before, gone in pairwise(rows)
        if gone["stage"] == "gone"
    }
    sql = "select customer_id, md5_number_lower('control:' || customer_id) >> 1 as place from marts.dim_customers"
    place = {row["customer_id"]: row["place"] for row in strangers.rows(sql)}
    cases: dict[Key, list[tuple[datetime, int]]] = defaultdict(list)
    for customer, (at, stage) in left.items():
        if at + timedelta(days=30) <= as_of:
            cases[stage, at.year, at.month].append((at, customer))
    pairs = []
    for (stage, year, month), leavers in cases.items():
        begins = datetime(year, month, 1)
        others = sorted(
            (place[customer], row["entered_at"], row["exited_at"] or datetime.max, customer)
            for customer, rows in stays.items()
            for row in rows
            if row["stage"] == stage
            and row["entered_at"] < begins + timedelta(days=31)
            and (row["exited_at"] or datetime.max) > begins
        )
        for number, (at, customer) in enumerate(sorted(leavers), 1):
            tried = (others[(number + attempt) % len(others)] for attempt in range(20))
            stayed = (
                other
                for _, entered_at, exited_at, other in tried
                if other != customer
                and entered_at <= at < exited_at
                and (other not in left or left[other][0] > at + timedelta(days=30))
            )
            pairs += [(at, customer, other) for other in [next(stayed, None)] if other is not None]
    counts: Counter[tuple[str, str]] = Counter()
    for at, customer, other in pairs:
        for side, who in (("churned", customer), ("control", other)):
            counts.update((side, kind) for kind in {e.event_type for e in paths[who] if at - timedelta(days=14) <= e.at < at})
    rows = strangers.rows("select * from marts.rpt_pre_churn")
    assert len(pairs) > 100
    assert {row["event_type"] for row in rows} == {kind for _, kind in counts}
    for row in rows:
        kind = row["event_type"]
        assert (row["pair_count"], row["churned_count"], row["control_count"]) == (
            len(pairs),
            counts["churned", kind],
            counts["control", kind],
        )
        assert row["difference"] == pytest.approx((counts["churned", kind] - counts["control", kind]) / len(pairs))
        assert row["difference_low"] < row["difference"] < row["difference_high"]


def test_differences_have_newcombes_interval_and_the_p_value_of_the_z_test(strangers: World) -> None:
    rows = strangers.rows("select * from marts.rpt_comparisons where not is_small")
    assert len(rows) > 500
    for row in rows:
        left, left_n, right, right_n = (row[key] for key in ("left_count", "left_total", "right_count", "right_total"))
        one, other = left / left_n, right / right_n
        (one_low, one_high), (other_low, other_high) = wilson(left, left_n), wilson(right, right_n)
        common = (left + right) / (left_n + right_n)
        spread = sqrt(common * (1 - common) * (1 / left_n + 1 / right_n))
        z = (other - one) / spread if spread else 0.0
        assert (row["left_rate"], row["right_rate"], row["difference"]) == pytest.approx((one, other, other - one))
        assert row["difference_low"] == pytest.approx(
            other - one - sqrt((other - other_low) ** 2 + (one_high - one) ** 2), abs=1e-7
        )
        assert row["difference_high"] == pytest.approx(
            other - one + sqrt((other_high - other) ** 2 + (one - one_low) ** 2), abs=1e-7
        )
        assert row["p_value"] == pytest.approx(2 * norm.sf(abs(z)), rel=1e-6)


def wilson(count: int, total: int) -> tuple[float, float]:
    z = norm.ppf(0.975)
    middle = count + z * z / 2
    spread = z * sqrt(count * (total - count) / total + z * z / 4)
    return (middle - spread) / (total + z * z), (middle + spread) / (total + z * z)


def test_significance_is_benjamini_and_hochbergs_within_a_comparison_and_measure(strangers: World) -> None:
    groups: dict[Key, list[tuple[float, bool]]] = defaultdict(list)
    for row in strangers.rows("select * from marts.rpt_comparisons where not is_small"):
        groups[row["comparison"], row["measure"]].append((row["p_value"], row["is_significant"]))
    assert len(groups) > 12
    for found in groups.values():
        adjusted = false_discovery_control([p for p, _ in found], method="bh")
        assert [is_significant for _, is_significant in found] == [bool(p <= 0.05) for p in adjusted]
    assert {is_significant for found in groups.values() for _, is_significant in found} == {True, False}


def test_a_cell_of_few_stays_without_rates(strangers: World) -> None:
    rows = strangers.rows("select * from marts.rpt_comparisons")
    empty = ("left_rate", "right_rate", "difference", "difference_low", "difference_high", "p_value", "is_significant")
    for row in rows:
        assert row["is_small"] == (min(row["left_total"], row["right_total"]) < FEWEST)
        assert [row[key] is None for key in empty] == [row["is_small"]] * len(empty)
    assert {row["is_small"] for row in rows if row["comparison"] == "campaigns"} == {True, False}


def test_the_normal_tail_is_scipys_to_six_digits_as_far_as_numbers_go(strangers: World) -> None:
    text = (PROJECT / "dbt_project" / "macros" / "statistics.sql").read_text(encoding="utf-8")
    sql = jinja2.Template(text).module.two_sided_p("z")  # type: ignore[attr-defined]  # a macro of the file
    rows = strangers.rows(f"select z, {sql} as p from (select unnest(range(-370, 371)) / 10.0::double as z)")
    assert [row["p"] for row in rows] == pytest.approx([2 * norm.sf(abs(row["z"])) for row in rows], rel=1.3e-7)
    assert strangers.column(f"select {sql} as p from (select null::double as z)") == [None]
