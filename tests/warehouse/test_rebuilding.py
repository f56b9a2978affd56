"""Which models are built anew: those that changed, what is made of them, and nobody else. Each by a plain call of dbt."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from tests.world import town
from tests.world.build import DBT_FOLDER, World, dbt_at, manifest
from warehouse.definitions.journey import load_journey
from warehouse.landing import landing

KNOWN_BY = ("user_id", "u-ada")
OWN_MART = "select customer_id, count(*) as event_count from {{ ref('fct_events') }} group by customer_id\n"
OWN_YAML = """
version: 2
models:
  - name: rpt_mine
    description: One row per customer.
    columns: [{name: customer_id, data_type: bigint}, {name: event_count, data_type: bigint}]
"""


class Workshop:
    """A copy of the dbt project that may be edited, and a built home of its own."""

    def __init__(self, house: World, folder: Path) -> None:
        self.house, self.project = house, folder / "dbt_project"
        shutil.copytree(DBT_FOLDER, self.project, ignore=shutil.ignore_patterns("target", "logs"))

    def edit(self, name: str, old: str, new: str) -> None:
        (path,) = self.project.rglob(name)
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def run(self, *arguments: str) -> set[str]:
        """Call dbt; which models it made anew."""
        before = self.house.rows("select model, made_anew_batch from working.loads.built")
        dbt_at(self.project, self.house.settings, *(arguments or ("run",)))
        after = self.house.rows("select model, made_anew_batch from working.loads.built")
        known = {row["model"]: row["made_anew_batch"] for row in before}
        return {row["model"] for row in after if known.get(row["model"]) != row["made_anew_batch"]}


@pytest.fixture
def workshop(house: World, tmp_path: Path) -> Workshop:
    return Workshop(house, tmp_path / "workshop")


def incremental(*names: str) -> set[str]:
    """Those of the models, and of what is made of them, that are kept from run to run."""
    nodes = {node.unique_id: node for node in manifest().nodes.values() if str(node.resource_type) == "model"}
    found = {node.unique_id for node in nodes.values() if node.name in names}
    while more := {one for one, node in nodes.items() if found & set(node.depends_on.nodes)} - found:
        found |= more
    return {nodes[one].name for one in found if nodes[one].config.materialized == "incremental"}


def test_what_is_only_read_by_people_builds_nothing_anew_and_a_mart_of_ones_own_is_built_alone(workshop: Workshop) -> None:
    workshop.edit("fct_sessions.yml", "description: Who was there.", "description: Whoever was there.")
    assert workshop.run() == set()
    (workshop.project / "models" / "marts" / "rpt_mine.sql").write_text(OWN_MART, encoding="utf-8")
    (workshop.project / "models" / "marts" / "rpt_mine.yml").write_text(OWN_YAML, encoding="utf-8")
    assert workshop.run() == {"rpt_mine"}


def test_a_macro_that_changed_makes_its_models_anew_and_what_stands_on_them_even_later(workshop: Workshop) -> None:
    workshop.edit("int_paths_ordered.sql", "{% set opening_steps = 6 %}", "{% set opening_steps = 5 %}")
    assert workshop.run("run", "--select", "int_paths_ordered") == {"int_paths_ordered"}
    assert workshop.run() & incremental() == set()
    assert workshop.run("run", "--full-refresh", "--select", "int_sessions_channelled") == {"int_sessions_channelled"}
    below = incremental("int_sessions_channelled") - {"int_sessions_channelled"}
    assert below
    assert workshop.run() & incremental("fct_events", *below) >= below


def test_a_definition_makes_anew_what_reads_it(workshop: Workshop, tmp_path: Path) -> None:
    house = workshop.house
    changed = tmp_path / "journey.yml"
    changed.write_text(town.JOURNEY.read_text(encoding="utf-8").replace("gap_minutes: 31", "gap_minutes: 45"), encoding="utf-8")
    landing.land(house.settings, load_journey(changed), now=town.LANDED_AT + timedelta(days=1))
    made = workshop.run()
    assert {"int_events_sessioned", "int_sessions_channelled", "fct_sessions"} <= made
    assert "int_events_versioned" not in made


def test_a_model_made_anew_by_hand_leaves_nothing_stale(house: World) -> None:
    """Found by a stranger: between landing and the run's own steps one incremental model was made anew, and an order was lost."""
    of_one = "select event_count, revenue_amount from marts.dim_customers where customer_id = ?"
    sql = "select any_value(customer_id) as one from marts.fct_events where person_id = ?"
    (one,) = house.column(sql, house.person_id(KNOWN_BY))
    (before,) = house.rows(of_one, one)
    order = f"event_type,occurred_at,user_id,source\npurchased,2026-02-20T10:00:00,{KNOWN_BY[1]},product\n"
    (house.settings.landing / "events" / "one_more.csv").write_text(order, encoding="utf-8")
    landing.land(house.settings, house.journey, now=town.LANDED_AT + timedelta(days=1))
    dbt_at(DBT_FOLDER, house.settings, "run", "--selector", "stage")
    dbt_at(DBT_FOLDER, house.settings, "run", "--full-refresh", "--select", "int_events_identified")
    dbt_at(DBT_FOLDER, house.settings, "run")
    (after,) = house.rows(of_one, one)
    assert after["event_count"] == before["event_count"] + 1
