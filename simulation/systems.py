"""How the people of the world show up in each system.

Here belongs one function per system that turns lives into that system's events, with the ids the system
knows. Each returns a frame with `event_type`, `seconds` (since the start) and the system's own columns; what
happens after the end of the history is still in it. What becomes of people is decided in `world`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulation.world import (
    DAY,
    HOUR,
    MINUTE,
    PLANS,
    PRODUCT_HOURS,
    TEMPERAMENTS,
    WEB_HOURS,
    Calendar,
    Floats,
    Ints,
    known_if,
    looked_up,
    pick,
    stream,
    time_of_day,
)

RETURN_CHANNELS = {"direct": 0.50, "organic_search": 0.28, "paid_search": 0.12, "social": 0.10}
SAME_CHANNEL_AGAIN = 0.35
CAMPAIGNS = {
    "paid_search": ["brand", "alternatives", "templates"],
    "social": ["founders", "retargeting"],
    "email": ["newsletter"],
}
PAGES = {
    "/": 0.30,
    "/features": 0.20,
    "/blog/getting-started": 0.16,
    "/customers": 0.10,
    "/docs": 0.16,
    "/integrations": 0.08,
}
FEATURES = {
    "editor": 0.36,
    "dashboard": 0.24,
    "export": 0.14,
    "automation": 0.12,
    "sharing": 0.10,
    "api": 0.04,
}
TOPICS = {"how_to": 0.40, "bug": 0.27, "billing": 0.18, "integration": 0.15}

EXTRA_VISITS = 1.6
PRICING_SHARE = 0.25
WEB_VISIT_ON_ACTIVE_DAY = 0.3
LOGGED_IN_ON_WEB = 0.6
DEVICE_ID_ON_WEB = 0.3
DEMO_SHARE = {"visitor": 0.05, "user": 0.12}
MAIL_EVERY_DAYS = 14
OPEN_RATE, CLICK_RATE = 0.30, 0.16


def _who(people: pd.DataFrame, column: str, positions: Ints) -> npt.NDArray[Any]:
    """The column's values of the people at these positions."""
    return people[column].to_numpy()[positions]


def _repeat(counts: Ints) -> tuple[Ints, Ints]:
    """Position and number (from 0) of each counted thing: [2, 1] gives [0, 0, 1] and [0, 1, 0]."""
    position = np.repeat(np.arange(len(counts)), counts)
    return position, np.arange(len(position)) - np.repeat(np.cumsum(counts) - counts, counts)


def web(seed: int, people: pd.DataFrame, used: tuple[Ints, Ints], calendar: Calendar, clicks: pd.DataFrame) -> pd.DataFrame:
    """Page views, pricing views and sign-ups: from first visits, beside product use, from mail clicks."""
    rng = stream(seed, "web")
    visits = _visits(rng, people, used, clicks)
    person = visits["person"].to_numpy()
    size = len(visits)
    again = np.where(
        rng.random(size) < SAME_CHANNEL_AGAIN,
        _who(people, "channel", person),
        pick(rng, RETURN_CHANNELS, size),
    )
    first_channel = known_if(people["is_channel_known"], people["channel"])[person]
    visits["channel"] = np.select(
        [visits["is_first"].to_numpy(), visits["is_click"].to_numpy()],
        [first_channel, "email"],
        default=again,
    )
    draw = rng.random(size)
    visits["campaign"] = [
        CAMPAIGNS[channel][int(d * len(CAMPAIGNS[channel]))] if channel in CAMPAIGNS else None
        for channel, d in zip(visits["channel"], draw, strict=True)
    ]
    on_second = ~visits[["is_first", "is_signup", "is_click"]].any(axis=1).to_numpy() & (rng.random(size) < 0.5)
    visits["anonymous_id"] = np.where(on_second, _who(people, "second_cookie", person), _who(people, "cookie", person))
    is_elsewhere = visits["anonymous_id"].to_numpy() != _who(people, "cookie", person)
    device = _who(people, "device", person)
    visits["device"] = np.where(is_elsewhere, np.where(device == "mobile", "desktop", "mobile"), device)
    knows_device = ~is_elsewhere & (rng.random(size) < DEVICE_ID_ON_WEB)
    visits["device_id"] = known_if(knows_device, _who(people, "device_id", person))
    is_logged_in = (
        (visits["seconds"].to_numpy() > _who(people, "signed_up", person))
        & _who(people, "is_user_id_on_web", person)
        & (rng.random(size) < LOGGED_IN_ON_WEB)
    )
    visits["user_id"] = known_if(is_logged_in, _who(people, "user_id", person))

    visit, number = _repeat(1 + rng.poisson(1.6, size))
    pages = visits.iloc[visit].assign(event_type="page_viewed", page_path=pick(rng, PAGES, len(visit)))
    pages["seconds"] += (number + np.where(number > 0, rng.random(len(number)), 0)) * 70
    pricing = visits[rng.random(size) < PRICING_SHARE].assign(event_type="pricing_viewed", page_path="/pricing")
    pricing["seconds"] += rng.uniform(90, 200, len(pricing))
    signups = visits[visits["is_signup"]].assign(event_type="signed_up", page_path="/signup")
    joined = signups["person"].to_numpy()
    signups["seconds"] = _who(people, "signed_up", joined)
    signups["email"] = _who(people, "email", joined)
    signups["user_id"] = known_if(_who(people, "is_user_id_on_web", joined), _who(people, "user_id", joined))
    banners = visits.iloc[np.sort(rng.choice(size, min(50, size), replace=False))].assign(event_type="banner_closed")
    banners["seconds"] += rng.uniform(5, 30, len(banners))
    events = pd.concat([pages, pricing, signups, banners], ignore_index=True)
    columns = ["event_type", "seconds", "anonymous_id", "user_id", "email", "device_id"]
    return events[[*columns, "channel", "campaign", "device", "page_path"]].assign(source="web")


def _visits(rng: np.random.Generator, people: pd.DataFrame, used: tuple[Ints, Ints], clicks: pd.DataFrame) -> pd.DataFrame:
    """One row per visit to the site: person, seconds, and why it happened."""
    everybody = np.arange(len(people))
    visited, signed_up = people["visited"].to_numpy(), people["signed_up"].to_numpy()
    in_first_visit = signed_up - visited < 30 * MINUTE
    first = pd.DataFrame({"person": everybody, "seconds": visited, "is_first": True, "is_signup": in_first_visit})
    comes_back_to_sign_up = np.flatnonzero(~np.isnan(signed_up) & ~in_first_visit)
    wait = signed_up[comes_back_to_sign_up] - visited[comes_back_to_sign_up]
    joining_at = signed_up[comes_back_to_sign_up] - np.minimum(10 * MINUTE, wait / 2)
    joining = pd.DataFrame({"person": comes_back_to_sign_up, "seconds": joining_at, "is_signup": True})

    extra, _ = _repeat(rng.poisson(np.where(in_first_visit, 0.0, EXTRA_VISITS)))
    patience = np.where(np.isnan(signed_up), 21 * DAY, signed_up - visited)[extra]
    whole_days = np.floor(rng.random(len(extra)) ** 2 * patience / DAY)
    extra_at = visited[extra] + np.minimum(whole_days * DAY + rng.uniform(1, 3, len(extra)) * HOUR, patience * 0.95)
    extras = pd.DataFrame({"person": extra, "seconds": extra_at})

    person, day = used
    is_beside = rng.random(len(person)) < WEB_VISIT_ON_ACTIVE_DAY
    beside_at = day[is_beside] * DAY + time_of_day(rng, int(is_beside.sum()), WEB_HOURS)
    beside = pd.DataFrame({"person": person[is_beside], "seconds": beside_at})
    clicked = pd.DataFrame({"person": clicks["person"], "seconds": clicks["seconds"] + 2, "is_click": True})
    visits = pd.concat([first, joining, extras, beside, clicked], ignore_index=True)
    flags = ["is_first", "is_signup", "is_click"]
    visits[flags] = visits[flags].fillna(False).astype(bool)
    return visits


def email(seed: int, people: pd.DataFrame, calendar: Calendar) -> pd.DataFrame:
    """A fortnightly newsletter to everybody who has signed up: opened by some, clicked by few.

    A click carries the cookie of the browser it opens: one more way for ids to get connected. The column
    `person` tells `web` whose visit follows.
    """
    rng = stream(seed, "email")
    sent_at = np.arange(10, calendar.day_count, MAIL_EVERY_DAYS) * DAY + 9 * HOUR
    reader, mail = np.nonzero(
        (people["signed_up"].to_numpy()[:, None] < sent_at)
        & (sent_at < people["last_used"].to_numpy()[:, None] + 60 * DAY)
        & (rng.random((len(people), len(sent_at))) < OPEN_RATE)
    )
    opened_at = sent_at[mail] + rng.exponential(9 * HOUR, len(mail))
    opened = pd.DataFrame({"person": reader, "seconds": opened_at, "event_type": "email_opened"})
    opened["email"] = _who(people, "email", reader)
    opened["campaign"] = [f"newsletter-{number + 1:02d}" for number in mail]
    clicked = opened[rng.random(len(opened)) < CLICK_RATE].assign(event_type="email_clicked")
    clicked["seconds"] += rng.uniform(10, 120, len(clicked))
    clicked["anonymous_id"] = _who(people, "cookie", clicked["person"].to_numpy())
    return pd.concat([opened, clicked], ignore_index=True).assign(source="email", channel="email")


def product(seed: int, people: pd.DataFrame, used: tuple[Ints, Ints], calendar: Calendar) -> pd.DataFrame:
    """Log-ins, feature use, invitations and referrals; known by user and device."""
    rng = stream(seed, "product")
    person, day = used
    begun_at = day * DAY + time_of_day(rng, len(day), PRODUCT_HOURS)
    logs_in = rng.random(len(day)) < 0.65  # the others are still logged in
    feature_count = looked_up(
        _who(people, "temperament", person).astype(object),
        {name: t.feature_count for name, t in TEMPERAMENTS.items()},
    )
    session, number = _repeat(1 + rng.poisson(feature_count - 1))
    used_at = begun_at[session] + (number + rng.uniform(0.1, 1, len(number))) * 5 * MINUTE
    first_user, first_used_at = _first_uses(rng, people)
    invites = rng.random(len(day)) < 0.015
    referrer, referred_at = _referrals(rng, people)
    return pd.concat(
        [
            _product_events(people, "logged_in", person[logs_in], begun_at[logs_in]),
            _product_events(people, "feature_used", person[session], used_at).assign(
                feature_name=pick(rng, FEATURES, len(session))
            ),
            _product_events(people, "feature_used", first_user, first_used_at).assign(
                feature_name=pick(rng, FEATURES, len(first_user))
            ),
            _product_events(people, "teammate_invited", person[invites], begun_at[invites] + 9 * MINUTE),
            _product_events(people, "referral_made", referrer, referred_at),
        ],
        ignore_index=True,
    )


def _product_events(people: pd.DataFrame, event_type: str, person: Ints, seconds: Floats) -> pd.DataFrame:
    ids = {column: _who(people, column, person) for column in ("user_id", "device_id")}
    return pd.DataFrame({"event_type": event_type, "seconds": seconds, **ids, "source": "product"})


def _first_uses(rng: np.random.Generator, people: pd.DataFrame) -> tuple[Ints, Floats]:
    """The first week: three to seven uses, before any purchase, of those who activate; else one at most."""
    users = np.flatnonzero(people["signed_up"].notna())
    is_activated = _who(people, "is_activated", users)
    index, _ = _repeat(np.where(is_activated, rng.integers(3, 8, len(users)), rng.integers(0, 2, len(users))))
    signed_up = _who(people, "signed_up", users)
    until_purchase = np.nan_to_num(_who(people, "purchased", users) - signed_up, nan=np.inf)
    span = np.minimum(np.minimum(rng.gamma(1.2, 1.5, len(users)), 6.5) * DAY, 0.95 * until_purchase)
    return users[index], signed_up[index] + rng.uniform(0.02, 1, len(index)) * span[index]


def _referrals(rng: np.random.Generator, people: pd.DataFrame) -> tuple[Ints, Floats]:
    """Content customers recommend the product, some weeks in, while they still use it."""
    seconds = people["purchased"].to_numpy() + (7 + rng.exponential(50, len(people))) * DAY
    willingness = np.clip(0.24 + 0.14 * people["satisfaction"].to_numpy(), 0.01, 0.6)
    refers = np.flatnonzero((rng.random(len(people)) < willingness) & (seconds < people["last_used"].to_numpy()))
    return refers, seconds[refers]


def crm(seed: int, people: pd.DataFrame) -> pd.DataFrame:
    """Contacts and demo requests; a contact who has signed up carries the user_id, a form the cookie."""
    rng = stream(seed, "crm")
    has_signed_up = people["signed_up"].notna().to_numpy()
    asks = rng.random(len(people)) < np.where(has_signed_up, DEMO_SHARE["user"], DEMO_SHARE["visitor"])
    asked_at = people["visited"].to_numpy() + np.where(
        has_signed_up,
        (people["signed_up"] - people["visited"]).to_numpy() * rng.uniform(0.1, 0.9, len(people)),
        3e3,
    )
    created_at = np.where(has_signed_up, people["signed_up"].to_numpy(), asked_at) + rng.uniform(60, 900, len(people))
    is_in_crm = people["is_in_crm"].to_numpy()
    contact, asking = np.flatnonzero(is_in_crm & (asks | has_signed_up)), np.flatnonzero(is_in_crm & asks)
    ids = ["crm_id", "email", "account_id"]
    contacts = people.iloc[contact][ids].assign(event_type="contact_created", seconds=created_at[contact])
    contacts["user_id"] = known_if(has_signed_up, people["user_id"])[contact]
    contacts["lifecycle"] = np.where(has_signed_up[contact], "user", "lead")
    demos = people.iloc[asking][ids].assign(event_type="demo_requested", seconds=asked_at[asking])
    demos["anonymous_id"] = _who(people, "cookie", asking)
    return pd.concat([contacts, demos], ignore_index=True).assign(source="crm")


def billing(seed: int, people: pd.DataFrame, calendar: Calendar) -> pd.DataFrame:
    """Trials, purchases, invoices every 30 days and cancellations. Only a paid invoice carries revenue."""
    rng = stream(seed, "billing")
    plan = pick(rng, {"starter": 0.48, "team": 0.38, "business": 0.14}, len(people))
    seats = np.where(plan == "starter", 1, rng.integers(1, 6, len(people)))
    monthly_amount = looked_up(plan, PLANS) * seats
    purchased, signed_up = people["purchased"].to_numpy(), people["signed_up"].to_numpy()
    buys = ~np.isnan(purchased)
    tries = buys | (rng.random(len(people)) < np.where(people["is_activated"], 0.80, 0.45))
    trial_at = signed_up + np.minimum(
        rng.uniform(2, 40, len(people)) * MINUTE, 0.5 * np.where(buys, purchased - signed_up, np.inf)
    )

    paid_until = np.minimum(people["paid_until"].to_numpy(), calendar.end)
    invoice_count = np.where(buys, np.nan_to_num((paid_until - purchased) // (30 * DAY)) + 1, 0).clip(min=0)
    payer, number = _repeat(invoice_count.astype(np.int64))
    paid_at = purchased[payer] + number * 30 * DAY + 2 * MINUTE

    def events(event_type: str, person: Ints, seconds: Floats) -> pd.DataFrame:
        ids = {"user_id": _who(people, "user_id", person), "email": _who(people, "billing_email", person)}
        terms = {"plan": plan[person], "seats": seats[person]}
        return pd.DataFrame({"event_type": event_type, "seconds": seconds, **ids, **terms})

    trying = np.flatnonzero(tries & ~np.isnan(signed_up))
    buying = np.flatnonzero(buys)
    leaving = np.flatnonzero(people["cancelled"].notna())
    invoices = events("invoice_paid", payer, paid_at)
    invoices["revenue_amount"] = [f"{amount:.2f}" for amount in monthly_amount[payer]]
    invoices["currency"] = "USD"
    return pd.concat(
        [
            events("trial_started", trying, trial_at[trying]),
            events("purchased", buying, purchased[buying]),
            invoices,
            events("subscription_cancelled", leaving, people["cancelled"].to_numpy()[leaving]),
        ],
        ignore_index=True,
    ).assign(source="billing")


def support(seed: int, people: pd.DataFrame, used: tuple[Ints, Ints]) -> pd.DataFrame:
    """Tickets of active people, more of discontented ones; most are solved within days."""
    rng = stream(seed, "support")
    person, day = used
    odds = 0.022 * np.exp(-0.35 * _who(people, "satisfaction", person))
    asks = rng.random(len(day)) < odds
    person = person[asks]
    opened = pd.DataFrame(
        {
            "event_type": "ticket_opened",
            "seconds": day[asks] * DAY + time_of_day(rng, len(person), PRODUCT_HOURS),
            "email": _who(people, "support_email", person),
            "user_id": known_if(rng.random(len(person)) < 0.4, _who(people, "user_id", person)),
            "ticket_number": [f"T-{n:05d}" for n in range(1, len(person) + 1)],
            "topic": pick(rng, TOPICS, len(person)),
        }
    )
    solved = opened[rng.random(len(opened)) < 0.88].assign(event_type="ticket_solved")
    solved["seconds"] += rng.gamma(1.3, 14 * HOUR, len(solved)) + 10 * MINUTE
    return pd.concat([opened, solved], ignore_index=True).assign(source="support")


def survey(seed: int, people: pd.DataFrame) -> pd.DataFrame:
    """How likely people recommend us (0 to 10), asked twice after the purchase; half do not answer."""
    rng = stream(seed, "survey")
    rounds = []
    for asked_after in (42, 180):
        seconds = people["purchased"].to_numpy() + asked_after * DAY + rng.exponential(20 * HOUR, len(people))
        answers = (seconds < people["last_used"].to_numpy()) & (rng.random(len(people)) < 0.5)
        score = np.clip(np.round(7.6 + 1.7 * people["satisfaction"] + rng.normal(0, 1.2, len(people))), 0, 10)
        answered = pd.DataFrame({"seconds": seconds, "email": people["email"], "nps_score": score.astype(int)})
        rounds.append(answered[answers])
    return pd.concat(rounds, ignore_index=True).assign(event_type="nps_answered", source="survey")
