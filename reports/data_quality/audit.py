"""The touchpoint audit: every place where customers are met, graded.

What belongs here: the order in which to repair. What does not: grading.
"""

import pandas as pd

from reports.data_quality.section import MOST_ROWS, Content, Given
from reports.formatting import number
from reports.frames import Tables, grouped, ordered, rows

SHEET = "touchpoint_audit.csv"
MOST_UNFOLDED = 12  # rows of one grade that are calm and still stand open

_COLUMNS = (
    *("source", "touchpoint", "event_count", "traffic_share", "match_rate", "missing_timestamp_rate"),
    *("max_gap_hours", "has_gap", "duplicate_rate", "days_of_history", "last_occurred_at"),
    *("grade", "worst_reason", "fix", "priority"),
)
_GRADES = {"red": ("bad", "✕"), "amber": ("warn", "▲"), "unknown": ("none", "?"), "green": ("good", "✓")}


def touchpoints(given: Given) -> Content | None:
    """One block per grade, red first; within it the most urgent first."""
    found = rows(given.tables, "quality.rpt_touchpoint_audit", _COLUMNS)
    if found is None:
        return None
    if not found:
        return Content("none", "no touchpoint", calm="No source has sent an event yet.")
    found.sort(key=lambda row: (row["priority"] is None, row["priority"], -(row["event_count"] or 0), str(row["touchpoint"])))
    by_grade = grouped(found, lambda row: row["grade"] if row["grade"] in _GRADES else "unknown")
    values = {
        "blocks": [
            {"grade": grade, "tone": tone, "symbol": symbol, "rows": graded}
            | {"is_open": grade == "red" or len(graded) <= MOST_UNFOLDED}
            for grade, (tone, symbol) in _GRADES.items()
            if (graded := by_grade.get(grade))
        ],
        "sheet": SHEET if SHEET in given.beside else None,
        "most_rows": MOST_ROWS,
    }
    if len(by_grade.get("green", ())) == len(found):
        return Content("good", f"{number(len(found))} green", values, "Every touchpoint is green.")
    worst = next(grade for grade in _GRADES if grade in by_grade)
    counts = [f"{number(len(by_grade[grade]))} {grade}" for grade in ("red", "amber") if grade in by_grade]
    return Content(_GRADES[worst][0], f"{', '.join(counts) or 'unknown'} of {number(len(found))}", values)


def sheet(tables: Tables) -> pd.DataFrame | None:
    """The whole audit, the most urgent first."""
    return ordered(tables, "quality.rpt_touchpoint_audit", ("priority", "source", "touchpoint"))
