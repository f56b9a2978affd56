"""The SQL and plain loops agree on three hundred random customers: visits, chains through funnels, stages, counted milestones."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from tests.world import crowd as by_hand
from tests.world.build import World
from tests.world.crowd import Event

FUNNELS = {
    "signup_to_purchase": (("page_viewed", "signed_up", "purchased"), timedelta(days=30)),
    "quick_signup": (("page_viewed", "signed_up"), timedelta(hours=16, minutes=48)),
    "ever_bought": (("page_viewed", "purchased"), None),
}
DIMENSIONS = {"signup_to_purchase": ("all", "channel")}
Customers = dict[str, list[Event]]


@pytest.fixture(scope="module")
def customers() -> Customers:
    return by_hand.by_customer(by_hand.events())


@pytest.fixture(scope="module")
def numbers(crowd: World) -> dict[int, int]:
    """The crowd's number of each event id of the warehouse."""
    sql = "select event_id, (attributes ->> 'plan')::int as number from marts.fct_events where attributes is not null"
    return {row["event_id"]: row["number"] for row in crowd.rows(sql)}


@pytest.fixture(scope="module")
def names(crowd: World) -> dict[int, str]:
    """The crowd's user id of each customer id of the warehouse."""
    sql = "select person_id, id_value from working.intermediate.int_identifiers_resolved where id_type = 'user_id'"
    return {row["person_id"]: row["id_value"] for row in crowd.rows(sql)}


def test_visits_are_those_of_a_loop_over_each_customer(crowd: World, customers: Customers, numbers: dict[int, int]) -> None:
    rows = crowd.rows(
        "select session_id, list(event_id) as event_ids from marts.fct_events where session_id is not null group by all"
    )
    found = {frozenset(numbers[event_id] for event_id in row["event_ids"]) for row in rows}
    expected = {visit for own in customers.values() for visit in by_hand.visits(own)}
    assert len(expected) > 500
    assert max(map(len, expected)) > 2
    assert found == expected


@pytest.mark.parametrize("funnel", FUNNELS)
def test_an_entry_leads_as_far_and_as_soon_as_the_best_of_all_chains(
    crowd: World, customers: Customers, numbers: dict[int, int], funnel: str
) -> None:
    sql = """
        select entry_event_id, max(step) as depth, max(reached_at) as completed_at
        from working.intermediate.int_funnels_followed where funnel = ? group by all
    """
    found = {numbers[row["entry_event_id"]]: (row["depth"], row["completed_at"]) for row in crowd.rows(sql, funnel)}
    expected = {
        entry.number: (len(chain), chain[-1].at)
        for own in customers.values()
        for entry, chain in by_hand.best_chains(own, *FUNNELS[funnel]).items()
    }
    assert Counter(depth for depth, _ in expected.values())[len(FUNNELS[funnel][0])] > 20
    assert found == expected


@pytest.mark.parametrize("funnel", FUNNELS)
def test_the_report_counts_each_customer_once_per_period_by_their_best_chain(
    crowd: World, customers: Customers, numbers: dict[int, int], funnel: str
) -> None:
    steps, window = FUNNELS[funnel]
    event_ids = {number: event_id for event_id, number in numbers.items()}
    # A step is broken down by what its visit came through.
    visits = crowd.rows("""
        select events.event_id, coalesce(sessions.channel, events.channel) as channel
        from marts.fct_events as events left join marts.fct_sessions as sessions on events.session_id = sessions.session_id
    """)
    channels = {numbers[row["event_id"]]: row["channel"] for row in visits if row["event_id"] in numbers}
    known_until = max(event.at for own in customers.values() for event in own)
    counts: Counter[tuple[Any, ...]] = Counter()
    for own in customers.values():
        best: dict[tuple[str, Any], tuple[Any, ...]] = {}
        for entry, chain in by_hand.best_chains(own, steps, window).items():
            rank = (-len(chain), chain[-1].at, -entry.at.timestamp(), event_ids[entry.number])
            for period in periods(entry.at):
                best[period] = min(best.get(period, (rank, entry)), (rank, entry), key=lambda one: one[0])
        for period, (rank, entry) in best.items():
            is_mature = None if window is None else entry.at + window <= known_until
            for dimension in DIMENSIONS.get(funnel, ("all",)):
                value = "all" if dimension == "all" else channels[entry.number]
                counts.update((*period, dimension, value, step, is_mature) for step in range(1, 1 - rank[0]))
    sql = "select * from marts.rpt_funnel_steps where funnel = ?"
    found: Counter[tuple[Any, ...]] = Counter()
    for row in crowd.rows(sql, funnel):
        group = (row["grain"], row["period_start"], row["dimension"], row["dimension_value"], row["step"])
        if window is None:
            found[(*group, None)] += row["reached_count"]
        else:
            found[(*group, True)] += row["mature_reached_count"]
            found[(*group, False)] += row["reached_count"] - row["mature_reached_count"]
    assert len(counts) > 100
    assert +found == counts


def periods(at: datetime) -> list[tuple[str, Any]]:
    """The day, week (from Monday), month and eternity of a moment, as the report names them."""
    day = at.date()
    return [("all", None), ("day", day), ("week", day - timedelta(days=day.weekday())), ("month", day.replace(day=1))]


def test_stages_are_those_of_a_walk_through_every_moment(crowd: World, customers: Customers, names: dict[int, str]) -> None:
    sql = "select customer_id, stage, entered_at from marts.fct_stage_intervals where stage_set = 'life' order by entered_at"
    # Whose first event came to light late has been a customer for longer; the walk knows nothing of those invoices.
    late = {row["user_id"] for row in by_hand.late_rows()}
    found: dict[str, list[tuple[str, datetime]]] = {}
    for row in crowd.rows(sql):
        found.setdefault(names[row["customer_id"]], []).append((row["stage"], row["entered_at"]))
    known_until = by_hand.beats_until(customers)
    expected = {name: by_hand.stays(own, known_until) for name, own in customers.items() if name not in late}
    assert len({stage for stays in expected.values() for stage, _ in stays}) == 8
    assert {name: stays for name, stays in found.items() if name not in late} == expected


def test_counted_milestones_are_those_of_a_loop_over_each_customer(
    crowd: World, customers: Customers, names: dict[int, str]
) -> None:
    expected: set[tuple[str, str, datetime]] = set()
    for name, own in customers.items():
        times = {kind: [event.at for event in own if event.event_type == kind] for kind in by_hand.EVENT_TYPES}
        used, signed_up, bought = times["feature_used"], times["signed_up"][:1], times["purchased"]
        in_time = [at for at in used for start in signed_up if start <= at <= start + timedelta(days=7)]
        expected |= {(name, "activated", at) for at in in_time[2:3]}
        close = [later for earlier, later in pairwise(used) if later - earlier <= timedelta(days=1)]
        expected |= {(name, "busy", at) for at in close[:1]}
        expected |= {(name, "bought_again", at) for at in bought[1:]}
    sql = """
        select customer_id, milestone, reached_at from working.intermediate.int_milestones_reached
        where milestone in ('activated', 'busy', 'bought_again')
    """
    found = {(names[row["customer_id"]], row["milestone"], row["reached_at"]) for row in crowd.rows(sql)}
    assert Counter(milestone for _, milestone, _ in expected).keys() == {"activated", "busy", "bought_again"}
    assert found == expected
