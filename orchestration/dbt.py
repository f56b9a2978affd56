"""What dbt is to Dagster: how a layer is built. No models are named here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dagster import AssetExecutionContext
from dagster_dbt.asset_utils import get_updated_cli_invocation_params_for_context
from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage

from orchestration.catalogue import Catalogue
from orchestration.dbt_process import DbtError, dbt_process
from orchestration.progress import stopped
from warehouse.files import readable
from warehouse.settings import Settings


def build(context: AssetExecutionContext, settings: Settings, *, full_refresh: bool) -> Iterator[Any]:
    """Build what this step selected, with its tests; dbt's word on each model and test becomes Dagster's.

    Not by dagster-dbt's own command, which starts a dbt for every call. Raises Failure with what dbt says is wrong.
    """
    chosen = get_updated_cli_invocation_params_for_context(context, {}, Catalogue())
    arguments = ["build", "--exclude-resource-type", "unit_test", *chosen.selection_args]
    if chosen.indirect_selection:
        arguments += ["--indirect-selection", chosen.indirect_selection]
    if full_refresh:
        arguments.append("--full-refresh")
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
