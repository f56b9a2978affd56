"""The funnel report of the town, number by number. How far each person got is in test_people.py."""

from typing import Any

import pytest

from tests.world.build import World
from tests.world.town import moment

KEYS = ("entered_count", "reached_count", "mature_entered_count", "mature_reached_count")


def steps(
    town: World, funnel: str, dimension: str = "all", value: str | None = "all", grain: str = "all"
) -> list[dict[str, Any]]:
    """The rows of one group, step by step."""
    sql = """
        select * from marts.rpt_funnel_steps
        where funnel = ? and dimension = ? and dimension_value is not distinct from ? and grain = ? order by period_start, step
    """
    return town.rows(sql, funnel, dimension, value, grain)


def counts(rows: list[dict[str, Any]]) -> list[tuple[int | None, ...]]:
    return [tuple(one[key] for key in KEYS) for one in rows]


def test_counts_fall_with_depth_and_only_whole_windows_are_mature(town: World) -> None:
    # Fourteen visit; Jon, Val and Zoe so late that their thirty days are not over when billing's records end.
    rows = steps(town, "signup_to_purchase")
    assert counts(rows) == [(14, 14, 11, 11), (14, 5, 11, 4), (14, 2, 11, 1)]
    assert [one["conversion_rate"] for one in rows] == pytest.approx([1.0, 4 / 11, 1 / 11])
    assert [one["milestone"] for one in rows] == ["first_visit", "signed_up", "purchased"]


def test_a_missing_channel_is_a_row_of_its_own_beside_one_called_unknown(town: World) -> None:
    assert counts(steps(town, "signup_to_purchase", "channel", None)) == [(10, 10, 8, 8), (10, 3, 8, 2), (10, 1, 8, 0)]
    assert counts(steps(town, "signup_to_purchase", "channel", "unknown")) == [(1, 1, 1, 1), (1, 0, 1, 0), (1, 0, 1, 0)]


def test_of_equal_chains_the_latest_entry_gives_the_channel(town: World) -> None:
    # Ada and Sue came first through search; the visit that led on came through an e-mail. Zoe is all that search has.
    assert counts(steps(town, "signup_to_purchase", "channel", "email")) == [(2, 2, 2, 2), (2, 2, 2, 2), (2, 1, 2, 1)]
    assert counts(steps(town, "signup_to_purchase", "channel", "search")) == [(1, 1, 0, 0), (1, 0, 0, 0), (1, 0, 0, 0)]


def test_a_breakdown_adds_up_to_its_total_in_every_period_and_step(town: World) -> None:
    sql = """
        select grain, period_start, step,
            sum(entered_count), sum(reached_count), sum(mature_entered_count), sum(mature_reached_count)
        from marts.rpt_funnel_steps where funnel = 'signup_to_purchase' and dimension = ? group by all order by all
    """
    total = [tuple(one.values()) for one in town.rows(sql, "all")]
    assert len(total) > 20
    assert [tuple(one.values()) for one in town.rows(sql, "channel")] == total


def test_entrants_of_a_period_are_counted_once_in_it(town: World) -> None:
    days = {one["period_start"]: one["entered_count"] for one in steps(town, "signup_to_purchase", grain="day")}
    months = {one["period_start"]: one["entered_count"] for one in steps(town, "signup_to_purchase", grain="month")}
    assert days[moment("01-05").date()] == 1  # Ada, though she came three times
    assert months[moment("01-01").date()] == 11
    assert months[moment("02-01").date()] == 3  # Tom again, Jon and Val
    assert sum(days.values()) == 14 + 2  # Sue and Tom came on two days


def test_a_window_of_a_fraction_of_days_ends_exactly_then(town: World) -> None:
    assert [one["reached_count"] for one in steps(town, "quick_signup")] == [14, 2]  # Sue at the last moment, and Val


def test_a_funnel_without_a_window_has_no_maturity_and_counts_everybody(town: World) -> None:
    rows = steps(town, "ever_bought")
    assert counts(rows) == [(14, 14, None, None), (14, 3, None, None)]
    assert rows[1]["conversion_rate"] == pytest.approx(3 / 14)


def test_steps_that_nobody_reached_have_rows_of_zeros(town: World) -> None:
    rows = steps(town, "never_reached")
    assert [one["reached_count"] for one in rows] == [14, 4, 0, 0]
    assert [one["median_hours"] is None for one in rows] == [True, False, True, True]
    sql = "select count(distinct step) from marts.rpt_funnel_steps where funnel = 'never_reached' group by grain, period_start"
    assert set(town.column(sql)) == {4}


def test_hours_are_those_since_the_previous_step_of_the_best_chain(town: World) -> None:
    # To the account: Val 0, Sue 16.8, Ada just under 22, Tom 24, Quin 720.
    rows = steps(town, "signup_to_purchase")
    assert rows[1]["median_hours"] == pytest.approx(21 + 58 / 60, abs=1e-6)
    assert rows[1]["p95_hours"] == pytest.approx(24 + 0.8 * (720 - 24))
    assert rows[0]["median_hours"] is None


def test_the_interval_of_a_rate_is_wilsons(town: World) -> None:
    # 4 of 11, from the formula of Wilson (1927) with z = 1.959964.
    row = steps(town, "signup_to_purchase")[1]
    assert (row["conversion_low"], row["conversion_high"]) == pytest.approx((0.151670, 0.646194), abs=1e-5)


def test_a_rate_of_no_mature_entrants_is_unknown(town: World) -> None:
    row = steps(town, "signup_to_purchase", "channel", "search")[1]
    assert (row["conversion_rate"], row["conversion_low"], row["conversion_high"]) == (None, None, None)
