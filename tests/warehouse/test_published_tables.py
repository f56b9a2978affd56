"""What holds for every customer in the published tables: keys, sums, intervals without holes, and no plain identifier."""

import hashlib

import pytest

from tests.world.build import ID_KEY, World
from tests.world.town import NO_DEVICE, PEOPLE, moment
from warehouse.connection import PUBLISHED_SCHEMAS

STAGE_SETS = ("life", "purse")


def test_customers_have_their_first_channel_and_all_their_revenue(town: World) -> None:
    sql = """
        select first_seen_at, last_seen_at, acquisition_channel, acquisition_campaign, current_stage, stage_entered_at,
            revenue_amount::double as revenue_amount, journey_version
        from marts.dim_customers where customer_id = ?
    """
    assert town.rows(sql, town.person_id(("user_id", "u-ada"))) == [
        {
            "first_seen_at": moment("01-05 10:00"),
            "last_seen_at": moment("02-25 10:00"),
            "acquisition_channel": "search",
            "acquisition_campaign": "winter",
            "current_stage": "advocacy",
            "stage_entered_at": moment("01-16 09:00"),
            "revenue_amount": 100.0,
            "journey_version": town.journey.fingerprint,
        }
    ]


def test_revenue_is_unknown_and_not_zero_for_who_never_paid(town: World) -> None:
    sql = "select revenue_amount, acquisition_channel from marts.dim_customers where customer_id = ?"
    assert town.rows(sql, town.person_id(("anonymous_id", "a-bob"))) == [{"revenue_amount": None, "acquisition_channel": None}]


@pytest.mark.parametrize("stage_set", STAGE_SETS)
def test_every_customer_is_in_exactly_one_stage_at_any_time_since_their_first_event(town: World, stage_set: str) -> None:
    sql = """
        with ordered as (
            select *, lead(entered_at) over (partition by customer_id order by entered_at) as next_entered_at
            from marts.fct_stage_intervals where stage_set = ?
        )
        select customer_id, min(entered_at) as first_entered_at, count(*) filter (where exited_at is null) as open_count,
            count(*) filter (where exited_at is distinct from next_entered_at or exited_at <= entered_at) as faults,
            count(*) filter (where is_current <> (exited_at is null)) as contradictions
        from ordered group by customer_id order by customer_id
    """
    customers = town.rows("select customer_id, first_seen_at from marts.dim_customers order by customer_id")
    assert town.rows(sql, stage_set) == [
        {
            "customer_id": one["customer_id"],
            "first_entered_at": one["first_seen_at"],
            "open_count": 1,
            "faults": 0,
            "contradictions": 0,
        }
        for one in customers
    ]


@pytest.mark.parametrize(
    ("known_by", "visits"),
    [
        (
            "u-hal",
            [
                ("customer", 1, False, True),
                ("at_risk", 1, False, False),
                ("customer", 2, False, False),
                ("at_risk", 2, False, False),
            ],
        ),
        (
            "u-mia",
            [
                ("customer", 1, False, True),
                ("advocacy", 1, False, False),
                ("at_risk", 1, False, False),
                ("customer", 2, True, False),
            ],
        ),
        ("u-val", [("customer", 1, False, True)]),
    ],
)
def test_visits_are_numbered_and_a_way_back_or_over_a_stage_is_marked(
    town: World, known_by: str, visits: list[tuple[str, int, bool, bool]]
) -> None:
    sql = """
        select stage, visit_number, is_regression, is_skip from marts.fct_stage_intervals
        where customer_id = ? and stage_set = 'life' order by entered_at
    """
    assert [tuple(one.values()) for one in town.rows(sql, town.person_id(("user_id", known_by)))] == visits


def test_every_stage_is_counted_even_when_nobody_is_in_it(town: World) -> None:
    sql = "select stage, customer_count from marts.rpt_stage_occupancy where stage_set = 'life' order by position"
    found = {one["stage"]: one["customer_count"] for one in town.rows(sql)}
    assert list(found) == [stage.name for stage in town.journey.stage_sets["life"].stages]
    assert found["unhappy"] == 0
    assert found["at_risk"] == 2  # Hal and Kim
    assert sum(found.values()) == town.column("select count(*) from marts.dim_customers")[0]


def test_the_shares_of_what_comes_next_add_up_to_one(town: World) -> None:
    sql = """
        select sum(share) from marts.rpt_transitions group by level, stage_set, from_name
    """
    sums = town.column(sql)
    assert len(sums) > 5
    assert sums == pytest.approx([1.0] * len(sums))


def test_transitions_between_stages_count_every_move(town: World) -> None:
    sql = """
        select to_name, transition_count, customer_count, share from marts.rpt_transitions
        where level = 'stage' and stage_set = 'life' and from_name = 'customer' order by to_name
    """
    # Ada and Mia tell a friend, Hal twice and Kim fall silent, Ivy leaves, Lea complains.
    assert [tuple(one.values()) for one in town.rows(sql)] == [
        ("advocacy", 2, 2, pytest.approx(2 / 7)),
        ("at_risk", 3, 2, pytest.approx(3 / 7)),
        ("churned", 1, 1, pytest.approx(1 / 7)),
        ("unhappy", 1, 1, pytest.approx(1 / 7)),
    ]


def test_transitions_between_events_follow_each_customer_alone(town: World) -> None:
    sql = """
        select from_name, transition_count, median_hours from marts.rpt_transitions
        where level = 'event_type' and to_name = 'referral_made' order by from_name
    """
    # Ada after a purchase and a day, Mia after a purchase and a day, Lea after a complaint and a day.
    assert [tuple(one.values()) for one in town.rows(sql)] == [("complained", 1, 24.0), ("purchased", 2, 24.0)]


def test_an_exit_that_few_come_by_has_a_weight_and_no_rank(town: World) -> None:
    rows = town.rows("select event_type, customer_count, weight, exit_rank from marts.rpt_exits")
    assert {row["event_type"] for row in rows} == {"page_viewed", "signed_up", "logged_in", "feature_used", "video_watched"}
    assert max(row["customer_count"] for row in rows) < 30
    assert [row["exit_rank"] for row in rows if row["weight"] > 0] == [None] * len(rows)


def test_a_comparison_of_few_shows_what_was_counted_and_claims_nothing(town: World) -> None:
    rows = town.rows("select * from marts.rpt_comparisons where comparison = 'by_month' and part = 'ever_bought'")
    # Of January's visitors Ada and Tom buy, of February's Tom, who came again, and Val.
    assert [(row["left_count"], row["left_total"], row["right_count"], row["right_total"]) for row in rows] == [(2, 11, 2, 3)]
    assert [(row["is_small"], row["difference"], row["is_significant"]) for row in rows] == [(True, None, None)]


def test_an_identifier_is_published_as_a_keyed_hash_of_its_type_and_value(town: World) -> None:
    digest = hashlib.sha256(f"{ID_KEY}email:ada@gmail.com".encode()).hexdigest()
    sql = "select person_id, effective_at, superseded_at from marts.dim_identities where id_type = 'email' and id_hash = ?"
    assert town.rows(sql, digest) == [
        {"person_id": town.person_id(("user_id", "u-ada")), "effective_at": moment("01-06 09:00"), "superseded_at": None}
    ]


def test_no_plain_identifier_is_in_a_schema_that_gets_published(town: World) -> None:
    plain = [*(person.known_by[1] for person in PEOPLE), "ada@", "Ada@", "c-one", "a-ada", NO_DEVICE, "k-1", "49301"]
    columns = town.rows(
        "select table_schema || '.' || table_name as name, list(column_name) as columns from information_schema.columns "
        "where table_catalog = 'throughline' and data_type = 'VARCHAR' and column_name <> 'attributes' group by all"
    )
    assert {one["name"].split(".")[0] for one in columns} == set(PUBLISHED_SCHEMAS)
    texts = {
        (table["name"], column, text)
        for table in columns
        for row in town.rows(f"select {', '.join(table['columns'])} from {table['name']}")
        for column, text in row.items()
        if text is not None
    }
    assert len(texts) > 400
    assert [found for found in texts if any(value in found[2] for value in plain)] == []
