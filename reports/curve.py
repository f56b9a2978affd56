"""A curve over the weeks of a customer's life, with its interval.

What belongs here: one measure along an axis of whole numbers. What does not: choosing the measure; time on a calendar (trend.py).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from reports.svg import element, picture
from reports.trend import nice_ceiling

_HEIGHT, _TOP, _BOTTOM, _RIGHT = 190, 14, 34, 14


@dataclass(frozen=True)
class Spot:
    """A point of the curve; a `value` of None is unknown, and the curve breaks there."""

    at: int
    value: float | None
    low: float | None = None
    high: float | None = None


def curve(
    title: str,
    spots: list[Spot],
    show: Callable[[float], str],
    width: int,
    unit: str,
    *,
    is_stepped: bool,
    most: float | None = None,
) -> Markup:
    """The curve from zero up, `width` px wide. A stepped one holds its value until the next; `most` ends the axis of values."""
    known = [spot for spot in spots if spot.value is not None]
    if not known:
        return element("p", f"No {unit} has a known value yet.", class_="quiet")
    top_value = most or nice_ceiling(max(spot.value or 0 for spot in known))
    start, end = 0, max(spot.at for spot in known)
    left = 12 + 7 * max(len(show(top_value)), len(show(top_value / 2)))

    def x_of(at: float) -> float:
        return left + 6 + (width - left - _RIGHT - 6) * (at - start) / max(end - start, 1)

    def y_of(value: float) -> float:
        return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (1 - min(value, top_value) / top_value)

    parts: list[Markup] = []
    for value in (0.0, top_value / 2, top_value):
        y = y_of(value)
        parts.append(element("line", x1=float(left), x2=float(width - _RIGHT), y1=y, y2=y, class_="grid"))
        parts.append(element("text", show(value), x=float(left - 6), y=y + 4, text_anchor="end"))
    for tick in _ticks(end):
        parts.append(element("text", str(tick), x=x_of(tick), y=float(_HEIGHT - 18), text_anchor="middle"))
    parts.append(element("text", unit, x=float(width - _RIGHT), y=float(_HEIGHT - 3), text_anchor="end"))
    for stretch in _stretches(spots):
        upper = [(spot.at, spot.high) for spot in stretch if spot.low is not None and spot.high is not None]
        lower = [(spot.at, spot.low) for spot in stretch if spot.low is not None and spot.high is not None]
        if len(upper) > 1:
            outline = [*_line(upper, is_stepped), *reversed(_line(lower, is_stepped))]
            parts.append(element("polygon", points=_written(outline, x_of, y_of), class_="band"))
        middle = _line([(spot.at, spot.value) for spot in stretch], is_stepped)
        parts.append(element("polyline", points=_written(middle, x_of, y_of), class_="line"))
    for spot in known:
        said = f"{unit} {spot.at}: {show(spot.value or 0)}"
        if spot.low is not None and spot.high is not None:
            said += f" ({show(spot.low)} to {show(spot.high)})"
        kind = "dot unseen" if len(known) > 60 else "dot"
        parts.append(element("circle", element("title", said), cx=x_of(spot.at), cy=y_of(spot.value or 0), r=2.6, class_=kind))
    last = known[-1]
    description = f"{title}: {show(last.value or 0)} in {unit} {last.at}."
    return picture(width, _HEIGHT, description, *parts, kind="trend")


def _ticks(end: int) -> list[int]:
    """At most seven round numbers from 0 to the end."""
    step = next(step for step in (1, 2, 4, 8, 13, 26, 52, 104, 208) if end / step <= 6 or step == 208)
    return list(range(0, end + 1, step))


def _stretches(spots: list[Spot]) -> list[list[Spot]]:
    runs: list[list[Spot]] = []
    is_open = False
    for spot in spots:
        if spot.value is not None:
            if not is_open:
                runs.append([])
            runs[-1].append(spot)
        is_open = spot.value is not None
    return runs


def _line(points: Sequence[tuple[int, float | None]], is_stepped: bool) -> list[tuple[float, float]]:
    """The corners of the line: with steps, two of each point but the first."""
    corners: list[tuple[float, float]] = []
    for at, value in points:
        if is_stepped and corners:
            corners.append((at, corners[-1][1]))
        corners.append((at, value or 0.0))
    return corners


def _written(corners: list[tuple[float, float]], x_of: Callable[[float], float], y_of: Callable[[float], float]) -> str:
    return " ".join(f"{x_of(at):.1f},{y_of(value):.1f}" for at, value in corners)
