"""Erasure: nothing of a person is left anywhere, everybody else is as if they had never been, and they do not come back."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from unittest import mock

import duckdb
import pytest

from orchestration import erase
from tests.world import town as by_hand
from tests.world.build import ID_KEY, World, build, settings_of
from tests.world.compare import PLACES, differences, tables
from warehouse.connection import connect
from warehouse.definitions.journey import Journey, load_journey
from warehouse.landing import landing
from warehouse.privacy import erasure
from warehouse.privacy.personal import Identifier, identifier
from warehouse.privacy.suppression import REASON
from warehouse.privacy.traces import Sought
from warehouse.publication import publishing, verdicts
from warehouse.settings import PROJECT, Settings, UserError
from warehouse.sources import RAW_TABLES

AT = datetime(2026, 3, 3, 7)
LATER = datetime(2026, 3, 4)
GONE = ["email:ada@gmail.com", "user_id:u-gita"]
OF_ADA = [Identifier("user_id", "u-ada"), Identifier("anonymous_id", "a-ada"), Identifier("email", "ada@gmail.com")]
OF_GITA = [Identifier("user_id", "u-gita")]
# What depends on the numbers of rows in files and on how many of them landed.
OF_FILES = ("quality.landed_files", "quality.rejected_rows", "quality.rpt_landing_losses", "quality.erasures")


@pytest.fixture(autouse=True)
def key() -> Iterator[None]:
    with mock.patch.dict(os.environ, THROUGHLINE_ID_KEY=ID_KEY):
        yield


def publish(settings: Settings) -> None:
    """Files such as runs leave: what is published now and was before, pages, a log, a fitted model, a past moment."""
    with connect(settings) as connection:
        connection.execute(
            "insert into quality.publications (run_id, finished_at, is_published, inputs_fingerprint) values ('r', ?, true, 'x')",
            [AT],
        )
        connection.execute(
            "insert into quality.gate_results (run_id, judgement, stands) select 'r', unnest(?), true",
            [[verdicts.DATA, verdicts.MODELS]],
        )
    earlier = settings.earlier_publications
    earlier.mkdir(parents=True)
    for path in (settings.published_database, earlier / "2026-02-01T00-00-00.duckdb"):
        shutil.copyfile(settings.database, path)
    with duckdb.connect(str(settings.published_database.with_name("last_run.duckdb"))) as connection:
        connection.execute("create schema quality")
        connection.execute("create table quality.rejected_rows as select 1 as line, 'ada@gmail.com,yesterday' as raw_row")
    for name in (
        "reports/index.html",
        "reports/gates/judge_data.json",
        "logs/last_run.log",
        "models/churn.joblib",
        "known/2026/x",
    ):
        path = settings.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("of ADA@gmail.com", encoding="utf-8")
    (settings.home / "dagster").mkdir()
    (settings.home / "dagster" / "runs.db").write_bytes(b"\0\1\2 ada@gmail.com \3")
    (settings.home / "dagster" / "schedules.db").write_bytes(b"a schedule of canada@gmail.com")


def everywhere(home: Path, values: list[str]) -> list[str]:
    """Where a value stands in a home: told apart from what is tested, by looking at each cell and each byte."""
    found = []
    for path in (path for path in home.rglob("*") if path.is_file() and "landing" not in path.parts):
        content = path.read_bytes().lower()
        found += [path.name for value in values if len(value) > 5 and value.lower().encode() in content.replace(b"canada@", b"")]
        if path.suffix != ".duckdb":
            continue
        with duckdb.connect(str(path), read_only=True) as connection:
            for schema, table in connection.execute("select schema_name, table_name from duckdb_tables()").fetchall():
                for row in connection.execute(f'select * from {schema}."{table}"').fetchall():
                    cells = [str(cell).lower() for cell in row]
                    found += [
                        f"{path.name}: {schema}.{table}" for value in values if any(value.lower() in cell for cell in cells)
                    ]
    return sorted(set(found))


def traces_of(world: World, people: list[Identifier]) -> list[str]:
    """What must be nowhere: values, published hashes, and keys of persons and of their events."""
    persons = [world.person_id((one.id_type, one.value)) for one in people]
    events = world.column("select event_id from marts.fct_events where list_contains(?, person_id)", persons)
    hashes = [hashlib.sha256((ID_KEY + one.key).encode()).hexdigest() for one in people]
    return [*(one.value for one in people), *hashes, *(str(key) for key in (*persons, *events))]


@pytest.fixture(scope="module")
def erased(town: World, tmp_path_factory: pytest.TempPathFactory) -> tuple[World, erasure.Found, list[str]]:
    """The town without Ada, who is known by three identifiers, and without Gita, who used the library's browser."""
    home = tmp_path_factory.mktemp("erased") / "home"
    shutil.copytree(town.settings.home, home)
    settings = settings_of(home, by_hand.JOURNEY)
    publish(settings)
    assert publishing.published_inputs(settings) == "x"
    sought = traces_of(town, [*OF_ADA, *OF_GITA])
    assert len(everywhere(home, sought)) > 10
    with mock.patch.dict(os.environ, THROUGHLINE_ID_KEY=ID_KEY):
        found = erasure.erase(settings, town.journey, [identifier(one) for one in GONE], at=AT)
    assert everywhere(home, sought) == []  # before anything is made anew
    assert publishing.published_inputs(settings) is None
    return build(settings, AT, with_tests=False), found, sought


def test_nothing_is_left_in_any_column_of_any_table_and_in_any_file(erased: tuple[World, erasure.Found, list[str]]) -> None:
    world, found, sought = erased
    assert everywhere(world.settings.home, sought) == []
    assert erasure.search(world.settings, found.sought) == {}
    assert set(found.sought.identifiers) == {*OF_ADA, *OF_GITA}


def test_the_search_that_proves_it_finds_what_is_there(town: World, tmp_path: Path) -> None:
    person = town.person_id(("user_id", "u-ada"))
    shutil.copyfile(town.settings.database, tmp_path / "throughline.duckdb")
    (tmp_path / "notes.txt").write_text("mail to ADA@gmail.com.", encoding="utf-8")
    (tmp_path / "canada.txt").write_text("mail to canada@gmail.com or ada@gmail.community", encoding="utf-8")
    hashed = hashlib.sha256((ID_KEY + OF_ADA[0].key).encode()).hexdigest()
    found = erasure.search(
        settings_of(tmp_path, by_hand.JOURNEY), Sought(frozenset(OF_ADA), frozenset([hashed]), frozenset([person]))
    )
    places = {place.rpartition("marts.")[2] for place in found}
    assert {"fct_events.person_id", "dim_customers.customer_id", "dim_identities.id_hash", "notes.txt"} <= places
    assert "canada.txt" not in places


def test_everybody_else_is_as_in_a_town_that_never_had_them(
    erased: tuple[World, erasure.Found, list[str]], tmp_path: Path
) -> None:
    settings = settings_of(tmp_path / "home", by_hand.JOURNEY)
    names = ("Ada visits", "Gita uses")
    others = tuple(person for person in by_hand.PEOPLE if not person.name.startswith(names))
    assert len(others) == len(by_hand.PEOPLE) - 2
    with mock.patch.object(by_hand, "PEOPLE", others):
        by_hand.write(settings.landing)
    without = build(settings, by_hand.LANDED_AT, with_tests=False)
    compared = [table for table in tables(without) if table not in OF_FILES]
    assert len(compared) > 45
    assert {table: rows for table in compared if (rows := differences(erased[0], without, table, ("file_row", *PLACES)))} == {}


def test_what_was_published_before_keeps_everybody_else(town: World, erased: tuple[World, erasure.Found, list[str]]) -> None:
    earlier = erased[0].settings.earlier_publications / "2026-02-01T00-00-00.duckdb"
    with duckdb.connect(str(earlier), read_only=True) as connection:
        (kept,) = connection.execute("select count(*) from marts.fct_events").fetchone() or (0,)
    assert kept == town.column("select count(*) as n from marts.fct_events")[0] - 16 - 2


def test_where_accounts_are_the_customers_one_of_them_stays_as_long_as_one_of_its_people(tmp_path: Path) -> None:
    journey = tmp_path / "journey.yml"
    journey.write_text(
        by_hand.JOURNEY.read_text(encoding="utf-8").replace("subject: person", "subject: account"), encoding="utf-8"
    )
    settings = settings_of(tmp_path / "home", journey)
    (settings.landing / "events").mkdir(parents=True)
    people = {"finn": "bakery", "fay": "bakery", "ben": "brewery"}
    rows = [event(email=f"{who}@{where}.example", user_id=f"u-{who}") for who, where in people.items()]
    (settings.landing / "events" / "log.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    world = build(settings, AT, with_tests=False, until=("fct_events", "dim_identities"))
    of_events = world.rows("select account_id, customer_id from marts.fct_events")
    accounts = {row["account_id"]: row["customer_id"] for row in of_events}
    assert set(accounts) == {"bakery.example", "brewery.example"}
    gone = [Identifier("user_id", "u-finn"), Identifier("user_id", "u-ben"), Identifier("email", "ben@brewery.example")]
    sought = [*traces_of(world, gone), str(accounts["brewery.example"])]
    shutil.copyfile(settings.database, settings.home / "copy.duckdb")
    erasure.erase(settings, world.journey, [identifier("user_id:u-finn"), identifier("user_id:u-ben")], at=AT)
    assert everywhere(settings.home, sought) == []
    with duckdb.connect(str(settings.home / "copy.duckdb"), read_only=True) as connection:
        left = connection.execute("select account_id, customer_id from marts.fct_events").fetchall()
    assert left == [("bakery.example", accounts["bakery.example"])]


def test_files_that_hold_no_trace_stay(erased: tuple[World, erasure.Found, list[str]]) -> None:
    home = erased[0].settings.home
    assert [path.name for path in (home / "dagster").iterdir()] == ["schedules.db"]
    assert not (home / "known").exists()
    assert not (home / "erasing").exists()


def test_it_is_written_down_without_the_value(erased: tuple[World, erasure.Found, list[str]]) -> None:
    world, found, _ = erased
    rows = world.rows("select id_hash, table_name, row_count from quality.erasures order by row_count desc")
    assert [(one["table_name"], one["row_count"]) for one in rows] == [("raw.events__events", 16), ("raw.events__events", 2)]
    assert [one["id_hash"] for one in rows] == found.hashes
    losses = "select count(*) as n from quality.rejected_rows where reason = ? and raw_row is null"
    assert world.column(losses, REASON) == [18]
    (balance,) = world.column(
        "select sum(row_count) = (select count(*) from working.raw.events__events) from quality.landed_files"
    )
    assert balance


def test_the_exports_that_still_hold_them_are_named(erased: tuple[World, erasure.Found, list[str]]) -> None:
    assert erased[1].exports == ["events/billing.part-9.csv.gz", "events/product.jsonl", "events/web.csv"]


def test_the_same_files_under_new_names_do_not_bring_them_back(
    erased: tuple[World, erasure.Found, list[str]], tmp_path: Path
) -> None:
    shutil.copytree(erased[0].settings.home, tmp_path / "home")
    settings = settings_of(tmp_path / "home", by_hand.JOURNEY)
    shutil.rmtree(settings.landing)
    by_hand.write(settings.landing)
    for path in list((settings.landing / "events").glob("*.csv")):
        path.rename(path.with_name(f"again.{path.name}"))
        with (path.with_name(f"again.{path.name}")).open("a", encoding="utf-8") as file:
            file.write(f"page_viewed,2026-01-01T00:00:00,u-new-{path.stem},,,,,,,,web,,,,,,\n")
    found = landing.land(settings, erased[0].journey, now=LATER)
    (again,) = [file for file in found.files if file.file == "events/again.web.csv"]
    assert (again.status, again.rejected_count > 0, again.row_count > 5) == ("landed", True, True)
    assert everywhere(settings.home, erased[2]) == []


@pytest.mark.parametrize("swaps", [0, 2])
def test_a_kill_in_the_middle_loses_nothing_and_the_next_run_heals(town: World, tmp_path: Path, swaps: int) -> None:
    home = tmp_path / "home"
    shutil.copytree(town.settings.home, home)
    settings = settings_of(home, by_hand.JOURNEY)
    publish(settings)
    left = iter(range(swaps))
    real = os.replace

    def killed(source: Path, target: Path) -> None:
        if Path(source).name == "plan.tmp" or next(left, None) is not None:
            return real(source, target)
        raise KeyboardInterrupt

    with mock.patch("os.replace", killed), pytest.raises(KeyboardInterrupt):
        erasure.erase(settings, town.journey, [identifier(GONE[0])], at=AT)
    assert publishing.published_inputs(settings) is None  # so that the next run builds
    with connect(settings) as connection:  # whole, whichever of the files is there
        assert connection.execute("select count(*) from working.raw.events__events").fetchone() != (0,)
    landing.land(settings, town.journey, now=LATER)
    assert not (home / "erasing").exists()
    assert everywhere(home, [one.value for one in OF_ADA]) == []


def test_before_the_plan_is_written_nothing_has_happened(town: World, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(town.settings.home, home)
    settings = settings_of(home, by_hand.JOURNEY)
    with mock.patch.object(erasure, "_commit", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        erasure.erase(settings, town.journey, [identifier(GONE[0])], at=AT)
    landing.land(settings, town.journey, now=LATER)
    assert not (home / "erasing").exists()
    with connect(settings) as connection:
        assert connection.execute("select count(*) from marts.fct_events where source = 'web'").fetchone() != (0,)
        assert connection.execute("select count(*) from working.raw.events__events where user_id = 'u-ada'").fetchone() != (0,)
        assert connection.execute("select count(*) from working.loads.suppressed").fetchone() == (0,)
        assert connection.execute("select count(*) from quality.erasures").fetchone() == (0,)


def test_a_disk_that_fills_up_leaves_everything_as_it_was_and_no_copy(town: World, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(town.settings.home, home)
    settings = settings_of(home, by_hand.JOURNEY)
    before = settings.working_database.read_bytes()
    full = OSError(errno.ENOSPC, "No space left on device")
    with mock.patch.object(erasure, "_write_build", side_effect=full), pytest.raises(OSError, match="No space left"):
        erasure.erase(settings, town.journey, [identifier(GONE[0])], at=AT)
    assert not (home / "erasing").exists()
    assert settings.working_database.read_bytes() == before


@pytest.mark.parametrize("arguments", [["--dry"], []])
@pytest.mark.parametrize(
    ("message", "told"),
    [("write: No space left on device", "The disk is full"), ("open: Read-only file system", "may not be written")],
)
def test_what_the_disk_refuses_is_told_in_plain_words(
    arguments: list[str],
    message: str,
    told: str,
    town: World,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("THROUGHLINE_HOME", str(town.settings.home))
    monkeypatch.setenv("THROUGHLINE_LANDING", str(town.settings.landing))
    monkeypatch.setenv("THROUGHLINE_JOURNEY", str(by_hand.JOURNEY))
    with mock.patch.object(erasure, "_found", side_effect=duckdb.IOException(message)):
        assert erase.main(["--id", GONE[0], *arguments])
    said = capsys.readouterr().err
    assert said.startswith("✗ ")
    assert told in said
    assert len(said.splitlines()) == 2


def test_with_another_key_nothing_lands(erased: tuple[World, erasure.Found, list[str]], tmp_path: Path) -> None:
    shutil.copytree(erased[0].settings.home, tmp_path / "home")
    settings = settings_of(tmp_path / "home", by_hand.JOURNEY)
    with (
        mock.patch.dict(os.environ, THROUGHLINE_ID_KEY="another key altogether"),
        pytest.raises(UserError, match="THROUGHLINE_ID_KEY is another"),
    ):
        landing.land(settings, erased[0].journey, now=LATER)


def test_a_shared_identifier_names_nobody(town: World) -> None:
    with pytest.raises(UserError, match="anonymous_id was used by several people") as told:
        erasure.look(town.settings, town.journey, [identifier("anonymous_id:a-library")])
    assert "a-library" not in str(told.value)


def test_who_is_not_known_is_not_erased(town: World) -> None:
    assert erasure.look(town.settings, town.journey, [identifier("email:nobody@nowhere.example")]).is_nothing


# What follows is about rows alone: they are landed and not built.


@pytest.fixture
def journey() -> Journey:
    return load_journey(by_hand.JOURNEY)


def landed(home: Path, journey: Journey, files: dict[str, list[dict[str, object]]]) -> Settings:
    """A home with these rows landed, by file."""
    settings = settings_of(home, by_hand.JOURNEY)
    for name, rows in files.items():
        path = settings.landing / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    found = landing.land(settings, journey, now=AT)
    assert found.refused == []
    publishing.ensure_key(settings)
    return settings


def held(settings: Settings, table: str, column: str) -> list[object]:
    with connect(settings) as connection:
        return [value for (value,) in connection.execute(f"select {column} from working.raw.{table} order by all").fetchall()]


def counts(settings: Settings) -> dict[str, int]:
    with connect(settings) as connection:
        return {raw.table: connection.execute(f"select count(*) from working.{raw.table}").fetchall()[0][0] for raw in RAW_TABLES}


def event(**columns: object) -> dict[str, object]:
    return {"event_type": "page_viewed", "occurred_at": "2026-01-01T00:00:00", **columns}


@pytest.mark.parametrize("value", ["42", "c1", "premium"])
def test_an_id_that_could_be_anything_takes_no_other_row_with_it(tmp_path: Path, journey: Journey, value: str) -> None:
    rows = [
        event(user_id=value, email="ada@example.com"),
        event(user_id=f"{value}0", quantity=value),
        event(user_id="7", anonymous_id=value, crm_id=value, phone="42", device_id=value, campaign=value, note=value),
    ]
    settings = landed(tmp_path, journey, {"events/a.jsonl": rows})
    found = erasure.erase(settings, journey, [identifier(f"user_id:{value}")], at=AT)
    assert (found.row_counts, found.mentions) == ({"raw.events__events": 1}, {})
    assert set(held(settings, "events__events", "user_id")) == {f"{value}0", "7"}
    assert held(settings, "events__events", "attributes") == [f'{{"note":"{value}"}}', f'{{"quantity":"{value}"}}']


def test_who_is_named_in_another_row_is_masked_there(tmp_path: Path, journey: Journey) -> None:
    rows = [
        event(email="ada@example.com", user_id="u-ada"),
        event(user_id="u-bob", referred_by="u-ada", note="ask Ada@Example.com, not canada@example.com or ada@example.com.au"),
        event(user_id="u-bob", occurred_at="2026-01-02", page_url="https://shop.example/?mail=ada%40example.com&x=1"),
    ]
    settings = landed(tmp_path, journey, {"events/a.jsonl": rows})
    found = erasure.erase(settings, journey, [identifier("email: ADA@example.com "), identifier("user_id:u-ada")], at=AT)
    assert found.mentions == {"raw.events__events": 2}
    assert held(settings, "events__events", "attributes") == [
        '{"referred_by":"[erased]","note":"ask [erased], not canada@example.com or ada@example.com.au"}',
        None,
    ]
    assert held(settings, "events__events", "page_url") == ["https://shop.example/?mail=[erased]&x=1", None]


def test_a_file_that_names_somebody_is_remembered_under_another_name(tmp_path: Path, journey: Journey) -> None:
    names = ["export ada@example.com.jsonl", "export ADA@example.com.jsonl", "export ada@example.community.jsonl"]
    rows = [
        [event(user_id=f"u-{number}"), event(user_id="u-9", occurred_at="never"), event(email="ada@example.com", note=number)]
        for number in range(3)
    ]
    settings = landed(tmp_path, journey, {f"events/{name}": part for name, part in zip(names, rows, strict=True)})
    with connect(settings) as connection:
        connection.execute(
            "create schema if not exists quality; create table quality.landed_files as from working.raw.landed_files"
        )
    ada = identifier("email:ada@example.com")
    found = erasure.erase(settings, journey, [ada], at=AT)
    assert sorted(found.named_exports) == sorted(f"events/{name}" for name in names[:2])
    masked = {"events/export [erased].jsonl", "events/export [erased].jsonl (2)", f"events/{names[2]}"}
    for table, column in (("landed_files", "file"), ("rejected_rows", "file"), ("events__events", "_file")):
        assert set(held(settings, table, column)) == masked, table
    assert erasure.search(settings, found.sought) == {}
    # They land again as long as they are called so, and the way out is to rename them.
    landing.land(settings, journey, now=LATER)
    assert erasure.search(settings, found.sought)
    for number, name in enumerate(names[:2]):
        (settings.landing / "events" / name).rename(settings.landing / "events" / f"renamed {number}.jsonl")
    again = erasure.erase(settings, journey, [ada], at=LATER)
    assert again.named_exports == []
    landing.land(settings, journey, now=LATER)
    assert erasure.search(settings, found.sought) == {}
    assert set(held(settings, "events__events", "user_id")) == {"u-0", "u-1", "u-2"}


def test_a_rejected_row_is_emptied(tmp_path: Path, journey: Journey) -> None:
    rows = [event(user_id="u-bob"), event(occurred_at="never", user_id="42"), event(occurred_at="never", user_id="u-cleo")]
    settings = landed(tmp_path, journey, {"events/a.jsonl": [*rows, event(user_id="42")]})
    erasure.erase(settings, journey, [identifier("user_id:42")], at=AT)
    texts = [str(text) for text in held(settings, "rejected_rows", "raw_row") if text]
    assert len(texts) == 1
    assert "u-cleo" in texts[0]
    # And one that comes later is empty from the beginning.
    again = settings.landing / "events" / "b.jsonl"
    again.write_text("".join(json.dumps(row) + "\n" for row in reversed(rows)), encoding="utf-8")
    landing.land(settings, journey, now=LATER)
    assert held(settings, "rejected_rows", "raw_row is null") == [False, False, True, True, True]
    assert everywhere(tmp_path, ['"42"']) == []


HUBSPOT: dict[str, list[dict[str, object]]] = {
    "hubspot/contacts.jsonl": [
        {"id": "101", "email": "ada@example.com", "updated_at": "2026-01-01"},
        {"id": "102", "email": "bob@example.com", "updated_at": "2026-01-01"},
        {"id": "1011", "email": "cleo@example.com", "updated_at": "2026-01-01"},
    ],
    "hubspot/deals.jsonl": [
        {"id": "1", "createdate": "2026-01-02", "contacts": ["101"]},
        {"id": "2", "createdate": "2026-01-02", "contacts": ["101", "102", "1011"]},
        {"id": "3", "createdate": "2026-01-02"},
        {"id": "4", "createdate": "2026-01-02"},
    ],
    "hubspot/deal_contact.jsonl": [
        {"deal_id": "3", "contact_id": "101"},
        {"deal_id": "4", "contact_id": "101"},
        {"deal_id": "4", "contact_id": "102"},
    ],
    "hubspot/deal_stage.jsonl": [{"deal_id": str(deal), "value": "won", "date_entered": "2026-01-03"} for deal in (1, 2, 3, 4)],
    "hubspot/companies.jsonl": [{"id": "9", "domain": "example.com"}],
    "hubspot/form_submissions.jsonl": [
        {"form_id": "f", "submitted_at": "2026-01-01", "values": [{"name": "email", "value": who}]}
        for who in ("ada@example.com", "bob@example.com")
    ],
    "stripe/customers.jsonl": [{"id": "cus_1", "email": "ada@example.com"}, {"id": "cus_2", "email": "bob@example.com"}],
    "stripe/charges.jsonl": [
        {
            "id": "ch_1",
            "customer": "cus_1",
            "receipt_email": "books@example.com",
            "payment_intent": "pi_1",
            "created": 1767225600,
        },
        {
            "id": "ch_2",
            "customer": "cus_2",
            "receipt_email": "books@example.com",
            "payment_intent": "pi_2",
            "created": 1767225600,
        },
    ],
    "stripe/refunds.jsonl": [{"id": f"re_{n}", "charge": f"ch_{n}", "created": 1767225600} for n in (1, 2)],
    "stripe/payment_intents.jsonl": [{"id": f"pi_{n}", "description": "x"} for n in (1, 2)],
}


def test_what_hangs_on_a_person_goes_and_what_is_shared_stays(tmp_path: Path, journey: Journey) -> None:
    settings = landed(tmp_path, journey, HUBSPOT)
    erasure.erase(settings, journey, [identifier("email:ada@example.com")], at=AT)
    assert_without_ada(settings)
    # Once more, in files that are others: of Ada nothing comes, of the others their rows a second time.
    for path in list(settings.landing.glob("*/*.jsonl")):
        path.rename(path.with_suffix(".again.jsonl"))
        again = path.with_suffix(".again.jsonl")
        again.write_text("".join(reversed(again.read_text(encoding="utf-8").splitlines(keepends=True))) + "\n", encoding="utf-8")
    found = landing.land(settings, journey, now=LATER)
    assert {file.status for file in found.files} <= {"landed", "duplicate"}
    assert_without_ada(settings)
    assert everywhere(tmp_path, ["ada@example.com", "cus_1", "ch_1", "pi_1", "re_1"]) == []


def assert_without_ada(settings: Settings) -> None:
    assert set(held(settings, "hubspot__contacts", "contact_id")) == {"102", "1011"}
    assert set(held(settings, "hubspot__deals", "deal_id")) == {"2", "4"}
    assert set(held(settings, "hubspot__deals", "contact_ids")) == {'["","102","1011"]', None}
    assert set(held(settings, "hubspot__deal_contacts", "deal_id || '-' || contact_id")) == {"4-102"}
    assert set(held(settings, "hubspot__deal_stages", "deal_id")) == {"2", "4"}
    assert held(settings, "hubspot__companies", "domain")[0] == "example.com"
    assert all("bob@" in str(answers) for answers in held(settings, "hubspot__form_submissions", "answers"))
    for table in ("customers", "charges", "refunds", "payment_intents"):
        assert {str(name)[-1] for name in held(settings, f"stripe__{table}", "id")} == {"2"}, table
    assert set(held(settings, "stripe__charges", "email")) == {"books@example.com"}


def test_of_every_source_nothing_of_a_person_is_left(tmp_path: Path, journey: Journey) -> None:
    settings = settings_of(tmp_path, by_hand.JOURNEY)
    shutil.copytree(PROJECT / "tests" / "sources" / "files", settings.landing)
    landing.land(settings, journey, now=AT)
    publishing.ensure_key(settings)
    wanted = [identifier(one) for one in ("email:ada@lovelace.example", "user_id:u-ada")]
    before = counts(settings)
    found = erasure.erase(settings, journey, wanted, at=AT)
    assert len({table.split("__")[0] for table in found.row_counts}) >= 8
    assert everywhere(tmp_path, ["ada@lovelace.example", "u-ada"]) == []
    after = counts(settings)
    assert {table: before[table] - after[table] for table in before if before[table] != after[table]} == found.row_counts
