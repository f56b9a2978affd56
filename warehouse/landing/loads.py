"""What was touched since a table was last built, and whether it can be mended or must be made anew: the book-keeping of runs.

Time is counted in turns: a landing is one, a call of dbt is one. A landing notes which sources have news; a table that is mended
notes what others must look at again (`loads.touched`, written by the dbt macro in dialect/touched.sql, in one transaction with
the rows it is about); a call of dbt that went well notes at which turn its models were built. So a model has to look at whatever
was touched after its own turn, however many runs failed or were partial in between, and doing so twice changes nothing.
docs/decisions/0013 tells the whole story.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb

from warehouse.connection import connect
from warehouse.definitions.journey import Journey
from warehouse.settings import PROJECT, Settings

# What decides how rows become tables: when any of it changes, tables are made anew.
BUILDING_CODE = ("dbt_project/models", "dbt_project/macros", "warehouse", "ml/identity.py", "orchestration/identity.py")
CODE_SUFFIXES = (".py", ".sql", ".yml", ".html", ".css", ".j2")

# Models that show only what is new: whoever reads them must be built together with them.
NEWS_VIEWS = frozenset({"int_events_unioned", "int_events_channelled"})
NEWS_READERS = frozenset({"int_event_names_counted", "int_events_versioned"})


@dataclass(frozen=True)
class Call:
    """One call of dbt: its turn, and whether it makes its models anew."""

    turn: int
    is_full: bool


def fingerprint_of_code(paths: Iterable[str]) -> str:
    """One hash over the code below the given folders and files of the project."""
    digest = hashlib.sha256()
    for name in paths:
        path = PROJECT / name
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.suffix in CODE_SUFFIXES and not {"state", "target", "logs"} & set(file.relative_to(PROJECT).parts):
                digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def start_landing(connection: duckdb.DuckDBPyConnection, now: datetime) -> tuple[int, datetime]:
    """Begin a landing: its turn and its time, which is later than that of every landing before it, whatever the clock says."""
    row = connection.execute("select max(landed_at) from working.loads.history").fetchone()
    at = max(now, row[0] + timedelta(milliseconds=1)) if row and row[0] else now
    return _next_turn(connection, at), at


def note_news(connection: duckdb.DuckDBPyConnection, turn: int, source: str, *, is_whole: bool) -> None:
    """A source has new rows; when some of its rows went away or changed, it must be read as a whole."""
    connection.execute("insert into working.loads.news values (?, ?, ?)", [turn, source, is_whole])


def why_full(settings: Settings, journey: Journey, *, is_asked: bool) -> str | None:
    """Decide after a landing whether everything is made anew, and note it; returns the reason, None when tables are mended.

    Reasons: it was asked for; there is nothing yet; the journey file, the code, the engine, the key of identifiers or the order
    of files changed; most rows are new.
    """
    now = {
        "the journey file": journey.fingerprint,
        "the code": fingerprint_of_code(BUILDING_CODE),
        "the engine": duckdb.__version__,
        "the key of identifiers": "",
        "the order of files": "kept",
    }
    with connect(settings) as connection:
        row = connection.execute("select secret from working.identity.key").fetchone()
        now["the key of identifiers"] = hashlib.sha256(str(row).encode()).hexdigest()[:16]
        then = dict(connection.execute("select definition, fingerprint from working.loads.definitions").fetchall())
        changed = [name for name, fingerprint in now.items() if then.get(name) != fingerprint]
        reason = None
        if not then:
            reason = "nothing is built yet"
        elif is_asked:
            reason = "it was asked for"
        elif changed:
            reason = f"{' and '.join(changed)} changed"
        elif not connection.execute("select 1 from working.loads.built limit 1").fetchone():
            reason = "nothing is built yet"
        elif _are_most_rows_new(connection):
            reason = "most rows are new"
        if reason:
            connection.execute("begin")
            connection.execute("delete from working.loads.built")
            connection.execute("delete from working.loads.touched")
            connection.execute("delete from working.loads.definitions")
            connection.executemany("insert into working.loads.definitions values (?, ?)", list(now.items()))
            connection.execute("commit")
    return reason


def start_call(settings: Settings, models: Set[str], upstream: Mapping[str, Set[str]]) -> Call:
    """Begin a call of dbt that builds `models`. `upstream`: of every model that is mended, those it is made from, near and far.

    All of the call's models are made anew if one of them was never built, or if something it is made from was made anew since.
    """
    mended = models & upstream.keys()
    with connect(settings) as connection:
        built = {
            model: (turn, anew)
            for model, turn, anew in connection.execute("select model, turn, made_anew_at from working.loads.built").fetchall()
        }
        is_full = any(
            model not in built or any(built[one][1] > built[model][0] for one in upstream[model] & built.keys())
            for model in mended
        )
        if is_full:
            # Whatever happens from here on, what they were before is no more.
            connection.execute("delete from working.loads.built where list_contains(?, model)", [sorted(mended)])
        return Call(_next_turn(connection, None), is_full)


def end_call(settings: Settings, call: Call, models: Set[str], upstream: Mapping[str, Set[str]]) -> None:
    """Note that a call of dbt went well, and forget what every model has seen."""
    mended = sorted(models & upstream.keys())
    if not mended:
        return
    with connect(settings) as connection:
        connection.execute("begin")
        held = connection.execute(
            "delete from working.loads.built where list_contains(?, model) returning model, made_anew_at", [mended]
        ).fetchall()
        anew = dict(held)
        rows = [(model, call.turn, call.turn if call.is_full else anew.get(model, 0)) for model in mended]
        connection.executemany("insert into working.loads.built values (?, ?, ?)", rows)
        connection.execute("commit")
        seen = dict(connection.execute("select model, turn from working.loads.built").fetchall())
        if upstream.keys() <= seen.keys():
            connection.execute("delete from working.loads.touched where turn <= ?", [min(seen.values())])
        if seen.keys() >= NEWS_READERS:
            connection.execute("delete from working.loads.news where turn <= ?", [min(seen[model] for model in NEWS_READERS)])


def _next_turn(connection: duckdb.DuckDBPyConnection, landed_at: datetime | None) -> int:
    sql = "insert into working.loads.history select coalesce(max(turn), 0) + 1, ? from working.loads.history returning turn"
    row = connection.execute(sql, [landed_at]).fetchall()
    return int(row[0][0])


def _are_most_rows_new(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether the files of the newest landing hold more rows than all earlier ones."""
    sql = """
        select sum(case when landed_files.landed_at = newest.landed_at then row_count else -row_count end) > 0
        from working.raw.landed_files cross join (select max(landed_at) as landed_at from working.loads.history) as newest
    """
    row = connection.execute(sql).fetchone()
    return bool(row and row[0])
