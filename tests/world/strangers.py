"""Ten thousand people of whom nobody knows more than a short list of events, drawn at random: a world for brute force.

Equal moments, repeats (A A B), pauses of exactly the session's gap and several devices are common. Everybody has a user id and
devices of their own, so who is who is never in question. What must come of them is worked out in the tests, in plain Python.
"""

from __future__ import annotations

import csv
import random
from datetime import datetime, timedelta
from pathlib import Path

from tests.world.town import Row

JOURNEY = Path(__file__).with_name("strangers.yml")
PEOPLE = 10_000
FIRST_DAY = datetime(2026, 1, 1)
STARTS = (*range(60), 80, 80)  # days from the first; who starts on the last one has no time for what takes days
LAST_MOMENT = FIRST_DAY + timedelta(days=81)
LANDED_AT = datetime(2026, 4, 1)
GAP = timedelta(minutes=30)
MOST_SPAN = timedelta(minutes=45)
EVENT_TYPES = ("looked", "looked", "looked", "tried", "tried", "asked", "bought", "left")
# Minutes from one event to the next: none, the gap and just beyond it, a few days.
PAUSES = (0, 0, 0, 1, 29, 30, 30, 31, 60, 600, 2880)
DEVICES = ("", "0", "0", "0", "1", "2")
KINDS = ("phone", "tablet", "")
CHANNELS = ("search", "ads", "")
CAMPAIGNS = {0: "rare", 1: "seldom", 2: "seldom"}  # of a person in every two hundred


def rows(seed: int = 1, people: int = PEOPLE) -> list[Row]:
    """All events, about ten to a person; `number` tells them apart and stays with them as an attribute."""
    dice = random.Random(seed)
    found: list[Row] = []
    for person in range(people):
        at = FIRST_DAY + timedelta(days=dice.choice(STARTS), minutes=dice.randrange(0, 1440, 30))
        for _ in range(dice.choice((1, 2, 3, 5, 8, 11, 14, 18))):
            if at > LAST_MOMENT:
                break
            device = dice.choice(DEVICES)
            found.append(
                {
                    "event_type": dice.choice(EVENT_TYPES),
                    "occurred_at": at.isoformat(),
                    "user_id": f"u{person}",
                    "device_id": f"d{person}.{device}" if device else "",
                    "event_id": f"e{len(found)}",
                    "channel": dice.choice(CHANNELS),
                    "campaign": CAMPAIGNS.get(person % 200, ""),
                    "device": dice.choice(KINDS),
                    "revenue_amount": str(dice.randrange(1, 99)) if dice.random() < 0.1 else "",
                    "number": str(len(found)),
                }
            )
            at += timedelta(minutes=dice.choice(PAUSES))
    return found


def rows_in_file() -> list[Row]:
    """The events in the order of the file, which is none: what happens in one moment is told in that order."""
    events = rows()
    random.Random(2).shuffle(events)
    return events


def write(folder: Path) -> None:
    """The landing folder."""
    events = rows_in_file()
    (folder / "events").mkdir(parents=True, exist_ok=True)
    with (folder / "events" / "strangers.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(events[0]))
        writer.writeheader()
        writer.writerows(events)
