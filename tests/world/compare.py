"""Whether two warehouses hold the same, table by table and row by row."""

from __future__ import annotations

from collections.abc import Collection

from tests.world.build import World
from warehouse import connection

SCHEMAS = ("intermediate", "features", "quality", "marts")
# The numbers that put the events of a moment in order are a home's own; in another there are others, in the same order.
PLACES = ("event_place", "event_places", "entry_place", "account_event_place", "file_place")


def tables(world: World) -> list[str]:
    """All tables that dbt makes, by schema and name."""
    sql = "select schema_name || '.' || table_name as name from duckdb_tables() where list_contains(?, schema_name) order by name"
    return [name for name in world.column(sql, list(SCHEMAS)) if not name.startswith(("quality.gate_", "quality.publ"))]


def differences(one: World, other: World, table: str, without: Collection[str] = ()) -> list[tuple[object, ...]]:
    """Up to five rows that only one of two warehouses has in a table, with which of the two; some columns may be left out."""
    with connection.connect(one.settings, read_only=True) as opened:
        for name, path in (("build", other.settings.database), ("working", other.settings.working_database)):
            opened.execute(f"attach '{path}' as other_{name} (read_only)")
        left = connection.located(table)
        right = f"other_{left}" if left.startswith("working.") else f"other_build.{table}"
        names = [column[0] for column in opened.execute(f"describe {left}").fetchall() if column[0] not in without]
        columns = ", ".join(names)
        sql = f"""
            (select 'one' as side, * from (select {columns} from {left} except all select {columns} from {right}) limit 5)
            union all
            (select 'other' as side, * from (select {columns} from {right} except all select {columns} from {left}) limit 5)
        """
        return opened.execute(sql).fetchall()
