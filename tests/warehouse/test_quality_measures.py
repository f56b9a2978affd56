"""What the gates will judge: the measures of the town, where every fault was put in on purpose."""

from typing import Any

import pytest

from tests.world.build import World
from tests.world.town import CORRECTION, PEOPLE, UNDATED, moment


def one(town: World, sql: str, *parameters: object) -> dict[str, Any]:
    (row,) = town.rows(sql, *parameters)
    return row


def test_a_match_rate_is_the_share_of_left_ids_that_the_right_side_knows(town: World) -> None:
    sql = "select * exclude (left_side) from quality.rpt_id_match_rates where left_side = ? and right_side = ?"
    assert one(town, sql, "till", "ledger") == {
        "right_side": "ledger",
        "id_type": "crm_id",
        "left_ids": 4,
        "matched_ids": 3,
        "match_rate": 0.75,
        "min_match_rate": 0.8,
        "severity": "warn",
    }


def test_a_side_may_be_one_table_and_phones_match_by_their_digits(town: World) -> None:
    row = one(town, "select * from quality.rpt_id_match_rates where left_side = 'till.events'")
    assert (row["left_ids"], row["matched_ids"], row["match_rate"]) == (2, 1, 0.5)


def test_an_outcome_is_measured_and_never_judged(town: World) -> None:
    row = one(town, "select * from quality.rpt_id_match_rates where left_side = 'ledger'")
    assert (row["match_rate"], row["min_match_rate"], row["severity"]) == (1.0, None, "outcome")


def test_a_match_rate_of_no_ids_is_unknown(town: World) -> None:
    row = one(town, "select * from quality.rpt_id_match_rates where right_side = 'nowhere'")
    assert (row["left_ids"], row["matched_ids"], row["match_rate"]) == (0, 0, None)


def test_critical_events_without_a_believable_time_are_counted_by_what_is_wrong(town: World) -> None:
    sql = "select * from quality.rpt_timestamp_validity where source = 'web' and event_type = ?"
    assert one(town, sql, "signed_up") == {
        "source": "web",
        "event_type": "signed_up",
        "row_count": 12,
        "missing_count": 1,
        "unparseable_count": 1,
        "future_count": 1,
        "before_launch_count": 1,
        "invalid_count": 4,
        "is_critical": True,
        "max_invalid_count": 0.0,
        "severity": "block",
    }


def test_events_that_are_not_critical_are_measured_and_not_judged(town: World) -> None:
    row = one(town, "select * from quality.rpt_timestamp_validity where source = 'web' and event_type = 'page_viewed'")
    assert (row["unparseable_count"], row["is_critical"], row["severity"], row["max_invalid_count"]) == (1, False, None, None)


def gaps(town: World, source: str, event_type: str) -> list[dict[str, Any]]:
    sql = "select * from quality.rpt_event_gaps where source = ? and event_type = ? order by gap_started_at"
    return town.rows(sql, source, event_type)


def test_a_long_stretch_in_which_events_were_due_is_a_gap_and_the_last_one_lasts(town: World) -> None:
    ended, lasting = gaps(town, "kiosk", "page_viewed")
    assert (ended["gap_started_at"], ended["gap_ended_at"]) == (moment("02-10 23:00"), moment("02-12 05:00"))
    assert (lasting["gap_started_at"], lasting["gap_ended_at"]) == (moment("02-13 04:00"), None)
    assert (ended["gap_hours"], lasting["gap_hours"]) == (30.0, 392.0)
    assert ended["is_gap"]
    assert lasting["is_gap"]


def test_what_was_due_in_a_gap_follows_from_the_rhythm_before_it(town: World) -> None:
    ended, lasting = gaps(town, "kiosk", "page_viewed")
    # One an hour is about the level before; the hours of the week are not all equally full, as ten days are no two weeks.
    assert 20 < ended["expected_event_count"] < 40
    # 264 events in the twelve days before.
    assert lasting["expected_event_count"] == pytest.approx(392 * 264 / (12 * 24 + 5), rel=0.1)


def test_a_long_stretch_in_which_little_was_due_is_no_gap(town: World) -> None:
    rows = gaps(town, "web", "page_viewed")
    assert min(row["gap_hours"] for row in rows) > 24
    assert {row["is_literal_gap"] for row in rows} == {True}
    assert {row["is_gap"] for row in rows} == {True, False}
    assert [row["is_gap"] for row in rows] == [row["expected_event_count"] >= 5 for row in rows]
    assert all(0 < row["chance_by_luck"] <= 1 for row in rows)


def test_one_event_dated_before_the_launch_begins_no_silence(town: World) -> None:
    assert town.column("select count(*) from marts.fct_events where occurred_at < timestamp '2020-01-01'") == [1]
    assert town.column("select min(gap_started_at) from quality.rpt_event_gaps")[0] >= moment("01-01 00:00")


def test_an_event_type_may_have_limits_of_its_own(town: World) -> None:
    assert {(row["max_gap_hours"], row["severity"]) for row in gaps(town, "web", "signed_up")} == {(48.0, "block")}
    assert {(row["max_gap_hours"], row["severity"]) for row in gaps(town, "web", "page_viewed")} == {(24.0, "warn")}


def test_event_types_that_nobody_named_are_counted(town: World) -> None:
    row = one(town, "select * from quality.rpt_unmapped_events")
    assert (row["source"], row["event_type"], row["event_count"]) == ("web", "teleported", 1)
    events = one(town, "select count(*) as events from marts.fct_events")["events"]
    use = one(town, "select * from quality.rpt_vocabulary_use")
    assert (use["unmapped_count"], use["unmapped_rate"]) == (1, pytest.approx(1 / events))


def test_event_types_that_nobody_recorded_are_counted_too(town: World) -> None:
    counts = {
        row["event_type"]: row["event_count"]
        for row in town.rows("select event_type, event_count from quality.rpt_event_type_use")
    }
    assert set(counts) == town.journey.expected_event_types
    assert "webinar_attended" not in counts  # a standard word on which this journey builds nothing
    assert {name for name, count in counts.items() if count == 0} == {"never_seen"}


def test_customers_who_reach_a_step_before_the_one_that_should_precede_it_are_counted(town: World) -> None:
    sql = """
        select step, customer_count, out_of_order_count, out_of_order_rate from quality.rpt_milestone_order
        where funnel = 'signup_to_purchase' order by step
    """
    # Jon bought, then signed up, then came by; Val did all at once, which is in order.
    assert [tuple(row.values()) for row in town.rows(sql)] == [(2, 7, 1, pytest.approx(1 / 7)), (3, 4, 1, pytest.approx(1 / 4))]


def test_a_pair_of_steps_that_nobody_reached_has_no_rate(town: World) -> None:
    row = one(town, "select * from quality.rpt_milestone_order where funnel = 'never_reached' and step = 3")
    assert (row["customer_count"], row["out_of_order_count"], row["out_of_order_rate"]) == (0, 0, None)


def test_rows_lost_on_landing_are_counted_per_table(town: World) -> None:
    row = one(town, "select * from quality.rpt_landing_losses")
    handed_over = sum(landed.row_count + landed.rejected_count for landed in town.landing.files)
    assert (row["rejected_count"], row["file_count"]) == (len(UNDATED), 5)
    assert row["row_count"] == handed_over - len(UNDATED)
    assert row["rejected_rate"] == pytest.approx(len(UNDATED) / handed_over)


def test_rejected_rows_say_where_they_stand_and_not_what_is_in_them(town: World) -> None:
    lines = sum(1 for person in PEOPLE for row in person.rows if row["source"] == "web")
    assert CORRECTION["source"] != "web"
    rows = town.rows("select file, line, column_name, reason, raw_row from quality.rejected_rows order by line")
    # After the header, the people's rows and nobody's one.
    assert [row["line"] for row in rows] == [lines + 3, lines + 4, lines + 5]
    assert [row["reason"] for row in rows] == [
        "is no timestamp; write ISO 8601 or an epoch",
        "is missing",
        "is no timestamp; write ISO 8601 or an epoch",
    ]
    assert {(row["file"], row["column_name"]) for row in rows} == {("events/web.csv", "occurred_at")}
    assert all(row["raw_row"].startswith("masked, ") for row in rows)


def test_sources_and_currencies_whose_amounts_are_added_up_are_counted(town: World) -> None:
    counts = {row["what"]: row for row in town.rows("select * from quality.rpt_revenue_counts")}
    amounts = town.rows("select distinct source, currency from marts.fct_events where revenue_amount is not null")
    assert counts["source"]["found"] == ", ".join(sorted({row["source"] for row in amounts}))
    assert counts["currency"]["found_count"] == len({row["currency"] for row in amounts} - {None})
    assert {row["max_count"] for row in counts.values()} == {1}
