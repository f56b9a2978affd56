"""Whole runs of the job, made once and looked at by many tests: real files, real dbt, real gates, as `make run` makes them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from orchestration import resources
from simulation.demo import write_demo
from tests.world.build import ID_KEY

PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Home:
    """A home and the landing folder it reads, with the ways to run on them and to look at what came out."""

    path: Path
    landing: Path
    journey: Path | None = None

    def environment(self) -> dict[str, str]:
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith(("THROUGHLINE_", "DAGSTER_", "DBT_"))
        }
        own = {"THROUGHLINE_HOME": str(self.path), "THROUGHLINE_LANDING": str(self.landing), "DO_NOT_TRACK": "1"}
        own["THROUGHLINE_ID_KEY"] = ID_KEY  # of things in one moment keys decide: two homes decide alike
        return inherited | own | ({"THROUGHLINE_JOURNEY": str(self.journey)} if self.journey else {})

    def resource(self, **settings: str) -> resources.Home:
        """This home as steps and sensor are handed it, whatever the environment says."""
        given = {"home": str(self.path), "landing": str(self.landing), "journey_file": str(self.journey or "")}
        return resources.Home(**given | settings)

    def call(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        own = self.environment() | environment
        return subprocess.run([sys.executable, "-m", *command], cwd=PROJECT, env=own, capture_output=True, text=True, timeout=300)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.call("orchestration.run", *arguments)

    @property
    def published(self) -> Path:
        return self.path / "published" / "throughline.duckdb"

    def ask(self, sql: str, database: Path | None = None) -> pd.DataFrame:
        with duckdb.connect(str(database or self.published), read_only=True) as connection:
            return connection.execute(sql).df()

    def build(self, sql: str) -> pd.DataFrame:
        """Ask the build, which may be newer than what is published."""
        return self.ask(sql, self.path / "throughline.duckdb")

    def page(self, name: str) -> str:
        return (self.path / "reports" / f"{name}.html").read_text(encoding="utf-8")

    def copy(self, to: Path) -> Home:
        """An independent home with its own landing folder and the same past."""
        shutil.copytree(self.path, to / "home")
        shutil.copytree(self.landing, to / "landing")
        return Home(to / "home", to / "landing", self.journey)


@pytest.fixture(scope="session")
def green(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The demo company, run once and published."""
    folder = tmp_path_factory.mktemp("green")
    write_demo(folder / "landing", folder / "truth", customers=3000)
    home = Home(folder / "home", folder / "landing")
    done = home.run()
    assert done.returncode == 0, done.stdout + done.stderr
    (folder / "stdout").write_text(done.stdout, encoding="utf-8")
    return home


@pytest.fixture(scope="session")
def red(green: Home, tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, subprocess.CompletedProcess[str]]:
    """The same company with the faults of the red demo (ids that lost their match, three days without tracking), and a
    sign-up without its time: a run on top of a good publication."""
    home = green.copy(tmp_path_factory.mktemp("red"))
    shutil.rmtree(home.landing)
    write_demo(home.landing, home.path.parent / "truth", customers=3000, is_red=True)
    timeless = "event_type,occurred_at,user_id,source\nsigned_up,,usr_1,kiosk\nsigned_up,2026-10-01,usr_1,kiosk\n"
    (home.landing / "events" / "kiosk.csv").write_text(timeless, encoding="utf-8")
    return home, home.run()
