"""What a gate is. The gates themselves stand by subject beside this file; judging them is judge.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd

Row = Mapping[str, Any]
Unit = Literal["rate", "count", "score"]


@dataclass(frozen=True)
class Gate:
    """One promise about one measure: in every row, `observed` keeps to `threshold`.

    `table` has one row per judged fact, with the columns named here and a column `severity` (block, withhold or warn; a row
    with another severity is measured and not judged). `subject` names the columns that say what a row is about; `words` is
    a format string over the row for it. An observed NULL means "could not be measured" and does not fail.
    `withholds` names the published columns that become NULL when a row of severity `withhold` fails, by table.
    `good` and `bad` are rows that must pass and must fail: the gate's own examples, and its test.
    """

    name: str
    table: str
    words: str
    expectation: str
    observed: str
    comparison: Literal["at_least", "at_most", "is_false"]
    threshold: str | None
    unit: Unit
    remedy: str
    good: Row
    bad: Row
    withholds: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def subjects(self, measure: pd.DataFrame) -> list[str]:
        """What each row of the measure is about, in words."""
        return [self.words.format_map({str(name): value for name, value in row.items()}) for row in measure.to_dict("records")]

    def shown(self, value: Any) -> str | None:
        """An observed value or a threshold as a person reads it; None for unknown."""
        if value is None or pd.isna(value):
            return None
        if self.unit == "rate":
            return f"{value:.2%}".replace("%", " %")
        return f"{value:,.0f}" if self.unit == "count" else f"{value:.3f}"
