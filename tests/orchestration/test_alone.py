"""Whoever starts something while a run is going on is told so, soon, and changes nothing; the run does not notice."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.orchestration.conftest import PROJECT, Home
from warehouse.home import held
from warehouse.settings import memory_limit

DBT = ("dbt.cli.main", "run", "--project-dir", "dbt_project", "--profiles-dir", "dbt_project", "--select", "int_clock_read")
LATECOMERS = {
    "a run": ("orchestration.run", "--full"),
    "a past moment": ("orchestration.run", "--known-at", "2026-05-01T00:00:00"),
    "erasing": ("orchestration.erase", "--id", "user_id:usr_00000001"),
    "a look at who would go": ("orchestration.erase", "--id", "user_id:usr_00000001", "--dry"),
    "returning": ("orchestration.rollback",),
    "the job of Dagster's UI, sensor and schedule": (
        "dagster",
        "job",
        "execute",
        "-m",
        "orchestration.definitions",
        "-j",
        "journey",
    ),
    "make dbt": ("orchestration.dbt_by_hand", "run", "--select", "int_clock_read"),
    "dbt by hand": DBT,
}


def contents(home: Home) -> dict[Path, str]:
    """What the files of a home hold, but for what Dagster notes of its runs and dbt of its parsing."""
    files = (path for path in home.path.rglob("*") if path.is_file())
    kept = [path for path in files if path.relative_to(home.path).parts[0] not in ("dagster", "dbt")]
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in kept}


def start(home: Home, command: Sequence[str], folder: Path) -> subprocess.Popen[str]:
    own = {"THROUGHLINE_MEMORY": memory_limit(), "DBT_TARGET_PATH": str(folder), "DBT_LOG_PATH": str(folder)}
    return subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=PROJECT,
        env=home.environment() | (own if command is DBT else {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.fixture(scope="module")
def told(green: Home, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What every latecomer says while this process is at the home."""
    with held(green.path, "a run that stays"):
        before = contents(green)
        started = {name: start(green, command, tmp_path_factory.mktemp("dbt")) for name, command in LATECOMERS.items()}
        said = {name: process.communicate(timeout=240)[0] for name, process in started.items()}
        assert all(process.returncode for process in started.values()), said
        assert contents(green) == before
    return said


@pytest.mark.parametrize("name", LATECOMERS)
def test_a_latecomer_says_who_is_there_and_changes_nothing(told: dict[str, str], name: str) -> None:
    assert f"a run that stays, process {os.getpid()}, since 20" in told[name].replace("\n", " ")
    assert "nothing was changed" in " ".join(told[name].split())


@pytest.mark.parametrize("name", [name for name in LATECOMERS if "dbt" not in name and "Dagster" not in name])
def test_a_latecomer_at_a_terminal_says_it_in_one_line(told: dict[str, str], name: str) -> None:
    assert len(told[name].splitlines()) == 1
