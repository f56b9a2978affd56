"""The gates as asset checks: each at the table it judges, and one that stops what is built on them when a hard one is red."""

import json
from collections.abc import Iterable, Iterator, Sequence

import pandas as pd
from dagster import (
    AssetCheckExecutionContext,
    AssetCheckKey,
    AssetCheckResult,
    AssetChecksDefinition,
    AssetCheckSeverity,
    AssetCheckSpec,
    DagsterRun,
    MetadataValue,
    multi_asset_check,
)

from expectations.gate import Gate
from expectations.judge import judge
from orchestration.catalogue import key
from orchestration.clock import now
from orchestration.pages import write_pages
from orchestration.progress import say, stopped, told_plainly
from orchestration.resources import Home
from warehouse import connection
from warehouse.files import printable, readable
from warehouse.publication import publishing, verdicts
from warehouse.settings import Settings

MOST_LISTED = 3  # failures of one gate named on the terminal
NO_GATE_BLOCKS = "no_gate_blocks"


def gate_step(name: str, gates: Sequence[Gate], guards: str) -> AssetChecksDefinition:
    """One step that judges gates, each a check of its table.

    What stops a run is one check more: `no_gate_blocks`, at `guards`, a table that what must not run reads. Dagster stops only
    what is downstream of a failed check's own table, and which gates may block is for the journey file to say.
    """
    stopper = AssetCheckSpec(
        NO_GATE_BLOCKS,
        asset=key(guards),
        blocking=True,
        additional_deps=sorted({key(gate.table) for gate in gates if gate.table != guards}),
        description=f"No gate of `{name}` that may stop a run is red. Else what reads this table is not built, nor published.",
    )
    specs = [AssetCheckSpec(gate.name, asset=key(gate.table), description=f"{gate.expectation}; {gate.remedy}") for gate in gates]

    @multi_asset_check(name=name, specs=[*specs, stopper], can_subset=True)
    def judge_gates(context: AssetCheckExecutionContext, home: Home) -> Iterator[AssetCheckResult]:
        """Judge all gates, also when fewer were chosen: the verdict is about all of them."""
        settings, journey = home.settings, home.journey
        run_id = context.run.run_id
        measures = connection.read_all(settings, [gate.table for gate in gates])
        results, documents = judge(gates, measures, run_id=run_id, judged_at=now())
        verdicts.record(settings, name, run_id, results)
        folder = settings.reports / "gates"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.json").write_text(json.dumps(documents, indent=2, default=str), encoding="utf-8")
        verdict = verdicts.verdict(settings, (name,))
        if not verdict.is_publishable:
            inputs = publishing.inputs_fingerprint(settings, journey)
            count = verdict.block_failures
            publishing.refuse(settings, journey, run_id=run_id, inputs=inputs, finished_at=now(), block_failures=count)
        publishing.publish_quality(settings)
        write_pages(settings, journey, run_id, is_published=None if verdict.is_publishable else False)
        failed = results[~results["passed"]]
        say(context, f"{len(results)} checks, {len(failed)} failed" + listed(failed))
        chosen = context.selected_asset_check_keys
        for gate, spec in zip(gates, specs, strict=True):
            if spec.key in chosen:
                yield check_result(gate, results[results["gate"] == gate.name], gate.worst(measures[gate.table]))
        if stopper.key in chosen:
            yield _stopper_result(stopper, results)

    return judge_gates


def check_result(gate: Gate, results: pd.DataFrame, worst: tuple[float, float] | None) -> AssetCheckResult:
    """What a gate said, with the numbers that the UI plots over the runs."""
    failed = results[~results["passed"]]
    numbers = dict(zip(("worst_observed", "limit"), worst, strict=True)) if worst else {}
    table = results[["subject", "observed", "threshold", "passed", "severity"]].to_markdown(index=False)
    return AssetCheckResult(
        check_name=gate.name,
        asset_key=key(gate.table),
        passed=failed.empty,
        severity=_severity(failed),
        description="passed" if failed.empty else readable(listed(failed).strip()),
        metadata={
            "failed_count": len(failed),
            **numbers,
            "results": MetadataValue.md(readable(table)),
            "remedy": gate.remedy,
        },
    )


def _stopper_result(spec: AssetCheckSpec, results: pd.DataFrame) -> AssetCheckResult:
    failed = results[~results["passed"]]
    by_severity = {f"{severity}_count": int((failed["severity"] == severity).sum()) for severity in ("block", "withhold", "warn")}
    blocking = failed[failed["severity"] == "block"]
    return AssetCheckResult(
        check_name=spec.name,
        asset_key=spec.asset_key,
        passed=blocking.empty,
        severity=AssetCheckSeverity.ERROR,
        description="passed" if blocking.empty else readable(listed(blocking).strip()),
        metadata={"gate_count": results["gate"].nunique(), **by_severity},
    )


def _severity(failed: pd.DataFrame) -> AssetCheckSeverity:
    return AssetCheckSeverity.ERROR if (failed["severity"] == "block").any() else AssetCheckSeverity.WARN


def listed(failed: pd.DataFrame) -> str:
    """The failures, hardest first, a few of each gate; the data-quality page has them all."""
    lines = []
    for severity in ("block", "withhold", "warn"):
        for gate, rows in failed[failed["severity"] == severity].groupby("gate", sort=False):
            for row in rows.head(MOST_LISTED).itertuples():
                lines.append(f"{severity:<8} {gate}: {printable(str(row.subject))}: {row.observed} (allowed {row.threshold})")
            if len(rows) > MOST_LISTED:
                lines.append(f"{'':<8} {gate}: and {len(rows) - MOST_LISTED} more, see the data-quality page")
    return "".join(f"\n      {line}" for line in lines)


def require_green(settings: Settings, name: str, *judgements: str) -> None:
    """End the step unless the gates have judged what is there now, and let it pass: also when it runs alone."""
    for judgement in judgements or (verdicts.DATA,):
        with told_plainly():
            green = verdicts.verdict(settings, (judgement,)).is_publishable
        if not green:
            listing = listed(verdicts.failures(settings, "block"))
            raise stopped(f"The gates are red, so {name} does not run:{listing}")


def are_judged(checks: Iterable[AssetCheckKey], run: DagsterRun) -> bool:
    """Whether any of these checks is carried out in a run: all are in the whole job, else those that were chosen.

    To choose tables without a word about checks chooses the checks of the tables.
    """
    if run.asset_check_selection is not None:
        return not run.asset_check_selection.isdisjoint(checks)
    return not run.asset_selection or any(check.asset_key in run.asset_selection for check in checks)
