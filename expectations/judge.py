"""Judging gates with Great Expectations: measures in, one result per judged fact out. Thresholds come with the measures."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pandas as pd

from expectations.gate import JUDGED_SEVERITIES, Gate

if TYPE_CHECKING:
    from great_expectations.expectations import Expectation

RESULT_COLUMNS = (
    *("run_id", "gate", "table_name", "subject", "expectation", "observed", "threshold"),
    *("passed", "severity", "remedy", "about", "fault_started_at", "fault_ended_at", "judged_at"),
)


def judge(
    gates: Sequence[Gate], measures: Mapping[str, pd.DataFrame], *, run_id: str, judged_at: datetime
) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """Validate every gate's measure.

    `measures` maps table names to frames, one row per judged fact. Returns the rows of quality.gate_results (a gate whose
    measure has nothing to judge passes with one row that says so) and Great Expectations' own results as JSON objects.
    Raises KeyError for a gate whose table is not among the measures.
    """
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    import great_expectations as gx  # here, not on top: the import takes seconds and only this step needs it

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    frames = context.data_sources.add_pandas("measures")
    results: list[dict[str, Any]] = []
    documents: list[dict[str, Any]] = []
    for gate in gates:
        measure = measures[gate.table]
        judged = measure[measure["severity"].isin(JUDGED_SEVERITIES)].reset_index(drop=True)
        failed: set[int] = set()
        if len(judged):
            batch = frames.add_dataframe_asset(gate.name).add_batch_definition_whole_dataframe("all")
            outcome = batch.get_batch({"dataframe": judged.assign(row_number=judged.index)}).validate(
                _expectation(gate),
                result_format={"result_format": "COMPLETE", "unexpected_index_column_names": ["row_number"]},
            )
            document = outcome.to_json_dict()
            if (outcome.exception_info or {}).get("raised_exception"):
                raise RuntimeError(f"gate {gate.name} could not be judged: {outcome.exception_info}")
            failed = {int(row["row_number"]) for row in outcome.result.get("unexpected_index_list") or []}
            if outcome.success == bool(failed):
                raise RuntimeError(f"gate {gate.name}: the verdict and its failing rows contradict each other")
            documents.append({"gate": gate.name, "table": gate.table, "result": document})
        results += _rows(gate, judged, failed)
    frame = pd.DataFrame(results).assign(run_id=run_id, judged_at=judged_at)
    for column in ("fault_started_at", "fault_ended_at"):
        frame[column] = pd.to_datetime(frame[column])
    return frame[list(RESULT_COLUMNS)], documents


def _expectation(gate: Gate) -> Expectation:
    import great_expectations.expectations as gxe

    if gate.comparison == "is_false":
        return gxe.ExpectColumnValuesToBeInSet(column=gate.observed, value_set=[False])
    larger, smaller = (gate.observed, gate.threshold) if gate.comparison == "at_least" else (gate.threshold, gate.observed)
    return gxe.ExpectColumnPairValuesAToBeGreaterThanB(
        column_A=larger, column_B=smaller, or_equal=True, ignore_row_if="either_value_is_missing"
    )


def _rows(gate: Gate, judged: pd.DataFrame, failed: set[int]) -> list[dict[str, Any]]:
    shared = {"gate": gate.name, "table_name": gate.table, "expectation": gate.expectation, "remedy": gate.remedy}
    if judged.empty:
        nothing = {
            "subject": "nothing to judge",
            "observed": None,
            "threshold": None,
            "passed": True,
            "severity": "warn",
            "about": None,
            "fault_started_at": None,
            "fault_ended_at": None,
        }
        return [shared | nothing]
    return [
        shared
        | gate.told({str(name): value for name, value in row.items()})
        | {
            "passed": number not in failed,
            "severity": row["severity"],
            "about": gate.about.format_map(row),
            "fault_started_at": row[gate.since] if gate.since else None,
            "fault_ended_at": row[gate.until] if gate.until else None,
        }
        for number, row in enumerate(judged.to_dict("records"))
    ]
