"""How long it takes: from stage to stage, and until customers convert. Who has not arrived counts too.

What belongs here: which pairs are shown, one scale for all of them. What does not: estimating times, HTML.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

from reports.formatting import duration, percent, words
from reports.frames import Row, rows
from reports.journey.funnels import whole_percent
from reports.journey.section import MOST_ROWS, Content, Given, by_set, overall
from reports.journey.stages import path_of
from reports.svg import both_widths
from reports.trend import Point, line_chart
from reports.trust import TRUST_COLUMNS, trust_of

_VELOCITY = (
    *("stage_set", "from_stage", "to_stage", "dimension", "dimension_value", "customer_count", "arrived_count", "censored_count"),
    *("median_hours", "median_low_hours", "median_high_hours", "p95_hours", "p95_low_hours", "p95_high_hours"),
    *("arrived_median_hours", "arrived_p95_hours"),
)
_TICKS = (
    1 / 60,
    1.0,
    24.0,
    168.0,
    720.0,
    2160.0,
    8760.0,
    43800.0,
)  # hours: minute, hour, day, week, 30 and 90 days, year, 5 years
_NEAREST_MARK = 0.11  # of the scale: names nearer to each other run together
_TICK_NAMES = ("1 min", "1 h", "1 day", "1 week", "30 days", "90 days", "1 year", "5 years")
MEASURES = {
    "first_touch_to_conversion": ("From the first touch", "of all customers convert"),
    "session_to_conversion": ("From the last visit before it", "convert"),
    "abandonment_to_recovery": ("From giving up", "of those who gave up come back and convert"),
}


def velocity(given: Given) -> Content | None:
    """Of each stage set the pairs of neighbours on its path, and the whole of it."""
    found = rows(given.tables, "marts.rpt_velocity", _VELOCITY, TRUST_COLUMNS)
    if found is None:
        return None
    if not found:
        return Content("none", quiet="No stage set has a path, or nobody has entered one yet.")
    sets = [_timed(given, name, of_set) for name, of_set in by_set(overall(found), "stage_set", given.primary_set)]
    whole = next((row for row in sets[0]["pairs"] if row["is_whole"]), None) if sets else None
    figure = "unknown" if whole is None or whole["median_hours"] is None else f"{duration(whole['median_hours'])} end to end"
    if whole is not None and whole["median_hours"] is None and whole["customer_count"]:
        figure = "fewer than half so far"
    return Content(figure, {"sets": sets, "most_rows": MOST_ROWS})


def _timed(given: Given, name: str, found: list[Row]) -> Row:
    path = path_of(given, name)
    of = {(str(row["from_stage"]), str(row["to_stage"])): row for row in found}
    steps = [ends for ends in pairwise(path) if ends in of]
    whole = [(path[0], path[-1])] if len(path) > 2 and (path[0], path[-1]) in of else []
    ends = [*steps, *whole] or sorted(of)  # without the order of the path, every pair there is
    pairs = [of[pair] | {"is_whole": pair in whole} for pair in ends]
    return {"name": name, "trust": trust_of(found, "customer_count"), "pairs": pairs, "axis": _axis(pairs)}


def _axis(pairs: Sequence[Row]) -> Row:
    """A scale of hours by their logarithm, on which minutes and years both fit; every row gains its places on it."""
    columns = ("median_hours", "median_low_hours", "median_high_hours", "p95_hours", "arrived_median_hours")
    known = [row[column] for row in pairs for column in columns if row[column] is not None and row[column] > 0]
    low, high = (min(known), max(known)) if known else (1.0, 24.0)
    start = max((tick for tick in _TICKS if tick <= low), default=_TICKS[0])
    end = min((tick for tick in _TICKS if tick >= high), default=max(high, _TICKS[-1]))
    end = end if end > start else start * 24
    for row in pairs:
        row["places"] = {column: _place(row[column], start, end) for column in columns}
        if row["median_low_hours"] is not None and row["median_high_hours"] is None:
            row["places"]["median_high_hours"] = 1.0  # not known yet: it may be any time after
    marks: list[Row] = []
    for tick, name in reversed(list(zip(_TICKS, _TICK_NAMES, strict=True))):
        place = _place(tick, start, end)
        is_apart = not marks or (place is not None and marks[-1]["place"] - place >= _NEAREST_MARK)
        if start <= tick <= end and is_apart:
            marks.append({"name": name, "place": place, "is_minor": name in ("30 days", "1 year")})
    return {"marks": marks[::-1]}


def _place(hours: float | None, start: float, end: float) -> float | None:
    """From 0 at the start of the scale to 1 at its end."""
    if hours is None:
        return None
    return min(1.0, max(0.0, (math.log(max(hours, start)) - math.log(start)) / (math.log(end) - math.log(start))))


_CONVERSION = (
    *("measure", "grain", "period_start", "dimension", "dimension_value", "customer_count", "converted_count", "censored_count"),
    *("converted_share", "horizon_days", "conversion_rate", "conversion_low", "conversion_high"),
    *("median_hours", "median_low_hours", "median_high_hours", "p95_hours", "arrived_median_hours", "arrived_p95_hours"),
)


def conversion(given: Given) -> Content | None:
    """How long until customers convert, from three beginnings, and by the month of the beginning."""
    found = rows(given.tables, "marts.rpt_conversion_times", (*_CONVERSION, "funnel"), TRUST_COLUMNS)
    if found is None:
        return None
    whole = {str(row["measure"]): row for row in overall(found) if row["grain"] == "all"}
    measures = [name for name in MEASURES if name in whole and whole[name]["customer_count"] != 0]
    if not measures:
        return Content("nobody", quiet="Nobody has begun the way to a conversion yet.")
    monthly = [row for row in overall(found) if row["grain"] == "month" and row["period_start"] is not None]
    shown: list[Row] = []
    for name in measures:
        of_measure = sorted((row for row in monthly if row["measure"] == name), key=lambda row: row["period_start"])
        shown.append(
            {
                **whole[name],
                "title": MEASURES[name][0],
                "outcome": MEASURES[name][1],
                "is_of_converters": whole[name]["converted_share"] == 1,  # then only the time tells anything
                "trust": trust_of([whole[name]], "customer_count"),
                **_by_month(of_measure, is_of_converters=whole[name]["converted_share"] == 1),
            }
        )
    own = shown[0]
    figure = (
        f"{percent(own['conversion_rate'])} within {own['horizon_days']} d" if own["conversion_rate"] is not None else "unknown"
    )
    return Content(figure, {"measures": shown, "funnel": words(own["funnel"]) if own["funnel"] is not None else None})


def _by_month(monthly: list[Row], *, is_of_converters: bool) -> Row:
    """The share that converts within the horizon, and the time of half of them where half do, by the month in which it begins."""
    rates = [Point(row["period_start"], row["conversion_rate"], row["conversion_low"], row["conversion_high"]) for row in monthly]
    times = [
        Point(row["period_start"], row["median_hours"], row["median_low_hours"], row["median_high_hours"]) for row in monthly
    ]

    def drawn(points: list[Point], title: str, is_rate: bool) -> object:
        if sum(point.value is not None for point in points) < 3:  # two dots are no trend
            return None
        return both_widths(
            lambda width, is_narrow: line_chart(
                title, points, whole_percent if is_rate else duration, width if is_narrow else width // 2 - 16, "month"
            )
        )

    return {
        "rate_chart": None if is_of_converters else drawn(rates, "Share that converts, by month of the beginning", True),
        "time_chart": drawn(times, "Time until half have converted, by month of the beginning", False),
    }
