"""From an audited build to the published file: stamp the numbers with the state they are in, and swap in one atomic step.

Nothing red is ever published; what was published before is kept for a while, so that one can return to it. Four schemas are
copied; whatever else somebody keeps in the build stays there.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import duckdb
import pandas as pd

from warehouse.connection import PUBLISHED_SCHEMAS, STORAGE, WORKING_SCHEMAS, append, connect, quoted
from warehouse.definitions.journey import Journey
from warehouse.files import make_durable
from warehouse.landing import attached, landing, loads
from warehouse.publication import code, trust, verdicts
from warehouse.publication.verdicts import Verdict
from warehouse.settings import Settings, UserError, id_key

MOST_EMPTY = 1 / 3  # of a published file
MOST_NAMED = 5  # of what is left out
NAMED_AFTER = "%Y-%m-%dT%H-%M-%S"  # an earlier publication, after the moment its run finished

# The row that was written last, not the one with the latest time: clocks are set back.
LAST = "from quality.publications order by rowid desc limit 1"


def inputs_fingerprint(settings: Settings, journey: Journey) -> str:
    """What the outputs of a run are a function of: files, definitions, the requested now, the key, and the code."""
    with connect(settings, read_only=True) as connection:
        files = connection.execute("select file, file_fingerprint, status from working.raw.landed_files order by file").fetchall()
        requested = connection.execute("select requested_as_of from journey.settings").fetchone()
        secret = connection.execute("select secret from working.identity.key").fetchone()
        others = attached.stamps(connection)
    digest = hashlib.sha256(repr((files, requested, journey.fingerprint, secret, others)).encode())
    digest.update(code.fingerprint_of_rows().encode())
    return digest.hexdigest()[:16]


def published_inputs(settings: Settings) -> str | None:
    """The fingerprint of what the published file was made from; None when nothing is published, the last run was refused, or one
    that began to build since has not come to its end.

    After a roll-back, that of the publication which was left: the same files do not bring it back.
    """
    if not settings.published_database.is_file() or not settings.database.is_file():
        return None
    with connect(settings, read_only=True) as connection:
        build = connection.execute(f"select is_published, inputs_fingerprint, coalesce(returned_to, run_id) {LAST}").fetchone()
        finished = f"select distinct judgement from quality.gate_results where stands and not {verdicts.OF_UNFINISHED}"
        if {name for (name,) in connection.execute(finished).fetchall()} != {verdicts.DATA, verdicts.MODELS}:
            return None
    with duckdb.connect(str(settings.published_database), read_only=True) as connection:
        published = connection.execute(f"select run_id {LAST}").fetchone()
    # A run that died between swapping the file and noting it has the row in the published file alone.
    return build[1] if build and build[0] and published and build[2] == published[0] else None


def is_made_of_what_is_there(settings: Settings, journey: Journey) -> bool:
    """Whether what is published was made of the files that are there now, by the definitions and the code of now."""
    published = published_inputs(settings)
    if (
        published is None
        or not settings.working_database.is_file()
        or landing.has_news(settings)
        or attached.have_changed(settings)
    ):
        return False
    return published == inputs_fingerprint(settings, journey)


def is_current(settings: Settings, journey: Journey) -> bool:
    """Whether what is published is what a run would publish: made of what is there, for the requested now, with the key."""
    if not is_made_of_what_is_there(settings, journey):
        return False
    with connect(settings, read_only=True) as connection:
        row = connection.execute("select requested_as_of from journey.settings").fetchone()
        secret = connection.execute("select secret from working.identity.key").fetchone()
    wanted = id_key()
    return row == (settings.requested_as_of,) and (not wanted or secret == (wanted,))


def ensure_key(settings: Settings) -> None:
    """Give the warehouse the secret that keys what names people: THROUGHLINE_ID_KEY, else one made once and kept.

    With another one nothing counts as built any more, so that no table ever has keys of both. Raises UserError for a short one.
    """
    with connect(settings) as connection:
        row = connection.execute("select secret from working.identity.key").fetchone()
        wanted = id_key() or (row[0] if row else secrets.token_hex(32))
        if row is None or row[0] != wanted:
            connection.execute("begin")
            connection.execute("delete from working.identity.key")
            connection.execute("insert into working.identity.key values (?)", [wanted])
            loads.forget_what_was_built(connection)
            connection.execute("commit")


def as_of(settings: Settings) -> datetime | None:
    """The "now" of the build; None before there is one."""
    with connect(settings, read_only=True) as connection:
        try:
            row = connection.execute("select as_of from working.intermediate.int_clock_read").fetchone()
        except duckdb.CatalogException:
            return None
    return row[0] if row else None


def published_as_of(settings: Settings) -> datetime | None:
    """The "now" of what is published; None when nothing is."""
    if not settings.published_database.is_file():
        return None
    with duckdb.connect(str(settings.published_database), read_only=True) as connection:
        row = connection.execute(f"select as_of {LAST}").fetchone()
    return row[0] if row else None


def read_published(settings: Settings, tables: Sequence[str]) -> dict[str, pd.DataFrame]:
    """Those of the given small tables that are published, by name."""
    if not settings.published_database.is_file():
        return {}
    with duckdb.connect(str(settings.published_database), read_only=True) as connection:
        rows = connection.execute("select schema_name || '.' || table_name from duckdb_tables()").fetchall()
        there = {name for (name,) in rows}
        return {table: connection.execute(f"select * from {table}").df() for table in tables if table in there}


def published_counts(settings: Settings) -> dict[str, int]:
    """How many rows each published table has, by full name."""
    with duckdb.connect(str(settings.published_database), read_only=True) as connection:
        rows = connection.execute("select schema_name || '.' || table_name, estimated_size from duckdb_tables()").fetchall()
    return dict(rows)


# Whatever a publication leaves out, of a database and beside the schemas that are known there.
_LEFT_OUT = """
    select schema_name, table_name as name, 'table' as kind from duckdb_tables()
    where database_name = $database and not list_contains($schemas, schema_name)
    union all
    select schema_name, view_name, 'view' from duckdb_views()
    where database_name = $database and not internal and (not list_contains($schemas, schema_name) or $are_views_left)
    order by all
"""


def left_out(settings: Settings) -> str | None:
    """What a publication will leave out, in words that say how it is published; None when there is nothing.

    Seeds, snapshots and the layers below the marts are not meant for others and are not named.
    """
    with connect(settings, read_only=True) as connection:
        found = [
            *_left_out_of(connection, "throughline", PUBLISHED_SCHEMAS),
            *_left_out_of(connection, "working", WORKING_SCHEMAS, are_views_left=False),
        ]
    if not found:
        return None
    names = [f"{schema}.{name}" for schema, name, _ in found]
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return (
        f"not published: {', '.join(names[:MOST_NAMED])}{more}. "
        "What others are to read is a model below dbt_project/models/marts, and a table, not a view."
    )


def _left_out_of(
    connection: duckdb.DuckDBPyConnection, database: str, schemas: Sequence[str], *, are_views_left: bool = True
) -> list[tuple[str, str, str]]:
    asked = {"database": database, "schemas": list(schemas), "are_views_left": are_views_left}
    return connection.execute(_LEFT_OUT, asked).fetchall()


def publish(settings: Settings, journey: Journey, *, run_id: str, inputs: str, finished_at: datetime) -> dict[str, int]:
    """Swap the published file for a stamped copy of the build, in one atomic step. Readers keep what they have open.

    Returns how many published numbers are trusted, warned and withheld. Raises UserError when a blocking gate failed or the gates
    have not judged what is there now.
    """
    counted = verdicts.verdict(settings, (verdicts.DATA, verdicts.MODELS))
    if not counted.is_publishable:
        raise UserError(f"{counted.block_failures} blocking check(s) fail; nothing is published")
    states = trust.record(settings, run_id=run_id, recorded_at=finished_at)
    row = _publication(settings, journey, counted, run_id=run_id, inputs=inputs, finished_at=finished_at)
    with connect(settings) as connection:
        _claim(connection, run_id)
    target = settings.published_database
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_suffix(".tmp")
    try:
        _copy(settings.database, fresh)
        with duckdb.connect(str(fresh), config={"storage_compatibility_version": STORAGE}) as connection:
            append(connection, "quality.publications", row)
            trust.stamp(connection)
        make_durable(fresh)
        if target.is_file():
            _keep(target, settings.earlier_publications)
        os.replace(fresh, target)
        make_durable(target.parent)
    finally:
        _clear(fresh)
    note_publication(settings)
    for old in earlier(settings)[settings.publications_kept :]:
        old.unlink()
    return states


def note_publication(settings: Settings) -> None:
    """Write down in the build what the published file says of publications, which is there from the moment one has happened.

    A run that was killed right after the swap is made up for by whoever calls this next.
    """
    if not settings.published_database.is_file():
        return
    with connect(settings) as connection:
        connection.execute(f"attach '{quoted(settings.published_database)}' as published (read_only)")
        connection.execute(
            "insert into quality.publications by name select * from published.quality.publications "
            "where run_id not in (select run_id from quality.publications)"
        )


def refuse(settings: Settings, journey: Journey, *, run_id: str, inputs: str, finished_at: datetime, block_failures: int) -> None:
    """Write down that the run was refused, and for how many reasons. The published file is left as it is."""
    row = _publication(settings, journey, Verdict(block_failures, 0, 0), run_id=run_id, inputs=inputs, finished_at=finished_at)
    with connect(settings) as connection:
        connection.execute("begin")
        _claim(connection, run_id)
        append(connection, "quality.publications", row)
        connection.execute("commit")


def earlier(settings: Settings) -> list[Path]:
    """The publications that are kept beside the one that stands, the one made last first."""
    return sorted(settings.earlier_publications.glob("*.duckdb"), key=_place, reverse=True)


def roll_back(settings: Settings, name: str | None, *, now: datetime) -> Path:
    """Publish a kept publication again: the one of that name, else the newest one before what stands. What stood is kept too.

    The next run with the same files and definitions leaves it be. Returns where the kept one was. Raises UserError when there is
    none.
    """
    note_publication(settings)
    target = settings.published_database
    names = {path.stem: path for path in earlier(settings)}
    standing = _place(target) if target.is_file() else sys.maxsize
    chosen = name or next((stem for stem, path in names.items() if _place(path) < standing), None)
    if chosen not in names:
        known = ", ".join(names) or "none"
        what = f"no publication {chosen} is kept" if name else "no publication is kept from before the one that stands"
        raise UserError(f"There is nothing to return to: {what}. Kept are: {known} (THROUGHLINE_KEEP says how many).")
    path = names[str(chosen)]
    fresh = target.with_suffix(".tmp")
    _clear(fresh)
    try:
        shutil.copyfile(path, fresh)
        make_durable(fresh)
        with duckdb.connect(str(path), read_only=True) as connection:
            row = connection.execute(f"select run_id, as_of, journey_version, warnings, withhold_failures {LAST}").fetchone()
        if row is None:
            raise UserError(f"{path} holds no publication. Choose another one: {', '.join(names)}.")
        if target.is_file():
            _keep(target, settings.earlier_publications)
        os.replace(fresh, target)
    finally:
        _clear(fresh)
    make_durable(target.parent)
    run_id, moment, version, warnings, withheld = row
    with connect(settings) as connection:
        inputs = connection.execute(f"select inputs_fingerprint {LAST}").fetchall()
        entry = {
            "run_id": f"return-{now:{NAMED_AFTER}}",
            "finished_at": now,
            "is_published": True,
            "as_of": moment,
            "journey_version": version,
            "inputs_fingerprint": inputs[0][0] if inputs else None,
            "returned_to": run_id,
            "block_failures": 0,
            "withhold_failures": withheld,
            "warnings": warnings,
        }
        append(connection, "quality.publications", pd.DataFrame([entry]))
    return path


def publish_quality(settings: Settings) -> Path:
    """Put the state of the data beside the published file, on every run: a refused run explains itself there too."""
    target = settings.published_database.with_name("last_run.duckdb")
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_suffix(".tmp")
    _clear(fresh)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{quoted(fresh)}' as fresh (storage_version '{STORAGE}')")
        connection.execute(f"attach '{quoted(settings.database)}' as build (read_only)")
        connection.execute("create schema fresh.quality")
        tables = connection.execute(
            "select table_name from duckdb_tables() where database_name = 'build' and schema_name = 'quality' order by 1"
        ).fetchall()
        for (name,) in tables:
            connection.execute(f'create table fresh.quality."{name}" as select * from build.quality."{name}"')
    os.replace(fresh, target)
    return target


def _publication(
    settings: Settings, journey: Journey, counted: Verdict, *, run_id: str, inputs: str, finished_at: datetime
) -> pd.DataFrame:
    """The one row of quality.publications that says how a run ended."""
    row = {
        "run_id": run_id,
        "finished_at": finished_at,
        "is_published": counted.is_publishable,
        "as_of": as_of(settings),
        "journey_version": journey.fingerprint,
        "inputs_fingerprint": inputs,
        "block_failures": counted.block_failures,
        "withhold_failures": counted.withhold_failures,
        "warnings": counted.warnings,
    }
    return pd.DataFrame([row])


def _claim(connection: duckdb.DuckDBPyConnection, run_id: str) -> None:
    """A run that comes to its end makes what the gates said its own word; how it ended before, if it did, counts no more."""
    connection.execute("delete from quality.publications where run_id = ?", [run_id])
    verdicts.adopt(connection, run_id)


def _copy(build: Path, fresh: Path) -> None:
    """Copy what is published of the build.

    As a file, where it holds nothing else. Where it does, or where much of it is room that tables left when they were made anew,
    table by table: of what is left out not one byte comes along, not even in a freed block.
    """
    _clear(fresh)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{quoted(build)}' as build (read_only)")
        size = connection.execute(
            "select free_blocks > total_blocks * ? from pragma_database_size() where database_name = 'build'", [MOST_EMPTY]
        ).fetchall()
        schemas = connection.execute(
            "select schema_name from duckdb_schemas() where database_name = 'build' and not internal"
        ).fetchall()
        is_all = {name for (name,) in schemas} <= set(PUBLISHED_SCHEMAS)
        if not is_all or size[0][0] or _left_out_of(connection, "build", PUBLISHED_SCHEMAS):
            connection.execute(f"attach '{quoted(fresh)}' as fresh (storage_version '{STORAGE}')")
            _copy_tables(connection)
            return
    shutil.copyfile(build, fresh)


def _copy_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill `fresh` with the tables of `build` that are published, as they are declared there."""
    connection.execute("begin")
    connection.execute("copy from database build to fresh (schema)")
    for schema, name, kind in _left_out_of(connection, "fresh", PUBLISHED_SCHEMAS):
        connection.execute(f'drop {kind} fresh."{schema}"."{name}"')
    schemas = "select schema_name from duckdb_schemas() where database_name = 'fresh' and not internal"
    for (schema,) in connection.execute(schemas).fetchall():
        if schema not in PUBLISHED_SCHEMAS:
            connection.execute(f'drop schema fresh."{schema}" cascade')
    tables = "select schema_name, table_name from duckdb_tables() where database_name = 'fresh'"
    for schema, name in connection.execute(tables).fetchall():
        connection.execute(f'insert into fresh."{schema}"."{name}" select * from build."{schema}"."{name}"')
    connection.execute("commit")


def _clear(path: Path) -> None:
    """Remove a database file that was being written, with its log: that of a killed run would be replayed into the next."""
    for one in (path, path.with_name(f"{path.name}.wal")):
        one.unlink(missing_ok=True)


def _keep(path: Path, folder: Path) -> None:
    """Keep a publication under the moment its run finished: the same bytes, by another name."""
    folder.mkdir(exist_ok=True)
    kept = folder / f"{_finished_at(path):{NAMED_AFTER}}.duckdb"
    if kept.exists():
        return
    with suppress(OSError):
        os.link(path, kept)
        return
    shutil.copyfile(path, kept)  # a file system without links


def _place(path: Path) -> int:
    """Where a publication stands in the order in which they were made: how many the home had seen; a broken one is before all."""
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            return int(connection.execute("select count(*) from quality.publications").fetchall()[0][0])
    except duckdb.Error:
        return 0


def _finished_at(path: Path) -> datetime:
    """When the run of a publication finished."""
    with duckdb.connect(str(path), read_only=True) as connection:
        row = connection.execute(f"select finished_at {LAST}").fetchone()
    return row[0] if row else datetime.fromtimestamp(path.stat().st_mtime)
