"""How right the persons of a warehouse are, against the truth of the simulated world they come from.

The unit is the identifier that in truth belongs to one person. One that two people used has no right answer of its own; the
measure then is how many of its uses went to the right one of them, which the warehouse's own tests look at. What a fault made of
identifiers (an office's phone, a dummy, a kiosk) connects nobody in truth.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from ml.identity import component_keys


@dataclass(frozen=True)
class Score:
    """How right the joining is.

    precision: of the pairs of identifiers that were joined, the share that is one person's. recall: of the pairs of one person
    that some chain of rows connects, the share that was joined; recall_of_all: of all pairs of one person. b_precision, b_recall:
    the same by identifier (B-cubed; Bagga and Baldwin 1998). shared_count: identifiers that several people used in truth.
    mistaken_count: identifiers that a fault made, as far as they are known here; naming_count: those of them that are taken for
    somebody's; joined_count: people who are one with others by way of such.
    """

    precision: float
    recall: float
    recall_of_all: float
    b_precision: float
    b_recall: float
    identifier_count: int
    shared_count: int
    mistaken_count: int
    naming_count: int
    joined_count: int


def score(home: Path, truth: Path) -> Score:
    """Score the working file of a home against a truth folder."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{home}/working.duckdb' as working (read_only)")
        connection.execute(f"""
            create table resolved as
            with owners as (
                select id_type, value, min(person) as owner, count(distinct person) as owner_count
                from read_parquet('{truth}/identifiers.*parquet') group by all
            )
            select identifier_key, person_id, owner, owner_count
            from working.intermediate.int_identifiers_resolved
            join owners on owners.id_type = int_identifiers_resolved.id_type and owners.value = lower(id_value)
        """)
        told = next(truth.glob("mistaken_identifiers*"), None)
        made = f"read_parquet('{truth}/mistaken_identifiers.*parquet')" if told else "(select '' as id_type, '' as value limit 0)"
        connection.execute(f"""
            create table mistaken as
            select distinct identifier_key, person_id, is_shared
            from working.intermediate.int_identifiers_resolved as known
            join {made} as made on known.id_type = made.id_type
            where lower(id_value) = value or (known.id_type = 'phone' and id_value = regexp_replace(value, '[^0-9+]', '', 'g'))
        """)
        chains = _chained(connection)
        connection.register("chains", chains)
        counts = connection.execute("""
            with items as (
                select resolved.*, chain
                from resolved
                join chains using (identifier_key)
                where owner_count = 1 and identifier_key not in (select identifier_key from mistaken)
            ),
            namings as (
                select mistaken.identifier_key, mistaken.person_id
                from mistaken
                where not is_shared and person_id in (select person_id from items)
            ),
            joined as (select count(*) as n from items group by person_id),
            true_ones as (select count(*) as n from items group by owner),
            connected as (select count(*) as n from items group by owner, chain),
            right_ones as (select person_id, owner, count(*) as n from items group by all),
            mixed as (select *, count(*) over (partition by person_id) as owner_count from right_ones),
            pairs as (
                select
                    (select sum(n * (n - 1) / 2) from right_ones) as found,
                    (select sum(n * (n - 1) / 2) from joined) as joined,
                    (select sum(n * (n - 1) / 2) from connected) as connected,
                    (select sum(n * (n - 1) / 2) from true_ones) as existing
            ),
            sizes as (
                select
                    right_ones.n as right_count,
                    sum(right_ones.n) over (partition by person_id) as person_size,
                    sum(right_ones.n) over (partition by owner) as owner_size
                from right_ones
            )
            select
                found / joined, found / connected, found / existing,
                (select sum(right_count * right_count / person_size) / sum(right_count) from sizes),
                (select sum(right_count * right_count / owner_size) / sum(right_count) from sizes),
                (select count(*) from items), (select count(*) from resolved where owner_count > 1),
                (select count(*) from mistaken), (select count(*) from namings),
                (select count(*) from mixed where owner_count > 1 and person_id in (select person_id from namings))
            from pairs
        """).fetchone()
    assert counts is not None
    return Score(*counts)


def _chained(connection: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """The component of every identifier if nothing at all were guarded, but for those that a fault made."""
    nodes = connection.execute("select distinct identifier_key from working.intermediate.int_identifiers_seen").fetchnumpy()[
        "identifier_key"
    ]
    rows = connection.execute("select columns('_key$') from working.intermediate.int_identifiers_together").fetchnumpy()
    keys = np.column_stack([np.asarray(column) for column in rows.values()])
    made = connection.execute("select identifier_key from mistaken").fetchnumpy()["identifier_key"]
    keys = np.where(np.isin(keys, np.asarray(made)), 0, keys)
    keys = keys[(keys != 0).any(axis=1)]
    hub = keys[np.arange(len(keys)), (keys != 0).argmax(axis=1)]
    row, kind = np.nonzero((keys != 0) & (keys != hub[:, None]))
    return pd.DataFrame({"identifier_key": nodes, "chain": component_keys(np.asarray(nodes), hub[row], keys[row, kind])})
