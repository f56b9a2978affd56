"""Rows become events: once each, under one spelling per identifier, up to now."""

from tests.world.build import World
from tests.world.town import AS_OF, NOBODY, PEOPLE, TILLS, kiosk


def test_every_event_is_there_once_and_nothing_else(town: World) -> None:
    expected = sum(person.event_count for person in PEOPLE) + len(NOBODY) + len(TILLS) + len(kiosk())
    assert town.rows("select count(*) as rows, count(distinct event_id) as ids from marts.fct_events") == [
        {"rows": expected, "ids": expected}
    ]


def test_now_is_the_latest_event_that_is_not_dated_after_its_own_landing(town: World) -> None:
    assert town.column("select as_of from working.intermediate.int_clock_read") == [AS_OF]
    assert town.column("select max(occurred_at) from marts.fct_events") == [AS_OF]


def test_a_correction_counts_from_the_last_file_as_people_order_them(town: World) -> None:
    nia = town.person_id(("user_id", "u-nia"))
    sql = "select revenue_amount::double from marts.fct_events where customer_id = ? and event_type = 'purchased'"
    assert town.column(sql, nia) == [12.0]


def test_an_event_whose_identifiers_all_stand_for_nobody_has_no_customer_and_is_kept(town: World) -> None:
    counts = town.rows(
        "select source, count(*) as events from marts.fct_events where customer_id is null group by all order by all"
    )
    assert counts == [{"source": "kiosk", "events": len(kiosk())}, {"source": "web", "events": len(NOBODY)}]
    assert town.column("select count(*) from marts.dim_customers where customer_id is null") == [0]


def test_people_who_share_only_blocked_identifiers_stay_apart(town: World) -> None:
    assert town.person_id(("anonymous_id", "a-dan")) != town.person_id(("anonymous_id", "a-eve"))


def test_cookies_joined_by_a_login_are_one_person(town: World) -> None:
    assert (
        len({town.person_id(known) for known in (("user_id", "u-cleo"), ("anonymous_id", "c-one"), ("anonymous_id", "c-two"))})
        == 1
    )


def test_people_of_one_company_are_different_persons_with_one_account(town: World) -> None:
    people = [town.person_id(("email", f"{name}@bakery.example")) for name in ("finn", "fay")]
    assert len(set(people)) == 2
    sql = "select distinct account_id from marts.dim_customers where customer_id in (?, ?)"
    assert town.column(sql, *people) == ["bakery.example"]


def test_columns_nobody_knows_are_kept_as_attributes_without_addresses(town: World) -> None:
    attributes = town.column("select attributes from marts.fct_events where attributes is not null")
    assert attributes == ['{"plan":"[e-mail] on trial"}']


def test_a_first_landing_is_known_since_it_happened(town: World) -> None:
    assert town.column("select count(*) from marts.fct_events where known_at <> occurred_at") == [0]
