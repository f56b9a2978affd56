"""Only an audited build is published, whole and at once; a refused one changes nothing and says so."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from tests.world import town as people
from tests.world.build import World
from warehouse import connection, landing, publishing
from warehouse.connection import PUBLISHED_SCHEMAS
from warehouse.contract import WRITTEN_TABLES
from warehouse.publishing import Verdict
from warehouse.settings import Settings

FINISHED = datetime(2026, 3, 3)


@pytest.fixture
def house(town: World, tmp_path: Path) -> World:
    """The town's warehouse in a home of its own, to be changed at will."""
    for name in ("throughline.duckdb", "working.duckdb"):
        shutil.copy2(town.settings.home / name, tmp_path / name)
    shutil.copytree(town.settings.landing, tmp_path / "landing")
    return World(replace(town.settings, home=tmp_path, landing=tmp_path / "landing"), town.journey, town.landing)


def judged(world: World, *outcomes: tuple[str, bool, str], run_id: str = "run-1", at: datetime = FINISHED) -> None:
    """Write down verdicts: gate, whether it passed, severity."""
    columns = next(table.columns for table in WRITTEN_TABLES if table.table == "quality.gate_results")
    rows = [
        dict.fromkeys(columns, "") | {"run_id": run_id, "gate": gate, "passed": passed, "severity": severity, "judged_at": at}
        for gate, passed, severity in outcomes
    ]
    publishing.record_verdicts(world.settings, run_id, pd.DataFrame(rows))


def published(world: World, run_id: str = "run-1", at: datetime = FINISHED) -> Path:
    """Publish, with the inputs as they are."""
    inputs = publishing.inputs_fingerprint(world.settings, world.journey)
    return publishing.publish(world.settings, world.journey, run_id=run_id, inputs=inputs, finished_at=at)


def ask(path: Path, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(path), read_only=True) as opened:
        return [tuple(row) for row in opened.execute(sql).fetchall()]


def test_a_published_file_has_the_published_schemas_and_nothing_else(house: World) -> None:
    judged(house, ("order", True, "block"))
    path = published(house)
    assert path == house.settings.home / "published" / "throughline.duckdb"
    schemas = ask(path, "select distinct table_schema from information_schema.tables")
    assert {name for (name,) in schemas} == set(PUBLISHED_SCHEMAS)
    assert [child.name for child in path.parent.iterdir()] == ["throughline.duckdb"]


def test_a_published_file_holds_no_byte_of_a_plain_identifier(house: World) -> None:
    judged(house, ("order", True, "block"))
    content = published(house).read_bytes()
    # Not only no row: no page that dbt freed and DuckDB did not overwrite either. Ada's address stands in an attribute.
    for value in ("finn@bakery", "u-nia", "a-bob", people.NO_DEVICE):
        assert value.encode() not in content, value


def test_a_publication_is_written_down_in_the_file_itself(house: World) -> None:
    judged(house, ("order", True, "block"), ("losses", False, "warn"), ("auc", False, "withhold"))
    inputs = publishing.inputs_fingerprint(house.settings, house.journey)
    assert ask(published(house), "select * from quality.publications") == [
        ("run-1", FINISHED, True, people.AS_OF, house.journey.fingerprint, inputs, 0, 1, 1)
    ]


def test_a_failed_block_publishes_nothing_and_leaves_the_old_file_byte_for_byte(house: World) -> None:
    judged(house, ("order", True, "block"))
    path = published(house)
    before = path.read_bytes()
    judged(house, ("order", False, "block"), run_id="run-2", at=FINISHED + timedelta(days=1))
    with pytest.raises(RuntimeError, match="1 blocking check"):
        published(house, "run-2", FINISHED + timedelta(days=1))
    assert path.read_bytes() == before
    assert house.column("select run_id from quality.publications") == ["run-1"]


def test_what_was_never_judged_is_not_published(house: World) -> None:
    with pytest.raises(RuntimeError, match="no gate has been judged"):
        published(house)
    assert not house.settings.published_database.exists()


def test_a_build_with_a_schema_too_many_is_not_published(house: World) -> None:
    judged(house, ("order", True, "block"))
    with connection.connect(house.settings) as opened:
        opened.execute("create schema staging")
        opened.execute("create table staging.raw_rows as select 'ada@gmail.com' as email")
    with pytest.raises(RuntimeError, match=r"the build holds the schemas \['journey', 'marts', 'ml', 'quality', 'staging'\]"):
        published(house)
    assert list(house.settings.published_database.parent.iterdir()) == []


def test_the_latest_word_of_a_gate_counts_and_replaces_what_it_said_in_the_same_run(house: World) -> None:
    judged(house, ("order", False, "block"), ("losses", False, "warn"))
    judged(house, ("order", True, "block"))
    assert publishing.verdict(house.settings) == Verdict(0, 0, 1)
    judged(house, ("order", False, "block"), run_id="run-2", at=FINISHED + timedelta(hours=1))
    assert publishing.verdict(house.settings) == Verdict(1, 0, 1)
    assert not publishing.verdict(house.settings).is_publishable


def test_whoever_reads_the_old_file_keeps_reading_it(house: World) -> None:
    judged(house, ("order", True, "block"))
    path = published(house)
    copy = path.with_name("as_it_was.duckdb")
    shutil.copy2(path, copy)
    with path.open("rb") as reader:
        published(house, "run-2", FINISHED + timedelta(days=1))
        assert reader.read() == copy.read_bytes()
    assert ask(path, "select count(*) from quality.publications") == [(2,)]


def test_withheld_columns_are_empty_and_the_column_of_reasons_says_why(house: World) -> None:
    with connection.connect(house.settings) as opened:
        opened.execute("insert into ml.churn_scores values (1, timestamp '2026-03-01', 0.9, 'auto', 'age', 'v1')")
    judged(house, ("order", True, "block"), ("auc", False, "withhold"))
    assert publishing.failures(house.settings, "withhold")["gate"].tolist() == ["auc"]
    publishing.withhold(house.settings, {"ml.churn_scores": ("churn_probability", "route", "reasons")}, "it's too good")
    assert ask(published(house), "select customer_id, churn_probability, route, reasons from ml.churn_scores") == [
        (1, None, None, "it's too good")
    ]


def test_the_state_of_the_data_is_put_beside_the_published_file_even_when_nothing_is_published(house: World) -> None:
    judged(house, ("order", False, "block"))
    path = publishing.publish_quality(house.settings)
    assert path.parent == house.settings.published_database.parent
    assert not house.settings.published_database.exists()
    assert ask(path, "select gate, passed from quality.gate_results") == [("order", False)]
    assert ask(path, "select distinct table_schema from information_schema.tables") == [("quality",)]
    judged(house, ("order", True, "block"))
    publishing.publish_quality(house.settings)
    assert ask(path, "select gate, passed from quality.gate_results") == [("order", True)]


def test_a_refusal_is_written_down_and_never_passes_as_current(house: World) -> None:
    judged(house, ("order", True, "block"))
    published(house)
    inputs = publishing.inputs_fingerprint(house.settings, house.journey)
    later = FINISHED + timedelta(days=1)
    publishing.refuse(house.settings, house.journey, run_id="run-2", inputs=inputs, finished_at=later, block_failures=2)
    assert house.rows("select run_id, is_published, block_failures from quality.publications order by finished_at") == [
        {"run_id": "run-1", "is_published": True, "block_failures": 0},
        {"run_id": "run-2", "is_published": False, "block_failures": 2},
    ]
    assert not publishing.is_current(house.settings, house.journey)


def test_a_publication_is_current_until_a_file_a_definition_or_the_requested_now_changes(house: World, tmp_path: Path) -> None:
    settings = house.settings
    assert not publishing.is_current(settings, house.journey)
    judged(house, ("order", True, "block"))
    published(house)
    assert publishing.is_current(settings, house.journey)
    other = house.journey.model_copy(update={"sessions": house.journey.sessions.model_copy(update={"gap_minutes": 5})})
    assert not publishing.is_current(settings, other)
    assert not publishing.is_current(replace(settings, requested_as_of=datetime(2026, 2, 1)), house.journey)
    people.write_csv(settings.landing / "events" / "more.csv", [people.CORRECTION])
    assert landing.has_news(settings)
    assert not publishing.is_current(settings, house.journey)


def test_the_key_of_the_hashes_is_made_once_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("THROUGHLINE_ID_KEY", raising=False)
    settings = Settings(tmp_path, tmp_path, people.JOURNEY, None, False)

    def key() -> list[str]:
        publishing.ensure_key(settings)
        return [str(secret) for secret in connection.read(settings, "identity.key")["secret"]]

    with connection.connect(settings) as opened:
        connection.create(opened, {"identity.key": {"secret": "VARCHAR"}})
    (made,) = key()
    assert len(made) == 64
    assert key() == [made]
    monkeypatch.setenv("THROUGHLINE_ID_KEY", "mine")
    assert key() == ["mine"]
    monkeypatch.delenv("THROUGHLINE_ID_KEY")
    assert key() == ["mine"]


def test_a_swap_that_fails_never_passes_as_a_publication(house: World, monkeypatch: pytest.MonkeyPatch) -> None:
    judged(house, ("order", True, "block"))
    path = published(house)
    before = path.read_bytes()
    assert publishing.is_current(house.settings, house.journey)

    def full_disk(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", full_disk)
    with pytest.raises(OSError, match="No space left"):
        published(house, "run-2", FINISHED + timedelta(days=1))
    assert path.read_bytes() == before
    assert not list(path.parent.glob("*.tmp"))
    assert not publishing.is_current(house.settings, house.journey)
