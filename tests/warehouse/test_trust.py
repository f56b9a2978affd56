"""Every published number says what state its data is in, and one that must not be trusted is not there."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.world.build import World
from tests.world.judged import ask, judged, published
from warehouse import connection
from warehouse.publication import trust

FUNNEL = "select distinct funnel, trust_state from marts.rpt_funnel_steps order by all"


def fail(world: World, about: str, severity: str = "warn", **columns: Any) -> None:
    """One gate that fails, about one fact."""
    told = {"about": about, "subject": f"the {about}", "observed": "7", "threshold": "≤ 5"}
    judged(world, ("some_gate", False, severity), **told | columns)


def numbers_of(world: World) -> list[trust.Numbers]:
    with connection.connect(world.settings, read_only=True) as opened:
        return trust.declared(opened)


def test_every_published_table_says_what_its_numbers_rest_on_with_columns_it_has(town: World) -> None:
    with connection.connect(town.settings, read_only=True) as opened:
        assert trust.unjudged(opened) == []
    for numbers in numbers_of(town):
        columns = {row["column_name"] for row in town.rows(f"describe select * from {numbers.table}")}
        assert {*numbers.columns, *filter(None, (numbers.part, numbers.reason))} <= columns
    scopes = {*town.column("select scope from quality.trust_scopes"), "model:churn", "model:customer_segments"}
    assert {numbers.scope for numbers in numbers_of(town)} <= scopes | {"ads", None}  # the town shows no ads


def test_a_table_that_says_nothing_is_published_as_unjudged(house: World) -> None:
    judged(house, ("some_gate", True, "warn"), about="event_type:signed_up")
    with connection.connect(house.settings) as opened:
        opened.execute("create table marts.rpt_mine as select 1 as customer_count")
    path = published(house)
    assert ask(path, "select trust_state from marts.rpt_mine") == [("unjudged",)]
    told = ask(path, "select table_name, state, reasons from quality.trust_ledger where state <> 'trusted'")
    assert told == [("marts.rpt_mine", "unjudged", trust.SAYS_NOTHING)]


def test_where_nothing_fails_every_number_is_trusted(house: World) -> None:
    judged(house, ("some_gate", True, "warn"), about="event_type:signed_up")
    path = published(house)
    assert {state for _, state in ask(path, FUNNEL)} == {"trusted"}
    assert set(ask(path, "select state, reasons from quality.trust_ledger")) == {("trusted", None)}
    assert ask(path, "select max(gate_count) from quality.trust_ledger where table_name = 'marts.rpt_funnel_steps'") == [(1,)]


def test_a_warning_stands_beside_the_numbers_that_rest_on_it_and_no_others(house: World) -> None:
    fail(house, "funnel:signup_to_purchase")
    path = published(house)
    others = {funnel for (funnel,) in ask(path, "select distinct funnel from marts.rpt_funnel_steps")} - {"signup_to_purchase"}
    assert others
    assert dict(ask(path, FUNNEL)) == dict.fromkeys(others, "trusted") | {"signup_to_purchase": "warned"}  # type: ignore[arg-type]
    told = "some_gate: the funnel:signup_to_purchase: 7 (allowed ≤ 5)"
    assert ask(path, "select distinct trust_reason from marts.rpt_funnel_steps where trust_state = 'warned'") == [(told,)]
    assert set(ask(path, "select table_name, part, reasons from quality.trust_ledger where state <> 'trusted'")) == {
        ("marts.rpt_funnel_steps", "signup_to_purchase", told),
        ("marts.rpt_comparisons", "signup_to_purchase", told),
        ("marts.rpt_conversion_times", "signup_to_purchase", told),
        ("marts.rpt_friction", "signup_to_purchase", told),
    }
    assert ask(path, "select count(*) from marts.rpt_funnel_steps where entered_count is null") == [(0,)]


def test_a_type_of_event_is_in_doubt_with_every_number_that_counts_it(house: World) -> None:
    fail(house, "event_type:signed_up")
    path = published(house)
    warned = ask(path, "select table_name, part from quality.trust_ledger where state = 'warned' order by all")
    assert ("marts.rpt_funnel_steps", "signup_to_purchase") in warned
    assert ("marts.rpt_transitions", None) in warned
    assert {table for table, _ in warned}.isdisjoint({"marts.dim_identities", "marts.fct_ad_days"})


def test_what_is_withheld_is_not_published_with_the_reason_and_kept_in_the_build(house: World) -> None:
    fail(house, "funnel:signup_to_purchase", "withhold")
    path = published(house)
    withheld = "from marts.rpt_funnel_steps where funnel = 'signup_to_purchase'"
    (numbers,) = (one for one in numbers_of(house) if one.table == "marts.rpt_funnel_steps")
    assert set(ask(path, f"select {', '.join(numbers.columns)} {withheld}")) == {(None,) * len(numbers.columns)}
    assert ask(path, f"select distinct trust_state, trust_reason {withheld}") == [
        ("withheld", "some_gate: the funnel:signup_to_purchase: 7 (allowed ≤ 5)")
    ]
    assert set(ask(path, "select table_name, part from quality.trust_ledger where state = 'withheld'")) == {
        ("marts.rpt_funnel_steps", "signup_to_purchase"),
        ("marts.rpt_comparisons", "signup_to_purchase"),
        ("marts.rpt_conversion_times", "signup_to_purchase"),
        ("marts.rpt_friction", "signup_to_purchase"),
    }
    assert house.column(f"select count(entered_count) {withheld}") != [0]
    assert ask(
        path, "select count(*) from marts.rpt_funnel_steps where funnel <> 'signup_to_purchase' and entered_count is null"
    ) == [(0,)]


def test_a_fault_with_a_beginning_and_an_end_touches_the_periods_it_lies_in(house: World) -> None:
    steps = "from marts.rpt_funnel_steps where funnel = 'signup_to_purchase' and grain = "
    weeks = f"select distinct period_start {steps} 'week' order by 1"
    first, *_, last = (week for (week,) in ask(house.settings.database, weeks))
    fail(house, "event_type:signed_up", fault_started_at=datetime(2026, 1, 1), fault_ended_at=datetime(2026, 1, 2))
    path = published(house)
    state = f"select distinct trust_state {steps}"
    assert ask(path, f"{state} 'all'") == [("warned",)]
    assert ask(path, f"{state} 'week' and period_start = '{last}'") == [("trusted",)]
    assert first < last  # type: ignore[operator]
    later: dict[str, Any] = {"at": datetime(2026, 3, 4), "run_id": "run-2"}
    fail(house, "event_type:signed_up", fault_started_at=last, **later)
    again = published(house, "run-2")
    assert ask(again, f"{state} 'week' and period_start = '{last}'") == [("warned",)]
    assert ask(again, f"{state} 'week' and period_start = '{first}'") == [("trusted",)]


def test_a_withheld_model_gives_its_reason_in_a_column_of_its_own(house: World) -> None:
    with connection.connect(house.settings) as opened:
        opened.execute("insert into ml.churn_scores values (1, timestamp '2026-03-01', 0.9, 'auto', 'age', 'v1')")
    fail(house, "model:churn", "withhold", observed="it's 0.99")
    assert ask(published(house), "select customer_id, churn_probability, route, reasons from ml.churn_scores") == [
        (1, None, None, "withheld: some_gate: the model:churn: it's 0.99 (allowed ≤ 5)")
    ]


def test_many_reasons_are_told_in_part_and_counted(house: World) -> None:
    names = [f"gate_{number}" for number in range(8)]
    judged(house, *((name, False, "warn") for name in names), about="revenue", observed="2")
    (reasons,) = ask(published(house), "select distinct reasons from quality.trust_ledger where state = 'warned'")[0]
    assert len(str(reasons).splitlines()) == trust.MOST_REASONS + 1
    assert str(reasons).endswith("and 3 more")


@pytest.mark.parametrize("severity", ["warn", "withhold"])
def test_a_new_publication_begins_anew(house: World, severity: str) -> None:
    fail(house, "identity", severity)
    published(house)
    judged(house, ("some_gate", True, severity), run_id="run-2", about="identity", at=datetime(2026, 3, 4))
    path = published(house, "run-2", datetime(2026, 3, 4))
    assert {state for _, state in ask(path, FUNNEL)} == {"trusted"}
    assert ask(path, "select count(*) from marts.rpt_funnel_steps where entered_count is null") == [(0,)]
    assert ask(path, "select distinct run_id from quality.trust_ledger order by 1") == [("run-1",), ("run-2",)]


def test_who_began_after_a_fault_is_not_touched_by_it(house: World) -> None:
    fault: dict[str, Any] = {"fault_started_at": datetime(2026, 1, 20), "fault_ended_at": datetime(2026, 1, 25)}
    fail(house, "event_type:signed_up", **fault)
    path = published(house)
    sql = """
        select distinct period_start, trust_state from marts.rpt_conversion_times
        where coalesce(period_start >= date '2026-01-01', true) order by all nulls last
    """
    january, february = (datetime(2026, month, 1).date() for month in (1, 2))
    assert ask(path, sql) == [(january, "warned"), (february, "trusted"), (None, "warned")]
