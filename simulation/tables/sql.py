"""Small pieces of SQL that every subject's tables are told with: words for numbers, and the bounds of history.

Which words there are stands with the subject that uses them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from simulation.world import World

NUMBERS_OF_THINGS = 20_000_000  # of visits, uses … of a block


@dataclass(frozen=True)
class Scope:
    """The block that tables are told of, and what they need to know of its world."""

    world: World
    block: int

    @property
    def first_id(self) -> int:
        """The number of the block's first visit, use, ticket …; the thing drawn at `position` has `first_id + position`."""
        return self.block * NUMBERS_OF_THINGS + 1

    @property
    def start(self) -> str:
        """The first moment of the history."""
        return f"timestamp '{self.world.calendar.start}'"

    @property
    def until(self) -> str:
        """The first moment after it."""
        return f"timestamp '{self.world.calendar.until}'"


def words(names: Iterable[object]) -> str:
    """A list of words."""
    return "[" + ", ".join("'" + str(name).replace("'", "''") + "'" for name in names) + "]"


def looked_up(names: Iterable[object], position: str) -> str:
    """The word at a position from 0; NULL below 0."""
    return f"case when {position} >= 0 then {words(names)}[{position} + 1] end"


def chosen(names: Iterable[object], number: str, salt: int) -> str:
    """A word chosen by arithmetic on a number: it looks random and is always the same."""
    listed = list(names)
    return f"{words(listed)}[1 + ({number} * {salt} + {number} // 7) % {len(listed)}]"
