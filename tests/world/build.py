"""A warehouse from files, as a run builds it but without Dagster: land, build the first layer, identify, build the rest.

Only tests use it. dbt runs inside this process, and its project is parsed once for all warehouses of a test session.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import mock

from orchestration import identity
from tests.world import crowd, strangers, town
from warehouse import connection
from warehouse.definitions.journey import Journey, load_journey
from warehouse.landing import landing, loads
from warehouse.publication import publishing
from warehouse.settings import PROJECT, Settings, memory_limit

DBT_FOLDER = PROJECT / "dbt_project"
ID_KEY = "the town's own key"


@dataclass(frozen=True)
class World:
    """A built warehouse and what it was built from."""

    settings: Settings
    journey: Journey
    landing: landing.Landing

    def rows(self, sql: str, *parameters: object) -> list[dict[str, Any]]:
        """What a query returns, by column name. Timestamps are datetimes without a zone, in UTC."""
        with connection.connect(self.settings, read_only=True) as opened:
            result = opened.execute(sql, parameters)
            names = [column[0] for column in result.description or []]
            return [dict(zip(names, values, strict=True)) for values in result.fetchall()]

    def column(self, sql: str, *parameters: object) -> list[Any]:
        """The first column of what a query returns."""
        return [next(iter(one.values())) for one in self.rows(sql, *parameters)]

    def person_id(self, known_by: tuple[str, str]) -> int:
        """The person with this identifier."""
        sql = "select person_id from working.intermediate.int_identifiers_resolved where id_type = ? and id_value = ?"
        (found,) = self.column(sql, *known_by)
        return int(found)


def settings_of(home: Path, journey_path: Path, requested_as_of: datetime | None = None) -> Settings:
    """Settings for a home whose exports lie in its own landing folder."""
    return Settings(home, home / "landing", journey_path, requested_as_of, False)


def build(
    settings: Settings,
    now: datetime,
    *,
    with_tests: bool = True,
    is_full: bool = False,
    until: Collection[str] = (),
    id_key: str = ID_KEY,
) -> World:
    """Land and build everything that a run builds, or only what some models need and themselves.

    Raises AssertionError naming what dbt could not build or found wrong.
    """
    journey = load_journey(settings.journey_path)
    found = landing.land(settings, journey, now=now)
    with mock.patch.dict(os.environ, THROUGHLINE_ID_KEY=id_key):
        publishing.ensure_key(settings)
    loads.why_anew(settings, is_asked=is_full)
    command = ["build", "--exclude-resource-type", "unit_test"] if with_tests else ["run"]
    dbt(settings, *command, "--selector", "stage")
    identity.solve(settings, journey)
    of_stage = models_of_layer("stage")
    wanted = ["--select", *(f"+{model}" for model in until)] if until else []
    dbt(settings, *command, *wanted, "--exclude", *of_stage)
    return World(settings, journey, found)


def dbt(settings: Settings, *arguments: str) -> list[tuple[str, str]]:
    """Call dbt for a warehouse; returns the (name, status) of what it did. Raises AssertionError unless all of it went well."""
    return _told(_invoke(settings.home, arguments, manifest()))


def dbt_at(project: Path, settings: Settings, *arguments: str) -> list[tuple[str, str]]:
    """The same with a project of its own, parsed anew."""
    return _told(_invoke(settings.home, arguments, None, project))


def _told(outcome: Any) -> list[tuple[str, str]]:
    all_results = outcome.result.results if outcome.result else []
    results = [one for one in all_results if str(one.node.resource_type) != "operation"]  # hooks are none of the models
    wrong = [f"{one.node.name}: {one.status}: {one.message}" for one in results if one.status not in ("success", "pass")]
    assert outcome.success, "\n".join(wrong) or outcome.exception
    return [(one.node.name, str(one.status)) for one in results]


@cache
def models_of_layer(layer: str, project: Path = DBT_FOLDER) -> tuple[str, ...]:
    """The names of the models of a layer of a run, by dbt's own selector."""
    with TemporaryDirectory() as home:
        arguments = ("ls", "--selector", layer, "--resource-type", "model", "--output", "name")
        outcome = _invoke(Path(home), arguments, manifest(project), project)
    assert outcome.success, outcome.exception
    return tuple(outcome.result)


@cache
def manifest(project: Path = DBT_FOLDER) -> Any:
    """The parsed dbt project. It names no home, so every warehouse shares it."""
    with TemporaryDirectory() as home:
        outcome = _invoke(Path(home), ("parse",), None, project)
    assert outcome.success, outcome.exception
    return outcome.result


def _invoke(home: Path, arguments: tuple[str, ...], parsed: Any, project: Path = DBT_FOLDER) -> Any:
    environment = {"THROUGHLINE_HOME": str(home), "THROUGHLINE_MEMORY": memory_limit(), "DO_NOT_TRACK": "1"}
    with warnings.catch_warnings(), mock.patch.dict(os.environ, environment):
        warnings.simplefilter("ignore")  # what dbt and its packages warn of is not ours to mend
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager
        from dbt.cli.main import dbtRunner

        common = ("--project-dir", str(project), "--profiles-dir", str(DBT_FOLDER), "--target-path", str(home / "dbt"))
        quiet = ("--quiet", "--no-write-json", "--log-level-file", "none", "--no-use-colors")
        outcome = dbtRunner(manifest=parsed).invoke([arguments[0], *common, *quiet, *arguments[1:]])
        # The warehouse has one writer, and the next one is Python.
        DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]  # dbt-duckdb has no types
        return outcome


@cache
def built(name: str, folder: Path) -> World:
    """One of the WORLDS, built at most once per test session whichever folder of tests asks first."""
    return WORLDS[name](folder / name)


def _town(home: Path) -> World:
    settings = settings_of(home, town.JOURNEY)
    town.write(settings.landing)
    return build(settings, town.LANDED_AT)


def _crowd(home: Path) -> World:
    """The whole crowd, and after it the rows that come late."""
    settings = settings_of(home, town.JOURNEY)
    crowd.write(settings.landing)
    landing.land(settings, load_journey(settings.journey_path), now=crowd.LANDED_AT)
    town.write_csv(settings.landing / "events" / "late.csv", crowd.late_rows())
    return build(settings, crowd.LATE_LANDED_AT, with_tests=False)


def _crowd_before_snapshot(home: Path) -> World:
    """The crowd as it was on the day of the snapshot, when nobody knew of what came later."""
    settings = settings_of(home, town.JOURNEY)
    crowd.write(settings.landing, until=crowd.SNAPSHOT_AT)
    return build(settings, crowd.LANDED_AT, with_tests=False)


# What the brute force of tests/warehouse/test_brute_force*.py is compared with.
OF_STRANGERS = (
    *("fct_events", "fct_sessions", "rpt_transitions", "rpt_step_matrix", "rpt_paths", "rpt_exits", "rpt_comparisons"),
    *("rpt_pre_churn", "rpt_funnel_steps", "rpt_conformance"),
)


def _strangers(home: Path) -> World:
    settings = settings_of(home, strangers.JOURNEY)
    strangers.write(settings.landing)
    return build(settings, strangers.LANDED_AT, with_tests=False, until=OF_STRANGERS)


WORLDS: dict[str, Callable[[Path], World]] = {
    "town": _town,
    "crowd": _crowd,
    "crowd_before_snapshot": _crowd_before_snapshot,
    "strangers": _strangers,
}
