"""`python -m tests.faults.worlds`: fault-free worlds of many seeds through the gates; at most one verdict in fifty may be red."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from expectations import DATA_GATES
from expectations.judge import judge
from simulation.world import World
from simulation.writing import write_world
from tests.world.build import build, settings_of
from warehouse import connection
from warehouse.settings import PROJECT

ALLOWED_RATE = 0.02
UNTIL = datetime(2026, 10, 31)


def verdicts_of(seed: int, customers: int, home: Path) -> list[dict[str, object]]:
    """The verdicts of the data gates over one world in which nothing is wrong."""
    settings = settings_of(home, PROJECT / "warehouse" / "journey.yml")
    write_world(settings.landing, home / "truth", World(customers=customers, seed=seed, until=UNTIL), processes=1)
    build(settings, UNTIL, with_tests=False, until={gate.table.partition(".")[2] for gate in DATA_GATES})
    measures = connection.read_all(settings, list(dict.fromkeys(gate.table for gate in DATA_GATES)))
    results, _ = judge(DATA_GATES, measures, run_id=f"seed-{seed}", judged_at=UNTIL)
    judged = results[results["subject"] != "nothing to judge"]
    return [{str(name): value for name, value in row.items()} for row in judged.to_dict("records")]


def main() -> int:
    """Judge the worlds and say which gates were red; 1 when more than the allowed share was."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.worlds", description=__doc__)
    parser.add_argument("--worlds", type=int, default=50)
    parser.add_argument("--customers", type=int, default=300)
    parser.add_argument("--first-seed", type=int, default=1)
    given = parser.parse_args()
    count, red = 0, Counter[str]()
    for seed in range(given.first_seed, given.first_seed + given.worlds):
        with TemporaryDirectory() as folder:
            verdicts = verdicts_of(seed, given.customers, Path(folder))
        failed = [one for one in verdicts if not one["passed"]]
        count += len(verdicts)
        red.update(f"{one['severity']} {one['gate']}" for one in failed)
        print(f"seed {seed}: {len(verdicts)} verdicts, {len(failed)} red", flush=True)
        for one in failed:
            told = f"{one['subject']}: {one['observed']} (allowed {one['threshold']})"
            print(f"    {one['severity']:<8} {one['gate']}: {told}", flush=True)
    rate = red.total() / max(1, count)
    print(f"\n{red.total()} of {count} verdicts red: {rate:.2%}, allowed {ALLOWED_RATE:.0%}")
    for gate, times in red.most_common():
        print(f"    {times:>4}  {gate}")
    return int(rate > ALLOWED_RATE)


if __name__ == "__main__":
    sys.exit(main())
