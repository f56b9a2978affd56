"""When a run mends what is there and when it makes everything anew; and what was touched is kept until everybody has seen it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.world import town
from tests.world.build import settings_of
from warehouse import connection
from warehouse.definitions.journey import load_journey
from warehouse.landing import landing, loads
from warehouse.settings import Settings

NOW = datetime(2026, 3, 1)
# Three models one after the other; the last is made from both of the others.
UPSTREAM: dict[str, set[str]] = {"events": set(), "sessions": {"events"}, "customers": {"events", "sessions"}}
HEADER = "event_type,occurred_at,user_id\n"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home into which a log of three rows has landed."""
    settings = settings_of(tmp_path / "home", town.JOURNEY)
    (settings.landing / "events").mkdir(parents=True)
    land(settings, "first.csv", rows=3)
    return settings


def land(settings: Settings, name: str, rows: int, now: datetime = NOW) -> None:
    body = "".join(f"signed_up,2026-02-{1 + number:02},u-{number}\n" for number in range(rows))
    (settings.landing / "events" / name).write_text(HEADER + body, encoding="utf-8")
    landing.land(settings, load_journey(settings.journey_path), now=now)


def look_again(settings: Settings) -> None:
    landing.land(settings, load_journey(settings.journey_path), now=NOW)


def why(settings: Settings, **options: bool) -> str | None:
    return loads.why_full(settings, load_journey(settings.journey_path), is_asked=options.get("is_asked", False))


def call(settings: Settings, *models: str) -> bool:
    """Build some models; returns whether they were made anew."""
    begun = loads.start_call(settings, set(models), UPSTREAM)
    loads.end_call(settings, begun, set(models), UPSTREAM)
    return begun.is_full


def test_everything_is_made_anew_for_a_reason_that_is_said(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert why(settings) == "nothing is built yet"
    call(settings, *UPSTREAM)
    look_again(settings)
    assert why(settings) is None
    assert why(settings, is_asked=True) == "it was asked for"
    assert call(settings, *UPSTREAM)
    changed = settings.home / "journey.yml"
    changed.write_text(town.JOURNEY.read_text(encoding="utf-8").replace("gap_minutes: 31", "gap_minutes: 45"), encoding="utf-8")
    assert why(replace(settings, journey_path=changed)) == "the journey file changed"
    call(settings, *UPSTREAM)
    monkeypatch.setattr(loads, "fingerprint_of_code", lambda paths: "another")
    assert why(replace(settings, journey_path=changed)) == "the code changed"


def test_everything_is_made_anew_when_more_comes_than_there_was(settings: Settings) -> None:
    why(settings)
    call(settings, *UPSTREAM)
    land(settings, "second.csv", rows=2)
    assert why(settings) is None
    land(settings, "third.csv", rows=20)
    assert why(settings) == "most rows are new"


def test_a_landing_is_later_than_those_before_it_whatever_the_clock_says(settings: Settings) -> None:
    land(settings, "second.csv", rows=2, now=NOW - timedelta(days=2))
    with connection.connect(settings, read_only=True) as opened:
        times = dict(opened.execute("select _file, max(_loaded_at) from working.raw.events__events group by _file").fetchall())
    assert times["events/second.csv"] > times["events/first.csv"] == NOW


def test_a_model_is_mended_unless_it_or_what_it_is_made_from_is_new(settings: Settings) -> None:
    assert call(settings, "events", "sessions")
    assert call(settings, "customers")
    assert not call(settings, *UPSTREAM)
    with connection.connect(settings) as opened:
        opened.execute("delete from working.loads.built where model = 'sessions'")
    assert not call(settings, "events")
    assert call(settings, "sessions")
    assert not call(settings, "events")
    assert call(settings, "customers")


def test_a_call_that_fails_leaves_nothing_that_looks_built(settings: Settings) -> None:
    call(settings, *UPSTREAM)
    why(settings, is_asked=True)
    loads.start_call(settings, set(UPSTREAM), UPSTREAM)
    assert call(settings, *UPSTREAM)


def test_what_was_touched_is_kept_until_every_model_has_seen_it(settings: Settings) -> None:
    call(settings, *UPSTREAM)
    begun = loads.start_call(settings, {"events"}, UPSTREAM)
    with connection.connect(settings) as opened:
        opened.execute("insert into working.loads.touched values (?, 'customer', 7)", [begun.turn])
    loads.end_call(settings, begun, {"events"}, UPSTREAM)
    call(settings, "sessions")
    assert touched(settings) == 1
    call(settings, "customers")
    assert touched(settings) == 0


def touched(settings: Settings) -> int:
    with connection.connect(settings, read_only=True) as opened:
        return len(opened.execute("select key from working.loads.touched").fetchall())
