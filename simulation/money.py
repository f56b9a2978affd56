"""Subscriptions, invoices, charges and refunds: what customers pay, as long as nothing ends it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.clock import DAY, HOUR, Bools, Floats, Ints, spread_out
from simulation.rules import ARCHETYPES, PLANS
from simulation.world import World

MONTH_DAYS = 30
RETRY_DAYS = 3
PRICES: Ints = np.array(list(PLANS.values()))


def draw_invoices(world: World, block: int, people: pd.DataFrame) -> pd.DataFrame:
    """The invoices that would be written if nobody left, one a month and customer.

    `row`, `month` (from 0), `created_at`, `plan` (position in the rules), `quantity` (seats: the customer's and those of the
    colleagues who have joined), `amount_cents`, `is_failed` (the first charge failed), `is_recovered` (a later one would not),
    `attempt_count` (charges), `refunded_at` (NaN: never), `refund_share`.
    """
    rng, rules = world.chance(block, "invoices"), world.rules
    rows = np.flatnonzero(people["paid_from"].notna())
    paid_from = people["paid_from"].to_numpy()[rows]
    month_count = np.ceil((world.calendar.end - paid_from) / DAY / MONTH_DAYS).astype(int)
    position, month = spread_out(month_count)
    count = len(position)
    created_at = paid_from[position] + month * MONTH_DAYS * DAY
    is_sales_led = people["archetype"].to_numpy()[rows] == list(ARCHETYPES).index("sales_led")
    plan = _plans(rng, world, is_sales_led, position, month)
    quantity = 1 + _colleagues_at(people, rows, position, created_at)
    is_failed = (rng.random(count) < rules.payment_failure_rate) & (month > 0)
    is_recovered = rng.random(count) < rules.payment_recovery_rate
    attempts = rng.integers(1, 4, count)
    is_refunded = rng.random(count) < rules.refund_rate
    return pd.DataFrame(
        {
            "row": rows[position],
            "month": month,
            "created_at": created_at,
            "plan": plan,
            "quantity": quantity,
            "amount_cents": PRICES[plan] * quantity,
            "is_failed": is_failed,
            "is_recovered": is_recovered,
            "attempt_count": np.where(is_failed, np.where(is_recovered, 1 + attempts, 4), 1),
            "refunded_at": np.where(is_refunded, created_at + rng.uniform(1, 20, count) * DAY, np.nan),
            "refund_share": np.where(rng.random(count) < 0.7, 1.0, 0.5),
        }
    )


def _plans(rng: np.random.Generator, world: World, is_sales_led: Bools, position: Ints, month: Ints) -> Ints:
    """The plan of each invoice: where somebody began, and one up or down now and then."""
    first = np.where(is_sales_led, 1 + (rng.random(len(is_sales_led)) < 0.5), (rng.random(len(is_sales_led)) < 0.35).astype(int))
    draw = rng.random(len(position))
    step = np.where(draw < world.rules.upgrade_rate, 1, np.where(draw > 1 - world.rules.downgrade_rate, -1, 0)) * (month > 0)
    plan = first[position]
    for number in range(1, int(month.max(initial=0)) + 1):
        here = np.flatnonzero(month == number)
        plan[here] = (plan[here - 1] + step[here]).clip(0, len(PRICES) - 1)
    return plan


def _colleagues_at(people: pd.DataFrame, rows: Ints, position: Ints, moments: Floats) -> Ints:
    """How many invited colleagues each customer has at a moment."""
    colleagues = people[people["role"] == 1]
    of_person = pd.Series(np.arange(len(rows)), index=people["person"].to_numpy()[rows])
    host = of_person.reindex(colleagues["invited_by"]).to_numpy()
    span = 1e10  # seconds, longer than any history: makes one order of hosts and moments
    keys = np.sort(host * span + colleagues["signed_up_at"].to_numpy())
    return np.searchsorted(keys, position * span + moments) - np.searchsorted(keys, position * span)


def charges_of(invoices: pd.DataFrame) -> pd.DataFrame:
    """Every attempt to collect an invoice: `invoice` (its position), `attempt` (from 1), `created_at`, `is_paid`.

    The first comes seconds after the invoice, the next ones every three days and an hour later in the day.
    """
    attempt_count = invoices["attempt_count"].to_numpy()
    position, number = spread_out(attempt_count)
    is_last = number == attempt_count[position] - 1
    is_lost = (invoices["is_failed"] & ~invoices["is_recovered"]).to_numpy()[position]
    created_at = invoices["created_at"].to_numpy()[position] + HOUR * (number > 0) + number * RETRY_DAYS * DAY + 5
    return pd.DataFrame({"invoice": position, "attempt": number + 1, "created_at": created_at, "is_paid": is_last & ~is_lost})
