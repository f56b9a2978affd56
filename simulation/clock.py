"""Time and chance: the stretch of history, its rhythm, and the draws that the whole world is made of.

Inside the simulation every moment is a float, seconds since the first midnight of the history; NaN means "never".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]  # matrices of people and days, half as large
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

DAY = 86_400.0
HOUR = 3_600.0
MINUTE = 60.0

_HOURS = np.arange(24)
# Quiet nights, never silent ones.
WEB_HOURS: Floats = 1 + 0.75 * np.cos((_HOURS - 15) * 2 * np.pi / 24)
OFFICE_HOURS: Floats = 1 + 0.92 * np.cos((_HOURS - 13) * 2 * np.pi / 24)
WEB_WEEKDAYS: Floats = np.array([1.10, 1.15, 1.10, 1.05, 1.00, 0.80, 0.80])
OFFICE_WEEKDAYS: Floats = np.array([1.20, 1.25, 1.20, 1.15, 1.00, 0.35, 0.30])


@dataclass(frozen=True)
class Calendar:
    """The history: `days` whole days from the midnight `start` on."""

    start: datetime
    days: int

    @classmethod
    def ending(cls, until: datetime, days: int) -> Calendar:
        """The history of whole days before `until`, or of those up to the one that holds it."""
        midnight = until.replace(hour=0, minute=0, second=0, microsecond=0)
        return cls((midnight if midnight == until else midnight + timedelta(days=1)) - timedelta(days=days), days)

    @property
    def end(self) -> float:
        """Seconds from the start to the end."""
        return self.days * DAY

    @property
    def until(self) -> datetime:
        """The first moment after the history."""
        return self.start + timedelta(days=self.days)

    @property
    def weekdays(self) -> Ints:
        """The weekday of each day; Monday is 0."""
        return (self.start.weekday() + np.arange(self.days)) % 7

    @property
    def days_of_year(self) -> Ints:
        """The day of the year of each day, from 0."""
        return (self.start.timetuple().tm_yday - 1 + np.arange(self.days)) % 365

    def seconds(self, moment: datetime) -> float:
        """Seconds from the start to a moment."""
        return (moment - self.start).total_seconds()


def arrivals(rng: np.random.Generator, count: int, hourly: Floats) -> Floats:
    """`count` independent moments of an hourly flow, in random order: a Poisson process, given how many came."""
    until_hour = np.concatenate([[0.0], np.cumsum(hourly)])
    return np.asarray(np.interp(rng.random(count) * until_hour[-1], until_hour, np.arange(len(until_hour))) * HOUR)


def time_of_day(rng: np.random.Generator, count: int, hours: Floats) -> Floats:
    """Seconds since midnight of `count` moments that follow an hourly rhythm."""
    return arrivals(rng, count, hours)


def waiting(rng: np.random.Generator, count: int, mean_days: npt.ArrayLike) -> Floats:
    """Waiting times around a mean: people come back at about the hour at which they came before."""
    whole_days = np.floor(rng.gamma(1.6, 1.0, count) * (np.asarray(mean_days) / 1.6))
    return np.asarray((whole_days + 0.03 + np.abs(rng.normal(0, 0.06, count))) * DAY)


def pick(rng: np.random.Generator, odds: Mapping[Any, float], count: int) -> Ints:
    """`count` positions in a mapping of things to odds."""
    until = np.cumsum(np.array(list(odds.values()), dtype=float))
    return np.searchsorted(until / until[-1], rng.random(count), side="right").clip(max=len(until) - 1)


def spread_out(counts: Ints) -> tuple[Ints, Ints]:
    """Position and number (from 0) of each counted thing: [2, 1] gives [0, 0, 1] and [0, 1, 0]."""
    position = np.repeat(np.arange(len(counts)), counts)
    return position, np.arange(len(position)) - np.repeat(np.cumsum(counts) - counts, counts)


def running_sum(values: Floats, counts: Ints) -> Floats:
    """Running sums that begin anew with each group of `counts` values."""
    total = np.concatenate([[0.0], np.cumsum(values)])
    return np.asarray(total[1:] - np.repeat(total[np.cumsum(counts) - counts], counts))


def never_from(moments: Floats, end: npt.ArrayLike) -> Floats:
    """What would happen at `end` or later never does."""
    return np.where(moments < np.asarray(end), moments, np.nan)


def or_forever(moments: Floats) -> Floats:
    """The same with "never" as a moment later than any other, so that it can be compared."""
    return np.where(np.isnan(moments), np.inf, moments)


def logistic(log_odds: npt.ArrayLike) -> Floats:
    """The probability that belongs to log-odds."""
    return np.asarray(1 / (1 + np.exp(-np.asarray(log_odds))))
