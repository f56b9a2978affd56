"""What differs between two periods or two groups: what chance would not explain first.

What belongs here: order, what the two sides are called. What does not: tests of significance (marts.rpt_comparisons), HTML.
"""

from reports.formatting import number, plural, words
from reports.frames import Row, grouped, rows
from reports.journey.section import Content, Given, period
from reports.trust import TRUST_COLUMNS, trust_of

MOST_CHANGES = 12  # per measure
FEWEST = 30  # below this on a side the table itself hides a cell
MEASURES = {"funnel": "Funnels", "transition": "Moves", "step_matrix": "Steps"}

_COLUMNS = (
    *("comparison", "measure", "level", "part", "from_name", "to_name", "step", "left_count", "left_total", "right_count"),
    *("right_total", "left_rate", "right_rate", "difference", "difference_low", "difference_high", "p_value"),
    *("is_significant", "is_small"),
)
_DEFINED = (
    *("comparison", "description", "dimension", "latest_days"),
    *("left_value", "left_from", "left_until", "right_value", "right_from", "right_until"),
)


def comparisons(given: Given) -> Content | None:
    """Each comparison of the journey file with its significant changes, the largest first."""
    found = rows(given.tables, "marts.rpt_comparisons", _COLUMNS, TRUST_COLUMNS)
    if found is None:
        return None
    if not found:
        return Content("none", quiet="There is nothing to compare yet: one of the two sides is empty.")
    defined = {str(row["comparison"]): row for row in rows(given.tables, "journey.comparisons", _DEFINED) or ()}
    of = grouped(found, lambda row: str(row["comparison"]))
    names = [*(name for name in defined if name in of), *sorted(name for name in of if name not in defined)]
    shown = [_compared(name, of[name], defined.get(name)) for name in names]
    count = shown[0]["change_count"]
    figure = "withheld" if shown[0]["trust"].is_withheld else plural(count, "change") if count else "nothing but chance"
    return Content(figure, {"comparisons": shown, "fewest": FEWEST})


def _compared(name: str, found: list[Row], definition: Row | None) -> Row:
    judged = [row for row in found if not row["is_small"]]
    left, right = _sides(definition)
    measures: list[Row] = []
    for measure, of_measure in grouped(judged, lambda row: str(row["measure"])).items():
        clear = [row for row in of_measure if row["is_significant"]]
        # Moves between stages say more than moves between events, and there are far fewer of them.
        clear.sort(key=lambda row: (row["level"] == "event_type", -abs(row["difference"] or 0.0), *map(str, row.values())))
        rates = [row[side] or 0.0 for row in clear[:MOST_CHANGES] for side in ("left_rate", "right_rate")]
        measures.append(
            {
                "measure": measure,
                "title": MEASURES.get(measure, words(measure)),
                "changes": [row | {"words": _said(row)} for row in clear[:MOST_CHANGES]],
                "change_count": len(clear),
                "judged_count": len(of_measure),
                "scale": min(1.0, 1.1 * max(rates, default=0.0)) or 1.0,
            }
        )
    order = list(MEASURES)
    measures.sort(key=lambda row: (order.index(row["measure"]) if row["measure"] in order else len(order), row["measure"]))
    return {
        "name": name,
        "description": None if definition is None else definition["description"],
        "trust": trust_of(found, "left_count"),
        "left": left,
        "right": right,
        "measures": measures,
        "change_count": sum(row["change_count"] for row in measures),
        "judged_count": len(judged),
        "small_count": len(found) - len(judged),
    }


def _sides(definition: Row | None) -> tuple[str, str]:
    """What the two sides are called."""
    if definition is None:
        return "left side", "right side"
    if definition["latest_days"] is not None:
        days = plural(int(definition["latest_days"]), "day")
        return f"the {days} before", f"the last {days}"
    if definition["dimension"] is not None:
        return words(definition["left_value"]), words(definition["right_value"])
    return period(definition["left_from"], definition["left_until"]), period(definition["right_from"], definition["right_until"])


def _said(row: Row) -> tuple[str, str]:
    """What changed, and where, in words."""
    where = words(row["part"]) if row["part"] is not None else ""
    if row["measure"] == "funnel":
        return f"{words(row['from_name'])} → {words(row['to_name'])}", where
    if row["measure"] == "transition":
        return f"{words(row['from_name'])} → {words(row['to_name'])}", where or "between events"
    place = "at the start" if row["part"] == "path_start" else f"around {where}"
    return words(row["to_name"]), f"step {number(row['step'])} {place}"
