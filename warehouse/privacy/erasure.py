"""A person leaves: every database of the home is written anew without their rows, and whatever else may hold a trace goes.

What belongs to a person is belongings.py, how the rest is searched traces.py, how it is kept from coming back suppression.py.
A kill at any moment loses nothing: all new files lie complete in `<home>/erasing` before a plan is written there; from then on
the plan is carried out, if need be by the next run (`heal`). docs/decisions/0015 tells why it is done so.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import duckdb

from warehouse.connection import STORAGE, connect, create, exists, located, quoted
from warehouse.contract import RawTable
from warehouse.definitions.journey import JOURNEY_TABLES, Journey
from warehouse.files import make_durable
from warehouse.privacy import belongings, suppression, traces
from warehouse.privacy.personal import Identifier, parts_of, quoted_name, spelt
from warehouse.privacy.suppression import REASON
from warehouse.privacy.traces import Sought
from warehouse.settings import Settings, UserError, id_key
from warehouse.sources import RAW_TABLES
from warehouse.tables import WRITTEN_TABLES

# What a run makes again; it goes whole, for it may hold what nobody can search: a fitted model, a past moment.
MADE_AGAIN = ("known", "models", "logs", "dbt")
SAMPLE = 10_000  # identifiers by which it is told whether a publication was made with the key of today
ERASURES = "erasures"  # below the pages: the reports of erasures, which stay
# Kept of the working file: all else there is made from these.
KEPT = ("loads.history", "loads.suppressed", "identity.key")
# The name under which a file is remembered whose own name holds the persons.
RENAMED = "coalesce((select new_name from renamed where old_name = {0}), {0})"
# A publication of which nobody knows what it was made from is made anew.
NOT_CURRENT = (
    "update {0}.quality.publications set inputs_fingerprint = null "
    "where rowid = (select max(rowid) from {0}.quality.publications)"
)


@dataclass
class Found:
    """What there is of the persons: rows by table, rows of others that name them, and files. `sought` is for searching alone."""

    sought: Sought
    hashes: list[str]
    rows: list[dict[str, int]]  # by person and table
    mentions: dict[str, int]
    databases: list[str]
    removed: list[str]
    exports: list[str]
    changes: dict[str, dict[str, str]]  # of raw tables, by column: the SQL of what stays
    renamed: dict[str, str]  # files whose name holds them, with the name under which they are remembered
    unsearchable: list[str] = field(default_factory=list)

    @property
    def named_exports(self) -> list[str]:
        """The exports that hold them in their very name."""
        return [name for name in self.exports if name in self.renamed]

    @property
    def is_nothing(self) -> bool:
        """Whether nobody is known by what was asked for."""
        return not any(self.rows) and not self.mentions

    @property
    def row_counts(self) -> dict[str, int]:
        """Rows by table, of all persons together."""
        tables = sorted({table for counts in self.rows for table in counts})
        return {table: sum(counts.get(table, 0) for counts in self.rows) for table in tables}


def look(settings: Settings, journey: Journey, wanted: Sequence[Identifier]) -> Found:
    """What would go, without changing anything. Raises UserError for a shared identifier and before the first run."""
    with _opened(settings) as connection:
        belongings.find(connection, wanted, journey.identity.id_types)
        return _found(connection, settings, wanted)


def erase(settings: Settings, journey: Journey, wanted: Sequence[Identifier], *, at: datetime) -> Found:
    """Take these persons out of every file of the home and remember, as keyed hashes, that they must not come back.

    Afterwards the tables must be made anew, which the next run does by itself. Nothing is changed when nobody is known by it.
    Raises UserError for an identifier that several people used, before the first run, and while another run is writing.
    """
    heal(settings)
    with _opened(settings) as connection:
        suppression.check_key(connection)
        belongings.find(connection, wanted, journey.identity.id_types)
        found = _found(connection, settings, wanted)
        if found.is_nothing:
            return found
        shutil.rmtree(_folder(settings), ignore_errors=True)
        try:
            _folder(settings).mkdir()
            _write_working(connection, settings, found, at)
            _write_build(connection, settings, found, at)
            _write_publications(connection, settings, found)
            # Whatever becomes of this process, the next run has something to do.
            connection.execute(NOT_CURRENT.format("throughline"))
            connection.execute("checkpoint throughline")
            connection.execute("checkpoint working")
            _commit(settings, found)
        except BaseException:  # above all a full disk, which the copies would keep full
            if not is_planned(settings):
                shutil.rmtree(_folder(settings), ignore_errors=True)
            raise
        _carry_out(settings)
    return found


def is_planned(settings: Settings) -> bool:
    """Whether an erasure was decided on and is not carried out yet: the next run will."""
    return _plan(settings).is_file()


def is_resolved(settings: Settings) -> bool:
    """Whether it is known who is who: without that, only the identifiers asked for would be found."""
    with _opened(settings) as connection:
        return exists(connection, belongings.KNOWN.removeprefix("working."))


def erased_before(settings: Settings, hashes: Sequence[str]) -> datetime | None:
    """When one of these persons was last erased, by the hashes of what was asked for; None if never."""
    with _opened(settings) as connection:
        sql = "select max(erased_at) from quality.erasures where list_contains(?, id_hash)"
        row = connection.execute(sql, [list(hashes)]).fetchone()
    return row[0] if row else None


def heal(settings: Settings) -> None:
    """Finish an erasure that was interrupted after its plan was written; drop one that was interrupted before."""
    folder = _folder(settings)
    if not folder.is_dir():
        return
    with connect(settings):  # nobody else is at it
        if is_planned(settings):
            _carry_out(settings)
        else:
            shutil.rmtree(folder)


def search(settings: Settings, sought: Sought) -> dict[str, int]:
    """Every place of the home where something sought is left: rows of `file: schema.table.column`, and whole files (as 1).

    The user's own exports are not ours to change and not looked at here.
    """
    left: dict[str, int] = {}
    for path in searched(settings):
        name = path.relative_to(settings.home).as_posix()
        if path.suffix == ".duckdb":
            left |= {f"{name}: {column}": count for column, count in traces.in_database(path, sought).items()}
        if traces.in_file(path, sought):
            left[name] = 1
    return left


@contextmanager
def _opened(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    if not (settings.working_database.is_file() and settings.database.is_file()):
        raise UserError(f"There is no warehouse in {settings.home} yet, so nobody is in it. Run `make run` first.")
    with connect(settings) as connection:
        create(connection, {raw.table: raw.ddl for raw in RAW_TABLES} | {one.table: one.columns for one in WRITTEN_TABLES})
        yield connection


def _folder(settings: Settings) -> Path:
    return settings.home / "erasing"


def _plan(settings: Settings) -> Path:
    return _folder(settings) / "plan.json"


def _found(connection: duckdb.DuckDBPyConnection, settings: Settings, wanted: Sequence[Identifier]) -> Found:
    """Count and name what the closure found."""
    secret = _secret(connection)
    identifiers = belongings.identifiers(connection)
    counts: list[dict[str, int]] = [{} for _ in wanted]
    for person, table, count in connection.execute(
        "select person, table_name, count(*) from gone group by all order by all"
    ).fetchall():
        counts[person][table] = count
    _find_keys(connection, secret)
    hashes = [row[0] for row in connection.execute("select hash from erased_hashes").fetchall()]
    keys = connection.execute("select person_id from erased_persons union select customer_id from erased_customers").fetchall()
    sought = Sought(identifiers, frozenset(hashes), frozenset(key for (key,) in keys))
    rejected = _count(
        connection, f"select count(*) from working.raw.rejected_rows where {_names_in_text('raw_row', identifiers)}"
    )
    mentions = {"raw.rejected_rows": rejected} if rejected else {}
    renamed = _renamed(connection, traces.patterns(identifiers))
    if renamed:
        mentions["raw.landed_files"] = len(renamed)
    changes = {raw.table: _changes(connection, raw, identifiers) for raw in RAW_TABLES}
    for raw in RAW_TABLES:
        changed = changes[raw.table]
        if changed:
            conditions = " or ".join(f"{quoted_name(name)} is distinct from {sql}" for name, sql in changed.items())
            mentions[raw.table] = _count(connection, f"select count(*) from {_remaining(raw)} where {conditions}")
    databases, removed = _files_in_question(settings, sought)
    return Found(
        sought,
        [suppression.hash_of(secret, one.id_type, one.value) for one in wanted],
        counts,
        mentions,
        databases,
        removed,
        _exports(connection, settings, identifiers),
        changes,
        renamed,
    )


def _renamed(connection: duckdb.DuckDBPyConnection, found: Sequence[str]) -> dict[str, str]:
    """The files that name the persons, with names that do not; also as the table `renamed`. No two files get one name."""
    files = dict(
        connection.execute(
            f"select file, {traces.masked('file', found)} from (select file from working.raw.landed_files union select file from "
            "working.raw.rejected_rows) order by file"
        ).fetchall()
    )
    renamed: dict[str, str] = {}
    for file, name in files.items():
        if name != file:
            taken = {*files, *renamed.values()}
            renamed[file] = next(one for one in (name, *(f"{name} ({n})" for n in range(2, len(files) + 2))) if one not in taken)
    connection.execute("create or replace temp table renamed (old_name varchar, new_name varchar)")
    if renamed:
        connection.executemany("insert into renamed values (?, ?)", [list(pair) for pair in renamed.items()])
    return renamed


def _secret(connection: duckdb.DuckDBPyConnection) -> str:
    row = connection.execute("select secret from working.identity.key").fetchone()
    if row is None:
        raise UserError("This warehouse has no key of identifiers yet; run `make run` first.")
    if id_key() not in (None, row[0]):
        raise UserError("THROUGHLINE_ID_KEY is not the key of this home. Unset it, or `make run` first to change over to it.")
    return str(row[0])


def _find_keys(connection: duckdb.DuckDBPyConnection, secret: str, catalog: str = "throughline") -> None:
    """What the persons are called in a published database: hashes, and the keys of persons, customers and events.

    A customer who is an account goes only with the last of its people.
    """
    connection.execute(
        "create or replace temp table erased_hashes as select sha256(? || id_type || ':' || value) as hash from erased_ids",
        [secret],
    )
    persons = "select person_id from erased_persons"
    names = {
        row[0]
        for row in connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() where database_name = ?", [catalog]
        ).fetchall()
    }
    if "marts.dim_identities" in names:
        persons += (
            f" union select person_id from {catalog}.marts.dim_identities where id_hash in (select hash from erased_hashes)"
        )
    connection.execute(f"create or replace temp table erased_people as select distinct person_id from ({persons})")
    events = f"{catalog}.marts.fct_events"
    if "marts.fct_events" in names:
        connection.execute(
            f"create or replace temp table erased_customers as select customer_id from {events} where customer_id in "
            f"(select customer_id from {events} where person_id in (select person_id from erased_people)) group by customer_id "
            "having bool_and(coalesce(person_id in (select person_id from erased_people), false))"
        )
        connection.execute(
            f"create or replace temp table erased_events as select event_id from {events} "
            "where person_id in (select person_id from erased_people)"
        )
    elif catalog == "throughline":  # in any other without events, those of the build will do
        connection.execute("create or replace temp table erased_customers as select person_id as customer_id from erased_people")
        connection.execute("create or replace temp table erased_events (event_id bigint)")


def _count(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    return int(connection.execute(sql).fetchall()[0][0])


def _names_in_text(column: str, identifiers: frozenset[Identifier]) -> str:
    """The SQL condition that a rejected row names somebody, by whatever value, be it short: it is no data that is lost."""
    words = [one.value for one in identifiers if one.id_type != "crm_id"]
    words += [one.value.partition(":")[2] or one.value for one in identifiers if one.id_type == "crm_id"]
    exact = "|".join(re.escape(word) for word in sorted(set(words)))
    found = [rf"(?i)(^|[^a-z0-9_-])(?:{exact})($|[^a-z0-9_-])", *traces.patterns(identifiers)]
    return "coalesce(" + " or ".join(f"regexp_matches({column}, '{quoted(pattern)}')" for pattern in found) + ", false)"


def _remaining(raw: RawTable) -> str:
    """The rows of a raw table that stay."""
    name = located(raw.table)
    return f"(from {name} select *, rowid where rowid not in (select stored_row from gone where table_name = '{raw.table}'))"


def _changes(connection: duckdb.DuckDBPyConnection, raw: RawTable, identifiers: frozenset[Identifier]) -> dict[str, str]:
    """The columns in which rows that stay name the persons, with the SQL of what stays of them."""
    if not connection.execute(f"select 1 from {located(raw.table)} limit 1").fetchall():
        return {}
    wanted: dict[str, str] = {}
    for column in raw.people:
        name = quoted_name(column.name)
        spellings = [spelt(raw, kind, "part" if column.each else name) for kind in column.id_kinds]
        hits = " or ".join(
            f"{spelling} in (select value from erased_ids where id_type = '{kind}')" for kind, spelling in spellings
        )
        if column.each:
            parts = parts_of(column)
            named = f"(select list(part) from (select distinct unnest({parts}) as part from {located(raw.table)}) where {hits})"
            wanted[column.name] = suppression.without_parts(name, f"list_intersect({parts}, coalesce({named}, []))")
        else:
            wanted[column.name] = f"case when {hits} then null else {name} end"
    texts = [name for name, kind in raw.ddl.items() if kind == "VARCHAR" and not name.startswith("_") and name not in wanted]
    found = traces.patterns(identifiers)
    if texts and connection.execute(f"select 1 from {_remaining(raw)} where {traces.any_text(texts, found)} limit 1").fetchall():
        wanted |= {name: traces.masked(quoted_name(name), found) for name in texts}
    if not wanted:
        return {}
    tests = ", ".join(f"count_if({quoted_name(name)} is distinct from {sql})" for name, sql in wanted.items())
    row = connection.execute(f"select {tests} from {_remaining(raw)}").fetchone() or ()
    return {name: wanted[name] for name, count in zip(wanted, row, strict=True) if count}


def _record(connection: duckdb.DuckDBPyConnection, found: Found, at: datetime) -> None:
    rows = [
        [at, name, table, count]
        for name, counts in zip(found.hashes, found.rows, strict=True)
        for table, count in (counts or {"": 0}).items()
    ]
    connection.executemany("insert into fresh.quality.erasures values (?, ?, ?, ?)", rows)


@contextmanager
def _new(connection: duckdb.DuckDBPyConnection, path: Path) -> Iterator[None]:
    """A new database at a path, attached as `fresh` to be filled; it is whole and on disk afterwards."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    connection.execute(f"attach '{quoted(path)}' as fresh (storage_version '{STORAGE}')")
    connection.execute("begin")
    try:
        yield
        connection.execute("commit")
        connection.execute("checkpoint fresh")
    finally:
        connection.execute("detach fresh")
    make_durable(path)


def _copy(connection: duckdb.DuckDBPyConnection, source: str, table: str, select: str) -> None:
    schema, name = table.split(".")
    connection.execute(f"create schema if not exists fresh.{schema}")
    connection.execute(f'create table fresh.{schema}."{name}" as {select} from {source}')


def _write_working(connection: duckdb.DuckDBPyConnection, settings: Settings, found: Found, at: datetime) -> None:
    """The working file anew: raw rows but the persons', and what is kept beside them. All else is made from these."""
    identifiers = found.sought.identifiers
    with _new(connection, _folder(settings) / settings.working_database.name):
        for raw in RAW_TABLES:
            changed = found.changes[raw.table] | ({"_file": RENAMED.format("_file")} if found.renamed else {})
            replaced = ", ".join(f"{sql} as {quoted_name(name)}" for name, sql in changed.items())
            _copy(
                connection, _remaining(raw), raw.table, f"select * exclude (rowid) {f'replace ({replaced})' if replaced else ''}"
            )
        for table in KEPT:
            _copy(connection, located(table), table, "select *")
        suppression.remember(connection, "fresh.loads.suppressed", at)
        connection.execute(
            "create temp table gone_by_file as select gone.table_name, files._file as file, count(*) as n from gone inner join ("
            + " union all ".join(
                f"select '{raw.table}' as table_name, rowid as row, _file from {located(raw.table)}" for raw in RAW_TABLES
            )
            + ") as files on gone.table_name = files.table_name and gone.stored_row = files.row group by all"
        )
        _copy(
            connection,
            "working.raw.landed_files as files left join "
            "(select file, sum(n)::bigint as gone_count from gone_by_file group by file) as counts using (file)",
            "raw.landed_files",
            "select files.* replace (row_count - coalesce(gone_count, 0) as row_count, "
            f"rejected_count + coalesce(gone_count, 0) as rejected_count, {RENAMED.format('file')} as file)",
        )
        emptied = _names_in_text("raw_row", identifiers)
        _copy(
            connection,
            "working.raw.rejected_rows",
            "raw.rejected_rows",
            f"select * replace (case when {emptied} then null else raw_row end as raw_row, {RENAMED.format('file')} as file)",
        )
        connection.execute(
            "insert into fresh.raw.rejected_rows (source, table_name, file, reason) "
            "select split_part(split_part(table_name, '.', 2), '__', 1), split_part(table_name, '__', 2), "
            f"{RENAMED.format('file')}, "
            f"'{quoted(REASON)}' from gone_by_file, range(n)"
        )
        connection.execute("drop table gone_by_file")


def _write_build(connection: duckdb.DuckDBPyConnection, settings: Settings, found: Found, at: datetime) -> None:
    """The build anew: what runs and models have written, but for the persons; what dbt makes is made again."""
    kept = [one.table for one in WRITTEN_TABLES if located(one.table) == one.table] + [
        f"journey.{name}" for name in JOURNEY_TABLES
    ]
    with _new(connection, _folder(settings) / settings.database.name):
        _copy_without(connection, "throughline", [table for table in kept if exists(connection, table)], found)
        _record(connection, found, at)
        connection.execute(NOT_CURRENT.format("fresh"))


def _copy_without(connection: duckdb.DuckDBPyConnection, catalog: str, tables: Sequence[str], found: Found) -> int:
    """Copy tables without the persons' rows, told by the columns of keys and hashes; returns how many rows were left out."""
    in_keys = {
        **dict.fromkeys(("person_id", "key_from", "key_to"), "select person_id from erased_people"),
        "customer_id": "select customer_id from erased_customers",
        **dict.fromkeys(("event_id", "evidence_event_id"), "select event_id from erased_events"),
        **dict.fromkeys(("id_hash", "kept_id_hash"), "select hash from erased_hashes"),
    }
    left_out = 0
    for table in tables:
        schema, name = table.split(".")
        columns = connection.execute(
            "select column_name, data_type from duckdb_columns() where database_name = ? and schema_name = ? and table_name = ? "
            "order by column_index",
            [catalog, schema, name],
        ).fetchall()
        source = f'{catalog}.{schema}."{name}"'
        conditions = [f"{quoted_name(column)} in ({in_keys[column]})" for column, _ in columns if column in in_keys]
        if table == "quality.erasures":
            conditions = []
        going = " or ".join(f"coalesce({condition}, false)" for condition in conditions) or "false"
        texts = [column for column, kind in columns if kind == "VARCHAR"]
        if not (
            texts
            and connection.execute(
                f"select 1 from {source} where {traces.any_text(texts, found.sought.texts)} limit 1"
            ).fetchall()
        ):
            texts = []
        replaced = ", ".join(
            f"{traces.masked(quoted_name(column), found.sought.texts)} as {quoted_name(column)}" for column in texts
        )
        left_out += _count(connection, f"select count(*) from {source} where {going}")
        _copy(connection, f"{source} where not ({going})", table, f"select * {f'replace ({replaced})' if replaced else ''}")
    return left_out


def _write_publications(connection: duckdb.DuckDBPyConnection, settings: Settings, found: Found) -> None:
    """Every other database of the home anew: what is published, what was published earlier, and whatever else there is.

    One whose hashes were keyed by another secret cannot be searched for the persons and goes whole.
    """
    secret = _secret(connection)
    identities = "marts.dim_identities"
    known = f"select sha256('{quoted(secret)}' || id_type || ':' || id_value) from known_ids limit {SAMPLE}"
    for name in list(found.databases):
        path = settings.home / name
        connection.execute(f"attach '{quoted(path)}' as held (read_only)")
        try:
            _find_keys(connection, secret, "held")
            tables = [
                row[0]
                for row in connection.execute(
                    "select schema_name || '.' || table_name from duckdb_tables() where database_name = 'held' order by 1"
                ).fetchall()
            ]
            is_foreign = identities in tables and not _count(
                connection, f"select count(*) from held.{identities} where id_hash in ({known})"
            )
            if is_foreign and _count(connection, f"select count(*) from held.{identities}"):
                found.databases.remove(name)
                found.removed.append(name)
                found.unsearchable.append(name)
                continue
            with _new(connection, _folder(settings) / "home" / name):
                _copy_without(connection, "held", tables, found)
        finally:
            connection.execute("detach held")
        fresh = _folder(settings) / "home" / name
        if traces.in_database(fresh, found.sought):
            fresh.unlink()
            found.databases.remove(name)
            found.removed.append(name)


def searched(settings: Settings) -> list[Path]:
    """Every file of the home but the user's own: the exports, and of the demo what is true of it."""
    spared = [settings.landing, *([settings.home / "truth"] if settings.is_demo else []), _folder(settings)]
    files = (path for path in sorted(settings.home.rglob("*")) if path.is_file() and not path.is_symlink())
    return [path for path in files if not any(path.is_relative_to(folder) for folder in spared)]


def _files_in_question(settings: Settings, sought: Sought) -> tuple[list[str], list[str]]:
    """The databases that are written anew beside the two that are open, and the files that go, below the home."""
    databases, removed = [], [name for name in MADE_AGAIN if (settings.home / name).is_dir()]
    reports = settings.reports / ERASURES
    for path in searched(settings):
        parts = path.relative_to(settings.home).parts
        name = "/".join(parts)
        is_page = path.is_relative_to(settings.reports) and not path.is_relative_to(reports)
        if parts[0] in MADE_AGAIN:
            continue
        if path in (settings.database, settings.working_database) or name.removesuffix(".wal") in (
            settings.database.name,
            settings.working_database.name,
        ):
            continue
        if is_page or path.suffix in (".tmp", ".wal") or parts[0].startswith("."):
            removed.append(name)
        elif path.suffix == ".duckdb":
            databases.append(name)
        elif traces.in_file(path, sought):
            removed.append(name)
    return databases, removed


def _exports(connection: duckdb.DuckDBPyConnection, settings: Settings, identifiers: frozenset[Identifier]) -> list[str]:
    """The files of the landing folder that hold the persons: those their rows came from, and copies of them."""
    parts = [
        f"select _file as file from {located(raw.table)} where rowid in (select stored_row from gone where "
        f"table_name = '{raw.table}')"
        for raw in RAW_TABLES
    ]
    parts.append(
        f"select file from working.raw.rejected_rows where {_names_in_text('raw_row', identifiers)} or "
        f"reason = '{quoted(REASON)}'"
    )
    files = connection.execute(
        f"with held as ({' union '.join(parts)}) select file from working.raw.landed_files where file_fingerprint in "
        "(select file_fingerprint from working.raw.landed_files where file in (select file from held)) order by file"
    ).fetchall()
    return [file for (file,) in files if (settings.landing / file).is_file()]


def _commit(settings: Settings, found: Found) -> None:
    """Write down what is to be done; from here on it will be."""
    folder = _folder(settings)
    plan = {
        "replace": [*found.databases, settings.working_database.name],
        "build": settings.database.name,
        "remove": found.removed,
    }
    draft = folder / "plan.tmp"
    draft.write_text(json.dumps(plan), encoding="utf-8")
    make_durable(draft)
    os.replace(draft, _plan(settings))
    make_durable(folder)


def _carry_out(settings: Settings) -> None:
    """Put every new file into its place and remove what must go. To do it twice, or from the middle on, is the same."""
    folder = _folder(settings)
    plan = json.loads(_plan(settings).read_text(encoding="utf-8"))
    fresh = {plan["build"]: folder / plan["build"]}  # first: a build without its publication is no longer current
    fresh |= {
        name: folder / name if name == settings.working_database.name else folder / "home" / name for name in plan["replace"]
    }
    for name, path in fresh.items():
        target = settings.home / name
        if path.is_file():
            if target.is_file():
                shutil.copymode(target, path)  # who might read it still may
            target.with_name(f"{target.name}.wal").unlink(missing_ok=True)
            os.replace(path, target)
    for name in plan["remove"]:
        if (settings.home / name).is_dir():
            shutil.rmtree(settings.home / name)
        else:
            (settings.home / name).unlink(missing_ok=True)
    for touched in {settings.home, *(path.parent for path in settings.published_database.parent.rglob("*.duckdb"))}:
        make_durable(touched)
    shutil.rmtree(folder)
