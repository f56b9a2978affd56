"""Tables that are kept from run to run, against full builds: the property test, told to draw more worlds and more trouble."""

from __future__ import annotations

from pathlib import Path

from tests.prove import Figures
from tests.prove.cases import failed_and_all


def measure(folder: Path, *, worlds: int, seeds: int, disturbed: int) -> Figures:
    """How many comparisons were made and how many found a difference; prints what pytest says of those."""
    failed = cases = 0
    for seed in range(2, 2 + seeds):
        told = {"WORLDS": str(worlds), "SEED": str(seed), "DISTURBED": str(disturbed)}
        found = failed_and_all(folder, "tests/warehouse/test_incremental.py", "-k", "full_build or exactly", **told)
        failed, cases = failed + found[0], cases + found[1]
    return {"comparisons": cases, "failed": failed}
