"""All sources in one run of the job, with the journey file for them that ships: it balances, the gates speak, nobody stumbles."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess
from unittest import mock

import pytest

from tests.orchestration.conftest import PROJECT, Home
from tests.privacy import planted
from tests.privacy.planted import Planted
from warehouse.sources import RAW_TABLES, SOURCES

SECRET = "the-key-that-nobody-reads"
# Rows that are rejected for what stands in a column, for a broken line, and for no identifier; what the journey file blocks.
ROWS = """event_type,occurred_at,user_id,email,revenue_amount
page_viewed,2026-01-10,u-plant,planted.five@private.example,
page_viewed,2026-01-10,u-plant,planted.one@private.example,much
page_viewed,planted.two@private.example,u-plant,,
page_viewed,2026-01-10,,,planted.four@private.example
page_viewed,2026-01-10,u-plant,"planted.three@private.example,,
"""
OF_ROWS = rf"planted[.](one|two|three|four|five)|{SECRET}"


@dataclass(frozen=True)
class Run:
    """A run of everything, and what was planted in it."""

    home: Home
    done: CompletedProcess[str]
    planted: Planted


def outputs(done: CompletedProcess[str]) -> dict[str, str]:
    return {"standard output": done.stdout, "standard error": done.stderr}


def run(home: Home) -> CompletedProcess[str]:
    with mock.patch.object(Home, "environment", return_value=home.environment() | {"THROUGHLINE_ID_KEY": SECRET}):
        return home.run()


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Every source's small files, in which addresses and numbers are planted wherever a value can stand."""
    folder = tmp_path_factory.mktemp("everything")
    hidden = planted.write(folder / "landing", PROJECT / "tests" / "sources" / "files")
    planted.write_by_hand(folder / "landing", hidden)
    (folder / "landing" / "events" / "rows.csv").write_text(ROWS, encoding="utf-8")
    journey = folder / "journey.yml"
    shipped = (PROJECT / "warehouse" / "examples" / "saas_stack.yml").read_text(encoding="utf-8")
    assert "\nidentity:" not in shipped
    # Nothing stops the run, so that there is everything that one can look into.
    shipped = shipped.replace("severity: block", "severity: warn")
    journey.write_text(shipped + "\nidentity: {blocked_values: [planted.six@private.example]}\n", encoding="utf-8")
    home = Home(folder / "home", folder / "landing", journey)
    return Run(home, run(home), hidden)


def test_no_address_number_row_or_secret_comes_out_anywhere(everything: Run) -> None:
    home, done = everything.home, everything.done
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(home.build("select * from quality.rejected_rows where file = 'events/rows.csv'")) == 4
    landed = home.build("select 'raw.' || source || '__' || table_name as name from quality.landed_files where row_count > 0")
    assert {table.table for table in RAW_TABLES} == set(landed["name"])
    assert planted.found(home.path, outputs(done), OF_ROWS) == {}
    assert everything.planted.leaks(home.path, outputs(done)) == []


def test_no_address_and_number_of_a_file_that_is_refused_comes_out_anywhere(everything: Run, tmp_path: Path) -> None:
    home = everything.home.copy(tmp_path)
    planted.write_refused(home.landing, everything.planted)
    done = run(home)
    assert done.returncode == 1
    assert f"{len(planted.SPELLINGS)} file(s) cannot be landed" in done.stderr
    assert everything.planted.leaks(home.path, outputs(done)) == []


def test_the_gates_give_a_verdict_and_the_exit_code_follows_it(everything: Run) -> None:
    home, done = everything.home, everything.done
    assert "Traceback" not in done.stdout + done.stderr
    results = home.ask("select * from quality.gate_results", home.path / "published" / "last_run.duckdb")
    assert {"id_match_rates", "landing_losses", "timestamp_validity", "vocabulary_use"} <= set(results["gate"])
    is_red = bool((~results["passed"] & (results["severity"] == "block")).any())
    assert done.returncode == int(is_red), done.stdout + done.stderr
    assert home.published.is_file() != is_red
    assert "zendesk/ticket.csv" in home.page("data_quality")  # the place of a rejected row


def test_every_source_handed_something_over_and_its_rows_balance(everything: Run) -> None:
    home = everything.home
    landed = home.build(
        "select source, sum(row_count) as landed, sum(rejected_count) as rejected from quality.landed_files group by source"
    )
    assert set(landed["source"]) == set(SOURCES)
    assert (landed["landed"] > 0).all()
    rejected = home.build("select source, count(*) as rejected from quality.rejected_rows group by source")
    told = landed[landed["rejected"] > 0]
    assert dict(zip(rejected["source"], rejected["rejected"], strict=True)) == dict(
        zip(told["source"], told["rejected"].astype(int), strict=True)
    )


def test_every_event_has_a_known_meaning_or_is_counted_as_unmapped(everything: Run) -> None:
    home = everything.home
    names = home.build("select * from quality.rpt_event_names")
    unmapped = home.build("select source, event_type from quality.rpt_unmapped_events")
    unknown = names[~names["is_known"] & (names["event_count"] > 0)]
    assert set(zip(unknown["source"], unknown["event_type"], strict=True)) == set(
        zip(unmapped["source"], unmapped["event_type"], strict=True)
    )
    assert len(unknown) > 0
    assert len(names[names["is_known"]]) > 30
