"""What the gates will judge: the measures of the town, where every fault was put in on purpose."""

from typing import Any

import pytest

from tests.world.build import World
from tests.world.town import CORRECTION, LANDED_AT, PEOPLE, UNDATED, moment


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
        "below_since": None,  # two of the last three are known: too few to tell
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


def test_a_gap_that_the_journey_file_knows_of_warns_with_the_reason(town: World) -> None:
    known, unknown = gaps(town, "kiosk", "page_viewed")
    assert (known["known_reason"], known["remark"]) == ("the screen was repaired", " (known: the screen was repaired)")
    assert (unknown["known_reason"], unknown["remark"]) == (None, "")
    assert known["is_gap"]
    assert known["severity"] == "warn"


def test_what_is_lost_in_a_gap_is_what_was_due_in_it_and_in_no_gap_nothing(town: World) -> None:
    for row in town.rows("select * from quality.rpt_event_gaps"):
        assert row["lost_event_count"] == pytest.approx(row["expected_event_count"] if row["is_gap"] else 0, abs=0.5)


def test_gaps_of_the_main_funnel_are_judged_and_beside_them_one_silence_of_what_has_none(town: World) -> None:
    rows = town.rows("select * from quality.rpt_event_gaps")
    judged = [row for row in rows if row["severity"]]
    assert {row["event_type"] for row in judged} == {"page_viewed", "signed_up", "purchased"}
    assert {row["event_type"] for row in rows} > {row["event_type"] for row in judged}
    assert all(row["is_gap"] for row in judged)  # each of them has one in the town
    longest = {(row["source"], row["event_type"]) for row in rows}
    assert longest == {(row["source"], row["event_type"]) for row in town.rows("select * from quality.rpt_duplicates")}


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
    sql = "select distinct event_type, max_gap_hours, severity from quality.rpt_event_gaps where source = 'web' and is_gap"
    limits = {row["event_type"]: (row["max_gap_hours"], row["severity"]) for row in town.rows(sql)}
    assert limits == {"signed_up": (48.0, "block"), "page_viewed": (24.0, "warn"), "teleported": (24.0, None)}


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
    assert {what: row["max_count"] for what, row in counts.items()} == {"currency": 1, "source": 1, "unread amount": 0}


def test_rows_that_tell_of_an_event_once_more_are_copies_and_a_correction_is_none(town: World) -> None:
    rows = town.rows("select * from quality.rpt_duplicates where duplicate_count > 0 order by event_type")
    # Nia's invoice comes twice; her purchase twice the same, and corrected.
    assert [(row["source"], row["event_type"], row["row_count"], row["duplicate_count"]) for row in rows] == [
        ("billing", "invoice_paid", 5, 1),
        ("billing", "purchased", 13, 1),
    ]
    assert rows[0]["duplicate_rate"] == pytest.approx(1 / 5)
    assert {row["storm_started_at"] for row in rows} == {None}


def test_a_source_that_is_silent_longer_than_its_rhythm_allows_has_fallen_silent(town: World) -> None:
    kiosk = one(town, "select * from quality.rpt_source_freshness where source = 'kiosk'")
    assert (kiosk["event_count"], kiosk["silent_hours"], kiosk["is_silent"]) == (264, 392.0, True)
    assert (kiosk["first_occurred_at"], kiosk["silent_since"]) == (moment("02-01 00:00"), moment("02-13 04:00"))
    assert (kiosk["last_loaded_at"], kiosk["late_rate"], kiosk["median_delay_hours"]) == (LANDED_AT, 0.0, 0.0)
    web = one(town, "select * from quality.rpt_source_freshness where source = 'web'")
    assert (web["silent_hours"], web["is_silent"], web["silent_since"]) == (0.0, False, None)


def test_the_history_of_a_source_is_from_its_first_believable_event_to_its_last(town: World) -> None:
    depths = {row["source"]: row for row in town.rows("select * from quality.rpt_history_depth")}
    assert depths["web"]["days_of_history"] == 59.5  # not since Otto, whose account is older than the company
    assert depths["till"]["days_of_history"] == 3.0
    assert {(row["min_days"], row["is_sufficient"], row["severity"]) for row in depths.values()} == {(90.0, False, "warn")}


def test_the_ids_of_a_week_are_compared_with_those_of_the_weeks_before(town: World) -> None:
    before, newest = town.rows(
        "select * from quality.rpt_identity_drift where left_side = 'till' and id_type = 'crm_id' order by week_started_on"
    )
    assert (str(before["week_started_on"]), before["match_rate"], before["usual_rate"]) == ("2026-01-26", 1.0, None)
    assert (newest["left_ids"], newest["matched_ids"], newest["usual_rate"]) == (3, 2, 1.0)
    assert newest["difference"] == pytest.approx(-1 / 3)
    # By hand: the Wilson interval of 2 of 3 is 0.2077 to 0.9385, that of 1 of 1 is 0.2065 to 1.
    assert newest["difference_low"] == pytest.approx(-1 / 3 - (2 / 3 - 0.2077), abs=1e-3)
    assert newest["difference_high"] == pytest.approx(-1 / 3 + ((0.9385 - 2 / 3) ** 2 + (1 - 0.2065) ** 2) ** 0.5, abs=1e-3)
    assert (newest["is_drift"], newest["severity"]) == (False, None)


def test_two_systems_agree_as_far_as_they_say_the_same_of_whom_both_know(town: World) -> None:
    # Both: Ada, Hal, Ian, Ivy and Mia. Lea buys and uses nothing, Zoe uses and buys nothing, Gita and Hugo do neither.
    assert one(town, "select * from quality.rpt_source_agreement") == {
        "fact": "customer",
        "description": "Buys and uses",
        "left_source": "billing",
        "right_source": "product",
        "both_count": 5,
        "left_only_count": 1,
        "right_only_count": 1,
        "neither_count": 2,
        "agreement_rate": pytest.approx(7 / 9),
        "kappa": pytest.approx(0.5),  # 63 of 81 agree, 45 of 81 would by chance
        "min_agreement_rate": 0.7,
        "severity": "warn",
    }


def test_every_source_stands_beside_every_stage_with_what_it_tells_of_it(town: World) -> None:
    rows = {(row["source"], row["stage"]): row for row in town.rows("select * from quality.rpt_source_stage_coverage")}
    assert len(rows) == 6 * 14
    assert (rows["kiosk", "awareness"]["event_count"], rows["kiosk", "awareness"]["customer_count"]) == (264, 0)
    assert (rows["billing", "churned"]["event_count"], rows["billing", "churned"]["last_seen_at"]) == (1, moment("01-20 09:00"))
    assert (rows["product", "at_risk"]["customer_count"], rows["product", "customer"]["customer_count"]) == (7, 7)
    assert {row["event_count"] for (source, _), row in rows.items() if source in ("till", "ledger")} == {0}
    assert {row["event_count"] for (_, stage), row in rows.items() if stage == "free"} == {0}


def test_a_touchpoint_has_the_grade_of_its_worst_measure_and_what_would_turn_it(town: World) -> None:
    audit = {(row["source"], row["touchpoint"]): row for row in town.rows("select * from quality.rpt_touchpoint_audit")}
    signed_up = audit["web", "signed_up"]
    assert (signed_up["grade"], signed_up["has_gap"]) == ("red", True)
    assert signed_up["missing_timestamp_rate"] == pytest.approx(4 / 12)
    assert signed_up["worst_reason"].startswith("1 gap(s), the last since 2026-01-06 09:00")
    kiosk = audit["kiosk", "page_viewed"]
    assert (kiosk["grade"], kiosk["priority"]) == ("red", 1)  # most of the traffic, and more is missing than is there
    assert kiosk["worst_reason"] == "1 gap(s), the last since 2026-02-13 04:00"  # and one that is known
    assert kiosk["fix"].startswith("hand over what kiosk recorded then")
    # Two ids of a phone and four of a card say nothing; not in the main funnel a gap is no more than amber.
    assert (audit["till", "logged_in"]["match_rate"], audit["till", "logged_in"]["grade"]) == (0.5, "amber")
    assert audit["ledger", "logged_in"]["match_rate"] is None  # its pair is an outcome
    assert audit["billing", "complained"]["worst_reason"] == "only 0 days of history"
    assert sum(row["traffic_share"] for row in audit.values()) == pytest.approx(1)


def test_a_day_of_a_source_is_complete_consistent_and_dated_right_by_shares(town: World) -> None:
    days = {
        (row["source"], str(row["day"])): (row["event_count"], row["completeness"], row["consistency"], row["timestamp_accuracy"])
        for row in town.rows("select * from quality.rpt_scorecard")
    }
    assert days["kiosk", "2026-02-01"] == (24, 0.0, 1.0, 1.0)  # a screen knows nobody
    assert days["web", "2026-01-09"] == (3, pytest.approx(2 / 3), 1.0, 1.0)  # Dan, Eve and nobody
    assert days["web", "2026-01-11"] == (2, 1.0, 0.5, 1.0)  # Oli comes by, Pia teleports
    assert days["billing", "2026-02-25"] == (2, 1.0, pytest.approx(2 / 3), 1.0)  # Nia's purchase once more
    assert days["web", "2019-12-31"] == (1, 1.0, 1.0, 0.0)  # Otto


def test_a_field_of_customers_is_as_complete_as_it_is_filled(town: World) -> None:
    fields = {row["field"]: row for row in town.rows("select * from quality.rpt_customer_completeness")}
    customers = town.column("select count(*) as n from marts.dim_customers")[0]
    assert {row["customer_count"] for row in fields.values()} == {customers}
    # Finn, Fay and Flo of the bakery; eleven have bought.
    assert (fields["account_id"]["filled_count"], fields["first_conversion_at"]["filled_count"]) == (3, 11)
    assert fields["first_conversion_at"]["filled_rate"] == pytest.approx(11 / customers)


def test_visits_of_unknown_people_have_a_target_of_their_own(town: World) -> None:
    rows = {row["measure"]: row for row in town.rows("select * from quality.rpt_identity_effects")}
    stitched = rows.pop("anonymous_sessions_connected")
    assert (stitched["min_value"], stitched["severity"]) == (0.5, "warn")
    assert {(row["min_value"], row["severity"]) for row in rows.values()} == {(None, None)}


def test_what_is_not_configured_is_measured_with_limits_that_ship(town: World) -> None:
    limits = {row["threshold"]: row["limit_value"] for row in town.rows("select * from journey.thresholds")}
    assert (limits["duplicate_rate"], limits["silent_hours"], limits["match_rate_drop"]) == (0.02, 48.0, 0.1)
    assert town.journey.identity.limits["phone"].model_dump() == {"count": 5, "days": 365}
    counts = town.rows("select * from quality.rpt_volume_anomaly_counts")
    assert {(row["anomaly_count"], row["max_anomaly_count"]) for row in counts} == {(0, 0.0)}
    assert {row["severity"] for row in counts if row["compared_day_count"] == 0} == {None}
