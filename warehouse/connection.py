"""The one way to open the warehouse from Python: open late, close early, one writer. No table's meaning lives here.

The warehouse is two DuckDB files opened as one: the build (`journey`, `quality`, `marts`, `ml`), which is what gets
published, and `working` (`raw`, `loads`, `staging`, `intermediate`, `identity`, `features`; what somebody adds as `seeds` or
`snapshots`), which never is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from warehouse.home import for_the_owner_alone, held
from warehouse.settings import Settings, UserError, memory_limit

WORKING_SCHEMAS = ("raw", "loads", "staging", "intermediate", "identity", "features", "seeds", "snapshots")
PUBLISHED_SCHEMAS = ("journey", "quality", "marts", "ml")

# BI drivers from DuckDB 1.4 on must be able to open what we write.
STORAGE = "v1.4.0"


@contextmanager
def connect(settings: Settings, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the build with `working` attached beside it; every session is in UTC.

    Raises UserError when another process is at the home, or has one of its files open.
    """
    if not read_only:
        settings.home.mkdir(mode=0o711, parents=True, exist_ok=True)
    with held(settings.home), for_the_owner_alone(), _opened(settings, read_only=read_only) as connection:
        yield connection


@contextmanager
def _opened(settings: Settings, *, read_only: bool) -> Iterator[duckdb.DuckDBPyConnection]:
    try:
        connection = duckdb.connect(
            str(settings.database),
            read_only=read_only,
            config={"storage_compatibility_version": STORAGE, "memory_limit": memory_limit()},
        )
    except duckdb.IOException as error:
        if "lock" in str(error):
            raise UserError(
                f"Another program has {settings.database} open. Wait for it to end (or stop it) and start again; "
                "BI and notebooks open what is published."
            ) from None
        raise
    try:
        mode = " (read_only)" if read_only else ""
        connection.execute(f"attach '{quoted(settings.working_database)}' as working{mode}")
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("set enable_progress_bar = false")
        yield connection
    finally:
        connection.close()


def quoted(value: object) -> str:
    """The inside of a SQL string literal."""
    return str(value).replace("'", "''")


def located(table: str) -> str:
    """The full name of `schema.table`: tables that are never published live in the working file."""
    return f"working.{table}" if table.split(".")[0] in WORKING_SCHEMAS else table


def exists(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Whether `schema.table` is there, as a table or a view."""
    schema, name = table.split(".")
    catalog = "working" if schema in WORKING_SCHEMAS else "throughline"
    found = connection.execute(
        "select 1 from information_schema.tables where table_catalog = ? and table_schema = ? and table_name = ?",
        [catalog, schema, name],
    ).fetchone()
    return found is not None


def read(settings: Settings, table: str, where: str = "true") -> pd.DataFrame:
    """One table as a frame; meant for small ones (measures, definitions, a batch of customers)."""
    with connect(settings, read_only=True) as connection:
        return connection.execute(f"select * from {located(table)} where {where}").df()


def read_all(settings: Settings, tables: Sequence[str]) -> dict[str, pd.DataFrame]:
    """Those of the given small tables that exist, by name."""
    with connect(settings, read_only=True) as connection:
        return {
            table: connection.execute(f"select * from {located(table)}").df() for table in tables if exists(connection, table)
        }


def sample(settings: Settings, table: str, *, key: str, most: int) -> pd.DataFrame:
    """All rows of a share of the keys, so that there are about `most` of them; which keys depends on nothing but the key.

    A table that is small enough comes whole.
    """
    with connect(settings, read_only=True) as connection:
        row = connection.execute(f"select count(*) from {located(table)}").fetchone()
        share = min(1.0, most / max(1, row[0] if row else 0))
        return connection.execute(
            f"select * from {located(table)} where hash({key}) % 1000000 < ? order by all", [int(share * 1_000_000)]
        ).df()


def latest(settings: Settings, table: str, *, at: str, batch: int) -> Iterator[pd.DataFrame]:
    """The rows of the newest `at` of a table, in batches of at most `batch` rows; at least one batch, which may be empty."""
    with connect(settings, read_only=True) as connection:
        name = located(table)
        rows = connection.execute(f"select * from {name} where {at} = (select max({at}) from {name}) order by all")
        first = True
        while len(frame := rows.fetch_df_chunk(max(1, batch // 2048))) or first:
            first = False
            yield frame


def keys(settings: Settings, table: str, *columns: str) -> dict[str, NDArray[np.int64]]:
    """The distinct rows of these key columns as aligned numpy arrays, by column."""
    names = ", ".join(columns)
    with connect(settings, read_only=True) as connection:
        found = connection.execute(f"select distinct {names} from {located(table)}").fetchnumpy()
    return {name: np.asarray(values, dtype=np.int64) for name, values in found.items()}


def replace(settings: Settings, table: str, frame: pd.DataFrame, *, where: Mapping[str, object]) -> int:
    """In one transaction, delete the rows in which the given columns have the given values, and insert the frame's."""
    with connect(settings) as connection:
        connection.execute("begin")
        condition = " and ".join(f'"{name}" = ?' for name in where) or "true"
        connection.execute(f"delete from {located(table)} where {condition}", list(where.values()))
        rows = append(connection, table, frame)
        connection.execute("commit")
    return rows


def row_counts(settings: Settings, tables: Sequence[str]) -> dict[str, int]:
    """How many rows the given tables (not views) have, from the catalogue alone."""
    with connect(settings, read_only=True) as connection:
        rows = connection.execute("select schema_name || '.' || table_name, estimated_size from duckdb_tables()").fetchall()
    return {table: size for table, size in rows if table in set(tables)}


def newest(settings: Settings, tables: Sequence[str], *, at: str) -> dict[str, datetime]:
    """The latest `at` of those of the given tables (not views) that have such a column and rows."""
    with connect(settings, read_only=True) as connection:
        rows = connection.execute(
            "select schema_name || '.' || table_name from duckdb_columns() where column_name = ? and not internal", [at]
        ).fetchall()
        having = sorted({table for (table,) in rows} & set(tables))
        found = {table: connection.execute(f"select max({at}) from {located(table)}").fetchone() for table in having}
    return {table: row[0] for table, row in found.items() if row and row[0]}


def create(connection: duckdb.DuckDBPyConnection, tables: Mapping[str, Mapping[str, str]]) -> None:
    """Create each `schema.table` with its columns (name to type), or add those an older version of it lacks."""
    # The catalogue is asked once: a hundred tables that are all there cost nothing then.
    found = connection.execute(
        "select case when database_name = 'working' then 'working.' else '' end || schema_name || '.' || table_name, column_name "
        "from duckdb_columns() where not internal"
    ).fetchall()
    existing: dict[str, set[str]] = {}
    for table, column in found:
        existing.setdefault(table, set()).add(column)
    for schema in dict.fromkeys(located(table).rpartition(".")[0] for table in tables if located(table) not in existing):
        connection.execute(f"create schema if not exists {schema}")
    for table, columns in tables.items():
        name = located(table)
        if name not in existing:
            body = ", ".join(f'"{column}" {kind}' for column, kind in columns.items())
            connection.execute(f"create table {name} ({body})")
            continue
        for column in columns.keys() - existing[name]:
            connection.execute(f'alter table {name} add column "{column}" {columns[column]}')


def append(connection: duckdb.DuckDBPyConnection, table: str, frame: pd.DataFrame) -> int:
    """Insert the frame's rows by column name; returns how many. Types are those of the table."""
    if not len(frame):
        return 0
    connection.register("incoming_rows", frame)
    names = ", ".join(f'"{name}"' for name in frame.columns)
    connection.execute(f"insert into {located(table)} ({names}) select {names} from incoming_rows")
    connection.unregister("incoming_rows")
    return len(frame)
