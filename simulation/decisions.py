"""From the first visit to the first payment: who prospects are, what they look at, and how they decide.

Each step is drawn forwards from the one before: visits of research, the sign-up that the touched channels make likely, the trial,
the payment, and for some whose trial lapsed a second look. A colleague is invited by a customer and signs up at once.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from simulation.clock import (
    DAY,
    MINUTE,
    OFFICE_HOURS,
    Bools,
    Floats,
    Ints,
    arrivals,
    logistic,
    never_from,
    pick,
    running_sum,
    spread_out,
    time_of_day,
    waiting,
)
from simulation.rules import ARCHETYPES, CHANNELS, COUNTRIES, DEVICE_EFFECTS, DEVICES, SIGNUP_BASE
from simulation.world import NUMBERS, World

CHANNEL_NAMES = list(CHANNELS)
DIRECT = CHANNEL_NAMES.index("direct")
FIRST_VISITS = {name: channel.first_share for name, channel in CHANNELS.items()}
LATER_VISITS = {name: channel.return_share for name, channel in CHANNELS.items()}


def of_archetype(people: pd.DataFrame, trait: str) -> Floats:
    """A trait of each person's archetype."""
    values: Floats = np.array([getattr(archetype, trait) for archetype in ARCHETYPES.values()], dtype=float)
    return np.asarray(values[people["archetype"].to_numpy()])


def draw_prospects(world: World, block: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The prospects of a block, and their visits before they decide.

    Prospects: `person`, `role` (0: prospect, 1: colleague), `account` (0: none), `invited_by` (0: nobody), `archetype`, `channel`
    (of the first visit), `device`, `country` (positions in the rules), `satisfaction` (standard normal), `rate` (personal use, a
    factor), `visited_at`, `signup_chance`, `signed_up_at`, `demo_at`, `is_activated`, `trial_at`, `lapsed_at`, `demo_again_at`,
    `trial_again_at`, `lapsed_again_at`, `paid_from`.
    Visits: `row` (position of the prospect), `started_at`, `channel`, `is_last`.
    """
    people = _who(world, block)
    visits = _research(world, block, people)
    people = people.assign(**_sign_ups(world, block, people, visits))
    return people.assign(**_purchases(world, block, people)), visits


def _who(world: World, block: int) -> pd.DataFrame:
    rng, rules, count = world.chance(block, "who"), world.rules, world.blocks[block]
    number = block * NUMBERS + 1 + np.arange(count)
    has_company = rng.random(count) < rules.company_share
    joins_another = has_company & (rng.random(count) < rules.shared_company_share)
    founders = number[has_company & ~joins_another]
    another = rng.choice(founders, count) if len(founders) else number
    account = np.where(joins_another, another, np.where(has_company, number, 0))
    return pd.DataFrame(
        {
            "person": number,
            "role": 0,
            "account": account,
            "invited_by": 0,
            "archetype": pick(rng, {name: archetype.share for name, archetype in ARCHETYPES.items()}, count),
            "channel": pick(rng, FIRST_VISITS, count),
            "device": pick(rng, DEVICES, count),
            "country": pick(rng, COUNTRIES, count),
            "satisfaction": rng.normal(size=count),
            "rate": np.exp(rng.normal(0, rules.rate_spread, count)),
            "visited_at": world.put_off(rng, arrivals(rng, count, world.hourly_flow)),
        }
    )


def _research(world: World, block: int, people: pd.DataFrame) -> pd.DataFrame:
    rng, rules = world.chance(block, "research"), world.rules
    more = of_archetype(people, "one_more_visit")
    visit_count = rng.geometric(1 - more).clip(max=rules.longest_research)
    row, number = spread_out(visit_count)
    is_first = number == 0
    gaps = np.where(is_first, 0.0, waiting(rng, len(row), rules.research_gap_days))
    started_at = world.put_off(rng, people["visited_at"].to_numpy()[row] + running_sum(gaps, visit_count))
    channel = np.where(is_first, people["channel"].to_numpy()[row], pick(rng, LATER_VISITS, len(row)))
    return pd.DataFrame(
        {
            "row": row,
            "started_at": started_at,
            "channel": channel,
            "is_last": number == visit_count[row] - 1,
        }
    )


def touched(visits: pd.DataFrame, count: int) -> Bools:
    """Which prospects were touched by which channels before they decided."""
    is_touched = np.zeros((count, len(CHANNEL_NAMES)), dtype=bool)
    is_touched[visits["row"].to_numpy(), visits["channel"].to_numpy()] = True
    return is_touched


def signup_chance(is_touched: Bools, device: Ints) -> Floats:
    """The planted chance to sign up, by the channels that touched somebody (each once) and the device."""
    effects = np.array([channel.effect for channel in CHANNELS.values()])
    by_device = np.array(list(DEVICE_EFFECTS.values()))
    return logistic(SIGNUP_BASE + is_touched @ effects + by_device[device])


def _sign_ups(world: World, block: int, people: pd.DataFrame, visits: pd.DataFrame) -> dict[str, Any]:
    rng, rules, count = world.chance(block, "sign-ups"), world.rules, len(people)
    last_visits = visits[visits["is_last"]]  # one per prospect, in their order
    decides_at = last_visits["started_at"].to_numpy()
    device = people["device"].to_numpy()
    chance = signup_chance(touched(visits, count), device)
    for drop in world.of_kind("drop"):
        is_hit = world.during(drop, decides_at)
        if drop.channel is not None:
            is_hit &= last_visits["channel"].to_numpy() == CHANNEL_NAMES.index(drop.channel)
        if drop.device is not None:
            is_hit &= device == list(DEVICES).index(drop.device)
        chance = np.where(is_hit, chance * drop.factor, chance)
    signs_up = rng.random(count) < chance
    minutes = rng.uniform(4, 14, count) * MINUTE
    end = world.calendar.end
    signed_up_at = never_from(np.where(signs_up, decides_at + minutes, np.nan), end)
    is_lead = ~signs_up & (rng.random(count) < rules.lead_share)
    asks = signs_up & (rng.random(count) < of_archetype(people, "demo_rate"))
    demo_at = np.where(is_lead, decides_at + minutes, np.where(asks, signed_up_at + waiting(rng, count, 1.5), np.nan))
    return {
        "signup_chance": chance,
        "signed_up_at": signed_up_at,
        "demo_at": never_from(demo_at, end),
        "is_activated": ~np.isnan(signed_up_at) & (rng.random(count) < rules.activation_rate),
    }


def _purchases(world: World, block: int, people: pd.DataFrame) -> dict[str, Any]:
    rng, rules, count, end = world.chance(block, "purchases"), world.rules, len(people), world.calendar.end
    is_activated = people["is_activated"].to_numpy()
    trial_at = people["signed_up_at"].to_numpy() + 2 * MINUTE + waiting(rng, count, of_archetype(people, "trial_lag_days"))
    trial_rate = np.where(is_activated, rules.trial_rate, rules.trial_rate_unactivated) * of_archetype(people, "trial_lift")
    for change in world.of_kind("price_page_change"):
        trial_rate = np.where(world.during(change, trial_at), trial_rate * change.factor, trial_rate)
    trial_at = never_from(np.where(rng.random(count) < trial_rate, trial_at, np.nan), end)

    purchase_rate = np.where(is_activated, rules.purchase_rate, rules.purchase_rate_unactivated)
    buys = rng.random(count) < purchase_rate
    paid_from = np.where(buys, trial_at + _decision_time(rng, world, count), np.nan)
    lapsed_at = np.where(buys, np.nan, trial_at + rules.trial_days * DAY)

    looks_again = rng.random(count) < rules.second_look_share
    demo_again_at = np.where(looks_again, lapsed_at + waiting(rng, count, rules.second_look_lag_days), np.nan)
    demo_again_at = never_from(demo_again_at, end)
    tries_again = rng.random(count) < rules.second_trial_rate
    trial_again_at = never_from(np.where(tries_again, demo_again_at + waiting(rng, count, 3.0), np.nan), end)
    buys_then = rng.random(count) < rules.second_purchase_rate
    paid_again = np.where(buys_then, trial_again_at + _decision_time(rng, world, count), np.nan)
    return {
        "trial_at": trial_at,
        "lapsed_at": never_from(lapsed_at, end),
        "demo_again_at": demo_again_at,
        "trial_again_at": trial_again_at,
        "lapsed_again_at": never_from(np.where(buys_then, np.nan, trial_again_at + rules.trial_days * DAY), end),
        "paid_from": never_from(np.where(buys, paid_from, paid_again), end),
    }


def _decision_time(rng: np.random.Generator, world: World, count: int) -> Floats:
    """From the start of a trial to the payment: at its end, or earlier."""
    is_early = rng.random(count) < world.rules.early_purchase_share
    whole = world.rules.trial_days
    return np.where(is_early, rng.uniform(1.0, whole - 1, count), whole) * DAY


def draw_colleagues(world: World, block: int, prospects: pd.DataFrame) -> pd.DataFrame:
    """The colleagues whom the customers of a block invite, as rows like those of the prospects.

    They arrive by invitation, sign up in their first visit and never buy anything themselves.
    """
    rng, rules = world.chance(block, "colleagues"), world.rules
    hosts = prospects[prospects["paid_from"].notna() & (prospects["account"] == prospects["person"])]
    seats = of_archetype(hosts, "seats")
    host, _ = spread_out(rng.geometric(1 / seats) - 1)
    invited = hosts.iloc[host].reset_index(drop=True)
    count = len(invited)
    waits = rng.exponential(rules.colleague_joins_after_days * DAY, count)
    day = np.floor((invited["paid_from"].to_numpy() + waits) / DAY) * DAY
    visited_at = np.maximum(day + time_of_day(rng, count, OFFICE_HOURS), invited["paid_from"].to_numpy() + 10 * MINUTE)
    visited_at = never_from(world.put_off(rng, visited_at), world.calendar.end - 30 * MINUTE)
    colleagues = invited.assign(
        person=block * NUMBERS + 1 + len(prospects) + np.arange(count),
        role=1,
        invited_by=invited["person"],
        channel=DIRECT,
        device=pick(rng, DEVICES, count),
        satisfaction=0.5 * invited["satisfaction"] + np.sqrt(0.75) * rng.normal(size=count),
        rate=np.exp(rng.normal(0, rules.rate_spread, count)),
        visited_at=visited_at,
        signed_up_at=visited_at + rng.uniform(1, 5, count) * MINUTE,
        is_activated=rng.random(count) < rules.activation_rate,
        signup_chance=1.0,
    )
    never = ["demo_at", "trial_at", "lapsed_at", "demo_again_at", "trial_again_at", "lapsed_again_at", "paid_from"]
    return colleagues.assign(**dict.fromkeys(never, np.nan)).dropna(subset="visited_at").reset_index(drop=True)
