"""What a landing notes for those that build tables: its batch, which sources have new rows, when all must be built anew.

A landing is a batch, a run of dbt is one. The rest of the book-keeping is dbt's (dbt_project/macros/incremental): it belongs to
whoever builds, by the job or by hand. docs/decisions/0027 tells the whole story.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import duckdb

from warehouse.connection import connect, exists
from warehouse.settings import Settings


def start_landing(connection: duckdb.DuckDBPyConnection, now: datetime) -> tuple[int, datetime]:
    """Begin a landing: its batch and its time, which is later than that of every landing before it, whatever the clock says."""
    row = connection.execute("select max(landed_at) from working.loads.history").fetchone()
    at = max(now, row[0] + timedelta(milliseconds=1)) if row and row[0] else now
    sql = "insert into working.loads.history select coalesce(max(batch), 0) + 1, ? from working.loads.history returning batch"
    return int(connection.execute(sql, [at]).fetchall()[0][0]), at


def note_new_load(connection: duckdb.DuckDBPyConnection, batch: int, source: str, *, is_whole: bool) -> None:
    """A source has new rows; when some of its rows went away or changed, it must be read as a whole."""
    connection.execute("insert into working.loads.new_loads values (?, ?, ?)", [batch, source, is_whole])


def forget_what_was_built(connection: duckdb.DuckDBPyConnection) -> None:
    """Whatever is built next is built anew, by whomever."""
    connection.execute("delete from working.loads.built")


def why_anew(settings: Settings, *, is_asked: bool) -> str | None:
    """Decide after a landing whether everything is built anew; returns the reason, None when each model decides for itself."""
    with connect(settings) as connection:
        if not connection.execute("select 1 from working.loads.built limit 1").fetchone():
            return "nothing is built yet"
        reason = "it was asked for" if is_asked else "most rows are new" if _are_most_rows_new(connection) else None
        if reason:
            forget_what_was_built(connection)
    return reason


def renew(connection: duckdb.DuckDBPyConnection) -> None:
    """Bring the tables of a home that an earlier version of this book-keeping left into today's shape: all is built anew once."""
    if not exists(connection, "loads.touched"):
        return
    connection.execute("alter table working.loads.history rename turn to batch")
    for name in ("news", "touched", "built"):
        connection.execute(f"drop table working.loads.{name}")


def _are_most_rows_new(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether the files of the newest landing hold more rows than all earlier ones."""
    sql = """
        select sum(case when landed_files.landed_at = newest.landed_at then row_count else -row_count end) > 0
        from working.raw.landed_files cross join (select max(landed_at) as landed_at from working.loads.history) as newest
    """
    row = connection.execute(sql).fetchone()
    return bool(row and row[0])
