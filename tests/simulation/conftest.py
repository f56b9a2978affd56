"""A world on disk that can be asked, and one large enough for statistics that many tests look at."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from simulation.demo import incidents
from simulation.world import World
from simulation.writing import write_world

READERS = {"parquet": "read_parquet", "jsonl": "read_json", "csv": "read_csv", "gz": "read_csv"}


@dataclass(frozen=True)
class Written:
    """A world on disk."""

    world: World
    landing: Path
    truth: Path
    row_counts: dict[str, int]

    def ask(self, sql: str) -> pd.DataFrame:
        """Ask the truth, whose tables are there by name, and the exports, which are `source.table`; times are UTC."""
        sources = "|".join(path.name for path in self.landing.iterdir())
        with duckdb.connect(config={"threads": 2}) as connection:
            connection.execute("set timezone = 'UTC'")
            for name in {path.name.partition(".")[0] for path in self.truth.glob("*.parquet")}:
                connection.execute(f"create view {name} as from read_parquet('{self.truth}/{name}.*parquet')")
            for source, table in set(re.findall(rf"(?:from|join) ({sources})\.(\w+)", sql)):
                connection.execute(f"create schema if not exists {source}")
                connection.execute(f"create view {source}.{table} as {self._export(connection, source, table)}")
            found: pd.DataFrame = connection.execute(sql).df()
            return found

    def _export(self, connection: duckdb.DuckDBPyConnection, source: str, table: str) -> str:
        """SQL of one export, as it stands in its files, but for zones."""
        (kind,) = {path.suffix for path in (self.landing / source).glob(f"{table}.*")}
        query = f"from {READERS[kind[1:]]}('{self.landing}/{source}/{table}.*')"
        types = {name: str(type_) for name, type_, *_ in connection.execute(f"describe {query}").fetchall()}
        zoned = [f'"{name}"::timestamp as "{name}"' for name, type_ in types.items() if "TIME ZONE" in type_]
        return f"select * replace ({', '.join(zoned)}) {query}" if zoned else query

    def export(self, source: str, table: str) -> pd.DataFrame:
        """One export."""
        return self.ask(f"from {source}.{table}")


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """Many people and two incidents, for what only shows in large numbers."""
    folder = tmp_path_factory.mktemp("city")
    world = World(customers=20_000, seed=11, incidents=incidents())
    return Written(world, folder / "landing", folder / "truth", write_world(folder / "landing", folder / "truth", world))
