"""What a data engineer finds in Dagster's catalogue, before and after a run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from dagster import AssetCheckKey, AssetKey, DagsterInstance, DagsterRunStatus, Definitions, RunsFilter

from expectations import DATA_GATES, MODEL_GATES
from ml.registry import MODELS
from orchestration.catalogue import GROUPS, OWNERS, key
from orchestration.definitions import build_defs
from orchestration.manifest import prepared_project
from orchestration.run import DAGSTER_YAML, prepare_home
from orchestration.steps.gates import NO_GATE_BLOCKS, are_judged
from orchestration.steps.landing import OUTCOME
from orchestration.steps.models import told
from tests.orchestration.conftest import PROJECT, Home
from warehouse.settings import Settings, UserError

GATES = (*DATA_GATES, *MODEL_GATES)


@pytest.fixture(scope="module")
def definitions(green: Home) -> Definitions:
    """The definitions on the green run's home; the environment is not asked."""
    return build_defs({"home": green.resource()})


@pytest.fixture(scope="module")
def instance(green: Home) -> DagsterInstance:
    """What Dagster noted of the runs at the green run's home."""
    return DagsterInstance.from_config(str(green.path / "dagster"))


def test_to_import_the_definitions_executes_nothing(tmp_path: Path) -> None:
    code = (
        "import dagster_dbt, sys; happened = set(); sys.addaudithook(lambda event, _: happened.add(event)); "
        "import orchestration.definitions; print(happened & {'subprocess.Popen', 'os.fork', 'os.mkdir'})"
    )
    home = Home(tmp_path / "home", tmp_path)
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, env=home.environment(), capture_output=True, text=True)
    assert done.stdout.split() == ["set()"], done.stderr
    assert not home.path.exists()


def test_definitions_without_a_manifest_say_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"is not there yet: call `make manifest`"):
        prepared_project(Settings.from_environment({"THROUGHLINE_HOME": str(tmp_path)}))


def test_what_the_owner_of_a_home_wrote_for_dagster_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    settings = Settings.from_environment({"THROUGHLINE_HOME": str(tmp_path)})
    prepare_home(settings)
    yaml = tmp_path / "dagster" / "dagster.yaml"
    assert yaml.read_text(encoding="utf-8") == DAGSTER_YAML
    yaml.write_text("storage: {postgres: {}}", encoding="utf-8")
    prepare_home(settings)
    assert yaml.read_text(encoding="utf-8") == "storage: {postgres: {}}"


def test_every_asset_has_a_producer_an_owner_kinds_a_group_and_plain_words(definitions: Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    for asset in graph.get_all_asset_keys():
        node = graph.get(asset)
        assert node.is_executable, asset
        assert node.group_name == GROUPS[asset.path[0]], asset
        assert node.owners, asset
        assert node.kinds, asset
        assert node.description, asset
        assert "select" not in node.description.split(), asset
        assert "Raw SQL" not in node.description, asset


def test_groups_sort_in_the_order_of_a_run() -> None:
    assert list(OWNERS) == [group.partition("_")[2] for group in sorted(GROUPS.values())]


def test_definitions_and_the_raw_tables_of_a_source_are_one_asset_each(definitions: Definitions) -> None:
    keys = {key.to_user_string() for key in definitions.resolve_asset_graph().get_all_asset_keys()}
    assert {name for name in keys if name.startswith("journey/")} == {"journey/definitions"}
    assert {"raw/stripe", "raw/hubspot"} <= keys
    assert not [name for name in keys if name.startswith("raw/") and "__" in name]


def test_a_source_is_overdue_when_the_journey_file_says_so(definitions: Definitions, green: Home) -> None:
    policy: Any = definitions.resolve_asset_graph().get(AssetKey(["raw", "stripe"])).freshness_policy
    hours = green.resource().journey.quality.freshness.max_silent_hours
    assert policy.fail_window.to_timedelta().total_seconds() == hours * 3600


def test_what_the_models_did_leads_from_the_models_to_their_gate(definitions: Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    runs = graph.get(key("ml.model_runs"))
    assert runs.parent_keys == {key(f"ml.{model.output}") for model in MODELS}
    assert key("ml.model_runs") in graph.get(key("quality.rpt_model_discrimination")).parent_keys


def test_each_gate_hangs_on_the_table_it_judges_and_one_check_of_each_judgement_blocks(definitions: Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    for gate in GATES:
        assert not graph.get(AssetCheckKey(key(gate.table), gate.name)).blocking
    assert {check for check in graph.asset_check_keys if check.name == NO_GATE_BLOCKS and graph.get(check).blocking} == {
        AssetCheckKey(key("intermediate.int_events_identified"), NO_GATE_BLOCKS),
        AssetCheckKey(key("quality.rpt_model_discrimination"), NO_GATE_BLOCKS),
    }


def test_a_run_judges_what_it_was_asked_to_judge() -> None:
    gate = AssetCheckKey(AssetKey("measure"), "gate")
    other = AssetCheckKey(AssetKey("measure"), "other")

    def judges(tables: set[str], checks: set[AssetCheckKey] | None) -> bool:
        run: Any = SimpleNamespace(asset_selection=frozenset(map(AssetKey, tables)), asset_check_selection=checks)
        return are_judged([gate], run)

    assert judges(set(), None)
    assert judges({"measure"}, None)
    assert not judges({"mart"}, None)
    assert not judges({"measure"}, set())
    assert judges({"mart"}, {gate})
    assert not judges({"measure"}, {other})


def test_the_figures_of_a_model_are_numbers_that_can_be_plotted() -> None:
    run = {"auc": 0.8, "brier": None, "row_count": 7, "baseline_name": "recency", "baseline_auc": float("nan"), "notes": ""}
    assert told(run) == {"auc": 0.8, "row_count": 7, "baseline_name": "recency"}


def test_every_table_of_a_run_is_counted_and_of_one_of_events_the_newest_is_told(
    definitions: Definitions, instance: DagsterInstance, green: Home
) -> None:
    tables = set(green.build("select schema_name || '.' || table_name as t from duckdb_tables()")["t"])
    tables |= set(
        green.ask("select schema_name || '.' || table_name as t from duckdb_tables()", green.path / "working.duckdb")["t"]
    )
    counted = 0
    for asset in definitions.resolve_asset_graph().get_all_asset_keys():
        event = instance.get_latest_materialization_event(asset)
        assert event, asset
        assert event.asset_materialization
        metadata = event.asset_materialization.metadata
        if ".".join(asset.path) in tables:
            assert "dagster/row_count" in metadata, asset
            counted += 1
    assert counted > 100
    event = instance.get_latest_materialization_event(key("marts.fct_events"))
    assert event
    assert event.asset_materialization
    metadata = event.asset_materialization.metadata
    events = green.build("select count(*) as n, max(occurred_at) as newest from marts.fct_events").iloc[0]
    assert metadata["dagster/row_count"].value == events["n"]
    assert metadata["newest_event_at"].value == events["newest"].tz_localize("UTC").timestamp()


def test_every_gate_and_model_leaves_numbers(instance: DagsterInstance) -> None:
    (churn,) = instance.fetch_materializations(key("ml.churn_scores"), limit=1).records
    metadata: Any = churn.asset_materialization.metadata if churn.asset_materialization else {}
    assert {"auc", "brier", "baseline_auc", "row_count"} <= set(metadata)
    for gate in GATES:
        found = instance.event_log_storage.get_asset_check_execution_history(AssetCheckKey(key(gate.table), gate.name), limit=1)
        assert found, gate.name
        event = found[0].event
        assert event
        assert event.dagster_event
        numbers = event.dagster_event.asset_check_evaluation_data.metadata
        assert isinstance(numbers["failed_count"].value, int)
        if "limit" in numbers:
            assert isinstance(numbers["worst_observed"].value, float)


def test_a_run_with_nothing_new_says_so(green: Home, instance: DagsterInstance) -> None:
    before = len(instance.get_runs())
    job = ("dagster", "job", "execute", "--module-name", "orchestration.definitions", "--job", "journey")
    done = green.call(*job, DAGSTER_HOME=str(green.path / "dagster"))
    assert done.returncode == 0, done.stderr[-2000:]
    assert "dbt build" not in done.stdout + done.stderr
    (run,) = instance.get_runs(RunsFilter(tags={OUTCOME: "nothing new"}), limit=1)
    assert run.status == DagsterRunStatus.SUCCESS
    assert len(instance.get_runs()) == before + 1
    (seen,) = instance.fetch_observations(key("quality.publications"), limit=1).records
    assert seen.asset_observation
    assert "Nothing new" in (seen.asset_observation.description or "")
