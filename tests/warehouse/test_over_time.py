"""Everything with time in it, worked out once more in plain loops over the customers of the town and of the crowd.

Curves are products over sorted lists here. What a milestone, a stage, a session and a first channel are is shown elsewhere.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import NormalDist, mean, stdev
from typing import Any

import numpy as np
import pytest

from tests.world.build import World

Subjects = list[tuple[float, bool]]
Group = tuple[Any, ...]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Z = NormalDist().inv_cdf(0.975)
INACTIVE, LOOK_BACK = 10 * DAY, 30 * DAY
PULSE = ("feature_used", "logged_in")
MAIN_FUNNEL, WINDOW = ("first_visit", "signed_up", "purchased"), 30 * DAY
PATHS = {"life": ("awareness", "consideration", "decision", "customer", "advocacy"), "purse": ("free", "paid")}
WAYS_IN = {
    "consideration": "signed_up",
    "decision": "trial_started",
    "customer": "purchased",
    "paid": "purchased",
    "advocacy": "referred",
}


@pytest.fixture(scope="module", params=["town", "crowd"])
def world(request: pytest.FixtureRequest) -> World:
    found: World = request.getfixturevalue(request.param)
    return found


class Known:
    """What the loops start from: the events, customers, stays, visits and milestones of a world, and when each is known until."""

    def __init__(self, world: World) -> None:
        self.events = world.rows("""
            select events.* from marts.fct_events as events
            inner join working.intermediate.int_events_versioned as versions using (event_id)
            order by events.occurred_at, versions.event_place
        """)
        self.customers = {row["customer_id"]: row for row in world.rows("select * from marts.dim_customers")}
        self.stays = world.rows("select * from marts.fct_stage_intervals order by entered_at")
        self.visits = world.rows("select * from marts.fct_sessions")
        self.reached = world.rows("select * from working.intermediate.int_milestones_reached")
        devices = {row["session_id"]: row["device"] for row in self.visits}
        self.first: dict[int, dict[str, Any]] = {}
        for event in self.events:
            self.first.setdefault(event["customer_id"], event)
        self.values = {
            customer_id: {
                "all": "all",
                "channel": row["acquisition_channel"],
                "campaign": row["acquisition_campaign"],
                "device": self.first[customer_id]["device"] or devices.get(self.first[customer_id]["session_id"]),
            }
            for customer_id, row in self.customers.items()
        }
        self.ends = {milestone.name: self.known_until(milestone.name, milestone.types) for milestone in milestones(world)}
        self.now = max(event["occurred_at"] for event in self.events)

    def known_until(self, milestone: str, types: set[str]) -> datetime | None:
        told = [row["source"] for row in self.reached if row["milestone"] == milestone]
        ends = []
        for source in {source for source in told if told.count(source) >= 0.01 * len(told)}:
            last = max(event["occurred_at"] for event in self.events if event["source"] == source)
            own = [row["occurred_at"] for row in self.events if row["source"] == source and row["event_type"] in types]
            days = sorted({at.date() for at in own})
            pause = (days[-1] - days[0]) / max(1, len(days) - 1)
            ends.append(max(own) if len(days) >= 10 and last - max(own) > 10 * pause else last)
        return min(ends, default=None)

    def groups(self, customer_id: int, *dimensions: str) -> Iterable[tuple[str, str | None]]:
        return ((dimension, self.values[customer_id][dimension]) for dimension in ("all", *dimensions))


class _Milestone:
    def __init__(self, name: str, types: Iterable[str]) -> None:
        self.name, self.types = name, set(types)


def milestones(world: World) -> list[_Milestone]:
    return [_Milestone(name, milestone.event_types) for name, milestone in world.journey.milestones.items()]


@pytest.fixture(scope="module")
def known(world: World) -> Known:
    return Known(world)


def hours(span: timedelta) -> float:
    return span / HOUR


def curve_of(subjects: Subjects) -> list[tuple[float, float]]:
    """The product-limit estimate: each time at which it happened, and to which share it had not happened by then."""
    left, found = 1.0, []
    for moment in sorted({duration for duration, happened in subjects if happened}):
        at_risk = sum(duration >= moment for duration, _ in subjects)
        left *= 1 - sum(happened and duration == moment for duration, happened in subjects) / at_risk
        found.append((moment, left))
    return found


def share_left(curve: list[tuple[float, float]], at: float) -> float:
    return next((left for moment, left in reversed(curve) if moment <= at), 1.0)


def time_of(curve: list[tuple[float, float]], fraction: float) -> float | None:
    """The first time by which it happened to this fraction."""
    return next((moment for moment, left in curve if left <= 1 - fraction + 1e-9), None)


def quantile(subjects: Subjects, fraction: float) -> float | None:
    """That of those to whom it happened."""
    own = [duration for duration, happened in subjects if happened]
    return float(np.quantile(own, fraction)) if own else None


def wilson(successes: int, trials: int) -> tuple[float, float] | None:
    """Of Wilson (1927), written out from the roots of its equation."""
    if not trials:
        return None
    share, width = successes / trials, Z * Z / trials
    middle, half = (share + width / 2) / (1 + width), (width * share * (1 - share) + width * width / 4) ** 0.5 / (1 + width)
    return max(0.0, middle - half), min(1.0, middle + half)


def compared(found: dict[Group, Group], expected: dict[Group, Group], at_least: int) -> None:
    assert len(expected) >= at_least
    assert found.keys() == expected.keys()
    assert {key: (found[key], expected[key]) for key in expected if not all(map(same, found[key], expected[key]))} == {}


def same(one: Any, other: Any) -> bool:
    if one is None or other is None:
        return one is other
    return abs(float(one) - float(other)) <= 1e-6 * max(1.0, abs(float(other)))


def by_key(rows: list[dict[str, Any]], key: int) -> dict[Group, Group]:
    return {tuple(row.values())[:key]: tuple(row.values())[key:] for row in rows}


def test_milestones_are_known_as_long_as_their_systems_tell_of_them(world: World, known: Known) -> None:
    found = world.rows("select milestone, known_until from working.intermediate.int_milestones_ended")
    assert {row["milestone"]: row["known_until"] for row in found} == known.ends


def test_customers_are_followed_from_stage_to_stage(world: World, known: Known) -> None:
    entered: dict[tuple[str, int, str], list[datetime]] = defaultdict(list)
    for stay in (stay for stay in known.stays if stay["stage_set"] in PATHS):
        entered[stay["stage_set"], stay["customer_id"], stay["stage"]].append(stay["entered_at"])
    waits: dict[Group, Subjects] = defaultdict(list)
    for (stage_set, customer_id, stage), times in entered.items():
        path = PATHS[stage_set]
        for later in path[path.index(stage) + 1 :] if stage in path else ():
            end = known.ends[WAYS_IN[later]] or known.now
            arrivals = [at for at in entered.get((stage_set, customer_id, later), ()) if times[0] <= at <= end]
            until = arrivals[0] if arrivals else max(end, times[0])
            for group in known.groups(customer_id, "channel", "device"):
                waits[stage_set, stage, later, *group].append((hours(until - times[0]), bool(arrivals)))
    expected: dict[Group, Group] = {
        group: (
            len(own),
            sum(happened for _, happened in own),
            sum(not happened for _, happened in own),
            *(time_of(curve_of(own), fraction) for fraction in (0.5, 0.95)),
            *(quantile(own, fraction) for fraction in (0.5, 0.95)),
        )
        for group, own in waits.items()
    }
    found = world.rows("""
        select stage_set, from_stage, to_stage, dimension, dimension_value, customer_count, arrived_count, censored_count,
            median_hours, p95_hours, arrived_median_hours, arrived_p95_hours
        from marts.rpt_velocity where stage_set <> 'rounds'
    """)
    compared(by_key(found, 5), expected, 30)
    assert {row["median_hours"] is None for row in found} == {True, False}
    wrong = world.column("""
        select from_stage from marts.rpt_velocity
        where not coalesce(median_low_hours <= median_hours, median_hours is null) or median_high_hours < median_hours
    """)
    assert wrong == []


def conversion_waits(known: Known) -> Iterable[tuple[str, int, datetime, datetime | None]]:
    """Each measure with the customer, and when the time begins and ends."""
    ends = [known.ends[step] or known.now for step in MAIN_FUNNEL]
    reached: dict[tuple[int, str], list[tuple[datetime, int]]] = defaultdict(list)
    for row in known.reached:
        reached[row["customer_id"], row["milestone"]].append((row["reached_at"], row["event_id"]))
    for customer_id, customer in known.customers.items():
        all_converted = sorted(reached[customer_id, MAIN_FUNNEL[-1]])
        converted = all_converted[0][0] if all_converted else None
        known_converted = converted if converted and converted <= ends[-1] else None
        yield "first_touch_to_conversion", customer_id, customer["first_seen_at"], known_converted
        own = [visit["started_at"] for visit in known.visits if visit["customer_id"] == customer_id]
        before = [at for at in own if known_converted and known_converted - LOOK_BACK <= at <= known_converted]
        if before:
            yield "session_to_conversion", customer_id, max(before), known_converted
        if entries := sorted(reached[customer_id, MAIN_FUNNEL[0]]):
            # The earliest next step is the best one: no later one leads further.
            chain = [entries[0]]
            for milestone in MAIN_FUNNEL[1:]:
                following = sorted(
                    (at, event_id)
                    for at, event_id in reached[customer_id, milestone]
                    if chain[-1][0] <= at <= entries[0][0] + WINDOW and event_id != chain[-1][1]
                )
                if not following:
                    break
                chain.append(following[0])
            deadline = entries[0][0] + WINDOW
            is_over = deadline <= min(ends[1:]) and (converted is None or converted > deadline)
            if len(chain) < len(MAIN_FUNNEL) and is_over:
                yield "abandonment_to_recovery", customer_id, chain[-1][0], known_converted


def test_customers_are_followed_until_they_convert(world: World, known: Known) -> None:
    end = known.ends[MAIN_FUNNEL[-1]] or known.now
    waits: dict[Group, Subjects] = defaultdict(list)
    followed: dict[Group, float] = defaultdict(float)
    for measure, customer_id, started, converted in conversion_waits(known):
        if started > end:
            continue
        for period in (("all", None), ("month", started.date().replace(day=1))):
            for group in known.groups(customer_id, "channel", "device"):
                waits[measure, *period, *group].append((hours((converted or end) - started), converted is not None))
                followed[measure, *period, *group] = max(followed[measure, *period, *group], hours(end - started))
    expected: dict[Group, Group] = {}
    for key, own in waits.items():
        count, curve = sum(happened for _, happened in own), curve_of(own)
        is_known = followed[key] >= 90 * 24 and (share_left(curve, 90 * 24) == 0 or any(at >= 90 * 24 for at, _ in own))
        expected[key] = (
            len(own),
            count,
            len(own) - count,
            count / len(own),
            1 - share_left(curve, 90 * 24) if is_known else None,
            *(time_of(curve, fraction) for fraction in (0.5, 0.95)),
            *(quantile(own, fraction) for fraction in (0.5, 0.95)),
        )
    found = world.rows("""
        select measure, grain, period_start, dimension, dimension_value, customer_count, converted_count, censored_count,
            converted_share, conversion_rate, median_hours, p95_hours, arrived_median_hours, arrived_p95_hours
        from marts.rpt_conversion_times
    """)
    assert {row["measure"] for row in found} == {measure for measure, *_ in waits}
    compared(by_key(found, 5), expected, 15)


def lifetimes(known: Known) -> tuple[dict[int, tuple[float, bool, float, datetime]], datetime]:
    """Of each customer the days they stayed, whether they were lost, the days they were followed, and their first sign."""
    pulse = [event for event in known.events if event["event_type"] in PULSE]
    told: dict[str, list[datetime]] = defaultdict(list)
    signs: dict[int, list[datetime]] = defaultdict(list)
    for event in pulse:
        told[event["source"]].append(event["occurred_at"])
        if event["customer_id"]:
            signs[event["customer_id"]].append(event["occurred_at"])
    end = min(max(times) for times in told.values() if len(times) >= 0.01 * len(pulse)) - INACTIVE
    found = {}
    for customer_id, times in signs.items():
        is_lost = not any(at >= end for at in times)
        if times[0] <= end:
            found[customer_id] = (((times[-1] if is_lost else end) - times[0]) / DAY, is_lost, (end - times[0]) / DAY, times[0])
    return found, end


def test_retention_counts_who_cannot_be_so_old_yet_as_long_as_they_are_followed(world: World, known: Known) -> None:
    cohorts: dict[Group, list[tuple[float, bool, float]]] = defaultdict(list)
    for customer_id, (days, is_lost, followed, first) in lifetimes(known)[0].items():
        for month in (None, first.date().replace(day=1)):
            for group in known.groups(customer_id, "channel"):
                cohorts[month, *group].append((days, is_lost, followed))
    expected: dict[Group, Group] = {}
    for key, own in cohorts.items():
        subjects = [(days, is_lost) for days, is_lost, _ in own]
        curve = curve_of(subjects)
        for age in (7, 14, 30, 60, 90, 180, 270, 365):
            at_risk, left = sum(days >= age for days, _ in subjects), share_left(curve, age)
            is_known = any(followed >= age for *_, followed in own) and (at_risk > 0 or left == 0)
            lost = sum(is_lost and days <= age for days, is_lost in subjects)
            expected[*key, age] = (len(own), at_risk, lost, left if is_known else None)
    found = world.rows("""
        select cohort_month, dimension, dimension_value, age_days, customer_count, at_risk_count, lost_count, retention_rate
        from marts.rpt_retention
    """)
    compared(by_key(found, 4), expected, 40)
    assert {row["retention_rate"] for row in found if row["age_days"] == 365} == {None}
    rates = [row["retention_rate"] for row in found if row["retention_rate"] is not None]
    assert min(rates) < 0.7
    assert max(rates) > 0.5


def test_tenure_goes_by_week_and_by_the_area_under_the_curve(world: World, known: Known) -> None:
    everybody: dict[Group, list[tuple[float, bool, float]]] = defaultdict(list)
    for customer_id, (days, is_lost, followed, _) in lifetimes(known)[0].items():
        for group in known.groups(customer_id, "channel", "device"):
            everybody[group].append((days, is_lost, followed))
    expected: dict[Group, Group] = {}
    for group, own in everybody.items():
        subjects = [(days, is_lost) for days, is_lost, _ in own]
        curve = curve_of(subjects)
        for week in range(1, int(max(followed for *_, followed in own) // 7) + 1):
            whole = [(days, is_lost) for days, is_lost, followed in own if followed >= 7 * week]
            there = [(days, is_lost) for days, is_lost in whole if week == 1 or days > 7 * (week - 1)]
            lost = sum(is_lost and days <= 7 * week for days, is_lost in there)
            rate = lost / len(there) if there else None
            left = share_left(curve, 7 * week)
            is_known = left == 0 or any(days >= 7 * week for days, _ in subjects)
            steps = sorted({0.0, 7.0 * week, *(days for days, _ in curve if days < 7 * week)})
            area = sum(share_left(curve, start) * (stop - start) for start, stop in pairwise(steps))
            expected[*group, week] = (
                *(len(there), lost, rate),
                *(wilson(lost, len(there)) or (None, None)),
                *((left, area) if is_known else (None, None)),
            )
    found = world.rows("""
        select dimension, dimension_value, week, at_risk_count, lost_count, hazard_rate, hazard_low, hazard_high,
            survival_rate, restricted_mean_days
        from marts.rpt_tenure
    """)
    compared(by_key(found, 3), expected, 10)


def test_only_who_has_been_known_for_the_whole_age_counts_for_its_revenue(world: World, known: Known) -> None:
    paid = [event for event in known.events if event["revenue_amount"] is not None and event["customer_id"]]
    payers = [event["source"] for event in paid]
    tellers = {source for source in payers if payers.count(source) >= 0.01 * len(payers)}
    end = min(max(event["occurred_at"] for event in known.events if event["source"] == source) for source in tellers)
    amounts: dict[Group, list[tuple[float, bool]]] = defaultdict(list)
    for customer_id, customer in known.customers.items():
        first, converted = customer["first_seen_at"], customer["first_conversion_at"]
        for age in (30, 90, 180, 365):
            until = first + age * DAY
            bills = [event for event in paid if event["customer_id"] == customer_id and event["occurred_at"] <= until]
            for month in (None, first.date().replace(day=1)):
                for group in known.groups(customer_id, "channel", "campaign"):
                    told = amounts[month, *group, age]
                    if until <= end:
                        told.append(
                            (float(sum(bill["revenue_amount"] for bill in bills)), converted is not None and converted <= until)
                        )
    expected: dict[Group, Group] = {}
    for key, told in amounts.items():
        values = [amount for amount, _ in told]
        half = Z * stdev(values) / len(values) ** 0.5 if len(values) > 1 else None
        average = mean(values) if values else None
        expected[key] = (
            *(len(values), sum(converted for _, converted in told), sum(values) if values else None, average),
            *((average - half, average + half) if average is not None and half is not None else (None, None)),
        )
    found = world.rows("""
        select cohort_month, dimension, dimension_value, age_days, customer_count, converted_count,
            revenue_amount::double as revenue_amount, revenue_per_customer, revenue_per_customer_low, revenue_per_customer_high
        from marts.rpt_lifetime_value
    """)
    compared(by_key(found, 4), expected, 30)
    assert 0 in {row["customer_count"] for row in found if row["age_days"] == 365}
    assert any(row["revenue_amount"] for row in found)


def test_customers_are_counted_by_what_they_did_first_and_came_through(world: World, known: Known) -> None:
    end = known.ends[MAIN_FUNNEL[-1]] or known.now
    ways: dict[Group, list[tuple[bool, bool, bool, float]]] = defaultdict(list)
    for customer_id, customer in known.customers.items():
        deadline, converted = customer["first_seen_at"] + WINDOW, customer["first_conversion_at"]
        key = (customer["acquisition_channel"], customer["acquisition_campaign"], known.first[customer_id]["event_type"])
        is_in_time = converted is not None and converted <= deadline
        ways[key].append((converted is not None, deadline <= end, is_in_time, float(customer["revenue_amount"] or 0)))
    expected: dict[Group, Group] = {}
    for key, own in ways.items():
        mature = [is_in_time for _, is_mature, is_in_time, _ in own if is_mature]
        expected[key] = (
            *(len(own), len(own) / len(known.customers), sum(converted for converted, *_ in own), len(mature), sum(mature)),
            sum(mature) / len(mature) if mature else None,
            *(wilson(sum(mature), len(mature)) or (None, None)),
            sum(amount for *_, amount in own),
        )
    found = world.rows("""
        select channel, campaign, event_type, customer_count, share, converted_count, mature_count, mature_converted_count,
            conversion_rate, conversion_low, conversion_high, coalesce(revenue_amount, 0)::double as revenue_amount
        from marts.rpt_first_touches
    """)
    compared(by_key(found, 3), expected, 8)
