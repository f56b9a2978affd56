"""What was known at a past moment is what a warehouse holds that knows nothing of later."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.world import crowd as by_hand
from tests.world.build import World, build
from tests.world.compare import PLACES, differences, tables
from warehouse.landing.recall import recall
from warehouse.settings import Settings, UserError

# What tells when a row landed, under which name its file lies, or how long it is silent until "now": that differs.
OF_LANDINGS = ("loaded_at", "file_row", "known_until", "requested_as_of", *PLACES)
NOT_COMPARED = (
    "quality.landed_files",
    "quality.rejected_rows",
    "quality.rpt_landing_losses",
    "quality.rpt_event_gaps",
    "intermediate.int_clock_read",
)


@pytest.fixture(scope="module")
def recalled(crowd: World) -> World:
    settings = recall(crowd.settings, by_hand.SNAPSHOT_AT - by_hand.MICROSECOND)
    return build(settings, by_hand.LATE_LANDED_AT, with_tests=False)


def test_every_table_is_as_it_was_at_that_moment(recalled: World, crowd: World, crowd_before_snapshot: World) -> None:
    compared = [table for table in tables(recalled) if table not in NOT_COMPARED]
    found = {table: differences(recalled, crowd_before_snapshot, table, OF_LANDINGS) for table in compared}
    assert {table: rows for table, rows in found.items() if rows} == {}
    later = [table for table in compared if differences(recalled, crowd, table, OF_LANDINGS)]
    assert {"marts.fct_events", "marts.fct_sessions", "marts.fct_stage_intervals", "marts.rpt_funnel_steps"} <= set(later)


def test_the_home_itself_stays_as_it_is(recalled: World, crowd: World) -> None:
    assert recalled.settings.home.is_relative_to(crowd.settings.home)
    (count,) = crowd.column("select count(*) as n from marts.fct_events")
    assert count > recalled.column("select count(*) as n from marts.fct_events")[0] > 0


def test_without_a_first_run_there_is_nothing_to_recall(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"nothing in .* that could be recalled"):
        recall(Settings.from_environment({"THROUGHLINE_HOME": str(tmp_path)}), by_hand.SNAPSHOT_AT)
