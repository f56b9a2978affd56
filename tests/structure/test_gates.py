"""Every gate keeps its own promise: its good example passes, its bad one fails, and its table is there with its columns."""

from __future__ import annotations

import string
from datetime import datetime
from typing import Any

import pandas as pd
import pytest

from expectations import DATA_GATES, MODEL_GATES
from expectations.gate import Gate
from expectations.judge import RESULT_COLUMNS, judge
from tests.world.build import World
from warehouse.connection import located, read_all
from warehouse.tables import WRITTEN_TABLES

GATES = (*DATA_GATES, *MODEL_GATES)
NOW = datetime(2026, 3, 1)
# Great Expectations imports modules that Python has deprecated; that is not ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
each_gate = pytest.mark.parametrize("gate", GATES, ids=lambda gate: gate.name)


def measure(*rows: Any) -> pd.DataFrame:
    """Rows of a gate's examples as the warehouse would give them, times as times, judged with full severity."""
    frame = pd.DataFrame([dict(row) | {"severity": "block"} for row in rows])
    for name in (name for name in frame if str(name).endswith("_at")):
        frame[name] = pd.to_datetime(frame[name])
    return frame


def passed(gate: Gate, *rows: Any) -> list[bool]:
    results, _ = judge([gate], {gate.table: measure(*rows)}, run_id="run-1", judged_at=NOW)
    assert tuple(results) == RESULT_COLUMNS
    assert set(results["severity"]) == {"block"}
    return [bool(one) for one in results["passed"]]


@each_gate
def test_the_good_example_of_a_gate_passes_and_the_bad_one_fails(gate: Gate) -> None:
    assert passed(gate, gate.good) == [True]
    assert passed(gate, gate.bad) == [False]
    assert passed(gate, gate.good, gate.bad, gate.good) == [True, False, True]


@each_gate
def test_the_worst_of_a_measure_is_the_row_that_keeps_its_promise_least(gate: Gate) -> None:
    rows = measure(gate.good, gate.bad, gate.good)
    worst, limit = gate.worst(rows) or (None, None)
    if gate.comparison == "is_false":
        assert (worst, limit) == (1, 0)
    else:
        assert (worst, limit) == (gate.bad[gate.observed], gate.bad[gate.threshold or ""])
    assert gate.worst(rows.assign(severity="outcome")) in (None, (0, 0))


@each_gate
def test_a_gate_with_nothing_to_judge_passes_and_says_so(gate: Gate) -> None:
    empty = measure(gate.good).iloc[:0]
    outcome = measure(gate.bad).assign(severity="outcome")
    for frame in (empty, outcome):
        results, _ = judge([gate], {gate.table: frame}, run_id="run-1", judged_at=NOW)
        assert [tuple(row) for row in results[["subject", "passed"]].to_numpy()] == [("nothing to judge", True)]


@each_gate
def test_what_could_not_be_measured_does_not_fail(gate: Gate) -> None:
    unknown = measure(gate.bad, gate.good)
    unknown[gate.observed] = unknown[gate.observed].astype(float if gate.comparison != "is_false" else object)
    unknown.loc[0, gate.observed] = float("nan")
    results, _ = judge([gate], {gate.table: unknown}, run_id="run-1", judged_at=NOW)
    assert results["passed"].tolist() == [True, True]


@each_gate
def test_the_table_of_a_gate_is_there_with_the_columns_it_needs(gate: Gate, town: World) -> None:
    columns = {row["column_name"]: row["column_type"] for row in town.rows(f"describe select * from {located(gate.table)}")}
    words = {name for _, name, _, _ in string.Formatter().parse(gate.words) if name}
    needed = words | {"severity", gate.observed} | ({gate.threshold} if gate.threshold else set())
    assert needed <= set(columns)
    assert set(gate.good) | {"severity"} >= needed - {"severity"}
    assert set(gate.good) == set(gate.bad) <= set(columns)


@each_gate
def test_what_a_gate_is_about_is_told_by_its_row_and_is_something_numbers_rest_on(gate: Gate, town: World) -> None:
    about = gate.about.format_map(gate.good)
    kinds = {fact.split(":")[0] for fact in town.column("select distinct fact from quality.trust_scopes")} | {"model"}
    assert about.split(":")[0] in kinds
    columns = {row["column_name"] for row in town.rows(f"describe select * from {located(gate.table)}")}
    assert {name for name in (gate.since, gate.until) if name} <= columns


def test_gates_have_different_names_and_judge_the_town_as_its_faults_were_planted(town: World) -> None:
    assert len({gate.name for gate in GATES}) == len(GATES)
    measures = read_all(town.settings, [gate.table for gate in DATA_GATES])
    results, _ = judge(DATA_GATES, measures, run_id="run-1", judged_at=NOW)
    failed = results[~results["passed"]]
    blocking = failed.loc[failed["severity"] == "block", ["gate", "subject"]]
    assert set(blocking["gate"]) == {"timestamp_validity", "event_gaps"}
    assert all(subject.startswith("signed_up from web") for subject in blocking["subject"])
    assert set(failed["gate"]) >= {"id_match_rates", "timestamp_validity", "event_gaps", "vocabulary_seen", "milestone_order"}
    kept = set(next(table.columns for table in WRITTEN_TABLES if table.table == "quality.gate_results"))
    assert set(results) == kept - {"judgement", "stands"}
