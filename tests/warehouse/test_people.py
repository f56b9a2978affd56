"""Each person of the town comes out of the warehouse as expected of them."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.world.build import World
from tests.world.town import PEOPLE, Person, moment


def everyone_with(field: str) -> pytest.MarkDecorator:
    """One test for each person of whom something is expected here."""
    people = [person for person in PEOPLE if getattr(person, field) is not None]
    assert people
    return pytest.mark.parametrize("person", people, ids=[person.name.split()[0] for person in people])


@everyone_with("event_count")
def test_a_customer_has_their_own_events_and_nobody_elses(town: World, person: Person) -> None:
    sql = "select event_count, person_count from marts.dim_customers where customer_id = ?"
    assert town.rows(sql, town.person_id(person.known_by)) == [{"event_count": person.event_count, "person_count": 1}]


@everyone_with("known_by")
def test_an_account_comes_from_the_export_or_a_company_address_and_else_is_unknown(town: World, person: Person) -> None:
    sql = "select account_id from marts.dim_customers where customer_id = ?"
    assert town.column(sql, town.person_id(person.known_by)) == [person.account]


@everyone_with("sessions")
def test_a_visit_ends_with_a_pause_longer_than_the_gap_and_is_on_one_device(town: World, person: Person) -> None:
    sql = "select event_count from marts.fct_sessions where person_id = ? order by started_at, ended_at desc"
    assert tuple(town.column(sql, town.person_id(person.known_by))) == person.sessions


@everyone_with("milestones")
def test_a_milestone_is_reached_when_its_definition_says(town: World, person: Person) -> None:
    sql = """
        select reached_at from working.intermediate.int_milestones_reached
        where customer_id = ? and milestone = ? order by reached_at
    """
    customer_id = town.person_id(person.known_by)
    reached = {milestone: town.column(sql, customer_id, milestone) for milestone in person.milestones or {}}
    assert reached == {milestone: [moment(at) for at in times] for milestone, times in (person.milestones or {}).items()}


@everyone_with("stays")
def test_a_customer_is_in_the_stage_of_the_latest_signal_that_counts(town: World, person: Person) -> None:
    sql = """
        select stage, entered_at, entry_reason, exited_at, is_current from marts.fct_stage_intervals
        where customer_id = ? and stage_set = 'life' order by entered_at
    """
    found = town.rows(sql, town.person_id(person.known_by))
    entered = [moment(at) for _, at, _ in person.stays or ()]
    assert [(one["stage"], one["entered_at"], one["entry_reason"]) for one in found] == [
        (stage, moment(at), reason) for stage, at, reason in person.stays or ()
    ]
    assert [one["exited_at"] for one in found] == [*(later for _, later in pairwise(entered)), None]
    assert [one["is_current"] for one in found] == [False] * (len(entered) - 1) + [True]


@everyone_with("steps")
def test_a_customer_gets_as_far_in_the_funnel_as_their_best_chain_within_the_window(town: World, person: Person) -> None:
    sql = """
        select max(step) from working.intermediate.int_funnels_followed
        where customer_id = ? and funnel = 'signup_to_purchase'
    """
    assert town.column(sql, town.person_id(person.known_by)) == [person.steps]
