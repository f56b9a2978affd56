"""Who is who: the step between the two layers that need it."""

from collections.abc import Iterator

import numpy as np
from dagster import AssetExecutionContext, MaterializeResult, multi_asset

from orchestration import identity
from orchestration.catalogue import counted, key, written
from orchestration.progress import say
from orchestration.resources import Home
from warehouse import connection

IDENTITY_TABLES = ("identity.components", "identity.refusals", "identity.merges")
READ = [f"intermediate.int_identifiers_{what}" for what in ("known", "owned", "together")]


@multi_asset(
    specs=[written(table, "numpy", "duckdb", deps=READ) for table in IDENTITY_TABLES],
    description="Identifiers that occur together belong to one person, unless a guard keeps them apart.",
)
def identify(context: AssetExecutionContext, home: Home) -> Iterator[MaterializeResult[None]]:
    """Solve the graph of identifiers."""
    persons = identity.solve(home.settings, home.journey)
    shared = f", {persons.is_shared.sum():,} shared by several people" if persons.is_shared.any() else ""
    say(context, f"{len(persons.component):,} identifiers, {len(np.unique(persons.component)):,} persons{shared}")
    for table, count in connection.row_counts(home.settings, IDENTITY_TABLES).items():
        yield MaterializeResult(asset_key=key(table), metadata=counted(count))
