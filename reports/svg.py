"""Small building blocks for inline SVG.

What belongs here: escaped elements, lengths of text, axis ticks, the wide-and-narrow pair.
What does not: any one chart.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from markupsafe import Markup, escape

# What fits inside a section card without scaling, so that 12 px text stays 12 px: on a desktop
# and on a phone of 390 px.
WIDE, NARROW = 1048, 326


def element(tag: str, *children: str, **attributes: object) -> Markup:
    """One element; texts and values are escaped, `stroke_width` becomes `stroke-width`, `class_` `class`."""
    written = Markup("").join(
        Markup(' {}="{}"').format(Markup(name.rstrip("_").replace("_", "-")), _value(value))
        for name, value in attributes.items()
        if value is not None
    )
    return Markup("<{0}{1}>{2}</{0}>").format(Markup(tag), written, Markup("").join(map(escape, children)))


def _value(value: object) -> str:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)


def picture(width: float, height: float, description: str, *children: str, kind: str) -> Markup:
    """The outer `<svg>`: drawn at `width` px where there is room, named for those who cannot see it."""
    return element(
        "svg",
        element("title", description),
        *children,
        viewBox=f"0 0 {width:.0f} {height:.0f}",
        width=f"{width:.0f}",
        height=f"{height:.0f}",
        role="img",
        aria_label=description,
        class_=kind,
    )


def both_widths(draw: Callable[[int, bool], Markup]) -> Markup:
    """A picture drawn twice, for a desktop and for a phone; the style sheet shows the one that fits.

    Scaling one drawing down to a phone would make its text unreadable.
    """
    return element("div", draw(WIDE, False), class_="scroll only-wide") + element("div", draw(NARROW, True), class_="only-narrow")


def text_width(text: str, size: float) -> float:
    """About how wide a text is in px, on the generous side: fonts differ from machine to machine."""
    return len(text) * size * 0.6


def shortened(text: str, width: float, size: float) -> str:
    """The text, cut with an ellipsis when it would not fit into `width` px."""
    room = max(1, int(width / (size * 0.6)))
    return text if len(text) <= room else text[: room - 1].rstrip() + "…"


def time_ticks(start: datetime, end: datetime, most: int) -> list[datetime]:
    """At most `most` + 1 midnights between start and end, a whole number of days apart."""
    days = max((end - start) / timedelta(days=1), 0.01)
    step = next((step for step in (1, 2, 7, 14, 28, 56, 91, 182, 364) if days / step <= most), 728)
    tick = start.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    ticks = []
    while tick <= end:
        ticks.append(tick)
        tick += timedelta(days=step)
    return ticks


def tick_label(tick: datetime, start: datetime, end: datetime) -> str:
    """'3 Nov', with the year when the axis spans more than ten months."""
    return f"{tick:%b %Y}" if end - start > timedelta(days=300) else f"{tick.day} {tick:%b}"
