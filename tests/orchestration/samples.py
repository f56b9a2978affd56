"""The README's samples of what the terminal says, held against real runs; called as a module, renewed from them.

A number, a duration or a path may differ, for they depend on the machine and on how many people are simulated; a word or a line
may not, but where the sample leaves lines out (⋮).

    .venv/bin/python -m tests.orchestration.samples
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from simulation.demo import write_demo

PROJECT = Path(__file__).resolve().parents[2]
README = PROJECT / "README.md"
LEFT_OUT = re.compile(r"\n *⋮\n")
# What may differ, and how it is found: a fingerprint, a number, a path, the blanks before a number.
MAY_DIFFER = ((r"\([0-9a-f]{12}\)", r"\([0-9a-f]{12}\)"), (r"\d[\d,.]*", r"\d[\d,.]*"), ("…", r"[^\s]*?"), (" +", " +"))


def block(kind: str, beginning: str) -> str:
    """The one block of the README in that language whose first line begins so."""
    found = re.findall(rf"```{kind}\n({re.escape(beginning)}.*?)\n```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert len(found) == 1, f"the README has {len(found)} such samples: {beginning}"
    return str(found[0])


def renewed(sample: str, said: str) -> str:
    """The sample with the numbers and paths of what was said. Raises AssertionError where something else was said."""
    parts, at = [], 0
    for part in LEFT_OUT.split(sample):
        found = re.compile(rf"^{_pattern(part)}$", re.MULTILINE).search(said, at)
        assert found, f"the README shows what is not said:\n{part}\nThis was said:\n{said[at:]}"
        at = found.end()
        parts.append(re.sub(r"/\S*(?=/(?:published|reports|logs|landing)\b)" if "…" in part else r"(?!)", "…", found.group()))
    marks = iter(LEFT_OUT.findall(sample))
    return "".join(part + next(marks, "") for part in parts)


def _pattern(text: str) -> str:
    either = re.compile("|".join(f"({shown})" for shown, _ in MAY_DIFFER))
    pattern, at = "", 0
    for found in either.finditer(text):
        assert found.lastindex
        pattern += re.escape(text[at : found.start()]) + MAY_DIFFER[found.lastindex - 1][1]
        at = found.end()
    return pattern + re.escape(text[at:])


def shop(folder: Path) -> dict[str, str]:
    """The README's shop below a folder; returns the settings that the README gives it, with paths from there."""
    (folder / "shop" / "landing" / "events").mkdir(parents=True)
    (folder / "shop" / "landing" / "events" / "shop.csv").write_text(block("csv", "event_type") + "\n", encoding="utf-8")
    (folder / "shop" / "journey.yml").write_text(block("yaml", "journey:") + "\n", encoding="utf-8")
    settings = block("sh", "export THROUGHLINE_LANDING=shop").splitlines()[0].split()[1:]
    return {name: str(folder / path) for name, _, path in (setting.partition("=") for setting in settings)}


def main() -> None:
    """Make the runs of the README and put what they say into it."""

    def run(environment: dict[str, str]) -> str:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("THROUGHLINE_")}
        command = [sys.executable, "-m", "orchestration.run"]
        return subprocess.run(
            command, cwd=PROJECT, env=inherited | environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ).stdout

    def red(folder: Path) -> str:
        home = {"THROUGHLINE_HOME": str(folder / "home"), "THROUGHLINE_LANDING": str(folder / "landing")}
        write_demo(folder / "landing", folder / "truth")
        run(home)
        write_demo(folder / "landing", folder / "truth", is_red=True)
        return run(home)

    runs: dict[str, Callable[[Path], str]] = {
        "Throughline · journey demo_company": lambda folder: run({"THROUGHLINE_HOME": str(folder)}),
        "Throughline · journey kettle_shop": lambda folder: run(shop(folder)),
        "  ✗ judge_data": red,
    }
    for beginning, said in runs.items():
        with TemporaryDirectory() as folder:
            sample = block("text", beginning)
            fresh = renewed(sample, said(Path(folder)))
        README.write_text(README.read_text(encoding="utf-8").replace(sample, fresh), encoding="utf-8")


if __name__ == "__main__":
    main()
