"""What the gates said, and whether it still stands: book-keeping of judgements. What is judged and how is not known here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from warehouse.connection import append, connect
from warehouse.settings import Settings, UserError

DATA, MODELS = "judge_data", "judge_models"  # the two judgements of a run

# The latest word of every gate.
LATEST = "select * from quality.gate_results qualify rank() over (partition by gate order by judged_at desc) = 1"


@dataclass(frozen=True)
class Verdict:
    """How the gates ended, by severity."""

    block_failures: int
    withhold_failures: int
    warnings: int

    @property
    def is_publishable(self) -> bool:
        """Whether nothing that blocks has failed."""
        return self.block_failures == 0


def record(settings: Settings, judgement: str, run_id: str, results: pd.DataFrame, *, judged_at: datetime) -> None:
    """Keep the results of a judgement, which stands from now on. Judging again in the same run replaces what was said before."""
    with connect(settings) as connection:
        connection.execute("begin")
        for gate in results["gate"].unique():
            connection.execute("delete from quality.gate_results where run_id = ? and gate = ?", [run_id, gate])
        append(connection, "quality.gate_results", results)
        connection.execute("commit")
        connection.execute("delete from working.loads.judged where judgement = ?", [judgement])
        connection.execute("insert into working.loads.judged values (?, ?)", [judgement, judged_at])


def void(settings: Settings, *judgements: str) -> None:
    """What the gates looked at is about to change, so what they said does not stand any more."""
    with connect(settings) as connection:
        connection.execute("delete from working.loads.judged where list_contains(?, judgement)", [list(judgements)])


def latest(settings: Settings) -> pd.DataFrame:
    """The latest word of every gate: rows of quality.gate_results, none when nothing was ever judged."""
    if not settings.database.is_file():
        return pd.DataFrame(columns=["gate", "passed", "severity"])
    with connect(settings, read_only=True) as connection:
        return connection.execute(LATEST).df()


def failures(settings: Settings, severity: str) -> pd.DataFrame:
    """The rows of quality.gate_results of this severity that fail by the latest word of their gate."""
    results = latest(settings)
    return results[~results["passed"].astype(bool) & (results["severity"] == severity)]


def verdict(settings: Settings, judgements: Iterable[str] = (DATA,)) -> Verdict:
    """Count what fails by the latest word of every gate, by severity.

    Raises UserError when one of the judgements asked for does not stand: not judged is not passed.
    """
    with connect(settings, read_only=True) as connection:
        standing = {name for (name,) in connection.execute("select judgement from working.loads.judged").fetchall()}
    missing = [name for name in judgements if name not in standing]
    if missing:
        raise UserError(
            f"The gates have not judged what is there now: run {' and '.join(missing)} first, or the whole job. "
            "Not judged is not passed."
        )
    results = latest(settings)
    counts = results.loc[~results["passed"].astype(bool), "severity"].value_counts()
    return Verdict(int(counts.get("block", 0)), int(counts.get("withhold", 0)), int(counts.get("warn", 0)))
