"""The life of one block of people, drawn in its natural order.

Here belongs the order of drawing, and the cutting off of what would have happened had nobody left. What the frames mean stands
with the functions that draw them; their rows name people by position (`row`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from simulation.clock import HOUR, Bools, Floats, Ints, or_forever
from simulation.decisions import draw_colleagues, draw_prospects
from simulation.leaving import Leaving, draw_leaving
from simulation.money import charges_of, draw_invoices
from simulation.usage import Usage, draw_usage
from simulation.voices import draw_answers, draw_referrals, draw_tickets
from simulation.web import draw_ad_days, draw_mails, draw_views, draw_visits
from simulation.world import World


@dataclass(frozen=True)
class Life:
    """Everything that happens to the people of a block."""

    people: pd.DataFrame
    research: pd.DataFrame
    usage: Usage
    leaving: Leaving
    visits: pd.DataFrame
    views: pd.DataFrame
    mails: pd.DataFrame
    consents: pd.DataFrame
    tickets: pd.DataFrame
    answers: pd.DataFrame
    referrals: pd.DataFrame
    invoices: pd.DataFrame
    charges: pd.DataFrame
    ad_days: pd.DataFrame


def draw_life(world: World, block: int) -> Life:
    """Draw one block. Ad days are those of the whole world and come with its first block."""
    prospects, research = draw_prospects(world, block)
    people = pd.concat([prospects, draw_colleagues(world, block, prospects)], ignore_index=True)
    people = people.assign(**_addresses(world, block, len(people)))
    usage = draw_usage(world, block, people)
    tickets = draw_tickets(world, block, people, usage)
    answers = draw_answers(world, block, people)
    invoices = draw_invoices(world, block, people)
    leaving = draw_leaving(world, block, people, usage, tickets, invoices, answers)

    ends = _ends(people, leaving)
    until = or_forever(ends)
    people = people.assign(cancelled_at=np.where(people["paid_from"].notna(), ends, np.nan))
    usage = usage.until(ends)
    mails, consents = draw_mails(world, block, people, ends)
    visits = draw_visits(world, block, people, research, usage, mails)
    invoices = _before(invoices, "created_at", until)
    charges = charges_of(invoices)
    charges = charges[charges["created_at"] < world.calendar.end].reset_index(drop=True)
    ad_days = draw_ad_days(world)
    return Life(
        people=people,
        research=research,
        usage=usage,
        leaving=leaving,
        visits=visits,
        views=draw_views(world, block, visits),
        mails=mails,
        consents=consents,
        tickets=_before(tickets, "opened_at", until),
        answers=_before(answers, "sent_at", until),
        referrals=_before(draw_referrals(world, block, people, usage), "occurred_at", until),
        invoices=invoices,
        charges=charges,
        ad_days=ad_days if block == 0 else ad_days.head(0),
    )


def _addresses(world: World, block: int, count: int) -> dict[str, Ints | Bools]:
    """Which address each system has of somebody (0: the usual, 1: an alias, 2: a second, 3: a mistyped one), and who is missing
    or called otherwise where."""
    rng, rules = world.chance(block, "addresses"), world.rules
    until = np.cumsum([rules.alias_share, rules.second_address_share, rules.typo_share])
    kinds: dict[str, Ints | Bools] = {}
    for system in ("crm", "billing", "support"):
        draw = rng.random(count)
        kinds[f"{system}_address"] = np.where(draw < until[2], 1 + np.searchsorted(until, draw, side="right"), 0)
    return kinds | {
        "is_in_crm": rng.random(count) >= rules.missing_in_crm_share,
        "is_lost_on_web": rng.random(count) < rules.user_id_lost_on_web_share,
        "is_legacy_in_product": rng.random(count) < rules.legacy_id_share,
    }


def _ends(people: pd.DataFrame, leaving: Leaving) -> Floats:
    """When each person's use ends: a customer's with the subscription, a colleague's with that of the host."""
    ends = np.full(len(people), np.nan)
    ends[leaving.customers["row"]] = leaving.customers["cancelled_at"]
    by_person = pd.Series(ends, index=people["person"])
    hosts_end = by_person.reindex(people["invited_by"]).to_numpy()
    is_colleague = people["role"].to_numpy() == 1
    return np.where(is_colleague, np.maximum(hosts_end, people["signed_up_at"].to_numpy() + HOUR), ends)


def _before(frame: pd.DataFrame, moment: str, until: Floats) -> pd.DataFrame:
    """The rows that happen before their person's end."""
    is_before: Bools = frame[moment].to_numpy() < until[frame["row"].to_numpy()]
    return frame.loc[is_before].reset_index(drop=True)
