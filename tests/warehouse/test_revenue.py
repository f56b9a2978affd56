"""A customer's revenue is that of the sources and the currency the journey file names, whoever else tells of the payment."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from tests.world import town
from tests.world.build import build, settings_of

ROWS = [
    "paid,2026-01-05,u-1,billing,10,EUR",
    "paid,2026-01-05,u-1,web,10,EUR",
    "paid,2026-01-06,u-1,billing,7,USD",
    "paid,2026-01-07,u-1,billing,1,",
    "paid,2026-01-08,u-1,billing,5,eur",
]


JUDGED = ("dim_customers", "rpt_revenue_counts", "fct_events")


@pytest.mark.parametrize(
    ("revenue", "amount", "currencies", "sources"),
    [
        ("", "33", (2, 1), (2, 1)),
        ("revenue: {sources: [billing], currency: EUR}", "16", (1, 1), (1, 1)),
        ("revenue: {sources: [billing, web]}", "33", (2, 1), (2, 2)),
        ("revenue: {currency: USD}", "8", (1, 1), (1, 1)),
    ],
)
def test_revenue_counts_once(
    tmp_path: Path, revenue: str, amount: str, currencies: tuple[int, int], sources: tuple[int, int]
) -> None:
    journey = tmp_path / "journey.yml"
    journey.write_text(town.JOURNEY.read_text(encoding="utf-8") + "\n" + revenue + "\n", encoding="utf-8")
    log = tmp_path / "landing" / "events" / "log.csv"
    log.parent.mkdir(parents=True)
    log.write_text("event_type,occurred_at,user_id,source,revenue_amount,currency\n" + "\n".join(ROWS), encoding="utf-8")
    world = build(settings_of(tmp_path, journey), datetime(2026, 2, 1), with_tests=False, until=JUDGED)
    assert world.column("select revenue_amount from marts.dim_customers") == [Decimal(amount)]
    counts = {
        row["what"]: (row["found_count"], row["max_count"]) for row in world.rows("select * from quality.rpt_revenue_counts")
    }
    assert counts == {"currency": currencies, "source": sources, "unread amount": (0, 0)}
    assert len(world.rows("select * from marts.fct_events where revenue_amount is not null")) == len(ROWS)
