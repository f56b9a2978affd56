"""What goes wrong around a run: others at once, a full disk, a home that cannot be written, a file that grows, a clock set back.

Each begins with the company's last good publication and the delivery of its last day, ends with a run that nothing disturbs, and
must leave what an undisturbed run leaves. Where the machine does not let one be staged (mounting needs root, a false clock
faketime), it says so.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.company import Company, founded
from tests.faults.kills import Undisturbed, digest, raw_counts, undisturbed
from tests.orchestration.test_alone import LATECOMERS, start
from tests.prove import Figures

Trouble = Callable[[Company], str]


class NotStaged(Exception):
    """The machine does not let it be staged."""


@contextmanager
def mounted(path: Path, *options: str) -> Iterator[None]:
    """A folder under a mount of its own. Raises NotStaged where this may not be."""
    done = subprocess.run(["mount", *options, str(path)], capture_output=True, text=True)
    if done.returncode:
        raise NotStaged(done.stderr.strip())
    try:
        yield
    finally:
        subprocess.run(["umount", str(path)], check=True)


def told(said: str) -> str:
    """The line that says what is wrong."""
    assert "Traceback" not in said, said
    lines = [
        line.strip(" ✗!") for line in said.splitlines() if re.search("Another run|disk is full|may not|cannot|changed", line)
    ]
    assert lines, said
    return lines[0][:150]


def two_at_once(company: Company) -> str:
    """Whoever comes second says that another run is writing."""
    second = company.home.path.parent / "second"
    with company.running() as one, second.open("w") as output:
        other = subprocess.run(
            [sys.executable, "-m", "orchestration.run"],
            cwd=Path.cwd(),
            env=company.home.environment(),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        one.wait(timeout=600)
    ended = {one.returncode: company.said(), other.returncode: second.read_text(encoding="utf-8")}
    assert 0 in ended, ended
    assert all("Traceback" not in said for said in ended.values()), ended
    lost = [said for code, said in ended.items() if code]
    return f"one went through; the other: {told(lost[0])}" if lost else "both went through, one after the other"


def latecomers(company: Company) -> str:
    """While a run is going on, others begin: runs, the job of Dagster's sensor, erasing, returning, dbt by hand. It ends well."""
    with company.running() as one:
        while "✓ land" not in company.said() and one.poll() is None:
            time.sleep(0.1)
        asked = [*LATECOMERS.items(), ("one more run", LATECOMERS["a run"]), ("and another", LATECOMERS["a run"])]
        started = {name: start(company.home, command, company.home.path.parent / "by hand") for name, command in asked}
        said = {name: process.communicate(timeout=600)[0] for name, process in started.items()}
        for name, process in started.items():
            assert process.returncode, f"{name}: {said[name]}"
            assert "Another run is writing" in said[name], f"{name}: {said[name]}"
        one.wait(timeout=600)
    assert one.returncode == 0, company.said()
    return f"{len(started)} were told: {told(said['a run'])}"


def disk_full(company: Company) -> str:
    """The home is on a disk with next to no room left."""
    used = sum(path.stat().st_size for path in company.home.path.rglob("*") if path.is_file())
    kept = company.home.path.with_name("kept")
    shutil.move(company.home.path, kept)
    company.home.path.mkdir()
    with mounted(company.home.path, "-t", "tmpfs", "-o", f"size={used + 3_000_000}", "tmpfs"):
        shutil.copytree(kept, company.home.path, dirs_exist_ok=True)
        before = digest(company.home.published)
        code, said = company.run()
        assert code, said
        assert digest(company.home.published) == before
        shutil.rmtree(kept)
        shutil.copytree(company.home.path, kept)
    company.home.path.rmdir()
    shutil.move(kept, company.home.path)
    return told(said)


def home_read_only(company: Company) -> str:
    """Nothing in the home can be written."""
    home = company.home.path
    with mounted(home, "--bind", str(home)):
        subprocess.run(["mount", "-o", "remount,ro,bind", str(home)], check=True)
        before = digest(company.home.published)
        code, said = company.run()
        assert code, said
        assert digest(company.home.published) == before
    return told(said)


def file_that_grows(company: Company) -> str:
    """A file gets its second half while the run reads."""
    grown = max(company.delivery.rglob("*.csv"), key=lambda path: path.stat().st_size)
    target = company.home.landing / grown.relative_to(company.delivery)
    content = grown.read_bytes()
    half = content.index(b"\n") + 1 + (len(content) - content.index(b"\n")) // 2  # in the middle of a row, where a file is short
    target.write_bytes(content[:half])
    with company.running() as process:
        time.sleep(3)
        with target.open("ab") as file:
            for place in range(half, len(content), 2_000):
                file.write(content[place : place + 2_000])
                file.flush()
                time.sleep(0.05)
        process.wait(timeout=600)
    said = company.said()
    assert "Traceback" not in said, said
    return "landed whole" if process.returncode == 0 else told(said)


def clock_set_back(company: Company) -> str:
    """The machine believes that it is a week ago."""
    if not shutil.which("faketime"):
        raise NotStaged("faketime is not installed")
    code, said = company.run("faketime", "-f", "-7d")
    assert "Traceback" not in said, said
    return "went through" if code == 0 else told(said)


TROUBLES: tuple[Trouble, ...] = (two_at_once, latecomers, disk_full, home_read_only, file_that_grows, clock_set_back)


def stage(trouble: Trouble, company: Company, whole: Undisturbed, folder: Path) -> str:
    """One trouble, and the run after it. Raises AssertionError when anything is lost, broken or different."""
    copy = company.copy(folder).deliver()
    said = trouble(copy)
    code, healed = copy.run()
    assert code == 0, healed
    assert raw_counts(copy) == raw_counts(whole.company)
    assert copy.tables() == whole.tables, {
        table for table in whole.tables | copy.tables() if whole.tables.get(table) != copy.tables().get(table)
    }
    shutil.rmtree(folder)
    return said


def measure(folder: Path) -> Figures:
    """Stage them all; prints what each said."""
    company = founded(folder / "company")
    whole = undisturbed(company, folder / "whole")
    staged = failed = 0
    for trouble in TROUBLES:
        what = trouble.__name__.replace("_", " ")
        try:
            print(f"  ✓ {what}: {stage(trouble, company, whole, folder / trouble.__name__)}", flush=True)
            staged += 1
        except NotStaged as error:
            print(f"  - {what}: not staged, {error}", flush=True)
        except AssertionError as error:
            failed += 1
            print(f"  ✗ {what}: {error}", flush=True)
    return {"staged": staged, "failed": failed}
