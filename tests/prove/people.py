"""How right the persons are on simulated worlds: when more people share browsers and cookies live shorter (the curve), and when
identifiers stand for nobody or for several people.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from simulation.demo import mistaken_identities
from simulation.faults import Fault
from simulation.rules import Rules
from simulation.world import World
from simulation.writing import write_world
from tests.prove import Figures
from tests.world import build
from tests.world.identity_score import score
from warehouse.settings import PROJECT

CURVE = ((0.10, 200.0), (0.40, 200.0), (0.02, 30.0), (0.40, 30.0))
FIRST_SEED = 7


def measure(folder: Path, *, customers: int, seeds: int) -> Figures:
    """Pairwise precision and recall, the worst of the seeds: of worlds as they are, with mistaken identities, along the curve."""
    worlds = [World(customers=customers, seed=FIRST_SEED + number) for number in range(seeds)]
    figures = _worst(folder, "", worlds, ()) | _worst(folder, "mistaken_", worlds, tuple(mistaken_identities()))
    for share, days in CURVE:
        world = World(customers=customers, rules=replace(Rules(), shared_device_share=share, cookie_life_days=days))
        figures |= _worst(folder, f"shared_{share:.0%}_cookie_{days:.0f}_days_".replace("%", "_percent"), [world], ())
    return figures


def _worst(folder: Path, name: str, worlds: list[World], faults: tuple[Fault, ...]) -> Figures:
    found = [_scored(folder / "one", world, faults) for world in worlds]
    return {f"{name}{what}": min(one[what] for one in found) for what in found[0]}


def _scored(place: Path, world: World, faults: tuple[Fault, ...]) -> Figures:
    settings = build.settings_of(place / "home", PROJECT / "warehouse" / "journey.yml")
    write_world(settings.landing, place / "truth", world, faults=faults)
    build.build(settings, datetime(2026, 11, 1), with_tests=False, until=("int_identifiers_resolved",))
    found = score(settings.home, place / "truth")
    shutil.rmtree(place)
    return {
        "precision": round(found.precision, 5),
        "recall_of_what_rows_connect": round(found.recall, 5),
        "recall": round(found.recall_of_all, 5),
        "identifiers": found.identifier_count,
    }
