"""What was so stays so: the stages as of a time are those of later, cut off there."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from tests.world.build import World

INTERVALS = "select * from marts.fct_stage_intervals order by stage_set, customer_id, entered_at"
Visits = dict[tuple[str, int], list[tuple[Any, ...]]]


def visits(world: World, until: datetime) -> tuple[Visits, set[tuple[str, int]]]:
    """The visits that began until then, by stage set and customer, what ended later as open; and whose last is provisional."""
    found: Visits = defaultdict(list)
    provisional = set()
    for row in world.rows(INTERVALS):
        key = row["stage_set"], row["customer_id"]
        if row["is_provisional"]:
            provisional.add(key)
        if row["entered_at"] <= until:
            exited_at = row["exited_at"] if row["exited_at"] is not None and row["exited_at"] <= until else None
            found[key].append((row["stage"], row["entered_at"], exited_at, row["visit_number"], row["is_regression"]))
    return found, provisional


def test_stages_as_of_a_time_are_those_of_later_cut_off_there(crowd: World, crowd_before_snapshot: World) -> None:
    (as_of,) = crowd_before_snapshot.column("select as_of from working.intermediate.int_clock_read")
    ids = "select customer_id, list(event_id order by event_id) as ids from marts.fct_events where occurred_at <= ? group by 1"
    before, after = (
        {row["customer_id"]: row["ids"] for row in world.rows(ids, as_of)} for world in (crowd_before_snapshot, crowd)
    )
    alike = {customer for customer, found in before.items() if after.get(customer) == found}
    assert len(alike) > 100  # of the others something was told late
    earlier, provisional = visits(crowd_before_snapshot, as_of)
    later, _ = visits(crowd, as_of)
    keys = {key for key in earlier if key[1] in alike}
    differing = {key for key in keys if earlier[key] != later[key]}
    assert differing <= provisional
