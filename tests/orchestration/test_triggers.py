"""What starts a run without a person."""

from __future__ import annotations

import itertools
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from dagster import AssetKey, Definitions, Failure, RunRequest, build_asset_context, build_schedule_context, build_sensor_context

from orchestration.definitions import build_defs
from orchestration.steps.landing import LandConfig
from orchestration.triggers import new_files
from tests.orchestration.conftest import Home
from tests.world.build import ID_KEY
from warehouse import connection
from warehouse.landing import landing


@pytest.fixture
def definitions(green: Home) -> Definitions:
    """The definitions on the home of the green run, so that its manifest serves."""
    return build_defs({"home": green.resource()})


def test_the_daily_run_takes_its_tick_as_now(definitions: Definitions) -> None:
    tick = datetime(2026, 11, 2, 3, tzinfo=UTC)
    request = definitions.resolve_schedule_def("daily").evaluate_tick(build_schedule_context(scheduled_execution_time=tick))
    (run,) = request.run_requests or ()
    assert run.run_config["ops"]["land"]["config"]["as_of"] == "2026-11-02T03:00:00"


class Sensor:
    """The sensor's ticks, at whatever time it is."""

    def __init__(self, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
        self.time = datetime(2026, 11, 2)
        self._home = home.resource()
        self._cursor: str | None = None
        monkeypatch.setattr("orchestration.triggers.now", lambda: self.time)

    def tick(self, minutes: float = 0) -> RunRequest | str:
        """The run that it asks for, or why it asks for none, some minutes later."""
        self.time += timedelta(minutes=minutes)
        sensor: Any = new_files
        with build_sensor_context(cursor=self._cursor, resources={"home": self._home}) as context:
            (said,) = sensor(context)
            self._cursor = context.cursor
        return said if isinstance(said, RunRequest) else str(said.skip_message)


@pytest.fixture
def sensor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sensor:
    """The sensor on a home in which nothing was ever published, and an empty folder of events."""
    (tmp_path / "landing" / "events").mkdir(parents=True)
    (tmp_path / "home").mkdir()
    return Sensor(Home(tmp_path / "home", tmp_path / "landing"), monkeypatch)


def a_file(folder: Path, name: str) -> None:
    (folder / "landing" / "events" / name).write_text("event_type,occurred_at,user_id\n", encoding="utf-8")


def test_the_sensor_asks_for_a_run_when_a_file_changes(sensor: Sensor, tmp_path: Path) -> None:
    assert "nothing new" in sensor.tick()
    a_file(tmp_path, "a.csv")
    one = sensor.tick()
    assert "asked for 1 time(s)" in sensor.tick(1)
    a_file(tmp_path, "b.csv")
    other = sensor.tick()
    assert isinstance(one, RunRequest)
    assert isinstance(other, RunRequest)
    assert one.run_key != other.run_key


def test_files_whose_run_failed_are_asked_for_again_after_a_wait_that_grows_to_a_day(sensor: Sensor, tmp_path: Path) -> None:
    a_file(tmp_path, "a.csv")
    assert [minute for minute in range(32) if isinstance(sensor.tick(1), RunRequest)] == [0, 2, 6, 14, 30]
    asked = [hour for hour in range(4 * 24) if isinstance(sensor.tick(60), RunRequest)]
    assert [later - earlier for earlier, later in itertools.pairwise(asked)][-2:] == [24, 24]


def test_the_sensor_waits_while_a_run_is_going_on(sensor: Sensor, tmp_path: Path) -> None:
    a_file(tmp_path, "a.csv")
    stay = "import sys, pathlib; from warehouse.home import held\n"
    stay += "with held(pathlib.Path(sys.argv[1]), 'make run'): print(1, flush=True); input()"
    process = subprocess.Popen(
        [sys.executable, "-c", stay, str(tmp_path / "home")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout
    process.stdout.readline()
    assert "Another run is writing" in sensor.tick()
    process.communicate(b"\n")
    assert isinstance(sensor.tick(), RunRequest)


def test_a_file_that_vanishes_between_listing_and_looking_fails_no_tick(
    sensor: Sensor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_file(tmp_path, "a.csv")
    a_file(tmp_path, "b.csv")
    look = landing.stamp

    def vanishing(folder: Path, path: Path) -> tuple[str, int, datetime] | None:
        path.unlink(missing_ok=True)
        return look(folder, path)

    monkeypatch.setattr(landing, "stamp", vanishing)
    assert "nothing new" in sensor.tick()


def test_what_is_published_is_not_asked_for_and_what_was_refused_is(
    green: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = green.copy(tmp_path)
    monkeypatch.setenv("THROUGHLINE_ID_KEY", ID_KEY)
    assert "nothing new" in Sensor(home, monkeypatch).tick()
    with connection.connect(home.resource().settings) as opened:
        opened.execute("update quality.publications set is_published = false")
    assert isinstance(Sensor(home, monkeypatch).tick(), RunRequest)


def test_every_step_of_a_run_belongs_to_the_one_job(definitions: Definitions) -> None:
    job = definitions.resolve_job_def("journey")
    steps = {node.name for node in job.nodes}
    assert {"land", "stage", "identify", "unify", "judge_data", "build_marts", "after_models", "publish", "report"} <= steps


def test_whatever_dagster_runs_it_runs_in_one_process(definitions: Definitions) -> None:
    jobs = definitions.resolve_all_job_defs()
    assert {job.name for job in jobs} == {"journey", "__ASSET_JOB"}
    assert {job.executor_def.name for job in jobs} == {"in_process"}


def test_a_past_moment_is_never_built_into_the_home_itself(definitions: Definitions, green: Home) -> None:
    before = (green.path / "working.duckdb").stat()
    step: Any = definitions.resolve_assets_def(AssetKey(["raw", "landed_files"]))
    with pytest.raises(Failure, match="A past moment is built in a home of its own"):
        list(step(build_asset_context(), LandConfig(as_of=""), home=green.resource(known_at="2026-05-01T00:00:00")))
    assert (green.path / "working.duckdb").stat() == before
