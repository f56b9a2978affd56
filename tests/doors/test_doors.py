"""The way of a newcomer on a clean clone, file by file as docs/your-own-models.md shows it: two runs, and dbt by hand between."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import duckdb
import pytest

from tests.doors.clone import Clone
from tests.orchestration import samples
from warehouse import connection
from warehouse.landing import attached
from warehouse.privacy import suppression
from warehouse.settings import Settings

OWN = "dbt_project/models/marts/own"


class Newcomer(NamedTuple):
    """The clone after both runs, and what was said: by the first, by dbt between them, by the second."""

    clone: Clone
    first: str
    by_hand: str
    second: str


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory: pytest.TempPathFactory) -> Newcomer:
    """The shop as it is, then all that the page has people write."""
    folder = tmp_path_factory.mktemp("newcomer")
    clone = Clone.at(folder)
    first = clone.run()
    clone.settings["CRM_DB"] = str(folder / "crm.duckdb")
    with duckdb.connect(clone.settings["CRM_DB"]) as crm:
        crm.execute("create table orders (id int, placed_at timestamp, buyer_email varchar, amount decimal(18, 2))")
        crm.execute(
            "insert into orders values (1, '2026-03-05 20:00', 'Cleo@example.com', 20), (2, '2026-03-06', 'dora@example.com', 5)"
        )
    clone.write(
        f"{OWN}/rpt_channel_revenue.sql",
        f"{OWN}/rpt_channel_revenue.yml",
        f"{OWN}/rpt_channel_customers.sql",
        f"{OWN}/sales_board.yml",
        "dbt_project/seeds/loyalty_points.csv",
        "dbt_project/models/staging/loyalty/stg_loyalty__events.sql",
        "dbt_project/models/staging/crm/_crm.yml",
        "dbt_project/models/staging/crm/stg_crm__events.sql",
        "dbt_project/models/quality/rpt_order_amounts.sql",
        "dbt_project/models/quality/rpt_order_amounts.yml",
        "dbt_project/snapshots/channel_history.yml",
    )
    for line in ("loyalty__events: reread", "crm__events: reread"):
        clone.replace("dbt_project/dbt_project.yml", "  feeds:\n", f"  feeds:\n    {line}\n")
    clone.replace("expectations/volume.py", "GATES = (\n", f"GATES = (\n{clone.shown('expectations/volume.py')},\n")
    journey = Path(clone.settings["THROUGHLINE_JOURNEY"])
    text = journey.read_text(encoding="utf-8")
    journey.write_text(
        text.replace(
            "{description: Left an e-mail address}", "{description: Left an e-mail address, names: {loyalty: [points granted]}}"
        ).replace("{description: Bought something}", "{description: Bought something, names: {crm: [Order Placed]}}"),
        encoding="utf-8",
    )
    (clone.path / "dbt_project" / "models" / "finance").mkdir()
    (clone.path / "dbt_project" / "models" / "finance" / "margins.sql").write_text("select 1 as margin", encoding="utf-8")
    by_hand = clone.dbt("build", "-s", "rpt_channel_revenue", "margins")
    return Newcomer(clone, first, by_hand, clone.run())


def test_the_shop_of_the_readme_says_what_the_readme_shows(newcomer: Newcomer) -> None:
    samples.renewed(samples.block("text", "Throughline · journey kettle_shop"), newcomer.first)


def test_of_a_mart_of_ones_own_nothing_else_is_built(newcomer: Newcomer) -> None:
    built = re.findall(r"OK created sql \w+ model (?:working\.)?(\S+)", re.sub(r"\x1b\[\d*m", "", newcomer.by_hand))
    assert sorted(built) == ["main.margins", "marts.rpt_channel_revenue"]


def test_marts_of_ones_own_are_published_with_and_without_a_contract(newcomer: Newcomer) -> None:
    revenue = newcomer.clone.ask("select * from marts.rpt_channel_revenue")
    assert revenue["customer_count"].sum() == 4
    assert float(revenue["revenue_amount"].sum()) == 74.9
    assert newcomer.clone.ask("select sum(customer_count) as n from marts.rpt_channel_customers")["n"].item() == 4


def test_events_of_a_seed_and_of_an_attached_database_arrive_and_join_people(newcomer: Newcomer) -> None:
    events = newcomer.clone.ask(
        "select source, event_type, customer_id, occurred_at::varchar as moment from marts.fct_events "
        "where source in ('crm', 'loyalty') order by moment"
    )
    told = [tuple(row) for row in events[["source", "event_type", "moment"]].itertuples(index=False)]
    assert told == [
        ("loyalty", "subscribed", "2026-03-04 12:00:00"),
        ("crm", "ordered", "2026-03-05 20:00:00"),
        ("crm", "ordered", "2026-03-06 00:00:00"),
    ]
    known = newcomer.clone.ask("select customer_id from marts.fct_events where source = 'events'")["customer_id"]
    assert events["customer_id"].isin(known).tolist() == [True, True, False]


def test_a_gate_of_ones_own_judges_its_measure(newcomer: Newcomer) -> None:
    judged = newcomer.clone.ask(
        "select subject, passed from quality.gate_results where gate = 'order_amounts' and stands order by subject"
    )
    assert judged["subject"].tolist() == ["crm", "events"]
    assert judged["passed"].all()


def test_what_is_not_published_is_named_once_and_seeds_and_snapshots_are_not(newcomer: Newcomer) -> None:
    told = re.findall("! not published: (.*?)\\. ", newcomer.second)
    assert told == ["main.margins"]
    schemas = newcomer.clone.ask("select distinct schema_name as s from duckdb_tables()")["s"]
    assert set(schemas) == {"journey", "quality", "marts", "ml"}
    own = newcomer.clone.working(
        "select schema_name, table_name from duckdb_tables() where schema_name in ('seeds', 'snapshots')"
    )
    assert sorted(own.itertuples(index=False, name=None)) == [("seeds", "loyalty_points"), ("snapshots", "channel_history")]


def test_an_exposure_says_who_reads_what(newcomer: Newcomer) -> None:
    assert "rpt_channel_revenue" in newcomer.clone.dbt(
        "ls", "-s", "+exposure:sales_board", "--resource-type", "model", "--output", "name"
    )


def erase(mail: str, clone: Clone) -> None:
    """Put somebody on the list of those who were erased, as `make erase` does after it took out what landed."""
    with duckdb.connect(str(clone.home / "working.duckdb")) as working:
        (secret,) = working.execute("select secret from identity.key").fetchall()[0]
        row = ["email", suppression.hash_of(secret, "email", mail), suppression.key_print(secret)]
        working.execute("insert into loads.suppressed values (?, ?, ?, now())", row)


def test_a_database_that_changed_is_news_and_what_is_no_more_there_goes(newcomer: Newcomer) -> None:
    clone = newcomer.clone
    assert "nothing new" in clone.run()
    with duckdb.connect(clone.settings["CRM_DB"]) as crm:
        crm.execute("delete from orders where buyer_email like 'dora%'")
    settings = Settings(clone.home, clone.home, clone.home, None, False)
    assert attached.have_changed(settings)
    erase("cleo@example.com", clone)
    clone.replace("dbt_project/dbt_project.yml", "    loyalty__events: reread\n", "")
    clone.dbt("build", "-s", "+int_events_recorded", "+rpt_feed_yields")
    assert set(clone.working("select source from intermediate.int_events_recorded")["source"]) == {"events"}
    yields = connection.read(settings, "quality.rpt_feed_yields")
    assert sorted(yields[["model", "is_read", "row_count"]].itertuples(index=False, name=None)) == [
        ("stg_crm__events", True, 0),
        ("stg_loyalty__events", False, 0),
    ]


def test_a_database_that_is_not_there_is_told(newcomer: Newcomer) -> None:
    clone = Clone(newcomer.clone.path, newcomer.clone.settings | {"CRM_DB": "/nowhere/crm.duckdb"})
    with pytest.raises(AssertionError, match=r"source crm lies in /nowhere/crm\.duckdb, and no such file is there"):
        clone.dbt("build", "-s", "stg_crm__events")
