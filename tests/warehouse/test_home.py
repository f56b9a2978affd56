"""One process at a time is at a home: who it is is told to whoever comes second, and who dies has left."""

from __future__ import annotations

import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from warehouse import connection
from warehouse.home import HANDED_ON, LOCK, Busy, at_work, held, hold_of
from warehouse.settings import Settings


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


STAY = "from warehouse.home import held; from pathlib import Path; import sys, time\n"
STAY += "with held(Path(sys.argv[1]), 'a neighbour'): print('here', flush=True); time.sleep(60)"


@contextmanager
def a_neighbour(home: Path, **options: object) -> Iterator[subprocess.Popen[str]]:
    """Another process, which is at the home until the block ends."""
    process = subprocess.Popen([sys.executable, "-c", STAY, str(home)], stdout=subprocess.PIPE, text=True, **options)  # type: ignore[call-overload]  # whatever Popen takes
    assert process.stdout
    try:
        assert process.stdout.readline() == "here\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def test_who_comes_second_is_told_who_is_there_since_when_and_leaves_no_trace(tmp_path: Path) -> None:
    settings = Settings.from_environment({"THROUGHLINE_HOME": str(tmp_path)})
    with a_neighbour(tmp_path) as process:
        before = {path: path.read_bytes() for path in tmp_path.rglob("*")}
        began = time.monotonic()
        told = (
            rf"Another run is writing .*: a neighbour, process {process.pid}, since \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d UTC\. Wait"
        )
        with pytest.raises(Busy, match=told), connection.connect(settings):
            pass
        assert time.monotonic() - began < 5
        assert {path: path.read_bytes() for path in tmp_path.rglob("*")} == before


def test_a_holder_who_is_killed_has_left(tmp_path: Path) -> None:
    with a_neighbour(tmp_path) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        with held(tmp_path):
            pass


def test_who_is_there_may_enter_again_and_is_there_until_the_outermost_end(tmp_path: Path) -> None:
    with held(tmp_path):
        with held(tmp_path / "." / "x" / ".."):
            pass
        with pytest.raises(AssertionError), a_neighbour(tmp_path, stderr=subprocess.DEVNULL):
            pass
    with a_neighbour(tmp_path):
        pass


def test_whoever_is_handed_the_lock_is_let_in_and_keeps_others_out_when_the_holder_has_died(tmp_path: Path) -> None:
    hand_on = "import os, subprocess, sys; from pathlib import Path; from warehouse.home import *\n"
    hand_on += "with held(Path(sys.argv[2])): hold = hold_of(Path(sys.argv[2])); p = subprocess.Popen([sys.executable, '-c', "
    hand_on += "sys.argv[1], sys.argv[2]], pass_fds=[hold.handle], env=os.environ | {HANDED_ON: str(hold.handle)}); "
    hand_on += "print(p.pid, flush=True); p.wait()"
    process = subprocess.Popen([sys.executable, "-c", hand_on, STAY, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    child = int(process.stdout.readline())
    assert process.stdout.readline() == "here\n"
    process.kill()
    process.wait()
    with pytest.raises(Busy), held(tmp_path):
        pass
    os.kill(child, signal.SIGKILL)
    process.stdout.close()
    with held(tmp_path):
        pass


def test_a_number_that_is_not_the_locks_open_file_lets_nobody_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with a_neighbour(tmp_path), (tmp_path / LOCK).open() as mere_reader:
        for number in (mere_reader.fileno(), 0, 9999):
            monkeypatch.setenv(HANDED_ON, str(number))
            with pytest.raises(Busy), held(tmp_path):
                pass


def test_a_home_that_was_removed_and_made_anew_is_held_anew(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with a_neighbour(home):
        shutil.rmtree(home)
        home.mkdir()
        with held(home):
            assert hold_of(home)
            assert re.match("a program, process", (home / LOCK).read_text())
    assert hold_of(home) is None


def test_an_older_home_that_stands_open_is_closed_but_for_what_others_read(tmp_path: Path) -> None:
    private = [
        "working.duckdb",
        "throughline.duckdb.wal",
        "logs/last_run.log",
        "dagster/history/runs.db",
        "known/then/working.duckdb",
    ]
    others = ["published/earlier/a.duckdb", "reports/index.html", "landing/events/a.csv"]
    for name in (*private, *others):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch(0o664)
        (tmp_path / name).chmod(0o664)
    tmp_path.chmod(0o755)
    with at_work(tmp_path, "a test"):
        assert {mode(tmp_path / name) for name in private} == {0o600}
        (tmp_path / "logs" / "late.log").write_text("made meanwhile")
    assert {mode(tmp_path / name) for name in (*private, "logs/late.log")} == {0o600}
    assert {
        mode(path) for name in private for path in (tmp_path / name).parents if path.is_relative_to(tmp_path / name.split("/")[0])
    } <= {0o700}
    assert {mode(tmp_path / name) for name in others} == {0o664}
    assert mode(tmp_path) == 0o711


def test_nobody_else_may_read_what_the_engine_makes_while_it_writes(tmp_path: Path) -> None:
    settings = Settings.from_environment({"THROUGHLINE_HOME": str(tmp_path / "home")})
    with connection.connect(settings) as opened:
        opened.execute("create schema raw; create table raw.one as select 1; create table working.main.one as select 1")
        made = {path.name: mode(path) for path in settings.home.iterdir()}
    assert made.keys() >= {"working.duckdb", "throughline.duckdb", "working.duckdb.wal", "throughline.duckdb.wal", LOCK}
    assert set(made.values()) == {0o600}
    assert mode(settings.home) == 0o711


def test_where_there_is_no_home_there_is_nothing_to_hold(tmp_path: Path) -> None:
    with held(tmp_path / "none"):
        assert not (tmp_path / "none").exists()
