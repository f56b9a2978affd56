"""When everything is built anew after a landing; when a single model is, is told by test_incremental."""

from __future__ import annotations

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
    return loads.why_anew(settings, is_asked=options.get("is_asked", False))


def note_as_built(settings: Settings) -> None:
    with connection.connect(settings) as opened:
        opened.execute("insert into working.loads.built values ('fct_events', 'checksum', 2, 2, 2)")


def test_everything_is_built_anew_for_a_reason_that_is_said(settings: Settings) -> None:
    assert why(settings) == "nothing is built yet"
    note_as_built(settings)
    look_again(settings)
    assert why(settings) is None
    assert why(settings, is_asked=True) == "it was asked for"
    assert "nothing is built yet" in (why(settings) or "")


def test_everything_is_built_anew_when_more_comes_than_there_was(settings: Settings) -> None:
    note_as_built(settings)
    land(settings, "second.csv", rows=2)
    assert why(settings) is None
    land(settings, "third.csv", rows=20)
    assert why(settings) == "most rows are new"


def test_a_landing_is_later_than_those_before_it_whatever_the_clock_says(settings: Settings) -> None:
    land(settings, "second.csv", rows=2, now=NOW - timedelta(days=2))
    with connection.connect(settings, read_only=True) as opened:
        times = dict(opened.execute("select _file, max(_loaded_at) from working.raw.events__events group by _file").fetchall())
    assert times["events/second.csv"] > times["events/first.csv"] == NOW


def test_a_home_of_an_earlier_version_is_built_anew_once_and_keeps_its_landings(settings: Settings) -> None:
    with connection.connect(settings) as opened:
        opened.execute("alter table working.loads.history rename batch to turn")
        for name in ("new_loads", "changed_keys", "built"):
            opened.execute(f"drop table working.loads.{name}")
        for name in ("news", "touched", "built"):
            opened.execute(f"create table working.loads.{name} (turn bigint)")
    land(settings, "second.csv", rows=2)
    with connection.connect(settings, read_only=True) as opened:
        assert opened.execute("select max(batch) from working.loads.history").fetchall() == [(2,)]
        assert not connection.exists(opened, "loads.touched")
    assert "nothing is built yet" in (why(settings) or "")
