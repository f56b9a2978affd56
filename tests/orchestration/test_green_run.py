"""A run on good data: what it builds, what it publishes, what it says."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.orchestration import samples
from tests.orchestration.conftest import Home
from tests.privacy import dictionary
from tests.world.identity_score import score

# What others rely on: the columns each published table has at least.
PROMISED = {
    "marts.fct_events": "event_id customer_id person_id account_id source event_type occurred_at loaded_at session_id channel "
    "campaign device revenue_amount currency attributes",
    "marts.fct_sessions": "session_id customer_id person_id device_id started_at ended_at event_count channel campaign device",
    "marts.dim_customers": "customer_id first_seen_at last_seen_at acquisition_channel acquisition_campaign current_stage "
    "stage_entered_at revenue_amount person_count",
    "marts.dim_identities": "id_type id_hash person_id effective_at known_at superseded_at",
    "marts.fct_stage_intervals": "customer_id stage_set stage entered_at exited_at visit_number is_regression is_skip is_current "
    "entry_reason",
    "marts.rpt_funnel_steps": "funnel grain period_start dimension dimension_value step milestone entered_count reached_count "
    "mature_entered_count mature_reached_count conversion_rate conversion_low conversion_high median_hours p95_hours",
    "marts.rpt_transitions": "level stage_set from_name to_name transition_count customer_count share median_hours p95_hours",
    "marts.rpt_step_matrix": "anchor step name share path_count",
    "marts.rpt_paths": "level stage_set path customer_count share conversion_rate median_hours",
    "marts.rpt_exits": "event_type customer_count reach_rate visit_count exit_count exit_rate weight exit_rank",
    "marts.rpt_comparisons": "comparison measure level part from_name to_name step left_rate right_rate difference "
    "difference_low difference_high p_value is_significant is_small",
    "marts.rpt_pre_churn": "event_type pair_count churned_rate control_rate difference difference_low difference_high",
    "quality.rpt_id_match_rates": "left_side right_side id_type left_ids matched_ids match_rate min_match_rate severity",
    "quality.rpt_event_gaps": "source event_type gap_started_at gap_ended_at gap_hours max_gap_hours expected_event_count "
    "is_literal_gap is_gap",
    "quality.rpt_timestamp_validity": "source event_type row_count missing_count unparseable_count future_count "
    "before_launch_count",
    "quality.landed_files": "source table_name file file_fingerprint landed_at row_count rejected_count",
    "quality.rejected_rows": "source table_name file line reason raw_row",
    "quality.gate_results": "run_id gate table_name expectation observed threshold passed severity judged_at",
    "quality.publications": "run_id finished_at is_published as_of journey_version block_failures withhold_failures warnings",
    "ml.customer_segments": "customer_id segment segment_description model_version snapshot_at",
    "ml.churn_scores": "customer_id snapshot_at churn_probability route reasons model_version",
    "ml.model_runs": "model model_version trained_at train_start_at train_end_at test_start_at test_end_at row_count "
    "positive_count auc auc_low auc_high brier log_loss ece baseline_name baseline_auc journey_version notes",
}


@pytest.mark.parametrize("table", PROMISED)
def test_a_published_table_has_the_columns_others_rely_on_and_rows(green: Home, table: str) -> None:
    frame = green.ask(f"select * from {table} limit 1")
    assert set(PROMISED[table].split()) <= set(frame.columns)
    assert len(frame) or table == "quality.rpt_event_gaps"


def test_the_published_file_holds_what_is_meant_for_others_and_nothing_else(green: Home) -> None:
    schemas = green.ask("select distinct table_schema as s from information_schema.tables")
    assert set(schemas["s"]) == {"journey", "quality", "marts", "ml"}


def test_an_older_driver_reads_the_published_file(green: Home, pytestconfig: pytest.Config) -> None:
    driver = pytestconfig.cache.mkdir("duckdb-1.4")
    if not (driver / "duckdb").is_dir():
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--target", str(driver), "--no-deps", "duckdb==1.4.*"], check=True)
    code = (
        f"import sys; sys.path.insert(0, {str(driver)!r}); import duckdb; "
        f"connection = duckdb.connect({str(green.published)!r}, read_only=True); "
        "print(duckdb.__version__, connection.execute('select count(*) from marts.fct_events').fetchone()[0])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert told[0].startswith("1.4")
    assert int(told[1]) == green.ask("select count(*) as n from marts.fct_events")["n"].item()


def test_a_person_who_watches_sees_one_line_per_step_and_where_things_are(green: Home) -> None:
    told = (green.path.parent / "stdout").read_text(encoding="utf-8")
    steps = re.findall(r"^  ✓ (\w+) +([\d.]+) s   (.*)$", told, re.M)
    order = ["land", "stage", "identify", "unify", "judge_data", "build_marts", "churn", "customer_segments", "foresee"]
    assert [name for name, *_ in steps] == [*order, "model_runs", "after_models", "judge_models", "publish", "report"]
    assert all(summary for *_, summary in steps)
    assert str(green.published) in told
    assert "reports/index.html" in told
    assert "passed" in told
    events = green.ask("select count(*) as n from marts.fct_events")["n"].item()
    assert f"{events:,} events of " in told
    assert len(told.splitlines()) < 60
    of_demo = told.replace(str(green.landing), "the demo company's exports")
    samples.renewed(samples.block("text", "Throughline · journey demo_company"), of_demo)


def test_a_second_run_with_nothing_new_does_not_do_the_work_again(green: Home) -> None:
    before = green.published.stat()
    began = time.monotonic()
    done = green.run()
    assert done.returncode == 0, done.stderr
    assert "nothing new" in done.stdout
    assert green.published.stat() == before
    assert time.monotonic() - began < 10  # no measure of speed: dbt alone needs longer than this to start and build


def test_a_day_more_builds_what_it_changes_and_what_the_gates_judge_built_alone_shuts_them(green: Home, tmp_path: Path) -> None:
    home = green.copy(tmp_path)
    row = "event_type,occurred_at,user_id,source\nlogged_in,2026-10-30T23:30:00,usr_newcomer,product\n"
    (home.landing / "events" / "late.csv").write_text(row, encoding="utf-8")
    done = home.run()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "what they touch is built again" in done.stdout
    (before,), (after,) = (one.ask("select count(*) as n from marts.fct_events")["n"] for one in (green, home))
    assert after == before + 1
    returned = home.call("orchestration.rollback")
    assert returned.returncode == 0, returned.stderr
    assert home.published.read_bytes() == green.published.read_bytes()
    assert "nothing new" in home.run().stdout
    assert "There is nothing to return to" in home.call("orchestration.rollback").stderr
    chosen = home.call("tests.orchestration.choose", "intermediate/int_events_versioned", "marts/fct_sessions")
    assert "The gates have not judged what is there now" in chosen.stdout + chosen.stderr
    assert chosen.stdout.splitlines()[-2:] == ["intermediate/int_events_versioned: succeeded", "marts/fct_sessions: failed"]


def test_the_pages_are_there_and_link_each_other(green: Home) -> None:
    index = green.page("index")
    assert 'href="data_quality.html' in index
    assert 'href="journey.html' in index
    assert "PUBLISHED" in green.page("data_quality")
    assert "signup to purchase" in green.page("journey")


def test_rejected_rows_are_counted_and_masked(green: Home) -> None:
    rejected = green.ask("select * from quality.rejected_rows")
    files = green.ask("select sum(rejected_count) as n from quality.landed_files")
    assert len(rejected) == files["n"].item() > 0
    assert rejected["raw_row"].str.startswith("masked").all()


def test_one_row_dated_far_ahead_moves_nothing(green: Home) -> None:
    as_of = green.ask("select as_of from quality.publications where is_published")["as_of"].max()
    assert as_of.year == 2026
    assert green.ask("select sum(future_count) as n from quality.rpt_timestamp_validity")["n"].item() > 0
    assert green.ask("select count(*) as n from marts.fct_events where occurred_at > timestamp '2090-01-01'")["n"].item() == 0


def test_no_plain_identifier_is_published(green: Home) -> None:
    tables = green.ask(
        "select table_schema || '.' || table_name as t, string_agg('\"' || column_name || '\"', ', ') as texts "
        "from information_schema.columns where data_type = 'VARCHAR' group by all"
    )
    assert len(tables) > 50
    for table, texts in tables.itertuples(index=False):
        found = green.ask(f"select count(*) as n from {table} where concat_ws(' ', {texts}) like '%@%.example%'")["n"].item()
        assert found == 0, table


def test_scores_lie_within_reason_and_the_baseline_stands_beside_the_model(green: Home) -> None:
    scores = green.ask("select * from ml.churn_scores")
    assert scores["churn_probability"].between(0, 1).all()
    assert set(scores["route"]) <= {"auto", "review", "none"}
    run = green.ask("select * from ml.model_runs where model = 'churn'").iloc[0]
    assert run["test_start_at"] > run["train_end_at"]
    assert 0.5 < run["baseline_auc"] < run["auc"] < 0.95


def test_nearly_everybody_is_who_they_are_in_truth(green: Home) -> None:
    found = score(green.path, green.path.parent / "truth")
    assert found.precision >= 0.999
    assert found.recall >= 0.97
    assert 0.8 < found.recall_of_all < found.recall
    assert found.identifier_count > 5_000


def test_others_read_what_is_published_and_pass_by_the_rest(green: Home) -> None:
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(green.path.stat().st_mode) == 0o711 & ~mask
    for path in green.path.rglob("*"):
        mode, kind = stat.S_IMODE(path.stat().st_mode), 0o777 if path.is_dir() else 0o666
        open_to_others = path.relative_to(green.path).parts[0] in ("published", "reports")
        assert mode == (kind & ~mask if open_to_others else kind & 0o700), path


def test_whoever_has_lists_of_identifiers_names_nobody_in_the_published_file(green: Home) -> None:
    assert dictionary.named(green.published, green.path.parent / "truth") == {}


def test_a_logged_line_holds_no_identifier(green: Home) -> None:
    logs = [path for path in green.path.rglob("*.log") if path.is_file()]
    assert logs
    for path in logs:
        assert ".example" not in path.read_text(encoding="utf-8", errors="replace"), path


def test_a_run_writes_nothing_into_the_project(green: Home) -> None:
    began = green.landing.stat().st_mtime
    project = Path(__file__).resolve().parents[2] / "dbt_project"
    assert not [path for path in project.rglob("*") if path.is_file() and path.stat().st_mtime > began]
