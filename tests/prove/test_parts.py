"""One small instance of each part, and what was measured of each at its full size."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.prove import MEASURED, Part
from tests.prove.parts import PARTS
from warehouse.settings import PROJECT

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of what Great Expectations imports

UNMEASURED = {
    "doors",
    "fuzz",
    "incremental",
    "kills",
    "malformed",
    "troubles",
    "worlds",
}  # at the present book-keeping of batches
AT_ONCE = [part for part in PARTS.values() if not isinstance(part.small, str)]
BY_TESTS = [part for part in PARTS.values() if isinstance(part.small, str)]


@pytest.mark.parametrize("part", AT_ONCE, ids=lambda part: part.name)
def test_a_small_instance_meets_the_limits(part: Part, tmp_path: Path) -> None:
    assert not isinstance(part.small, str)
    assert part.missed(part.measure(tmp_path, **part.small)) == []


@pytest.mark.parametrize("part", BY_TESTS, ids=lambda part: part.name)
def test_the_small_instance_is_a_test_that_is_there(part: Part) -> None:
    assert "def test_" in (PROJECT / str(part.small)).read_text(encoding="utf-8")


@pytest.mark.parametrize("part", [part for part in PARTS.values() if part.name not in UNMEASURED], ids=lambda part: part.name)
def test_what_was_measured_meets_the_limits_at_the_full_size(part: Part) -> None:
    measured = json.loads(part.path.read_text(encoding="utf-8"))
    assert part.missed(measured["figures"]) == []
    assert (measured["sizes"], measured["shows"]) == (part.sizes, part.shows)


def test_no_measurement_is_left_of_a_part_that_is_no_more() -> None:
    assert {path.stem for path in MEASURED.glob("*.json")} == set(PARTS) - UNMEASURED


def test_a_limit_that_is_missed_is_said_in_words() -> None:
    part = Part("one", "shows", lambda folder: {}, {}, {"failed": (0, 0), "rate": (0.9, 1)})
    assert part.missed({"failed": 2}) == ["failed is 2, allowed 0 to 0", "rate is None, allowed 0.9 to 1"]
