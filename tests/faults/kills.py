"""Runs that are killed with SIGKILL at chosen moments, and what the next run makes of what they left."""

from __future__ import annotations

import hashlib
import os
import random
import re
import shutil
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb

from tests.faults.company import Company

SEED = 6
# Moments that are aimed at, by what the run has said when they begin, and how many seconds from then on.
AIMED = ("judge_models", "after_models", "build_marts")


@dataclass(frozen=True)
class Kill:
    """One killed run: when, at which step, what was published then, and how the next run went."""

    seconds: float
    step: str
    is_alone: bool
    published: str
    healing_seconds: float
    had_to_wait: bool


@dataclass(frozen=True)
class Undisturbed:
    """What a run makes of the delivery when nobody disturbs it."""

    company: Company
    tables: dict[str, int]
    seconds: float


def undisturbed(company: Company, folder: Path) -> Undisturbed:
    """Run a copy of the company on its delivery."""
    copy = company.copy(folder).deliver()
    began = time.monotonic()
    code, said = copy.run()
    assert code == 0, said
    return Undisturbed(copy, copy.tables(), time.monotonic() - began)


def digest(path: Path) -> str:
    """What the bytes of a file are known by."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def kill(company: Company, whole: Undisturbed, folder: Path, number: int, count: int) -> Kill:
    """Kill a run on the delivery at a moment, look at what is left, and let the next run heal it.

    The moments are spread over the whole run; every fourth is aimed at a step near the swap. Every second kills the job alone
    and leaves its dbt to find out. Raises AssertionError when anything is lost, broken or different.
    """
    chance = random.Random(f"{SEED}/{number}")
    copy = company.copy(folder).deliver()
    before = digest(copy.home.published)
    is_alone = number % 2 == 1
    with copy.running() as process:
        began = time.monotonic()
        if number % 4 == 3:
            aim = AIMED[number // 4 % len(AIMED)]
            while f"✓ {aim}" not in copy.said() and process.poll() is None:
                time.sleep(0.005)
            time.sleep(chance.uniform(0, 0.8))
        else:
            time.sleep(whole.seconds * (number + chance.random()) / count)
        killed_at = time.monotonic() - began
        steps = re.findall(r"✓ (\w+)", copy.said())
        if is_alone:
            process.kill()
            process.wait()
        else:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if digest(copy.home.published) == before:
            published = "the last good one"
        else:
            assert copy.tables() == whole.tables, "what is published is neither the last nor a whole new one"
            published = "a whole new one"
        assert "Traceback" not in copy.said(), copy.said()
        said, seconds = _healed(copy)
    for found, expected in (
        (copy.tables().items(), whole.tables.items()),
        (raw_counts(copy).items(), raw_counts(whole.company).items()),
        (left_behind(copy), left_behind(whole.company)),
    ):
        assert found == expected, f"after {killed_at:.1f} s, behind {steps[-1:]}: {sorted(map(str, found ^ expected))}"
    shutil.rmtree(folder)
    step = steps[-1] if steps else "start"
    return Kill(killed_at, step, is_alone, published, seconds, "Another run" in said)


def _healed(copy: Company) -> tuple[str, float]:
    """The runs until one goes well, while the dbt of a killed job may still be about; all they said, and the seconds."""
    began, told = time.monotonic(), ""
    shutil.copyfile(copy.home.path.parent / "stdout", copy.home.path.parent / "stdout of the killed")
    while True:
        code, said = copy.run()
        told += said
        assert "Traceback" not in said, said
        if code == 0:
            return told, time.monotonic() - began
        assert "Another run is writing" in said, said
        assert time.monotonic() - began < 120, said


def raw_counts(company: Company) -> dict[str, int]:
    """The rows of every raw table: what landed and is not lost."""
    with duckdb.connect(str(company.home.path / "working.duckdb"), read_only=True) as connection:
        tables = connection.execute("select table_name from duckdb_tables() where schema_name = 'raw' order by all").fetchall()
        return {name: len(connection.execute(f"select 1 from raw.{name}").fetchall()) for (name,) in tables}


def left_behind(company: Company) -> set[str]:
    """The files of the home that a run leaves, but for those of engines."""
    kept = {path.relative_to(company.home.path) for path in company.home.path.rglob("*") if path.is_file()}
    return {path.as_posix() for path in kept if path.parts[0] not in ("dagster", "dbt", "logs", "models")}
