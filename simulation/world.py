"""The demo company's people: who they are, how they came, and what becomes of them.

Here belong the world's rules (rates, odds, rhythms) and the plan of each life. How a life shows up in the web
shop, the product or the books is `systems`; how it is written to files is `demo`.

Every moment is a float: seconds since the first midnight of the history. NaN means "never".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

DAY = 86_400.0
HOUR = 3_600.0
MINUTE = 60.0

# ---------------------------------------------------------------- the rules of the world


class Channel(NamedTuple):
    """How many people a channel brings, and how good they are."""

    share: float
    signup_rate: float
    activation_rate: float
    purchase_lift: float


class Temperament(NamedTuple):
    """How a user uses the product: active days per day, features per active day, and how long they stay."""

    share: float
    daily_rate: float
    feature_count: float
    lifetime_days: float


class Spell(NamedTuple):
    """A quieter time from which people come back: who has one, how long, and how much use is left."""

    share: float
    shortest_days: float
    longest_days: float
    level: float


CHANNELS = {
    "organic_search": Channel(0.30, 0.46, 0.60, 1.00),
    "paid_search": Channel(0.22, 0.42, 0.54, 0.92),
    "social": Channel(0.16, 0.27, 0.45, 0.75),
    "referral": Channel(0.10, 0.66, 0.74, 1.18),
    "email": Channel(0.08, 0.52, 0.62, 1.02),
    "direct": Channel(0.14, 0.48, 0.62, 1.05),
}
DEVICES = {"desktop": 0.58, "mobile": 0.34, "tablet": 0.08}
SIGNUP_LIFT_BY_DEVICE = {"desktop": 1.12, "mobile": 0.80, "tablet": 0.95}

TEMPERAMENTS = {
    "power": Temperament(0.22, 0.85, 4.4, 520.0),
    "steady": Temperament(0.40, 0.32, 3.2, 300.0),
    "occasional": Temperament(0.38, 0.12, 2.2, 220.0),
}
QUIET_SPELLS = {
    "vacation": Spell(0.60, 9, 26, 0.0),
    "lull": Spell(0.60, 20, 45, 0.25),
    "long_break": Spell(0.14, 33, 60, 0.0),  # over 30 days: at risk, then back
}
PLANS = {"starter": 19.90, "team": 49.50, "business": 129.00}


@dataclass(frozen=True)
class Rules:
    """Odds and durations of a life; durations in days."""

    history_days: int = 364  # whole weeks, so that every weekday weighs the same
    yearly_growth: float = 0.6
    unknown_channel_share: float = 0.03

    second_cookie_share: float = 0.15
    company_share: float = 0.80
    shared_company_share: float = 0.10
    other_email_in_billing_share: float = 0.02
    other_email_in_support_share: float = 0.015
    missing_in_crm_share: float = 0.005
    user_id_lost_on_web_share: float = 0.02

    signup_in_first_visit_share: float = 0.55
    signup_lag_days: float = 4.0
    purchase_rate_if_activated: float = 0.68
    purchase_rate_otherwise: float = 0.12
    purchase_lag_days: float = 8.0
    longest_lag_days: float = 24.0

    free_plan_rate_if_activated: float = 0.65
    free_plan_rate_otherwise: float = 0.55
    free_plan_lifetime_days: float = 110.0

    fading_share: float = 0.45  # of those who leave; the others leave from one day to the next
    cancels_after_last_use_share: float = 0.75
    cancels_before_last_use_share: float = 0.10  # the rest just stops paying
    faded_level: float = 0.20

    free_plan_use: float = 0.60
    spread_of_rates: float = 0.35
    strength_of_moods: float = 0.60


RULES = Rules()

_HOURS = np.arange(24)
# Quiet nights, never silent ones: a step of the funnel must not look broken every night.
WEB_HOURS: Floats = 1 + 0.75 * np.cos((_HOURS - 15) * 2 * np.pi / 24)
PRODUCT_HOURS: Floats = 1 + 0.88 * np.cos((_HOURS - 13) * 2 * np.pi / 24)
WEB_WEEKDAYS: Floats = np.array([1.10, 1.15, 1.10, 1.05, 1.00, 0.80, 0.80])
PRODUCT_WEEKDAYS: Floats = np.array([1.20, 1.25, 1.20, 1.15, 1.00, 0.45, 0.40])

FIRST_NAMES = ["ada", "bob", "cleo", "dora", "emil", "fay", "gus", "hana", "ivo", "june", "kofi", "lena"]
COMPANY_WORDS = ["acme", "bluefin", "cobalt", "dune", "ember", "fjord", "grove", "harbor", "iris"]
FREE_MAIL_DOMAINS = ["gmail.com", "outlook.com", "freemail.example"]


# ---------------------------------------------------------------- clocks


@dataclass(frozen=True)
class Calendar:
    """The stretch of time that is exported: from the midnight `start` up to `until`."""

    start: datetime
    until: datetime

    @classmethod
    def ending(cls, until: datetime) -> Calendar:
        """The year of history that ends at `until`; it begins at a midnight."""
        first = until - timedelta(days=RULES.history_days)
        return cls(first.replace(hour=0, minute=0, second=0, microsecond=0), until)

    @property
    def end(self) -> float:
        """Seconds from the start to the end."""
        return (self.until - self.start).total_seconds()

    @property
    def day_count(self) -> int:
        """Days of the history, a begun one included."""
        return int(np.ceil(self.end / DAY))

    def weekdays(self, day_count: int) -> Ints:
        """Weekday (Monday is 0) of the first `day_count` days."""
        return (self.start.weekday() + np.arange(day_count)) % 7


def stream(seed: int, name: str) -> np.random.Generator:
    """A stream of chance for each part of the world, so that a change in one leaves the others alone."""
    return np.random.default_rng([seed, *name.encode()])


def time_of_day(rng: np.random.Generator, count: int, hour_weights: Floats) -> Floats:
    """Seconds since midnight for `count` moments that follow an hourly rhythm."""
    hours = rng.choice(24, size=count, p=hour_weights / hour_weights.sum())
    return np.asarray((hours + rng.random(count)) * HOUR)


def arrivals(rng: np.random.Generator, count: int, calendar: Calendar, first_day: float, last_day: float) -> Floats:
    """`count` moments between two days that follow growth, weekday and hour, in random order.

    Stratified: one moment in each of `count` equal portions of the expected flow. Independent arrivals of a
    company this small would by chance alone leave several day-long holes a year, and each would look like
    broken tracking.
    """
    hours = np.arange(int(np.ceil(last_day)) * 24 + 1)
    days = hours // 24
    flow = (
        (1 + RULES.yearly_growth * days / RULES.history_days)
        * WEB_WEEKDAYS[calendar.weekdays(int(days[-1]) + 1)[days]]
        * WEB_HOURS[hours % 24]
    )
    total_until_hour = np.concatenate([[0.0], np.cumsum(flow[:-1])])
    low, high = np.interp([first_day * 24, last_day * 24], hours, total_until_hour)
    portions = (np.arange(count) + rng.uniform(0.2, 0.8, count)) / max(count, 1)
    return rng.permutation(np.interp(low + (high - low) * portions, total_until_hour, hours)) * HOUR


def _lag(rng: np.random.Generator, count: int, mean_days: float) -> Floats:
    """Waiting times in seconds, near whole days: people come back at about the hour they came before."""
    whole_days = np.floor(rng.gamma(1.6, mean_days / 1.6, count)).clip(0, RULES.longest_lag_days)
    return np.asarray((whole_days + 0.03 + np.abs(rng.normal(0, 0.06, count))) * DAY)


def pick(rng: np.random.Generator, odds: dict[str, float], count: int) -> npt.NDArray[np.object_]:
    """`count` names drawn by their odds."""
    weights = np.array(list(odds.values()))
    return np.array(list(odds), dtype=object)[rng.choice(len(odds), size=count, p=weights / weights.sum())]


def known_if(is_known: npt.ArrayLike, values: npt.ArrayLike) -> npt.NDArray[np.object_]:
    """The values where they are known, None elsewhere."""
    nothing = np.array(None, dtype=object)
    return np.where(is_known, np.asarray(values, dtype=object), nothing)


def looked_up(names: npt.NDArray[np.object_], values: dict[str, Any]) -> Floats:
    """The number that belongs to each name."""
    return np.array([values[name] for name in names], dtype=float)


# ---------------------------------------------------------------- lives


def draw_people(seed: int, count: int, calendar: Calendar) -> pd.DataFrame:
    """The truth: one row per person, in no particular order.

    Columns: ids and addresses (everybody has a `user_id`, only those who sign up show it), `channel`,
    `device`, `temperament`, `satisfaction` (standard normal), the moments `visited`, `signed_up`,
    `purchased`, `last_used`, `cancelled` and `paid_until`, and flags, of which `is_activated` and `is_fading`
    decide how lives go on.
    """
    people = _identities(stream(seed, "identities"), count)
    fate = stream(seed, "fate")
    people["channel"] = pick(fate, {name: channel.share for name, channel in CHANNELS.items()}, count)
    people["device"] = pick(fate, DEVICES, count)
    people["satisfaction"] = fate.normal(size=count)
    people["temperament"] = pick(fate, {name: kind.share for name, kind in TEMPERAMENTS.items()}, count)
    people = people.assign(**_milestones(fate, people, calendar))
    people = people.assign(**_endings(stream(seed, "endings"), people))
    people["is_channel_known"] = fate.random(count) >= RULES.unknown_channel_share
    return people


def _identities(rng: np.random.Generator, count: int) -> pd.DataFrame:
    """Ids, addresses and employers; every address is invented."""
    is_shared = rng.random(count) < RULES.shared_company_share
    company_sizes = np.where(is_shared, rng.integers(2, 5, count), 1)
    company = np.repeat(np.arange(count), company_sizes)[:count]
    company = rng.permutation(company)
    has_company = rng.random(count) < RULES.company_share
    free_mail = rng.integers(len(FREE_MAIL_DOMAINS), size=count)

    local = [f"{FIRST_NAMES[n % len(FIRST_NAMES)]}.{n:03x}" for n in range(count)]
    work_domain = [f"{COMPANY_WORDS[c % len(COMPANY_WORDS)]}-{c}.example" for c in company]
    email = np.array(
        [
            f"{local[n]}@{work_domain[n]}" if has_company[n] else f"{local[n]}.invented@{FREE_MAIL_DOMAINS[free_mail[n]]}"
            for n in range(count)
        ],
        dtype=object,
    )

    def other_address(share: float, prefix: str) -> npt.NDArray[np.object_]:
        aliases = np.array([f"{prefix}.{address}" for address in email], dtype=object)
        return np.where(rng.random(count) < share, aliases, email)

    def tokens() -> list[str]:
        return [f"{token:016x}" for token in rng.integers(2**62, size=count)]

    has_second_cookie = rng.random(count) < RULES.second_cookie_share
    first_cookie = np.array(tokens(), dtype=object)
    return pd.DataFrame(
        {
            "user_id": [f"usr_{n:06d}" for n in rng.permutation(count) + 1],
            "crm_id": [f"C-{n:05d}" for n in rng.permutation(count) + 1],
            "account_id": known_if(has_company, [f"acc_{c:05d}" for c in company]),
            "email": email,
            "billing_email": other_address(RULES.other_email_in_billing_share, "billing"),
            "support_email": other_address(RULES.other_email_in_support_share, "private"),
            "cookie": first_cookie,
            "second_cookie": np.where(has_second_cookie, np.array(tokens(), dtype=object), first_cookie),
            "device_id": [f"dev-{token}" for token in tokens()],
            "is_in_crm": rng.random(count) >= RULES.missing_in_crm_share,
            "is_user_id_on_web": rng.random(count) >= RULES.user_id_lost_on_web_share,
        }
    )


def _milestones(rng: np.random.Generator, people: pd.DataFrame, calendar: Calendar) -> dict[str, Any]:
    """Who gets how far, and when.

    Whether somebody moves on is drawn forwards, by channel and device. The clock is set backwards: the last
    of first visit, sign-up and purchase is an arrival, the steps before it lie a waiting time earlier. So
    each of these steps keeps a steady flow.
    """
    count = len(people)
    channel = people["channel"].to_numpy(dtype=object)
    signup_rate = looked_up(channel, {name: c.signup_rate for name, c in CHANNELS.items()})
    signup_rate *= looked_up(people["device"].to_numpy(dtype=object), SIGNUP_LIFT_BY_DEVICE)
    activation_rate = looked_up(channel, {name: c.activation_rate for name, c in CHANNELS.items()})
    purchase_lift = looked_up(channel, {name: c.purchase_lift for name, c in CHANNELS.items()})

    signs_up = rng.random(count) < signup_rate
    is_activated = signs_up & (rng.random(count) < activation_rate)
    purchase_rate = np.where(is_activated, RULES.purchase_rate_if_activated, RULES.purchase_rate_otherwise)
    buys = signs_up & (rng.random(count) < purchase_rate * purchase_lift)

    last_day = calendar.end / DAY
    purchased = np.full(count, np.nan)
    purchased[buys] = arrivals(rng, int(buys.sum()), calendar, 4, last_day + 14)
    signed_up = np.full(count, np.nan)
    only_signs_up = signs_up & ~buys
    signed_up[only_signs_up] = arrivals(rng, int(only_signs_up.sum()), calendar, 1, last_day + 3)
    wait = _lag(rng, count, RULES.purchase_lag_days)
    signed_up[buys] = (purchased - np.minimum(wait, 0.9 * purchased))[buys]
    visited = arrivals(rng, count, calendar, 0, last_day)
    visited[~signs_up] = arrivals(rng, int((~signs_up).sum()), calendar, 0, last_day)
    at_once = rng.random(count) < RULES.signup_in_first_visit_share
    wait = np.where(at_once, rng.uniform(4, 25, count) * MINUTE, _lag(rng, count, RULES.signup_lag_days))
    visited[signs_up] = (signed_up - np.minimum(wait, 0.9 * signed_up))[signs_up]
    return {
        "visited": visited,
        "signed_up": signed_up,
        "purchased": purchased,
        "is_activated": is_activated,
    }


def _endings(rng: np.random.Generator, people: pd.DataFrame) -> dict[str, Any]:
    """Until when people use the product, whether it shows beforehand, and when they stop paying."""
    count = len(people)
    purchased, signed_up = people["purchased"].to_numpy(), people["signed_up"].to_numpy()
    is_activated = people["is_activated"].to_numpy()
    buys = ~np.isnan(purchased)

    lifetime_days = looked_up(
        people["temperament"].to_numpy(dtype=object),
        {name: kind.lifetime_days for name, kind in TEMPERAMENTS.items()},
    )
    lifetime_days *= np.exp(0.35 * people["satisfaction"].to_numpy())
    paying_days = 10 + rng.exponential(lifetime_days)
    free_rate = np.where(is_activated, RULES.free_plan_rate_if_activated, RULES.free_plan_rate_otherwise)
    stays_free = rng.random(count) < free_rate
    trial_days = np.where(is_activated, rng.uniform(5, 30, count), 0)
    free_days = np.where(stays_free, 20 + rng.exponential(RULES.free_plan_lifetime_days, count), trial_days)
    last_used = np.where(buys, purchased + paying_days * DAY, signed_up + free_days * DAY)

    way_out = rng.random(count)
    after = last_used + rng.uniform(1, 25, count) * DAY
    before = np.maximum(last_used - rng.uniform(0, 10, count) * DAY, purchased + DAY)
    cancels_late = way_out < RULES.cancels_after_last_use_share
    cancels_early = ~cancels_late & (way_out < RULES.cancels_after_last_use_share + RULES.cancels_before_last_use_share)
    cancelled = np.where(cancels_late, after, np.where(cancels_early, before, np.nan))
    cancelled = np.where(buys, cancelled, np.nan)
    return {
        "last_used": last_used,
        "is_fading": rng.random(count) < RULES.fading_share,
        "cancelled": cancelled,
        "paid_until": np.where(np.isnan(cancelled), last_used + 20 * DAY, cancelled),
    }


def active_days(seed: int, people: pd.DataFrame, calendar: Calendar) -> tuple[Ints, Ints]:
    """On which days who uses the product: two arrays, position in `people` and day since the start.

    A personal rate by temperament, weekday and mood; quieter spells from which people come back (vacation,
    lull, a long break) so that silence is a hint and no proof; and for some a fading before the end.
    """
    rng = stream(seed, "usage")
    users = np.flatnonzero(people["signed_up"].notna())
    lives = people.iloc[users]
    days = np.arange(calendar.day_count)
    rate = _personal_rates(rng, lives)[:, None] * PRODUCT_WEEKDAYS[calendar.weekdays(len(days))]

    # Before the eighth day those who are not to be "activated" (three uses in a week) stay away.
    signed_up_day = lives["signed_up"].to_numpy() // DAY
    first_day = signed_up_day + np.where(lives["is_activated"], 1, 8)
    last_day = lives["last_used"].to_numpy() / DAY
    is_here = (days >= first_day[:, None]) & (days < last_day[:, None])

    mood_period, mood_phase = rng.uniform(50, 160, len(lives)), rng.uniform(0, 2 * np.pi, len(lives))
    mood = np.sin(2 * np.pi * days / mood_period[:, None] + mood_phase[:, None])
    rate = rate * np.exp(RULES.strength_of_moods * mood)
    fade_days = np.where(lives["is_fading"], rng.uniform(20, 70, len(lives)), 1e-9)
    rate = rate * np.clip((last_day[:, None] - days) / fade_days[:, None], RULES.faded_level, 1)
    for spell in QUIET_SPELLS.values():
        begin = rng.uniform(first_day + 14, np.maximum(last_day, first_day + 15)).clip(max=len(days) - 1)
        length = rng.uniform(spell.shortest_days, spell.longest_days, len(lives))
        length *= rng.random(len(lives)) < spell.share
        is_quiet = (days >= begin[:, None]) & (days < (begin + length)[:, None])
        rate = np.where(is_quiet, rate * spell.level, rate)

    is_active = is_here & (rng.random(rate.shape) < 1 - np.exp(-rate))
    row, day = np.nonzero(is_active)
    return users[row], day


def _personal_rates(rng: np.random.Generator, lives: pd.DataFrame) -> Floats:
    """Expected active days per day; on the free plan less."""
    temperament = lives["temperament"].to_numpy(dtype=object)
    rate = looked_up(temperament, {name: kind.daily_rate for name, kind in TEMPERAMENTS.items()})
    rate *= np.exp(rng.normal(0, RULES.spread_of_rates, len(lives)))
    return np.where(lives["purchased"].isna(), RULES.free_plan_use * rate, rate)
