"""Who may know whom, and lists that are kept in two places. The import contracts themselves are import-linter's."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from warehouse import connection
from warehouse.contract import LINEAGE
from warehouse.settings import PROJECT
from warehouse.sources import RAW_TABLES
from warehouse.tables import WRITTEN_TABLES

ROOMS = ("warehouse", "ml", "expectations", "reports", "simulation", "orchestration")


def imported(path: Path) -> set[str]:
    """The first names of everything a module imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


def test_only_orchestration_and_tests_know_dagster() -> None:
    modules = [path for room in ROOMS for path in (PROJECT / room).rglob("*.py") if "state" not in path.parts]
    assert len(modules) > 30
    knowing = {path.relative_to(PROJECT).parts[0] for path in modules if imported(path) & {"dagster", "dagster_dbt"}}
    assert knowing == {"orchestration"}


@pytest.mark.parametrize("room", ROOMS)
def test_every_module_opens_by_saying_what_it_is(room: str) -> None:
    paths = [path for path in (PROJECT / room).rglob("*.py") if "state" not in path.parts]
    assert [path.name for path in paths if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))] == []


def test_tables_that_python_writes_have_a_grain_and_a_schema_that_exists() -> None:
    assert [table.table for table in WRITTEN_TABLES if not table.grain.startswith("One row")] == []
    schemas = {*connection.PUBLISHED_SCHEMAS, *connection.WORKING_SCHEMAS}
    assert {table.table.partition(".")[0] for table in WRITTEN_TABLES} <= schemas
    names = [*(raw.table for raw in RAW_TABLES), *(written.table for written in WRITTEN_TABLES)]
    assert len(names) == len(set(names))


def test_no_column_of_a_source_is_called_like_the_lineage_or_stands_twice() -> None:
    for table in RAW_TABLES:
        names = [column.name for column in table.columns]
        assert not set(names) & set(LINEAGE), table.table
        assert len(names) == len(set(names)), table.table
        assert table.gives, table.table


def test_the_truth_of_the_simulated_world_is_nothing_that_the_pipeline_reads() -> None:
    rooms = [*(PROJECT / room for room in ("warehouse", "ml", "expectations", "reports")), PROJECT / "dbt_project"]
    paths = [
        path for room in rooms for kind in ("*.py", "*.sql", "*.yml") for path in room.rglob(kind) if "state" not in path.parts
    ]
    assert len(paths) > 150
    assert [path for path in paths if "truth/" in path.read_text(encoding="utf-8")] == []
    told = "".join(path.read_text(encoding="utf-8") for path in (PROJECT / "orchestration" / "steps").glob("*.py"))
    assert told.count("truth") == 1  # where the demo's is written
