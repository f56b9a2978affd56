"""Rows that the vendors' connectors made land as they are. THROUGHLINE_VENDOR names the folder that holds them.

Nobody on this project wrote them, so they are not in it. Their folders are handed over as they come, the vendors' own names and
all; only lines that hold the records of many streams are split into a file per stream first.
"""

from __future__ import annotations

import json
import os
import shutil
from collections import defaultdict
from datetime import datetime
from pathlib import Path

import pytest

from tests.world import town
from tests.world.build import World, build, settings_of

FOLDER = os.environ.get("THROUGHLINE_VENDOR")
pytestmark = pytest.mark.skipif(not FOLDER, reason="THROUGHLINE_VENDOR names no folder with rows of vendors")

CONNECTOR_TABLES = (
    *("ga4_export", "ga4_raw", "mixpanel", "hubspot", "salesforce", "klaviyo", "zendesk", "stripe", "google_ads"),
    *("facebook_ads", "qualtrics"),
)
# The same rows once more, spelt for another warehouse.
RESPELT = ("_snowflake", "_postgres", "_databricks")
API_RECORDS = {
    "mixpanel": "mixpanel",
    "hubspot": "hubspot",
    "salesforce": "salesforce",
    "klaviyo": "klaviyo",
    "zendesk-support": "zendesk",
    "stripe": "stripe",
    "google-ads": "google_ads",
    "facebook-marketing": "meta_ads",
    "delighted": "surveys",
}
# What is known of these rows, counted by hand or by their vendor's own tests.
EVENTS = {
    ("ga4", "page_viewed"): 3,
    ("ga4", "purchased"): 2,
    ("hubspot", "deal_created"): 47,
    ("hubspot", "email_opened"): 93,
    ("klaviyo", "email_clicked"): 5,
    ("mixpanel", "plays"): 1,
    ("salesforce", "meeting_held"): 10,
    ("stripe", "payment_failed"): 16,
    ("surveys", "nps_answered"): 10,
    ("zendesk", "ticket_opened"): 11,
}


@pytest.fixture(scope="module")
def vendors(tmp_path_factory: pytest.TempPathFactory) -> World:
    home = tmp_path_factory.mktemp("vendors")
    for name in CONNECTOR_TABLES:
        for path in (Path(FOLDER or "") / name).iterdir():
            if not any(path.stem.endswith(spelling) for spelling in RESPELT):
                target = home / "landing" / name / path.name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, target)
    for name, source in API_RECORDS.items():
        streams: dict[str, list[str]] = defaultdict(list)
        lines = (Path(FOLDER or "") / "api_records" / f"{name}.expected_records.jsonl").read_text(encoding="utf-8")
        for line in filter(str.strip, lines.splitlines()):
            record = json.loads(line)
            streams[record["stream"]].append(json.dumps(record["data"]))
        for stream, records in streams.items():
            target = home / "landing" / source / "api" / f"{stream}.jsonl"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text("\n".join(records) + "\n", encoding="utf-8")
    return build(settings_of(home, town.JOURNEY), datetime(2026, 3, 1))


def test_no_file_is_refused_and_no_row_rejected(vendors: World) -> None:
    assert [(file.file, file.note) for file in vendors.landing.refused] == []
    assert vendors.rows("select file, line, column_name, reason from quality.rejected_rows") == []
    landed = vendors.rows("select source, count(*) as files, sum(row_count) as n from quality.landed_files group by source")
    assert {row["source"] for row in landed if row["n"] > 0} == {
        *("ga4", "google_ads", "hubspot", "klaviyo", "meta_ads", "mixpanel", "salesforce", "stripe", "surveys", "zendesk")
    }


def test_what_is_known_of_the_rows_comes_out(vendors: World) -> None:
    counts = {
        (row["source"], row["event_type"]): row["n"]
        for row in vendors.rows("select source, event_type, count(*) as n from marts.fct_events group by all")
    }
    assert {known: counts.get(known, 0) for known in EVENTS} == EVENTS


def test_the_spend_of_the_campaigns_is_that_of_their_reports(vendors: World) -> None:
    days = "working.intermediate.int_ad_days_unioned"
    rows = vendors.rows(f"select source, count(*) as days, sum(spend_amount) as spend from {days} group by source")
    spend = {row["source"]: (row["days"], float(row["spend"])) for row in rows}
    assert spend == {"google_ads": (16 + 3, 231.33), "meta_ads": (10 + 2, 645.08)}
