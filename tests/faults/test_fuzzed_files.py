"""A few of the files that `python -m tests.faults.fuzz` draws by the thousand: each lands row by row or is refused in words."""

from __future__ import annotations

from pathlib import Path

from tests.faults.fuzz import drawn, judged
from tests.world import town
from tests.world.build import settings_of


def test_files_drawn_at_random_lose_no_row_without_a_word(tmp_path: Path) -> None:
    found = judged([drawn(number, 17) for number in range(60)], settings_of(tmp_path, town.JOURNEY))
    assert found.faults == []
    assert found.statuses["landed"] > 40
