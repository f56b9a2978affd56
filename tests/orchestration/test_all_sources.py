"""All sources in one run of the job, with the journey file for them that ships: it balances, the gates speak, nobody stumbles."""

from __future__ import annotations

import re
import shutil
from subprocess import CompletedProcess
from unittest import mock

import pytest

from tests.orchestration.conftest import PROJECT, Home
from warehouse.sources import SOURCES

Run = tuple[Home, CompletedProcess[str]]

SECRET = "the-key-that-nobody-reads"
# Rows that are rejected for what stands in a column, for a broken line, and for no identifier; what the journey file blocks.
PLANTED = """event_type,occurred_at,user_id,email,revenue_amount
page_viewed,2026-01-10,u-plant,planted.five@private.example,
page_viewed,2026-01-10,u-plant,planted.one@private.example,much
page_viewed,planted.two@private.example,u-plant,,
page_viewed,2026-01-10,,,planted.four@private.example
page_viewed,2026-01-10,u-plant,"planted.three@private.example,,
"""


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("everything")
    shutil.copytree(PROJECT / "tests" / "sources" / "files", folder / "landing")
    (folder / "landing" / "olist").mkdir()
    (folder / "landing" / "events" / "planted.csv").write_text(PLANTED, encoding="utf-8")
    journey = folder / "journey.yml"
    shipped = (PROJECT / "warehouse" / "examples" / "saas_stack.yml").read_text(encoding="utf-8")
    assert "\nidentity:" not in shipped
    journey.write_text(shipped + "\nidentity: {blocked_values: [planted.six@private.example]}\n", encoding="utf-8")
    home = Home(folder / "home", folder / "landing", journey)
    with_key = home.environment() | {"THROUGHLINE_ID_KEY": SECRET}
    with mock.patch.object(Home, "environment", return_value=with_key):
        return home, home.run()


def test_no_row_and_no_secret_is_in_a_log_a_page_or_what_a_run_says(everything: Run) -> None:
    home, done = everything
    assert len(home.build("select * from quality.rejected_rows where file = 'events/planted.csv'")) == 4
    told = {"stdout": done.stdout, "stderr": done.stderr}
    for folder in ("logs", "dbt/logs", "dagster", "reports"):
        told |= {
            str(path): path.read_bytes().decode(errors="replace") for path in (home.path / folder).rglob("*") if path.is_file()
        }
    assert len(told) > 8
    files = "".join(path.read_bytes().decode(errors="replace") for path in home.landing.rglob("*") if path.is_file())
    values = {SECRET, *re.findall(r"[\w.+-]+@[\w-]+\.[\w.]+\w", files)}
    assert len(values) > 20
    assert {"planted.one@private.example", "ada@lovelace.example"} <= values
    assert {name: value for name, text in told.items() for value in (*values, "planted.six@") if value in text} == {}


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
