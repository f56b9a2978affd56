"""Ten thousand random lists of events: every way through every kind of funnel, and every stay in a stage, by brute force."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from scipy import stats

from tests.world import strangers, walked
from tests.world.build import World, built
from tests.world.walked import Event, Way, attempts, best
from warehouse.definitions.journey import load_journey

JOURNEY = load_journey(strangers.JOURNEY)
GRAINS = ("day", "week", "month", "all")
Lists = dict[int, list[Event]]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The strangers' warehouse, for reading only."""
    return built("strangers", tmp_path_factory.getbasetemp())


@pytest.fixture(scope="module")
def lists(world: World) -> Lists:
    """The events of each customer, in order; of one moment as the file has them. Each is known by its line."""
    lines = {int(row["number"]): line for line, row in enumerate(strangers.rows_in_file())}
    found: Lists = defaultdict(list)
    for row in world.rows("select customer_id, occurred_at, attributes, event_type from marts.fct_events"):
        line = lines[int(json.loads(row["attributes"])["number"])]
        found[row["customer_id"]].append((row["occurred_at"], line, row["event_type"]))
    for events in found.values():
        events.sort()
    assert len(found) == strangers.PEOPLE
    return found


def start_of(grain: str, moment: datetime) -> date | None:
    day = moment.date()
    starts = {"day": day, "week": day - timedelta(days=day.weekday()), "month": day.replace(day=1)}
    return starts.get(grain)


@cache
def ways_of(funnel: str, events: tuple[Event, ...]) -> list[Way]:
    return walked.ways(JOURNEY, JOURNEY.funnels[funnel], events)


def entrants(funnel: str, events: list[Event], grain: str) -> dict[date | None, list[Way]]:
    """What counts in each period: the best way of a customer, or each attempt."""
    found = ways_of(funnel, tuple(events))
    if JOURNEY.funnels[funnel].mode == "attempts":
        found = attempts(JOURNEY.funnels[funnel], found)
    by_period: dict[date | None, list[Way]] = defaultdict(list)
    for way in found:
        by_period[start_of(grain, way.entered_at)].append(way)
    if JOURNEY.funnels[funnel].mode == "attempts":
        return by_period
    return {period: [best(ways)] for period, ways in by_period.items()}


@pytest.mark.parametrize("funnel", JOURNEY.funnels)
def test_a_funnel_counts_what_trying_every_way_finds(world: World, lists: Lists, funnel: str) -> None:
    expected: Counter[tuple[Any, ...]] = Counter()
    for events in lists.values():
        for grain in GRAINS:
            for period, ways in entrants(funnel, events, grain).items():
                expected.update((grain, period, step) for way in ways for step in way.steps)
    sql = """
        select grain, period_start, step, reached_count, entered_count from marts.rpt_funnel_steps
        where funnel = ? and dimension = 'all'
    """
    found = world.rows(sql, funnel)
    steps = len(JOURNEY.funnels[funnel].steps)
    assert {
        (row["grain"], row["period_start"], row["step"]): row["reached_count"] for row in found if row["reached_count"]
    } == expected
    assert all(row["entered_count"] == expected[row["grain"], row["period_start"], 1] for row in found)
    assert len(found) == steps * len({key[:2] for key in expected})
    assert expected["all", None, steps] > 50  # somebody gets through, so that there is something to be wrong about


@pytest.mark.parametrize("funnel", JOURNEY.funnels)
def test_the_times_are_those_of_the_way_that_gets_furthest_and_completes_first(world: World, lists: Lists, funnel: str) -> None:
    expected = {
        (customer, way.entered_at, way.depth, way.completed_at)
        for customer, events in lists.items()
        for ways in entrants(funnel, events, "all").values()
        for way in ways
    }
    sql = """
        select customer_id, entered_at, max(step) as depth, max_by(reached_at, step) as completed_at
        from working.intermediate.int_funnels_followed where funnel = ? group by customer_id, entry_event_id, entered_at
    """
    found: dict[int, list[Way]] = defaultdict(list)
    for row in world.rows(sql, funnel):
        found[row["customer_id"]].append(Way(row["entered_at"], 0, row["depth"], row["completed_at"], frozenset()))
    is_attempts = JOURNEY.funnels[funnel].mode == "attempts"
    chosen = {(customer, way) for customer, ways in found.items() for way in (ways if is_attempts else [best(ways)])}
    assert {(customer, way.entered_at, way.depth, way.completed_at) for customer, way in chosen} == expected


@pytest.mark.parametrize("funnel", JOURNEY.funnels)
def test_the_hours_of_the_steps_add_up_to_the_whole_way(world: World, funnel: str) -> None:
    sql = """
        select count(*) from (
            select sum(hours_since_previous_step) as hours, max_by(reached_at, step) - entered_at as whole
            from working.intermediate.int_funnels_followed where funnel = ? group by customer_id, entry_event_id, entered_at
        ) where abs(coalesce(hours, 0) - epoch(whole) / 3600) > 1e-6
    """
    assert world.column(sql, funnel) == [0]


def test_the_ways_of_counting_differ(world: World) -> None:
    sql = (
        "select funnel, reached_count from marts.rpt_funnel_steps where grain = 'all' and dimension = 'all' and milestone = 'buy'"
    )
    counts = {row["funnel"]: row["reached_count"] for row in world.rows(sql)}
    assert len(set(counts.values())) == len(counts)


@pytest.mark.parametrize("stage_set", JOURNEY.stage_sets)
def test_a_customer_is_where_walking_through_the_signals_leads(world: World, lists: Lists, stage_set: str) -> None:
    definition = JOURNEY.stage_sets[stage_set]
    ends = {}
    for stage in definition.stages:
        for number, entry in enumerate(stage.enter, 1):
            if not entry.milestone:
                ends[stage.name, number] = walked.pulse_end(JOURNEY, entry.after, entry.event_types, lists.values())
    path = [stage.name for stage in definition.stages if stage.is_on_path]
    expected = []
    for customer, events in lists.items():
        seen: Counter[str] = Counter()
        before = 0
        for visit in walked.visits(JOURNEY, definition, events, ends):
            seen[visit.stage] += 1
            at = path.index(visit.stage) + 1 if visit.stage in path else None
            flags = (at is not None and at < before, at is not None and at > before + 1)
            before = at or before
            expected.append((customer, *visit, seen[visit.stage], *flags, visit.exited_at is None))
    sql = """
        select customer_id, stage, entered_at, exited_at, entry_reason, visit_number, is_regression, is_skip, is_current
        from marts.fct_stage_intervals where stage_set = ? order by all
    """
    found = [tuple(row.values()) for row in world.rows(sql, stage_set)]
    assert Counter(found) == Counter(expected)
    reasons = {reason for *_, reason, _, _, _, _ in found}
    assert {"first_contact", "milestone", "inactivity"} <= reasons


def test_some_walk_in_loops_and_some_go_back(world: World) -> None:
    sql = (
        "select max(visit_number), count(*) filter (where is_regression) from marts.fct_stage_intervals where stage_set = 'loops'"
    )
    (row,) = world.rows(sql)
    most_visits, regressions = row.values()
    assert most_visits > 2
    assert regressions > 500


def test_stays_have_no_hole_no_overlap_and_one_that_lasts(world: World) -> None:
    sql = """
        select count(*) from (
            select
                exited_at, is_current,
                lead(entered_at) over (partition by stage_set, customer_id order by entered_at) as next_at
            from marts.fct_stage_intervals
        ) where exited_at is distinct from next_at or is_current <> (next_at is null)
    """
    assert world.column(sql) == [0]


def test_conformance_is_what_counting_by_hand_gives(world: World) -> None:
    for stage_set, definition in JOURNEY.stage_sets.items():
        path = [stage.name for stage in definition.stages if stage.is_on_path]
        rows = world.rows(
            "select customer_id, stage from marts.fct_stage_intervals where stage_set = ? order by customer_id, entered_at",
            stage_set,
        )
        walks: dict[int, list[str]] = defaultdict(list)
        for row in rows:
            walks[row["customer_id"]].append(row["stage"])
        expected: Counter[tuple[str, str | None]] = Counter()
        begun = [
            walk[next(place for place, stage in enumerate(walk) if stage in path) :]
            for walk in walks.values()
            if {*walk} & {*path}
        ]
        for walk in begun:
            on_path = [path.index(stage) for stage in walk if stage in path]
            expected["fits", None] += walk == path[: len(walk)]
            expected.update(("skip", path[place]) for place in range(max(on_path, default=0)) if place not in on_path)
            expected.update({("loop", stage) for stage in walk if walk.count(stage) > 1})
            left = {(walk[number - 1], stage) for number, stage in enumerate(walk) if number and stage not in path}
            expected.update({("leave", stage) for stage, _ in left})
            back, before = set(), None
            for number, stage in enumerate(walk):
                if stage in path:
                    if before is not None and path.index(stage) < before:
                        back.add(("back", walk[number - 1]))
                    before = path.index(stage)
            expected.update(back)
        sql = "select deviation, stage, customer_count, total_count from marts.rpt_conformance where stage_set = ?"
        found = world.rows(sql, stage_set)
        assert {(row["deviation"], row["stage"]): row["customer_count"] for row in found} == +expected
        assert {row["total_count"] for row in found} == {len(begun)}


def test_the_estimate_counts_those_who_still_have_time_as_long_as_they_were_followed(world: World, lists: Lists) -> None:
    funnel, window = "in_good_time", timedelta(days=58)
    (known_until,) = world.column(
        "select min(known_until) from working.intermediate.int_milestones_ended where milestone in ('look', 'ask', 'buy')"
    )
    reached, followed = [], []
    for events in lists.values():
        for way in (way for ways in entrants(funnel, events, "all").values() for way in ways):
            if way.depth == 3:
                reached.append((way.completed_at - way.entered_at) / window)
            else:
                followed.append(min(window, max(timedelta(), known_until - way.entered_at)) / window)
    curve = stats.ecdf(stats.CensoredData(uncensored=reached, right=followed)).sf
    (row,) = world.rows(
        "select * from marts.rpt_funnel_steps where funnel = ? and grain = 'all' and dimension = 'all' and step = 3", funnel
    )
    assert any(share < 1 for share in followed)  # some still have time
    assert row["estimated_rate"] == pytest.approx(1 - curve.evaluate([1.0])[0])
    assert row["estimated_low"] < row["estimated_rate"] < row["estimated_high"]


@pytest.mark.parametrize("funnel", ["looked_to_bought", "tries", "in_good_time"])
def test_a_rate_is_that_of_the_best_mature_entry(world: World, lists: Lists, funnel: str) -> None:
    definition = JOURNEY.funnels[funnel]
    assert definition.window_days is not None
    (known_until,) = world.column(
        "select min(known_until) from working.intermediate.int_milestones_ended "
        "inner join journey.funnel_steps using (milestone) where funnel = ?",
        funnel,
    )
    last_entry = known_until - timedelta(days=definition.window_days)
    counts: Counter[int] = Counter()
    for events in lists.values():
        found = ways_of(funnel, tuple(events))
        found = attempts(definition, found) if definition.mode == "attempts" else found
        mature = [way for way in found if way.entered_at <= last_entry]
        for way in mature if definition.mode == "attempts" else ([best(mature)] if mature else []):
            counts.update(way.steps)
    sql = """
        select mature_reached_count from marts.rpt_funnel_steps
        where funnel = ? and grain = 'all' and dimension = 'all' order by step
    """
    assert world.column(sql, funnel) == [counts[step] for step in (1, 2, 3)]
