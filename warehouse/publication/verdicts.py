"""What the gates said, and whether it still stands: book-keeping of judgements. What is judged and how is not known here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import duckdb
import pandas as pd

from warehouse.connection import append, connect
from warehouse.settings import Settings, UserError

DATA, MODELS = "judge_data", "judge_models"  # the two judgements of a run
# A run that came to its end was published or refused.
OF_UNFINISHED = "run_id not in (select run_id from quality.publications)"


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


def record(settings: Settings, judgement: str, run_id: str, results: pd.DataFrame) -> None:
    """Keep the results of a judgement, which stands from now on in place of the one before it."""
    with connect(settings) as connection:
        connection.execute("begin")
        connection.execute("delete from quality.gate_results where run_id = ? and judgement = ?", [run_id, judgement])
        connection.execute("update quality.gate_results set stands = false where judgement = ?", [judgement])
        append(connection, "quality.gate_results", results.assign(judgement=judgement, stands=True))
        connection.execute("commit")


def forget_unfinished(settings: Settings) -> None:
    """What the gates said in a run that was killed, or broke off, is no run's word."""
    with connect(settings) as connection:
        connection.execute(f"delete from quality.gate_results where {OF_UNFINISHED}")


def adopt(connection: duckdb.DuckDBPyConnection, run_id: str) -> None:
    """A run that goes on where another broke off ends with the words that were said there and stand."""
    connection.execute(f"update quality.gate_results set run_id = ? where stands and {OF_UNFINISHED}", [run_id])


def void(settings: Settings, *judgements: str) -> None:
    """What the gates looked at is about to change, so what they said does not stand any more."""
    with connect(settings) as connection:
        connection.execute("update quality.gate_results set stands = false where list_contains(?, judgement)", [list(judgements)])


def standing(settings: Settings) -> pd.DataFrame:
    """What stands of what the gates said: rows of quality.gate_results, none before anything was judged."""
    if not settings.database.is_file():
        return pd.DataFrame(columns=["judgement", "gate", "passed", "severity"])
    with connect(settings, read_only=True) as connection:
        return connection.execute("select * from quality.gate_results where stands").df()


def failures(settings: Settings, severity: str) -> pd.DataFrame:
    """The rows of quality.gate_results of this severity that stand and fail."""
    results = standing(settings)
    return results[~results["passed"].astype(bool) & (results["severity"] == severity)]


def verdict(settings: Settings, judgements: Iterable[str] = (DATA,)) -> Verdict:
    """Count what fails in these judgements, by severity.

    Raises UserError when one of them does not stand: not judged is not passed.
    """
    results = standing(settings)
    missing = [name for name in judgements if name not in set(results["judgement"])]
    if missing:
        raise UserError(
            f"The gates have not judged what is there now: run {' and '.join(missing)} first, or the whole job. "
            "Not judged is not passed."
        )
    asked = results[results["judgement"].isin(list(judgements))]
    counts = asked.loc[~asked["passed"].astype(bool), "severity"].value_counts()
    return Verdict(int(counts.get("block", 0)), int(counts.get("withhold", 0)), int(counts.get("warn", 0)))
