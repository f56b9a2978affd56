"""Which raw rows belong to people: by their identifiers, by what vendors call them, and by the records that are theirs alone.

The answer is left in temporary tables of the connection: `erased_persons`, `erased_ids`, `erased_records` and `gone` (raw rows by
table and rowid), each with the number of the person in question. Nothing is deleted here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import duckdb

from warehouse.connection import exists, located
from warehouse.contract import ID_TYPES, OWN, OWN_ID, Column, RawTable
from warehouse.privacy.personal import (
    Identifier,
    parts_of,
    quoted_name,
    raw_tables,
    record_id,
    records_of,
    spelt,
)
from warehouse.privacy.traces import patterns
from warehouse.settings import UserError
from warehouse.sources import SOURCES

KNOWN = "working.intermediate.int_identifiers_resolved"

# By which columns two rows of a log are the same row; without any of them, by all.
ROW_KEYS = ("event_id", "message_id", "insert_id", "row_key")


def find(connection: duckdb.DuckDBPyConnection, wanted: Sequence[Identifier], trust: Sequence[str]) -> None:
    """Find all rows of the persons who have these identifiers. `trust` are the id types, the most trusted first.

    A person is who the identifiers resolve to, with everything that resolves to the same; of what several people used (a shared
    browser) what was attributed to them. Raises UserError for an identifier that several people used: it names nobody.
    """
    _prepare(connection)
    for person, identifier in enumerate(wanted):
        _identify(connection, person, identifier)
    tables = [raw for raw in raw_tables() if _fetch(connection, f"select 1 from {located(raw.table)} limit 1")]
    _find_uses(connection, tables, trust)
    size, is_first = None, True
    while size != (size := _size(connection)):
        for raw in tables:
            _match(connection, raw, trust, is_first=is_first)
            if raw.is_master:
                _learn_ids(connection, raw)
        for source in {raw.source for raw in tables}:
            _learn_records(connection, source)
        is_first = False
    # A text may be the only place of a row that names somebody.
    for raw in tables:
        if raw.names_people == "in a text":
            _match_texts(connection, raw)


def identifiers(connection: duckdb.DuckDBPyConnection) -> frozenset[Identifier]:
    """Every identifier of the persons that were found."""
    return frozenset(
        Identifier(str(kind), str(value)) for kind, value in _fetch(connection, "select id_type, value from erased_ids")
    )


def _fetch(connection: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[object] = ()) -> list[tuple[object, ...]]:
    return connection.execute(sql, list(parameters)).fetchall()


def _prepare(connection: duckdb.DuckDBPyConnection) -> None:
    for table, columns in {
        "erased_persons": "person integer, person_id bigint",
        "erased_ids": "person integer, id_type varchar, value varchar",
        "erased_records": "person integer, record varchar, value varchar",
        "gone": "table_name varchar, stored_row bigint, person integer, is_bare boolean",
    }.items():
        connection.execute(f"create or replace temp table {table} ({columns})")
    known = (
        f"select id_type, id_value, person_id, is_shared from {KNOWN}"
        if exists(connection, KNOWN.removeprefix("working."))
        else "select '' as id_type, '' as id_value, 0::bigint as person_id, false as is_shared where false"
    )
    connection.execute(f"create or replace temp view known_ids as {known}")


def _identify(connection: duckdb.DuckDBPyConnection, person: int, identifier: Identifier) -> None:
    named = [identifier.id_type, identifier.value]
    found = _fetch(connection, "select person_id, is_shared from known_ids where id_type = ? and id_value = ?", named)
    if any(is_shared for _, is_shared in found):
        raise UserError(
            f"This {identifier.id_type} was used by several people, so it names nobody. Name an identifier that is one person's "
            "alone, for example a user_id or an e-mail address; what they did with the shared one goes with them."
        )
    connection.execute("insert into erased_ids values (?, ?, ?)", [person, *named])
    for person_id, _ in found:
        if _fetch(connection, "select 1 from erased_persons where person_id = ?", [person_id]):
            continue  # two identifiers of one person
        connection.execute("insert into erased_persons values (?, ?)", [person, person_id])
        connection.execute(
            "insert into erased_ids select ?, id_type, id_value from known_ids where person_id = ? and not is_shared "
            "and (id_type, id_value) not in (select (id_type, value) from erased_ids)",
            [person, person_id],
        )


def _size(connection: duckdb.DuckDBPyConnection) -> tuple[object, ...]:
    sql = "select (select count(*) from erased_ids), (select count(*) from erased_records), (select count(*) from gone)"
    return _fetch(connection, sql)[0]


def _named(raw: RawTable, columns: Iterable[Column], where: str = "true") -> list[str]:
    """Selects of (stored_row, id_type, value): whom these columns of the rows of a table name."""
    found = []
    for column in columns:
        name = quoted_name(column.name)
        part = f"unnest({parts_of(column)})" if column.each else name
        rows = f"from {located(raw.table)} where {name} is not null and {where}"
        relation = f"(select rowid as stored_row, {part} as part {rows})"
        for kind in column.id_kinds:
            id_type, spelling = spelt(raw, kind, "part")
            found.append(f"select stored_row, '{id_type}' as id_type, {spelling} as value from {relation}")
    return found


def _match(connection: duckdb.DuckDBPyConnection, raw: RawTable, trust: Sequence[str], *, is_first: bool) -> None:
    """Add a table's rows that name a person, unless something more trusted in them names another, and parts of records."""
    singles = [column for column in raw.people if not column.is_link]
    # What is learnt on the way is what vendors call a person; other identifiers have all been looked for by then.
    looked_at = [column for column in singles if is_first or {OWN_ID, "crm_id"} & set(column.id_kinds)]
    if looked_at:
        connection.execute(
            "create or replace temp table candidates as select named.stored_row, min(erased_ids.person) as person "
            f"from ({' union all '.join(_named(raw, looked_at))}) as named inner join erased_ids using (id_type, value) "
            "group by named.stored_row"
        )
        owners = _owners(raw, singles, trust)
        connection.execute(
            f"insert into gone select '{raw.table}', stored_row, person, false from candidates "
            f"where {_is_new(raw)} and stored_row not in "
            f"(select stored_row from ({owners}) where owner not in (select person_id from erased_persons))"
        )
    for column, record in records_of(raw):
        connection.execute(
            f"insert into gone select '{raw.table}', stored.rowid, min(erased_records.person), false from "
            f"{located(raw.table)} as stored "
            f"inner join erased_records on erased_records.record = '{record}' and erased_records.value = "
            f"{record_id(raw, column)} "
            f"where {_is_new(raw, 'stored.rowid')} group by stored.rowid"
        )


def _is_new(raw: RawTable, row: str = "stored_row") -> str:
    return f"{row} not in (select gone.stored_row from gone where gone.table_name = '{raw.table}')"


def _owners(raw: RawTable, columns: Iterable[Column], trust: Sequence[str]) -> str:
    """A select of (stored_row, owner, is_shared) of the candidates: whom a row's most trusted identifier names, if anybody."""
    ranked = " ".join(f"when '{id_type}' then {place}" for place, id_type in enumerate(trust))
    named = " union all ".join(_named(raw, columns, "rowid in (select stored_row from candidates)"))
    return (
        "select named.stored_row, bool_or(known_ids.is_shared) as is_shared, "
        f"arg_min(known_ids.person_id, case named.id_type {ranked} else 99 end) filter (not known_ids.is_shared) as owner "
        f"from ({named}) as named inner join known_ids "
        "on known_ids.id_type = named.id_type and known_ids.id_value = named.value group by named.stored_row"
    )


def _find_uses(connection: duckdb.DuckDBPyConnection, tables: Sequence[RawTable], trust: Sequence[str]) -> None:
    """Add rows that name only a shared identifier and were attributed to the persons, and the same rows of other files."""
    events = "intermediate.int_events_identified"
    if not (exists(connection, events) and exists(connection, "intermediate.int_events_versioned")):
        return
    connection.execute(
        "create or replace temp table uses as "
        "select concat(files.source, '__', files.table_name) as name, versions.file, versions.file_row, min(person) as person "
        "from working.intermediate.int_events_identified as events inner join erased_persons as persons using (person_id) "
        "inner join working.intermediate.int_events_versioned as versions using (event_id) "
        "inner join working.raw.landed_files as files on versions.file = files.file group by all"
    )
    for raw in tables:
        singles = [column for column in raw.people if not column.is_link]
        if not singles or any(column.is_link for column in raw.people):
            continue
        table = located(raw.table)
        connection.execute(
            f"create or replace temp table candidates as select stored.rowid as stored_row, uses.person from {table} as stored "
            f"inner join uses on uses.name = '{raw.table.removeprefix('raw.')}' "
            "and uses.file = stored._file and uses.file_row = stored._row_id"
        )
        owners = _owners(raw, singles, trust)
        connection.execute(
            f"insert into gone select '{raw.table}', stored_row, person, true from candidates where stored_row in "
            f"(select stored_row from ({owners}) "
            "where is_shared and (owner is null or owner in (select person_id from erased_persons)))"
        )
        if not _fetch(connection, "select 1 from gone where table_name = ? and is_bare limit 1", [raw.table]):
            continue
        print_of = fingerprint(raw)
        connection.execute(
            f"insert into gone select '{raw.table}', same.rowid, min(gone.person), true from {table} as stored inner join gone "
            f"on gone.table_name = '{raw.table}' and gone.is_bare and gone.stored_row = stored.rowid inner join {table} as same "
            f"on {print_of.format(row='same')} = {print_of.format(row='stored')} "
            f"where {_is_new(raw, 'same.rowid')} group by same.rowid"
        )


def fingerprint(raw: RawTable) -> str:
    """The SQL of what makes two rows of a table the same row; `{row}` stands for the relation."""
    names = [column.name for column in raw.columns]
    keys = [name for name in ROW_KEYS if name in names]
    whole = ", ".join(f'{{row}}."{name}"' for name in (*names, "attributes"))
    # One event_id in the rows of several people is no row of theirs all.
    people = [name for name in ("event_type", *ID_TYPES) if "event_type" in names]
    parts = {name: ", ".join(f"{{row}}.{part}" for part in (name, *people)) for name in keys}
    told = "".join(f"when {{row}}.{name} is not null then json_array('{name}', {part})::varchar " for name, part in parts.items())
    source = "{row}.source" if "source" in names else "''"
    return f"(coalesce({source}, '') || ':' || case {told}when true then cast(row({whole}) as varchar) end)"


def _learn_ids(connection: duckdb.DuckDBPyConnection, raw: RawTable) -> None:
    """What a vendor calls a person, out of the person's own rows there; an id that is known to be another's is not taken."""
    own = [replace(one, identifies=OWN) for one in raw.people if OWN_ID in one.id_kinds]
    rows = f"rowid in (select stored_row from gone where table_name = '{raw.table}')"
    connection.execute(
        "insert into erased_ids select min(gone.person), named.id_type, named.value "
        f"from ({' union all '.join(_named(raw, own, rows))}) as named "
        f"inner join gone on gone.table_name = '{raw.table}' and gone.stored_row = named.stored_row "
        "where (named.id_type, named.value) not in (select (id_type, value) from erased_ids) "
        "and (named.id_type, named.value) not in (select (id_type, id_value) from known_ids "
        "where person_id not in (select person_id from erased_persons)) group by all"
    )


def _learn_records(connection: duckdb.DuckDBPyConnection, source: str) -> None:
    """The records that are the persons' own: told by their own rows, and of those that people share, those with nobody else."""
    tables = {raw.name: raw for raw in SOURCES[source].tables}
    for name, record in SOURCES[source].records.items():
        told = f"insert into erased_records select min(person), '{source} {name}', value from ({{}}) as told where value not in "
        told += f"(select value from erased_records where record = '{source} {name}') group by value"
        members: list[str] = []
        for place in (*record.homes, *record.links):
            table, _, column = place.partition(".")
            raw = tables[table]
            value = record_id(raw, column)
            linking = [one for one in raw.people if one.is_link or place in record.links]
            named = _named(raw, linking, f"{quoted_name(column)} is not null")
            members += [
                f"select {value} as record, named.id_type, named.value from ({select}) as named "
                f"inner join {located(raw.table)} as stored on stored.rowid = named.stored_row"
                for select in named
            ]
            if place in record.homes and not record.links:
                connection.execute(
                    told.format(
                        f"select gone.person, {value} as value from {located(raw.table)} as stored inner join gone "
                        f"on gone.table_name = '{raw.table}' and gone.stored_row = stored.rowid "
                        f"where {quoted_name(column)} is not null"
                    )
                )
        if record.links:
            connection.execute(
                told.format(
                    "select min(erased_ids.person) as person, members.record as value "
                    f"from ({' union all '.join(members)}) as members "
                    "left join erased_ids using (id_type, value) group by members.record "
                    "having count(erased_ids.person) > 0 and count_if(erased_ids.person is null) = 0"
                )
            )


def _match_texts(connection: duckdb.DuckDBPyConnection, raw: RawTable) -> None:
    """Add the rows of a table that name a person in a text alone."""
    texts = [quoted_name(column) for column, kind in raw.ddl.items() if kind == "VARCHAR" and not column.startswith("_")]
    people = [person for (person,) in _fetch(connection, "select distinct person from erased_ids order by person")]
    for person in people:
        rows = _fetch(connection, "select id_type, value from erased_ids where person = ?", [person])
        for pattern in patterns(Identifier(str(id_type), str(value)) for id_type, value in rows):
            connection.execute(
                f"insert into gone select '{raw.table}', rowid, ?, false from {located(raw.table)} "
                f"where regexp_matches(concat_ws(chr(10), {', '.join(texts)}), ?) and {_is_new(raw, 'rowid')}",
                [person, pattern],
            )
