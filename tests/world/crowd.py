"""Three hundred random customers, and what must come of them worked out by hand: plain loops over one customer's few events.

Nothing here is clever on purpose. Times lie on a coarse grid, so that equal moments, pauses of exactly the gap and windows
that end exactly are common. The crowd lives by the town's journey file, whose numbers are repeated here in plain words.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from tests.world.town import Row, write_csv

LANDED_AT = datetime(2026, 3, 2, 6)
LATE_LANDED_AT = datetime(2026, 3, 20)
FIRST_DAY = datetime(2026, 1, 1)
SNAPSHOT_AT = datetime(2026, 2, 10)  # two horizons before the first midnight after the last sign of life
MICROSECOND = timedelta(microseconds=1)
OFFSETS = (*(timedelta(minutes=minutes) for minutes in (0, 0, 0, 30, 31, 62)), timedelta(minutes=31) + MICROSECOND)
EVENT_TYPES = {
    "page_viewed": 6,
    "signed_up": 3,
    "feature_used": 5,
    "purchased": 3,
    "trial_started": 1,
    "logged_in": 1,
    "referral_made": 1,
    "complained": 1,
    "subscription_cancelled": 1,
}
BEHAVIOUR = ("page_viewed", "signed_up", "logged_in", "feature_used")


@dataclass(frozen=True)
class Event:
    """One event of one customer; `number` finds it in the warehouse, where it has a hash for a name."""

    number: int
    user_id: str
    event_type: str
    at: datetime
    device_id: str
    channel: str

    @property
    def row(self) -> Row:
        """The event as a row of an export. All systems are one, so that all records end together."""
        named = {"user_id": self.user_id, "device_id": self.device_id, "channel": self.channel, "plan": str(self.number)}
        return {"event_type": self.event_type, "occurred_at": self.at.isoformat(), "source": "product"} | named


def events(seed: int = 11, customers: int = 300) -> list[Event]:
    """The crowd's two months, in an order that is not that of time, and a clockwork that makes days end with a sign of life."""
    dice = random.Random(seed)
    drawn: list[tuple[str, str, datetime, str, str]] = []
    for customer in range(customers):
        start = dice.randrange(50)
        for _ in range(dice.randint(1, 12)):
            kind = dice.choices(list(EVENT_TYPES), list(EVENT_TYPES.values()))[0]
            day = min(58, start + dice.choice((0, 0, 0, 1, 3, 7, 10, 20, 30)))
            at = FIRST_DAY + timedelta(days=day, hours=dice.choice((0, 12))) + dice.choice(OFFSETS)
            device_id = dice.choice(("", f"phone-{customer}", f"desk-{customer}"))
            drawn.append((f"crowd-{customer}", kind, at, device_id, dice.choice(("", "", "search", "email"))))
    for at in (SNAPSHOT_AT - MICROSECOND, datetime(2026, 3, 1, 10)):
        drawn += [("clockwork", kind, at, "", "") for kind in ("feature_used", "page_viewed")]
    drawn.append(("clockwork", "purchased", FIRST_DAY, "", ""))
    dice.shuffle(drawn)
    return [Event(number, *one) for number, one in enumerate(drawn)]


def late_rows() -> list[Row]:
    """Invoices of the autumn before, which come to light only in March."""
    return [
        {
            "event_type": "invoice_paid",
            "occurred_at": "2025-11-01T00:00:00",
            "source": "product",
            "user_id": f"crowd-{customer}",
            "revenue_amount": "7",
        }
        for customer in range(0, 300, 3)
    ]


def write(folder: Path, *, until: datetime | None = None) -> None:
    """Write the crowd's export to `<folder>/events/`, or only what happened before `until`."""
    path = folder / "events" / "crowd.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_csv(path, [event.row for event in events() if until is None or event.at < until])


def by_customer(all_events: Sequence[Event]) -> dict[str, list[Event]]:
    """Each customer's events in time; those of one moment in no particular order."""
    customers: dict[str, list[Event]] = {}
    for event in sorted(all_events, key=lambda one: one.at):
        customers.setdefault(event.user_id, []).append(event)
    return customers


def visits(own: Sequence[Event]) -> set[frozenset[int]]:
    """The numbers of the events of each visit of one customer: per device, until a pause of more than 31 minutes."""
    found: list[list[Event]] = []
    for device_id in {event.device_id for event in own}:
        previous: datetime | None = None
        for event in (one for one in own if one.device_id == device_id and one.event_type in BEHAVIOUR):
            if previous is None or event.at - previous > timedelta(minutes=31):
                found.append([])
            found[-1].append(event)
            previous = event.at
    return {frozenset(event.number for event in visit) for visit in found}


def chains(own: Sequence[Event], steps: Sequence[str], window: timedelta | None) -> Iterator[tuple[Event, list[Event]]]:
    """Every entry of one customer into a funnel with every chain from it, long and short, by trying them all."""

    def longer(chain: list[Event]) -> Iterator[list[Event]]:
        yield chain
        if len(chain) == len(steps):
            return
        for event in own:
            fits = event.event_type == steps[len(chain)] and event.at >= chain[-1].at and event not in chain
            if fits and (window is None or event.at - chain[0].at <= window):
                yield from longer([*chain, event])

    for entry in own:
        if entry.event_type == steps[0]:
            for chain in longer([entry]):
                yield entry, chain


def best_chains(own: Sequence[Event], steps: Sequence[str], window: timedelta | None) -> dict[Event, list[Event]]:
    """The chain of each entry: the longest, and of those one that completes first."""
    best: dict[Event, list[Event]] = {}
    for entry, chain in chains(own, steps, window):
        if entry not in best or (-len(chain), chain[-1].at) < (-len(best[entry]), best[entry][-1].at):
            best[entry] = chain
    return best


# Position and name of the stages of the set `life` that a milestone leads to, by the event that is the milestone.
ON_PATH = {
    "page_viewed": (1, "awareness"),
    "signed_up": (2, "consideration"),
    "trial_started": (3, "decision"),
    "purchased": (4, "customer"),
    "referral_made": (5, "advocacy"),
}
SILENCE = timedelta(days=10)


def beats_until(customers: dict[str, list[Event]]) -> datetime:
    """The last use of a feature by anybody who has bought: silence is told up to it."""
    return max(
        event.at
        for own in customers.values()
        for bought in [[event.at for event in own if event.event_type == "purchased"]]
        for event in own
        if event.event_type == "feature_used" and bought and event.at >= bought[0]
    )


def stays(own: Sequence[Event], known_until: datetime) -> list[tuple[str, datetime]]:
    """The stages of one customer with the time of entry, by walking through every moment at which something could change."""
    bought = [event.at for event in own if event.event_type == "purchased"]
    used = [event.at for event in own if event.event_type == "feature_used" and bought and event.at >= bought[0]]
    beats = sorted({*bought[:1], *used})
    silent, returned = set(), set()
    for number, beat in enumerate(beats):
        following = beats[number + 1] if number + 1 < len(beats) else None
        if (following is None or following > beat + SILENCE) and beat + SILENCE <= known_until:
            silent.add(beat + SILENCE)
            returned |= {following} if following else set()
    stage, furthest = "awareness", 0
    found = [(stage, own[0].at)]
    seen: set[str] = set()
    for at in sorted({event.at for event in own} | silent):
        kinds = {event.event_type for event in own if event.at == at} - seen
        seen |= kinds
        ways = [(8, "churned")] if "subscription_cancelled" in kinds else []
        ways += [(7, "at_risk")] if at in silent else []
        ways += [(6, "unhappy")] if "complained" in kinds else []
        ways += [(4, "customer")] if at in returned else []
        reached = [ON_PATH[kind] for kind in kinds if kind in ON_PATH and ON_PATH[kind][0] >= furthest]
        furthest = max([furthest, *(position for position, _ in reached)])
        if ways + reached:
            _, entered = max(ways + reached)
            if entered != stage:
                found = [one for one in found if one[1] < at] + [(entered, at)]
            stage = entered
        if stage == "churned":
            break
    return found
