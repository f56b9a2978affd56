"""Verdicts written down by hand, and what is published of a world under them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from tests.world.build import World
from warehouse.publication import publishing, verdicts
from warehouse.tables import WRITTEN_TABLES

FINISHED = datetime(2026, 3, 3)


def judged(
    world: World, *outcomes: tuple[str, bool, str], run_id: str = "run-1", at: datetime = FINISHED, **columns: Any
) -> None:
    """Write down what the gates said of the data (gate, whether it passed, severity; `columns` are of all of them), and that
    nothing is wrong with the models."""
    judge(world, verdicts.DATA, *outcomes, run_id=run_id, at=at, **columns)
    judge(world, verdicts.MODELS, ("of_models", True, "warn"), run_id=run_id, at=at)


def judge(
    world: World, judgement: str, *outcomes: tuple[str, bool, str], run_id: str = "run-1", at: datetime = FINISHED, **columns: Any
) -> None:
    """Write down one judgement."""
    names = next(table.columns for table in WRITTEN_TABLES if table.table == "quality.gate_results")
    blank = {name: None if kind == "TIMESTAMP" else "" for name, kind in names.items()}
    rows = [
        blank | {"run_id": run_id, "gate": gate, "passed": passed, "severity": severity, "judged_at": at} | columns
        for gate, passed, severity in outcomes
    ]
    verdicts.record(world.settings, judgement, run_id, pd.DataFrame(rows))


def published(world: World, run_id: str = "run-1", at: datetime = FINISHED) -> Path:
    """Publish, with the inputs as they are; returns the file."""
    inputs = publishing.inputs_fingerprint(world.settings, world.journey)
    publishing.publish(world.settings, world.journey, run_id=run_id, inputs=inputs, finished_at=at)
    return world.settings.published_database


def ask(path: Path, sql: str) -> list[tuple[object, ...]]:
    """What a query returns of a database file."""
    with duckdb.connect(str(path), read_only=True) as opened:
        return [tuple(row) for row in opened.execute(sql).fetchall()]
