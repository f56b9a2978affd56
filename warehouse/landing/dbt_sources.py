"""What dbt is told of what landing knows: its sources (a YAML per system, and one for all else that dbt reads and does not make)
and the kinds of identifiers. `make docs` writes the files.

Everything in them is said elsewhere: in sources/, contract.py, the rows of definitions/, tables.py. Nothing is edited there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from warehouse.connection import PUBLISHED_SCHEMAS
from warehouse.contract import LINEAGE, PERSON_ID_TYPES, Column, RawTable
from warehouse.definitions.journey import JOURNEY_TABLES
from warehouse.definitions.rows import Row
from warehouse.settings import PROJECT
from warehouse.sources import SOURCES
from warehouse.tables import WRITTEN_TABLES

LINEAGE_WORDS = {
    "attributes": "A JSON object of the columns of the file that are none of these.",
    "_file": "The file the row came from, below the landing folder.",
    "_row_id": "The number of the record in its file, from 1.",
    "_loaded_at": "When the row landed.",
}
# What dbt reads of what runs write; the journey's tables are all of them.
READ_SCHEMAS = {
    "raw": "The book-keeping of landing. The tables of each source are declared beside its staging models.",
    "identity": "What is solved outside SQL about who is who, and the key of the published hashes.",
    "ml": "What the models say, one table per model.",
}
PERSON_ID_COLUMNS = """\
{{# Written by `make docs` from warehouse/contract.py: columns of an event that can join people, one a kind of identifier. #}}
{{% macro person_id_columns() %}}{{{{ return({}) }}}}{{% endmacro %}}
"""
JOURNEY_WORDS = "The definitions of the journey file, one row per definition."


def texts() -> dict[Path, str]:
    """The files that are written, with their content."""
    models, macros = PROJECT / "dbt_project" / "models", PROJECT / "dbt_project" / "macros"
    found = {macros / "person_id_columns.sql": PERSON_ID_COLUMNS.format(list(PERSON_ID_TYPES))}
    for name, source in SOURCES.items():
        tables = [_raw(raw) for raw in source.tables]
        found[models / "staging" / name / f"_{name}.yml"] = _yaml(f"warehouse/sources/{name}.py", _source("raw", "", tables))
    journey = [
        _table(name, Row.tables[name].__doc__ or "", _columns(columns)) for name, columns in sorted(JOURNEY_TABLES.items())
    ]
    others = [
        _source(
            schema,
            words,
            (
                _table(one.table.removeprefix(f"{schema}."), one.grain, _columns(one.columns, one.pii), one.trust)
                for one in WRITTEN_TABLES
                if one.table.startswith(f"{schema}.")
            ),
        )
        for schema, words in READ_SCHEMAS.items()
    ]
    whence = "warehouse/tables.py and warehouse/definitions/"
    found[models / "_sources.yml"] = _yaml(whence, *others, _source("journey", JOURNEY_WORDS, journey))
    return found


def _yaml(whence: str, *sources: str) -> str:
    return f"# Written by `make docs` from {whence}; change it there.\nversion: 2\n\nsources:\n" + "\n".join(sources)


def _source(schema: str, words: str, tables: Iterable[str]) -> str:
    lines = [f"  - name: {schema}"]
    lines += [f"    description: {_quoted(words)}"] if words else []
    lines += [] if schema in PUBLISHED_SCHEMAS else ["    database: working"]
    return "\n".join([*lines, f"    schema: {schema}", "    tables:", *tables, ""])


def _table(name: str, words: str, columns: Iterable[str], trust: Iterable[dict[str, object]] | None = None) -> str:
    about = [f"      - name: {name}", f"        description: {_quoted(words)}"]
    about += [] if trust is None else [f"        config: {{meta: {{trust: {json.dumps(list(trust))}}}}}"]
    return "\n".join([*about, "        columns:", *columns])


def _raw(raw: RawTable) -> str:
    columns = [_raw_column(column) for column in raw.columns]
    columns += [_column(name, kind, LINEAGE_WORDS[name]) for name, kind in LINEAGE.items()]
    return _table(raw.table.removeprefix("raw."), f"{raw.gives[0].upper()}{raw.gives[1:]}.", columns)


def _raw_column(column: Column) -> str:
    names = [name for name in dict.fromkeys(column.names) if name != column.name]
    return _column(
        column.name,
        column.stored_kind,
        f"In files also {', '.join(names)}." if names else "",
        {"pii": True} if column.is_pii else {},
        {"identifies": list(column.id_kinds)} if column.id_kinds else {},
    )


def _columns(columns: dict[str, str], personal: Iterable[str] = ()) -> list[str]:
    return [_column(name, kind, "", {"pii": True} if name in personal else {}) for name, kind in columns.items()]


def _column(name: str, kind: str, words: str = "", *meta: dict[str, object]) -> str:
    about = {"name": name, "data_type": kind} | ({"description": words} if words else {})
    marks = {key: value for part in meta for key, value in part.items()}
    parts = [f"{key}: {_quoted(value)}" for key, value in about.items()]
    parts += [f"config: {{meta: {json.dumps(marks)}}}"] if marks else []
    return f"          - {{{', '.join(parts)}}}"


def _quoted(text: str) -> str:
    is_plain = text.replace("_", "").isalnum()
    return text if is_plain else json.dumps(text, ensure_ascii=False)


def main() -> None:
    """Write the files."""
    for path, text in texts().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
