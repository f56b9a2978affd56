"""A measure over weeks or days in the space of a word.

What belongs here: the drawing. What does not: which measure, and when it broke.
"""

from collections.abc import Collection, Sequence

from markupsafe import Markup

from reports.svg import element, picture

_WIDTH, _HEIGHT, _EDGE = 150, 34, 5
_LEAST_RANGE = 0.1  # of a rate: noise of a percent must not look like a cliff


def sparkline(
    description: str, values: Sequence[float | None], usual: Sequence[float | None] = (), broken: Collection[int] = ()
) -> Markup:
    """A line through `values`, dashed beside it what was `usual`, marks at the positions `broken`; the unknown leaves a hole."""
    known = [value for value in (*values, *usual) if value is not None]
    if not known:
        return element("span", "no value yet", class_="quiet small")
    low, high = min(known), max(known)
    spare = max(_LEAST_RANGE - (high - low), 0.0) / 2
    low, high = low - spare, high + spare

    def x_of(position: int) -> float:
        return _EDGE + (_WIDTH - 2 * _EDGE) * (position / (len(values) - 1) if len(values) > 1 else 0.5)

    def y_of(value: float) -> float:
        return _EDGE + (_HEIGHT - 2 * _EDGE) * (1 - (value - low) / (high - low))

    parts = [
        element("polyline", points=" ".join(f"{x_of(at):.0f},{y_of(value):.1f}" for at, value in stretch), class_=kind)
        for kind, of_kind in (("usual", usual), ("line", values))
        for stretch in _stretches(of_kind)
    ]
    parts += [
        element("circle", cx=x_of(at), cy=y_of(value), r=3.0, class_="broken")
        for at, value in enumerate(values)
        if value is not None and at in broken
    ]
    return picture(_WIDTH, _HEIGHT, description, *parts, kind="spark")


def _stretches(values: Sequence[float | None]) -> list[list[tuple[int, float]]]:
    """Runs of neighbouring known values; one alone is drawn as a short line."""
    runs: list[list[tuple[int, float]]] = [[]]
    for at, value in enumerate(values):
        if value is not None:
            runs[-1].append((at, value))
        elif runs[-1]:
            runs.append([])
    return [run if len(run) > 1 else run * 2 for run in runs if run]
