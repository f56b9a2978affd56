"""The town: what each person did, and beside it what must come of it.

Here belong the people and the few rows that are wrong on purpose. Turning them into a warehouse is build.py; asking the
warehouse is for the tests. Add a person rather than change one: others may rely on what is known of them.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

JOURNEY = Path(__file__).with_name("journey.yml")
LANDED_AT = datetime(2026, 3, 2, 6)
AS_OF = datetime(2026, 3, 1, 12)  # Zoe's last page view: the latest event that is not dated after its landing
NO_DEVICE = "00000000-0000-0000-0000-000000000000"

Row = dict[str, str]
Stay = tuple[str, str, str]  # stage, entered at, why; it lasts until the next one

# Which system records what, unless a row says otherwise. Each system hands over in a format of its own.
SOURCES = {
    "page_viewed": "web",
    "signed_up": "web",
    "logged_in": "product",
    "feature_used": "product",
    "referral_made": "product",
}
COLUMNS = (
    *("event_type", "occurred_at", "user_id", "anonymous_id", "email", "phone", "device_id", "crm_id", "account_id"),
    *("event_id", "source", "channel", "campaign", "device", "revenue_amount", "currency", "plan"),
)


def row(event_type: str, at: str, **columns: str) -> Row:
    """One row of an export; `at` is month, day and time of 2026 or a full date."""
    occurred_at = at if at[:4].isdigit() or not at[:2].isdigit() else f"2026-{at}"
    return {"event_type": event_type, "occurred_at": occurred_at, "source": SOURCES.get(event_type, "billing")} | columns


def moment(at: str) -> datetime:
    """The same way to write a time, as a timestamp."""
    return datetime.fromisoformat(at if at[:4].isdigit() else f"2026-{at}")


@dataclass(frozen=True)
class Person:
    """Somebody, by one identifier, with their rows and what is expected of them.

    What is None is not looked at; only no account means that there must be none.
    """

    name: str
    known_by: tuple[str, str]
    rows: list[Row]
    event_count: int
    account: str | None = None
    sessions: tuple[int, ...] | None = None  # events per session, in order of their beginnings
    milestones: dict[str, list[str]] | None = None  # when each was reached
    stays: tuple[Stay, ...] | None = None
    steps: int | None = None  # how far signup_to_purchase went, at best


def features(*days: str, user: str) -> list[Row]:
    """One use of a feature at ten o'clock on each of the days."""
    return [row("feature_used", f"{day} 10:00", user_id=user) for day in days]


PEOPLE = (
    Person(
        "Ada visits, signs up, is activated at the last moment, buys and tells a friend",
        ("user_id", "u-ada"),
        [
            row("page_viewed", "01-05 10:00", anonymous_id="a-ada", channel="search", campaign="winter", device="phone"),
            row("page_viewed", "01-05 10:31", anonymous_id="a-ada"),  # 31 minutes: still the same visit
            row("page_viewed", "01-05 11:02:00.000001", anonymous_id="a-ada", channel="email"),  # and a microsecond: the next
            row("signed_up", "01-06 09:00", anonymous_id="a-ada", user_id="u-ada", email=" Ada@Gmail.com "),
            *features("01-07", "01-08", user="u-ada"),
            row("feature_used", "01-13 09:00", user_id=" u-ada "),  # exactly a week after signing up
            row("trial_started", "01-14 09:00", email="ada@gmail.com", plan="ada@gmail.com on trial"),
            row("purchased", "01-15 09:00", email="ADA@gmail.com", revenue_amount="99.50", currency="EUR"),
            row("referral_made", "01-16 09:00", user_id="u-ada"),
            *features("01-20", "01-29", "02-07", "02-16", "02-25", user="u-ada"),
            row("invoice_paid", "02-15 09:00", email="ada@gmail.com", revenue_amount="0.5", currency="EUR"),
        ],
        event_count=16,
        sessions=(2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1),
        milestones={
            "searched": ["01-05 10:00"],
            "activated": ["01-13 09:00"],
            "busy": ["01-08 10:00"],
            "hasty": ["01-05 10:31"],
            "bought_again": [],
        },
        stays=(
            ("awareness", "01-05 10:00", "first_contact"),
            ("consideration", "01-06 09:00", "milestone"),
            ("decision", "01-14 09:00", "milestone"),
            ("customer", "01-15 09:00", "milestone"),
            ("advocacy", "01-16 09:00", "milestone"),
        ),
        steps=3,
    ),
    Person(
        "Abe uses the product for the third time a microsecond too late to be activated",
        ("user_id", "u-abe"),
        [
            row("signed_up", "01-06 09:00", user_id="u-abe"),
            *features("01-07", "01-08", user="u-abe"),
            row("feature_used", "01-13 09:00:00.000001", user_id="u-abe"),
        ],
        event_count=4,
        milestones={"activated": [], "busy": ["01-08 10:00"], "first_visit": []},
        stays=(("consideration", "01-06 09:00", "milestone"),),
    ),
    Person(
        "Bob only visits, and nobody knows where from",
        ("anonymous_id", "a-bob"),
        [row("page_viewed", "01-10 08:00", anonymous_id="a-bob")],
        event_count=1,
        sessions=(1,),
        milestones={"searched": [], "signed_up": []},
        stays=(("awareness", "01-10 08:00", "first_contact"),),
        steps=1,
    ),
    Person(
        "Uma's browser says that her channel is unknown, which is not the same as saying nothing",
        ("anonymous_id", "a-uma"),
        [row("page_viewed", "01-10 09:00", anonymous_id="a-uma", channel="unknown")],
        event_count=1,
        steps=1,
    ),
    Person(
        "Cleo has two cookies, joined when she logs in with both",
        ("user_id", "u-cleo"),
        [
            row("page_viewed", "01-08 10:00", anonymous_id="c-one", device="desktop"),
            row("page_viewed", "01-08 10:10", anonymous_id="c-two", device="phone"),
            row("logged_in", "01-08 10:20", anonymous_id="c-one", user_id="u-cleo"),
            row("logged_in", "01-11 10:00", anonymous_id="c-two", user_id="u-cleo"),
        ],
        event_count=4,
        sessions=(2, 1, 1),  # on two devices at once are two visits
        stays=(("awareness", "01-08 10:00", "first_contact"),),
    ),
    Person(
        "Gita uses the library's browser; what nobody signed for before she logs in is hers",
        ("user_id", "u-gita"),
        [
            row("video_watched", "02-20 09:00", anonymous_id="a-library"),
            row("logged_in", "02-20 09:10", anonymous_id="a-library", user_id="u-gita"),
        ],
        event_count=2,
        sessions=(2,),
    ),
    Person(
        "Hugo logs in at the same browser later, and has what came between her login and his",
        ("user_id", "u-hugo"),
        [
            row("video_watched", "02-20 11:00", anonymous_id="a-library"),
            row("logged_in", "02-20 11:05", anonymous_id="a-library", user_id="u-hugo"),
        ],
        event_count=2,
        sessions=(2,),
    ),
    Person(
        "Nobody is known to have used the library's browser after them",
        ("anonymous_id", "a-library"),
        [row("video_watched", "02-20 12:00", anonymous_id="a-library")],
        event_count=1,
    ),
    Person(
        "Dan shares nothing with Eve but identifiers that stand for nobody",
        ("anonymous_id", "a-dan"),
        [row("page_viewed", "01-09 10:00", anonymous_id="a-dan", user_id="undefined", device_id=NO_DEVICE, phone="-1")],
        event_count=1,
    ),
    Person(
        "Eve shares nothing with Dan but identifiers that stand for nobody",
        ("anonymous_id", "a-eve"),
        [row("page_viewed", "01-09 10:00", anonymous_id="a-eve", user_id=" Undefined ", device_id=NO_DEVICE, phone="-1")],
        event_count=1,
    ),
    Person(
        "Finn writes from his bakery's address",
        ("email", "finn@bakery.example"),
        [row("trial_started", "01-09 11:00", email="finn@bakery.example")],
        event_count=1,
        account="bakery.example",
        stays=(("decision", "01-09 11:00", "milestone"),),
    ),
    Person(
        "Fay works at Finn's bakery and is her own person",
        ("email", "fay@bakery.example"),
        [row("trial_started", "01-09 12:00", email="fay@bakery.example")],
        event_count=1,
        account="bakery.example",
    ),
    Person(
        "Flo writes from the bakery too, and an export names another account for her",
        ("email", "flo@bakery.example"),
        [
            row("trial_started", "01-09 13:00", email="flo@bakery.example", account_id="acct-1"),
            row("invoice_paid", "01-10 13:00", email="flo@bakery.example", account_id="acct-2"),
        ],
        event_count=2,
        account="acct-2",
    ),
    Person(
        "Gus writes from an address that says nothing about his company",
        ("email", "gus@gmail.com"),
        [row("trial_started", "01-09 11:30", email="gus@gmail.com", phone="+49 (30) 1-2")],
        event_count=1,
    ),
    Person(
        "Hal buys, goes silent, returns, and goes silent again",
        ("user_id", "u-hal"),
        [
            row("purchased", "01-05 09:00", user_id="u-hal", revenue_amount="20", currency="EUR"),
            *features("01-06", "01-28", user="u-hal"),
        ],
        event_count=3,
        stays=(
            ("customer", "01-05 09:00", "milestone"),
            ("at_risk", "01-16 10:00", "inactivity"),
            ("customer", "01-28 10:00", "return"),
            ("at_risk", "02-07 10:00", "inactivity"),
        ),
    ),
    Person(
        "Ian is back on the tenth day exactly, which is no silence",
        ("user_id", "u-ian"),
        [row("purchased", "02-08 10:00", user_id="u-ian"), *features("02-18", "02-28", user="u-ian")],
        event_count=3,
        stays=(("customer", "02-08 10:00", "milestone"),),
    ),
    Person(
        "Ivy leaves, and whatever follows she has left",
        ("user_id", "u-ivy"),
        [
            row("purchased", "01-12 09:00", user_id="u-ivy", revenue_amount="20", currency="EUR"),
            row("subscription_cancelled", "01-20 09:00", user_id="u-ivy"),
            row("purchased", "02-05 09:00", user_id="u-ivy"),
            row("feature_used", "02-26 09:00", user_id="u-ivy"),
        ],
        event_count=4,
        milestones={"purchased": ["01-12 09:00", "02-05 09:00"], "bought_again": ["02-05 09:00"]},
        stays=(("customer", "01-12 09:00", "milestone"), ("churned", "01-20 09:00", "milestone")),
    ),
    Person(
        "Jon buys before he has been seen, and is not led back by what he does later",
        ("user_id", "u-jon"),
        [
            row("purchased", "02-20 09:00", user_id="u-jon"),
            row("signed_up", "02-21 09:00", user_id="u-jon"),
            row("page_viewed", "02-22 09:00", user_id="u-jon"),
        ],
        event_count=3,
        stays=(("customer", "02-20 09:00", "milestone"),),
        steps=1,
    ),
    Person(
        "Kim buys and never uses it",
        ("user_id", "u-kim"),
        [row("purchased", "01-12 10:00", user_id="u-kim")],
        event_count=1,
        stays=(("customer", "01-12 10:00", "milestone"), ("at_risk", "01-22 10:00", "inactivity")),
    ),
    Person(
        "Lea complains beside the path and still tells a friend",
        ("user_id", "u-lea"),
        [
            row("purchased", "02-22 09:00", user_id="u-lea"),
            row("complained", "02-23 09:00", user_id="u-lea"),
            row("referral_made", "02-24 09:00", user_id="u-lea"),
        ],
        event_count=3,
        stays=(
            ("customer", "02-22 09:00", "milestone"),
            ("unhappy", "02-23 09:00", "milestone"),
            ("advocacy", "02-24 09:00", "milestone"),
        ),
    ),
    Person(
        "Mia tells a friend, goes silent, and comes back one stage lower",
        ("user_id", "u-mia"),
        [
            row("purchased", "01-05 10:00", user_id="u-mia"),
            row("referral_made", "01-06 10:00", user_id="u-mia"),
            *features("01-07", "02-20", "03-01", user="u-mia"),
        ],
        event_count=5,
        stays=(
            ("customer", "01-05 10:00", "milestone"),
            ("advocacy", "01-06 10:00", "milestone"),
            ("at_risk", "01-17 10:00", "inactivity"),
            ("customer", "02-20 10:00", "return"),
        ),
    ),
    Person(
        "Nia's purchase comes three times: twice the same, and corrected in part 10, which is later than part 9",
        ("user_id", "u-nia"),
        [
            row("purchased", "02-25 09:00", user_id="u-nia", event_id="p-1", revenue_amount="10", currency="EUR"),
            row("purchased", "02-25 09:00", user_id="u-nia", event_id="p-1", revenue_amount="10", currency="EUR"),
            row("invoice_paid", "02-26 09:00", user_id="u-nia"),
            row("invoice_paid", "02-26 09:00", user_id="u-nia"),  # without an id of its own, the content is the id
        ],
        event_count=2,
    ),
    Person(
        "Oli signs up, says one row, in the year 2099",
        ("user_id", "u-oli"),
        [row("page_viewed", "01-11 10:00", user_id="u-oli"), row("signed_up", "2099-01-01 00:00", user_id="u-oli")],
        event_count=1,
        milestones={"signed_up": []},
        steps=1,
    ),
    Person(
        "Old Otto signed up before there was anything to sign up for",
        ("user_id", "u-otto"),
        [row("signed_up", "2019-12-31 23:59:59", user_id="u-otto")],
        event_count=1,
    ),
    Person(
        "Pia does what no journey file knows",
        ("user_id", "u-pia"),
        [row("teleported", "01-11 12:00", user_id="u-pia", source="web")],
        event_count=1,
        sessions=(),
        stays=(("awareness", "01-11 12:00", "first_contact"),),
    ),
    Person(
        "Quin signs up when exactly the window has passed",
        ("user_id", "u-quin"),
        [row("page_viewed", "01-01 00:00", user_id="u-quin"), row("signed_up", "01-31 00:00", user_id="u-quin")],
        event_count=2,
        steps=2,
    ),
    Person(
        "Ravi signs up a microsecond after the window",
        ("user_id", "u-ravi"),
        [row("page_viewed", "01-01 00:00", user_id="u-ravi"), row("signed_up", "01-31 00:00:00.000001", user_id="u-ravi")],
        event_count=2,
        steps=1,
    ),
    Person(
        "Sue visits twice before she signs up, and the later visit counts as the entry",
        ("user_id", "u-sue"),
        [
            row("page_viewed", "01-02 10:00", user_id="u-sue", channel="search"),
            row("page_viewed", "01-20 10:00", user_id="u-sue", channel="email"),
            row("signed_up", "01-21 02:48", user_id="u-sue"),  # 16.8 hours after the second visit
        ],
        event_count=3,
        steps=2,
    ),
    Person(
        "Tom visits again between signing up and a purchase that is too late for the first visit",
        ("user_id", "u-tom"),
        [
            row("page_viewed", "01-02 10:00", user_id="u-tom"),
            row("signed_up", "01-03 10:00", user_id="u-tom"),
            row("page_viewed", "02-20 10:00", user_id="u-tom", channel="search"),
            row("purchased", "02-25 10:00", user_id="u-tom"),
        ],
        event_count=4,
        steps=2,
    ),
    Person(
        "Val does everything at once, and the order of the steps decides",
        ("user_id", "u-val"),
        [
            row("purchased", "02-24 10:00", user_id="u-val"),
            row("signed_up", "02-24 10:00", user_id="u-val"),
            row("page_viewed", "02-24 10:00", user_id="u-val"),
        ],
        event_count=3,
        stays=(("customer", "02-24 10:00", "milestone"),),
        steps=3,
    ),
    Person(
        "Zoe is always there, so that no system seems to have stopped",
        ("user_id", "u-zoe"),
        [
            *features("02-03", "02-11", "02-19", "02-27", user="u-zoe"),
            row("logged_in", "03-01 09:00", user_id="u-zoe"),
            row("feature_used", "03-01 10:00", user_id="u-zoe"),
            row("invoice_paid", "03-01 11:00", user_id="u-zoe"),
            row("page_viewed", "03-01 12:00", user_id="u-zoe", channel="search"),
        ],
        event_count=8,
        steps=1,
    ),
)

# Not a person: a later delivery of Nia's purchase, with the same event_id. In the order of letters part-10 comes before part-9.
CORRECTION = row("purchased", "02-25 09:00", user_id="u-nia", event_id="p-1", revenue_amount="12", currency="EUR")

# Nobody's events: no identifier of theirs stands for a person.
NOBODY = [row("page_viewed", "01-09 10:00", user_id="undefined", device_id=NO_DEVICE)]

# The tills know four customers by crm_id, the ledger three of them; one phone of two is known to both, spelled differently.
TILLS = [
    *(row("logged_in", f"02-0{number} 10:00", source="till", crm_id=f"k-{number}") for number in (1, 2, 3, 4)),
    *(row("logged_in", f"02-0{number} 10:00", source="ledger", crm_id=f"k-{number}") for number in (1, 2, 3)),
    row("logged_in", "02-01 11:00", source="till", phone="+49 30 111"),
    row("logged_in", "02-01 11:00", source="till", phone="+49 30 222"),
    row("logged_in", "02-01 11:00", source="ledger", phone="+49-30-111"),
]

UNDATED = [
    row("signed_up", "yesterday", user_id="u-undated"),
    row("signed_up", "", user_id="u-undated"),
    row("page_viewed", "some day", user_id="u-undated"),
]


def kiosk() -> list[Row]:
    """A public screen with one page view an hour in the first ten days of February, then 30 silent hours, then one day more.

    Since then nothing: the last silence lasts until now.
    """
    start = datetime(2026, 2, 1)
    hours = [*range(10 * 24), *range(10 * 24 + 29, 11 * 24 + 29)]
    return [row("page_viewed", str(start + timedelta(hours=hour)), user_id="undefined", source="kiosk") for hour in hours]


def write(folder: Path) -> None:
    """Write the town's exports to `<folder>/events/`: one file per system, each in another format, Nia's correction on top."""
    rows = [*(one for person in PEOPLE for one in person.rows), *NOBODY, *TILLS, *UNDATED, *kiosk()]
    events = folder / "events"
    events.mkdir(parents=True)
    write_csv(events / "web.csv", [one for one in rows if one["source"] == "web"])
    write_csv(events / "billing.part-9.csv.gz", [one for one in rows if one["source"] == "billing"])
    write_csv(events / "billing.part-10.csv.gz", [CORRECTION])
    write_lines(events / "product.jsonl", [one for one in rows if one["source"] == "product"])
    (events / "others.json").write_text(json.dumps([one for one in rows if one["source"] in ("till", "ledger", "kiosk")]))


def write_csv(path: Path, rows: list[Row], delimiter: str = ",") -> None:
    """Rows as CSV with every column of the town, compressed when the name says so."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    content = text.getvalue().encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


def write_lines(path: Path, rows: list[Row]) -> None:
    """Rows as one JSON object a line."""
    path.write_text("".join(json.dumps(one) + "\n" for one in rows))
