"""The whole pipeline as Dagster sees it: steps, jobs, a schedule, a sensor. Read from top to bottom it is the order of a run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from dagster import AssetSelection, Definitions, FreshnessPolicy, define_asset_job, definitions, in_process_executor

from expectations import DATA_GATES, MODEL_GATES
from ml.registry import MODELS
from orchestration.manifest import prepared_project
from orchestration.progress import progress_logger
from orchestration.resources import Dbt, Home
from orchestration.steps.gates import gate_step
from orchestration.steps.identity import identify
from orchestration.steps.landing import land_step
from orchestration.steps.layers import dbt_layer
from orchestration.steps.models import foresee, model_runs, model_step
from orchestration.steps.publication import publish, report
from orchestration.triggers import daily, new_files


def build_defs(resource_overrides: Mapping[str, Any] | None = None) -> Definitions:
    """The definitions on the warehouse that the environment names, or on what `resource_overrides` puts in its place."""
    home = Home()
    resources: dict[str, Any] = {"home": home, "dbt": Dbt(home=home), **(resource_overrides or {})}
    project = prepared_project(resources["home"].settings)

    silent_hours = resources["home"].journey.quality.freshness.max_silent_hours

    land = land_step(FreshnessPolicy.time_window(fail_window=timedelta(hours=silent_hours)))
    judge_data = gate_step("judge_data", DATA_GATES, guards="intermediate.int_events_identified")
    layer = partial(dbt_layer, project, gates=judge_data)
    stage = layer("stage")
    unify = layer("unify")
    build_marts = layer("build_marts", is_gated=True)
    models = [model_step(model) for model in MODELS]
    after_models = layer("after_models", is_gated=True)
    judge_models = gate_step("judge_models", MODEL_GATES, guards="quality.rpt_model_discrimination")

    journey = define_asset_job(
        "journey",
        selection=AssetSelection.all(),
        description="From the files in the landing folder to the published warehouse and the pages.",
    )
    return Definitions(
        assets=[land, stage, identify, unify, build_marts, foresee, *models, model_runs, after_models, publish, report],
        asset_checks=[judge_data, judge_models],
        resources=resources,
        jobs=[journey],
        schedules=[daily],
        sensors=[new_files],
        # A process per step would import for longer than most steps take, and compete for the files.
        executor=in_process_executor,
        loggers={"progress": progress_logger},
    )


@definitions
def defs() -> Definitions:
    """What `dagster -m orchestration.definitions` loads; to import this module executes nothing."""
    return build_defs()
