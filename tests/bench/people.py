"""How right the persons are when more people share browsers and cookies live shorter: the curve, on simulated worlds."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from simulation.rules import Rules
from simulation.world import World
from simulation.writing import write_world
from tests.world import build
from tests.world.identity_score import score
from warehouse.settings import PROJECT

CURVE = ((0.02, 200.0), (0.10, 200.0), (0.40, 200.0), (0.02, 30.0), (0.40, 30.0))
CUSTOMERS = 3000


def measure(folder: Path) -> None:
    """Print one line per world of the curve."""
    heading = "share of users on a shared browser, a cookie's life"
    print(f"\n  {heading:<50} {'precision':>10} {'recall':>10} {'of all':>10} {'B-cubed':>17}")
    for share, days in CURVE:
        place = folder / f"{share}-{days}"
        settings = build.settings_of(place / "home", PROJECT / "warehouse" / "journey.yml")
        rules = replace(Rules(), shared_device_share=share, cookie_life_days=days)
        write_world(settings.landing, place / "truth", World(customers=CUSTOMERS, rules=rules))
        build.build(settings, datetime(2026, 11, 1), with_tests=False, until=("int_identifiers_resolved",))
        found = score(settings.home, place / "truth")
        pairs = f"{found.precision:10.4f} {found.recall:10.4f} {found.recall_of_all:10.4f}"
        print(f"  {f'{share:.0%}, {days:.0f} days':<50} {pairs} {found.b_precision:8.4f} {found.b_recall:8.4f}", flush=True)
