"""Fault-free worlds of many seeds through the gates."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

from expectations import DATA_GATES
from expectations.judge import judge
from simulation.world import World
from simulation.writing import write_world
from tests.prove import Figures
from tests.world.build import build, settings_of
from warehouse import connection
from warehouse.settings import PROJECT

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


def measure(folder: Path, *, worlds: int, customers: int, first_seed: int) -> Figures:
    """Judge the worlds; prints each verdict that is red."""
    count, red = 0, 0
    for seed in range(first_seed, first_seed + worlds):
        verdicts = verdicts_of(seed, customers, folder / str(seed))
        shutil.rmtree(folder / str(seed))
        failed = [one for one in verdicts if not one["passed"]]
        count, red = count + len(verdicts), red + len(failed)
        for one in failed:
            told = f"{one['subject']}: {one['observed']} (allowed {one['threshold']})"
            print(f"  seed {seed}: {one['severity']} {one['gate']}: {told}", flush=True)
    return {"verdicts": count, "red": red, "red_share": round(red / max(1, count), 5)}
