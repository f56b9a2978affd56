"""The order of files: a number for each, by which events of one moment are put in the order in which the files tell of them.

What belongs here: which number a file gets, and whether the event ids of a log count up. What does not: what is made of it (SQL,
the macro event_place). Files stand in natural order of their names whenever they came, so that a home is the same in whichever
order its files landed. A number once given stays as long as others fit around it; when none is left between two, all are given
anew.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import groupby

import duckdb

from warehouse.connection import located
from warehouse.contract import RawTable
from warehouse.landing import loads

# A number has 25 bits of the place of an event. Neighbours begin 2,048 apart, and one that comes between takes a 17th of the
# room: a file a day between two others fits for three months.
SPACE = 2**25
STEP = 2**11
CROWDED = 16

# So many rows decide whether it is worth to look at all of a file's ids.
FIRST_ROWS = 1_000


def place_files(connection: duckdb.DuckDBPyConnection) -> None:
    """Give every landed file that has none its place. When all got others, everything that stands on them must be made anew."""
    rows = connection.execute("select file, file_place from working.raw.landed_files where row_count > 0").fetchall()
    known: dict[str, int | None] = dict(rows)
    if None not in known.values():
        return
    given = places(known)
    if any(place not in (None, given[file]) for file, place in known.items()):
        loads.forget_what_was_built(connection)
    changed = [(place, file) for file, place in given.items() if place != known[file]]
    connection.executemany("update working.raw.landed_files set file_place = ? where file = ?", changed)


def places(known: Mapping[str, int | None]) -> dict[str, int]:
    """The place of every file, in natural order; those that have one keep it, unless there is no room for the others."""
    names = sorted(known, key=natural)
    given: dict[str, int] = {}
    low: int | None = None
    for has_none, group in groupby(names, lambda name: known[name] is None):
        run = list(group)
        if has_none:
            after = names.index(run[-1]) + 1
            high = known[names[after]] if after < len(names) else None
            fitting = _between(low, high, len(run))
            if fitting is None:
                return _evenly(names)
            given |= zip(run, fitting, strict=True)
        else:
            given |= {name: place for name in run if (place := known[name]) is not None}
        low = given[run[-1]]
    return given


def _between(low: int | None, high: int | None, count: int) -> range | None:
    """So many places above one and below another (None: the end of all), None when there are not as many."""
    step = STEP if low is None or high is None else max(1, min(STEP, (high - low) // (count + CROWDED)))
    first = low + step if low is not None else (SPACE // 2 if high is None else high) - step * count
    fitting = range(first, first + step * count, step)
    return fitting if first >= 0 and fitting[-1] < (SPACE if high is None else high) else None


def _evenly(names: list[str]) -> dict[str, int]:
    step = max(1, min(STEP, SPACE // (2 * len(names))))
    first = (SPACE - step * len(names)) // 2
    return {name: first + step * number for number, name in enumerate(names)}


def natural(name: str) -> str:
    """A name as people order it: part 2 before part 10. SQL has the same in the macro natural_order."""
    return re.sub("[0-9]+", lambda digits: digits[0].lstrip("0").zfill(12), name)


def counting_prefix(connection: duckdb.DuckDBPyConnection, table: RawTable, file: str) -> str | None:
    """What stands before the number in the event ids of a file, where they count up; None where they do not.

    They do when every row has one, all are one text and then a number, and the number rises with time: a random number does
    not, and random letters are not the same in all rows.
    """
    if not {"event_id", "sequence"} <= {column.name for column in table.columns}:
        return None
    source = located(table.table)
    prefixes = connection.execute(
        f"select distinct regexp_extract(event_id, '^(.*?)[0-9]{{1,18}}$', 1), regexp_matches(event_id, '[0-9]$') "
        f"from (select event_id from {source} where _file = ? limit {FIRST_ROWS})",
        [file],
    ).fetchall()
    if len(prefixes) != 1 or not prefixes[0][1]:
        return None
    prefix = str(prefixes[0][0])
    (row,) = connection.execute(
        f"""
        select bool_and(coalesce(starts_with(event_id, $prefix) and number is not null, false)), corr(number, epoch(occurred_at))
        from (
            select event_id, occurred_at, try_cast(substr(event_id, length($prefix) + 1) as bigint) as number
            from {source} where _file = $file
        )
        """,
        {"prefix": prefix, "file": file},
    ).fetchall()
    is_counted, rise = row
    return prefix if is_counted and not (rise is not None and rise < 0.5) else None
