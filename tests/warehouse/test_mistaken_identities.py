"""Office phones, rounded numbers, dummies, kiosks and tablets in a small company make no two people one, nor one two."""

from __future__ import annotations

from datetime import datetime

import pytest

from simulation.demo import mistaken_identities
from simulation.world import World
from simulation.writing import write_world
from tests.world.build import build, settings_of
from tests.world.identity_score import Score, score
from warehouse.settings import PROJECT


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Score:
    home = tmp_path_factory.mktemp("mistaken")
    settings = settings_of(home, PROJECT / "warehouse" / "journey.yml")
    write_world(settings.landing, home / "truth", World(customers=1_000, seed=7), faults=mistaken_identities())
    build(settings, datetime(2026, 11, 1), with_tests=False, until=("int_identifiers_resolved",))
    return score(home, home / "truth")


def test_nobody_is_joined_by_what_stands_for_nobody_or_for_several_people(found: Score) -> None:
    assert found.joined_count == 0
    assert found.precision >= 0.995


def test_who_gave_such_an_identifier_beside_others_is_still_one(found: Score) -> None:
    assert found.recall >= 0.97
    assert found.recall_of_all >= 0.87
