"""How much came: duplicates, shared ids, unusual days, events nobody named, milestones in the wrong order.

What belongs here: order, and days that belong together told as one. What does not: what is unusual.
"""

import math
from datetime import datetime, timedelta

from reports.data_quality.section import MOST_ROWS, Content, Given, by_name, tone_of
from reports.formatting import number, plural
from reports.frames import Row, grouped, rows, share


def duplicates(given: Given) -> Content | None:
    """Event types with rows that repeat or correct another, those over their limit first, then storms."""
    columns = ["source", "event_type", "row_count", "duplicate_count", "duplicate_rate", "correction_count", "storm_started_at"]
    columns += ["storm_ended_at", "storm_duplicate_count", "max_duplicate_rate", "severity"]
    found = rows(given.tables, "quality.rpt_duplicates", columns)
    if found is None:
        return None
    if not found:
        return Content("none", "no event", calm="No events have been landed.")
    for row in found:
        limit = row["max_duplicate_rate"]
        row["is_over"] = row["duplicate_rate"] is not None and limit is not None and row["duplicate_rate"] > limit
        row["tone"] = tone_of([row["severity"]]) if row["is_over"] else "none"
    repeated = [row for row in found if row["duplicate_count"] or row["correction_count"]]
    repeated.sort(key=lambda row: (not row["is_over"], row["storm_started_at"] is None, -row["duplicate_count"], by_name(row)))
    if not repeated:
        return Content("good", "none", calm=f"Of {plural(len(found), 'kind')} of event, none stands twice.")
    storms = sum(row["storm_started_at"] is not None for row in repeated)
    tone = tone_of(row["severity"] for row in repeated if row["is_over"])
    total = plural(sum(row["duplicate_count"] for row in repeated), "row")
    figure = f"{plural(storms, 'storm')}, {total}" if storms else total
    values = {"rows": repeated, "kind_count": len(found), "most_rows": MOST_ROWS}
    calm = "" if tone != "none" or storms else "Rows that repeat another are few; each counts once."
    return Content(tone if tone != "none" or storms else "good", figure, values, calm)


def clashes(given: Given) -> Content | None:
    """Event types with events whose id another event has too, the most first."""
    columns = ("source", "event_type", "event_count", "clash_count", "clash_rate", "max_clash_rate", "severity")
    found = rows(given.tables, "quality.rpt_event_id_clashes", columns)
    if found is None:
        return None
    shared = [row for row in found if row["clash_count"]]
    if not shared:
        return Content("good", "none", calm="No event shares its id with another.")
    for row in shared:
        row["is_over"] = row["clash_rate"] > row["max_clash_rate"]
        row["tone"] = tone_of([row["severity"]]) if row["is_over"] else "none"
    shared.sort(key=lambda row: (not row["is_over"], -row["clash_count"], by_name(row)))
    tone = tone_of(row["severity"] for row in shared if row["is_over"])
    figure = plural(sum(row["clash_count"] for row in shared), "event")
    return Content("good" if tone == "none" else tone, figure, {"rows": shared, "most_rows": MOST_ROWS})


def anomalies(given: Given) -> Content | None:
    """Unusual days, neighbouring ones as one stretch: what is judged and not explained first; what is neither last."""
    columns = ("source", "event_type", "day", "kind", "event_count", "expected_count", "ratio", "explained_by", "severity")
    found = rows(given.tables, "quality.rpt_volume_anomalies", columns)
    if found is None:
        return None
    if not found:
        return Content("good", "none", calm="No day differs from what its weekday and season lead one to expect.")
    stretches = _stretches(found)
    stretches.sort(key=lambda row: (row["first_day"] or datetime.min, by_name(row)), reverse=True)
    explained = [row for row in stretches if row["explained_by"] is not None]
    unexplained = [row for row in stretches if row["explained_by"] is None]
    judged = [row for row in unexplained if row["severity"] is not None]
    past = [row for row in unexplained if row["severity"] is None]
    values = {"judged": judged, "explained": explained, "past": past, "most_rows": MOST_ROWS}
    if judged:
        return Content(tone_of(row["severity"] for row in judged), f"{number(len(judged))} unexplained", values)
    return Content("good", f"{number(len(explained))} explained" if explained else "none of late", values)


def _stretches(found: list[Row]) -> list[Row]:
    """Days of one kind that follow each other, with their sums; the ratio is the one furthest from 1."""
    same = grouped(
        sorted(found, key=lambda row: row["day"] or datetime.min),
        lambda row: (row["source"], row["event_type"], row["kind"], row["explained_by"], row["severity"]),
    )
    runs: list[list[Row]] = []
    for days in same.values():
        for at, row in enumerate(days):
            before = days[at - 1]["day"] if at else None
            if before is None or row["day"] is None or row["day"] - before > _length(row):
                runs.append([])
            runs[-1].append(row)
    return [
        {
            **run[0],
            "first_day": run[0]["day"],
            "last_day": None if run[-1]["day"] is None else run[-1]["day"] + _length(run[-1]) - timedelta(days=1),
            "event_count": _sum(run, "event_count"),
            "expected_count": _sum(run, "expected_count"),
            "ratio": max((row["ratio"] for row in run if row["ratio"] is not None), key=_unusual, default=None),
            "tone": "none" if run[0]["explained_by"] is not None else tone_of([run[0]["severity"]]),
        }
        for run in runs
    ]


def _length(row: Row) -> timedelta:
    """The spread over the hours of the day is looked at week by week."""
    return timedelta(days=7 if row["kind"] == "shape" else 1)


def _unusual(ratio: float) -> float:
    """A third of what is expected is as unusual as three times as much."""
    return abs(math.log(ratio)) if ratio > 0 else math.inf


def _sum(days: list[Row], column: str) -> float | None:
    """None when one of them is unknown."""
    counts = [row[column] for row in days]
    return None if None in counts else sum(counts)


def unmapped(given: Given) -> Content | None:
    """Event types that the journey file does not name, the most frequent first."""
    columns = ("source", "event_type", "event_count", "first_seen_at", "last_seen_at")
    found = rows(given.tables, "quality.rpt_unmapped_events", columns)
    if found is None:
        return None
    if not found:
        return Content("good", "none", calm="Every event type is known to the journey file.")
    found.sort(key=lambda row: (-(row["event_count"] or 0), by_name(row)))
    known = [row["event_count"] for row in found if row["event_count"] is not None]
    return Content("warn", plural(sum(known), "event") if known else "unknown", {"rows": found, "most_rows": MOST_ROWS})


def milestones(given: Given) -> Content | None:
    """The steps of each funnel in their order, with the customers who took one too early."""
    columns = ("funnel", "step", "milestone", "previous_milestone", "customer_count", "out_of_order_count")
    found = rows(given.tables, "quality.rpt_milestone_order", columns)
    if found is None:
        return None
    if not found:
        return Content("none", "no funnel", calm="The journey file names no funnel.")
    for row in found:
        row["share"] = share(row["out_of_order_count"], row["customer_count"])
    by_step = sorted(found, key=lambda row: row["step"] or 0)
    in_order = [row for steps in grouped(by_step, lambda row: str(row["funnel"])).values() for row in steps]
    values = {"rows": in_order, "most_rows": MOST_ROWS}
    known = [row["out_of_order_count"] for row in found if row["out_of_order_count"] is not None]
    if not known:
        return Content("none", "unknown", values)
    if sum(known):
        return Content("warn", plural(sum(known), "fault"), values)
    return Content("good", "none", values, "Nobody reached a milestone before the one that should come first.")
