"""A world becomes files: the same bytes for the same seed, complete or not at all, and never over somebody's own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from simulation import truth, world
from simulation.demo import few_faults, write_demo
from simulation.faults import Fault
from simulation.world import World
from simulation.writing import all_exports, write_world
from warehouse.sources import SOURCES


def written(folder: Path, **arguments: object) -> dict[str, bytes]:
    """Every file of a small world, by its place."""
    given = {"customers": 150, "seed": 3, **arguments}
    faults = given.pop("faults", few_faults())
    more = {name: given.pop(name) for name in ("deliveries", "shapes", "processes") if name in given}
    write_world(folder / "landing", folder / "truth", World(**given), faults=faults, **more)  # type: ignore[arg-type]  # passed on
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_the_same_seed_writes_the_same_bytes_on_another_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    once = written(tmp_path / "once")
    monkeypatch.setattr(time, "time", lambda: 2_000_000_000.0)
    assert written(tmp_path / "again") == once


def test_the_same_arguments_write_the_same_bytes_in_every_process(tmp_path: Path) -> None:
    # With these two a set of words is walked through in another order.
    for number in ("1", "3"):
        command = [sys.executable, "-m", "simulation", str(tmp_path / number), "--customers", "100", "--shapes", "plain"]
        subprocess.run(command, check=True, capture_output=True, env=os.environ | {"PYTHONHASHSEED": number})
    one, two = (
        {path.relative_to(tmp_path / number): path.read_bytes() for path in (tmp_path / number).rglob("*.*")}
        for number in ("1", "3")
    )
    assert len(one) > 8
    assert one == two


def test_the_bytes_do_not_depend_on_how_many_processes_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world, "BLOCK", 50)
    alone = written(tmp_path / "alone", processes=1)
    assert sum("pages." in name for name in alone) == 3
    assert sum("touch_effects" in name for name in alone) == 1
    assert written(tmp_path / "together", processes=2) == alone


def test_another_seed_writes_another_history(tmp_path: Path) -> None:
    three, four = written(tmp_path / "three"), written(tmp_path / "four", seed=4)
    same = {name for name in three if three[name] == four.get(name)}
    # What the company itself sets up is the same in every world: its campaigns, its accounts with ad platforms, its rules.
    assert {Path(name).name.split(".")[0] for name in same} <= {
        *("campaign", "campaign_history", "account_history", "metric", "incidents"),
    }


def test_every_system_hands_something_over_under_a_name_that_is_known(tmp_path: Path) -> None:
    write_demo(tmp_path / "landing", tmp_path / "truth", customers=400)
    folders = {path.name for path in (tmp_path / "landing").iterdir()}
    assert len(folders) >= 8
    assert folders == {export.source for export in all_exports()} <= set(SOURCES)


def test_one_person_is_enough_for_a_world(tmp_path: Path) -> None:
    assert written(tmp_path, customers=1, faults=())


def test_days_are_delivered_one_by_one_and_add_up_to_the_whole(tmp_path: Path) -> None:
    whole = written(tmp_path / "whole", faults=(), shapes="plain")
    daily = written(tmp_path / "daily", faults=(), shapes="plain", deliveries=8)
    logs = sorted(name for name in daily if name.startswith("landing/events/log."))
    assert [name.split(".")[1] for name in logs] == [f"2026-10-{day}" for day in range(23, 31)]
    rows = {name: row_count(tmp_path / "daily" / name) for name in logs}
    assert sum(rows.values()) == row_count(tmp_path / "whole" / "landing/events/log.parquet")
    assert all(0 < count < rows[logs[0]] / 20 for name, count in rows.items() if name != logs[0])
    assert {name: content for name, content in whole.items() if "truth" in name} == {
        name: content for name, content in daily.items() if "truth" in name
    }


def row_count(path: Path) -> int:
    """The rows of a Parquet file."""
    return len(duckdb.read_parquet(str(path)))


def test_a_world_that_dies_leaves_nothing_and_does_not_hinder_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def out_of_disk(*_: object) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(truth, "write_whole", out_of_disk)
        with pytest.raises(OSError, match="no space"):
            written(tmp_path)
    assert not [
        path for path in tmp_path.rglob("*") if not path.name.startswith(".") and ".partial" not in str(path) and path.is_file()
    ]
    written(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["landing", "truth"]
    assert not list((tmp_path / "landing").glob(".*"))


@pytest.mark.parametrize("place", ["landing/segment/mine.csv", "truth/notes.txt"])
def test_somebody_s_own_files_are_never_overwritten(tmp_path: Path, place: str) -> None:
    own = tmp_path / place
    own.parent.mkdir(parents=True)
    own.write_text("mine\n")
    with pytest.raises(FileExistsError):
        written(tmp_path)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [own]


@pytest.mark.parametrize("wrong", [{"customers": 0}, {"days": 3}])
def test_impossible_worlds_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="a world has at least"):
        World(**wrong)  # type: ignore[arg-type]  # passed on


def test_a_fault_that_hits_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="hits no export"):
        written(tmp_path, faults=(Fault("silence", "segmnet"),))
    with pytest.raises(ValueError, match="hits no export"):
        written(tmp_path, faults=(Fault("clock_skew", "stripe", hours=1),))
    with pytest.raises(ValueError, match="no such fault"):
        Fault("gremlins", "segment")  # type: ignore[arg-type]  # the point


def test_no_delivery_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least 1 delivery"):
        written(tmp_path, deliveries=0)
