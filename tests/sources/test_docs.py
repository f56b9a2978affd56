"""What the docs say of sources and words is what there is, in both directions."""

from __future__ import annotations

import json
import re

import pytest

from tests.sources.test_yields import EXPECTED, TESTED, expected
from warehouse.contract import ID_TYPES
from warehouse.definitions.events import TAXONOMY
from warehouse.definitions.journey import JOURNEY_TABLES
from warehouse.settings import PROJECT
from warehouse.sources import SOURCES

TAXONOMY_PAGE = (PROJECT / "docs" / "taxonomy.md").read_text(encoding="utf-8")
SOURCES_PAGE = (PROJECT / "docs" / "sources.md").read_text(encoding="utf-8")


def test_every_standard_word_is_listed_with_its_meaning() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| (yes)? ?\|$", TAXONOMY_PAGE, re.MULTILINE)
    listed = {name: (description, bool(behaviour)) for name, description, behaviour in rows}
    assert listed == {
        name: (kind["description"], kind.get("is_behaviour", False)) for name, kind in TAXONOMY["event_types"].items()
    }


def test_every_site_and_click_id_is_listed() -> None:
    for kind, sites in TAXONOMY["sites"].items():
        assert f"| {kind} | {', '.join(sites)} |" in TAXONOMY_PAGE
    for name, channel in TAXONOMY["click_ids"].items():
        assert f"`{name}` {channel}" in TAXONOMY_PAGE


def test_every_table_of_definitions_is_listed_with_its_columns() -> None:
    page = (PROJECT / "docs" / "tables.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `journey\.(\w+)` \| (.*) \|$", page, re.MULTILINE)
    assert {name: re.findall(r"`(\w+)`", columns) for name, columns in rows} == {
        name: list(columns) for name, columns in JOURNEY_TABLES.items()
    }


def test_what_a_source_calls_its_events_means_a_standard_word() -> None:
    meant = {kind for source in SOURCES.values() for kind in source.event_names.values()}
    assert meant <= set(TAXONOMY["event_types"])


def yields() -> dict[str, dict[str, str]]:
    """The table of what each source yields, by source and column."""
    lines = SOURCES_PAGE.partition("## What each source yields")[2].partition("\n## ")[0].splitlines()
    table = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    head = table[0]
    return {row[0].strip("`"): dict(zip(head, row, strict=True)) for row in table[2:] if row[0].startswith("`")}


def test_every_source_has_its_line() -> None:
    assert set(yields()) == set(SOURCES)


@pytest.mark.parametrize("source", TESTED)
def test_the_line_of_a_source_names_its_identifiers_and_event_types(source: str) -> None:
    line = yields()[source]
    events = [json.loads(row) for row in expected(source, "events")]
    found = {name for row in events for name in ID_TYPES if name in row}
    assert set(re.findall(r"`(\w+)`", line["identifiers"])) == found
    known = {row["event_type"] for row in events} & set(TAXONOMY["event_types"])
    told = set(re.findall(r"`(\w+)`", line["event types"]))
    assert told <= set(TAXONOMY["event_types"])
    assert told >= known, "an event type that comes of its files is not told"
    # What it can yield beyond its small files comes from names the vendor gives.
    assert told - known <= set(SOURCES[source].event_names.values())


def test_every_expectation_belongs_to_a_source() -> None:
    assert {path.stem for path in EXPECTED.glob("*.yml")} == set(TESTED)
