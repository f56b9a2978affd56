"""Do the intervals hold what they promise? Many small companies with planted rates and times, in one warehouse.

First a thousand companies of which nothing is known but a rate, a time and a habit; then the simulated world, cut into small
companies by chance, with all that is odd about its people. Every company is a channel of its own, so each has its row in every
report. The share of the companies whose planted value lies inside the reported 95 % interval should be 95 %, give or take what
chance allows: of 1,000 companies 1.4 points, of 400 2.2.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from math import exp, log
from pathlib import Path

import duckdb
import numpy as np

from simulation.world import World as SimulatedWorld
from simulation.writing import write_world
from tests.prove import Figures
from tests.world.build import World, build, settings_of
from warehouse.settings import Settings

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
WORLD_WINDOW_DAYS, MATURE_DAYS, SIMULATED_AT = 45, 90, datetime(2026, 11, 1)
WORLD_EVENTS = ("page_viewed", "signed_up", "trial_started", "invoice_paid", "feature_used")
KINDS = ("user_id", "email", "device_id", "anonymous_id")  # by which an event tells whose it is, the surest first
# A browser that two people share is the company's of the first.
OWNERS = "select id_type, value, min(person) as person from '{truth}/identifiers*.parquet' group by all"
LIVES = """
    select
        person,
        min(occurred_at) filter (where event_type = 'signed_up') as signed_up_at,
        min(occurred_at) filter (where event_type = 'trial_started') as trial_at,
        min(occurred_at) filter (where event_type = 'invoice_paid') as paid_at
    from whose
    group by person
"""
WORLD_JOURNEY = f"""
journey: {{name: simulated, primary_stage_set: life, main_funnel: buying}}
milestones:
  signed_up: {{description: Created an account, event_types: [signed_up]}}
  trial_started: {{description: Began a trial, event_types: [trial_started]}}
  purchased: {{description: Paid, event_types: [invoice_paid]}}
stage_sets:
  life:
    description: Until the purchase
    stages:
      - {{name: visitor, description: Came}}
      - {{name: evaluator, description: Has an account, enter: [{{milestone: signed_up}}]}}
      - {{name: trial, description: Tries it, enter: [{{milestone: trial_started}}]}}
      - {{name: customer, description: Pays, enter: [{{milestone: purchased}}]}}
funnels:
  buying:
    description: From the account to the purchase
    steps: [signed_up, trial_started, purchased]
    window_days: {WORLD_WINDOW_DAYS}
    breakdowns: [channel]
churn: {{event_types: [feature_used]}}
"""
MEASURES = ("marts.rpt_funnel_steps", "marts.rpt_velocity", "marts.rpt_retention")
OF_FUNNEL = " from marts.rpt_funnel_steps where funnel = '{funnel}' and dimension = 'channel' and grain = 'all' and step = {step}"
MATURE_RATES = "select dimension_value as name, conversion_low as low, conversion_high as high" + OF_FUNNEL
ESTIMATED_RATES = "select dimension_value as name, estimated_low as low, estimated_high as high" + OF_FUNNEL
MEDIANS = """
    select dimension_value as name, median_low_hours as low, coalesce(median_high_hours, 'infinity'::double) as high
    from marts.rpt_velocity where dimension = 'channel' and from_stage = '{from_stage}' and to_stage = '{to_stage}'
"""
RETENTIONS = """
    select dimension_value as name, retention_low as low, retention_high as high
    from marts.rpt_retention where dimension = 'channel' and cohort_month is null and age_days = {age}
"""
# Who never arrives takes for ever.
MEDIAN_HOURS = "quantile_disc(coalesce(epoch({at} - {since}) / 3600, 'infinity'::double), 0.5)"


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


def measure(folder: Path, *, companies: int, customers: int) -> Figures:
    """Build the companies; the shares of intervals that hold the planted value, by kind of number, and the least and the most."""
    held = of_companies(folder / "companies", companies, customers)
    held |= of_the_simulated(folder / "simulated", companies * 2 // 5, customers)
    return held | {"least_held": min(held.values()), "most_held": max(held.values())}


def of_companies(folder: Path, companies: int, customers: int) -> Figures:
    """Companies with one planted rate, time and habit each."""
    truth = planted(companies)
    settings = home(folder, JOURNEY)
    write(settings.landing, truth, customers)
    world = build(settings, AS_OF, with_tests=False, until=[table.split(".")[1] for table in MEASURES])

    def of_each(value: Callable[[float, float, float], float]) -> dict[str, float]:
        return {company: value(*one) for company, one in truth.items()}

    by_window = of_each(lambda share, days, again: share * (1 - exp(-WINDOW_DAYS / days)))
    held = share_held(world, "rate_of_mature_entrants", MATURE_RATES.format(funnel="signing", step=2), by_window)
    held |= share_held(world, "rate_estimated", ESTIMATED_RATES.format(funnel="signing", step=2), by_window)
    medians = of_each(lambda share, days, again: -24 * days * log(1 - 0.5 / share))
    held |= share_held(world, "median_between_stages", MEDIANS.format(from_stage="visitor", to_stage="user"), medians)
    for age, weeks in ((30, 5), (90, 13)):
        held |= share_held(world, f"retention_{age}_days", RETENTIONS.format(age=age), of_each(partial(_stays, weeks)))
    return held


def of_the_simulated(folder: Path, companies: int, customers: int) -> Figures:
    """The simulated world without faults: each of its people belongs to one company, told by their number, not by what they do.

    True is what became of all of them together who came early enough for it to be known to the end.
    """
    settings = home(folder, WORLD_JOURNEY)
    truth = folder / "truth"
    write_world(folder / "plain", truth, SimulatedWorld(customers=companies * customers), shapes="plain")
    (settings.landing / "events").mkdir(parents=True)
    with duckdb.connect() as connection:
        connection.execute("set enable_progress_bar = false")
        connection.execute(f"create table owners as {OWNERS.format(truth=truth)}")
        owner = "".join(
            f" left join owners as {kind} on {kind}.id_type = '{kind}' and {kind}.value = lower(logged.{kind})" for kind in KINDS
        )
        connection.execute(
            f"create table whose as select logged.*, coalesce({', '.join(f'{kind}.person' for kind in KINDS)}) as person "
            f"from '{folder}/plain/events/*.parquet' as logged{owner} where logged.event_type in {WORLD_EVENTS}"
        )
        connection.execute(
            f"copy (select * exclude (person) replace ('company' || hash(person) % {companies} as channel) from whose "
            f"where person is not null) to '{settings.landing}/events/log.parquet' (format parquet)"
        )
        connection.execute(f"create table people as {LIVES}")

        def known(value: str, since: str) -> float:
            sql = f"select {value} from people where {since} < (select max({since}) from people) - to_days({MATURE_DAYS})"
            return float(connection.execute(sql).fetchall()[0][0])

        within = f"to_days({WORLD_WINDOW_DAYS})"
        rates = {
            2: known(f"avg((coalesce(trial_at <= signed_up_at + {within}, false))::int)", "signed_up_at"),
            3: known(f"avg((coalesce(paid_at <= signed_up_at + {within}, false))::int)", "signed_up_at"),
        }
        # From the trial on most pay on one and the same day, which every interval holds.
        hours = known(MEDIAN_HOURS.format(at="trial_at", since="signed_up_at"), "signed_up_at")
    world = build(settings, SIMULATED_AT, with_tests=False, until=[table.split(".")[1] for table in MEASURES])
    names = [f"company{number}" for number in range(companies)]
    held: Figures = {}
    for step, rate in rates.items():
        true = dict.fromkeys(names, rate)
        held |= share_held(world, f"simulated_step_{step}_mature", MATURE_RATES.format(funnel="buying", step=step), true)
        held |= share_held(world, f"simulated_step_{step}_estimated", ESTIMATED_RATES.format(funnel="buying", step=step), true)
    medians = MEDIANS.format(from_stage="evaluator", to_stage="trial")
    return held | share_held(world, "simulated_median_to_trial", medians, dict.fromkeys(names, hours))


def home(folder: Path, journey: str) -> Settings:
    """An empty home with this journey."""
    (folder / "home").mkdir(parents=True)
    (folder / "journey.yml").write_text(journey, encoding="utf-8")
    return settings_of(folder / "home", folder / "journey.yml")


def share_held(world: World, name: str, sql: str, truth: dict[str, float]) -> Figures:
    """In how many of the rows (`name`, `low`, `high`) what is true of the name lies between the two."""
    rows = [row for row in world.rows(sql) if row["name"] in truth and row["low"] is not None and row["high"] is not None]
    return {name: round(float(np.mean([row["low"] <= truth[row["name"]] <= row["high"] for row in rows])), 4)}


def _stays(weeks: int, share: float, days: float, again: float) -> float:
    return float(again**weeks)
