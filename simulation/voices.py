"""What people say: tickets with a mood, answers to the recommendation question, and referrals."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.clock import DAY, HOUR, MINUTE, Floats, Ints, never_from, pick, spread_out
from simulation.rules import TOPICS
from simulation.usage import Usage
from simulation.world import World

BAD_TOPICS = [list(TOPICS).index(name) for name in ("bug", "billing")]
BUG = list(TOPICS).index("bug")


def draw_tickets(world: World, block: int, people: pd.DataFrame, usage: Usage) -> pd.DataFrame:
    """Tickets that would be opened if nobody left: `row`, `opened_at`, `topic`, `mood` (-1 to 1), `first_reply_at`, `solved_at`,
    `reopened_at`, `is_rated`, `rated_at`, `is_content`."""
    rng, rules = world.chance(block, "tickets"), world.rules
    rate = np.full(world.days, rules.ticket_rate)
    is_release = np.zeros(world.days, dtype=bool)
    for release in world.of_kind("release"):
        rate[world.days_of(release)] *= release.ticket_factor
        is_release |= world.days_of(release)
    asks = np.flatnonzero(rng.random(len(usage.day)) < rate[usage.day])
    row, day, count = usage.day_row[asks], usage.day[asks], len(asks)
    topic = np.where(is_release[day] & (rng.random(count) < 0.6), BUG, pick(rng, TOPICS, count))
    satisfaction = people["satisfaction"].to_numpy()[row]
    mood = 0.35 * satisfaction + np.where(np.isin(topic, BAD_TOPICS), rules.topic_mood, 0.15)
    mood = np.clip(mood + rng.normal(0, rules.mood_spread, count), -1, 1)
    opened_at = usage.lasted_until[asks] + rng.uniform(1, 30, count) * MINUTE
    first_reply_at = opened_at + rng.lognormal(np.log(2.5), 1.0, count) * HOUR
    solved_at = first_reply_at + rng.lognormal(np.log(9), 1.2, count) * HOUR
    is_reopened = rng.random(count) < rules.reopened_share
    is_rated = rng.random(count) < rules.rated_share
    end = world.calendar.end
    tickets = pd.DataFrame(
        {
            "row": row,
            "opened_at": opened_at,
            "topic": topic,
            "mood": mood,
            "first_reply_at": never_from(first_reply_at, end),
            "solved_at": never_from(solved_at, end),
            "reopened_at": never_from(np.where(is_reopened, solved_at + rng.exponential(DAY, count), np.nan), end),
            "rated_at": never_from(np.where(is_rated, solved_at + rng.exponential(5 * HOUR, count) + 60, np.nan), end),
            "is_content": rng.random(count) < 0.5 + 0.45 * mood,
        }
    )
    return tickets[opened_at < end].reset_index(drop=True)


def draw_answers(world: World, block: int, people: pd.DataFrame) -> pd.DataFrame:
    """Recommendation surveys that would be sent if nobody left, to customers and their colleagues.

    `row`, `sent_at`, `answered_at` (NaN: never), `score` (0 to 10, also of those who do not answer).
    """
    rng, rules = world.chance(block, "answers"), world.rules
    asked = np.flatnonzero(people["signed_up_at"].notna() & (people["paid_from"].notna() | (people["role"] == 1)))
    since = people["signed_up_at"].to_numpy()[asked]
    survey_count = np.ceil((world.calendar.end - since) / DAY / rules.survey_every_days).astype(int)
    position, number = spread_out(survey_count)
    row = asked[position]
    sent_at = np.floor(since[position] / DAY) * DAY + (30 + number * rules.survey_every_days) * DAY + 10 * HOUR
    count = len(row)
    answers = rng.random(count) < rules.survey_answer_rate
    answered_at = np.where(answers, sent_at + rng.lognormal(np.log(7), 1.3, count) * HOUR, np.nan)
    score = np.clip(np.round(7.6 + 1.6 * people["satisfaction"].to_numpy()[row] + rng.normal(0, 1.2, count)), 0, 10)
    surveys = pd.DataFrame(
        {
            "row": row,
            "sent_at": sent_at + rng.uniform(0, 20, count) * MINUTE,
            "answered_at": never_from(answered_at, world.calendar.end),
            "score": score,
        }
    )
    # A survey to somebody who is yet to become a customer would tell the future.
    is_asked = (surveys["sent_at"] < world.calendar.end) & ~(surveys["sent_at"] < people["paid_from"].to_numpy()[row])
    return surveys[is_asked].reset_index(drop=True)


def draw_referrals(world: World, block: int, people: pd.DataFrame, usage: Usage) -> pd.DataFrame:
    """Recommendations that customers would make if nobody left: `row`, `occurred_at`, on a day of use."""
    rng, rules = world.chance(block, "referrals"), world.rules
    rows = np.flatnonzero(people["paid_from"].notna())
    rate = rules.referral_rate * np.exp(0.8 * people["satisfaction"].to_numpy()[rows])
    wanted = people["paid_from"].to_numpy()[rows] + (20 + rng.exponential(365 / rate)) * DAY
    occurred_at = _next_use(usage, rows, wanted) + rng.uniform(1, 20, len(rows)) * MINUTE
    referrals = pd.DataFrame({"row": rows, "occurred_at": never_from(occurred_at, world.calendar.end)})
    return referrals.dropna().reset_index(drop=True)


def _next_use(usage: Usage, rows: Ints, moments: Floats) -> Floats:
    """The end of each person's next active day from a moment on; NaN where none follows."""
    if not len(usage.day):
        return np.full(len(rows), np.nan)
    span = 10_000  # days, more than any history has: makes one order of persons and days
    keys = usage.day_row * span + usage.day
    wanted = rows * span + np.minimum(np.ceil(moments / DAY), span - 1).astype(int)
    found = np.searchsorted(keys, wanted).clip(max=len(keys) - 1)
    is_theirs = (usage.day_row[found] == rows) & (keys[found] >= wanted)
    return np.where(is_theirs, usage.lasted_until[found], np.nan)
