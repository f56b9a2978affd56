"""The whole pipeline as Dagster sees it: steps, jobs, a schedule, a sensor. Read from top to bottom it is the order of a run."""

from __future__ import annotations

from dagster import AssetSelection, Definitions, define_asset_job

from expectations import DATA_GATES, MODEL_GATES
from ml.registry import MODELS
from orchestration.dbt import prepared_project
from orchestration.executor import one_writer
from orchestration.progress import progress_logger
from orchestration.steps import dbt_layer, foresee, gate_step, identify, land, model_asset, publish, report
from orchestration.triggers import daily, new_files
from warehouse.settings import Settings

project = prepared_project(Settings.from_environment())

stage = dbt_layer(project, "stage")
unify = dbt_layer(project, "unify")
judge_data = gate_step("judge_data", DATA_GATES, guarded="intermediate.int_events_identified")
build_marts = dbt_layer(project, "build_marts", is_gated=True)
models = [model_asset(model) for model in MODELS]
after_models = dbt_layer(project, "after_models", is_gated=True)
judge_models = gate_step("judge_models", MODEL_GATES, guarded="quality.rpt_model_discrimination")

journey = define_asset_job(
    "journey",
    selection=AssetSelection.all(),
    description="From the files in the landing folder to the published warehouse and the pages.",
)

defs = Definitions(
    assets=[land, stage, identify, unify, build_marts, foresee, *models, after_models, publish, report],
    asset_checks=[judge_data, judge_models],
    jobs=[journey],
    schedules=[daily(journey)],
    sensors=[new_files(journey)],
    executor=one_writer,
    loggers={"progress": progress_logger},
)
