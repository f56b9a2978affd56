"""A source that is there and has nothing to say stops nobody."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from tests.world import town
from tests.world.build import build, settings_of
from warehouse.sources import RAW_TABLES, SOURCES


def test_every_table_of_every_source_as_a_header_without_rows_builds_empty_marts(tmp_path: Path) -> None:
    for table in RAW_TABLES:
        folder = tmp_path / "landing" / table.source
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{table.name}.csv").write_text(",".join(column.name for column in table.columns) + "\n", encoding="utf-8")
    world = build(settings_of(tmp_path, town.JOURNEY), datetime(2026, 3, 1))
    assert {(file.source, file.table_name): file.status for file in world.landing.files} == {
        (table.source, table.name): "empty" for table in RAW_TABLES
    }
    for mart in ("fct_events", "fct_sessions", "dim_customers", "fct_ad_days"):
        assert world.rows(f"select * from marts.{mart}") == []


def test_a_folder_of_a_source_without_files_builds_too(tmp_path: Path) -> None:
    for source in SOURCES:
        (tmp_path / "landing" / source).mkdir(parents=True)
    world = build(settings_of(tmp_path, town.JOURNEY), datetime(2026, 3, 1), with_tests=False)
    assert (world.landing.files, world.landing.warnings) == ([], [])
    assert world.rows("select * from marts.fct_events") == []
