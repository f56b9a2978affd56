"""Frames to plain rows: the one place that knows how pandas spells "unknown".

What belongs here: picking columns, turning every kind of null into None, grouping rows.
What does not: what a row means, or how it is shown.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import pandas as pd

Tables = Mapping[str, pd.DataFrame]
Row = dict[str, Any]
Key = TypeVar("Key", bound=Hashable)


def table(tables: Tables, name: str, columns: Sequence[str], may_lack: Sequence[str] = ()) -> pd.DataFrame | None:
    """The named columns of one table, or None when the run did not build it; one of `may_lack` that is not there is unknown.

    Raises:
        ValueError: the table is there but lacks a column; showing the rest would hide a broken promise.
    """
    frame = tables.get(name)
    if frame is None:
        return None
    absent = [column for column in columns if column not in frame.columns]
    if absent:
        raise ValueError(f"{name} has no column {', '.join(absent)}; it has {', '.join(map(str, frame.columns))}")
    return frame.reindex(columns=[*columns, *may_lack])


def to_rows(frame: pd.DataFrame) -> list[Row]:
    """Rows as dictionaries of plain Python values; NaN, NaT and NA all become None."""
    plain = frame.astype(object).where(frame.notna(), None)
    return [{str(column): value for column, value in row.items()} for row in plain.to_dict("records")]


def rows(tables: Tables, name: str, columns: Sequence[str], may_lack: Sequence[str] = ()) -> list[Row] | None:
    """`table` and `to_rows` in one step."""
    frame = table(tables, name, columns, may_lack)
    return None if frame is None else to_rows(frame)


def ordered(tables: Tables, name: str, by: Sequence[str]) -> pd.DataFrame | None:
    """A whole table in the order of the columns `by`, the unknown last; None when the run did not build it."""
    if table(tables, name, by) is None:
        return None
    return tables[name].sort_values([*by], kind="stable")


def grouped(items: Iterable[Row], key: Callable[[Row], Key]) -> dict[Key, list[Row]]:
    """Rows by key, groups and rows in order of first appearance."""
    groups: dict[Key, list[Row]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups


def share(part: float | None, whole: float | None) -> float | None:
    """part / whole, or None when either is unknown or the whole is empty."""
    return None if part is None or not whole else part / whole
