"""The rules of the house for SQL, checked on dbt's own manifest: who may read whom, what a name promises, what is described."""

from __future__ import annotations

import re
import shutil
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml

from tests.world.build import DBT_FOLDER, manifest, models_of_layer
from warehouse.landing import dbt_sources
from warehouse.sources import SOURCES

LAYERS = ("stage", "unify", "build_marts", "after_models")  # selectors of dbt_project/selectors.yml, in the order of a run
PREFIXES = {
    "staging": ("stg_",),
    "intermediate": ("int_",),
    "marts": ("dim_", "fct_", "rpt_"),
    "quality": ("rpt_",),
    "features": ("",),
}
# Book-keeping of landing, which the data-quality measures are about; and its two published views, named like the tables.
BOOK_KEEPING = {"landed_files", "rejected_rows"}
BOOK_KEEPERS = {
    "int_events_versioned",
    "landed_files",
    "rejected_rows",
    "rpt_landing_losses",
    "rpt_rejected_amounts",
    "rpt_timestamp_validity",
}


def of_kind(kind: str) -> dict[str, Any]:
    """Nodes of the manifest by name."""
    return {node.name: node for node in manifest().nodes.values() if str(node.resource_type) == kind}


def models() -> dict[str, Any]:
    return of_kind("model")


def folders(model: Any) -> tuple[str, ...]:
    """Where a model lies below models/."""
    return PurePosixPath(model.original_file_path).parts[1:-1]


def sources_of(model: Any) -> set[tuple[str, str]]:
    """The sources a model reads, as (source, table)."""
    found = (manifest().sources.get(unique_id) for unique_id in model.depends_on.nodes)
    return {(source.source_name, source.name) for source in found if source}


def models_of(model: Any) -> list[Any]:
    """The models a model reads."""
    return [manifest().nodes[unique_id] for unique_id in model.depends_on.nodes if unique_id.startswith("model.")]


def test_staging_reads_only_raw_tables_and_staging_of_its_own_source() -> None:
    for name, model in models().items():
        if folders(model)[0] != "staging":
            continue
        _, source = folders(model)
        assert source in SOURCES
        assert {(kind, table.split("__")[0]) for kind, table in sources_of(model)} <= {("raw", source)}, name
        assert {folders(read) for read in models_of(model)} <= {("staging", source)}, name


def test_nothing_but_staging_reads_raw_rows() -> None:
    readers = {
        (name, table)
        for name, model in models().items()
        for kind, table in sources_of(model)
        if kind == "raw" and folders(model)[0] != "staging"
    }
    assert {table for _, table in readers} <= BOOK_KEEPING
    assert {name for name, _ in readers} == BOOK_KEEPERS


def test_every_model_is_in_exactly_one_layer_of_a_run_and_reads_no_later_one() -> None:
    layers = {name: layer for layer in LAYERS for name in models_of_layer(layer)}
    assert sorted(name for layer in LAYERS for name in models_of_layer(layer)) == sorted(models())
    order = list(LAYERS)
    later = {
        (name, read.name)
        for name, model in models().items()
        for read in models_of(model)
        if order.index(layers[read.name]) > order.index(layers[name])
    }
    assert later == set()


def test_a_model_of_ones_own_is_built_in_the_layer_of_what_it_reads_wherever_it_lies(tmp_path: Path) -> None:
    reads = {
        "before_persons": "{{ ref('stg_events__events') }}",
        "of_customers": "{{ ref('dim_customers') }}",
        "of_segments": "{{ ref('of_customers') }} cross join {{ source('ml', 'customer_segments') }}",
    }
    project = shutil.copytree(DBT_FOLDER, tmp_path / "project", ignore=shutil.ignore_patterns("target", "logs"))
    (project / "models" / "own").mkdir()
    for name, read in reads.items():
        (project / "models" / "own" / f"{name}.sql").write_text(f"select * from {read}")
    (project / "models" / "quality" / "own_measures.sql").write_text("select * from {{ ref('before_persons') }}")
    layers = {name: layer for layer in LAYERS for name in models_of_layer(layer, project)}
    own = {name: layers[name] for name in (*reads, "own_measures")}
    assert own == {
        "before_persons": "stage",  # a measure reads it
        "own_measures": "stage",
        "of_customers": "build_marts",
        "of_segments": "after_models",
    }


def test_a_table_is_named_after_its_folder_and_built_in_the_schema_of_that_name() -> None:
    for name, model in models().items():
        folder = folders(model)[0]
        assert name.startswith(PREFIXES[folder]) or name in BOOK_KEEPING | {"trust_scopes", "trust_numbers"}, name
        assert model.schema == folder
        assert model.alias == name
    staged = [(name, folders(model)[1]) for name, model in models().items() if folders(model)[0] == "staging"]
    assert [name for name, source in staged if not re.fullmatch(rf"stg_{source}__[a-z_]+s", name)] == []


@pytest.mark.parametrize("folder", ["marts", "quality"])
def test_what_is_published_is_built_in_the_published_file_and_the_rest_beside_it(folder: str) -> None:
    databases = {model.database for model in models().values() if folders(model)[0] == folder}
    others = {model.database for model in models().values() if folders(model)[0] in ("staging", "intermediate", "features")}
    assert (databases, others) == ({"throughline"}, {"working"})


def test_every_model_says_in_its_first_words_what_one_row_is() -> None:
    assert [name for name, model in models().items() if not model.description.strip().startswith("One row")] == []


def test_every_mart_has_an_enforced_contract_with_every_column_described() -> None:
    marts = [model for model in models().values() if folders(model)[0] == "marts"]
    assert len(marts) >= 9
    for model in marts:
        assert model.contract.enforced, model.name
        assert [column.name for column in model.columns.values() if not column.description or not column.data_type] == []


def test_every_mart_and_measure_has_a_tested_key() -> None:
    keyed = {
        test.attached_node.split(".")[-1]
        for test in of_kind("test").values()
        if test.attached_node and test.test_metadata.name in ("unique", "unique_together")
    }
    one_row = {"rpt_vocabulary_use"}  # the only row there is needs no key
    wanted = {name for name, model in models().items() if folders(model)[0] in ("marts", "quality", "features")}
    assert wanted - keyed - {"rejected_rows"} == one_row


def test_what_dbt_is_told_of_its_sources_is_what_the_code_says() -> None:
    stale = [path.name for path, text in dbt_sources.texts().items() if not path.is_file() or path.read_text("utf-8") != text]
    assert stale == [], "make docs writes them"
    assert {one.original_file_path for one in manifest().sources.values()} == {
        path.relative_to(DBT_FOLDER).as_posix() for path in dbt_sources.texts() if path.suffix == ".yml"
    }


def test_every_source_stands_in_the_union_of_events_or_of_ad_days() -> None:
    events = {read.name for read in models_of(models()["int_events_unioned"])}
    ad_days = {read.name for read in models_of(models()["int_ad_days_unioned"])}
    staged = {name for name, model in models().items() if folders(model)[0] == "staging"}
    parts = {read.name for name in staged if name.endswith("__events") for read in models_of(models()[name])}
    assert {name for name in staged if name.endswith("_events")} - parts == events
    assert {name for name in staged if name.endswith("__ad_days")} == ad_days
    assert {name.removeprefix("stg_").partition("__")[0] for name in events | ad_days} == set(SOURCES)


def test_a_feed_of_which_only_new_rows_are_read_tells_no_row_by_another() -> None:
    feeds = yaml.safe_load((DBT_FOLDER / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]["feeds"]
    assert set(feeds.values()) == {"append_only", "reread"}
    assert {f"stg_{feed}" for feed in feeds} == {read.name for read in models_of(models()["int_events_unioned"])}
    by_row = {f"stg_{feed}" for feed, kind in feeds.items() if kind == "append_only"}
    assert by_row
    for name in by_row:
        telling = re.search(r"\b(join|over|group by|qualify|latest|ref)\b", models()[name].raw_code.split("\n\n", 1)[1])
        assert telling is None, f"{name}: {telling}"


def test_no_model_names_a_table_of_another_past_the_graph() -> None:
    schemas = "intermediate|staging|features|marts|quality|journey|raw|identity|ml"
    named = {
        name: re.findall(rf"\b(?:from|join)\s+(?:working\.)?(?:{schemas})\.\w+", model.raw_code)
        for name, model in models().items()
    }
    assert {name: found for name, found in named.items() if found} == {}


def test_every_incremental_model_can_be_merged_by_its_key() -> None:
    kept = [model for model in models().values() if model.config.materialized == "incremental"]
    assert len(kept) > 20
    assert [model.name for model in kept if not model.config.unique_key] == []


def test_every_described_column_of_an_identifier_is_marked_as_personal() -> None:
    columns = manifest().nodes["model.throughline.int_events_recorded"].columns
    marked = {name for name, column in columns.items() if column.config.meta.get("pii")}
    personal = {column.name for column in SOURCES["events"].tables[0].columns if column.is_pii}
    assert marked == personal - {"page_url", "referrer_url"}  # read for the channel, and left behind


@pytest.mark.parametrize("path", sorted(DBT_FOLDER.glob("models/**/*.sql")), ids=lambda path: path.stem)
def test_sql_has_no_one_letter_names_and_hides_no_join_behind_a_distinct(path: Any) -> None:
    sql = re.sub(r"--.*|'[^']*'", "", path.read_text(encoding="utf-8").lower())
    assert re.findall(r"\b(?:as|from|join)\s+[a-z]\b(?!\w)", sql) == []
    assert re.findall(r"\b[a-z]\.[a-z_]+", sql) == []
    assert re.findall(r"select\s+distinct", sql) == []
