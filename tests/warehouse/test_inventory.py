"""`make sources` tells what is expected, found and missing, before and after a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration import sources as command
from tests.world import town
from tests.world.build import World, settings_of
from warehouse.definitions.journey import load_journey
from warehouse.landing import landing
from warehouse.landing.inventory import take_inventory
from warehouse.settings import Settings


@pytest.fixture
def shop(tmp_path: Path) -> Settings:
    for name, content in {
        "zendesk/users.csv": "id,email\n1,a@x.example\n,b@x.example\n",
        "zendesk/brand.csv": "id\n1\n",
        "events/web.csv": "event_type,occurred_at,user_id\nseen,2026-01-01,u\n",
    }.items():
        path = tmp_path / "landing" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return settings_of(tmp_path, town.JOURNEY)


def states(settings: Settings) -> dict[str, tuple[str, int, int]]:
    found, _ = take_inventory(settings)
    return {file.file: (file.state, file.row_count, file.rejected_count) for source in found for file in source.files}


def test_a_file_is_new_landed_changed_and_gone(shop: Settings) -> None:
    assert set(states(shop).values()) == {("new", 0, 0)}
    landing.land(shop, load_journey(town.JOURNEY), now=town.LANDED_AT)
    assert states(shop) == {"events/web.csv": ("landed", 1, 0), "zendesk/users.csv": ("landed", 1, 1)}
    (shop.landing / "zendesk" / "users.csv").write_text("id,email\n1,other@x.example\n", encoding="utf-8")
    (shop.landing / "events" / "web.csv").unlink()
    assert states(shop) == {"zendesk/users.csv": ("changed", 1, 1), "events/web.csv": ("gone", 1, 0)}


def test_the_span_of_the_events_is_told_after_a_run(town: World) -> None:
    found, warnings = take_inventory(town.settings)
    (events,) = (source for source in found if source.source.name == "events")
    (row,) = town.rows(
        "select count(*) as n, min(occurred_at) as first, max(occurred_at) as last from working.intermediate.int_events_recorded"
    )
    assert (events.event_count, events.first_event_at, events.last_event_at) == (row["n"], row["first"], row["last"])
    assert warnings == town.landing.warnings


def test_the_list_names_what_was_found_what_is_missing_and_what_is_left_alone(shop: Settings) -> None:
    text = "\n".join(command.overview(shop, *take_inventory(shop)))
    assert "2 of " in text.splitlines()[0]
    assert "+ zendesk/users.csv" in text
    assert "tickets                  tickets: ticket_opened (needs ticket_id, created_at)" in text
    assert "! file zendesk/brand.csv is no known table and was left alone" in text
    assert "olist          Olist marketplace" in text


def call(monkeypatch: pytest.MonkeyPatch, settings: Settings, *arguments: str) -> int:
    monkeypatch.setenv("THROUGHLINE_HOME", str(settings.home))
    monkeypatch.setenv("THROUGHLINE_LANDING", str(settings.landing))
    return command.main(list(arguments))


def test_one_source_is_told_with_every_column(
    shop: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, shop, "--source", "google_ads") == 0
    told = capsys.readouterr().out
    assert "folder google_ads/ (or adwords)" in told
    assert "also id, campaign.id" in told
    assert call(monkeypatch, shop, "--source", "hubpsot") == 2
    assert "No source is called hubpsot (did you mean hubspot?)" in capsys.readouterr().err


def test_an_empty_landing_folder_lists_what_is_expected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "landing").mkdir()
    assert call(monkeypatch, settings_of(tmp_path, town.JOURNEY)) == 0
    told = capsys.readouterr().out
    assert "0 of " in told.splitlines()[0]
    assert "zendesk        Zendesk Support" in told
