"""Faults planted in a small company are found, named and dated by the measures, and what is usual in it is not taken for one."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

import pytest

from simulation import world as simulated
from simulation.faults import Fault
from simulation.writing import write_world
from tests.world.build import World, build, settings_of
from tests.world.town import Row, write_csv
from warehouse.settings import PROJECT

COMPANY = simulated.World(customers=400, seed=3, days=196)
UNTIL = COMPANY.until
FIRST_DAY = datetime(2026, 4, 20)  # a Monday

FAULTS = (
    Fault("silence", "segment", start=datetime(2026, 7, 6), end=datetime(2026, 7, 11)),
    Fault("unmatched_ids", "events", "product", share=0.6, column="user_id", start=datetime(2026, 9, 21)),
    Fault("duplicates", "segment", "pages", share=0.4, start=datetime(2026, 8, 10), end=datetime(2026, 8, 17)),
    Fault("silence", "klaviyo", start=datetime(2026, 9, 28), end=UNTIL),
)

MEASURES = ("rpt_touchpoint_audit", "rpt_volume_anomaly_counts", "rpt_id_match_rates")

# Beside the company three systems with a rhythm that is known to the day.
DROP, SPIKE = datetime(2026, 10, 14), datetime(2026, 10, 23)
PAUSE = datetime(2026, 8, 4), datetime(2026, 8, 7)
MOVED = datetime(2026, 10, 12)  # a Monday: from then on the clock is six hours ahead


def rhythm(dice: random.Random) -> list[Row]:
    """A shop with a drop and a spike, an app that pauses and whose time zone breaks, letters every second Tuesday."""
    rows: list[Row] = []

    def happen(source: str, event_type: str, day: datetime, count: int, hours: int = 0) -> None:
        for _ in range(count):
            at = day + timedelta(hours=hours + dice.triangular(8, 20, 13))
            which = {"event_type": event_type, "event_id": f"{source}-{len(rows)}", "anonymous_id": source}
            rows.append({"source": source, "occurred_at": str(at)} | which)

    for number in range((UNTIL - FIRST_DAY).days):
        day = FIRST_DAY + timedelta(days=number)
        usual = round(dice.gauss(60, 9))
        happen("shop", "page_viewed", day, {DROP: 9, SPIKE: 260}.get(day, usual))
        if not PAUSE[0] <= day < PAUSE[1]:
            happen("app", "feature_used", day, round(dice.gauss(60, 9)), hours=6 if day >= MOVED else 0)
        happen("letters", "email_delivered", day, 300 if number % 14 == 1 else round(dice.gauss(12, 3)))
    return rows


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> World:
    home = tmp_path_factory.mktemp("faulty")
    settings = settings_of(home, PROJECT / "warehouse" / "journey.yml")
    write_world(settings.landing, home / "truth", COMPANY, faults=FAULTS)
    write_csv(settings.landing / "events" / "rhythm.csv", rhythm(random.Random(1)))
    return build(settings, UNTIL + timedelta(hours=6), with_tests=False, until=MEASURES)


def one(world: World, sql: str) -> dict[str, Any]:
    (row,) = world.rows(sql)
    return row


def test_a_tracking_gap_is_found_to_the_hour_and_what_it_lost_is_estimated(faulty: World) -> None:
    gap = one(
        faulty,
        "select * from quality.rpt_event_gaps where is_gap and source = 'segment' and event_type = 'page_viewed' "
        "and gap_ended_at > timestamp '2026-07-06' and gap_started_at < timestamp '2026-07-11'",
    )
    assert timedelta(0) <= FAULTS[0].start - gap["gap_started_at"] < timedelta(hours=3)
    assert timedelta(0) <= gap["gap_ended_at"] - FAULTS[0].end < timedelta(days=1)
    (told,) = faulty.column(
        "select count(*) as n from working.intermediate.int_events_identified where source = 'segment' "
        "and event_type = 'page_viewed' and occurred_at between timestamp '2026-06-15' and timestamp '2026-06-20'"
    )
    assert gap["lost_event_count"] == pytest.approx(told, rel=0.5)
    assert gap["severity"] == "block"


def test_ids_that_nobody_else_knows_are_dated_by_the_week_since_which_they_come(faulty: World) -> None:
    rates = one(faulty, "select * from quality.rpt_id_match_rates where left_side = 'product'")
    assert (rates["match_rate"] < 0.8, str(rates["below_since"])) == (True, "2026-09-21")
    weeks = faulty.rows("select * from quality.rpt_identity_drift where left_side = 'product' order by week_started_on")
    drift = {str(week["week_started_on"]) for week in weeks if week["is_drift"]}
    assert min(drift) == "2026-09-21"
    others = faulty.column("select left_side from quality.rpt_id_match_rates where match_rate < min_match_rate")
    assert others == ["product"]


def test_a_storm_of_duplicates_is_dated_by_its_first_and_last_day(faulty: World) -> None:
    storms = faulty.rows("select * from quality.rpt_duplicates where storm_started_at is not null")
    (storm,) = storms
    assert (storm["source"], storm["event_type"]) == ("segment", "page_viewed")
    assert FAULTS[2].start <= storm["storm_started_at"] < storm["storm_ended_at"] < FAULTS[2].end
    assert storm["storm_ended_at"] - storm["storm_started_at"] > timedelta(days=5)
    assert storm["storm_duplicate_count"] == storm["duplicate_count"] > 20
    assert {row["source"] for row in faulty.rows("select source from quality.rpt_duplicates where duplicate_count > 0")} == {
        "segment"
    }


def test_a_source_that_fell_silent_is_named_and_one_that_is_only_quiet_is_not(faulty: World) -> None:
    (silent,) = faulty.rows("select * from quality.rpt_source_freshness where is_silent")
    assert silent["source"] == "klaviyo"
    assert timedelta(0) <= FAULTS[3].start - silent["silent_since"] < timedelta(days=1)
    # Account health is told once a week: 119 hours without it are usual, however many accounts there are.
    health = one(faulty, "select * from quality.rpt_source_freshness where source = 'events'")
    assert (health["silent_hours"] > 48, health["is_silent"]) == (True, False)


def test_a_day_unlike_those_before_it_is_an_anomaly_and_a_habit_is_none(faulty: World) -> None:
    found = {
        (row["source"], row["kind"], str(row["day"]))
        for row in faulty.rows("select * from quality.rpt_volume_anomalies where kind in ('drop', 'spike')")
    }
    pause = {("app", "drop", f"2026-08-0{day}") for day in (4, 5, 6)}
    assert found == {("shop", "drop", "2026-10-14"), ("shop", "spike", "2026-10-23"), *pause}


def test_a_broken_time_zone_shows_in_the_hours_of_the_day(faulty: World) -> None:
    shapes = faulty.rows("select * from quality.rpt_volume_anomalies where kind = 'shape' order by day")
    assert {row["source"] for row in shapes} == {"app"}
    assert str(shapes[0]["day"]) == "2026-10-12"
    assert all(0.01 < row["divergence"] < 1 for row in shapes)


def test_an_anomaly_that_a_gap_or_a_storm_explains_is_not_counted(faulty: World) -> None:
    rows = faulty.rows("select * from quality.rpt_volume_anomalies order by day")
    explained = {(row["source"], row["kind"], (row["explained_by"] or "")[:8]) for row in rows}
    assert explained >= {("app", "drop", "gap sinc"), ("segment", "duplicates", "storm of")}
    assert explained >= {("shop", "drop", ""), ("app", "shape", "")}
    counts = {
        row["source"]: (row["anomaly_count"], row["anomalies"])
        for row in faulty.rows("select * from quality.rpt_volume_anomaly_counts where anomaly_count > 0")
    }
    assert counts["shop"] == (2, "drop on 2026-10-14, spike on 2026-10-23")
    assert set(counts) == {"shop", "app"}


def test_the_audit_names_what_is_to_be_mended_first(faulty: World) -> None:
    rows = faulty.rows("select * from quality.rpt_touchpoint_audit order by priority nulls last")
    wrong = [row for row in rows if row["grade"] != "green"]
    assert [row["priority"] for row in rows if row["priority"]] == list(range(1, len(wrong) + 1))
    first = rows[0]
    assert (first["source"], first["touchpoint"], first["grade"]) == ("product", "feature_used", "red")
    assert first["worst_reason"].endswith("of its user_ids are known to segment")
    by_name = {(row["source"], row["touchpoint"]): row for row in rows}
    assert by_name["segment", "page_viewed"]["grade"] == "red"
    assert by_name["klaviyo", "email_delivered"]["has_gap"]
    assert by_name["shop", "page_viewed"]["grade"] == "green"
