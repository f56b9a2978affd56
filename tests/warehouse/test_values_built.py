"""What landing accepts stops no run: values at the edges of every type go through one whole build; and so do vendors' amounts."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from tests.warehouse.test_landing import parquet
from tests.world import town
from tests.world.build import World, build, settings_of

MOST = "999999999999.9999"
TOLD: dict[str, tuple[object, Decimal | str | None]] = {
    "number": (49.9, Decimal("49.90")),
    "text": ("49.90", Decimal("49.90")),
    "sign": ("€49.90", Decimal("49.90")),
    "thousands": ("1,299.00", Decimal("1299")),
    "comma": ("49,90", Decimal("49.90")),
    "blanks": (" 49.90 ", Decimal("49.90")),
    "nothing": ("", None),
    "not-told": (None, None),
    "no-number": ("NaN", None),
    "either": ("1,234", "1,234"),
    "words": ("on request", "on request"),
    "a-time": ("1772355600000", "1772355600000"),
}


def edges(folder: Path) -> None:
    """The greatest and the strangest of everything that landing takes."""
    rich = [
        {
            "event_type": "purchased",
            "occurred_at": "2026-01-05",
            "user_id": "rich",
            "event_id": f"r{number}",
            "revenue_amount": sign + MOST,
            "currency": "EUR",
        }
        for number, sign in enumerate(["", ""] * 400 + ["-"] * 200)
    ]
    odd = [
        {
            "event_type": "purchased",
            "occurred_at": at,
            "user_id": user,
            "channel": text,
            "campaign": text,
            "text": text,
            "plan": text,
        }
        for at, user, text in (
            ("0002-01-01", "first", "\u200b"),
            ("9999-12-31T23:59:59.999999Z", "last", "a\u200bb"),
            ("2026-01-05T09:00:00+14:00", "nul\u0000id", "nul\u0000text"),
            ("2026-01-06", "\u0001", "\x1b[31m"),
            ("2026-01-07", "x" * 5_000, "\u202e" * 70_000),
            ("2026-01-08", "20001.0", ""),
        )
    ]
    (folder / "events" / "edges.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rich + odd))
    row = "date '0001-01-01' as occurred_at, 'signed_up' as event_type, 'oldest' as user_id, 'nan'::double as score"
    (folder / "events" / "oldest.parquet").write_bytes(parquet(f"select {row}"))
    most = str(10**12 - 1)
    days = [f"{campaign},2026-01-{day:02},{most},{most},{most},USD" for campaign in range(40) for day in range(1, 29)]
    header = "id,date,impressions,clicks,cost_micros,currency_code"
    (folder / "google_ads" / "campaign_stats.csv").write_text("\n".join([header, *days]) + "\n")
    names = "account_id,days_since_onboarding,core_features_adopted,mau,licensed_seats,tickets_30d,nps"
    health = f"{names}\nacme,{','.join([most] * 6)}\n"
    (folder / "events" / "account_health.csv").write_text(health)
    for name, lines in {
        "customer": ["id,_fivetran_synced,created,email", "cus_rich,2026-02-02,2026-01-01,rich@edge.example"],
        "price": [
            "id,_fivetran_synced,created,currency,unit_amount,recurring_interval",
            f"p_rich,2026-02-02,2026-01-01,eur,{most},day",
        ],
        "subscription_item": [
            "id,_fivetran_synced,created,subscription_id,plan_id,quantity",
            f"si_rich,2026-02-02,2026-01-01,sub_rich,p_rich,{most}",
        ],
        "subscription_history": [
            "id,_fivetran_start,_fivetran_end,_fivetran_active,_fivetran_synced,customer_id,created,start_date,status,quantity,livemode",
            f"sub_rich,2026-01-01 09:00:00,9999-12-31 23:59:59,TRUE,2026-02-02,cus_rich,2026-01-01,2026-01-01,active,{most},TRUE",
        ],
        "invoice": [
            "id,_fivetran_synced,created,status,paid,amount_due,amount_paid,currency,customer_id,livemode",
            *(f"in_{number},2026-02-02,2026-01-02,paid,TRUE,{most},{most},JPY,cus_rich,TRUE" for number in range(200)),
        ],
    }.items():
        (folder / "stripe" / f"{name}.csv").write_text("\n".join(lines) + "\n")


def vendors(folder: Path) -> None:
    """Purchases as shops tell Segment, Google and Mixpanel of them, each of an amount of its own."""
    calls: list[dict[str, object]] = []
    hits: list[dict[str, object]] = []
    events: list[dict[str, object]] = []
    for case, (amount, _) in TOLD.items():
        properties = {"order_id": f"o-{case}", "revenue": amount, "currency": "eur", "case": case}
        call = {"type": "track", "messageId": f"m-{case}", "event": "Order Completed", "timestamp": "2026-01-05T09:00:00Z"}
        calls.append(call | {"userId": f"s-{case}", "properties": properties})
        value = {"double_value" if isinstance(amount, float) else "string_value": amount}
        told = [
            ("value", value),
            ("currency", {"string_value": "EUR"}),
            ("transaction_id", {"string_value": f"t-{case}"}),
            ("case", {"string_value": case}),
        ]
        params = [{"key": key, "value": one} for key, one in told]
        hits.append(
            {
                "event_timestamp": "1767603600000000",
                "event_name": "purchase",
                "user_pseudo_id": f"g-{case}",
                "event_params": params,
            }
        )
        own = {
            "time": 1767603600,
            "distinct_id": f"x-{case}",
            "$insert_id": f"i-{case}",
            "amount": amount,
            "currency": "EUR",
            "case": case,
        }
        events.append({"event": "Order Completed", "properties": own})
    for name, rows in {"segment/messages": calls, "ga4/events_20260105": hits, "mixpanel/2026-01-05": events}.items():
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> World:
    home = tmp_path_factory.mktemp("values")
    for source in ("events", "google_ads", "stripe", "segment", "ga4", "mixpanel"):
        (home / "landing" / source).mkdir(parents=True)
    edges(home / "landing")
    vendors(home / "landing")
    world = build(settings_of(home, town.JOURNEY), datetime(2026, 3, 1))
    assert [(file.file, file.note) for file in world.landing.files if file.status != "landed" or file.rejected_count] == []
    return world


def test_sums_are_exact_beyond_what_one_amount_may_be(built: World) -> None:
    rich = built.person_id(("user_id", "rich"))
    sums = built.rows("select count(*) as n, sum(revenue_amount) as amount from marts.fct_events where person_id = ?", rich)
    assert sums == [{"n": 1000, "amount": 600 * Decimal(MOST)}]
    assert built.column("select revenue_amount from marts.dim_customers where customer_id = ?", rich) == [600 * Decimal(MOST)]


def test_what_is_published_is_text_that_others_can_read(built: World) -> None:
    texts = built.column("select attributes from marts.fct_events where attributes is not null")
    assert all(isinstance(json.loads(text, parse_constant=pytest.fail), dict) for text in texts)
    assert built.column("select count(*) from marts.fct_events where channel = '' or campaign = ''") == [0]


@pytest.mark.parametrize("source", ["segment", "ga4", "mixpanel"])
def test_an_amount_among_the_properties_of_an_event_is_read_or_counted(built: World, source: str) -> None:
    rows = built.rows(
        "select attributes, revenue_amount, currency from marts.fct_events where source = ? and event_type = 'purchased'", source
    )
    found = {
        (told := json.loads(row["attributes"]))["case"]: (row["revenue_amount"], row["currency"], told.get("unread_amount"))
        for row in rows
    }
    expected = {
        case: (None, None, meant) if isinstance(meant, str) else (meant, meant and "EUR", None)
        for case, (_, meant) in TOLD.items()
    }
    assert found == expected
    unread = built.rows("select found, found_count from quality.rpt_revenue_counts where what = 'unread amount'")
    assert unread == [{"found": "ga4, mixpanel, segment", "found_count": 9}]
