"""A small company in a home of its own, whose last day comes as a delivery: on which whole runs are disturbed."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from simulation.world import World
from simulation.writing import write_world
from tests.orchestration.conftest import PROJECT, Home

CUSTOMERS = 60
LAST_DAY = "2026-10-30"
# When a run happened, which run it was, and what it did is its own.
OF_A_RUN = (
    *("run_id", "landed_at", "modified_at", "judged_at", "finished_at", "fitted_at", "trained_at", "_loaded_at", "loaded_at"),
    *("known_at", "last_loaded_at", "recorded_at", "measured_at", "inputs_fingerprint", "landing_folder"),
)
HISTORY = ("quality.publications", "quality.gate_results", "ml.model_runs")


@dataclass(frozen=True)
class Company:
    """A home, the landing folder it reads, and what is delivered to it next."""

    home: Home
    delivery: Path

    def copy(self, to: Path) -> Company:
        """The same company in another folder."""
        copied = replace(self, home=self.home.copy(to))
        shutil.copyfile(self.home.journey or "", to / "journey.yml")
        return Company(replace(copied.home, journey=to / "journey.yml"), self.delivery)

    def deliver(self) -> Company:
        """The files of the last day come."""
        shutil.copytree(self.delivery, self.home.landing, dirs_exist_ok=True)
        return self

    @contextlib.contextmanager
    def running(self, *before: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
        """A run as a process group of its own, which does not outlive the block."""
        with (self.home.path.parent / "stdout").open("w+") as output:
            process = subprocess.Popen(
                [*before, sys.executable, "-m", "orchestration.run"],
                cwd=PROJECT,
                env=self.home.environment() | environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
            try:
                yield process
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def said(self) -> str:
        """What the run said so far."""
        return (self.home.path.parent / "stdout").read_text(encoding="utf-8")

    def run(self, *before: str, **environment: str) -> tuple[int, str]:
        """A whole run: its exit code and what it said."""
        with self.running(*before, **environment) as process:
            process.wait(timeout=600)
        return process.returncode, self.said()

    def tables(self) -> dict[str, int]:
        """A hash over the rows of every published table, but for what is of a run."""
        with duckdb.connect(str(self.home.published), read_only=True) as connection:
            named = "schema_name || '.' || table_name, list(column_name)"
            sql = f"select {named} from duckdb_columns() where not internal group by all"
            columns = dict(connection.execute(sql).fetchall())
            hashes = {}
            for table, names in sorted(columns.items()):
                if table in HISTORY:
                    continue
                listed = ", ".join(f'"{name}"' for name in sorted(names) if name not in OF_A_RUN)
                row = connection.execute(f"select count(*), sum(hash({listed})) from {table}").fetchone()
                hashes[table] = hash(row)
            return hashes


def founded(folder: Path) -> Company:
    """A company with all but its last day published, under gates that warn: what is judged is not the question here."""
    world = World(customers=CUSTOMERS, seed=3)
    write_world(folder / "landing", folder / "truth", world, deliveries=2, processes=1)
    delivery = folder / "delivery"
    for path in sorted((folder / "landing").rglob(f"*{LAST_DAY}*")):
        target = delivery / path.relative_to(folder / "landing")
        target.parent.mkdir(parents=True, exist_ok=True)
        path.rename(target)
    journey = (PROJECT / "warehouse" / "journey.yml").read_text(encoding="utf-8")
    (folder / "journey.yml").write_text(journey.replace("severity: block", "severity: warn"), encoding="utf-8")
    company = Company(Home(folder / "home", folder / "landing", folder / "journey.yml"), delivery)
    code, said = company.run()
    assert code == 0, said
    return company
