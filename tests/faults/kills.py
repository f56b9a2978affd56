"""Runs that are killed with SIGKILL at chosen moments, and what the next run makes of what they left."""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import re
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb

from tests.faults.company import Company, founded
from tests.prove import Figures

SEED = 6
VICTIMS = ("the job and its dbt", "the job", "dbt")
# Moments that are aimed at, by what the run has said when they begin, and how many seconds from then on.
AIMED = ("judge_models", "after_models", "build_marts")


@dataclass(frozen=True)
class Kill:
    """One killed run: when, at which step, what was published then, and how the next run went."""

    seconds: float
    step: str
    victim: str
    published: str
    healing_seconds: float
    had_to_wait: bool


@dataclass(frozen=True)
class Undisturbed:
    """What a run makes of the delivery when nobody disturbs it."""

    company: Company
    tables: dict[str, int]
    seconds: float


def measure(folder: Path, *, kills: int) -> Figures:
    """Kill so many runs; prints where each died and how the next healed it."""
    company = founded(folder / "company")
    whole = undisturbed(company, folder / "whole")
    failed = waited = 0
    seconds = []
    for number in range(kills):
        try:
            one = kill(company, whole, folder / f"kill-{number}", number, kills)
        except AssertionError as error:
            failed += 1
            print(f"  ✗ kill {number}: {error}", flush=True)
            continue
        waited += one.had_to_wait
        seconds.append(one.healing_seconds)
        print(
            f"  ✓ kill {number}: {one.victim} after {one.seconds:.1f} s, behind {one.step}; published was {one.published}; "
            f"healed in {one.healing_seconds:.0f} s{', after waiting for the dbt that was left' if one.had_to_wait else ''}",
            flush=True,
        )
    longest = max(seconds, default=0.0)
    return {"healed": len(seconds), "failed": failed, "waited_for_dbt": waited, "longest_healing_seconds": round(longest, 1)}


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

    The moments are spread over the whole run; every fourth is aimed at a step near the swap. In turn the job and its dbt are
    killed, the job alone, whose dbt is left to find out, and dbt alone, of which the job must tell. Raises AssertionError when
    anything is lost, broken or different.
    """
    chance = random.Random(f"{SEED}/{number}")
    copy = company.copy(folder).deliver()
    before = digest(copy.home.published)
    victim = VICTIMS[number % len(VICTIMS)]
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
        if victim == "dbt":
            _kill_dbt_of(process)
            assert process.wait(timeout=120) == 1 or digest(copy.home.published) != before, copy.said()
            assert "dbt ended in the middle" in copy.said() or digest(copy.home.published) != before, copy.said()
        elif victim == "the job":
            process.kill()
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
    return Kill(killed_at, step, victim, published, seconds, "Another run" in said)


def _kill_dbt_of(job: subprocess.Popen[str]) -> None:
    """Kill the dbt that a job keeps; a job that has ended has none any more."""
    found = subprocess.run(["pgrep", "--parent", str(job.pid), "--full", "dbt"], capture_output=True, text=True)
    for process in map(int, found.stdout.split()):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


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
