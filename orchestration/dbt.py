"""What dbt is to Dagster: the project, its compiled manifest, and how a layer is built. No models are named here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dagster import AssetExecutionContext, AssetKey
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtProject
from dagster_dbt.asset_utils import get_updated_cli_invocation_params_for_context
from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage

from orchestration.dbt_process import DBT_FOLDER, DbtError, dbt_process, is_stale, target_of
from orchestration.progress import stopped
from warehouse.files import readable
from warehouse.settings import Settings


def prepared_project(settings: Settings) -> DbtProject:
    """The dbt project, with a manifest that is as new as the models. State goes below the home, so homes never meet."""
    project = DbtProject(project_dir=DBT_FOLDER, profiles_dir=DBT_FOLDER, target_path=target_of(settings.home))
    if is_stale(project.manifest_path):
        dbt_process(settings.home).wait_until_parsed()
    return project


class OneAssetPerSource(DagsterDbtTranslator):
    """The raw tables of a source as one asset: a hundred boxes of raw tables hide the graph, and recording them costs seconds."""

    def __init__(self) -> None:
        super().__init__(DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True))

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> AssetKey:
        """The default key, but for raw tables of a source: raw/<source>."""
        source, _, table = str(dbt_resource_props["name"]).partition("__")
        if dbt_resource_props["resource_type"] == "source" and dbt_resource_props["source_name"] == "raw" and table:
            return AssetKey(["raw", source])
        return super().get_asset_key(dbt_resource_props)


def build(context: AssetExecutionContext) -> Iterator[Any]:
    """Build what this step selected, with its tests; dbt's word on each model and test becomes Dagster's.

    Not by dagster-dbt's own command, which starts a dbt for every call. Raises Failure with what dbt says is wrong.
    """
    chosen = get_updated_cli_invocation_params_for_context(context, {}, OneAssetPerSource())
    settings = Settings.from_environment()
    arguments = ["build", "--exclude-resource-type", "unit_test", *chosen.selection_args]
    if chosen.indirect_selection:
        arguments += ["--indirect-selection", chosen.indirect_selection]
    context.log.info(f"Running dbt command: `{' '.join(['dbt', *arguments])}`.")
    try:
        for event in dbt_process(settings.home).call(arguments):
            message = DbtCoreCliEventMessage(raw_event=event, event_history_metadata={})
            print(readable(str(message)), flush=True)
            yield from message.to_default_asset_events(
                chosen.manifest, chosen.dagster_dbt_translator, context, project=chosen.dbt_project
            )
    except DbtError as error:
        raise stopped(str(error)) from None
