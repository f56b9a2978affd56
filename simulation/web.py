"""Visits to the website, the browsers they come from, and the e-mails that cause some of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from simulation.clock import DAY, HOUR, MINUTE, Floats, Ints, never_from, or_forever, pick, running_sum, spread_out
from simulation.decisions import CHANNEL_NAMES, DIRECT, LATER_VISITS
from simulation.rules import CAMPAIGNS, CHANNELS, DEVICES, PATHS
from simulation.usage import Usage
from simulation.world import World

WELCOME = 0  # number of the mail everybody gets; newsletters count from 1
EMAIL = CHANNEL_NAMES.index("email")
ACTIONS = ("signed_up", "demo_requested")
SIGNED_UP, DEMO_REQUESTED = range(2)
PRICING = list(PATHS).index("/pricing")
NOTHING = -1
NEWSLETTER_HOUR = 9


def newsletter_days(world: World) -> Ints:
    """The days of the history on which a newsletter is sent: Tuesdays."""
    first = int(np.flatnonzero(world.calendar.weekdays == 1)[0])
    return np.arange(first, world.days, world.rules.mail_every_days)


def draw_mails(world: World, block: int, people: pd.DataFrame, ends: Floats) -> tuple[pd.DataFrame, pd.DataFrame]:
    """E-mails, and what people agreed to.

    Mails: `row`, `number` (0: the welcome; else of the newsletter), `sent_at`, `delivered_at`, `opened_at`, `clicked_at`,
    `bounced_at`, `unsubscribed_at`. Consents: `row`, `is_given`, `changed_at`.
    ends: when each person is written to no more (NaN: never).
    """
    rng, rules, end = world.chance(block, "mails"), world.rules, world.calendar.end
    users = np.flatnonzero(people["signed_up_at"].notna())
    signed_up_at = people["signed_up_at"].to_numpy()[users]
    agrees = rng.random(len(users)) < rules.consent_share
    days = newsletter_days(world)
    sends_at = days * DAY + NEWSLETTER_HOUR * HOUR

    leaves_list = np.where(rng.random((len(users), len(days))) < rules.unsubscribe_rate, sends_at, np.inf)
    leaves_list = np.where(sends_at > signed_up_at[:, None], leaves_list, np.inf).min(axis=1)
    last_at = np.minimum(or_forever(ends[users]), leaves_list)
    is_sent = agrees[:, None] & (sends_at > signed_up_at[:, None]) & (sends_at <= last_at[:, None])
    position, send = np.nonzero(is_sent)
    everybody = np.arange(len(users))
    user = np.concatenate([everybody, position])
    number = np.concatenate([np.full(len(users), WELCOME), send + 1])
    planned = np.concatenate([signed_up_at + 3 * MINUTE, sends_at[send] + rng.uniform(0, 30, len(send)) * MINUTE])

    count = len(user)
    is_bounced = rng.random(count) < rules.bounce_rate
    delivered_at = np.where(is_bounced, np.nan, planned + rng.exponential(20, count) + 2)
    opens = rng.random(count) < rules.open_rate * np.where(number == WELCOME, 1.6, 1.0)
    opened_at = np.where(opens, delivered_at + rng.lognormal(np.log(2.2), 1.4, count) * HOUR, np.nan)
    clicks = rng.random(count) < rules.click_rate
    clicked_at = np.where(clicks, opened_at + rng.exponential(70, count) + 4, np.nan)
    unsubscribes = (leaves_list[user] == np.concatenate([np.full(len(users), -1.0), sends_at[send]])) & ~is_bounced
    unsubscribed_at = np.where(unsubscribes, delivered_at + rng.exponential(6 * HOUR, count), np.nan)
    mails = pd.DataFrame(
        {
            "row": users[user],
            "number": number,
            "sent_at": planned,
            "delivered_at": never_from(delivered_at, end),
            "opened_at": never_from(opened_at, end),
            "clicked_at": never_from(clicked_at, end),
            "bounced_at": never_from(np.where(is_bounced, planned + 30, np.nan), end),
            "unsubscribed_at": never_from(unsubscribed_at, end),
        }
    )
    mails = mails[mails["sent_at"] < end].reset_index(drop=True)
    given = pd.DataFrame({"row": users, "is_given": agrees, "changed_at": signed_up_at})
    withdrawn = mails.dropna(subset="unsubscribed_at")
    withdrawn = pd.DataFrame({"row": withdrawn["row"], "is_given": False, "changed_at": withdrawn["unsubscribed_at"]})
    return mails, pd.concat([given, withdrawn], ignore_index=True)


def draw_visits(
    world: World, block: int, people: pd.DataFrame, research: pd.DataFrame, usage: Usage, mails: pd.DataFrame
) -> pd.DataFrame:
    """All visits to the website, ordered by moment.

    `row`, `started_at`, `channel`, `campaign` (positions, -1: none), `mail` (position of the mail clicked, -1: none), `action`
    (position in ACTIONS, -1: none), `acted_at`, `wants_price`, `is_known` (the tracker is told who it is), and from where:
    `browser`, `device`.
    """
    rng, rules, end = world.chance(block, "visits"), world.rules, world.calendar.end

    def visits(row: Ints, started_at: Floats, **more: Any) -> pd.DataFrame:
        if "channel" not in more:
            more["channel"] = pick(rng, LATER_VISITS, len(row))
        nothing = {"mail": NOTHING, "action": NOTHING, "acted_at": np.nan, "wants_price": False}
        return pd.DataFrame({"row": row, "started_at": started_at, **nothing, **more})

    def before(moments: Floats, minutes: float, **more: Any) -> pd.DataFrame:
        """A visit of everybody who has such a moment, the minutes before it."""
        row = np.flatnonzero(~np.isnan(moments))
        if "action" in more:
            more["acted_at"] = moments[row]
        return visits(row, moments[row] - minutes * MINUTE, **more)

    column = {name: people[name].to_numpy() for name in people}
    is_colleague = column["role"] == 1
    # The last visit of research is that of the decision: to sign up, to ask for a demonstration only, or neither.
    looks_around = visits(*(research[name].to_numpy() for name in ("row", "started_at")), channel=research["channel"].to_numpy())
    decides = np.flatnonzero(research["is_last"])
    row = research["row"].to_numpy()[decides]
    is_lead = np.isnan(column["signed_up_at"][row]) & ~np.isnan(column["demo_at"][row])
    looks_around.loc[decides, "acted_at"] = np.where(is_lead, column["demo_at"][row], column["signed_up_at"][row])
    looks_around.loc[decides, "action"] = np.where(is_lead, DEMO_REQUESTED, SIGNED_UP)
    looks_around.loc[looks_around["acted_at"].isna(), "action"] = NOTHING

    on_active_days = np.flatnonzero(rng.random(len(usage.day)) < rules.web_visit_share)
    clicked = np.flatnonzero(mails["clicked_at"].notna())
    demo_at = np.where(np.isnan(column["signed_up_at"]), np.nan, column["demo_at"])
    found = pd.concat(
        [
            looks_around,
            before(np.where(is_colleague, column["signed_up_at"], np.nan), 1.5, channel=DIRECT, action=SIGNED_UP),
            before(demo_at, 4, action=DEMO_REQUESTED, wants_price=True),
            before(column["demo_again_at"], 4, action=DEMO_REQUESTED, wants_price=True),
            before(column["trial_at"], 9, wants_price=True),
            before(column["trial_again_at"], 9, wants_price=True),
            visits(usage.day_row[on_active_days], usage.lasted_until[on_active_days] + 2 * MINUTE),
            visits(mails["row"].to_numpy()[clicked], mails["clicked_at"].to_numpy()[clicked] + 1, channel=EMAIL, mail=clicked),
        ],
        ignore_index=True,
    )
    found = found[found["started_at"] < end].sort_values("started_at", kind="stable", ignore_index=True)
    found = found[world.works(found["started_at"].to_numpy()) | (found["action"] != NOTHING)].reset_index(drop=True)
    row, started_at, count = found["row"].to_numpy(), found["started_at"].to_numpy(), len(found)
    is_user = started_at >= column["signed_up_at"][row]
    found["is_known"] = is_user & ((rng.random(count) < rules.logged_in_share) | found["action"].ge(0).to_numpy())
    found["campaign"] = _campaigns(rng, found)
    is_unknown = (rng.random(count) < rules.unknown_channel_share) & found["mail"].lt(0).to_numpy()
    found.loc[is_unknown, ["channel", "campaign"]] = NOTHING
    return found.assign(**_browsers(world, block, people, row, started_at))


def _campaigns(rng: np.random.Generator, visits: pd.DataFrame) -> Ints:
    """The campaign of each visit, as its channel has them; clicks in our own mails have none of these."""
    campaign = np.full(len(visits), NOTHING)
    for name in dict.fromkeys(known.channel for known in CAMPAIGNS):
        odds = {number: known.share for number, known in enumerate(CAMPAIGNS) if known.channel == name}
        here = np.flatnonzero((visits["channel"] == CHANNEL_NAMES.index(name)) & (visits["mail"] < 0))
        campaign[here] = np.array(list(odds))[pick(rng, odds, len(here))]
    return campaign


def _browsers(world: World, block: int, people: pd.DataFrame, row: Ints, started_at: Floats) -> dict[str, Ints]:
    """Where each visit comes from: the number of the browser's cookie, the same for two who share it, and the kind of device.

    A cookie lives for an exponential time; after it the same browser is a new one.
    """
    rng, rules, count = world.chance(block, "browsers"), world.rules, len(people)
    has_second = rng.random(count) < rules.second_device_share
    device = people["device"].to_numpy()
    second = (device + 1 + rng.integers(2, size=count)) % len(DEVICES)
    users = rng.permutation(np.flatnonzero(people["signed_up_at"].notna()))
    pair_count = int(rules.shared_device_share * len(users) / 2)
    partner = np.full(count, NOTHING)
    left, right = users[:pair_count], users[pair_count : 2 * pair_count]
    partner[left] = partner[right] = left

    draw = rng.random(len(row))
    is_shared = (partner[row] >= 0) & (draw < rules.shared_device_visits)
    is_second = ~is_shared & has_second[row] & (rng.random(len(row)) < rules.second_device_visits)
    machine = np.where(is_shared, 3 * partner[row] + 2, 3 * row + is_second)
    kind = np.where(is_shared, list(DEVICES).index("desktop"), np.where(is_second, second[row], device[row]))

    order = np.lexsort((started_at, machine))
    waits = np.diff(started_at[order], prepend=np.nan)
    is_new = np.diff(machine[order], prepend=-1) != 0
    is_new |= rng.random(len(row)) < -np.expm1(-np.nan_to_num(waits) / (rules.cookie_life_days * DAY))
    browser = np.empty(len(row), dtype=np.int64)
    browser[order] = np.cumsum(is_new)
    return {"browser": browser, "device": kind}


def draw_views(world: World, block: int, visits: pd.DataFrame) -> pd.DataFrame:
    """Page views: `visit` (position), `viewed_at`, `path` (position in PATHS). Few visits are long, most are short."""
    rng, count = world.chance(block, "views"), len(visits)
    view_count = (1 + rng.lognormal(np.log(1.7), 0.85, count)).astype(int).clip(max=60)
    visit, number = spread_out(view_count)
    gaps = np.where(number == 0, 0.0, rng.lognormal(np.log(35), 1.0, len(visit)).clip(2, 20 * 60))
    viewed_at = visits["started_at"].to_numpy()[visit] + running_sum(gaps, view_count)
    path = pick(rng, PATHS, len(visit))
    is_last = number == view_count[visit] - 1
    path[is_last & visits["wants_price"].to_numpy()[visit]] = PRICING
    keeps = world.works(viewed_at) & (viewed_at < world.calendar.end)
    return pd.DataFrame({"visit": visit[keeps], "viewed_at": viewed_at[keeps], "path": path[keeps]})


def draw_ad_days(world: World) -> pd.DataFrame:
    """What the ads of the whole world cost, by day: `day`, `campaign`, `impressions`, `clicks`, `spend_cents`, `conversions`."""
    rng, rows = world.chance("ad days"), []
    daily = world.hourly_flow.reshape(-1, 24).sum(axis=1)
    daily *= sum(world.blocks) / daily.sum()
    for number, campaign in enumerate(CAMPAIGNS):
        if campaign.platform is None:
            continue
        visits = daily * (CHANNELS[campaign.channel].first_share * 1.6 * campaign.share)
        clicks = rng.poisson(visits * 1.12)
        cost = campaign.cost_cents * np.exp(rng.normal(0, 0.15, world.days))
        rows.append(
            pd.DataFrame(
                {
                    "day": np.arange(world.days),
                    "campaign": number,
                    "impressions": rng.poisson(clicks / campaign.clicked),
                    "clicks": clicks,
                    "spend_cents": np.round(clicks * cost).astype(int),
                    "conversions": rng.binomial(clicks, 0.06),
                }
            )
        )
    return pd.concat(rows, ignore_index=True)
