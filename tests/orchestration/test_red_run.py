"""A run on data that broke: it stops where it must, keeps what was published, and explains itself."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from dagster import Failure, build_asset_context

from expectations import DATA_GATES
from expectations.judge import judge
from ml.registry import MODELS
from orchestration.steps.models import foresee, model_step
from orchestration.steps.publication import publish
from simulation.demo import write_demo
from tests.orchestration import samples
from tests.orchestration.conftest import PROJECT, Home
from tests.world.build import build, settings_of
from warehouse.connection import read

Done = subprocess.CompletedProcess[str]
Red = tuple[Home, Done]


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_unmatched_ids_stop_the_job_with_words_a_newcomer_understands(red: Red) -> None:
    _, done = red
    assert done.returncode == 1
    assert re.search(r"block +id_match_rates: product → segment on user_id: \d\d\.\d\d % \(allowed ≥ 80\.00 %\)", done.stdout)
    assert "nothing was published" in done.stderr
    assert "Look for a changed id format" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    told = done.stdout.replace("\n\n  gates ", f"\n{done.stderr}\n  gates ")
    without_kiosk = re.sub(r".*kiosk.*\n|, 1 warn", "", told)  # which the demo of the README has not
    samples.renewed(samples.block("text", "  ✗ judge_data"), without_kiosk)


def test_a_red_gate_leaves_the_published_file_byte_for_byte(red: Red, green: Home) -> None:
    home, _ = red
    assert digest(home.published) == digest(green.published)


def test_nothing_downstream_of_a_red_gate_is_built(red: Red, green: Home) -> None:
    home, done = red
    for step in ("build_marts", "churn", "customer_segments", "foresee", "after_models", "judge_models", "publish", "report"):
        assert f"✓ {step}" not in done.stdout
    behind = "select schema_name || '.' || table_name as t from duckdb_tables() where schema_name in ('marts', 'ml') order by t"
    tables = green.build(behind)["t"].tolist()
    assert {"marts.fct_events", "marts.rpt_funnel_steps", "ml.churn_scores", "ml.model_runs"} <= set(tables)
    for table in tables:
        ours, theirs = (
            one.build(f"select count(*) as n, sum(hash(t)) as h from {table} as t").iloc[0].to_dict() for one in (home, green)
        )
        assert ours == theirs, table


def test_the_refusal_is_written_down_beside_the_published_file(red: Red) -> None:
    home, _ = red
    beside = home.published.with_name("last_run.duckdb")
    last = home.ask("select * from quality.publications order by finished_at desc limit 1", beside).iloc[0]
    assert not last["is_published"]
    assert last["block_failures"] == 3
    failed = home.ask("select * from quality.gate_results where not passed and severity = 'block'", beside)
    assert failed["run_id"].unique().tolist() == [last["run_id"]]
    assert sorted(failed["gate"]) == ["event_gaps", "id_match_rates", "timestamp_validity"]


def test_the_data_quality_page_of_a_refused_run_says_why(red: Red) -> None:
    home, _ = red
    page = home.page("data_quality")
    assert "REFUSED" in page
    assert "product → segment on user_id" in page
    assert "still holds the picture as of" in page


def test_a_red_gate_also_stops_what_is_chosen_in_the_ui(red: Red) -> None:
    home, _ = red
    chosen = "marts/dim_customers"
    before = digest(home.path / "throughline.duckdb"), digest(home.published)
    done = home.call("dagster", "asset", "materialize", "--module-name", "orchestration.definitions", "--select", chosen)
    assert done.returncode != 0
    assert "The gates are red" in done.stdout + done.stderr
    assert (digest(home.path / "throughline.duckdb"), digest(home.published)) == before


def test_a_red_gate_also_stops_a_model_and_the_publication_alone(red: Red) -> None:
    home, _ = red
    before = digest(home.path / "throughline.duckdb"), digest(home.published)
    alone: list[Any] = [*map(model_step, MODELS), foresee, publish]
    for step in alone:
        with pytest.raises(Failure, match="The gates are red"):
            step(build_asset_context(), home=home.resource())
    assert (digest(home.path / "throughline.duckdb"), digest(home.published)) == before


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of what Great Expectations imports
def test_more_than_a_fifth_of_unmatched_ids_stops_and_less_does_not(tmp_path: Path) -> None:
    folder = tmp_path / "landing" / "events"
    folder.mkdir(parents=True)
    journey = (PROJECT / "tests" / "world" / "journey.yml").read_text(encoding="utf-8")
    one_pair = "quality:\n  id_pairs:\n    - {left: product, right: web, id_type: user_id, min_match_rate: 0.8}\n"
    (tmp_path / "journey.yml").write_text(journey[: journey.index("\nquality:") + 1] + one_pair, encoding="utf-8")
    home = Home(tmp_path / "home", folder.parent, tmp_path / "journey.yml")

    def write(matched: int) -> None:
        rows = ["event_type,occurred_at,user_id,source"]
        rows += [f"logged_in,2026-01-{1 + number % 28:02}T10:00,u{number},product" for number in range(100)]
        rows += [f"page_viewed,2026-01-{1 + number % 28:02}T09:00,u{number},web" for number in range(matched)]
        (folder / "log.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")

    write(79)
    red = home.run()
    assert red.returncode == 1
    assert "block    id_match_rates: product → web on user_id: 79.00 % (allowed ≥ 80.00 %)" in red.stdout
    assert not home.published.exists()

    write(81)
    measured = ("rpt_id_match_rates",)
    world = build(settings_of(tmp_path, tmp_path / "journey.yml"), datetime(2026, 2, 1), with_tests=False, until=measured)
    table = "quality.rpt_id_match_rates"
    gates = [gate for gate in DATA_GATES if gate.table == table]
    results, _ = judge(gates, {table: read(world.settings, table)}, run_id="less", judged_at=datetime(2026, 2, 1))
    assert results["observed"].tolist() == ["81.00 %"]
    assert results["passed"].all()


def test_mended_data_publish_again(red: Red, tmp_path: Path) -> None:
    home = red[0].copy(tmp_path)
    shutil.rmtree(home.landing)
    write_demo(home.landing, tmp_path / "truth", customers=3000)
    mended = "event_type,occurred_at,user_id,source\nsigned_up,2026-10-30,usr_1,kiosk\nsigned_up,2026-10-30T12:00,usr_1,kiosk\n"
    (home.landing / "events" / "kiosk.csv").write_text(mended, encoding="utf-8")
    done = home.run()
    assert done.returncode == 0, done.stdout + done.stderr
    results = home.ask("select is_published from quality.publications order by finished_at")
    assert results["is_published"].tolist() == [True, False, True]


def test_a_missing_time_on_a_critical_milestone_blocks(red: Red) -> None:
    _, done = red
    assert re.search(r"block +timestamp_validity: signed_up from kiosk: 1 \(allowed ≤ 0\)", done.stdout)


def test_a_hole_in_the_tracking_of_a_funnel_step_blocks(red: Red) -> None:
    _, done = red
    assert re.search(r"block +event_gaps: page_viewed from segment silent since 2026-09-2\d .* events were due", done.stdout)


def test_a_file_that_cannot_be_read_stops_the_run_before_anything_is_built(green: Home, tmp_path: Path) -> None:
    home = green.copy(tmp_path)
    before = digest(home.published)
    (home.landing / "events" / "extra.csv").write_text("event_type,when,user_id\nsigned_up,2026-01-01,u1\n", encoding="utf-8")
    whole = (home.landing / "zendesk" / "ticket.csv.gz").read_bytes()
    (home.landing / "events" / "cut.csv.gz").write_bytes(whole[: len(whole) // 2])
    done = home.run()
    assert done.returncode == 1
    assert "events/extra.csv: column occurred_at is missing (the file has: event_type, when, user_id)" in done.stderr
    assert "events/cut.csv.gz: the gzip stream ends too early" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert "✓ stage" not in done.stdout
    assert digest(home.published) == before
    assert "2 files could not be read" in home.page("data_quality")
    last = home.ask(
        "select is_published from quality.publications order by finished_at", home.published.with_name("last_run.duckdb")
    )
    assert last["is_published"].tolist() == [True, False]


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("THROUGHLINE_LANDING", "nowhere", "is not a folder. Create it"),
        ("THROUGHLINE_JOURNEY", "nowhere.yml", "is not a file. Point it at a journey file"),
        ("THROUGHLINE_AS_OF", "yesterday", "is not an ISO timestamp"),
    ],
)
def test_wrong_settings_end_at_once_with_one_clear_message(
    name: str, value: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    landing = tmp_path / "landing" / "events"
    landing.mkdir(parents=True)
    home = Home(tmp_path / "home", landing.parent)
    monkeypatch.setattr(Home, "environment", lambda self, whole=Home.environment: whole(self) | {name: value})
    done = home.run()
    assert done.returncode == 2
    assert told in done.stderr
    assert len(done.stderr.splitlines()) <= 2
    assert not (tmp_path / "home" / "published").exists()


def test_an_empty_landing_folder_is_told_plainly(tmp_path: Path) -> None:
    (tmp_path / "landing").mkdir()
    done = Home(tmp_path / "home", tmp_path / "landing").run()
    assert done.returncode == 2
    assert "has no folder of a known source" in done.stderr
    assert "Traceback" not in done.stderr
