"""All sources in one run of the job, with the journey file for them that ships: it balances, the gates speak, nobody stumbles."""

from __future__ import annotations

import shutil
from subprocess import CompletedProcess

import pytest

from tests.orchestration.conftest import PROJECT, Home
from warehouse.sources import SOURCES

Run = tuple[Home, CompletedProcess[str]]


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("everything")
    shutil.copytree(PROJECT / "tests" / "sources" / "files", folder / "landing")
    (folder / "landing" / "olist").mkdir()
    home = Home(folder / "home", folder / "landing", PROJECT / "warehouse" / "examples" / "saas_stack.yml")
    return home, home.run()


def test_the_gates_give_a_verdict_and_the_exit_code_follows_it(everything: Run) -> None:
    home, done = everything
    assert "Traceback" not in done.stdout + done.stderr
    results = home.ask("select * from quality.gate_results", home.path / "published" / "last_run.duckdb")
    assert {"id_match_rates", "landing_losses", "timestamp_validity", "vocabulary_use"} <= set(results["gate"])
    is_red = bool((~results["passed"] & (results["severity"] == "block")).any())
    assert done.returncode == int(is_red), done.stdout + done.stderr
    assert home.published.is_file() != is_red
    assert "zendesk/ticket.csv" in home.page("data_quality")  # the place of a rejected row


def test_every_source_handed_something_over_and_its_rows_balance(everything: Run) -> None:
    home, _ = everything
    landed = home.build(
        "select source, sum(row_count) as landed, sum(rejected_count) as rejected from quality.landed_files group by source"
    )
    assert set(landed["source"]) == set(SOURCES) - {"olist"}
    assert (landed["landed"] > 0).all()
    rejected = home.build("select source, count(*) as rejected from quality.rejected_rows group by source")
    told = landed[landed["rejected"] > 0]
    assert dict(zip(rejected["source"], rejected["rejected"], strict=True)) == dict(
        zip(told["source"], told["rejected"].astype(int), strict=True)
    )


def test_every_event_has_a_known_meaning_or_is_counted_as_unmapped(everything: Run) -> None:
    home, _ = everything
    names = home.build("select * from quality.rpt_event_names")
    unmapped = home.build("select source, event_type from quality.rpt_unmapped_events")
    unknown = names[~names["is_known"] & (names["event_count"] > 0)]
    assert set(zip(unknown["source"], unknown["event_type"], strict=True)) == set(
        zip(unmapped["source"], unmapped["event_type"], strict=True)
    )
    assert len(unknown) > 0
    assert len(names[names["is_known"]]) > 30
