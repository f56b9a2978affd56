"""Every malformed file and journey file, where make test-all takes a share of them."""

from __future__ import annotations

from pathlib import Path

from tests.prove import Figures
from tests.prove.cases import failed_and_all


def measure(folder: Path) -> Figures:
    """How many cases there are and how many of them fail."""
    failed, cases = failed_and_all(folder, "tests/faults", FAULTS="all")
    return {"cases": cases, "failed": failed}
