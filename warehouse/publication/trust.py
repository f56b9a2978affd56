"""The trust ledger: which published numbers rest on what the gates found wrong, and what becomes of them.

A gate says what a failure is about (an event type, a system, a funnel, who is who …); `quality.trust_scopes` says which of these
facts the numbers of a funnel, a stage set or a model rest on; which published table shows which of them says the table itself, in
its meta (`quality.trust_numbers`). A number that rests on a failed fact is `warned` or, where the gate's severity says so,
`withheld`: published as NULL, with the reason. A table that says nothing is `unjudged`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import duckdb

from warehouse.connection import connect
from warehouse.settings import Settings

SAYS_NOTHING = "nothing says what its numbers rest on: name it under trust in the meta of its YAML"
MOST_REASONS = 5  # told beside one number; the gates' results have them all


@dataclass(frozen=True)
class Numbers:
    """Numbers of one published table that rest on the same facts: a row of quality.trust_numbers.

    `scope` is one of quality.trust_scopes, `part` the column that says which of its parts a row belongs to; `columns` are
    emptied when a fact is withheld (records, which are no numbers, have none); `where` picks rows. `starts`, `ends` are SQL for
    the time a row is about: what was wrong at another time does not touch it. `reason` is a column of the table's own for why.
    """

    table: str
    scope: str | None
    part: str | None
    where: str
    starts: str
    ends: str
    reason: str | None
    columns: tuple[str, ...]


# Of schemas whose tables are numbers about customers; the others say what is defined, and how the data are.
JUDGED_SCHEMAS = ("marts", "ml")


def declared(connection: duckdb.DuckDBPyConnection) -> list[Numbers]:
    """What the tables say of themselves, in their own order."""
    rows = connection.execute(
        "select table_name, scope, part_column, coalesce(row_condition, 'true'), coalesce(starts_at, 'null::timestamp'), "
        "coalesce(ends_at, 'null::timestamp'), reason_column, coalesce(withheld_columns, []) "
        "from quality.trust_numbers order by table_name, scope, part_column, withheld_columns"
    ).fetchall()
    return [Numbers(*(*row[:-1], tuple(row[-1]))) for row in rows]


def unjudged(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The published tables that do not say what their numbers rest on: silence is no trust."""
    sql = (
        "select schema_name || '.' || table_name as name from duckdb_tables() where list_contains(?, schema_name) "
        "and database_name = current_database() and name not in (select table_name from quality.trust_numbers) order by name"
    )
    return [name for (name,) in connection.execute(sql, [list(JUDGED_SCHEMAS)]).fetchall()]


# A model rests on all events, and on what the gates say of itself.
_SCOPES = """
    create or replace temp table scopes as
    select scope, part, fact from quality.trust_scopes
    union all
    select models.model, null, trust_scopes.fact
    from quality.trust_scopes cross join (select unnest($models) as model) as models
    where trust_scopes.scope = 'events'
    union all
    select model, null, model from (select unnest($models) as model)
"""
# The reasons in one text, a line each, and how many more there are.
_REASONS = f"""
    array_to_string(list(distinct failing.reason order by failing.reason)[1:{MOST_REASONS}], chr(10))
    || case
        when count(distinct failing.reason) > {MOST_REASONS}
            then chr(10) || 'and ' || (count(distinct failing.reason) - {MOST_REASONS}) || ' more'
        else ''
    end
"""
_FAILING = """
    create or replace temp table failing as
    select
        scopes.scope,
        scopes.part,
        results.severity,
        results.fault_started_at,
        results.fault_ended_at,
        results.gate || ': ' || results.subject || ': ' || coalesce(results.observed, 'unknown')
            || coalesce(' (allowed ' || results.threshold || ')', '') as reason
    from scopes
    inner join quality.gate_results as results on scopes.fact = results.about
    where results.stands and not results.passed
"""


def record(settings: Settings, *, run_id: str, recorded_at: datetime) -> dict[str, int]:
    """Write down the state of every published number of a run in quality.trust_ledger; how many are in which state."""
    with connect(settings) as connection:
        _find_failing(connection)
        connection.execute("begin")
        connection.execute("delete from quality.trust_ledger where run_id = ?", [run_id])
        for table in unjudged(connection):
            row = [run_id, table, "unjudged", SAYS_NOTHING, recorded_at]
            connection.execute(
                "insert into quality.trust_ledger (run_id, table_name, state, reasons, gate_count, failed_count, recorded_at) "
                "values (?, ?, ?, ?, 0, 0, ?)",
                row,
            )
        for numbers in declared(connection):
            connection.execute(
                f"""
                insert into quality.trust_ledger by name
                with judged as (
                    select scopes.part, count(*) as gate_count
                    from scopes inner join quality.gate_results as results on scopes.fact = results.about
                    where results.stands and scopes.scope = $scope
                    group by scopes.part
                ),
                parts as (select part from scopes where scope = $scope group by part)
                select
                    $run_id as run_id, $table as table_name, $columns as columns, parts.part,
                    case
                        when count(failing.reason) = 0 then 'trusted'
                        when bool_or(failing.severity = 'withhold') then 'withheld' else 'warned'
                    end as state,
                    {_REASONS} as reasons,
                    coalesce(any_value(judged.gate_count), 0) as gate_count,
                    count(failing.reason) as failed_count,
                    $recorded_at as recorded_at
                from parts
                left join judged on parts.part is not distinct from judged.part
                left join failing on failing.scope = $scope and parts.part is not distinct from failing.part
                group by parts.part
                """,
                {
                    "run_id": run_id,
                    "scope": numbers.scope,
                    "table": numbers.table,
                    "columns": ", ".join(numbers.columns) or None,
                    "recorded_at": recorded_at,
                },
            )
        connection.execute("commit")
        states = connection.execute(
            "select state, count(*) from quality.trust_ledger where run_id = ? group by state order by state", [run_id]
        ).fetchall()
    return dict(states)


def _find_failing(connection: duckdb.DuckDBPyConnection) -> None:
    models = sorted({one.scope for one in declared(connection) if one.scope and one.scope.startswith("model:")})
    connection.execute(_SCOPES, {"models": models})
    connection.execute(_FAILING)


def stamp(connection: duckdb.DuckDBPyConnection) -> None:
    """In a copy that is about to be published, give every report table `trust_state` and `trust_reason`, and withhold.

    The build itself keeps what was computed.
    """
    _find_failing(connection)
    tables = connection.execute(
        "select schema_name || '.' || table_name from duckdb_tables() where schema_name = 'marts' and table_name like 'rpt%'"
    ).fetchall()
    unknown = unjudged(connection)
    for (table,) in tables:
        state = "unjudged" if table in unknown else "trusted"
        connection.execute(f"alter table {table} add column trust_state varchar default '{state}'")
        connection.execute(f"alter table {table} add column trust_reason varchar")
    there = {name for (name,) in connection.execute("select schema_name || '.' || table_name from duckdb_tables()").fetchall()}
    for numbers in declared(connection):
        if numbers.table in there:
            _stamp_numbers(connection, numbers, is_report=(numbers.table,) in tables)


def _stamp_numbers(connection: duckdb.DuckDBPyConnection, numbers: Numbers, *, is_report: bool) -> None:
    of_row = f"""
        from failing
        where
            failing.scope = '{numbers.scope}'
            and ({"true" if numbers.part is None else f"failing.part = shown.{numbers.part}"})
            and coalesce({numbers.starts} < failing.fault_ended_at, true)
            and coalesce({numbers.ends} > failing.fault_started_at, true)
    """
    rows = f"where {numbers.where} and exists (select 1 {of_row}"
    if is_report:
        connection.execute(f"""
            update {numbers.table} as shown
            set
                trust_state = case
                    when trust_state = 'withheld' or exists (select 1 {of_row} and failing.severity = 'withhold')
                        then 'withheld' else 'warned'
                end,
                trust_reason = concat_ws(chr(10), trust_reason, (select {_REASONS} {of_row}))
            {rows})
        """)
    emptied = dict.fromkeys(numbers.columns, "null")
    if numbers.reason:
        emptied[numbers.reason] = f"(select 'withheld: ' || {_REASONS} {of_row} and failing.severity = 'withhold')"
    if emptied:
        assignments = ", ".join(f"{name} = {value}" for name, value in emptied.items())
        connection.execute(f"update {numbers.table} as shown set {assignments} {rows} and failing.severity = 'withhold')")
