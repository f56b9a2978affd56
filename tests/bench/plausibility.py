"""Does the simulated company look like a real log? A page that lays two published warehouses side by side.

    python -m tests.bench.plausibility <home of the simulated company> <home of a real one> <page.html>

Three pictures of each: events per day, the time between two events of a customer, events per customer.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import duckdb
import numpy as np

Points = list[tuple[float, float]]
WIDTH, HEIGHT, MARGIN = 460, 210, 42
PAGE = """<!doctype html><meta charset="utf-8"><title>Plausibility</title>
<style>body{font:14px system-ui;margin:24px;max-width:1000px}h2{font-size:15px;margin:18px 0 4px}.row{display:flex;gap:24px}
text{font-size:11px;fill:#555}path{fill:none;stroke:#2563a8;stroke-width:1.3}line{stroke:#ccc}</style>"""
QUESTIONS = {
    "Events per day": "select date_trunc('day', occurred_at) as x, count(*) as y from events group by 1 order by 1",
    "Hours between two events of a customer (share of pauses that are longer)": """
        select epoch(occurred_at - lag(occurred_at) over (partition by customer_id order by occurred_at)) / 3600 as x from events
        qualify x > 0
    """,
    "Events per customer (share of customers with more)": "select count(*)::double as x from events group by customer_id",
}


def asked(home: Path, question: str) -> tuple[np.ndarray, ...]:
    """The columns of a question about the events of a published warehouse."""
    with duckdb.connect(str(home / "published" / "throughline.duckdb"), read_only=True) as connection:
        frame = connection.execute(f"with events as (from marts.fct_events where customer_id is not null) {question}").df()
    return tuple(frame[name].to_numpy() for name in frame)


def points(columns: Sequence[np.ndarray]) -> Points:
    """What is drawn: a series as it is, a sample as the share above each value, both axes logarithmic."""
    if len(columns) == 2:
        days = (columns[0] - columns[0][0]) / np.timedelta64(1, "D")
        return list(zip(days.tolist(), columns[1].astype(float).tolist(), strict=True))
    values = np.sort(columns[0].astype(float))
    rank = np.unique(np.geomspace(1, len(values), 200).astype(int))  # from the largest down: the tail is what matters
    at = np.unique(np.searchsorted(values, values[len(values) - rank]))
    above = 1 - at / len(values)
    return list(zip(np.log10(values[at]).tolist(), np.log10(above).tolist(), strict=True))


def drawn(series: Points, is_logarithmic: bool) -> str:
    """One small line chart with the ends of its axes written on them."""
    across, up = zip(*series, strict=True)
    left, right, low, high = min(across), max(across), (min(up) if is_logarithmic else 0.0), max(up)

    def place(x: float, y: float) -> str:
        return (
            f"{MARGIN + (x - left) / (right - left or 1) * (WIDTH - 2 * MARGIN):.1f},"
            f"{HEIGHT - MARGIN - (y - low) / (high - low or 1) * (HEIGHT - 2 * MARGIN):.1f}"
        )

    def label(value: float) -> str:
        return f"{10**value:,.4g}" if is_logarithmic else f"{value:,.0f}"

    line = " L".join(place(x, y) for x, y in series)
    bottom = HEIGHT - MARGIN
    return (
        f'<svg width="{WIDTH}" height="{HEIGHT}"><line x1="{MARGIN}" y1="{bottom}" x2="{WIDTH - MARGIN}" y2="{bottom}"/>'
        f'<path d="M{line}"/><text x="{MARGIN}" y="{bottom + 16}">{label(left)}</text>'
        f'<text x="{WIDTH - MARGIN}" y="{bottom + 16}" text-anchor="end">{label(right)}</text>'
        f'<text x="{MARGIN - 4}" y="{bottom}" text-anchor="end">{label(low)}</text>'
        f'<text x="{MARGIN - 4}" y="{MARGIN}" text-anchor="end">{label(high)}</text></svg>'
    )


def main(arguments: Sequence[str]) -> None:
    """Write the page."""
    simulated, real, page = map(Path, arguments)
    parts = [PAGE, "<h1>Simulated (left) and real (right)</h1>"]
    for title, question in QUESTIONS.items():
        charts = []
        for home in (simulated, real):
            columns = asked(home, question)
            charts.append(drawn(points(columns), is_logarithmic=len(columns) == 1))
        parts.append(f'<h2>{title}</h2><div class="row">{"".join(charts)}</div>')
    page.write_text("\n".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
