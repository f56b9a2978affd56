"""What the tests of the pages share: rows with everything in order, and reading a page that was written."""

import html
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from reports import pages

AS_OF = datetime(2026, 11, 22, 6, 0)
WRITERS = [pages.write_data_quality, pages.write_journey, pages.write_index]


def a_run(is_published: bool | None = True, published_as_of: datetime | None = AS_OF) -> pages.Run:
    return pages.Run("run-1", AS_OF + timedelta(minutes=5), AS_OF, "Town", "abc123", is_published, published_as_of)


def gate(subject: str | None = "web", **changed: Any) -> dict[str, Any]:
    row = {
        "run_id": "run-1",
        "gate": "id_match_rate",
        "table_name": "quality.rpt_id_match_rates",
        "expectation": "match_rate is at least",
        "observed": 0.9,
        "threshold": 0.8,
        "passed": True,
        "severity": "block",
        "judged_at": AS_OF,
        "subject": subject,
        "remedy": None,
    }
    return {**row, **changed}


def gates(*rows: dict[str, Any]) -> dict[str, pd.DataFrame]:
    return {"quality.gate_results": pd.DataFrame(list(rows))}


def funnel_step(step: int = 1, **changed: Any) -> dict[str, Any]:
    row = {
        "funnel": "main",
        "grain": "all",
        "period_start": None,
        "dimension": "all",
        "dimension_value": None,
        "step": step,
        "milestone": f"step_{step}",
        "entered_count": 2000,
        "reached_count": 902,
        "mature_entered_count": 1000,
        "mature_reached_count": 451,
        "conversion_rate": 0.451,
        "conversion_low": 0.42,
        "conversion_high": 0.481,
        "median_hours": 3.2,
        "p95_hours": 336.0,
    }
    return {**row, **changed}


def move(source: str, target: str, **changed: Any) -> dict[str, Any]:
    row = {
        "level": "stage",
        "stage_set": "life",
        "from_name": source,
        "to_name": target,
        "transition_count": 50,
        "customer_count": 40,
        "share": 0.5,
        "median_hours": 3.2,
        "p95_hours": 336.0,
    }
    return {**row, **changed}


def model(**changed: Any) -> dict[str, Any]:
    row = dict.fromkeys(("test_start_at", "test_end_at", "brier", "ece", "notes"))
    row |= {
        "model": "churn",
        "model_version": "v1",
        "trained_at": AS_OF,
        "row_count": 900,
        "positive_count": 300,
    }
    row |= {"auc": 0.81, "auc_low": 0.79, "auc_high": 0.83, "baseline_name": "recency", "baseline_auc": 0.7}
    return {**row, **changed}


def visible(page: str) -> str:
    """The page's words, without markup, styles or doubled spaces."""
    body = re.sub(r"<(style|title)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return re.sub(r"[\s\u00a0]+", " ", html.unescape(re.sub(r"<[^>]+>", " ", body)))


def section(page: str, anchor: str) -> str:
    found = re.search(rf'<section id="{anchor}"[^>]*>.*?</section>', page, flags=re.DOTALL)
    assert found is not None
    return found.group()


def written(writer: Any, folder: Path, tables: dict[str, pd.DataFrame], run: pages.Run | None = None) -> str:
    return str(writer(folder, run or a_run(), tables).read_text(encoding="utf-8"))


def pair(**changed: Any) -> dict[str, Any]:
    row = {
        "left_side": "product",
        "right_side": "web",
        "id_type": "user_id",
        "left_ids": 100,
        "matched_ids": 92,
    }
    return {**row, "match_rate": 0.92, "min_match_rate": 0.8, "severity": "block", **changed}


def gap(**changed: Any) -> dict[str, Any]:
    row = {"source": "web", "event_type": "signed_up", "gap_hours": 48.0, "max_gap_hours": 24.0}
    row |= {"gap_started_at": AS_OF - timedelta(days=9), "gap_ended_at": AS_OF - timedelta(days=7)}
    return {**row, "expected_event_count": 1.2, "is_literal_gap": True, "is_gap": False, "severity": "block", **changed}
