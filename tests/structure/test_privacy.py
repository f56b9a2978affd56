"""Personal columns are marked where they are kept, and nothing that is published is one."""

from __future__ import annotations

from tests.world.build import manifest
from warehouse.connection import PUBLISHED_SCHEMAS
from warehouse.contract import PERSON_ID_TYPES
from warehouse.tables import WRITTEN_TABLES


def marked(node: object) -> set[str]:
    """The columns of a model that are marked as personal, in the list of the table or one by one."""
    columns = {name for name, column in node.columns.items() if column.config.meta.get("pii")}  # type: ignore[attr-defined]
    return columns | set(node.config.meta.get("pii", []))  # type: ignore[attr-defined]


def test_no_published_column_is_marked_or_holds_a_plain_identifier_by_its_name() -> None:
    models = [node for node in manifest().nodes.values() if str(node.resource_type) == "model"]
    published = [model for model in models if model.schema in PUBLISHED_SCHEMAS]
    assert len(published) > 20
    assert {model.name: marked(model) for model in published if marked(model)} == {}
    written = [one for one in WRITTEN_TABLES if one.table.split(".")[0] in PUBLISHED_SCHEMAS]
    columns = {(model.name, column) for model in published for column in model.columns}
    columns |= {(one.table, column) for one in written for column in one.columns}
    plain = {name for name in columns if name[1] in (*PERSON_ID_TYPES, "id_value", "text")}
    assert plain == {("fct_sessions", "device_id")}  # a keyed hash


def test_every_table_of_identifiers_that_is_kept_marks_them() -> None:
    kept = {
        *("int_events_unioned", "int_events_channelled", "int_profiles_unioned", "int_events_versioned", "int_events_recorded"),
        *("int_identifiers_combined", "int_identifiers_seen", "int_identifiers_known", "int_identifiers_resolved"),
    }
    models = {node.name: node for node in manifest().nodes.values() if str(node.resource_type) == "model"}
    for name in kept:
        assert {"id_value"} == marked(models[name]) or set(PERSON_ID_TYPES) <= marked(models[name]), name
