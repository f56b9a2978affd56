"""The life tables: a block's life as relations that the vendors' shapes and the truth are told from.

One module per subject, each with the words for its numbers (names, addresses, ids, texts) and with what follows from a life by
plain rules (contacts, deals, calls, account health). It defines `tables(scope)`: a query by table, in an order in which they can
be made, over the drawn frames (`drawn_people`, `drawn_visits` …) and the tables made before. Nothing here draws from chance; what
looks random is arithmetic on numbers that were drawn.
"""

from __future__ import annotations

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd

from simulation.clock import Floats
from simulation.life import Life
from simulation.tables import health, marketing, money, people, product, sales, support, web
from simulation.tables.sql import Scope
from simulation.world import World

SUBJECTS = (people, marketing, web, product, money, support, sales, health)  # later ones look at earlier ones
MOMENTS = ("_at", "_from", "began")  # how names of columns end that hold moments
KEPT = ("people", "customers", "snapshots")  # drawn frames that the truth is told from too


def hand_over(connection: duckdb.DuckDBPyConnection, world: World, block: int, life: Life) -> None:
    """Make the life tables of a block, and keep the drawn frames beside them that the truth needs, as `drawn_<name>`."""
    usage = life.usage
    frames = {
        "people": life.people,
        "visits": life.visits,
        "views": life.views,
        "mails": life.mails,
        "consents": life.consents,
        "tickets": life.tickets,
        "answers": life.answers,
        "referrals": life.referrals,
        "invoices": life.invoices,
        "charges": life.charges,
        "ad_days": life.ad_days,
        "customers": life.leaving.customers,
        "snapshots": life.leaving.snapshots,
        "days": pd.DataFrame({"row": usage.day_row, "day": usage.day, "began": usage.began}),
        "uses": pd.DataFrame(
            {"row": usage.use_row, "used_at": usage.used_at, "feature": usage.feature, "seconds": usage.seconds}
        ),
    }
    for name, frame in frames.items():
        connection.register(f"drawn_{name}", _readable(world, frame))
    for subject in SUBJECTS:
        for table, query in subject.tables(Scope(world, block)).items():
            connection.execute(f"create table {table} as {query}")
    for name in frames.keys() - KEPT:
        connection.unregister(f"drawn_{name}")


def _readable(world: World, frame: pd.DataFrame) -> pd.DataFrame:
    """A frame as DuckDB should see it: its rows numbered in `position`, its moments as timestamps."""
    columns = {str(name): frame[name].to_numpy() for name in frame}
    told = {name: _timestamps(world, values) if name.endswith(MOMENTS) else values for name, values in columns.items()}
    return pd.DataFrame({"position": np.arange(len(frame)), **told})


def _timestamps(world: World, moments: Floats) -> npt.NDArray[np.datetime64]:
    """Whole seconds as timestamps; never as NULL."""
    is_never = np.isnan(moments)
    since_start = np.floor(np.where(is_never, 0, moments)).astype("timedelta64[s]")
    return np.where(is_never, np.datetime64("NaT"), np.datetime64(world.calendar.start, "us") + since_start)
