"""`python -m simulation FOLDER`: a world's exports in FOLDER/landing and its truth in FOLDER/truth."""

from __future__ import annotations

import argparse
import time
from datetime import datetime
from pathlib import Path

from simulation.demo import UNTIL, few_faults, incidents, mistaken_identities, red_faults
from simulation.world import World
from simulation.writing import write_world


def main() -> None:
    """Write what was asked for and say what was written."""
    parser = argparse.ArgumentParser(prog="python -m simulation", description=__doc__)
    parser.add_argument("folder", type=Path, help="gets the sub-folders landing and truth")
    parser.add_argument("--customers", type=int, default=5_000, help="people, about (default 5000)")
    parser.add_argument("--seed", type=int, default=7, help="the same seed writes the same bytes (default 7)")
    parser.add_argument("--days", type=int, default=364, help="length of the history (default 364)")
    parser.add_argument("--until", type=datetime.fromisoformat, default=UNTIL, help=f"its end, UTC (default {UNTIL:%Y-%m-%d})")
    kinds = ("none", "few", "red", "mistaken")
    parser.add_argument("--faults", choices=kinds, default="few", help="not with --shapes plain (default few)")
    parser.add_argument("--no-incidents", action="store_true", help="a year in which nothing special happens")
    parser.add_argument("--deliveries", type=int, default=1, help="1: all at once; n: the last n - 1 days one file each")
    parser.add_argument("--shapes", choices=("vendors", "plain"), default="vendors", help="vendors' exports, or one plain log")
    given = parser.parse_args()
    faults = {"none": (), "few": few_faults(), "red": red_faults(given.until), "mistaken": mistaken_identities()}[given.faults]
    began = time.perf_counter()
    try:
        world = World(
            customers=given.customers,
            seed=given.seed,
            until=given.until,
            days=given.days,
            incidents=() if given.no_incidents else incidents(given.until),
        )
        rows = write_world(
            given.folder / "landing",
            given.folder / "truth",
            world,
            faults=faults if given.shapes == "vendors" else (),
            deliveries=given.deliveries,
            shapes=given.shapes,
        )
    except (ValueError, FileExistsError) as error:
        parser.exit(2, f"✗ {error}\n")
    took = time.perf_counter() - began
    print(f"{sum(rows.values()):,} rows in {len(rows)} files in {took:.1f} s: {given.folder / 'landing'}")
    print(f"the truth: {given.folder / 'truth'}")


if __name__ == "__main__":
    main()
