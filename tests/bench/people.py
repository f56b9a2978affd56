"""How right the persons are on simulated worlds: when more people share browsers and cookies live shorter (the curve), and when
identifiers stand for nobody or for several people. `python -m tests.bench.people 7 11` measures the latter with two seeds.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from simulation.demo import mistaken_identities
from simulation.faults import MISTAKEN, Fault
from simulation.rules import Rules
from simulation.world import World
from simulation.writing import write_world
from tests.world import build
from tests.world.identity_score import score
from warehouse.settings import PROJECT

CURVE = ((0.02, 200.0), (0.10, 200.0), (0.40, 200.0), (0.02, 30.0), (0.40, 30.0))
CUSTOMERS = 3000


def measure(folder: Path) -> None:
    """Print one line per world of the curve, and per kind of mistaken identities."""
    _heading("share of users on a shared browser, a cookie's life")
    for share, days in CURVE:
        rules = replace(Rules(), shared_device_share=share, cookie_life_days=days)
        _line(folder / f"{share}-{days}", f"{share:.0%}, {days:.0f} days", World(customers=CUSTOMERS, rules=rules), ())
    measure_mistaken(folder, seed=7)


def measure_mistaken(folder: Path, seed: int) -> None:
    """Print one line for a world as it is, one for each kind of mistaken identities, and one for all of them."""
    _heading(f"identifiers that are nobody's or several people's ({seed})")
    faults = mistaken_identities()
    for name in ("none", *MISTAKEN, "all"):
        planted = tuple(fault for fault in faults if name in (fault.kind, "all"))
        _line(folder / f"{name}-{seed}", name, World(customers=CUSTOMERS, seed=seed), planted)


def _heading(text: str) -> None:
    print(f"\n  {text:<50} {'precision':>10} {'recall':>10} {'of all':>10} {'B-cubed':>17} {'joined':>10}")


def _line(place: Path, name: str, world: World, faults: tuple[Fault, ...]) -> None:
    settings = build.settings_of(place / "home", PROJECT / "warehouse" / "journey.yml")
    write_world(settings.landing, place / "truth", world, faults=faults)
    build.build(settings, datetime(2026, 11, 1), with_tests=False, until=("int_identifiers_resolved",))
    found = score(settings.home, place / "truth")
    pairs = f"{found.precision:10.4f} {found.recall:10.4f} {found.recall_of_all:10.4f}"
    print(f"  {name:<50} {pairs} {found.b_precision:8.4f} {found.b_recall:8.4f} {found.joined_count:10}", flush=True)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="throughline-people-") as temporary:
        for given in sys.argv[1:] or ["7"]:
            measure_mistaken(Path(temporary), int(given))
