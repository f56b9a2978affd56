"""Small line charts over weeks or months.

What belongs here: one measure over time, with its interval where it has one.
What does not: choosing the measure.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from markupsafe import Markup

from reports.formatting import day
from reports.svg import element, picture, tick_label, time_ticks

_HEIGHT, _TOP, _BOTTOM, _RIGHT = 190, 14, 26, 12


@dataclass(frozen=True)
class Point:
    """One week or month. A `value` of None is unknown: the line breaks there. Unsettled ones get an open dot."""

    at: datetime
    value: float | None
    low: float | None = None
    high: float | None = None
    is_settled: bool = True


_LONGEST = {"week": timedelta(days=8), "month": timedelta(days=32)}  # two of them further apart are no neighbours


def line_chart(title: str, points: list[Point], show: Callable[[float], str], width: int, period: str = "week") -> Markup:
    """A line from zero up, `width` px wide; `show` writes a value. Periods without one stay empty."""
    known = [point for point in points if point.value is not None]
    if not known:
        return element("p", f"No {period} has a known value yet.", class_="quiet")
    start, end = points[0].at, points[-1].at
    highest = max(point.value or 0 for point in known)
    reach = max(max(point.value or 0, point.high or 0) for point in known)
    top_value = nice_ceiling(min(reach, 2 * highest) or reach)  # the interval of a few may run off, else it squeezes all others
    left = 12 + 7 * max(len(show(top_value)), len(show(top_value / 2)))
    span = max((end - start).total_seconds(), 1.0)

    def x_of(at: datetime) -> float:
        if end == start:
            return (left + width - _RIGHT) / 2
        return left + 6 + (width - left - _RIGHT - 6) * (at - start).total_seconds() / span

    def y_of(value: float) -> float:
        return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (1 - min(value, top_value) / top_value)

    parts: list[Markup] = []
    for value in (0.0, top_value / 2, top_value):
        y = y_of(value)
        parts.append(element("line", x1=float(left), x2=float(width - _RIGHT), y1=y, y2=y, class_="grid"))
        parts.append(element("text", show(value), x=float(left - 6), y=y + 4, text_anchor="end"))
    for tick in time_ticks(start - timedelta(days=1), end, 4):
        x = x_of(tick)
        anchor = "end" if x > width - 32 else "middle"
        parts.append(element("text", tick_label(tick, start, end), x=x, y=float(_HEIGHT - 8), text_anchor=anchor))
    for stretch in _stretches(points, _LONGEST[period]):
        band = [(point, point.low, point.high) for point in stretch if point.low is not None and point.high is not None]
        if len(band) > 1:
            upper = [f"{x_of(point.at):.1f},{y_of(high):.1f}" for point, _, high in band if high is not None]
            lower = [f"{x_of(point.at):.1f},{y_of(low):.1f}" for point, low, _ in reversed(band) if low is not None]
            parts.append(element("polygon", points=" ".join(upper + lower), class_="band"))
        along = [f"{x_of(point.at):.1f},{y_of(point.value or 0):.1f}" for point in stretch]
        parts.append(element("polyline", points=" ".join(along), class_="line"))
    for point in known:
        value = point.value or 0
        kind = "dot" if point.is_settled else "dot open"
        note = "" if point.is_settled else " (not everyone has had the whole window yet)"
        hint = element("title", f"{period} of {day(point.at)}: {show(value)}{note}")
        parts.append(element("circle", hint, cx=x_of(point.at), cy=y_of(value), r=3.2, class_=kind))
    last = known[-1]
    description = f"{title}: {show(last.value or 0)} in the {period} of {day(last.at)}, {len(points)} {period}s shown."
    return picture(width, _HEIGHT, description, *parts, kind="trend")


def _stretches(points: list[Point], longest: timedelta) -> list[list[Point]]:
    """Runs of neighbouring periods that have a value."""
    runs: list[list[Point]] = []
    previous: Point | None = None
    for point in points:
        if point.value is not None:
            if previous is None or point.at - previous.at > longest:
                runs.append([])
            runs[-1].append(point)
        previous = point if point.value is not None else None
    return runs


def nice_ceiling(value: float) -> float:
    """The next 1, 2, 4, 6 or 8 times a power of ten: halves of these are easy to read."""
    if value <= 0:
        return 1.0
    magnitude = 1.0
    while magnitude > value:
        magnitude /= 10
    while magnitude * 10 <= value:
        magnitude *= 10
    return next(step * magnitude for step in (1, 2, 4, 6, 8, 10) if step * magnitude >= value * 0.9999)
