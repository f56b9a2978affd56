"""Funnels: how many reach each step, how many will, and who does.

What belongs here: order, grouping, what a rate is compared with. What does not: counting customers, HTML.
"""

from reports.formatting import number, percent
from reports.frames import Row, grouped, share, table, to_rows
from reports.journey.section import FEW, Content, Given, by_set, overall
from reports.svg import both_widths
from reports.trend import Point, line_chart
from reports.trust import TRUST_COLUMNS, trust_of

MOST_VALUES = 15  # per breakdown

_COLUMNS = (
    *("funnel", "grain", "period_start", "dimension", "dimension_value", "step", "milestone"),
    *("entered_count", "reached_count", "mature_entered_count", "mature_reached_count"),
    *("conversion_rate", "conversion_low", "conversion_high", "median_hours", "p95_hours"),
)
_ESTIMATE = ("estimated_rate", "estimated_low", "estimated_high")


def funnel_rows(given: Given) -> list[Row] | None:
    """`marts.rpt_funnel_steps`, the main funnel first, by step; rows gain `share` (of entrants) and `reason` (why no rate)."""
    frame = table(given.tables, "marts.rpt_funnel_steps", _COLUMNS, (*_ESTIMATE, *TRUST_COLUMNS))
    if frame is None:
        return None
    # Of the demo's 18,516 rows the pages show 260; with dictionaries of all of them the page takes 3.0 s and not 1.2 s.
    is_shown = (frame["grain"] == "all") | ((frame["grain"] == "week") & (frame["dimension"] == "all"))
    found = to_rows(frame[is_shown])
    for row in found:
        row["share"] = share(row["reached_count"], row["entered_count"])
        row["reason"] = _why_no_rate(row)
    return sorted(found, key=lambda row: (row["funnel"] != given.main_funnel, str(row["funnel"]), row["step"]))


def _why_no_rate(row: Row) -> str:
    if row["entered_count"] is None:
        return "how many entered is unknown"
    if row["entered_count"] == 0:
        return "nobody entered"
    if row["mature_entered_count"] == 0:
        return "nobody who entered has had the whole window yet"
    return "withheld by a gate"


def funnels(given: Given) -> Content | None:
    """Every funnel, the main one first."""
    found = funnel_rows(given)
    if found is None:
        return None
    if not found:
        return Content("none", quiet="No funnel has an entrant yet.")
    shown = [_funnel(name, steps) for name, steps in by_set(found, "funnel", given.main_funnel)]
    last = shown[0]["overall"]
    figure = "unknown" if last is None or last["conversion_rate"] is None else f"{percent(last['conversion_rate'])} convert"
    return Content(figure, {"funnels": shown, "few_entrants": FEW})


def _funnel(name: str, steps: list[Row]) -> Row:
    of_all = [row for row in overall(steps) if row["grain"] == "all"]
    last = max(row["step"] for row in steps)
    split = [row for row in steps if row["grain"] == "all" and row["dimension"] != "all" and row["step"] == last]
    weekly = [row for row in overall(steps) if row["grain"] == "week"]
    return {
        "name": name,
        "trust": trust_of(of_all or steps, "reached_count"),
        "steps": of_all,
        "overall": of_all[-1] if of_all else None,
        "estimate": _estimate(of_all[-1]) if of_all else None,
        "breakdowns": [
            _breakdown(dimension, values)
            for dimension, values in sorted(grouped(split, lambda row: str(row["dimension"])).items())
        ],
        **_trend(weekly, last),
    }


def _estimate(row: Row) -> Row | None:
    """Both answers to how many convert, on one scale: of those who had all their time, and of everybody who entered."""
    if row["estimated_rate"] is None or row["conversion_rate"] is None:
        return None
    highest = max(row["conversion_high"] or 0.0, row["estimated_high"] or row["estimated_rate"])
    waiting = None
    if row["mature_entered_count"] is not None and row["entered_count"] is not None:
        waiting = row["entered_count"] - row["mature_entered_count"]
    return {
        "scale": min(1.0, 1.15 * highest) or 1.0,
        "waiting_count": waiting,
        "answers": [
            ("Whole window seen", row["conversion_rate"], row["conversion_low"], row["conversion_high"]),
            ("Everybody, estimated", row["estimated_rate"], row["estimated_low"], row["estimated_high"]),
        ],
    }


def _breakdown(dimension: str, values: list[Row]) -> Row:
    """The last step by value at entry, most entrants first.

    `scale` is where the axis of rates ends: every rate fits, but the interval of a tiny group may run off the
    edge, else it would squeeze all others into a corner.
    """
    values = sorted(values, key=lambda row: (-(row["entered_count"] or 0), row["dimension_value"] or ""))
    highest = max((row["conversion_rate"] or 0.0 for row in values[:MOST_VALUES]), default=0.0)
    return {
        "dimension": dimension,
        "values": values[:MOST_VALUES],
        "value_count": len(values),
        "scale": min(1.0, max(1.4 * highest, 0.01)),
    }


def _trend(weekly: list[Row], last_step: int) -> Row:
    weekly = sorted((row for row in weekly if row["period_start"] is not None), key=lambda row: row["period_start"])
    entrants = [Point(row["period_start"], row["entered_count"]) for row in weekly if row["step"] == 1]
    conversion = [
        Point(
            row["period_start"],
            row["conversion_rate"],
            row["conversion_low"],
            row["conversion_high"],
            row["mature_entered_count"] is None or row["mature_entered_count"] == row["entered_count"],
        )
        for row in weekly
        if row["step"] == last_step
    ]
    if not entrants:
        return {"entrants_chart": None, "conversion_chart": None}
    return {
        "entrants_chart": both_widths(
            lambda width, is_narrow: line_chart("Entrants per week", entrants, number, width if is_narrow else width // 2 - 16)
        ),
        "conversion_chart": both_widths(
            lambda width, is_narrow: line_chart(
                "Conversion per week of entry",
                conversion,
                whole_percent,
                width if is_narrow else width // 2 - 16,
            )
        ),
    }


def whole_percent(rate: float) -> str:
    """0.2 -> '20 %': for the ends of an axis."""
    return percent(rate).replace(".0", "")
