"""Do the intervals hold what they promise? A thousand small companies with planted rates and times, in one warehouse.

    python -m tests.bench.coverage [companies] [customers of each]

Every company is a channel of its own, so each has its row in every report. Printed is the share of the companies whose planted
value lies inside the reported 95 % interval; so many of them should be 95 %, give or take what chance allows.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from datetime import datetime
from functools import partial
from math import exp, log, sqrt
from pathlib import Path

import duckdb
import numpy as np

from tests.world.build import build, settings_of

COMPANIES, CUSTOMERS = 1_000, 120
BEGINS_AT, AS_OF = datetime(2026, 1, 1), datetime(2026, 7, 20)
WINDOW_DAYS = 20.0
WEEK = 7
JOURNEY = f"""
journey: {{name: planted, primary_stage_set: life, main_funnel: signing}}
event_types:
  visited: {{description: Came}}
  signed: {{description: Signed}}
  used: {{description: Used}}
milestones:
  visit: {{description: Came, event_types: [visited]}}
  sign: {{description: Signed, event_types: [signed]}}
stage_sets:
  life:
    description: Two stages
    stages: [{{name: visitor, description: Came}}, {{name: user, description: Signed, enter: [{{milestone: sign}}]}}]
funnels:
  signing: {{description: From the visit on, steps: [visit, sign], window_days: {WINDOW_DAYS}, breakdowns: [channel]}}
churn: {{event_types: [used], inactive_days: 8}}
"""
MEASURES = ("marts.rpt_funnel_steps", "marts.rpt_velocity", "marts.rpt_retention")


def planted(companies: int) -> dict[str, tuple[float, float, float]]:
    """Of each company: the share that ever signs, the mean days until then, and the chance to use it for another week."""
    random = np.random.default_rng(11)
    shares, days, again = (
        random.uniform(0.55, 0.9, companies),
        random.uniform(3, 12, companies),
        random.uniform(0.8, 0.95, companies),
    )
    return {f"company{number}": one for number, one in enumerate(zip(shares, days, again, strict=True))}


def write(landing: Path, companies: dict[str, tuple[float, float, float]], customers: int) -> None:
    """Everybody comes at some time of half a year, signs or not, and uses the product each week until they stop."""
    random = np.random.default_rng(12)
    whole = (AS_OF - BEGINS_AT).total_seconds()
    rows: list[tuple[str, str, float, str]] = []
    for company, (share, days, again) in companies.items():
        came = random.uniform(0, whole - 3600, customers)
        signed = came + np.where(random.random(customers) < share, random.exponential(days * 86400, customers), np.inf)
        weeks = random.geometric(1 - again, customers) - 1
        for number in range(customers):
            who = f"{company}-{number}"
            rows.append(("visited", who, came[number], company))
            rows.append(("signed", who, signed[number], company))
            rows += [("used", who, came[number] + 60 + week * WEEK * 86400, company) for week in range(weeks[number] + 1)]
    rows += [(kind, "last", whole, "nobody") for kind in ("visited", "signed", "used")]
    kinds, names, seconds, channels = zip(*(row for row in rows if row[2] <= whole), strict=True)
    events = {"event_type": kinds, "user_id": names, "seconds": np.array(seconds), "channel": channels}
    (landing / "events").mkdir(parents=True)
    with duckdb.connect() as connection:
        import pandas as pd

        connection.register("events", pd.DataFrame(events))
        connection.execute(
            "copy (select event_type, user_id, channel, "
            f"timestamp '{BEGINS_AT}' + to_microseconds((seconds * 1e6)::bigint) as occurred_at "
            f"from events) to '{landing}/events/log.parquet' (format parquet)"
        )


def measure(folder: Path, companies: int = COMPANIES, customers: int = CUSTOMERS) -> None:
    """Build the companies and print the share of intervals that hold the planted value, one line for each kind of number."""
    (folder / "home").mkdir(parents=True)
    journey = folder / "journey.yml"
    journey.write_text(JOURNEY, encoding="utf-8")
    truth = planted(companies)
    settings = settings_of(folder / "home", journey)
    write(settings.landing, truth, customers)
    world = build(settings, AS_OF, with_tests=False, until=[table.split(".")[1] for table in MEASURES])

    def tell(what: str, sql: str, value: Callable[[float, float, float], float]) -> None:
        rows = [row for row in world.rows(sql) if row["name"] in truth and row["low"] is not None and row["high"] is not None]
        held = np.mean([row["low"] <= value(*truth[row["name"]]) <= row["high"] for row in rows])
        spread = 2 * sqrt(0.95 * 0.05 / len(rows))
        print(f"  {what:<50} {held:10.1%} of {len(rows)} intervals hold it (95 % ± {spread:.1%} by chance)", flush=True)

    of_funnel = "from marts.rpt_funnel_steps where dimension = 'channel' and grain = 'all' and step = 2"
    by_window: Callable[[float, float, float], float] = lambda share, days, again: share * (1 - exp(-WINDOW_DAYS / days))  # noqa: E731
    tell(
        "a rate, of mature entrants",
        f"select dimension_value as name, conversion_low as low, conversion_high as high {of_funnel}",
        by_window,
    )
    tell(
        "a rate, estimated",
        f"select dimension_value as name, estimated_low as low, estimated_high as high {of_funnel}",
        by_window,
    )
    tell(
        "a median time between stages",
        "select dimension_value as name, median_low_hours as low, coalesce(median_high_hours, 'infinity'::double) as high "
        "from marts.rpt_velocity where dimension = 'channel'",
        lambda share, days, again: -24 * days * log(1 - 0.5 / share),
    )
    for age, weeks in ((30, 5), (90, 13)):
        tell(
            f"a retention after {age} days",
            "select dimension_value as name, retention_low as low, retention_high as high from marts.rpt_retention "
            f"where dimension = 'channel' and cohort_month is null and age_days = {age}",
            partial(_stays, weeks),
        )


def _stays(weeks: int, share: float, days: float, again: float) -> float:
    return float(again**weeks)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="throughline-coverage-") as temporary:
        measure(Path(temporary), *map(int, sys.argv[1:]))
