"""Many small worlds in one landing folder, whose files come in no order: late rows, duplicates, corrections, files that change,
people who turn out to be one or two. No two worlds share an identifier, so a thousand of them are a thousand cases at once.
"""

from __future__ import annotations

import csv
import io
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from tests.world.town import Row

FIRST_DAY = datetime(2026, 1, 1)
DAYS = timedelta(days=60)
GRID = (0, 0, 0, 30, 31, 62, 600)  # minutes: equal moments and pauses of exactly the gap are common
EVENT_TYPES = (
    *("page_viewed", "page_viewed", "page_viewed", "feature_used", "feature_used", "feature_used", "signed_up", "purchased"),
    *("trial_started", "logged_in", "referral_made", "complained", "subscription_cancelled", "a name nobody knows"),
    *("consent_given", "consent_withdrawn"),
)
PURPOSES = ("", "email", "Analytics", "all")
SYSTEMS = ("product", "web", "till")
CHANNELS = ("", "search", "ads", "direct")


@dataclass(frozen=True)
class Delivery:
    """What one run finds in the landing folder: its files as they are now, and when it looks."""

    files: dict[str, list[Row]]
    at: datetime


def deliveries(seed: int, worlds: int, runs: int) -> list[Delivery]:
    """The landing folder at each of the runs; every one holds all files of those before it, every other time one of them changed.

    The first run holds most of the history, as it does in life: what comes later is less than half, and mends what is there.
    """
    dice = random.Random(seed)
    logged = [row for world in range(worlds) for row in _events(dice, f"{seed}-{world}")]
    used = [row for world in range(worlds) for row in _feature_uses(dice, f"{seed}-{world}")]
    names = [f"part-{number}.csv" for number in dice.sample(range(1, 200), 3 * runs)]  # natural order is not that of arrival
    files: dict[str, list[Row]] = {}
    found: list[Delivery] = []
    for run in range(runs):
        begins_at, ends_at = (FIRST_DAY + DAYS * (0.6 + 0.4 * number / (runs - 1)) for number in (run - 1, run))
        for name in names[3 * run : 3 * run + 2]:
            files[name] = [row for row in logged if _comes(dice, row, begins_at if run else FIRST_DAY, ends_at)]
            dice.shuffle(files[name])
        files[f"feature_uses-{names[3 * run + 2]}"] = [row for row in used if dice.random() < (0.6 if run == 0 else 0.2)]
        if run % 2 == 0 and run:
            name = dice.choice(sorted(name for name in found[-1].files if not name.startswith("clock")))
            files[name] = [row for row in files[name] if dice.random() < 0.97] or files[name]
        files[f"clock-{run}.csv"] = [
            {"event_type": "page_viewed", "occurred_at": ends_at.isoformat(), "source": "clock", "user_id": "clock"}
        ]
        found.append(Delivery(dict(files), ends_at + timedelta(hours=1)))
    return found


def write(folder: Path, delivery: Delivery) -> None:
    """Make the landing folder that of a delivery; what has not changed is left alone."""
    (folder / "events").mkdir(parents=True, exist_ok=True)
    for name, rows in delivery.files.items():
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, list(dict.fromkeys(column for row in rows for column in row)) or ["event_type"])
        writer.writeheader()
        writer.writerows(rows)
        path = folder / "events" / name
        if not path.exists() or path.read_text(encoding="utf-8") != text.getvalue().replace("\r\n", "\n"):
            path.write_text(text.getvalue(), encoding="utf-8", newline="")


def _comes(dice: random.Random, row: Row, begins_at: datetime, ends_at: datetime) -> bool:
    """Whether a row is in a file: most come soon after they happened, some late, some twice, a few before their time."""
    at = datetime.fromisoformat(row["occurred_at"])
    if at > ends_at:
        return dice.random() < 0.01
    return dice.random() < (0.5 if at > begins_at else 0.04)


def _events(dice: random.Random, world: str) -> list[Row]:
    """One world: a few people with cookies, addresses and devices that pass from hand to hand."""
    pools = {
        "user_id": [f"u{number}.{world}" for number in range(dice.randint(1, 3))],
        "anonymous_id": [f"c{number}.{world}" for number in range(dice.randint(1, 4))],
        "email": [f"{number}@{dice.choice(('gmail.com', f'firm{world}.com'))}" for number in (f"a{world}", f"b{world}")],
        "device_id": [f"d{world}"],
        "crm_id": [f"k{number}.{world}" for number in range(2)],
    }
    rows: list[Row] = []
    start = dice.randrange(DAYS.days - 10)
    for number in range(dice.randint(4, 22)):
        at = FIRST_DAY + timedelta(
            days=min(DAYS.days, start + dice.choice((0, 0, 1, 1, 2, 5, 11, 25))), minutes=dice.choice(GRID)
        )
        row = {
            "event_type": dice.choice(EVENT_TYPES),
            "occurred_at": at.isoformat(),
            "source": dice.choice(SYSTEMS),
            "channel": dice.choice(CHANNELS),
            "purpose": dice.choice(PURPOSES),
            "event_id": f"e{world}.{number}" if dice.random() < 0.7 else "",
            "revenue_amount": str(dice.randrange(1, 99)) if dice.random() < 0.2 else "",
            "account_id": f"firm{dice.randrange(2)}.{world}" if dice.random() < 0.1 else "",
        }
        for kind, chance in (("user_id", 0.4), ("anonymous_id", 0.6), ("email", 0.15), ("device_id", 0.1), ("crm_id", 0.1)):
            if dice.random() < chance:
                row[kind] = dice.choice(pools[kind])
        rows.append(row)
        if row["event_id"] and dice.random() < 0.15:  # a correction: another version of the same event
            corrected = dice.choice([kind for kind in ("event_type", "channel", "user_id", "occurred_at") if row.get(kind)])
            value = {
                "event_type": dice.choice(EVENT_TYPES),
                "channel": dice.choice(CHANNELS[1:]),
                "user_id": dice.choice(pools["user_id"]),
                "occurred_at": (at + timedelta(minutes=dice.choice(GRID))).isoformat(),
            }[corrected]
            rows.append(row | {corrected: value})
    return rows


def _feature_uses(dice: random.Random, world: str) -> list[Row]:
    """Uses whose plan changes from one to the next: a row that comes late changes what the row after it says."""
    return [
        {
            "customer_id": f"u0.{world}",
            "signup_date": FIRST_DAY.isoformat(),
            "usage_timestamp": (FIRST_DAY + timedelta(days=dice.randrange(DAYS.days))).isoformat(),
            "plan_type": dice.choice(("basic", "pro", "team")),
            "feature_name": dice.choice(("board", "chat")),
        }
        for _ in range(dice.choice((0, 0, 3, 5)))
    ]
