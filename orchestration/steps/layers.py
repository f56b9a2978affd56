"""The layers of dbt. Which models a layer has is told in dbt_project/selectors.yml."""

from collections.abc import Iterator
from typing import Any

from dagster import AssetChecksDefinition, AssetExecutionContext, AssetsDefinition, Config, Output
from dagster_dbt import DbtProject, dbt_assets
from pydantic import Field

from orchestration.catalogue import Catalogue, counted, key
from orchestration.progress import say, warn
from orchestration.resources import Dbt, Home
from orchestration.steps.gates import are_judged, require_green
from warehouse import connection
from warehouse.publication import verdicts
from warehouse.settings import Settings

EVENT_TIME = "occurred_at"
STANDS = "What they said before stands: they let this pass."
STANDS_NO_MORE = (
    "What they said before stands no more: marts, models and publication wait until they have judged what is built here."
)


class LayerConfig(Config):
    """What a layer may be told."""

    full_refresh: bool = Field(default=False, description="Make the chosen tables anew instead of adding what is new.")


def dbt_layer(project: DbtProject, name: str, *, gates: AssetChecksDefinition, is_gated: bool = False) -> AssetsDefinition:
    """One dbt step: the models of the selector of that name, with their tests.

    `gates` are those that judge the data. A gated layer looks at their latest word itself, so that it stays shut when somebody
    runs it, or one asset of it, alone. One that is not gated makes what the gates judge, so what they said before does not
    stand any more.
    """

    @dbt_assets(
        manifest=project.manifest_path,
        project=project,
        name=name,
        selector=name,
        dagster_dbt_translator=Catalogue(),
    )
    def build(context: AssetExecutionContext, config: LayerConfig, home: Home, dbt: Dbt) -> Iterator[Any]:
        settings = home.settings
        if is_gated:
            require_green(settings, name)
        else:
            verdicts.void(settings, verdicts.DATA, verdicts.MODELS)
        if not are_judged(gates.check_keys, context.run):
            warn(context, "The gates do not judge in this run. " + (STANDS if is_gated else STANDS_NO_MORE))
        tables = [".".join(asset_key.path) for asset_key in context.selected_asset_keys]
        yield from _with_counts(dbt.build(context, full_refresh=config.full_refresh), settings, tables)
        counts = connection.row_counts(settings, tables)
        say(context, f"{len(tables)} models, {sum(counts.values()):,} rows")

    return build


def _with_counts(events: Iterator[Any], settings: Settings, tables: list[str]) -> Iterator[Any]:
    """dbt's events with the size of each table. Only when dbt is done may another look into the files, so they wait for that."""
    waiting = []
    try:
        for event in events:
            waiting.append(event)
    except Exception:
        yield from waiting
        raise
    counts = connection.row_counts(settings, tables)
    newest = connection.newest(settings, [table for table in tables if table in counts], at=EVENT_TIME)
    named = {key(table).to_python_identifier(): table for table in tables}
    for event in waiting:
        if isinstance(event, Output):
            table = named[event.output_name]
            metadata = {**event.metadata, **counted(counts.get(table), newest.get(table))}
            yield Output(None, output_name=event.output_name, metadata=metadata)
        else:
            yield event
