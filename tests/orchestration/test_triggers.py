"""What starts a run without a person."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from dagster import Failure, RunRequest, SkipReason, build_asset_context, build_schedule_context, build_sensor_context

from tests.orchestration.conftest import Home


@pytest.fixture
def definitions(green: Home, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The definitions, loaded on the home of the green run so that its manifest serves."""
    for name, value in green.environment().items():
        if name.startswith("THROUGHLINE_"):
            monkeypatch.setenv(name, value)
    from orchestration import definitions

    return definitions.defs


def test_the_daily_run_takes_its_tick_as_now(definitions: Any) -> None:
    tick = datetime(2026, 11, 2, 3, tzinfo=UTC)
    request = definitions.resolve_schedule_def("daily").evaluate_tick(build_schedule_context(scheduled_execution_time=tick))
    (run,) = request.run_requests
    assert run.run_config["ops"]["land"]["config"]["as_of"] == "2026-11-02T03:00:00"


def test_the_sensor_asks_for_a_run_when_a_file_changes_and_only_then(
    definitions: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = tmp_path / "landing" / "events"
    events.mkdir(parents=True)
    monkeypatch.setenv("THROUGHLINE_LANDING", str(tmp_path / "landing"))
    sensor = definitions.resolve_sensor_def("new_files")
    context = build_sensor_context()
    assert isinstance(next(iter(sensor(context))), SkipReason)
    (events / "a.csv").write_text("event_type,occurred_at,user_id\n", encoding="utf-8")
    assert isinstance(next(iter(sensor(context))), RunRequest)
    assert isinstance(next(iter(sensor(context))), SkipReason)
    (events / "b.csv").write_text("event_type,occurred_at,user_id\n", encoding="utf-8")
    assert isinstance(next(iter(sensor(context))), RunRequest)


def test_every_step_of_a_run_belongs_to_the_one_job(definitions: Any) -> None:
    job = definitions.resolve_job_def("journey")
    steps = {node.name for node in job.nodes}
    assert {"land", "stage", "identify", "unify", "judge_data", "build_marts", "after_models", "publish", "report"} <= steps


def test_whatever_dagster_runs_it_runs_in_one_process_that_is_alone_at_the_home(definitions: Any) -> None:
    jobs = definitions.resolve_all_job_defs()
    assert {job.name for job in jobs} == {"journey", "__ASSET_JOB"}
    assert {job.executor_def.name for job in jobs} == {"one_writer"}


def test_a_past_moment_is_never_built_into_the_home_itself(
    definitions: Any, green: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    from orchestration.steps import LandConfig, land

    before = (green.path / "working.duckdb").stat()
    monkeypatch.setenv("THROUGHLINE_KNOWN_AT", "2026-05-01T00:00:00")
    step: Any = land
    with pytest.raises(Failure, match="A past moment is built in a home of its own"):
        list(step(build_asset_context(), LandConfig()))
    assert (green.path / "working.duckdb").stat() == before
