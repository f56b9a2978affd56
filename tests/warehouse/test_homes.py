"""The rows of two companies never meet in one home."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from warehouse import connection
from warehouse.definitions.journey import load_journey
from warehouse.landing import landing
from warehouse.settings import Settings, UserError

NOW = datetime(2026, 11, 22)


def a_landing(folder: Path, *files: str) -> Path:
    (folder / "events").mkdir(parents=True, exist_ok=True)
    for name in files:
        (folder / "events" / name).write_text(f"event_type,occurred_at,user_id\nvisited,2026-01-01,{name}\n", encoding="utf-8")
    return folder


def land(home: Path, folder: Path | None) -> landing.Landing:
    named = {"THROUGHLINE_LANDING": str(folder)} if folder else {}
    settings = Settings.from_environment({"THROUGHLINE_HOME": str(home)} | named)
    return landing.land(settings, load_journey(settings.journey_path), now=NOW)


def people(home: Path) -> list[str]:
    settings = Settings.from_environment({"THROUGHLINE_HOME": str(home)})
    return sorted(connection.read(settings, "raw.events__events")["user_id"])


def test_the_demo_leaves_when_files_of_ones_own_come(tmp_path: Path) -> None:
    home = tmp_path / "home"
    a_landing(home / "landing", "demo.csv")
    land(home, None)
    assert people(home) == ["demo.csv"]
    found = land(home, a_landing(tmp_path / "mine", "mine.csv"))
    assert people(home) == ["mine.csv"]
    assert any("demo company" in warning for warning in found.warnings)


def test_the_demo_never_enters_a_home_with_files_of_ones_own(tmp_path: Path) -> None:
    home = tmp_path / "home"
    land(home, a_landing(tmp_path / "mine", "mine.csv"))
    a_landing(home / "landing", "demo.csv")
    with pytest.raises(UserError, match="THROUGHLINE_LANDING"):
        land(home, None)
    assert people(home) == ["mine.csv"]


def test_another_companys_folder_is_refused_in_words(tmp_path: Path) -> None:
    home = tmp_path / "home"
    land(home, a_landing(tmp_path / "one", "one.csv"))
    with pytest.raises(UserError, match="give this landing folder a home of its own"):
        land(home, a_landing(tmp_path / "two", "two.csv"))
    assert people(home) == ["one.csv"]


def test_a_landing_folder_may_move_and_grow(tmp_path: Path) -> None:
    home = tmp_path / "home"
    land(home, a_landing(tmp_path / "before", "one.csv"))
    land(home, a_landing(tmp_path / "after", "one.csv", "two.csv"))
    assert people(home) == ["one.csv", "two.csv"]


def test_a_home_made_before_a_column_existed_gains_it(tmp_path: Path) -> None:
    home = tmp_path / "home"
    folder = a_landing(tmp_path / "mine", "one.csv")
    land(home, folder)
    settings = Settings.from_environment({"THROUGHLINE_HOME": str(home)})
    with connection.connect(settings) as warehouse:
        warehouse.execute("alter table working.raw.landed_files drop column landing_folder")
    land(home, a_landing(folder, "two.csv"))
    assert people(home) == ["one.csv", "two.csv"]
