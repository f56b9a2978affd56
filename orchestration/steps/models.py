"""The models: each learns, scores the newest snapshot, and keeps its fitted self and its run."""

from collections.abc import Mapping
from typing import Any

import joblib
import pandas as pd
from dagster import AssetExecutionContext, AssetsDefinition, MaterializeResult, multi_asset

from ml.model import Context, Model
from ml.outlook import outlooks
from ml.registry import MODELS
from orchestration.catalogue import counted, written
from orchestration.progress import say, stopped
from orchestration.resources import Home
from orchestration.steps.gates import require_green
from warehouse import connection
from warehouse.publication import publishing, verdicts

TRAINING_ROWS = 200_000
SCORING_BATCH = 100_000
RUNS = "ml.model_runs"
COUNTED = ("features.stage_moves", "features.stage_ages")


def model_step(model: Model) -> AssetsDefinition:
    """Train one model of the registry, score the newest snapshot in batches, keep the fitted model and its run."""
    output = f"ml.{model.output}"

    @multi_asset(name=model.name, specs=[written(output, "scikitlearn", "duckdb", deps=[model.reads])])
    def train_and_score(context: AssetExecutionContext, home: Home) -> MaterializeResult[None]:
        settings, journey = home.settings, home.journey
        require_green(settings, model.name)
        verdicts.void(settings, verdicts.MODELS)
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
        which = {"model": model.name, "model_version": fitted.version}
        connection.replace(settings, RUNS, pd.DataFrame([fitted.run]), where=which)
        say(context, f"{len(scores):,} scored; {in_brief(fitted.run)}")
        return MaterializeResult(metadata=counted(len(scores)) | told(fitted.run))

    return train_and_score


def told(run: Mapping[str, Any]) -> dict[str, Any]:
    """A model's run as metadata: its figures as numbers, which the UI plots from run to run, and its words."""
    figures = {name: value for name, value in run.items() if isinstance(value, int | float) and pd.notna(value)}
    words = {name: value for name, value in run.items() if isinstance(value, str) and value}
    return figures | words


def in_brief(run: Mapping[str, Any]) -> str:
    """How good a model is, in half a line; the page has the rest."""
    if run["auc"] is None:
        return str(run["notes"] or "").split(". ")[0]
    span = f" ({run['auc_low']:.2f} to {run['auc_high']:.2f})" if run["auc_low"] is not None else ""
    beside = f", {run['baseline_name']} {run['baseline_auc']:.2f}" if run["baseline_auc"] is not None else ""
    return f"AUC {run['auc']:.2f}{span}{beside}"


@multi_asset(specs=[written(RUNS, "duckdb", deps=[f"ml.{model.output}" for model in MODELS])])
def model_runs(context: AssetExecutionContext, home: Home) -> MaterializeResult[None]:
    """Every model has written its own row; this says that all are there."""
    count = connection.row_counts(home.settings, [RUNS])[RUNS]
    say(context, f"{count:,} runs of {len(MODELS)} models kept")
    return MaterializeResult(metadata=counted(count))


@multi_asset(specs=[written("ml.stage_outlooks", "numpy", "duckdb", deps=COUNTED)])
def foresee(context: AssetExecutionContext, home: Home) -> MaterializeResult[None]:
    """Solve the stages as a Markov chain: where customers of each stage end up, and whether they did."""
    require_green(home.settings, "foresee")
    found = outlooks(*(connection.read(home.settings, table) for table in COUNTED))
    connection.replace(home.settings, "ml.stage_outlooks", found, where={})
    say(context, f"{found['from_stage'].nunique()} stages of {found['stage_set'].nunique()} set(s)")
    return MaterializeResult(metadata=counted(len(found)))
