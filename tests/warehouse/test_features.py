"""What a model may know on a date: features look back, labels look ahead, and what is not over yet is unknown."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.world import crowd as by_hand
from tests.world.build import World
from tests.world.crowd import LATE_LANDED_AT, SNAPSHOT_AT

HORIZON = timedelta(days=10)  # churn.inactive_days of the journey file
FEATURES = (
    *("tenure_days", "days_since_last_event", "event_count_7d", "event_count_30d", "event_count_90d", "active_days_30d"),
    *("event_type_count_90d", "session_count_30d", "revenue_amount_90d"),
)


def snapshots(world: World, *columns: str) -> dict[tuple[int, Any], tuple[Any, ...]]:
    sql = f"select customer_id, snapshot_at, {', '.join(columns)} from working.features.customer_snapshots where snapshot_at <= ?"
    return {(row["customer_id"], row["snapshot_at"]): tuple(row.values())[2:] for row in world.rows(sql, SNAPSHOT_AT)}


def with_late_rows(world: World) -> set[int]:
    """Customers whose first event came to light only later: it moves the beginning of their first stage."""
    sql = "select person_id from working.intermediate.int_identifiers_resolved where list_contains(?, id_value)"
    return set(world.column(sql, [row["user_id"] for row in by_hand.late_rows()]))


def test_features_of_a_date_do_not_change_with_what_happens_or_comes_to_light_later(
    crowd: World, crowd_before_snapshot: World
) -> None:
    assert crowd.column("select max(known_at) from marts.fct_events") == [LATE_LANDED_AT]
    before = snapshots(crowd_before_snapshot, *FEATURES)
    assert len({snapshot_at for _, snapshot_at in before}) >= 4
    assert len(before) > 200
    assert snapshots(crowd, *FEATURES) == before


def test_time_in_a_stage_does_not_change_with_what_happens_later(crowd: World, crowd_before_snapshot: World) -> None:
    late = with_late_rows(crowd)
    before = {key: row for key, row in snapshots(crowd_before_snapshot, "days_in_stage").items() if key[0] not in late}
    assert len(before) > 100
    assert {key: row for key, row in snapshots(crowd, "days_in_stage").items() if key[0] not in late} == before


def test_stages_up_to_a_moment_do_not_change_with_what_happens_later(crowd: World, crowd_before_snapshot: World) -> None:
    sql = """
        select customer_id, stage_set, stage, entered_at, visit_number, is_regression, is_skip from marts.fct_stage_intervals
        where entered_at < ? and not list_contains(?, customer_id) order by all
    """
    late = list(with_late_rows(crowd))
    before = crowd_before_snapshot.rows(sql, SNAPSHOT_AT, late)
    assert len(before) > 300
    assert crowd.rows(sql, SNAPSHOT_AT, late) == before


def test_a_mature_conversion_does_not_change_with_what_happens_later(crowd: World, crowd_before_snapshot: World) -> None:
    sql = """
        select grain, period_start, dimension, dimension_value, step, mature_entered_count, mature_reached_count, conversion_rate
        from marts.rpt_funnel_steps where funnel = 'signup_to_purchase' and grain = 'day' and period_start <= ? order by all
    """
    last_mature_day = (SNAPSHOT_AT - timedelta(days=31)).date()
    everything = crowd_before_snapshot.rows(sql, SNAPSHOT_AT.date())
    assert max(row["period_start"] for row in everything if row["mature_entered_count"]) == last_mature_day
    before = crowd_before_snapshot.rows(sql, last_mature_day)
    assert sum(row["mature_reached_count"] for row in before if row["step"] == 3) > 3
    assert crowd.rows(sql, last_mature_day) == before


def test_a_label_is_known_when_its_horizon_is_over_and_not_before(crowd: World) -> None:
    known_until = max(event.at for event in by_hand.events() if event.event_type in ("feature_used", "logged_in"))
    sql = (
        "select snapshot_at, is_churned is not null as is_known from working.features.customer_snapshots group by all order by 1"
    )
    found = crowd.rows(sql)
    assert [row["is_known"] for row in found] == [row["snapshot_at"] + HORIZON <= known_until for row in found]
    assert {row["is_known"] for row in found} == {True, False}


def test_who_was_alive_before_a_date_and_is_not_in_the_horizon_after_it_is_lost(crowd: World) -> None:
    sql = """
        select id_value as name, is_churned from working.features.customer_snapshots
        inner join working.intermediate.int_identifiers_resolved on customer_id = person_id and id_type = 'user_id'
        where snapshot_at = ?
    """
    signs: dict[str, list[Any]] = {}
    for event in by_hand.events():
        if event.event_type in ("feature_used", "logged_in"):
            signs.setdefault(event.user_id, []).append(event.at)
    date = SNAPSHOT_AT
    alive = {name for name, times in signs.items() if any(date - HORIZON <= at < date for at in times)}
    expected = {name: 0.0 if any(date <= at < date + HORIZON for at in signs[name]) else 1.0 for name in alive}
    assert set(expected.values()) == {0.0, 1.0}
    assert {row["name"]: row["is_churned"] for row in crowd.rows(sql, date)} == expected


def test_features_count_what_was_known_in_the_days_before_the_date(crowd: World) -> None:
    names = {
        row["person_id"]: row["id_value"]
        for row in crowd.rows(
            "select person_id, id_value from working.intermediate.int_identifiers_resolved where id_type = 'user_id'"
        )
    }
    customers = by_hand.by_customer(by_hand.events())
    columns = (
        "tenure_days",
        "days_since_last_event",
        "event_count_7d",
        "event_count_30d",
        "active_days_30d",
        "session_count_30d",
    )
    day = timedelta(days=1)
    found = snapshots(crowd, *columns)
    for (customer_id, date), row in found.items():
        known = [event for event in customers[names[customer_id]] if event.at < date]
        recent = [event for event in known if event.at >= date - 30 * day]
        visits = by_hand.visits(customers[names[customer_id]])
        assert row == (
            pytest.approx((date - known[0].at) / day),
            pytest.approx((date - known[-1].at) / day),
            sum(event.at >= date - 7 * day for event in known),
            len(recent),
            len({event.at.date() for event in recent}),
            sum(bool(visit & {event.number for event in recent}) for visit in visits),
        )
    assert len(found) > 200
