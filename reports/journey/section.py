"""What a section of the journey page is: what it is given, and what it has to say.

What belongs here: the shape of a section, which stage set and funnel come first. What does not: any one section, HTML.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from reports.formatting import day
from reports.frames import Row, Tables, grouped, rows

MOST_ROWS = 60  # per table
FEW = 30  # customers below this give an interval so wide that the number beside it misleads


@dataclass(frozen=True)
class Given:
    """The tables, and which stage set and funnel the journey file calls its own; None where no table tells."""

    tables: Tables
    primary_set: str | None = None
    main_funnel: str | None = None


@dataclass(frozen=True)
class Content:
    """`figure` is its line in the list of contents, `values` what its template shows; `quiet` is all it says without rows."""

    figure: str
    values: Mapping[str, Any] = field(default_factory=dict)
    quiet: str = ""


@dataclass(frozen=True)
class Section:
    """`build` gives None when `table` was not built; the template is `journey/<anchor>.html.j2`."""

    anchor: str
    title: str
    table: str
    build: Callable[[Given], Content | None]


def given(tables: Tables) -> Given:
    """What the journey file marks as first, from the tables that its definitions land in."""
    return Given(
        tables,
        _marked(tables, "journey.stage_sets", "stage_set", "is_primary"),
        _marked(tables, "journey.funnels", "funnel", "is_main"),
    )


def _marked(tables: Tables, table: str, name: str, mark: str) -> str | None:
    marked = [str(row[name]) for row in rows(tables, table, (name, mark)) or () if row[mark]]
    return marked[0] if marked else None


def by_set(found: Iterable[Row], column: str, first: str | None) -> list[tuple[str, list[Row]]]:
    """The rows of each stage set or funnel: what the journey file calls its own first, then by name."""
    groups = grouped(found, lambda row: str(row[column]))
    return sorted(groups.items(), key=lambda group: (group[0] != first, group[0]))


def overall(found: Iterable[Row]) -> list[Row]:
    """The rows that are not broken down."""
    return [row for row in found if row["dimension"] == "all"]


def by_position(row: Row) -> tuple[bool, float]:
    """Stages without a position come last."""
    return row["position"] is None, float(row["position"] or 0)


def shade(part: float | None, largest: float) -> int:
    """The shade of a value, from 1 (almost none) to 5 (the largest); 0 when there is none."""
    return 0 if not part or largest <= 0 else max(1, min(5, math.ceil(5 * part / largest)))


def month(first_day: datetime | None) -> str:
    """'Nov 2026'; no month is all of them."""
    return "all months" if first_day is None else f"{first_day:%b %Y}"


def period(start: datetime | None, end: datetime | None) -> str:
    """'1 Jan 2026 to 31 Mar 2026'; the end is the moment before which it ends."""
    if start is None and end is None:
        return "all of time"
    last = None if end is None else end - timedelta(days=1)
    return f"until {day(last)}" if start is None else f"since {day(start)}" if last is None else f"{day(start)} to {day(last)}"
