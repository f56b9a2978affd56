"""A few companies of the thousand that `make prove PART=coverage` builds."""

from __future__ import annotations

from pathlib import Path

from tests.prove import coverage


def test_most_intervals_of_a_few_companies_hold_what_is_planted(tmp_path: Path) -> None:
    held = coverage.of_companies(tmp_path, companies=40, customers=120)
    assert len(held) == 5
    assert min(held.values()) >= 0.85, held
