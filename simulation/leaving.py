"""When customers leave, and what is done about it.

Here belong the planted hazard of cancelling, the play against it with its random hold-out, and the truth of both. The hazard of a
day depends on what was to be seen before that day, and on a personal share that nobody can see.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from simulation.clock import DAY, HOUR, OFFICE_HOURS, Floats, Ints, Singles, logistic, never_from, or_forever, time_of_day
from simulation.rules import FEATURES
from simulation.usage import Usage
from simulation.world import World

SNAPSHOT_EVERY_DAYS = 7
OUTCOME_DAYS = 30
BAD_MOOD = -0.5
DETRACTION = 6  # answers up to it
QUIET_DAYS_AT_MOST = 30
FIRST_DAYS = 2  # of paying, on which nobody leaves


@dataclass(frozen=True)
class Leaving:
    """How customers leave.

    customers: one row per customer who pays: `row` (of the person), `cancelled_at` (NaN: stays), `cancel_reason` (0: own will,
    1: unpaid), `is_held_out`, `quiet_at` (when the play's rule first applied), `called_at`, `noise` (the personal share), and the
    chances to leave within the play's days after `quiet_at`, `chance_if_called` and `chance_if_not`.
    snapshots: one row per customer and week while they pay: `row`, `day`, `hazard` (of that day, as it is), `visible_hazard`
    (without the personal share), `leaves_within_30d` (1, 0, NaN where the history ends before).
    """

    customers: pd.DataFrame
    snapshots: pd.DataFrame


def draw_leaving(
    world: World,
    block: int,
    people: pd.DataFrame,
    usage: Usage,
    tickets: pd.DataFrame,
    invoices: pd.DataFrame,
    answers: pd.DataFrame,
) -> Leaving:
    """Who leaves when, and who would have left without the play or with it.

    tickets: `row`, `opened_at`, `mood`; invoices: `row`, `created_at`, `is_failed`, `is_recovered`; answers: `row`,
    `answered_at`, `score`; they and the usage as they would be if nobody left.
    """
    rng, rules, end = world.chance(block, "leaving"), world.rules, world.calendar.end
    rows = np.flatnonzero(people["paid_from"].notna())
    paid_from = people["paid_from"].to_numpy()[rows]
    paid_day = (paid_from // DAY).astype(int)
    count, days = len(rows), np.arange(world.days)
    noise = rng.normal(0, rules.churn_noise, count)

    quiet_days, visible = _visible_log_odds(world, people, rows, paid_day, usage, tickets, invoices, answers)
    is_paying = days > paid_day[:, None] + FIRST_DAYS
    # The play: the first day on which a customer was quiet for so long. Who is held out was drawn before anything was known.
    is_held_out = rng.random(count) < rules.play_holdout_share
    is_quiet = is_paying & (quiet_days >= rules.play_quiet_days)
    quiet_day = np.where(is_quiet.any(axis=1), is_quiet.argmax(axis=1), world.days)
    called_at = _next_working_day(world, quiet_day) * DAY + time_of_day(rng, count, OFFICE_HOURS)
    since_call = days - (called_at // DAY)[:, None]
    is_eased = (since_call > 0) & (since_call <= rules.play_days)

    log_odds = visible + noise[:, None].astype(np.float32)
    alone = np.where(is_paying, logistic(log_odds), 0).astype(np.float32)
    eased = np.where(is_paying & is_eased, logistic(log_odds + rules.play_effect), alone).astype(np.float32)
    is_called = is_eased & ~is_held_out[:, None]
    hazard = np.where(is_called, eased, alone)

    total = np.cumsum(-np.log1p(-hazard.astype(float)), axis=1)
    leaves = total >= rng.exponential(size=count)[:, None]
    leave_day = np.where(leaves.any(axis=1), leaves.argmax(axis=1), world.days)
    at_will = never_from(leave_day * DAY + time_of_day(rng, count, OFFICE_HOURS), end)
    unpaid = _unpaid(world, rows, invoices)
    cancelled_at = np.fmin(at_will, unpaid)
    until = or_forever(cancelled_at)

    in_play = (days >= quiet_day[:, None]) & (days < quiet_day[:, None] + rules.play_days)
    is_reached = quiet_day * DAY < until
    customers = pd.DataFrame(
        {
            "row": rows,
            "cancelled_at": cancelled_at,
            "cancel_reason": np.where(cancelled_at == unpaid, 1, 0),
            "is_held_out": is_held_out,
            "noise": noise,
            "quiet_at": never_from(np.where(is_reached, quiet_day * DAY, np.nan), end),
            "called_at": never_from(np.where(~is_held_out & is_reached, called_at, np.nan), np.minimum(until, end)),
            "chance_if_called": -np.expm1(-np.where(in_play, -np.log1p(-eased), 0).sum(axis=1)),
            "chance_if_not": -np.expm1(-np.where(in_play, -np.log1p(-alone), 0).sum(axis=1)),
        }
    )
    visible += np.float32(rules.play_effect) * is_called
    return Leaving(customers, _snapshots(world, rows, paid_day, until, hazard, visible))


def _visible_log_odds(
    world: World,
    people: pd.DataFrame,
    rows: Ints,
    paid_day: Ints,
    usage: Usage,
    tickets: pd.DataFrame,
    invoices: pd.DataFrame,
    answers: pd.DataFrame,
) -> tuple[Ints, Singles]:
    """The days since the last use of a feature, and the log-odds of leaving that everybody can see, by customer and day."""
    rules, shape = world.rules, (len(rows), world.days)
    position = np.full(len(people), -1)
    position[rows] = np.arange(len(rows))

    def counted(row: Ints, moment: Floats) -> Singles:
        """How many a customer had on each day."""
        found = np.zeros(shape, dtype=np.float32)
        is_ours = (position[row] >= 0) & (moment < world.calendar.end)
        np.add.at(found, (position[row[is_ours]], (moment[is_ours] // DAY).astype(int)), 1)
        return found

    def lately(found: Singles, window: int) -> Singles:
        """How many there were in the `window` days before each day."""
        total = np.cumsum(np.pad(found, ((0, 0), (window + 1, 0))), axis=1, dtype=np.float32)
        return total[:, window:-1] - total[:, : -window - 1]

    def those_of(table: pd.DataFrame, moment: str) -> Singles:
        """How many rows of a table a customer had on each day."""
        return counted(table["row"].to_numpy(), table[moment].to_numpy())

    used = counted(usage.use_row, usage.used_at)
    last_use = np.where(used > 0, np.arange(world.days), paid_day[:, None])
    last_use = np.maximum(np.maximum.accumulate(last_use, axis=1), paid_day[:, None])
    quiet_days = np.arange(world.days) - np.pad(last_use, ((0, 0), (1, 0)))[:, :-1]

    first_use = np.full((len(people), len(FEATURES)), np.inf)
    np.minimum.at(first_use, (usage.use_row, usage.feature), usage.used_at)
    adopted = counted(np.repeat(np.arange(len(people)), len(FEATURES)), first_use.ravel())

    bad = tickets[tickets["mood"] < BAD_MOOD]
    failed = invoices[invoices["is_failed"]]
    detracted = answers[answers["score"] <= DETRACTION]
    log_odds = rules.churn_base + rules.churn_by_quiet_day * quiet_days.clip(0, QUIET_DAYS_AT_MOST).astype(np.float32)
    log_odds += rules.churn_by_feature * lately(adopted, world.days)
    log_odds += rules.churn_by_bad_ticket * lately(those_of(bad, "opened_at"), 30)
    log_odds += rules.churn_by_failed_payment * lately(those_of(failed, "created_at"), 30)
    log_odds += rules.churn_by_detraction * lately(those_of(detracted, "answered_at"), 60).clip(max=1)
    return quiet_days, log_odds


def _next_working_day(world: World, day: Ints) -> Floats:
    """The first working day after each day."""
    weekday = (world.calendar.start.weekday() + day) % 7
    return (day + np.where(weekday == 4, 3, np.where(weekday == 5, 2, 1))).astype(float)


def _unpaid(world: World, rows: Ints, invoices: pd.DataFrame) -> Floats:
    """When a customer's subscription ends because an invoice was never paid; NaN: never."""
    lost = invoices[invoices["is_failed"] & ~invoices["is_recovered"]].groupby("row")["created_at"].min()
    ends = lost.reindex(rows).to_numpy(dtype=float) + world.rules.dunning_days * DAY + 6 * HOUR
    return never_from(ends, world.calendar.end)


def _snapshots(world: World, rows: Ints, paid_day: Ints, until: Floats, hazard: Singles, visible: Singles) -> pd.DataFrame:
    """The weekly rows of `Leaving.snapshots`."""
    days = np.arange(SNAPSHOT_EVERY_DAYS, world.days, SNAPSHOT_EVERY_DAYS)
    is_there = (days * DAY < until[:, None]) & (days > paid_day[:, None] + FIRST_DAYS)
    position, column = np.nonzero(is_there)
    day = days[column]
    leaves = until[position] < (day + OUTCOME_DAYS) * DAY
    is_known = leaves | (day + OUTCOME_DAYS <= world.days)
    return pd.DataFrame(
        {
            "row": rows[position],
            "day": day,
            "hazard": hazard[position, day],
            "visible_hazard": logistic(visible[position, day]),
            "leaves_within_30d": np.where(is_known, leaves, np.nan),
        }
    )
