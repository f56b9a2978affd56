"""The steps of a run, in order. Each is a postman: it reads, calls one of the rooms, writes, and reports."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import joblib
import numpy as np
import pandas as pd
from dagster import (
    AssetCheckExecutionContext,
    AssetCheckResult,
    AssetChecksDefinition,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    Config,
    MaterializeResult,
    MetadataValue,
    multi_asset,
    multi_asset_check,
)
from dagster_dbt import DbtProject, dbt_assets

from expectations.gate import Gate
from expectations.judge import judge
from ml.model import Context, Model
from ml.outlook import outlooks
from ml.registry import MODELS
from orchestration import dbt, identity
from orchestration.clock import now
from orchestration.dbt import OneAssetPerSource
from orchestration.pages import write_pages
from orchestration.progress import say, stopped, warn
from simulation.demo import write_demo
from warehouse import connection
from warehouse.definitions.journey import JOURNEY_TABLES, load_journey
from warehouse.files import printable, readable
from warehouse.landing import landing, loads
from warehouse.publication import publishing, verdicts
from warehouse.settings import Settings, UserError
from warehouse.sources import RAW_TABLES, SOURCES

MOST_LISTED = 3  # failures of one gate named on the terminal
TRAINING_ROWS = 200_000
SCORING_BATCH = 100_000
SETTLE_SECONDS = 2  # a file younger than this is looked at twice, in case somebody is still writing it

IDENTITY_TABLES = ("identity.components", "identity.refusals", "identity.merges")
LANDED = [
    *(f"raw.{source}" for source in SOURCES),
    *("raw.landed_files", "raw.rejected_rows", "identity.key"),
    *(f"journey.{name}" for name in JOURNEY_TABLES),
]


class LandConfig(Config):
    """What a run may be told: its "now" (a schedule passes its tick), and to build even when nothing is new."""

    as_of: str = ""
    full: bool = False


def key(table: str) -> AssetKey:
    """The asset key of `schema.table`."""
    return AssetKey(table.split("."))


@contextmanager
def told_plainly() -> Iterator[None]:
    """A fault the user can mend ends the step with its message, not with a traceback."""
    try:
        yield
    except UserError as error:
        raise stopped(str(error)) from None


@multi_asset(
    name="land",
    specs=[AssetSpec(key(table), group_name=table.split(".")[0], skippable=True) for table in LANDED],
)
def land(context: AssetExecutionContext, config: LandConfig) -> Iterator[MaterializeResult[None]]:
    """Files and definitions become tables. When nothing is new, nothing is handed on and the run ends here."""
    with told_plainly():
        settings = Settings.from_environment()
        if settings.known_until and settings.home.parent.name != "known":
            raise UserError(
                "A past moment is built in a home of its own: call make run KNOWN_AT=…, and unset THROUGHLINE_KNOWN_AT here."
            )
        journey = load_journey(settings.journey_path)
        if settings.is_demo and not any(settings.landing.glob("*/*")):
            write_demo(settings.landing, settings.home / "truth")
        requested = datetime.fromisoformat(config.as_of) if config.as_of else None
        settle = 0 if settings.is_demo else SETTLE_SECONDS
        found = landing.land(settings, journey, now=now(), requested_as_of=requested, settle_seconds=settle)
        publishing.ensure_key(settings)
    publishing.note_publication(settings)
    verdicts.forget_unfinished(settings)
    for warning in [*found.warnings, *filter(None, [publishing.left_out(settings)])]:
        warn(context, warning)
    for file in found.files:
        if file.note and file.status != "refused":
            warn(context, f"{printable(file.file)}: {file.note}")
    inputs = publishing.inputs_fingerprint(settings, journey)
    if found.refused:
        run_id, count = context.run.run_id, len(found.refused)
        publishing.refuse(settings, journey, run_id=run_id, inputs=inputs, finished_at=now(), block_failures=count)
        publishing.publish_quality(settings)
        write_pages(settings, journey, context.run.run_id, is_published=False, stopped_at_landing=True)
        listing = "\n".join(f"  {printable(file.file)}: {file.note}" for file in found.refused)
        raise stopped(f"{len(found.refused)} file(s) cannot be landed; nothing was built or published.\n{listing}")
    if not config.full and publishing.published_inputs(settings) == inputs:
        say(context, "nothing new since the last publication; it stands")
        return
    held = connection.row_counts(settings, [raw.table for raw in RAW_TABLES])
    if lack := landing.eventless(held):
        raise stopped(f"{lack} Nothing was built or published.")
    verdicts.void(settings, verdicts.DATA, verdicts.MODELS)
    reason = loads.why_anew(settings, is_asked=config.full)
    counts = {f"raw.{source}": sum(held.get(raw.table, 0) for raw in SOURCES[source].tables) for source in SOURCES}
    how = f"everything is built: {reason}" if reason else "what they touch is built again"
    say(context, f"{len(found.files)} new file(s), {sum(counts.values()):,} rows held; {how}")
    for table in LANDED:
        metadata = {"dagster/row_count": counts[table]} if table in counts else {}
        yield MaterializeResult(asset_key=key(table), metadata=metadata)


def require_green(settings: Settings, name: str, *judgements: str) -> None:
    """End the step unless the gates have judged what is there now, and let it pass: also when it runs alone."""
    for judgement in judgements or (verdicts.DATA,):
        with told_plainly():
            green = verdicts.verdict(settings, (judgement,)).is_publishable
        if not green:
            listing = _listed(verdicts.failures(settings, "block"))
            raise stopped(f"The gates are red, so {name} does not run:{listing}")


def dbt_layer(project: DbtProject, name: str, *, is_gated: bool = False) -> AssetsDefinition:
    """One dbt step: the models of the selector of that name (dbt_project/selectors.yml), with their tests.

    A gated layer looks at the gates' latest word itself, so that it stays shut when somebody runs it, or one asset of it, alone.
    """

    @dbt_assets(
        manifest=project.manifest_path,
        project=project,
        name=name,
        selector=name,
        dagster_dbt_translator=OneAssetPerSource(),
    )
    def build(context: AssetExecutionContext) -> Iterator[Any]:
        settings = Settings.from_environment()
        if is_gated:
            require_green(settings, name)
        yield from dbt.build(context)
        tables = [".".join(asset_key.path) for asset_key in context.selected_asset_keys]
        counts = connection.row_counts(settings, tables)
        say(context, f"{len(tables)} models, {sum(counts.values()):,} rows")

    return build


@multi_asset(
    specs=[
        AssetSpec(
            key(table),
            group_name="identity",
            deps=[key(f"intermediate.int_identifiers_{what}") for what in ("known", "owned", "together")],
        )
        for table in IDENTITY_TABLES
    ]
)
def identify(context: AssetExecutionContext) -> Iterator[MaterializeResult[None]]:
    """Identifiers that occur together belong to one person, unless a guard keeps them apart."""
    settings = Settings.from_environment()
    persons = identity.solve(settings, load_journey(settings.journey_path))
    shared = f", {persons.is_shared.sum():,} shared by several people" if persons.is_shared.any() else ""
    say(context, f"{len(persons.component):,} identifiers, {len(np.unique(persons.component)):,} persons{shared}")
    for table, count in connection.row_counts(settings, IDENTITY_TABLES).items():
        yield MaterializeResult(asset_key=key(table), metadata={"dagster/row_count": count})


def gate_step(name: str, gates: Sequence[Gate], guarded: str) -> AssetChecksDefinition:
    """One step that judges gates. They hang on `guarded`, a table the next layer reads, so that a red one stops that layer."""

    @multi_asset_check(
        name=name,
        specs=[
            AssetCheckSpec(
                name=gate.name,
                asset=key(guarded),
                blocking=True,
                additional_deps=[key(gate.table)] if gate.table != guarded else [],
                description=f"{gate.expectation}; {gate.remedy}",
            )
            for gate in gates
        ],
    )
    def judge_gates(context: AssetCheckExecutionContext) -> Iterator[AssetCheckResult]:
        settings = Settings.from_environment()
        journey = load_journey(settings.journey_path)
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
        say(context, f"{len(results)} checks, {len(failed)} failed" + _listed(failed))
        for gate in gates:
            yield _check_result(gate, guarded, results[results["gate"] == gate.name])

    return judge_gates


def _check_result(gate: Gate, guarded: str, results: pd.DataFrame) -> AssetCheckResult:
    failed = results[~results["passed"]]
    is_blocking = (failed["severity"] == "block").any()
    return AssetCheckResult(
        check_name=gate.name,
        asset_key=key(guarded),
        passed=failed.empty,
        severity=AssetCheckSeverity.ERROR if is_blocking else AssetCheckSeverity.WARN,
        description="passed" if failed.empty else readable(_listed(failed).strip()),
        metadata={
            "measure": gate.table,
            "results": MetadataValue.md(
                readable(results[["subject", "observed", "threshold", "passed", "severity"]].to_markdown(index=False))
            ),
            "remedy": gate.remedy,
        },
    )


def _listed(failed: pd.DataFrame) -> str:
    """The failures, hardest first, a few of each gate; the data-quality page has them all."""
    lines = []
    for severity in ("block", "withhold", "warn"):
        for gate, rows in failed[failed["severity"] == severity].groupby("gate", sort=False):
            for row in rows.head(MOST_LISTED).itertuples():
                lines.append(f"{severity:<8} {gate}: {printable(str(row.subject))}: {row.observed} (allowed {row.threshold})")
            if len(rows) > MOST_LISTED:
                lines.append(f"{'':<8} {gate}: and {len(rows) - MOST_LISTED} more, see the data-quality page")
    return "".join(f"\n      {line}" for line in lines)


def model_asset(model: Model) -> AssetsDefinition:
    """Train one model of the registry, score the newest snapshot in batches, keep the fitted model and its run."""
    output = f"ml.{model.output}"

    @multi_asset(name=model.name, specs=[AssetSpec(key(output), group_name="ml", deps=[key(model.reads)])])
    def train_and_score(context: AssetExecutionContext) -> MaterializeResult[None]:
        settings = Settings.from_environment()
        require_green(settings, model.name)
        verdicts.void(settings, verdicts.MODELS)
        journey = load_journey(settings.journey_path)
        as_of = publishing.as_of(settings)
        if as_of is None:
            raise stopped("There is no event yet, so there is nothing to learn from.")
        training = connection.sample(settings, model.reads, key="customer_id", most=TRAINING_ROWS)
        fitted = model.fit(
            training,
            Context(now=as_of, journey_version=journey.fingerprint, horizon_days=journey.churn.inactive_days),
        )
        settings.models.mkdir(mode=0o700, parents=True, exist_ok=True)
        joblib.dump(fitted, settings.models / f"{model.name}-{fitted.version}.joblib")
        batches = connection.latest(settings, model.reads, at="snapshot_at", batch=SCORING_BATCH)
        scores = pd.concat([fitted.score(batch) for batch in batches], ignore_index=True)
        if len(training):
            connection.replace(settings, output, scores, where={"snapshot_at": training["snapshot_at"].max()})
        run = pd.DataFrame([fitted.run])
        which = {"model": model.name, "model_version": fitted.version}
        connection.replace(settings, "ml.model_runs", run, where=which)
        say(context, f"{len(scores):,} scored; {_in_brief(fitted.run)}")
        return MaterializeResult(metadata={"dagster/row_count": len(scores), "notes": str(fitted.run["notes"])})

    return train_and_score


def _in_brief(run: Mapping[str, Any]) -> str:
    """How good a model is, in half a line; the page has the rest."""
    if run["auc"] is None:
        return str(run["notes"] or "").split(". ")[0]
    span = f" ({run['auc_low']:.2f} to {run['auc_high']:.2f})" if run["auc_low"] is not None else ""
    beside = f", {run['baseline_name']} {run['baseline_auc']:.2f}" if run["baseline_auc"] is not None else ""
    return f"AUC {run['auc']:.2f}{span}{beside}"


@multi_asset(
    specs=[
        AssetSpec(
            key("ml.stage_outlooks"),
            group_name="ml",
            deps=[key("features.stage_moves"), key("features.stage_ages")],
        )
    ]
)
def foresee(context: AssetExecutionContext) -> MaterializeResult[None]:
    """Solve the stages as a Markov chain: where customers of each stage end up, and whether they did."""
    settings = Settings.from_environment()
    require_green(settings, "foresee")
    counted = ("features.stage_moves", "features.stage_ages")
    found = outlooks(*(connection.read(settings, table) for table in counted))
    connection.replace(settings, "ml.stage_outlooks", found, where={})
    say(context, f"{found['from_stage'].nunique()} stages of {found['stage_set'].nunique()} set(s)")
    return MaterializeResult(metadata={"dagster/row_count": len(found)})


@multi_asset(
    specs=[
        AssetSpec(
            key("quality.publications"),
            group_name="quality",
            deps=[
                *(key("quality.rpt_model_discrimination"), key("marts.rpt_segments"), key("ml.stage_outlooks")),
                *(key(f"ml.{model.output}") for model in MODELS),
            ],
        )
    ]
)
def publish(context: AssetExecutionContext) -> MaterializeResult[None]:
    """Swap the published file for the audited build, its numbers stamped with the state they are in."""
    settings = Settings.from_environment()
    journey = load_journey(settings.journey_path)
    require_green(settings, "publish", verdicts.DATA, verdicts.MODELS)
    for failure in verdicts.failures(settings, "withhold").itertuples():
        reason = f"{failure.subject}, {failure.expectation}: {failure.observed} (allowed {failure.threshold})"
        warn(context, f"withheld: what rests on {reason}")
    inputs = publishing.inputs_fingerprint(settings, journey)
    states = publishing.publish(settings, journey, run_id=context.run.run_id, inputs=inputs, finished_at=now())
    path = settings.published_database
    size = path.stat().st_size
    told = ", ".join(f"{count} {state}" for state, count in states.items() if state != "trusted")
    say(context, f"{size / 2**20:,.1f} MiB; {sum(states.values())} groups of numbers, {told or 'all trusted'}")
    return MaterializeResult(metadata={"path": MetadataValue.path(str(path)), "bytes": size})


@multi_asset(specs=[AssetSpec(key("reports.pages"), group_name="reports", deps=[key("quality.publications")])])
def report(context: AssetExecutionContext) -> MaterializeResult[None]:
    """The data-quality page, the journey page and the index that links them."""
    settings = Settings.from_environment()
    write_pages(settings, load_journey(settings.journey_path), context.run.run_id, is_published=True)
    publishing.publish_quality(settings)
    say(context, "index, data quality, journey")
    return MaterializeResult(metadata={"index": MetadataValue.path(str(settings.reports / "index.html"))})
