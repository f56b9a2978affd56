"""Database files in which sources lie that nobody lands: which there are, and whether one has changed since a run read it.

dbt opens them (dbt_project/macros/attached_sources.sql). Here it is only told that there is something new.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import duckdb

from warehouse.connection import connect, exists
from warehouse.settings import Settings


def note(settings: Settings, paths: Iterable[str]) -> None:
    """Write down how these files are now, before a run reads them: what changes from here on is news for the next."""
    with connect(settings) as connection:
        connection.execute("begin")
        connection.execute("delete from working.loads.attached")
        for path in sorted(set(paths)):
            connection.execute("insert into working.loads.attached values (?, ?)", [path, _stamp(path)])
        connection.execute("commit")


def stamps(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """The files and how the newest run found them."""
    if not exists(connection, "loads.attached"):  # a home that an older version left
        return []
    return connection.execute("select path, stamp from working.loads.attached order by path").fetchall()


def have_changed(settings: Settings) -> bool:
    """Whether one of the files is another than the newest run found."""
    with connect(settings, read_only=True) as connection:
        return any(_stamp(path) != stamp for path, stamp in stamps(connection))


def _stamp(path: str) -> str:
    """Size and time of a database file and of the log beside it, in which its newest rows may lie."""
    found = [Path(name) for name in (path, f"{path}.wal") if Path(name).is_file()]
    return " ".join(f"{file.stat().st_size}:{file.stat().st_mtime_ns}" for file in found)
