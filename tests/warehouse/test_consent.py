"""Consent: who agreed to what, what features may be made of, who may be written to; and what of attributes is published."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import pytest

from tests.world import town
from tests.world.build import World, build, settings_of
from tests.world.town import features, row
from warehouse.connection import PUBLISHED_SCHEMAS
from warehouse.definitions.journey import load_journey
from warehouse.landing import landing

WANTED = ("customer_snapshots", "dim_customers", "fct_events", "fct_sessions")
TOLD = ("dim_identities", "fct_ad_days", "landed_files", "rejected_rows", "rpt_event_names", "rpt_timestamp_validity")
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
    "owner": {"Pet-Name": "Rex", "First Name": "Ada", "since": 2020, "number": "0044 20 7946 0002"},
    "contact_phone": "555 0199",
}
# An address in each column whose words are published, and in the names of files; zelda is looked for everywhere.
PLANTED: list[town.Row] = [
    {"source": "zelda1@hidden.example"},
    {"event_type": "wrote to zelda2@hidden.example"},
    {"channel": "zelda3＠hidden.example"},
    {"campaign": "for zëlda@hidden.example"},
    {"utm_campaign": "zelda4%2540hidden.example"},
    {"page_url": "https://we.example/?utm_campaign=zelda5%40hidden.example&utm_source=crm&utm_medium=email"},
    {"device": "zelda6\\u0040hidden.example"},
    {"currency": '"zelda b"@hidden.example', "revenue_amount": "1"},
    {"account_id": "zelda7@hidden.example"},
    {"account_id": "zelda8@hidden.example"},
    {"event_type": "consent_given", "purpose": "zelda9@hidden.example"},
    {"zelda10@hidden.example": "tel:5550199", "deep": '[{"note": "zelda11@hidden.example"}]'},
]
FILES = ("export of zelda12@hidden.example", "export of zelda13@hidden.example")
AD_DAYS = """Campaign,Day,Cost,Impr.,Clicks,Currency code,Campaign type
to zelda14@hidden.example,2026-01-12,7.25,40,2,zelda15@hidden.example,zelda17@hidden.example
"""


def write(folder: Path, name: str, rows: Sequence[Mapping[str, object]]) -> None:
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
    write(events, "first", [*everybody, *said, {**row("feature_used", "01-02 11:00", user_id="u-cleo"), **ATTRIBUTES}])
    landing.land(settings, load_journey(settings.journey_path), now=datetime(2026, 2, 1))
    write(events, "second", [consent(*LATE), *(one for user in (*SAID, LATE[0]) for one in features("02-03", user=user))])
    landing.land(settings, load_journey(settings.journey_path), now=datetime(2026, 2, 5))
    write(events, "third", [one for user in (*SAID, LATE[0]) for one in features("02-10", user=user)])
    write(events, "planted", [row("noted", "01-05 10:00", user_id=f"u-{number}") | one for number, one in enumerate(PLANTED)])
    for name in FILES:
        write(events, name, [row("noted", "01-05 10:00", user_id=name), row("zelda16@hidden.example", "never", user_id="u-ada")])
    (settings.landing / "google_ads").mkdir()
    (settings.landing / "google_ads" / "campaign_report.csv").write_text(AD_DAYS, encoding="utf-8")
    return build(settings, datetime(2026, 2, 12), with_tests=True, until=(*WANTED, *TOLD))


@pytest.fixture(scope="module")
def denied(asked: World, tmp_path_factory: pytest.TempPathFactory) -> World:
    """The same home when silence is no, and under another key."""
    folder = tmp_path_factory.mktemp("denied")
    shutil.copytree(asked.settings.home, folder / "home")
    settings = settings_of(folder / "home", journey(folder, "denied"))
    return build(settings, datetime(2026, 2, 13), with_tests=False, until=(*WANTED, *TOLD), id_key="another key altogether")


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
    return set(world.column(sql)) & {*SAID, LATE[0]}


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


def test_where_silence_is_no_only_a_yes_counts(denied: World) -> None:
    assert snapshots(denied) == {"u-ada": ["01-12", "01-22"]}
    assert reachable(denied) == {"u-dan"}


def test_published_attributes_hold_no_address_no_phone_number_and_nothing_hidden(asked: World) -> None:
    (text,) = asked.column("select attributes from marts.fct_events where attributes like '%wrote to%'")
    assert json.loads(text) == {
        "note": "wrote to [e-mail], and to [e-mail]",
        "call": "[phone] or [phone]",
        "at": ATTRIBUTES["at"],
        "size": ATTRIBUTES["size"],
        "owner": {"since": 2020, "number": "[phone]"},
    }
    (kept,) = asked.column("select attributes from working.intermediate.int_events_recorded where attributes like '%wrote to%'")
    assert json.loads(kept) == ATTRIBUTES


def test_an_address_in_a_word_or_a_file_name_is_published_nowhere(asked: World) -> None:
    columns = asked.rows(
        "select schema_name || '.' || table_name as name, column_name from duckdb_columns() "
        "where data_type = 'VARCHAR' and list_contains(?, schema_name)",
        list(PUBLISHED_SCHEMAS),
    )
    assert len(columns) > 60
    where = "regexp_matches({column_name}, '(?i)z[eë]lda|5550199|555 0199')"
    sql = "select {column_name} from {name} where " + where
    found = {one["name"]: told for one in columns if (told := asked.column(sql.format(**one)))}
    assert found == {}
    (kept,) = asked.rows(f"select count(*) as rows from working.raw.events__events where {where.format(column_name='_file')}")
    assert kept == {"rows": 2}


def test_what_is_masked_is_still_told_apart_where_things_are_told_apart_by_it(asked: World) -> None:
    masked = "regexp_matches({0}, '^(events/export of )?.e-mail.([.]jsonl)? [0-9a-f]{{12}}$')"
    (accounts,) = asked.rows(
        "select count(distinct account_id) as names, count(distinct customer_id) as customers from marts.fct_events where "
        + masked.format("account_id")
    )
    assert accounts == {"names": 2, "customers": 2}
    both = "quality.landed_files inner join quality.rejected_rows using (file)"
    (files,) = asked.rows(f"select count(*) as files from {both} where {masked.format('file')}")
    assert files == {"files": 2}
    assert "e_mail" in asked.column("select purpose from marts.dim_consents")


def test_under_another_key_everybody_has_another_number(asked: World, denied: World) -> None:
    keys = {
        "marts.fct_events": ("event_id", "person_id", "customer_id", "session_id"),
        "marts.fct_sessions": ("session_id", "person_id", "customer_id"),
        "marts.dim_identities": ("person_id", "id_hash"),
    }
    for table, columns in keys.items():
        for column in columns:
            sql = f"select {column} from {table} where {column} is not null"
            before, after = (set(world.column(sql)) for world in (asked, denied))
            assert min(len(before), len(after)) > 0
            assert before & after == set(), (table, column)
