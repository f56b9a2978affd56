"""Whatever a file is, each of its records lands as it was, or is kept as a rejected row, or the file is refused in words.

`FAULTS=all` (make faults) looks at every mutation there is, else at a part of them.
"""

from __future__ import annotations

import gzip
import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.faults.files import Base, Mutation
from tests.faults.mutations import mutations
from tests.world import town
from tests.world.build import settings_of
from warehouse import connection
from warehouse.definitions.journey import load_journey
from warehouse.landing import landing
from warehouse.landing.landing import LandedFile, table_of
from warehouse.sources import SOURCES

MUTATIONS = mutations()
REMEDIES = "export|copy|add|rename|give|make|close|drop|write|needed|the first, line"
MARK = re.compile("row-[0-9]{4}")


@dataclass(frozen=True)
class Outcome:
    """What became of one file."""

    report: LandedFile
    rows: dict[str | None, dict[str, Any]]
    row_count: int
    rejected: list[dict[str, Any]]


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    """All mutations, landed at once: they lie beside each other and cannot influence each other."""
    home = tmp_path_factory.mktemp("malformed")
    settings = settings_of(home, town.JOURNEY)
    for one in MUTATIONS:
        path = settings.landing / one.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(one.content())
    found = landing.land(settings, load_journey(town.JOURNEY), now=datetime(2026, 3, 1))
    assert found.warnings == []
    with connection.connect(settings, read_only=True) as opened:
        # Long fields are compared by their length: what is of interest is short.
        rejects = _records(opened, "select file, line, column_name, reason, raw_row from working.raw.rejected_rows order by line")
        landed: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for base in {one.base for one in MUTATIONS}:
            table = table_of(SOURCES[base.source], Path(f"{base.stem}.csv"))
            assert table is not None
            columns = ", ".join(column.name for column in table.columns)
            mark = "regexp_extract(attributes, 'row-[0-9]+') as mark"
            sql = f"select {columns}, {mark}, _file as file from {connection.located(table.table)}"
            for row in _records(opened, sql):
                landed[str(row.pop("file"))].append(row)
    by_file: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rejects:
        by_file[str(row.pop("file"))].append(row)
    return {
        report.file: Outcome(
            report,
            {row.pop("mark"): row for row in landed[report.file]},
            len(landed[report.file]),
            by_file[report.file],
        )
        for report in found.files
    }


def _records(opened: Any, sql: str) -> list[dict[str, Any]]:
    result = opened.execute(sql)
    names = [column[0] for column in result.description]
    return [dict(zip(names, values, strict=True)) for values in result.fetchall()]


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda one: one.id)
def test_a_malformed_file_loses_and_changes_nothing_and_is_told_in_words(
    outcomes: dict[str, Outcome], mutation: Mutation
) -> None:
    outcome = outcomes[mutation.file]
    report = outcome.report
    assert report.status in mutation.outcome.split(" or "), report.note
    assert (report.row_count, report.rejected_count) == (outcome.row_count, len(outcome.rejected))
    reasons = [f"{row['column_name'] or ''} {row['reason']}" for row in outcome.rejected]
    if mutation.told:
        assert any(re.search(mutation.told, text) for text in (report.note, *reasons)), (report.note, reasons)
    for message in (report.note, *reasons):
        assert message.isprintable()
        assert len(message) < 400 or "the file has:" in message
        assert not re.search(r"Error|Exception|Traceback|/landing/|row-[0-9]{4}", message), message
    if report.status == "refused":
        assert (report.row_count, report.rejected_count) == (0, 0)
        assert re.search(REMEDIES, report.note), report.note
        return
    assert report.row_count + report.rejected_count == mutation.rows
    assert mutation.rejected is None or report.rejected_count == mutation.rejected
    assert all(reason.strip() for reason in reasons)
    if mutation.changed == ("*",):
        return
    kept = set(outcome.rows) | {mark for row in outcome.rejected for mark in MARK.findall(row["raw_row"] or "")}
    assert kept - {"", None} == marks_of(mutation), mutation.content()[:200]
    valid = outcomes[untouched(mutation.base)].rows
    for mark in outcome.rows.keys() & valid.keys():
        row = outcome.rows[mark]
        different = {column for column, value in row.items() if value != valid[mark][column]}
        assert different <= set(mutation.changed), mark


def marks_of(mutation: Mutation) -> set[str]:
    """The marks of all records that a mutation holds, in whatever encoding."""
    if mutation.kind == "parquet":
        return {str(record["mark"]) for record in mutation.base.records[: mutation.rows]}
    content = mutation.content()
    content = gzip.decompress(content) if mutation.kind.endswith(".gz") and content else content
    return set(MARK.findall(content.replace(b"\0", b"").decode("latin-1")))


def untouched(base: Base) -> str:
    """The valid file that others are compared with."""
    return next(one.file for one in MUTATIONS if one.base is base and one.rule == "untouched" and one.kind == "csv")


@pytest.mark.parametrize(
    "mutation",
    [one for one in MUTATIONS if one.kind in ("csv", "jsonl", "csv.gz") and "utf" not in one.rule],
    ids=lambda one: one.id,
)
def test_a_rejected_row_names_the_line_on_which_it_begins(outcomes: dict[str, Outcome], mutation: Mutation) -> None:
    if mutation.kind == "csv.gz":
        return
    lines = re.split("\r\n|\r|\n", mutation.content().decode("utf-8", errors="replace"))
    for row in outcomes[mutation.file].rejected:
        begins = "\n".join(lines[row["line"] - 1 :])
        of_row, of_file = MARK.search(row["raw_row"]), MARK.search(begins)
        if of_row:
            assert of_file
            assert of_file.group() == of_row.group(), row["line"]


def test_there_are_at_least_two_hundred_of_them_in_every_format() -> None:
    assert len(MUTATIONS) >= 200
    assert {one.kind for one in MUTATIONS if one.rule != "untouched"} >= {"csv", "csv.gz", "jsonl", "jsonl.gz", "json", "parquet"}
    assert len({one.file for one in MUTATIONS}) == len({one.id for one in MUTATIONS}) == len(MUTATIONS)
