"""Readers of the published file never see half of it, and a publication that is killed leaves the last one or a whole new one."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import random
import signal
import threading
import time
from datetime import timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path

import duckdb

from tests.warehouse.conftest import house, town
from tests.world.build import World
from tests.world.judged import FINISHED, judged, published

__all__ = ["house", "town"]  # the fixtures of the warehouse's tests serve here too
PUBLICATIONS, KILLS = (20, 10) if os.environ.get("FAULTS") == "all" else (8, 2)


def publish(world: World, number: int) -> None:
    """Publish under a verdict of its own."""
    at = FINISHED + timedelta(hours=number)
    judged(world, ("order", True, "block"), run_id=f"run-{number}", at=at)
    published(world, f"run-{number}", at)


def runs_in(path: Path) -> list[str]:
    """The publications that a file tells of; opening and reading it proves that it is whole."""
    with duckdb.connect(str(path), read_only=True) as connection:
        names = connection.execute("select schema_name || '.' || table_name from duckdb_tables()").fetchall()
        for (name,) in names:
            connection.execute(f"select * from {name}").fetchall()
        assert len(names) > 40
        return [run for (run,) in connection.execute("select run_id from quality.publications order by finished_at").fetchall()]


def child(target: object, *arguments: object) -> BaseProcess:
    """A process with a memory of its own, as every run and reader is."""
    process = multiprocessing.get_context("spawn").Process(target=target, args=arguments)  # type: ignore[arg-type]
    process.start()
    return process


def read_on(path: Path, seen: Path) -> None:
    """Open the published file anew, over and over, and note what it holds."""
    with seen.open("w", encoding="utf-8") as notes:
        while True:
            notes.write(f"{len(runs_in(path))}\n")
            notes.flush()


def test_readers_see_whole_publications_while_others_are_made(house: World, tmp_path: Path) -> None:
    publish(house, 0)
    path, seen = house.settings.published_database, tmp_path / "seen"
    with path.open("rb") as holder:
        before = hashlib.sha256(path.read_bytes()).hexdigest()
        reader = child(read_on, path, seen)
        try:
            for number in range(1, PUBLICATIONS + 1):
                publish(house, number)
            reads = _lines(seen)
            while len(_lines(seen)) < len(reads) + 2:
                assert reader.is_alive()
                time.sleep(0.01)
        finally:
            reader.kill()
            reader.join()
        assert hashlib.sha256(holder.read()).hexdigest() == before
    counts = [int(line) for line in _lines(seen)]
    assert counts == sorted(counts)
    assert counts[-1] == PUBLICATIONS + 1
    assert len(set(counts)) > 3


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").split() if path.exists() else []


def test_a_publication_killed_at_any_moment_leaves_the_last_or_a_whole_new_one_and_the_next_heals(
    house: World, tmp_path: Path
) -> None:
    publish(house, 0)
    path = house.settings.published_database
    began = time.monotonic()
    whole = child(publish, house, 1)
    whole.join()
    seconds = time.monotonic() - began
    assert whole.exitcode == 0
    chance = random.Random(6)
    for number in range(2, 2 + KILLS):
        before = runs_in(path)
        process = child(publish, house, number)
        # The first half of its time it imports and judges.
        timer = threading.Timer(seconds * chance.uniform(0.5, 1.0), os.kill, (process.pid, signal.SIGKILL))
        timer.start()
        process.join()
        timer.cancel()
        assert runs_in(path) in (before, [*before, f"run-{number}"])
        publish(house, number)
        assert runs_in(path)[-1] == f"run-{number}"
        assert not list(path.parent.rglob("*.tmp"))
