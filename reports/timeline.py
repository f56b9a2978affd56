"""The time line of gaps: one lane per source and event type, a block for every silent stretch.

What belongs here: the drawing. What does not: deciding what a gap is.
"""

from collections.abc import Callable
from datetime import datetime

from markupsafe import Markup

from reports.formatting import duration, moment, number, words
from reports.frames import Row, grouped
from reports.svg import both_widths, element, picture, shortened, tick_label, time_ticks

_LABEL_WIDTH = 250
_BLOCK = 14  # height of a block in px


def gap_timeline(gaps: list[Row], as_of: datetime | None, most_lanes: int) -> Markup | None:
    """At most `most_lanes` lanes, in the order of the rows given, each drawn as its `kind`; None when none has a start.

    A gap without an end is drawn open to the right, up to `as_of`. Pale blocks that would touch are
    drawn as one: a year of quiet weekends must not make a page of a megabyte.
    """
    placed = [row for row in gaps if row["gap_started_at"] is not None]
    if not placed:
        return None
    start = min(row["gap_started_at"] for row in placed)
    ends = [row["gap_ended_at"] or row["gap_started_at"] for row in placed]
    end = max([*ends, *([as_of.replace(tzinfo=None)] if as_of else [])])
    lanes = list(grouped(placed, lambda row: (str(row["source"]), str(row["event_type"]))).items())[:most_lanes]

    def draw(width: int, is_narrow: bool) -> Markup:
        left = 4 if is_narrow else _LABEL_WIDTH
        pitch, top = (46, 6) if is_narrow else (30, 8)
        bottom = top + pitch * len(lanes)
        span: float = max((end - start).total_seconds(), 1.0)

        def x_of(at: datetime) -> float:
            return float(left + (width - left - 14) * (at - start).total_seconds() / span)

        parts: list[Markup] = []
        for tick in time_ticks(start, end, 3 if is_narrow else 8):
            x = x_of(tick)
            parts.append(element("line", x1=x, x2=x, y1=float(top), y2=float(bottom), class_="grid"))
            anchor = "end" if x > width - 40 else "middle" if x > left + 24 else "start"
            parts.append(element("text", tick_label(tick, start, end), x=x, y=float(bottom + 16), text_anchor=anchor))
        for position, ((source, event_type), lane) in enumerate(lanes):
            y = top + pitch * position
            label = f"{words(source)} · {words(event_type)}"
            middle = y + (32 if is_narrow else pitch / 2)
            parts.append(
                element(
                    "text",
                    shortened(label, width - 8 if is_narrow else _LABEL_WIDTH - 12, 12),
                    x=float(left if is_narrow else 0),
                    y=float(y + 18) if is_narrow else middle + 4,
                    class_="lane-name",
                )
            )
            parts.append(element("line", x1=float(left), x2=float(width - 14), y1=middle, y2=middle, class_="lane"))
            parts.extend(_blocks(lane, x_of, middle, end))
        return picture(width, bottom + 24, _description(lanes), *parts, kind="timeline")

    return both_widths(draw)


_OWN_BLOCK = {"gap": "gap-real", "known": "gap-known", "measured": "gap-measured"}


def _blocks(lane: list[Row], x_of: Callable[[datetime], float], middle: float, end: datetime) -> list[Markup]:
    """Pale stretches below, gaps of every kind on top; neighbouring pale ones share a block."""
    pale: list[tuple[float, float, list[Row]]] = []
    for row in sorted((row for row in lane if row["kind"] not in _OWN_BLOCK), key=lambda row: row["gap_started_at"]):
        left, right = x_of(row["gap_started_at"]), x_of(row["gap_ended_at"] or end)
        if pale and left - pale[-1][1] < 1:
            pale[-1] = (pale[-1][0], max(right, pale[-1][1]), [*pale[-1][2], row])
        else:
            pale.append((left, right, [row]))
    blocks = [_block(left, right, middle, covered, "gap-literal") for left, right, covered in pale]
    for row in lane:
        if row["kind"] in _OWN_BLOCK:
            left, right = x_of(row["gap_started_at"]), x_of(row["gap_ended_at"] or end)
            blocks.append(_block(left, right, middle, [row], _OWN_BLOCK[row["kind"]]))
    return blocks


def _block(left: float, right: float, middle: float, covered: list[Row], kind: str) -> Markup:
    width = max(right - left, 4.0)
    if len(covered) == 1:
        row = covered[0]
        until = moment(row["gap_ended_at"]) if row["gap_ended_at"] else "still silent"
        title = f"{moment(row['gap_started_at'])} to {until}: {duration(row['gap_hours'])}"
        if row["expected_event_count"] is not None:
            title += f", {number(round(float(row['expected_event_count']), 1))} events expected"
        if row["known_reason"] is not None:
            title += f"; {row['known_reason']}"
    else:
        title = f"{number(len(covered))} quiet stretches next to each other"
    body = element("rect", x=left, y=middle - _BLOCK / 2, width=width, height=float(_BLOCK), rx=3.0, class_=kind)
    if any(row["gap_ended_at"] is None for row in covered):
        tip = left + width
        points = f"{tip:.1f},{middle - 7:.1f} {tip + 9:.1f},{middle:.1f} {tip:.1f},{middle + 7:.1f}"
        body += element("polygon", points=points, class_=kind)
    return element("g", element("title", title), body)


def _description(lanes: list[tuple[tuple[str, str], list[Row]]]) -> str:
    real = sum(row["kind"] == "gap" for _, lane in lanes for row in lane)
    return f"Time line of silent stretches in {len(lanes)} event types; {real} are gaps. The table lists each."
