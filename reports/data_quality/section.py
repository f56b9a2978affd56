"""What a section of the data-quality page is: what it is given, and what it has to say.

What belongs here: the shape of a section. What does not: any one section (the modules beside this one), HTML.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from reports.frames import Row, Tables
from reports.verdict import Run

MOST_ROWS = 40  # per table: beyond that a page is no longer read; the warehouse holds the rest


@dataclass(frozen=True)
class Given:
    """`beside` are the files that lie beside the page, by their relative path: only those are linked."""

    run: Run
    tables: Tables
    beside: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Content:
    """`tone` and `figure` are its line in the list of contents; `values` what its template shows.

    `calm` is the one line of a section that has nothing to report; its `values`, if there are any, are then folded away.
    """

    tone: str
    figure: str
    values: Mapping[str, Any] = field(default_factory=dict)
    calm: str = ""


@dataclass(frozen=True)
class Section:
    """`build` gives None when `table` was not built; the template is `data_quality/<anchor>.html.j2`."""

    anchor: str
    title: str
    table: str
    build: Callable[[Given], Content | None]


def tone_of(severities: Iterable[str | None]) -> str:
    """How bad a finding is: as bad as its hardest severity; none when nothing is judged."""
    known = {severity for severity in severities if severity is not None}
    return "bad" if "block" in known else "warn" if known & {"withhold", "warn"} else "none"


def by_name(row: Row) -> tuple[str, str]:
    """Where the order of rows is open, it is that of their names, so that a page is the same every time."""
    return str(row["source"]), str(row.get("event_type"))


def heat(rate: float | None) -> int:
    """The shade of a rate, from 1 (none) to 5 (all); 0 when it is unknown."""
    return 0 if rate is None else min(5, 1 + int(5 * max(rate, 0.0)))
