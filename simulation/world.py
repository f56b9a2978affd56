"""A world: how many people, how long, which seed, which rules, and what goes wrong in it.

Here belongs what a world is made from. Its people are drawn block by block, each block by streams of chance of its own, so that
a world of any size fits into memory and comes out the same however many processes draw it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Literal

import numpy as np

from simulation.clock import DAY, HOUR, WEB_HOURS, WEB_WEEKDAYS, Bools, Calendar, Floats
from simulation.rules import RULES, Rules

BLOCK = 50_000  # prospects; about 3.6 million rows and 0.9 GB while they are drawn
NUMBERS = 1_000_000  # person numbers of a block

IncidentKind = Literal["outage", "drop", "price_page_change", "release"]


@dataclass(frozen=True)
class Incident:
    """Something that happened to everybody: when, why, and what it did.

    kind: `outage` (nothing works, visits are put off), `drop` (fewer sign-ups on one channel or device), `price_page_change`
    (another share of trials), `release` (a feature fails, and more tickets are opened).
    factor: what the sign-ups, the trials or the uses of the feature are multiplied by while it lasts; of a feature at most 1.
    ticket_factor: the same for the tickets of a release.
    """

    kind: IncidentKind
    start: datetime
    end: datetime
    cause: str
    channel: str | None = None
    device: str | None = None
    feature: str | None = None
    factor: float = 1.0
    ticket_factor: float = 1.0


@dataclass(frozen=True)
class World:
    """What a world is drawn from; the same world is the same people to the last byte.

    customers: people, about; prospects and the colleagues they invite.
    until: the end of the history, UTC without a zone; days: its length in whole days.

    Raises ValueError for what makes no world.
    """

    customers: int = 5_000
    seed: int = 7
    until: datetime = datetime(2026, 10, 31)
    days: int = 364  # whole weeks, so that every weekday weighs the same
    rules: Rules = RULES
    incidents: tuple[Incident, ...] = ()

    def __post_init__(self) -> None:
        if self.customers < 1 or self.days < 60 or self.until.tzinfo is not None:
            raise ValueError("a world has at least 1 customer and 60 days, and ends at a moment without a zone (UTC)")

    @property
    def calendar(self) -> Calendar:
        """The history."""
        return Calendar.ending(self.until, self.days)

    @property
    def blocks(self) -> list[int]:
        """How many prospects each block draws."""
        prospects = max(1, round(self.customers * self.rules.prospect_share))
        count = -(-prospects // BLOCK)
        return [prospects // count + (number < prospects % count) for number in range(count)]

    def chance(self, *part: str | int) -> np.random.Generator:
        """A stream of chance for a part of the world, so that a change in one part leaves the others alone."""
        return np.random.default_rng([self.seed, *"/".join(map(str, part)).encode()])

    @cached_property
    def seasons(self) -> Floats:
        """How strong each day of the history is by the time of the year, around 1."""
        phase = 2 * np.pi * (self.calendar.days_of_year + 15) / 365
        return np.asarray(1 + self.rules.season_strength * np.sin(phase))

    @cached_property
    def hourly_flow(self) -> Floats:
        """The relative flow of first visits in each hour: growth x season x weekday x hour x the luck of the day."""
        growth = 1 + self.rules.yearly_growth * np.arange(self.days) / 365
        luck = np.exp(self.chance("luck of days").normal(0, self.rules.day_spread, self.days))
        by_day = growth * self.seasons * WEB_WEEKDAYS[self.calendar.weekdays] * luck
        return np.asarray((by_day[:, None] * WEB_HOURS).ravel())

    def during(self, incident: Incident, moments: Floats) -> Bools:
        """Which moments lie within an incident."""
        start, end = self.calendar.seconds(incident.start), self.calendar.seconds(incident.end)
        return np.asarray((moments >= start) & (moments < end))

    def of_kind(self, kind: IncidentKind) -> list[Incident]:
        """The incidents of one kind."""
        return [incident for incident in self.incidents if incident.kind == kind]

    def works(self, moments: Floats) -> Bools:
        """At which moments there is no outage."""
        is_up = np.ones(len(moments), dtype=bool)
        for outage in self.of_kind("outage"):
            is_up &= ~self.during(outage, moments)
        return is_up

    def put_off(self, rng: np.random.Generator, moments: Floats) -> Floats:
        """Visits that would fall into an outage come within two hours after it."""
        later = rng.random(len(moments)) * 2 * HOUR
        for outage in self.of_kind("outage"):
            moments = np.where(self.during(outage, moments), self.calendar.seconds(outage.end) + later, moments)
        return moments

    def days_of(self, incident: Incident) -> Bools:
        """Which days of the history begin within an incident."""
        return self.during(incident, np.arange(self.days, dtype=float) * DAY)
