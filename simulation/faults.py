"""What goes wrong on the way from a system to its files: planted by switch, each with its truth.

The life itself stays what it is; a fault changes what is told of it. Which rows are hit is arithmetic on the row's number or on
the identifier, so that the same world with the same faults is the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Literal, get_args

import duckdb

from simulation.exports import Export

FaultKind = Literal[
    "duplicates",  # rows repeated exactly, right behind the first
    "late",  # rows delivered `days` days after they happened
    "out_of_order",  # the rows of a file in any order
    "clock_skew",  # clocks of some browsers or devices are wrong by `hours`
    "missing_times",  # rows without a time
    "future_times",  # rows dated 2099
    "unmatched_ids",  # identifiers that no other system knows
    "silence",  # a tracking gap or a silent source: nothing recorded from start to end, though life went on
    "broken_column",  # from `start` on, a column holds text that means nothing
    "truncated_file",  # a file that ends in the middle
    "office_phones",  # everybody at a company has its switchboard's number, everybody of a household that of the household
    "rounded_ids",  # a spreadsheet turned long numbers into 4.93012E+11
    "dummies",  # somebody wrote something so that the field is filled: test@test.com, keine, 1234567890
    "kiosks",  # on a device that stands somewhere, some 40 people were once, each with a cookie of their own
    "tablets",  # on a shop's tablet, which has one cookie, some 40 people filled in the form
]
GARBAGE = "#REF!"
# Identifiers that stand for nobody or for several people; what they are is a truth of its own.
MISTAKEN: tuple[FaultKind, ...] = ("office_phones", "rounded_ids", "dummies", "kiosks", "tablets")
OF_DEVICES: dict[FaultKind, str] = {"kiosks": "device_id", "tablets": "anonymous_id"}
DUMMIES = {
    "email": ("test@test.com", "none@none.com", "noreply@ours.example", "no email", "keine", "tbd", "?", GARBAGE),
    "phone": ("1234567890", "0123456789", "1111111111", "keine", GARBAGE),
    "user_id": ("keine", "unknown", "#N/A", GARBAGE),
}
NOTED = "create temp table if not exists mistaken (kind varchar, id_type varchar, value varchar)"
DEVICE_CROWD = 40  # people who use one kiosk or tablet
HOUSEHOLD = 3  # people
# The exports whose rows are timed by a clock of the user's, the life table they are told from, its moment, and whose clock it is.
CLOCKED = {
    ("segment", "pages"): ("views", "viewed_at", "(select person from visits where visits.visit = views.visit)"),
    ("events", "product"): ("uses", "occurred_at", "person"),
    ("events", "log"): ("uses", "occurred_at", "person"),
}


@dataclass(frozen=True)
class Fault:
    """One planted fault.

    source, table: where; without a table, in every table of the source that has what it needs.
    share: the fraction of rows that it hits; of identifiers for `unmatched_ids`, `rounded_ids` and `dummies`, of companies and
    households for `office_phones`, of people for `clock_skew`, `kiosks` and `tablets`; files are truncated and put out of order
    as a whole.
    days: by how much rows are late; hours: by how much clocks are ahead; column: which one is broken, or holds the identifiers;
    without it all that can be hit, of `unmatched_ids` the most trusted.
    start, end: when it begins and ends, by when the rows happened (UTC); without them always.

    Raises ValueError for a fault that says nothing.
    """

    kind: FaultKind
    source: str
    table: str | None = None
    share: float = 1.0
    start: datetime | None = None
    end: datetime | None = None
    days: float = 0.0
    hours: float = 0.0
    column: str | None = None
    cause: str = ""

    def __post_init__(self) -> None:
        if self.kind not in get_args(FaultKind) or not 0 <= self.share <= 1:
            raise ValueError(f"no such fault: {self}; kinds are {', '.join(get_args(FaultKind))}, shares are fractions")
        if self.kind == "broken_column" and not self.column:
            raise ValueError("a broken column has a name: column=…")

    def hits(self, export: Export) -> bool:
        """Whether it concerns an export at all."""
        if export.source != self.source or self.table not in (None, export.table):
            return False
        if self.kind == "clock_skew":
            return (export.source, export.table) in CLOCKED
        if self.kind == "unmatched_ids":
            return bool(export.identifiers) and self.column in (None, *export.identifiers)
        if self.kind in OF_DEVICES:
            return OF_DEVICES[self.kind] in export.identifiers
        return self.kind not in MISTAKEN or bool(self.columns(export))

    def columns(self, export: Export) -> list[str]:
        """The columns of an export whose identifiers it can mistake."""
        kinds = {"office_phones": ("phone",), "rounded_ids": ("phone", "user_id")}.get(self.kind, tuple(DUMMIES))
        return [name for name in export.identifiers if self.column in (None, name) and _id_type(name) in kinds]


@dataclass(frozen=True)
class Told:
    """An export's rows with the faults planted, which stand in the table `told`: their order, and how many each fault hit."""

    order: str
    hit_counts: dict[Fault, int]

    def rows(self, condition: str) -> str:
        """SQL of the rows for which a condition on `_arrives` holds."""
        return f"select * exclude (_moment, _arrives, _row) from told where {condition} order by {self.order}"


def _id_type(column: str) -> str:
    """What kind of identifier a column of an export holds."""
    known = {"email": "email", "phone": "phone", "user_id": "user_id", "external_id": "user_id"}
    return next((id_type for word, id_type in known.items() if word in column), column)


def _by_chance(value: str, salt: int) -> str:
    """A number in [0, 1) that looks random, from a row's number."""
    return f"(((({value}) * 2654435761 + {salt} * 40503) % 4294967296 * 1103515245 + 12345) % 2147483648 / 2147483648.0)"


def _of_text(value: str, salt: int) -> str:
    """A number in [0, 1) that looks random, from a text; the same wherever the text stands."""
    return f"(('0x' || left(md5({value} || '/{salt}'), 8))::ubigint / 4294967296.0)"


def _kinds(connection: duckdb.DuckDBPyConnection, query: str) -> dict[str, str]:
    """The type of each column of a query."""
    return {name: str(kind) for name, kind, *_ in connection.execute(f"describe {query}").fetchall()}


def _moment_of(column: str, kind: str) -> str:
    """SQL that reads the column that tells when, in whatever form a vendor writes time."""
    quoted = f'"{column}"'
    if kind.startswith(("TIMESTAMP", "DATE")):
        return f"{quoted}::timestamp"
    if kind == "VARCHAR":
        return f"{quoted}::timestamptz::timestamp"
    return f"make_timestamp(({quoted} * case when {quoted} > 100000000000 then 1000 else 1000000 end)::bigint)"


def skew_clocks(connection: duckdb.DuckDBPyConnection, faults: tuple[Fault, ...], seed: int) -> dict[Fault, int]:
    """Set the clocks of some people's browsers (source segment) or devices (source events) wrong, in the life tables; rows hit.

    Page views and uses move; what forms and servers note of the same people does not.
    """
    hit_counts = {}
    for number, fault in enumerate(faults):
        if fault.kind != "clock_skew":
            continue
        table, moment, owner = next(clocked for (source, _), clocked in CLOCKED.items() if source == fault.source)
        count = connection.execute(
            f"update {table} set {moment} = {moment} + interval {round(fault.hours * 3600)} second "
            f"where {_by_chance(owner, seed + number)} < {fault.share} and {_window(fault, moment)}"
        ).fetchall()
        hit_counts[fault] = int(count[0][0])
    return hit_counts


def share_tablets(connection: duckdb.DuckDBPyConnection, faults: tuple[Fault, ...], seed: int) -> dict[Fault, int]:
    """Let people fill in their first form on a tablet, in the life tables; visits hit."""
    hit_counts = {}
    for number, fault in enumerate(faults):
        if fault.kind != "tablets":
            continue
        forms = (
            f"select person, min_by(visit, acted_at) as visit from web_actions where {_window(fault, 'acted_at')} group by person"
        )
        _crowd(connection, "tablet", f"select person, visit from ({forms})", fault, seed + number)
        count = connection.execute(
            "update visits set cookie = crowd.device from crowd where visits.visit = crowd.visit"
        ).fetchall()
        _tell(connection, fault, "select 'anonymous_id', device from crowd")
        hit_counts[fault] = int(count[0][0])
    return hit_counts


def _crowd(connection: duckdb.DuckDBPyConnection, name: str, people: str, fault: Fault, salt: int) -> None:
    """Make `crowd`: some of these people, of each company at most one, and the device that each of them shares with others."""
    connection.execute(f"""
        create or replace temp table crowd as
        with chosen as (
            select told.*, row_number() over (order by person) // {DEVICE_CROWD} as number
            from ({people}) as told
            join people using (person)
            where {_by_chance("person", salt)} < {fault.share}
            qualify row_number() over (partition by coalesce(account, -person) order by person) = 1
        )

        select *, '{name}-' || min(person) over (partition by number) as device
        from chosen
    """)


def _tell(connection: duckdb.DuckDBPyConnection, fault: Fault, identifiers: str) -> None:
    """Note identifiers (id_type, value) that stand for nobody or for several people, because of a fault."""
    connection.execute(NOTED)
    connection.execute(f"insert into mistaken select '{fault.kind}', * from ({identifiers})")


def write_mistaken(connection: duckdb.DuckDBPyConnection, faults: tuple[Fault, ...], path: Path) -> None:
    """Write the identifiers that stand for nobody or for several people because of a fault, if there is such a fault."""
    if any(fault.kind in MISTAKEN for fault in faults):
        connection.execute(NOTED)
        rows = "select distinct kind, id_type, lower(value) as value from mistaken order by all"
        connection.execute(f"copy ({rows}) to '{path}' (format parquet)")


def plant(connection: duckdb.DuckDBPyConnection, export: Export, faults: tuple[Fault, ...], seed: int) -> Told:
    """The export's rows as `told`, a temporary table, with all faults that hit it, each in turn.

    The columns `_moment` (when the row happened, by the clock that noted it) and `_arrives` (when it is delivered) stand beside
    the export's own.
    """
    kinds = _kinds(connection, export.sql)
    moment = _moment_of(export.moment, kinds[export.moment])
    connection.execute(
        f"create or replace temp table told as select *, {moment} as _moment, {moment} as _arrives, row_number() over () as _row "
        f"from ({export.sql}) as rendered"
    )
    hit_counts = {}
    for number, fault in enumerate(faults):
        if fault.kind in ("clock_skew", "tablets", "truncated_file", "out_of_order") or not fault.hits(export):
            continue
        if fault.kind != "broken_column" or fault.column in kinds:
            hit_counts[fault] = _plant_one(connection, export, fault, seed * 100 + number)
    order = "_row"
    if any(fault.kind == "out_of_order" and fault.hits(export) for fault in faults):
        order = f"{_by_chance('_row', seed)}, _row"
    return Told(order, hit_counts)


def _window(fault: Fault, moment: str) -> str:
    """SQL: whether a moment lies within the fault's time."""
    since = f"{moment} >= timestamp '{fault.start}'" if fault.start else "true"
    return f"{since} and {moment} < timestamp '{fault.end}'" if fault.end else since


def _plant_one(connection: duckdb.DuckDBPyConnection, export: Export, fault: Fault, salt: int) -> int:
    """Change the table `told`; returns the rows hit."""
    if fault.kind in MISTAKEN:
        return _mistake(connection, export, fault, salt)
    is_hit = f"{_window(fault, '_moment')} and {_by_chance('_row', salt)} < {fault.share}"
    time = f'"{export.moment}"'
    if fault.kind == "unmatched_ids":
        column = f'"{fault.column or export.identifiers[0]}"'
        by_id = _of_text(f"{column}::varchar", salt)
        is_hit = f"{_window(fault, '_moment')} and {column} is not null and {by_id} < {fault.share}"
        change = f"update told set {column} = 'unknown-' || substr(md5({column}), 1, 12) where {is_hit}"
    elif fault.kind == "silence":
        change = f"delete from told where {is_hit}"
    elif fault.kind == "late":
        change = f"update told set _arrives = _arrives + interval {round(fault.days * 86400)} second where {is_hit}"
    elif fault.kind == "missing_times":
        change = f"update told set {time} = null where {is_hit}"
    elif fault.kind == "future_times":
        change = f"update told set {time} = {_in_2099(time, _kinds(connection, 'told')[export.moment])} where {is_hit}"
    elif fault.kind == "duplicates":
        change = f"insert into told select * from told where {is_hit}"
    else:
        column = f'"{fault.column}"'
        connection.execute(f"alter table told alter {column} type varchar")
        change = f"update told set {column} = '{GARBAGE}' where {is_hit}"
    return int(connection.execute(change).fetchall()[0][0])


def _mistake(connection: duckdb.DuckDBPyConnection, export: Export, fault: Fault, salt: int) -> int:
    """Change identifiers in the table `told` and note what they are now; returns the rows hit."""
    if fault.kind == "kiosks":
        return _share_kiosks(connection, fault, salt)
    is_hit, count = _window(fault, "_moment"), 0
    for column in fault.columns(export):
        quoted, id_type = f'"{column}"', _id_type(column)
        by_id = _of_text(f"{quoted}::varchar", salt)
        if fault.kind == "office_phones":
            _switchboards(connection, fault, salt)
            changed = f"""
                select _row, number as value, is_shared
                from told
                join switchboards on regexp_extract(id::varchar, '[0-9]+$')::bigint = person
                where {is_hit}
            """
        else:
            dummies = ", ".join(f"'{word}'" for word in DUMMIES[id_type])
            place = f"floor({_of_text(quoted, salt + 1)} * {len(DUMMIES[id_type])})::int + 1"
            value = f"[{dummies}][{place}]" if fault.kind == "dummies" else _rounded(quoted)
            changed = f"select _row, {value} as value, true as is_shared from told where {is_hit} and {by_id} < {fault.share}"
        connection.execute(f"create or replace temp table changed as {changed}")
        change = f"update told set {quoted} = value from changed where told._row = changed._row"
        count += int(connection.execute(change).fetchall()[0][0])
        _tell(connection, fault, f"select '{id_type}', value from changed where is_shared")
    return count


def _switchboards(connection: duckdb.DuckDBPyConnection, fault: Fault, salt: int) -> None:
    """Make `switchboards`: the number of each person's company or household, and whether it is also somebody else's."""
    connection.execute(f"""
        create or replace temp table switchboards as
        with housed as (
            select person, account, (row_number() over (partition by account is null order by person) - 1) // {HOUSEHOLD} as house
            from people
        ),

        grouped as (
            select
                person,
                account is null as is_home,
                coalesce(account, min(person) over (partition by account is null, house)) as place
            from housed
        )

        select
            person,
            case when is_home then '+4940' else '+4989' end || lpad((place * 7919 % 100000000)::varchar, 8, '0') as number,
            count(*) over (partition by is_home, place) > 1 as is_shared
        from grouped
        where {_by_chance("place", salt)} < {fault.share}
    """)


def _rounded(column: str) -> str:
    """A long number as a spreadsheet shows it, six of its digits; an id of few digits is taken for the end of a long one."""
    digits = f"regexp_replace({column}, '[^0-9]', '', 'g')::double"
    return f"printf('%.5E', case when {digits} < 1e11 then 1.2e17 + {digits} * 2e11 else {digits} end)"


def _share_kiosks(connection: duckdb.DuckDBPyConnection, fault: Fault, salt: int) -> int:
    """Let people do one thing on a kiosk in the table `told`, by a cookie of theirs and without an id; returns the rows hit."""
    connection.execute("alter table told add column if not exists anonymous_id varchar")
    rows = f"""
        select users.person, min_by(_row, (_moment, _row)) as _row
        from told
        join people as users on told.user_id = users.product_user_id
        where {_window(fault, "_moment")}
        group by users.person
    """
    cookies = "select person, min_by(cookie, visit) as cookie from visits group by person"
    _crowd(connection, "kiosk", f"select * from ({rows}) join ({cookies}) using (person)", fault, salt)
    _tell(connection, fault, "select 'device_id', device from crowd")
    change = "set user_id = null, device_id = device, anonymous_id = cookie from crowd where told._row = crowd._row"
    return int(connection.execute(f"update told {change}").fetchall()[0][0])


def _in_2099(column: str, kind: str) -> str:
    """SQL of a moment far ahead in the form the export writes time."""
    if kind == "VARCHAR":
        return f"'2099' || substr({column}, 5)"
    return "timestamp '2099-06-01'" if kind.startswith(("TIMESTAMP", "DATE")) else "4083955200"


def truncate(path: Path) -> int:
    """Cut a file in the middle, as an interrupted transfer does; the bytes that are left."""
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 3 // 5])
    return len(content) * 3 // 5


def described(fault: Fault) -> dict[str, object]:
    """A fault as a row of the truth."""
    return {field.name: getattr(fault, field.name) for field in fields(fault)}
