"""Who was erased does not come back: what lands is compared with keyed hashes of their identifiers, records and rows.

The list holds no value, only hashes that whoever has the key can compare with. With another key nothing can be compared, so then
nothing lands.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from datetime import datetime

import duckdb

from warehouse.connection import exists, located, quoted
from warehouse.contract import PERSON_ID_TYPES, RawTable
from warehouse.privacy.belongings import fingerprint
from warehouse.privacy.personal import (
    parts_of,
    quoted_name,
    raw_tables,
    record_id,
    records_of,
    spelling,
    spelt,
)
from warehouse.privacy.traces import MASK
from warehouse.settings import UserError, id_key

REASON = "belongs to somebody who was erased"
SUPPRESSED = "working.loads.suppressed"
MAIL = r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]*[A-Za-z0-9]"


def hash_of(secret: str, kind: str, value: str) -> str:
    """The hash by which an erased identifier is known: another one than the published, so that nothing can be joined to it."""
    return hashlib.sha256(f"{secret}erased:{kind}:{value}".encode()).hexdigest()


def _hashed(kind: str, text: str) -> str:
    return f"sha256(getvariable('erasure_secret') || 'erased:{kind}:' || {text})"


def key_print(secret: str) -> str:
    """By what is told with which key a list was written."""
    return hashlib.sha256(f"key of erasures:{secret}".encode()).hexdigest()[:16]


def check_key(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether anybody was erased; then what lands must be compared.

    Raises UserError when the key of identifiers is, or is about to be, another one than that of the list.
    """
    if not exists(connection, "loads.suppressed"):
        return False
    prints = {row[0] for row in connection.execute(f"select key_print from {SUPPRESSED} group by key_print").fetchall()}
    if not prints:
        return False
    row = connection.execute("select secret from working.identity.key").fetchone()
    secret = id_key() or (str(row[0]) if row else "")
    if prints != {key_print(secret)}:
        raise UserError(
            "People were erased here, and the list of them, which keeps them from coming back, can only be read with the key of "
            "identifiers it was written with. THROUGHLINE_ID_KEY is another one now: set it to what it was, or unset it if it "
            "never was set. Nothing was landed."
        )
    connection.execute("set variable erasure_secret = ?", [secret])
    return True


def remember(connection: duckdb.DuckDBPyConnection, listed: str, at: datetime) -> None:
    """Put on the list (the table `listed`) what belongings.py found: identifiers, records, rows that name only a shared one."""
    row = connection.execute("select secret from working.identity.key").fetchone()
    secret = str(row[0]) if row else ""
    connection.execute("set variable erasure_secret = ?", [secret])
    selects = [
        f"select {kind} as kind, sha256(getvariable('erasure_secret') || 'erased:' || {kind} || ':' || value) as hash "
        f"from {table}"
        for kind, table in (("id_type", "erased_ids"), ("record", "erased_records"))
    ]
    for raw in raw_tables():
        bare = f"select stored_row from gone where table_name = '{raw.table}' and is_bare"
        if connection.execute(f"{bare} limit 1").fetchall():
            text = fingerprint(raw).format(row="stored")
            selects.append(
                f"select '{raw.table}' as kind, {_hashed(raw.table, text)} as hash from "
                f"{located(raw.table)} as stored where rowid in ({bare})"
            )
    connection.execute(
        f"insert into {listed} select distinct kind, hash, ?, ?::timestamp from ({' union all '.join(selects)}) "
        f"where hash not in (select hash from {listed})",
        [key_print(secret), at],
    )


def without_erased(
    connection: duckdb.DuckDBPyConnection, raw: RawTable, rows: str, parameters: Sequence[object]
) -> tuple[str, list[object], int]:
    """What of the rows that a file would land may land: the select and its parameters as they are when nobody was ever erased.

    Else the rows go by way of a temporary table, so that nothing of theirs reaches the warehouse's file even for a moment: their
    rows are taken out and counted (the third value), and where a row is another's and names them beside, that alone is.
    """
    if not check_key(connection):
        return rows, list(parameters), 0
    connection.execute(f"create or replace temp table landing as {rows}", list(parameters))
    kinds = {row[0] for row in connection.execute(f"select kind from {SUPPRESSED} group by kind").fetchall()}
    going, mended = _by_person(connection, raw, kinds)
    going += _by_record(connection, raw, kinds)
    if raw.table in kinds:
        text = fingerprint(raw).format(row="landed")
        going.append(
            f"_row_id in (select _row_id from landing as landed where {_hashed(raw.table, text)} in ({_listed(raw.table)}))"
        )
    if "email" in kinds:
        masks, named = _in_texts(connection, raw)
        mended |= masks
        going += named if raw.names_people == "in a text" else []
    condition = " or ".join(f"coalesce({one}, false)" for one in going) or "false"
    names = [quoted_name(column.name) for column in raw.columns] + ["attributes"]
    # A row that is at fault beside is kept as such, without its content.
    connection.execute(f"update landing set {', '.join(f'{name} = null' for name in names)} where _row_id < 0 and ({condition})")
    count = len(connection.execute(f"delete from landing where _row_id > 0 and ({condition}) returning 1").fetchall())
    for name, sql in mended.items():
        connection.execute(f"update landing set {name} = {sql} where {name} is distinct from {sql}")
    return "select * from landing", [], count


def reject(connection: duckdb.DuckDBPyConnection, raw: RawTable, file: str, count: int) -> int:
    """Keep a rejected row, without place and content, for each row that was somebody's who was erased; returns how many."""
    connection.execute(
        "insert into working.raw.rejected_rows (source, table_name, file, reason) "
        f"select ?, ?, ?, '{REASON}' from range({count})",
        [raw.source, raw.name, file],
    )
    return count


def empty_rejected(connection: duckdb.DuckDBPyConnection) -> None:
    """Empty those of a file's bad rows (landing's table bad_rows) that hold a value of somebody who was erased."""
    if not check_key(connection):
        return
    kinds = " or ".join(f"(kind = '{kind}' and hash = {_hashed(kind, spelling(kind, 'word'))})" for kind in PERSON_ID_TYPES)
    connection.execute(
        "create or replace temp table words as select distinct place, is_broken, unnest([part, lower(part)]) as word from "
        "(select place, is_broken, unnest(regexp_split_to_array(raw_row, '[^A-Za-z0-9_.@+:-]+')) as part from bad_rows)"
    )
    connection.execute(
        "update bad_rows set raw_row = null where (place, is_broken) in (select (place, is_broken) from words where word in "
        f"(select word from (select distinct word from words) as distinct_words inner join {SUPPRESSED} on {kinds}))"
    )


def _listed(kind: str) -> str:
    return f"select hash from {SUPPRESSED} where kind = '{kind}'"


def _by_person(connection: duckdb.DuckDBPyConnection, raw: RawTable, kinds: Collection[str]) -> tuple[list[str], dict[str, str]]:
    """Which rows that land name somebody who was erased, and how columns are mended that name others too."""
    going, mended = [], {}
    for column in raw.people:
        name, parts = quoted_name(column.name), parts_of(column)
        for kind in column.id_kinds:
            id_type, spelling = spelt(raw, kind, "part")
            if id_type not in kinds:
                continue
            found = connection.execute(
                f"create or replace temp table {column.name}_{kind} as select part from "
                f"(select distinct {f'unnest({parts})' if column.each else name} as part from landing) "
                f"where {_hashed(id_type, spelling)} in ({_listed(id_type)})"
            ).fetchall()
            if not found or not found[0][0]:
                continue
            hit = f"(select part from {column.name}_{kind})"
            if column.each:
                named = f"list_intersect({parts}, (select list(part) from {column.name}_{kind}))"
                going.append(f"(len({named}) > 0 and len({named}) = len(list_distinct({parts})))")
                mended[name] = without_parts(name, named)
            elif column.is_link:
                mended[name] = f"case when {name} in {hit} then null else {name} end"
            else:
                going.append(f"{name} in {hit}")
    return going, mended


def _by_record(connection: duckdb.DuckDBPyConnection, raw: RawTable, kinds: Collection[str]) -> list[str]:
    """Which rows that land are records of somebody who was erased, or parts of one."""
    going = []
    for column, record in records_of(raw):
        if record in kinds:
            going.append(f"{_hashed(record, record_id(raw, column))} in ({_listed(record)})")
    return going


def without_parts(name: str, parts: str) -> str:
    """The SQL of a list without some of its parts (the SQL of an array), in whatever way the list is written."""
    word = "[^A-Za-z0-9_.@+-]"
    cut = f"regexp_replace(text, '(^|{word})' || regexp_escape(part) || '($|{word})', '\\1\\2', 'g')"
    return f"case when len({parts}) > 0 then list_reduce(list_prepend({name}, {parts}), lambda text, part: {cut}) else {name} end"


def _in_texts(connection: duckdb.DuckDBPyConnection, raw: RawTable) -> tuple[dict[str, str], list[str]]:
    """How the texts of rows that land lose the addresses of who was erased, and the conditions by which a row names one."""
    people = {column.name for column in raw.people}
    masks: dict[str, str] = {}
    named = []
    for name, kind in raw.ddl.items():
        if kind != "VARCHAR" or name in people or name.startswith("_"):
            continue
        text = quoted_name(name)
        found = connection.execute(
            f"select distinct mail from (select unnest(regexp_extract_all({text}, '{MAIL}')) as mail from "
            f"landing where {text} like '%@%') "
            f"where {_hashed('email', 'lower(mail)')} in ({_listed('email')})"
        ).fetchall()
        for (mail,) in found:
            masks[text] = f"replace({masks.get(text, text)}, '{quoted(mail)}', '{MASK}')"
            named.append(f"contains({text}, '{quoted(mail)}')")
    return masks, named
