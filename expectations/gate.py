"""What a gate is. The gates themselves stand by subject beside this file; judging them is judge.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

Row = Mapping[str, Any]
Unit = Literal["rate", "count", "score"]
JUDGED_SEVERITIES = ("block", "withhold", "warn")


@dataclass(frozen=True)
class Gate:
    """One promise about one measure: in every row, `observed` keeps to `threshold`.

    `table` has one row per judged fact, with the columns named here and a column `severity` (block, withhold or warn; a row
    with another severity is measured and not judged). `subject` names the columns that say what a row is about; `words` is
    a format string over the row for it. An observed NULL means "could not be measured" and does not fail.
    `evidence` and `limit` are format strings for what was observed and allowed, where that takes more than the two values.
    `about` is a format string for the fact that is in question when a row fails: `source:{source}`, `event_type:{event_type}`,
    `funnel:{funnel}`, `model:{model}`, or `identity`, `revenue`, `events` for what every number of that kind depends on. `since`
    and `until` name columns that say when, where a fault begins and ends: a number about another time is not touched by it.
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
    about: str = "events"
    since: str | None = None
    until: str | None = None
    evidence: str = ""
    limit: str = ""

    def told(self, row: Row) -> dict[str, str | None]:
        """A judged row in words: its subject, what was observed (None when it could not be measured), what is allowed."""
        sign = {"at_least": "≥ ", "at_most": "≤ ", "is_false": ""}[self.comparison]
        observed = self.evidence.format_map(row) if self.evidence else self._shown(row[self.observed])
        allowed = self.limit.format_map(row) if self.limit else f"{sign}{self._shown(row[self.threshold or ''])}"
        return {"subject": self.words.format_map(row), "observed": observed, "threshold": allowed}

    def worst(self, measure: pd.DataFrame) -> tuple[float, float] | None:
        """What was observed and what is allowed in the row that keeps its promise worst; None if nothing could be measured.

        Of facts that are only true or false: how many are true, of none.
        """
        judged = measure[measure["severity"].isin(JUDGED_SEVERITIES)]
        if self.comparison == "is_false":
            return float(judged[self.observed].astype(bool).sum()), 0.0
        observed, limit = judged[self.observed].astype(float), judged[self.threshold or ""].astype(float)
        excess = (limit - observed if self.comparison == "at_least" else observed - limit).dropna()
        worst = excess.sort_values().index[-1:]
        return (float(observed[worst].iloc[0]), float(limit[worst].iloc[0])) if len(worst) else None

    def _shown(self, value: Any) -> str | None:
        if value is None or pd.isna(value):
            return None
        if self.unit == "rate":
            return f"{value:.2%}".replace("%", " %")
        return f"{value:,.0f}" if self.unit == "count" else f"{value:.3f}"
