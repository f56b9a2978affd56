"""The export of Google Analytics 4 as Parquet, with its nested types as BigQuery and others write them."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from tests.sources.conftest import LANDED_AT
from tests.world import town
from tests.world.build import World, dbt, settings_of
from warehouse.definitions.journey import load_journey
from warehouse.landing import landing
from warehouse.publication import publishing

VALUE = "struct(string_value varchar, int_value bigint, float_value double, double_value double)"
PARAM = f'struct("key" varchar, "value" {VALUE})'
COLUMNS = {
    "event_timestamp": "bigint",
    "event_name": "varchar",
    "event_params": f"{PARAM}[]",
    "user_properties": f"{PARAM}[]",
    "event_bundle_sequence_id": "bigint",
    "event_server_timestamp_offset": "bigint",
    "batch_event_index": "bigint",
    "user_id": "varchar",
    "user_pseudo_id": "varchar",
    "device": "struct(category varchar, operating_system varchar, advertising_id varchar)",
    "geo": "struct(country varchar, city varchar)",
    "platform": "varchar",
    "items": "struct(item_id varchar, quantity bigint)[]",
    "collected_traffic_source": "struct(manual_source varchar, manual_medium varchar)",
    "is_active_user": "boolean",
}
LISTS = ("event_params", "user_properties", "items")
NINE = 1768208400_000000  # 2026-01-12 09:00 UTC


def param(key: str, kind: str, value: object) -> dict[str, object]:
    return {"key": key, "value": {f"{kind}_value": value}}


def cleo(at: int, name: str, index: int, params: list[dict[str, object]], **others: object) -> dict[str, object]:
    return {
        "event_timestamp": at,
        "event_name": name,
        "event_params": params,
        "user_properties": [param("plan", "string", "free")],
        "event_bundle_sequence_id": 3,
        "event_server_timestamp_offset": 5_000_000,
        "batch_event_index": index,
        "user_id": "u-cleo",
        "user_pseudo_id": "app-333",
        "device": {"operating_system": "Android", "advertising_id": "ad-3"},
        "geo": {"country": "France", "city": "Paris"},
        "platform": "ANDROID",
        "is_active_user": True,
    } | others


ROWS = [
    cleo(NINE, "first_open", 1, [param("ga_session_id", "int", 9)], user_id=None),
    cleo(NINE, "screen_view", 2, [param("firebase_screen", "string", "Home"), param("firebase_screen", "string", "Again")]),
    cleo(
        *(NINE + 1_000_000, "in_app_purchase", 1),
        [param("value", "double", 4.99), param("currency", "string", "usd")],
        items=[{"item_id": "gems-10"}, {"item_id": "gems-20"}],
    ),
]


def write_parquet(path: Path, *, is_wrapped: bool) -> None:
    """The rows, their lists bare or with each element wrapped as BigQuery's own export does."""
    rows, columns = ROWS, dict(COLUMNS)
    if is_wrapped:
        rows = [
            {name: {"list": [{"element": one} for one in value]} if name in LISTS else value for name, value in row.items()}  # type: ignore[attr-defined]  # lists they are
            for row in ROWS
        ]
        for name in LISTS:
            columns[name] = f"struct(list struct(element {columns[name].removesuffix('[]')})[])"
    lines = path.with_suffix(".txt")
    lines.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    kinds = ", ".join(f"'{name}': '{kind}'" for name, kind in columns.items())
    read = f"read_json('{lines}', format = 'newline_delimited', columns = {{{kinds}}})"
    duckdb.execute(f"copy (select * from {read}) to '{path}' (format parquet)")
    lines.unlink()


@pytest.mark.parametrize("is_wrapped", [False, True])
def test_nested_types_are_read_as_their_json_is(tmp_path: Path, is_wrapped: bool) -> None:
    settings = settings_of(tmp_path, town.JOURNEY)
    folder = settings.landing / "google_analytics_4"
    folder.mkdir(parents=True)
    write_parquet(folder / "events_20260112.parquet", is_wrapped=is_wrapped)
    journey = load_journey(settings.journey_path)
    world = World(settings, journey, landing.land(settings, journey, now=LANDED_AT))
    publishing.ensure_key(settings)
    dbt(settings, "run", "--selector", "stage")
    found = world.rows(
        "select event_type, occurred_at, known_at, user_id, anonymous_id, device_id, device, "
        "cast(revenue_amount as varchar) as revenue_amount, currency, attributes "
        "from working.intermediate.int_events_recorded order by occurred_at, event_type"
    )
    every = {"anonymous_id": "app-333", "device_id": "ad-3", "device": "mobile", "revenue_amount": None, "currency": None}
    everywhere = {"user_property_plan": "free", "platform": "ANDROID", "country": "France"}
    begun = {"occurred_at": datetime(2026, 1, 12, 9), "known_at": datetime(2026, 1, 12, 9, 0, 5)}
    bought = {"occurred_at": datetime(2026, 1, 12, 9, 0, 1), "known_at": datetime(2026, 1, 12, 9, 0, 6)}
    money = {"revenue_amount": "4.9900", "currency": "USD"}
    seen = {"firebase_screen": "Home"}
    told = {"value": "4.99", "currency": "usd", "item_ids": "gems-10,gems-20"}
    assert [row | {"attributes": json.loads(row["attributes"])} for row in found] == [
        every | begun | {"event_type": "app_installed", "user_id": None, "attributes": everywhere | {"ga_session_id": "9"}},
        every | begun | {"event_type": "screen_viewed", "user_id": "u-cleo", "attributes": everywhere | seen},
        every | bought | money | {"event_type": "purchased", "user_id": "u-cleo", "attributes": everywhere | told},
    ]
