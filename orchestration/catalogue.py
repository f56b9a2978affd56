"""How tables are shown in Dagster's catalogue: key, group, owner, kinds, tags and description, alike for dbt's and for ours.

What a table is, is told where it is declared: a model's YAML, the contract of tables that Python writes, a source's module.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from dagster import AssetKey, AssetSpec, FreshnessPolicy, MetadataValue, TableColumn, TableSchema
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtProject

from warehouse.connection import PUBLISHED_SCHEMAS
from warehouse.contract import Source
from warehouse.tables import WRITTEN_TABLES

# Who answers for a schema, in the order of a run. Dagster sorts groups by name, so a group is its schema after its place.
OWNERS = {
    "raw": "team:data-engineering",
    "journey": "team:analytics",
    "staging": "team:data-engineering",
    "intermediate": "team:data-engineering",
    "identity": "team:data-engineering",
    "quality": "team:data-engineering",
    "features": "team:data-science",
    "ml": "team:data-science",
    "marts": "team:analytics",
    "reports": "team:analytics",
}
GROUPS = {schema: f"{place:02}_{schema}" for place, schema in enumerate(OWNERS, start=1)}

DEFINITIONS = AssetKey(["journey", "definitions"])
WRITTEN = {written.table: written for written in WRITTEN_TABLES}


def key(table: str) -> AssetKey:
    """The asset key of `schema.table`."""
    return AssetKey(table.split("."))


def placed(spec: AssetSpec) -> AssetSpec:
    """An asset with what its schema says of it: its group, who answers for it, whether others read it. A schema of one's own
    keeps what its YAML says."""
    schema = spec.key.path[0]
    if schema not in OWNERS:
        return spec
    tags = {"published": ""} if schema in PUBLISHED_SCHEMAS else {}
    return spec.replace_attributes(group_name=GROUPS[schema], owners=spec.owners or [OWNERS[schema]], tags={**spec.tags, **tags})


def written(table: str, *kinds: str, deps: Iterable[str] = (), description: str = "", **more: Any) -> AssetSpec:
    """A table that Python writes, as its contract describes it."""
    contract = WRITTEN.get(table)
    metadata: dict[str, Any] = {"dagster/table_name": table}
    if contract:
        columns = [TableColumn(name, kind) for name, kind in contract.columns.items()]
        metadata["dagster/column_schema"] = TableSchema(columns=columns)
    return placed(
        AssetSpec(
            key(table),
            deps=[key(one) for one in deps],
            description=description or (contract.grain if contract else None),
            kinds={"python", *kinds},
            metadata=metadata,
            **more,
        )
    )


def landed(source: Source, freshness: FreshnessPolicy) -> AssetSpec:
    """The raw tables of a source as one asset: a hundred boxes of raw tables hide the graph, and recording them costs seconds."""
    tables = "\n".join(f"- `{table.table}`: {table.gives or 'as it was handed over'}" for table in source.tables)
    has_pii = any(column.is_pii for table in source.tables for column in table.columns)
    return placed(
        AssetSpec(
            AssetKey(["raw", source.name]),
            description=f"{source.title}: every row it handed over, as it came.\n\n{tables}",
            kinds={"python", "duckdb", source.name},
            tags={"pii": ""} if has_pii else {},
            freshness_policy=freshness,
            skippable=True,
        )
    )


def counted(row_count: int | None, newest_event_at: datetime | None = None) -> dict[str, Any]:
    """A table's size, and of one of events its newest time, as the catalogue plots and shows them."""
    counts: dict[str, Any] = {} if row_count is None else {"dagster/row_count": row_count}
    newest = {"newest_event_at": MetadataValue.timestamp(newest_event_at.replace(tzinfo=UTC))} if newest_event_at else {}
    return counts | newest


class Catalogue(DagsterDbtTranslator):
    """dbt's models, placed like everything else; of what is read and not made by dbt, one asset per source."""

    def __init__(self) -> None:
        super().__init__(DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True))

    def get_asset_spec(self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None) -> AssetSpec:
        """What the model's YAML says, and what its schema says."""
        return placed(super().get_asset_spec(manifest, unique_id, project))

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> AssetKey:
        """Schema and table, but for definitions and for raw tables of a source."""
        if dbt_resource_props["resource_type"] == "source":
            source, _, table = str(dbt_resource_props["name"]).partition("__")
            if dbt_resource_props["source_name"] == "journey":
                return DEFINITIONS
            if dbt_resource_props["source_name"] == "raw" and table:
                return AssetKey(["raw", source])
        return super().get_asset_key(dbt_resource_props)

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """What the YAML says, without the SQL behind it: that is for the repository."""
        return str(dbt_resource_props.get("description") or "")

    def get_tags(self, dbt_resource_props: Mapping[str, Any]) -> Mapping[str, str]:
        """dbt's tags, and the model's folder: the system, or the question it helps to answer."""
        folders = dbt_resource_props["fqn"][2:-1]
        tags = super().get_tags(dbt_resource_props)
        return {**tags, "folder": folders[-1]} if folders and dbt_resource_props["resource_type"] == "model" else tags
