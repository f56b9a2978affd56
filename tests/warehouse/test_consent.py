"""Consent: who agreed to what, what features may be made of, who may be written to; and what of attributes is published."""

from __future__ import annotations

import json
import shutil
from datetime import datetime
from pathlib import Path

import pytest

from tests.world import town
from tests.world.build import World, build, settings_of
from tests.world.town import features, row
from warehouse import landing
from warehouse.journey import load_journey

WANTED = ("customer_snapshots", "dim_customers", "fct_events")
DAYS = [f"01-{day:02}" for day in range(2, 32)]
SAID: dict[str, list[tuple[str, str, str | None]]] = {
    "u-ada": [("01-05", "consent_given", "analytics"), ("01-25", "consent_withdrawn", "Analytics")],
    "u-bob": [("01-20", "consent_withdrawn", None)],
    "u-cleo": [],
    "u-dan": [("01-03", "consent_withdrawn", "email"), ("01-09", "consent_given", "email")],
    "u-eve": [("01-07", "consent_given", "email"), ("01-07", "consent_withdrawn", "email")],
}
LATE = ("u-fay", "01-15", "consent_withdrawn", "analytics")
HIDDEN = "privacy: {hidden_attributes: [Pet name], default_consent: %s}\n"
ATTRIBUTES = {
    "note": "wrote to Ada@Lovelace.example, and to bob%40example.com",
    "call": "+44 (20) 7946-0002 or (020) 7946 0002",
    "at": "2026-01-05T10:00:00+01:00",
    "size": "12+3=15",
    "pet_name": "Rex",
}


def write(folder: Path, name: str, rows: list[town.Row]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.jsonl").write_text("".join(json.dumps(one) + "\n" for one in rows), encoding="utf-8")


def consent(user: str, day: str, event_type: str, purpose: str | None) -> town.Row:
    return row(event_type, f"{day} 12:00", user_id=user, **({"purpose": purpose} if purpose else {}))


def journey(folder: Path, default: str) -> Path:
    path = folder / f"{default}.yml"
    path.write_text(town.JOURNEY.read_text(encoding="utf-8") + HIDDEN % default, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Six people who use the product every day. One withdraws in January what nobody here knows before February."""
    folder = tmp_path_factory.mktemp("asked")
    settings = settings_of(folder / "home", journey(folder, "granted"))
    events = settings.landing / "events"
    everybody = [one for user in (*SAID, LATE[0]) for one in features(*DAYS, user=user)]
    said = [consent(user, *words) for user, list_of in SAID.items() for words in list_of]
    write(events, "first", [*everybody, *said, row("feature_used", "01-02 11:00", user_id="u-cleo") | ATTRIBUTES])
    landing.land(settings, load_journey(settings.journey_path), now=datetime(2026, 2, 1))
    write(events, "second", [consent(*LATE), *(one for user in (*SAID, LATE[0]) for one in features("02-03", user=user))])
    landing.land(settings, load_journey(settings.journey_path), now=datetime(2026, 2, 5))
    write(events, "third", [one for user in (*SAID, LATE[0]) for one in features("02-10", user=user)])
    return build(settings, datetime(2026, 2, 12), with_tests=True, until=WANTED)


def snapshots(world: World) -> dict[str, list[str]]:
    """The days on which each person has features."""
    sql = """
        select identifiers.id_value as who, strftime(snapshot_at, '%m-%d') as day
        from working.features.customer_snapshots as snapshots
        inner join working.intermediate.int_identifiers_resolved as identifiers on snapshots.customer_id = identifiers.person_id
        order by snapshot_at
    """
    found: dict[str, list[str]] = {}
    for one in world.rows(sql):
        found.setdefault(one["who"], []).append(one["day"])
    return found


def reachable(world: World) -> set[str]:
    sql = """
        select identifiers.id_value from marts.dim_customers as customers
        inner join working.intermediate.int_identifiers_resolved as identifiers on customers.customer_id = identifiers.person_id
        where customers.may_be_contacted
    """
    return set(world.column(sql))


def test_a_word_stands_until_the_next_one(asked: World) -> None:
    sql = """
        select purpose, is_granted, effective_at, superseded_at from marts.dim_consents
        where person_id = ? order by effective_at
    """
    ada, bob = asked.person_id(("user_id", "u-ada")), asked.person_id(("user_id", "u-bob"))
    assert [tuple(one.values()) for one in asked.rows(sql, ada)] == [
        ("analytics", True, town.moment("01-05 12:00"), town.moment("01-25 12:00")),
        ("analytics", False, town.moment("01-25 12:00"), None),
    ]
    assert [tuple(one.values()) for one in asked.rows(sql, bob)] == [("all", False, town.moment("01-20 12:00"), None)]


def test_yes_and_no_in_one_moment_is_no(asked: World) -> None:
    sql = "select is_granted from marts.dim_consents where person_id = ?"
    assert asked.column(sql, asked.person_id(("user_id", "u-eve"))) == [False]


def test_features_are_made_of_nobody_who_had_said_no_by_what_was_known_then(asked: World) -> None:
    until_february = ["01-12", "01-22", "02-01"]
    everything = [*until_february, "02-11"]
    assert snapshots(asked) == {
        "u-ada": ["01-12", "01-22"],
        "u-bob": ["01-12"],
        "u-cleo": everything,
        "u-dan": everything,
        "u-eve": everything,
        "u-fay": until_february,  # withdrawn before, known after
    }


def test_who_may_be_written_to_is_told_by_the_last_word(asked: World) -> None:
    assert reachable(asked) == {"u-ada", "u-cleo", "u-dan", "u-fay"}


def test_where_silence_is_no_only_a_yes_counts(asked: World, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(asked.settings.home, home)
    denied = build(settings_of(home, journey(tmp_path, "denied")), datetime(2026, 2, 13), with_tests=False, until=WANTED[:2])
    assert snapshots(denied) == {"u-ada": ["01-12", "01-22"]}
    assert reachable(denied) == {"u-dan"}


def test_published_attributes_hold_no_address_no_phone_number_and_nothing_hidden(asked: World) -> None:
    (text,) = asked.column("select attributes from marts.fct_events where attributes like '%note%'")
    assert json.loads(text) == {
        "note": "wrote to [e-mail], and to [e-mail]",
        "call": "[phone] or [phone]",
        "at": ATTRIBUTES["at"],
        "size": ATTRIBUTES["size"],
    }
    (kept,) = asked.column("select attributes from working.intermediate.int_events_recorded where attributes like '%note%'")
    assert json.loads(kept) == ATTRIBUTES
