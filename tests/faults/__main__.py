"""`python -m tests.faults`: runs that are killed at chosen moments; where each died and how the next healed it."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.faults.company import founded
from tests.faults.kills import kill, undisturbed


def main() -> int:
    """Kill runs; 1 when one of them left something broken, lost or different."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--kills", type=int, default=30)
    given = parser.parse_args()
    steps, failed = Counter[str](), 0
    with TemporaryDirectory() as name:
        folder = Path(name)
        company = founded(folder / "company")
        whole = undisturbed(company, folder / "whole")
        print(f"an undisturbed run takes {whole.seconds:.0f} s", flush=True)
        for number in range(given.kills):
            try:
                one = kill(company, whole, folder / f"kill-{number}", number, given.kills)
            except AssertionError as error:
                failed += 1
                print(f"✗ kill {number}: {error}", flush=True)
                continue
            steps[one.step] += 1
            who = "the job" if one.is_alone else "the job and its dbt"
            waited = ", after waiting for the dbt that was left" if one.had_to_wait else ""
            print(
                f"✓ kill {number}: {who} after {one.seconds:.1f} s, behind {one.step}; published was {one.published}; "
                f"healed in {one.healing_seconds:.0f} s{waited}",
                flush=True,
            )
    print(", ".join(f"{count} behind {step}" for step, count in steps.most_common()) + f"; {failed} failed")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
