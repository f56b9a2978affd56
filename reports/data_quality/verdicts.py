"""What was judged, and what follows: gates, their history, the trust in what is published, publications.

What belongs here: order and grouping of verdicts. What does not: judging.
"""

from collections import Counter
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from reports.data_quality.section import MOST_ROWS, Content, Given
from reports.formatting import number, plural
from reports.frames import Row, grouped, rows, table, to_rows
from reports.verdict import failures_by_gate, gates_of_run

MOST_FAILURES = 30  # rows per gate
MOST_PASSED = 8  # rows per gate
MOST_RUNS = 20
MOST_PARTS = 12  # that are doubted for the same reasons
MOST_PUBLICATIONS = 10
GX_DOCUMENTS = ("gates/judge_data.json", "gates/judge_models.json")


def gates(given: Given) -> Content | None:
    """This run's gates, failed ones first; the passed ones are shown a few per gate."""
    judged = gates_of_run(given.run, given.tables)
    if judged is None:
        return None
    if not judged:
        return Content("none", "none judged", calm="No gate was judged in this run.")
    failed = [row for row in judged if row["state"] == "failed"]
    passed = [row for row in judged if row["state"] == "passed"]
    unjudged = len(judged) - len(failed) - len(passed)
    values = {
        "failures": failures_by_gate(judged),
        "passed": list(grouped(passed, lambda row: row["gate"]).values()),
        "passed_count": len(passed),
        "is_all": len(passed) == len(judged),
        "documents": [name for name in GX_DOCUMENTS if name in given.beside],
        "most_failures": MOST_FAILURES,
        "most_passed": MOST_PASSED,
    }
    if failed:
        tone = "bad" if any(row["severity"] == "block" for row in failed) else "warn"
        return Content(tone, f"{len(failed)} failed of {number(len(judged))}", values)
    if unjudged:
        return Content("warn", f"{unjudged} not judged", values)
    return Content("good", f"{number(len(passed))} passed", values, "Every promise about the data held.")


# What a gate said in a run, the worst of its rows: tone, symbol, word.
_CELLS = (
    *(("none", "·", "not part of the run"), ("good", "✓", "passed"), ("warn", "?", "could not be judged")),
    *(("warn", "▲", "failed"), ("bad", "✕", "failed and blocked")),
)


def history(given: Given) -> Content | None:
    """The last runs by the worst that each gate said in them: `runs` oldest first, `gates` those in trouble first."""
    columns = ("run_id", "gate", "passed", "severity", "judged_at")
    judged = table(given.tables, "quality.gate_results", columns)
    if judged is None:
        return None
    judged = judged[judged["run_id"].notna() & judged["gate"].notna()]
    begun_at = judged.groupby("run_id")["judged_at"].min().sort_values(kind="stable").tail(MOST_RUNS)
    if len(begun_at) < 2:
        return Content("none", "no earlier run", calm="There is no earlier run to compare with yet.")
    judged = judged[judged["run_id"].isin(begun_at.index)]
    failed = judged["passed"].eq(False).fillna(False).astype(bool)
    said = np.select([judged["passed"].isna(), failed & judged["severity"].eq("block"), failed], [2, 4, 3], default=1)
    by_run = judged.assign(said=said, failed=failed).groupby(["gate", "run_id"])
    worst = by_run.agg(said=("said", "max"), failed=("failed", "sum"))
    by_gate: list[Row] = [
        {"gate": gate, "cells": [_cell(worst, gate, run_id) for run_id in begun_at.index]}
        for gate in sorted({str(gate) for gate in judged["gate"]})
    ]
    for row in by_gate:
        row["failed_runs"] = sum(cell["failed_count"] > 0 for cell in row["cells"])
        row["since"] = _failing_since(row["cells"], list(begun_at))
    by_gate.sort(key=lambda row: (row["since"] is None, -row["failed_runs"]))
    published = {row["run_id"]: row["is_published"] for row in _published(given) or ()}
    published.setdefault(given.run.run_id, given.run.is_published)
    runs = [_run(run_id, at, published.get(run_id)) for run_id, at in begun_at.items()]
    values = {"runs": runs, "gates": by_gate}
    failing = [row["cells"][-1]["tone"] for row in by_gate if row["since"] is not None]
    if failing:
        return Content("bad" if "bad" in failing else "warn", f"{plural(len(failing), 'gate')} failing", values)
    return Content("good", plural(len(runs), "run"), values)


def _cell(worst: pd.DataFrame, gate: str, run_id: Any) -> Row:
    said, failed = worst.loc[(gate, run_id)] if (gate, run_id) in worst.index else (0, 0)
    tone, symbol, word = _CELLS[int(said)]
    return {"tone": tone, "symbol": symbol, "word": word, "failed_count": int(failed)}


def _run(run_id: Any, at: datetime, is_published: bool | None) -> Row:
    tone, symbol, _ = {None: _CELLS[0], True: _CELLS[1], False: _CELLS[4]}[is_published]
    word = {None: "not published", True: "published", False: "refused"}[is_published]
    return {"run_id": run_id, "at": at, "tone": tone, "symbol": symbol, "word": word}


def _failing_since(cells: list[Row], begun_at: list[datetime]) -> datetime | None:
    """When the first of the unbroken failures up to the newest run was judged; None when the newest did not fail."""
    since = None
    for cell, at in zip(reversed(cells), reversed(begun_at), strict=True):
        if not cell["failed_count"]:
            break
        since = at
    return since


_TRUST = {"withheld": 0, "warned": 1, "unjudged": 2, "trusted": 3}


def trust(given: Given) -> Content | None:
    """What the trust ledger says of the published numbers: this run's, else the newest there is."""
    columns = ("run_id", "table_name", "part", "state", "reasons", "gate_count", "failed_count", "recorded_at")
    ledger = table(given.tables, "quality.trust_ledger", columns, ["columns"])
    if ledger is None:
        return None
    if ledger.empty:
        return Content("none", "nothing published", calm="No number has been published yet.")
    own = ledger[ledger["run_id"] == given.run.run_id]
    is_own = not own.empty
    if not is_own:
        newest = ledger.sort_values("recorded_at", kind="stable", na_position="first")["run_id"].iloc[-1]
        own = ledger[ledger["run_id"] == newest]
    entries = to_rows(own)
    for row in entries:
        row["reasons"] = [line.strip() for line in str(row["reasons"] or "").splitlines() if line.strip()]
    entries.sort(key=lambda row: (str(row["table_name"]), str(row["part"] or ""), str(row["columns"] or "")))
    entries.sort(key=lambda row: _TRUST.get(row["state"], 0))
    doubted = [row for row in entries if row["state"] != "trusted"]
    values = {
        "doubted": list(grouped(doubted, lambda row: (row["state"], *row["reasons"])).values()),
        "trusted": [row for row in entries if row["state"] == "trusted"],
        "of_run": None if is_own else entries[0]["run_id"],
        "recorded_at": entries[0]["recorded_at"],
        "most_parts": MOST_PARTS,
        "most_rows": MOST_ROWS,
    }
    if not doubted:
        return Content("good", "all trusted", values, f"Of {plural(len(entries), 'published part')}, none is in doubt.")
    counts = Counter(row["state"] for row in doubted)
    parts = [f"{counts[state]} {state}" for state in _TRUST if counts[state]]
    return Content("warn", ", ".join(parts), values)


def publications(given: Given) -> Content | None:
    """The last runs that ended in a publication or a refusal, newest first."""
    found = _published(given)
    if found is None:
        return None
    if not found:
        return Content("none", "none yet", calm="No run has ended in a publication or a refusal yet.")
    found.sort(key=lambda row: row["finished_at"] or datetime.min, reverse=True)
    return Content("none", f"last {min(len(found), MOST_PUBLICATIONS)}", {"rows": found[:MOST_PUBLICATIONS]})


def _published(given: Given) -> list[Row] | None:
    columns = ["run_id", "finished_at", "is_published", "as_of", "journey_version"]
    columns += ["block_failures", "withhold_failures", "warnings"]
    return rows(given.tables, "quality.publications", columns)
