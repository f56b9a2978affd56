"""Only an audited build is published, whole and at once; a refused one changes nothing and says so."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from unittest import mock

import pytest

from tests.world import town as people
from tests.world.build import ID_KEY, World
from tests.world.judged import FINISHED, ask, judge, judged, published
from warehouse import connection
from warehouse.connection import PUBLISHED_SCHEMAS
from warehouse.landing import landing, loads
from warehouse.publication import publishing, verdicts
from warehouse.publication.verdicts import Verdict
from warehouse.settings import Settings, UserError
from warehouse.tables import WRITTEN_TABLES

FULL_DISK = mock.Mock(side_effect=OSError(28, "No space left on device"))


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
        ("run-1", FINISHED, True, people.AS_OF, house.journey.fingerprint, inputs, None, 0, 1, 1)
    ]


def test_the_last_publication_is_the_one_made_last_also_when_the_clock_was_set_back(house: World) -> None:
    judged(house, ("order", True, "block"))
    published(house)
    judged(house, ("order", True, "block"), run_id="run-2", at=FINISHED - timedelta(days=7))
    published(house, "run-2", FINISHED - timedelta(days=7))
    with connection.connect(house.settings) as opened:
        opened.execute("update quality.publications set inputs_fingerprint = run_id")
    assert publishing.published_inputs(house.settings) == "run-2"


def test_a_failed_block_publishes_nothing_and_leaves_the_old_file_byte_for_byte(house: World) -> None:
    judged(house, ("order", True, "block"))
    path = published(house)
    before = path.read_bytes()
    judged(house, ("order", False, "block"), run_id="run-2", at=FINISHED + timedelta(days=1))
    with pytest.raises(UserError, match="1 blocking check"):
        published(house, "run-2", FINISHED + timedelta(days=1))
    assert path.read_bytes() == before
    assert house.column("select run_id from quality.publications") == ["run-1"]


def test_what_was_never_judged_is_not_published(house: World) -> None:
    with pytest.raises(UserError, match="Not judged is not passed"):
        published(house)
    assert not house.settings.published_database.exists()


def test_what_else_lies_in_the_build_is_named_and_left_out_with_every_byte_of_it(house: World) -> None:
    assert publishing.left_out(house.settings) is None
    with connection.connect(house.settings) as opened:
        opened.execute("create schema finance")
        for table in ("main.loyalty_points", "finance.salaries", "working.seeds.countries", "working.snapshots.prices"):
            opened.execute(f"create table {table} as select 'secret of ' || range as secret from range(5000)")
        opened.execute("create view marts.rpt_own as select * from finance.salaries")
        opened.execute("create table marts.fct_own (own_id int not null)")
        opened.execute("comment on table marts.fct_own is 'One row per thing of our own.'")
        opened.execute("insert into marts.fct_own values (1)")
        opened.execute("create view working.main.halfway as select 1 as one")
    words = publishing.left_out(house.settings)
    assert words
    assert words.startswith("not published: finance.salaries, main.loyalty_points, marts.rpt_own, main.halfway.")
    assert "below dbt_project/models/marts" in words
    judged(house, ("order", True, "block"))
    path = published(house)
    schemas = ask(path, "select schema_name from duckdb_schemas() where not internal")
    assert {name for (name,) in schemas} == set(PUBLISHED_SCHEMAS)
    assert ask(path, "select count(*) from duckdb_views() where not internal") == [(0,)]
    assert ask(path, "select * from marts.fct_own") == [(1,)]
    assert ask(path, "select comment from duckdb_tables() where table_name = 'fct_own'") == [("One row per thing of our own.",)]
    assert ask(path, "select is_nullable from duckdb_columns() where table_name = 'fct_own'") == [(False,)]
    assert ask(path, "select count(*) from duckdb_tables() where schema_name = 'main'") == [(0,)]
    assert b"secret of" not in path.read_bytes()
    assert publishing.is_current(house.settings, house.journey)


def test_the_latest_judgement_counts_and_replaces_what_was_said_in_the_same_run(house: World) -> None:
    judged(house, ("order", False, "block"), ("losses", False, "warn"))
    judged(house, ("order", True, "block"), ("losses", False, "warn"))
    assert verdicts.verdict(house.settings) == Verdict(0, 0, 1)
    judged(house, ("order", False, "block"), ("losses", False, "warn"), run_id="run-2", at=FINISHED + timedelta(hours=1))
    assert verdicts.verdict(house.settings) == Verdict(1, 0, 1)
    assert not verdicts.verdict(house.settings).is_publishable
    kept = "select run_id, count(*) as n, count(*) filter (where stands) as m from quality.gate_results group by all order by 1"
    assert [tuple(row.values()) for row in house.rows(kept)] == [("run-1", 3, 0), ("run-2", 3, 3)]


def test_what_was_said_in_a_run_that_never_ended_is_no_runs_word_and_the_next_run_has_something_to_do(house: World) -> None:
    judged(house, ("order", True, "block"))
    published(house)
    current = publishing.published_inputs(house.settings)
    judge(house, verdicts.DATA, ("order", True, "block"), run_id="killed", at=FINISHED + timedelta(hours=1))
    assert publishing.published_inputs(house.settings) is None
    verdicts.forget_unfinished(house.settings)
    assert house.column("select distinct run_id from quality.gate_results") == ["run-1"]
    assert publishing.published_inputs(house.settings) is None
    judged(house, ("order", True, "block"), run_id="run-2", at=FINISHED + timedelta(hours=2))
    published(house, "run-2", FINISHED + timedelta(hours=2))
    assert publishing.published_inputs(house.settings) == current


def test_a_run_that_goes_on_where_another_broke_off_has_its_verdicts(house: World) -> None:
    judge(house, verdicts.DATA, ("order", True, "block"), run_id="broke off")
    judge(house, verdicts.MODELS, ("auc", True, "block"), run_id="went on", at=FINISHED + timedelta(hours=1))
    published(house, "went on", FINISHED + timedelta(hours=1))
    assert house.column("select distinct run_id from quality.gate_results") == ["went on"]
    assert publishing.published_inputs(house.settings)


def test_a_gate_that_is_no_more_has_no_say(house: World) -> None:
    judged(house, ("order", True, "block"), ("given_up", False, "block"))
    judged(house, ("order", True, "block"), run_id="run-2", at=FINISHED + timedelta(hours=1))
    assert verdicts.verdict(house.settings).is_publishable


def test_what_was_said_of_the_models_stops_no_run_that_trains_them_anew(house: World) -> None:
    judged(house, ("order", True, "block"))
    judge(house, verdicts.MODELS, ("auc", False, "block"))
    with pytest.raises(UserError, match="1 blocking check"):
        published(house)
    verdicts.void(house.settings, verdicts.DATA, verdicts.MODELS)
    judge(house, verdicts.DATA, ("order", True, "block"), run_id="run-2", at=FINISHED + timedelta(hours=1))
    assert verdicts.verdict(house.settings).is_publishable


def test_whoever_reads_the_old_file_keeps_reading_it(house: World) -> None:
    judged(house, ("order", True, "block"))
    path = published(house)
    copy = path.with_name("as_it_was.duckdb")
    shutil.copy2(path, copy)
    with path.open("rb") as reader:
        published(house, "run-2", FINISHED + timedelta(days=1))
        assert reader.read() == copy.read_bytes()
    assert ask(path, "select count(*) from quality.publications") == [(2,)]


def test_the_state_of_the_data_is_put_beside_the_published_file_even_when_nothing_is_published(house: World) -> None:
    judged(house, ("order", False, "block"))
    path = publishing.publish_quality(house.settings)
    assert path.parent == house.settings.published_database.parent
    assert not house.settings.published_database.exists()
    assert ask(path, f"select gate, passed from quality.gate_results where judgement = '{verdicts.DATA}'") == [("order", False)]
    assert ask(path, "select distinct table_schema from information_schema.tables") == [("quality",)]
    judged(house, ("order", True, "block"))
    publishing.publish_quality(house.settings)
    assert ask(path, f"select gate, passed from quality.gate_results where judgement = '{verdicts.DATA}'") == [("order", True)]


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
        connection.create(
            opened, {one.table: one.columns for one in WRITTEN_TABLES if one.table in ("identity.key", "loads.built")}
        )
    (made,) = key()
    assert len(made) == 64
    assert key() == [made]
    monkeypatch.setenv("THROUGHLINE_ID_KEY", "a secret of mine")
    assert key() == ["a secret of mine"]
    monkeypatch.delenv("THROUGHLINE_ID_KEY")
    assert key() == ["a secret of mine"]


def test_with_another_key_nothing_counts_as_built_and_what_is_published_is_not_current(
    house: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged(house, ("order", True, "block"))
    published(house)
    built = "select model from working.loads.built"
    before, inputs = house.column(built), publishing.inputs_fingerprint(house.settings, house.journey)
    monkeypatch.setenv("THROUGHLINE_ID_KEY", ID_KEY)
    publishing.ensure_key(house.settings)
    assert house.column(built) == before
    assert publishing.is_current(house.settings, house.journey)
    monkeypatch.setenv("THROUGHLINE_ID_KEY", "another key altogether")
    assert not publishing.is_current(house.settings, house.journey)
    publishing.ensure_key(house.settings)
    assert house.column(built) == []
    assert publishing.inputs_fingerprint(house.settings, house.journey) != inputs
    assert not publishing.is_current(house.settings, house.journey)
    assert loads.why_anew(house.settings, is_asked=False) == "nothing is built yet"


def test_a_swap_that_fails_never_passes_as_a_publication(house: World) -> None:
    judged(house, ("order", True, "block"))
    path = published(house)
    before = path.read_bytes()
    assert publishing.is_current(house.settings, house.journey)
    judged(house, ("order", True, "block"), run_id="run-2", at=FINISHED + timedelta(days=1))
    with mock.patch("shutil.copyfile", FULL_DISK), pytest.raises(OSError, match="No space left"):
        published(house, "run-2", FINISHED + timedelta(days=1))
    assert path.read_bytes() == before
    assert not list(path.parent.glob("*.tmp"))
    assert not publishing.is_current(house.settings, house.journey)
    assert house.column("select run_id from quality.publications") == ["run-1"]


def test_a_publication_whose_run_was_killed_right_after_the_swap_is_written_down_by_the_next(house: World) -> None:
    judged(house, ("order", True, "block"))
    published(house)
    judged(house, ("order", True, "block"), run_id="run-2", at=FINISHED + timedelta(days=1))
    with mock.patch.object(publishing, "note_publication", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        published(house, "run-2", FINISHED + timedelta(days=1))
    assert house.column("select run_id from quality.publications") == ["run-1"]
    assert publishing.published_inputs(house.settings) is None
    for _ in range(2):
        publishing.note_publication(house.settings)
        assert house.column("select run_id from quality.publications order by rowid") == ["run-1", "run-2"]
        assert publishing.is_current(house.settings, house.journey)


def test_earlier_publications_are_kept_as_many_as_the_settings_say(house: World) -> None:
    house = replace(house, settings=replace(house.settings, publications_kept=2))
    contents = []
    for day in range(4):
        judged(house, ("order", True, "block"), run_id=f"run-{day}", at=FINISHED + timedelta(days=day))
        contents.append(published(house, f"run-{day}", FINISHED + timedelta(days=day)).read_bytes())
    kept = publishing.earlier(house.settings)
    assert [path.stem for path in kept] == ["2026-03-05T00-00-00", "2026-03-04T00-00-00"]
    assert [path.read_bytes() for path in kept] == [contents[2], contents[1]]


def test_a_clock_set_back_makes_the_newest_publication_no_old_one(house: World) -> None:
    house = replace(house, settings=replace(house.settings, publications_kept=2))
    days = (0, 1, -300, -299)
    for number, day in enumerate(days):
        judged(house, ("order", True, "block"), run_id=f"run-{number}", at=FINISHED + timedelta(days=day))
        published(house, f"run-{number}", FINISHED + timedelta(days=day))
    assert [path.stem[:10] for path in publishing.earlier(house.settings)] == ["2025-05-07", "2026-03-04"]
    returned = [publishing.roll_back(house.settings, None, now=FINISHED).stem[:10] for _ in range(2)]
    assert returned == ["2025-05-07", "2026-03-04"]


def test_room_that_tables_left_is_not_published(house: World) -> None:
    with connection.connect(house.settings) as opened:
        opened.execute("create table marts.left_over as select hash(range) as filler from range(4000000)")
        opened.execute("checkpoint")
        opened.execute("create table marts.kept as select hash(range) as filler from range(200000)")
        opened.execute("checkpoint")
        opened.execute("drop table marts.left_over")
    judged(house, ("order", True, "block"))
    path = published(house)
    assert path.stat().st_size < house.settings.database.stat().st_size / 2
    assert ask(path, "select count(*) from marts.fct_events") == [(house.column("select count(*) from marts.fct_events")[0],)]


def test_one_returns_to_an_earlier_publication_and_the_next_run_leaves_it_be(house: World) -> None:
    contents = {}
    for day in range(3):
        judged(house, ("order", True, "block"), run_id=f"run-{day}", at=FINISHED + timedelta(days=day))
        contents[f"run-{day}"] = published(house, f"run-{day}", FINISHED + timedelta(days=day)).read_bytes()
    target, later = house.settings.published_database, FINISHED + timedelta(days=9)
    with pytest.raises(UserError, match="no publication 2020 is kept"):
        publishing.roll_back(house.settings, "2020", now=later)
    with mock.patch("os.replace", FULL_DISK), pytest.raises(OSError, match="No space left"):
        publishing.roll_back(house.settings, None, now=later)
    assert house.column("select count(*) from quality.publications") == [3]
    for moment, run_id in ((later, "run-1"), (later + timedelta(hours=1), "run-0")):
        publishing.roll_back(house.settings, None, now=moment)
        assert target.read_bytes() == contents[run_id]
        assert publishing.is_current(house.settings, house.journey)
    with pytest.raises(UserError, match="no publication is kept from before"):
        publishing.roll_back(house.settings, None, now=later)
    publishing.roll_back(house.settings, "2026-03-05T00-00-00", now=later + timedelta(hours=2))
    assert target.read_bytes() == contents["run-2"]
    assert house.column("select returned_to from quality.publications order by finished_at")[-3:] == ["run-1", "run-0", "run-2"]
    people.write_csv(house.settings.landing / "events" / "more.csv", [people.CORRECTION])
    assert not publishing.is_current(house.settings, house.journey)


def test_what_was_judged_before_the_data_changed_is_not_judged(house: World) -> None:
    judged(house, ("order", True, "block"))
    assert verdicts.verdict(house.settings).is_publishable
    verdicts.void(house.settings, verdicts.MODELS)
    assert verdicts.verdict(house.settings).is_publishable
    with pytest.raises(UserError, match="run judge_models first"):
        published(house)
    assert not house.settings.published_database.exists()
