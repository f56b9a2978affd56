"""What each source yields from its own small files: every event, every ad day, every rejected row, and nothing else.

The files are in files/<source>/, in the shapes users have; what must come of them is in expected/<source>.yml, where a column
that is left out is NULL.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from tests.sources.conftest import FILES
from tests.world.build import World
from warehouse.sources import SOURCES

EXPECTED = Path(__file__).parent / "expected"
COLUMNS = (
    *("event_type", "occurred_at", "user_id", "anonymous_id", "email", "phone", "device_id", "crm_id", "account_id"),
    *("channel", "campaign", "device", "revenue_amount", "currency", "text", "attributes"),
)
AD_COLUMNS = (
    *("ad_date", "campaign_id", "campaign", "channel", "device", "impression_count", "click_count", "spend_amount", "currency"),
)
# The marketplace has its own journey and its own, larger test.
TESTED = sorted(set(SOURCES) - {"olist"})


def plain(row: dict[str, Any]) -> str:
    """A row as text that does not care for the order of keys, or for a number's way of being written."""
    found: dict[str, Any] = {}
    for name, value in row.items():
        if value is None:
            continue
        if name == "attributes":
            value = json.loads(value) if isinstance(value, str) else value
            found[name] = {key: str(inner) for key, inner in sorted(value.items())}
        elif name in ("revenue_amount", "spend_amount"):
            found[name] = f"{float(value):.4f}"
        else:
            found[name] = str(value)
    return json.dumps(found, sort_keys=True, ensure_ascii=False)


def expected(source: str, kind: str) -> Counter[str]:
    content = yaml.safe_load((EXPECTED / f"{source}.yml").read_text(encoding="utf-8"))
    return Counter(plain(row) for row in content.get(kind) or [])


@pytest.mark.parametrize("source", TESTED)
def test_the_events_of_a_source_are_these_and_no_others(sources: World, source: str) -> None:
    # The plain log names its systems itself.
    others = ", ".join(f"'{name}'" for name in SOURCES if name != "events")
    folder = f"case when source in ({others}) then source else 'events' end"
    found = sources.rows(f"select {', '.join(COLUMNS)} from working.intermediate.int_events_recorded where {folder} = ?", source)
    assert Counter(plain(row) for row in found) == expected(source, "events")


@pytest.mark.parametrize("source", TESTED)
def test_the_ad_days_of_a_source_are_these_and_no_others(sources: World, source: str) -> None:
    found = sources.rows(f"select {', '.join(AD_COLUMNS)} from marts.fct_ad_days where source = ?", source)
    assert Counter(plain(row) for row in found) == expected(source, "ad_days")


@pytest.mark.parametrize("source", TESTED)
def test_the_rejected_rows_of_a_source_are_these_and_no_others(sources: World, source: str) -> None:
    found = sources.rows("select file, line, column_name, reason from quality.rejected_rows where source = ?", source)
    assert Counter(plain(row) for row in found) == expected(source, "rejected")


def test_what_rejected_rows_were_worth_is_told_beside_what_landed(sources: World) -> None:
    # A charge of 100 cents. What landed of Stripe in euros: Ada's invoice of 58 and Eve's of 49.
    (found,) = sources.rows("select * from quality.rpt_rejected_amounts")
    assert (found["source"], found["currency"], found["rejected_count"]) == ("stripe", "EUR", 1)
    assert (found["rejected_amount"], found["landed_amount"]) == (1, 107)
    assert found["rejected_rate"] == pytest.approx(1 / 108)
    sql = "select amount, currency from quality.rejected_rows where amount is not null"
    assert [(float(one["amount"]), one["currency"]) for one in sources.rows(sql)] == [(1.0, "EUR")]


def test_a_phone_that_two_ids_of_one_system_have_is_shared_and_joins_nobody(sources: World) -> None:
    """Bob and Cleo of Salesforce; the surveys know Bob by that phone too, and by his address."""
    bob, cleo = (
        sources.person_id(("crm_id", "salesforce:0035g00000BobC1")),
        sources.person_id(("crm_id", "salesforce:00Q5g00000CleL1")),
    )
    assert bob != cleo
    assert bob == sources.person_id(("crm_id", "surveys:71"))
    named = sources.rows("select * from working.intermediate.int_identifiers_resolved where id_value = '+15550100'")
    assert [(one["is_shared"], one["person_id"] in (bob, cleo)) for one in named] == [(True, False)]
    told = sources.column("select rule from quality.rpt_identity_rejections where id_type = 'phone'")
    assert "system" in told
    owners = "select person_id from working.intermediate.int_events_identified where source = 'salesforce'"
    assert {bob, cleo} <= set(sources.column(owners))


def rows_in(path: Path) -> int:
    """The records of a file, counted by other means than those of the landing."""
    if path.suffix == ".parquet":
        with duckdb.connect() as connection:
            return len(connection.execute("select * from read_parquet(?)", [str(path)]).fetchall())
    text = (gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()).decode("utf-8-sig")
    name = path.name.removesuffix(".gz")
    if name.endswith(".csv"):
        return sum(1 for row in csv.reader(text.splitlines(keepends=True)) if row) - 1
    if name.endswith(".jsonl"):
        return sum(1 for line in text.splitlines() if line.strip())
    return len(json.loads(text))


def test_every_row_of_every_file_landed_or_is_rejected(sources: World) -> None:
    landed = sources.rows("select file, row_count + rejected_count as accounted from quality.landed_files")
    files = [path for path in FILES.rglob("*") if path.is_file()]
    assert len(files) > 10
    assert {one["file"]: one["accounted"] for one in landed} == {
        path.relative_to(FILES).as_posix(): rows_in(path) for path in files
    }
    assert sources.landing.warnings == []
