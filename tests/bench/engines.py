"""Our SQL beside engines that count the same thing: differences alone; their speed is for make bench."""

from __future__ import annotations

from pathlib import Path

from tests.bench import funnels, survival, transitions
from tests.prove import Figures


def measure(folder: Path, *, events: int) -> Figures:
    """Differences from ClickHouse's windowFunnel, pm4py's discover_dfg and lifelines' estimator."""
    curve, quantiles = survival.measure()
    return {
        "funnel_differences": funnels.measure(folder / "funnels", events),
        "transition_differences": transitions.measure(folder / "transitions", events),
        "curve_difference": curve,
        "quantiles_same": quantiles,
    }
