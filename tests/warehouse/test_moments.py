"""What happens in one moment has one order in every table; what senders call alike stays apart; and no amount and no date that
landing takes stops a run. One home holds all of it, its people by the first letters of their ids."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from tests.world.build import World, build, settings_of

JOURNEY = """
journey: {name: moments, primary_stage_set: sale, main_funnel: sale}
event_types:
  quoted: {description: Got a quote, is_behaviour: true}
  approved: {description: Approved it, is_behaviour: true}
  shipped: {description: Got it, is_behaviour: true}
  ordered: {description: Bought}
  cancelled: {description: Left}
milestones:
  quote: {description: Quote, event_types: [quoted]}
  approval: {description: Approval, event_types: [approved]}
  shipment: {description: Shipment, event_types: [shipped]}
  order: {description: Order, event_types: [ordered]}
  cancellation: {description: Cancellation, event_types: [cancelled]}
stage_sets:
  sale:
    description: From a quote to a shipment
    stages:
      - {name: nobody, description: New}
      - {name: quoted, description: Has a quote, enter: [{milestone: quote}]}
      - {name: shipped, description: Has it, enter: [{milestone: shipment}]}
      - {name: buyer, description: Buys, is_on_path: false, enter: [{milestone: order, again: true}]}
      - {name: lost, description: Has left, is_on_path: false, enter: [{milestone: cancellation, again: true}]}
funnels:
  sale: {description: Sale, steps: [quote, approval, shipment], window_days: 7}
  again: {description: Another order, steps: [order, order]}
churn: {event_types: [quoted, ordered], inactive_days: 30}
"""

# In every file the lines are the order, but for those that count or have a sequence.
TYPES = ("quoted", "approved", "shipped")
CHANNELS = ("search", "ads", "email")
PEOPLE = 60
LARGE = "999999999999.9999"


def csv(*rows: str, header: str) -> str:
    return "\n".join((header, *rows)) + "\n"


def files() -> dict[str, str]:
    """The landing folder, file by file."""
    plain = "event_type,occurred_at,user_id"
    dated = [
        f"{kind},2026-01-05,d{person},{channel}"
        for person in range(PEOPLE)
        for kind, channel in zip(TYPES, CHANNELS, strict=True)
    ]
    counted = [f"n-{3 * person + 2 - step},{TYPES[2 - step]},2026-01-05,n{person}" for person in range(9) for step in range(3)]
    sequenced = [
        json.dumps({"event_type": TYPES[step], "occurred_at": "2026-01-05", "user_id": f"s{person}", "sequence": step + 8})
        for person in range(9)
        for step in (2, 0, 1)
    ]
    clashing = {
        name: [f"{1800 + number},{kind},2026-01-0{day},c{number}@shop.example" for number in range(4)]
        for name, kind, day in (("app", "quoted", 4), ("orders", "ordered", 6))
    }
    left = ("cancelled", "ordered", "ordered", "cancelled")
    insert = {"event": "quoted", "time": 1_767_600_000, "$insert_id": "first"}
    large = [
        f"ordered,{datetime(2025, 12, 1) + timedelta(days=day)},{person},{LARGE},EUR"
        for person, pause in (("x0", 1), ("x1", 2))
        for day in range(0, 40, pause)
    ]
    early = [f"{kind},{day},{person}" for person, day in (("x2", "1582-10-01"), ("x3", "9999-12-31T23:59:59Z")) for kind in TYPES]
    return {
        "events/dated.csv": csv(*dated, header=f"{plain},channel"),
        "events/counted.csv": csv(*counted, header=f"event_id,{plain}"),
        "events/sequenced.jsonl": "\n".join(sequenced) + "\n",
        "events/part-10.csv": csv("approved,2026-01-05,p0", header=plain),
        "events/part-9.csv": csv("quoted,2026-01-05,p0", header=plain),
        "events/app.csv": csv(*clashing["app"], header="event_id,event_type,occurred_at,email"),
        "events/orders.csv": csv(*clashing["orders"], header="event_id,event_type,occurred_at,email"),
        # The same orders once more: one with another time, one under another address.
        "events/orders.later.csv": csv(
            "1800,ordered,2026-01-07,C0@shop.example,k0",
            "1801,ordered,2026-01-06,new@shop.example,k1",
            header="event_id,event_type,occurred_at,email,phone",
        ),
        "events/left.csv": csv(
            *(f"{kind},2026-01-05,{person}" for kind, person in zip(left, ("l0", "l0", "l1", "l1"), strict=True)), header=plain
        ),
        "events/large.csv": csv(*large, header=f"{plain},revenue_amount,currency"),
        "events/early.csv": csv(*early, header=plain),
        "mixpanel/events.jsonl": "\n".join(
            json.dumps({"event": "quoted", "properties": {**insert, "distinct_id": person}}) for person in ("m-0", "m-1", "m-1")
        )
        + "\n",
    }


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    home = tmp_path_factory.mktemp("moments")
    journey = home / "journey.yml"
    journey.write_text(JOURNEY, encoding="utf-8")
    for name, content in files().items():
        path = home / "landing" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return build(settings_of(home, journey), datetime(2026, 2, 1), with_tests=False)


def found(world: World, sql: str, *parameters: object) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in world.rows(sql, *parameters)]


def people(world: World, letter: str) -> list[int]:
    """The customers whose user id begins so."""
    sql = "select person_id from working.intermediate.int_identifiers_resolved where id_type = 'user_id' and id_value[1] = ?"
    return world.column(sql, letter)


@pytest.mark.parametrize(("letter", "count"), [("d", PEOPLE), ("n", 9), ("s", 9)])
def test_a_path_has_the_order_of_the_source_or_of_the_file(world: World, letter: str, count: int) -> None:
    sql = "select event_types from working.intermediate.int_paths_ordered where list_contains(?, customer_id)"
    assert world.column(sql, people(world, letter)) == [list(TYPES)] * count


def test_of_two_files_the_one_with_the_smaller_number_is_first(world: World) -> None:
    sql = "select event_types from working.intermediate.int_paths_ordered where list_contains(?, customer_id)"
    assert world.column(sql, people(world, "p")) == [["quoted", "approved"]]


def test_every_table_has_that_order(world: World) -> None:
    dated = people(world, "d")
    ordered = dated + people(world, "n") + people(world, "s")
    sql = """
        select event_type, cast(sum(exit_count) as bigint) from working.intermediate.int_exits_counted
        where list_contains(?, customer_id) and exit_count > 0 group by event_type
    """
    assert found(world, sql, ordered) == [("shipped", len(ordered))]
    sql = """
        select event_type, channel from working.intermediate.int_first_touches_found
        where list_contains(?, customer_id) group by all
    """
    assert found(world, sql, dated) == [("quoted", "search")]
    sql = "select channel, count(*) from marts.fct_sessions where list_contains(?, customer_id) group by channel"
    assert found(world, sql, dated) == [("search", PEOPLE)]
    sql = """
        select step, count(*) from working.intermediate.int_funnels_followed
        where funnel = 'sale' and list_contains(?, customer_id) group by step order by step
    """
    assert found(world, sql, ordered) == [(step, len(ordered)) for step in (1, 2, 3)]
    sql = """
        select names[5:7], count(*) from working.intermediate.int_steps_anchored
        where anchor = 'approval' and list_contains(?, customer_id) group by names[5:7]
    """
    assert found(world, sql, ordered) == [(list(TYPES), len(ordered))]
    sql = "select from_name, to_name from marts.rpt_transitions where level = 'event_type' and list_contains(?, from_name)"
    moves = {("quoted", "approved"), ("quoted", "ordered"), ("approved", "shipped")}
    assert set(found(world, sql, list(TYPES))) <= moves | {("shipped", "quoted")}


def test_the_last_of_two_stages_in_one_moment_is_that_of_the_later_event(world: World) -> None:
    (left, back) = (world.person_id(("user_id", person)) for person in ("l1", "l0"))
    sql = "select stage from marts.fct_stage_intervals where customer_id = ? and is_current"
    assert (world.column(sql, left), world.column(sql, back)) == (["lost"], ["buyer"])


def test_events_of_one_id_are_one_when_type_and_person_are_the_same(world: World) -> None:
    sql = """
        select event_type, email, cast(occurred_at as date)::varchar as day, correction_count
        from working.intermediate.int_events_recorded where email like '%@shop.example' order by all
    """
    assert found(world, sql) == [
        ("ordered", "c0@shop.example", "2026-01-07", 1),
        *(("ordered", f"c{number}@shop.example", "2026-01-06", 0) for number in (1, 2, 3)),
        ("ordered", "new@shop.example", "2026-01-06", 0),
        *(("quoted", f"c{number}@shop.example", "2026-01-04", 0) for number in range(4)),
    ]
    sql = """
        select clashes.event_type, clash_count, correction_count, clashes.severity from quality.rpt_event_id_clashes as clashes
        inner join quality.rpt_duplicates using (source, event_type) where source = 'events' and clash_count > 0 order by 1
    """
    assert found(world, sql) == [("ordered", 5, 1, "warn"), ("quoted", 4, 0, "warn")]


def test_an_insert_id_of_two_people_is_two_events_and_told(world: World) -> None:
    (row,) = world.rows("select event_count, clash_count from quality.rpt_event_id_clashes where source = 'mixpanel'")
    assert (row["event_count"], row["clash_count"]) == (2, 2)


def test_the_same_step_again_is_taken_by_another_event(world: World) -> None:
    sql = """
        select step, reached_count from marts.rpt_funnel_steps
        where funnel = 'again' and grain = 'all' and dimension = 'all' order by step
    """
    # Five of the shop's people and both that left bought once, the two large ones often.
    assert found(world, sql) == [(1, 9), (2, 2)]


def test_no_amount_is_too_large_for_its_sum(world: World) -> None:
    amounts = world.column(
        "select revenue_amount from marts.dim_customers where list_contains(?, customer_id)",
        [world.person_id(("user_id", person)) for person in ("x0", "x1")],
    )
    assert sorted(amounts) == [20 * Decimal(LARGE), 40 * Decimal(LARGE)]
    (total,) = world.column("select revenue_amount from marts.rpt_stage_occupancy where stage_set = 'sale' and stage = 'buyer'")
    assert total == 60 * Decimal(LARGE)
    (row,) = world.rows(
        "select revenue_per_customer, revenue_per_customer_high from marts.rpt_lifetime_value "
        "where cohort_month is null and dimension = 'all' and age_days = 30"
    )
    assert row["revenue_per_customer_high"] > row["revenue_per_customer"] > 0


def test_days_long_ago_and_far_ahead_stop_nothing(world: World) -> None:
    sql = "select cast(min(occurred_at) as varchar) from marts.fct_events where list_contains(?, customer_id)"
    assert world.column(sql, [world.person_id(("user_id", "x2"))]) == ["1582-10-01 00:00:00"]
    assert world.column("select as_of from working.intermediate.int_clock_read")[0] < datetime(2026, 2, 1)
    (landed,) = world.column("select row_count from quality.landed_files where file = 'events/early.csv'")
    assert landed == 6
