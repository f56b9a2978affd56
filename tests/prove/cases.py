"""Tests as a measurement: the same tests that make test-all runs, told by the environment to do more."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

from warehouse.settings import PROJECT


def failed_and_all(folder: Path, *arguments: str, **environment: str) -> tuple[int, int]:
    """How many tests fail and how many there are; prints what pytest says of those that fail."""
    report = folder / "report.xml"
    command = [sys.executable, "-m", "pytest", *arguments, f"--junitxml={report}", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=PROJECT, env=os.environ | environment, capture_output=True, text=True)
    found = next(ElementTree.parse(report).getroot().iter("testsuite")).attrib
    failed = int(found["failures"]) + int(found["errors"])
    if failed:
        print(done.stdout)
    return failed, int(found["tests"])
