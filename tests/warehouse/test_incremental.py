"""Every table that is kept from run to run is, row for row, the table that a full build would give, whatever came when.

WORLDS=2000 makes two thousand worlds of the two hundred, SEED=3 others, DISTURBED=3 more trouble between runs.
"""

from __future__ import annotations

import os
import random
import re
import shutil
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from simulation import world as simulated
from simulation.writing import write_world
from tests.world import disturbed, restless, town
from tests.world.build import World, build, settings_of
from tests.world.compare import PLACES, differences, tables
from warehouse.definitions.journey import load_journey
from warehouse.landing import landing
from warehouse.settings import PROJECT

WORLDS = int(os.environ.get("WORLDS", 200))
SEED = int(os.environ.get("SEED", 1))
RUNS = 5
DISTURBED = int(os.environ.get("DISTURBED", 1))
# What was known when is told by landings, and so are these tables.
CLOCKS = (
    *("known_at", "known_us", "loaded_at", "changed_at", "tellings", "misdated_count", "timestamp_accuracy"),
    *PLACES,
    *("last_loaded_at", "median_delay_hours", "p95_delay_hours", "late_rate"),
)
OF_LANDINGS = (
    *("intermediate.int_event_names_counted", "features.customer_snapshots", "marts.fct_identity_changes"),
    *("quality.landed_files", "quality.rejected_rows", "quality.rpt_timestamp_validity", "quality.rpt_touchpoint_audit"),
)
VENDOR_RUNS = 2
VENDORS_LANDED_AT = datetime(2026, 11, 1)


@pytest.fixture(scope="module", params=["person", "account"])
def kept(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> World:
    """Two hundred worlds after several runs, each of which built on what the one before had left, and on what others did between:
    models built by hand, one made anew, runs that fail or die. DISTURBED=3 does three such things before each run."""
    folder = tmp_path_factory.mktemp(request.param)
    journey = folder / "journey.yml"
    text = town.JOURNEY.read_text(encoding="utf-8").replace("subject: person", f"subject: {request.param}")
    if request.param == "account":  # and visits that stop growing after half an hour
        text = text.replace("gap_minutes: 31}", "gap_minutes: 31, max_days: 0.02}")
    journey.write_text(text, encoding="utf-8")
    settings = settings_of(folder / "home", journey)
    dice, done = random.Random(f"{SEED}/{request.param}"), []
    for number, delivery in enumerate(restless.deliveries(SEED, WORLDS, RUNS)):
        restless.write(settings.landing, delivery)
        for _ in range(DISTURBED if number else 0):
            if dice.random() < 0.6:
                landing.land(settings, load_journey(journey), now=delivery.at)
            done.append(dice.choice(disturbed.DISTURBANCES)(dice, settings))
        world = build(settings, delivery.at, with_tests=False)
    print("\n".join(done))  # shown when something differs
    return world


@pytest.fixture(scope="module")
def full(kept: World, tmp_path_factory: pytest.TempPathFactory) -> World:
    """The same landings, built anew."""
    home = tmp_path_factory.mktemp("full") / "home"
    shutil.copytree(kept.settings.home, home)
    last = restless.deliveries(SEED, WORLDS, RUNS)[-1]
    return build(settings_of(home, kept.settings.journey_path), last.at, with_tests=False, is_full=True)


def test_a_kept_warehouse_is_the_one_that_a_full_build_makes(kept: World, full: World) -> None:
    compared = tables(full)
    assert len(compared) > 45
    assert compared == tables(kept)
    assert {table: rows for table in compared if (rows := differences(kept, full, table))} == {}


@pytest.mark.parametrize("kept", ["person"], indirect=True)
def test_it_does_not_matter_when_which_file_came(kept: World, tmp_path: Path) -> None:
    # An event that landed before its time is no "now" of that landing, but of one that comes later it may be.
    (as_of,) = kept.column("select as_of from working.intermediate.int_clock_read")
    settings = settings_of(tmp_path / "home", kept.settings.journey_path, as_of)
    last = restless.deliveries(SEED, WORLDS, RUNS)[-1]
    restless.write(settings.landing, last)
    at_once = build(settings, last.at, with_tests=False)
    compared = [table for table in tables(at_once) if table not in OF_LANDINGS]
    assert {table: rows for table in compared if (rows := differences(kept, at_once, table, CLOCKS))} == {}


def test_visits_were_cut_where_they_are_short(kept: World) -> None:
    (cut,) = kept.column("select count(*) as n from marts.fct_sessions where is_continued")
    assert (cut > 10) == ("account" in str(kept.settings.home))


def test_some_runs_read_new_rows_alone_and_some_whole_feeds(kept: World) -> None:
    landed = kept.rows("select landed_at, count(*) as n from working.raw.landed_files group by landed_at order by landed_at")
    counts = [row["n"] for row in landed]
    assert len(counts) >= RUNS
    assert {4, 5} <= set(counts)  # three files and the clock, or one more that changed


def test_and_the_worlds_were_restless(kept: World) -> None:
    """That the test above is one: there were merges, splits, corrections, shared browsers, late rows and timers."""
    counts = {
        "merges": "select count(*) as n from marts.fct_identity_changes where rule = 'merge'",
        "splits": "select count(*) as n from marts.fct_identity_changes where rule <> 'merge'",
        "shared": "select count(*) as n from working.intermediate.int_shared_uses_attributed",
        "late": "select count(*) as n from marts.fct_events where known_at > occurred_at",
        "copies": "select sum(copy_count) as n from working.intermediate.int_events_versioned",
        "copies over several landings": """
            select count(*) as n from working.intermediate.int_events_versioned
            where copy_count > 0 and tellings[1].loaded_at < tellings[-1].loaded_at
        """,
        "silences": "select count(*) as n from marts.fct_stage_intervals where entry_reason = 'inactivity'",
        "changes of mind": "select count(*) as n from marts.dim_consents where superseded_at is not null",
        "who may not be written to": "select count(*) as n from marts.dim_customers where not may_be_contacted",
        "plans": "select count(*) as n from marts.fct_events where event_type = 'plan_changed'",
        "changed files": "select count(*) as n from working.raw.landed_files where landed_at > timestamp '2026-02-09'",
    }
    found = {what: kept.column(sql)[0] for what, sql in counts.items()}
    assert min(found.values()) > 10, found


@pytest.fixture(scope="module")
def vendors(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The exports of a simulated company, day by day, and between them the small files of every source, in no order."""
    folder = tmp_path_factory.mktemp("vendors")
    world = simulated.World(customers=300)
    write_world(folder / "landing", folder / "truth", world, deliveries=VENDOR_RUNS)
    files = {path.relative_to(folder / "landing"): path for path in (folder / "landing").rglob("*") if path.is_file()}
    days = sorted({_day(path.name) for path in files.values()})
    small = PROJECT / "tests" / "sources" / "files"
    dice = random.Random(SEED)
    files |= {path.relative_to(small): path for path in sorted(small.rglob("*")) if path.is_file()}
    comes_at = {
        place: days.index(_day(path.name)) if path.is_relative_to(folder) else dice.choice((0, *range(VENDOR_RUNS)))
        for place, path in files.items()
    }
    settings = settings_of(folder / "home", PROJECT / "warehouse" / "journey.yml")
    for number in range(VENDOR_RUNS):
        for place in (place for place, run in comes_at.items() if run == number):
            (settings.landing / place).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(files[place], settings.landing / place)
        built = build(settings, VENDORS_LANDED_AT + timedelta(days=number), with_tests=False)
    return built


def _day(name: str) -> str:
    """The day of a delivery, out of the name of its file."""
    found = re.search(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", name)
    assert found is not None, name
    return found[0]


def test_the_exports_of_every_vendor_are_kept_exactly_too(vendors: World, tmp_path: Path) -> None:
    assert set(vendors.column("select made_anew_batch from working.loads.built")) == {2, 3}
    shutil.copytree(vendors.settings.home, tmp_path / "home")
    settings = settings_of(tmp_path / "home", vendors.settings.journey_path)
    full = build(settings, VENDORS_LANDED_AT + timedelta(days=9), with_tests=False, is_full=True)
    assert {table: rows for table in tables(full) if (rows := differences(vendors, full, table))} == {}
