"""How people use the product, day by day, as long as nothing ends it.

Here belong the days on which somebody is active and what they do then. Whether and when customers leave is `leaving`, which
looks at this and cuts it off.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from simulation.clock import (
    DAY,
    HOUR,
    MINUTE,
    OFFICE_HOURS,
    OFFICE_WEEKDAYS,
    Bools,
    Floats,
    Ints,
    Singles,
    or_forever,
    running_sum,
    spread_out,
    time_of_day,
)
from simulation.decisions import of_archetype
from simulation.rules import FEATURES
from simulation.world import World


@dataclass(frozen=True)
class Usage:
    """Active days and the uses of features on them.

    `day_row`, `day`, `began`, `lasted_until`: one element per active day, ordered by person and day (row of the person, day of
    the history, moments).
    `use_day`, `used_at`, `feature`, `seconds`: one element per use, `use_day` being the position of its active day.
    """

    day_row: Ints
    day: Ints
    began: Floats
    lasted_until: Floats
    use_day: Ints
    used_at: Floats
    feature: Ints
    seconds: Ints

    @property
    def use_row(self) -> Ints:
        """The row of the person of each use."""
        return self.day_row[self.use_day]

    def until(self, ends: Floats) -> Usage:
        """The same with each person's doings cut off at a moment of their own (NaN: never)."""
        ends = or_forever(ends)
        keeps_day = self.began < ends[self.day_row]
        keeps_use = keeps_day[self.use_day] & (self.used_at < ends[self.use_row])
        position = np.cumsum(keeps_day) - 1
        return Usage(
            day_row=self.day_row[keeps_day],
            day=self.day[keeps_day],
            began=self.began[keeps_day],
            lasted_until=self.lasted_until[keeps_day],
            use_day=position[self.use_day[keeps_use]],
            used_at=self.used_at[keeps_use],
            feature=self.feature[keeps_use],
            seconds=self.seconds[keeps_use],
        )


def draw_usage(world: World, block: int, people: pd.DataFrame) -> Usage:
    """The use that everybody with an account would make of the product if nobody left.

    The chance to be active on a day follows the archetype, a personal rate with a heavy tail, the weekday, the season, a slow
    mood, one long break, and for some customers an interest that fades for good.
    """
    rng = world.chance(block, "usage")
    users = np.flatnonzero(people["signed_up_at"].notna())
    lives = people.iloc[users]
    rate = _daily_rates(world, rng, lives)
    signup_day = (lives["signed_up_at"].to_numpy() // DAY).astype(int)
    is_activated = lives["is_activated"].to_numpy()

    age = np.arange(world.days, dtype=np.int32) - signup_day[:, None].astype(np.int32)
    is_active = rng.random(rate.shape, dtype=np.float32) < -np.expm1(-rate)
    first_week = (age >= 0) & (age < 8)
    looks_in = rng.random(len(lives)) < 0.5
    is_active &= (age >= 1) & (is_activated[:, None] | ~first_week)
    # Activated means three uses in the first week: the first days are certain. The others look in once, if at all.
    is_active |= is_activated[:, None] & ((age == 1) | (age == 2))
    is_active |= (looks_in & ~is_activated)[:, None] & (age == 1)
    row, day = np.nonzero(is_active)
    return _doings(world, rng, people, users[row], day, age[row, day].astype(int), is_activated[row])


def _daily_rates(world: World, rng: np.random.Generator, lives: pd.DataFrame) -> Singles:
    """Expected active days per day: one row per user, one column per day of the history, in single precision."""
    rules, count, days = world.rules, len(lives), np.arange(world.days, dtype=np.float32)
    pays = lives["paid_from"].notna().to_numpy() | (lives["role"].to_numpy() == 1)
    personal = of_archetype(lives, "daily_rate") * lives["rate"].to_numpy() * np.where(pays, 1.0, rules.free_use)
    by_day = OFFICE_WEEKDAYS[world.calendar.weekdays] * np.sqrt(world.seasons)
    rate = np.outer(personal, by_day).astype(np.float32)

    period, phase = rng.uniform(60, 180, (count, 1)), rng.uniform(0, 2 * np.pi, (count, 1))
    mood = (2 * np.pi / period).astype(np.float32) * days + phase.astype(np.float32)
    rate *= np.exp(np.float32(rules.mood_strength) * np.sin(mood, out=mood), out=mood)

    signed_up_day = lives["signed_up_at"].to_numpy()[:, None] / DAY
    begins = signed_up_day + 14 + rng.exponential(120, (count, 1))
    lasts = rng.uniform(*rules.break_days, (count, 1)) * (rng.random((count, 1)) < rules.break_share)
    rate[(days >= begins) & (days < begins + lasts)] *= rules.break_level

    fading = np.flatnonzero((rng.random(count) < rules.fading_share) & pays)
    fade_begins = signed_up_day[fading] + 20 + rng.exponential(rules.fade_begins_after_days, (len(fading), 1))
    rate[fading] *= np.exp2(-np.clip(days - fade_begins, 0, None) / rules.fade_half_life_days).astype(np.float32)

    free_life = rng.exponential(rules.free_life_days, (count, 1)) + 3
    rate[days > signed_up_day + np.where(pays[:, None], np.inf, free_life)] = 0
    return rate


def _doings(
    world: World, rng: np.random.Generator, people: pd.DataFrame, row: Ints, day: Ints, age: Ints, is_activated: Bools
) -> Usage:
    """What is done on active days: one session each, and uses of features a few minutes apart."""
    began = world.put_off(rng, day * DAY + time_of_day(rng, len(day), OFFICE_HOURS))
    mean_uses = of_archetype(people, "feature_count")[row] - 1
    use_count = 1 + rng.poisson(mean_uses)
    use_count = np.where(is_activated & (age <= 2), use_count + 1, use_count)
    use_count = np.where(~is_activated & (age <= 7), np.minimum(use_count, 2), use_count)
    use_day, _ = spread_out(use_count)
    gaps = 15 + rng.exponential(2.5 * MINUTE, len(use_day)).clip(max=25 * MINUTE)
    used_at = began[use_day] + running_sum(gaps, use_count)
    lasted_until = used_at[np.cumsum(use_count) - 1] if len(day) else began
    # The first feature of a person's liking most often, the next ones ever more rarely, as the archetype's breadth says.
    narrowness = 0.50 - 0.42 * of_archetype(people, "breadth")
    rank = np.log(1 - rng.random(len(use_day))) / np.log(1 - narrowness)[row[use_day]]
    liking = (6 * world.chance("liking", int(people["person"].iloc[0])).random(len(people)) ** 2).astype(int)
    feature = (liking[row[use_day]] + rank.astype(int)) % len(FEATURES)
    is_there = world.works(used_at)
    for release in world.of_kind("release"):
        if release.feature is not None and release.factor < 1:
            is_hit = world.during(release, used_at) & (feature == FEATURES.index(release.feature))
            is_there &= ~is_hit | (rng.random(len(use_day)) < release.factor)
    seconds = rng.lognormal(np.log(80), 0.9, len(use_day)).clip(5, HOUR).astype(int)
    end = world.calendar.end
    keeps = is_there & (used_at < end)
    return Usage(row, day, began, lasted_until, use_day[keeps], used_at[keeps], feature[keeps], seconds[keeps])
