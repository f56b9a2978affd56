"""What is planted is there: rates, hazards and effects come back from truth and exports within their sampling error.

Limits are five standard errors, so that a right world fails one of these about once in a million draws; the seed is fixed anyway.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from simulation.clock import WEB_WEEKDAYS
from simulation.decisions import CHANNEL_NAMES, draw_prospects, touched
from simulation.leaving import QUIET_DAYS_AT_MOST
from simulation.life import draw_life
from simulation.rules import ARCHETYPES, CHANNELS, DEVICE_EFFECTS, RULES, SIGNUP_BASE
from simulation.world import Incident, World
from tests.simulation.conftest import Written

DAY = 86_400
ERRORS = 5.0


def assert_rate(found: int, of: int, rate: float) -> None:
    """That a count is what a rate gives, but for chance."""
    assert of > 200
    assert abs(found - of * rate) < ERRORS * np.sqrt(of * rate * (1 - rate)) + 1


def test_people_are_of_the_planted_archetypes(city: Written) -> None:
    people = city.ask("select archetype, count(*) as n from people where role = 'owner' group by archetype").set_index(
        "archetype"
    )
    for name, archetype in ARCHETYPES.items():
        assert_rate(int(people["n"][name]), int(people["n"].sum()), archetype.share)


def test_as_many_sign_up_as_their_planted_chances_say(city: Written) -> None:
    told = city.ask("""
        select signup_chance, signed_up_at is not null as signs_up
        from people where role = 'owner' and visited_at < timestamp '2026-09-01'
    """)
    for low, high in ((0, 0.3), (0.3, 0.5), (0.5, 1)):
        part = told[told["signup_chance"].between(low, high)]
        spread = np.sqrt((part["signup_chance"] * (1 - part["signup_chance"])).sum())
        assert abs(part["signs_up"].sum() - part["signup_chance"].sum()) < ERRORS * spread


def test_the_effects_of_touches_and_devices_are_found_again_from_visits() -> None:
    """By the model that planted them, from the channels of the visits before the decision."""
    world = World(customers=40_000, seed=11)
    people, visits = draw_prospects(world, 0)
    has_decided = people["visited_at"].to_numpy() < world.calendar.end - 40 * DAY
    devices = np.eye(3)[people["device"].to_numpy()][:, 1:]
    seen = np.hstack([touched(visits, len(people)).astype(float), devices])[has_decided]
    model = LogisticRegression(C=1e6, max_iter=1000).fit(seen, people["signed_up_at"].notna().to_numpy()[has_decided])
    chance = model.predict_proba(seen)[:, 1]
    design = np.hstack([np.ones((len(seen), 1)), seen])
    errors = np.sqrt(np.diag(np.linalg.inv(design.T @ (design * (chance * (1 - chance))[:, None]))))
    base = list(DEVICE_EFFECTS.values())
    planted = [SIGNUP_BASE + base[0], *(CHANNELS[name].effect for name in CHANNEL_NAMES), base[1] - base[0], base[2] - base[0]]
    found = np.concatenate([model.intercept_, model.coef_[0]])
    assert (np.abs(found - planted) < ERRORS * errors).all()
    assert errors.max() < 0.15


@pytest.mark.parametrize(("is_activated", "rate"), [(True, RULES.trial_rate), (False, RULES.trial_rate_unactivated)])
def test_trials_are_started_at_the_planted_rates(city: Written, is_activated: bool, rate: float) -> None:
    told = city.ask(f"""
        select archetype, count(*) as n, count(trial_at) as trials
        from people
        where role = 'owner' and signed_up_at < timestamp '2026-08-01' and is_activated = {is_activated}
        group by archetype
    """).set_index("archetype")
    expected = sum(told["n"][name] * rate * archetype.trial_lift for name, archetype in ARCHETYPES.items())
    assert_rate(int(told["trials"].sum()), int(told["n"].sum()), expected / told["n"].sum())


def test_payments_and_second_looks_come_at_the_planted_rates(city: Written) -> None:
    first = city.ask("""
        select is_activated, count(*) as n, count(*) filter (lapsed_at is null) as paid
        from people
        where trial_at < timestamp '2026-10-10'
        group by is_activated
    """).set_index("is_activated")
    for is_activated, rate in ((True, RULES.purchase_rate), (False, RULES.purchase_rate_unactivated)):
        assert_rate(int(first["paid"][is_activated]), int(first["n"][is_activated]), rate)
    second = city.ask("""
        select
            count(*) filter (lapsed_at < timestamp '2026-06-01') as lapsed,
            count(demo_again_at) filter (lapsed_at < timestamp '2026-06-01') as looks,
            count(trial_again_at) filter (lapsed_at < timestamp '2026-06-01') as trials,
            count(*) filter (trial_again_at < timestamp '2026-10-10') as decided,
            count(paid_from) filter (trial_again_at < timestamp '2026-10-10') as paid
        from people
    """).iloc[0]
    assert_rate(second["looks"], second["lapsed"], RULES.second_look_share)
    assert_rate(second["trials"], second["lapsed"], RULES.second_look_share * RULES.second_trial_rate)
    assert_rate(second["paid"], second["decided"], RULES.second_purchase_rate)


def test_as_many_are_activated_as_planted_and_activated_means_three_uses_in_the_first_week(city: Written) -> None:
    found = city.ask("""
        select
            is_activated,
            count(*) filter (occurred_at < signed_up_at + interval 7 day) as use_count
        from people
        left join events.product as product on product_user_id = product.user_id and event_type = 'feature_used'
        where signed_up_at < timestamp '2026-10-20' and role = 'owner'
        group by person, is_activated
    """)
    is_activated = found["is_activated"].to_numpy()
    assert_rate(is_activated.sum(), len(found), RULES.activation_rate)
    assert found["use_count"][~is_activated].max() < 3
    assert (found["use_count"][is_activated] >= 3).mean() > 0.995  # a release may take one


def test_hazards_are_what_the_formula_says_of_what_the_exports_show(city: Written) -> None:
    """Reads the exports as a perfect reader would, whom only the truth tells which ids are one person's."""
    rules = RULES
    found = city.ask(f"""
        with snapshots as (
            select person, snapshot_at, product_user_id, paid_from, hazard, visible_hazard, noise
            from hazards
            join people using (person)
            join play using (person)
            where person % 3 = 0
        ),

        uses as (
            select
                person,
                snapshot_at,
                date_diff('day', greatest(paid_from, max(occurred_at)), snapshot_at) as quiet_days,
                count(distinct feature) as feature_count
            from snapshots
            left join events.product
                on product_user_id = user_id and event_type = 'feature_used' and occurred_at < snapshot_at
            group by person, snapshot_at, paid_from
        ),

        failures as (
            select customer, min(created) as failed_at
            from stripe.charges
            where status = 'failed'
            group by customer, invoice
        ),

        happenings as (
            select requester_id as person, created_at as happened_at, 'bad_ticket' as kind
            from zendesk.ticket
            where priority = 'high'
            union all
            select substr(customer, 5)::bigint, failed_at, 'failure'
            from failures
            union all
            select person, to_timestamp(created_at)::timestamp, 'detraction'
            from surveys.survey_responses
            where score <= 6
            union all
            select (contacts::json ->> 0)::bigint, date_trunc('day', properties_hs_timestamp), 'call'
            from hubspot.engagements_calls
        ),

        counts as (
            select
                person,
                snapshot_at,
                count(*) filter (kind = 'bad_ticket' and happened_at >= snapshot_at - interval 30 day) as bad_tickets,
                count(*) filter (kind = 'failure' and happened_at >= snapshot_at - interval 30 day) as failures,
                count(*) filter (kind = 'detraction' and happened_at >= snapshot_at - interval 60 day) as detractions,
                count(*) filter (kind = 'call' and happened_at >= snapshot_at - interval {rules.play_days} day) as calls
            from snapshots
            left join happenings using (person)
            where happened_at < snapshot_at or happened_at is null
            group by person, snapshot_at
        )

        select
            ln(visible_hazard / (1 - visible_hazard)) as visible,
            ln(hazard / (1 - hazard)) as hidden,
            noise,
            coalesce(bad_tickets, 0) as bad_tickets,
            coalesce(failures, 0) as failures,
            least(coalesce(detractions, 0), 1) as detractions,
            coalesce(calls, 0) as calls,
            quiet_days,
            feature_count
        from snapshots
        join uses using (person, snapshot_at)
        left join counts using (person, snapshot_at)
    """)
    formula = (
        rules.churn_base
        + rules.churn_by_quiet_day * found["quiet_days"].clip(upper=QUIET_DAYS_AT_MOST)
        + rules.churn_by_bad_ticket * found["bad_tickets"]
        + rules.churn_by_failed_payment * found["failures"]
        + rules.churn_by_feature * found["feature_count"]
        + rules.churn_by_detraction * found["detractions"]
        + rules.play_effect * found["calls"]
    )
    # All but those whose calls are not in the CRM, and a failure just after midnight.
    is_off = (found["visible"] - formula).abs() > 1e-3
    assert is_off.mean() < 0.003
    for happening in ("bad_tickets", "failures", "detractions", "calls"):
        happened = found[happening] > 0
        assert happened.sum() > 50
        assert is_off[happened].mean() < 0.05
    assert (found["hidden"] - found["visible"] - found["noise"]).abs().max() < 1e-3


def test_the_personal_share_is_as_wide_as_planted(city: Written) -> None:
    noise = city.ask("select noise from play")["noise"]
    assert abs(noise.std() - RULES.churn_noise) < ERRORS * RULES.churn_noise / np.sqrt(2 * len(noise))
    assert abs(noise.mean()) < ERRORS * RULES.churn_noise / np.sqrt(len(noise))


def test_customers_leave_as_often_as_their_hazards_say(city: Written) -> None:
    told = city.ask("""
        select hazard, leaves_within_30d as leaves, visible_hazard from hazards where leaves_within_30d is not null
    """)
    assert len(told) > 15_000
    assert 0.02 < told["leaves"].mean() < 0.12
    by_hazard = told.groupby(np.searchsorted(np.quantile(told["hazard"], [0.25, 0.5, 0.75]), told["hazard"]))["leaves"].mean()
    assert by_hazard.is_monotonic_increasing
    best, visible = (roc_auc_score(told["leaves"], told[name]) for name in ("hazard", "visible_hazard"))
    assert 0.70 < visible < best < 0.90


def test_the_play_does_what_was_planted_and_the_hold_out_shows_it(city: Written) -> None:
    play = city.ask(f"""
        select *, coalesce(cancelled_at < quiet_at + interval {RULES.play_days} day and way_out = 'own_will', false) as leaves
        from play where quiet_at < timestamp '2026-09-25'
    """)
    held, called = play[play["is_held_out"]], play[~play["is_held_out"]]
    assert_rate(len(held), len(play), RULES.play_holdout_share)
    for group, chance in ((held, "chance_if_not"), (called, "chance_if_called")):
        spread = np.sqrt((group[chance] * (1 - group[chance])).sum())
        assert abs(group["leaves"].sum() - group[chance].sum()) < ERRORS * spread
    assert (play["chance_if_called"] <= play["chance_if_not"]).all()
    planted = (play["chance_if_called"] - play["chance_if_not"]).mean()
    found = called["leaves"].mean() - held["leaves"].mean()
    assert planted < -0.01
    assert abs(found - planted) < ERRORS * np.sqrt(held["leaves"].var() / len(held) + called["leaves"].var() / len(called))


def test_the_hold_out_shows_a_play_that_keeps_everybody() -> None:
    """So strong a play that a hold-out mixed up by mistake would show."""
    strong = replace(RULES, play_effect=-8.0, play_quiet_days=7, churn_base=-6.0)
    world = World(customers=8_000, seed=11, rules=strong)
    play = draw_life(world, 0).leaving.customers.query(f"quiet_at < {world.calendar.end - strong.play_days * DAY}")
    leaves = (play["cancelled_at"] < play["quiet_at"] + strong.play_days * DAY) & (play["cancel_reason"] == 0)
    held, called = leaves[play["is_held_out"]], leaves[~play["is_held_out"]]
    error = np.sqrt(held.var() / len(held) + called.var() / len(called))
    found, planted = called.mean() - held.mean(), (play["chance_if_called"] - play["chance_if_not"]).mean()
    assert abs(found - planted) < ERRORS * error
    assert planted < -ERRORS * error


def test_the_play_begins_on_the_day_on_which_somebody_is_quiet_for_long_enough(city: Written) -> None:
    quiet = city.ask("""
        select date_diff('day', greatest(any_value(paid_from), max(occurred_at)), quiet_at) as days
        from play
        join people using (person)
        left join events.product as product
            on product.user_id = product_user_id and event_type = 'feature_used' and occurred_at < quiet_at
        where quiet_at is not null
        group by person, quiet_at
    """)["days"]
    assert len(quiet) > 500
    assert (quiet == RULES.play_quiet_days).all()


def test_in_an_outage_nothing_is_seen_or_used() -> None:
    outage = Incident("outage", datetime(2026, 9, 1, 14), datetime(2026, 9, 2, 20), "a broken disk")
    world = World(customers=8_000, seed=11, incidents=(outage,))
    life = draw_life(world, 0)
    for moments in (life.views["viewed_at"].to_numpy(), life.usage.used_at):
        assert world.during(outage, moments + 7 * DAY).sum() > 200
        assert world.during(outage, moments).sum() == 0


def test_a_drop_is_a_drop_on_the_device_it_hit_and_nowhere_else(city: Written) -> None:
    drop = next(incident for incident in city.world.incidents if incident.kind == "drop")
    rates = city.ask(f"""
        select
            device = '{drop.device}' as is_hit,
            visited_at between timestamp '{drop.start}' and timestamp '{drop.end}' - interval 10 day as is_during,
            avg((signed_up_at is not null)::int) as rate
        from people
        where role = 'owner' and visited_at < timestamp '2026-09-20'
        group by all
    """).set_index(["is_hit", "is_during"])["rate"]
    assert rates[True, True] < 0.6 * rates[True, False]
    assert rates[False, True] == pytest.approx(rates[False, False], abs=0.06)


def test_a_changed_price_page_takes_its_share_of_the_trials_while_it_stands_and_no_others() -> None:
    world = World(customers=20_000, seed=11)
    start, end = datetime(2026, 5, 1), datetime(2026, 7, 1)
    change = Incident("price_page_change", start, end, "a price page with higher prices", factor=0.6)
    before = draw_prospects(world, 0)[0]["trial_at"].to_numpy()
    after = draw_prospects(replace(world, incidents=(change,)), 0)[0]["trial_at"].to_numpy()
    is_hit = (before >= world.calendar.seconds(start)) & (before < world.calendar.seconds(end))
    assert_rate(int((~np.isnan(after[is_hit])).sum()), int(is_hit.sum()), change.factor)
    np.testing.assert_array_equal(after[~is_hit], before[~is_hit])


def test_a_release_takes_uses_of_its_feature_and_brings_tickets(city: Written) -> None:
    release = next(incident for incident in city.world.incidents if incident.kind == "release")
    days = (release.end - release.start).days
    window = f"between timestamp '{release.start}' and timestamp '{release.end}'"
    before = f"between timestamp '{release.start}' - interval {days} day and timestamp '{release.start}'"
    ticket_counts, use_counts = (
        city.ask(f"""
            select count(*) filter ({moment} {window}) as during, count(*) filter ({moment} {before}) as ahead
            from {table}
        """).iloc[0]
        for moment, table in (
            ("opened_at", "ticket_moods"),
            ("occurred_at", f"events.product where feature = '{release.feature}'"),
        )
    )
    assert ticket_counts["during"] > 2 * ticket_counts["ahead"]
    assert use_counts["during"] < 0.4 * use_counts["ahead"]


def test_the_company_has_the_rhythm_of_a_company(city: Written) -> None:
    views = city.ask("select date_trunc('hour', timestamp) as moment, count(*) as n from segment.pages group by all")
    by_day = views.groupby(views["moment"].dt.floor("D"), as_index=False).agg(moment=("moment", "min"), n=("n", "sum"))
    is_weekend = by_day["moment"].dt.day_of_week >= 5
    assert 0.6 < by_day["n"][is_weekend].mean() / by_day["n"][~is_weekend].mean() < 0.8
    assert by_day["n"].iloc[-91:].mean() > 1.3 * by_day["n"].iloc[30:121].mean()  # it grows
    by_time = views.groupby(views["moment"].dt.hour)["n"].sum()
    assert by_time.max() > 3 * by_time.min() > 0


def test_first_visits_follow_growth_and_season_as_planted(city: Written) -> None:
    calendar = city.world.calendar
    found = city.ask(f"""
        select count(visited_at) as n
        from range({city.world.days}) as days (day)
        left join people on date_diff('day', timestamp '{calendar.start}', visited_at) = day and role = 'owner'
        group by day
        order by day
    """)["n"].to_numpy()
    time = np.arange(city.world.days) / 365
    season = np.sin(2 * np.pi * (calendar.days_of_year + 15) / 365)
    flow = (1 + RULES.yearly_growth * time) * (1 + RULES.season_strength * season) * WEB_WEEKDAYS[calendar.weekdays]
    expected = flow / flow.sum() * found.sum()
    variance = expected + (RULES.day_spread * expected) ** 2
    for weight in (time - 0.5, season):
        assert abs(((found - expected) * weight).sum()) < ERRORS * np.sqrt((weight**2 * variance).sum())


def test_a_few_do_most_as_in_every_real_log(city: Written) -> None:
    uses = city.ask("select count(*) as n from events.product group by user_id order by n desc")["n"]
    assert uses.iloc[: len(uses) // 10].sum() > 0.35 * uses.sum()
    assert uses.iloc[0] > 20 * uses.median()


def test_the_mood_of_a_ticket_is_that_of_its_words(city: Written) -> None:
    tickets = city.ask("select description, mood from zendesk.ticket join ticket_moods on id = ticket")
    words = tickets["description"].str.lower()
    assert tickets[words.str.contains("annoyed|disappointed|terrible")]["mood"].max() < 0
    assert tickets[words.str.contains("love|great work|wonderful")]["mood"].min() > 0


def test_stage_intervals_are_whole_and_half_open(city: Written) -> None:
    faults = city.ask("""
        select
            count(*) filter (exited_at is null) as open_count,
            count(distinct person) as person_count,
            count(*) filter (exited_at is not null and exited_at < entered_at) as reversed_count,
            count(*) filter (visit_number > 1 and stage = 'consideration') as loops
        from stage_intervals
    """).iloc[0]
    assert faults["open_count"] == faults["person_count"]
    assert faults["reversed_count"] == 0
    assert faults["loops"] > 100
    holes = city.ask("""
        select count(*) as n from (
            select exited_at, lead(entered_at) over (partition by person order by entered_at, exited_at nulls last) as next_at
            from stage_intervals
        ) where exited_at is distinct from next_at
    """)
    assert holes["n"].item() == 0


@pytest.mark.parametrize(
    ("export", "column", "id_type"),
    [
        ("segment.pages", "anonymous_id", "anonymous_id"),
        ("segment.pages", "user_id", "user_id"),
        ("events.product", "user_id", "user_id"),
        ("events.product", "device_id", "device_id"),
        ("stripe.customers", "email", "email"),
        ("zendesk.user", "email", "email"),
        ("hubspot.contacts", "properties_email", "email"),
        ("surveys.people", "email", "email"),
    ],
)
def test_everybody_in_an_export_is_somebody_in_the_truth(city: Written, export: str, column: str, id_type: str) -> None:
    found = city.ask(f"""
        with told as (select lower({column}) as value from {export} where {column} is not null group by all)
        select
            count(*) as n,
            count(*) filter (value not in (select value from identifiers where id_type = '{id_type}')) as unknown
        from told
    """).iloc[0]
    assert found["n"] > 100
    assert found["unknown"] == 0


def test_browsers_are_shared_and_cookies_lost_as_planted(city: Written) -> None:
    cookies = city.ask("""
        select count(*) filter (people > 1) as shared, count(*) as n
        from (select value, count(distinct person) as people from identifiers where id_type = 'anonymous_id' group by value)
    """).iloc[0]
    assert 20 < cookies["shared"] < 0.05 * cookies["n"]
    per_person = city.ask("select count(*) / count(distinct person) as n from identifiers where id_type = 'anonymous_id'")
    assert 1.1 < per_person["n"].item() < 2


def test_systems_know_people_under_other_addresses_and_ids_as_often_as_planted(city: Written) -> None:
    shares = {
        "billing_email like '%+work@%'": RULES.alias_share,
        "support_email like 'private.%'": RULES.second_address_share,
        "crm_email <> email and length(crm_email) = length(email) - 1": RULES.typo_share,
        "not is_in_crm": RULES.missing_in_crm_share,
        "web_user_id is null": RULES.user_id_lost_on_web_share,
        "product_user_id <> user_id": RULES.legacy_id_share,
        "account is null": 1 - RULES.company_share,
    }
    columns = ", ".join(f"count(*) filter ({condition})" for condition in shares)
    found = city.ask(f"select count(*), {columns} from people where role = 'owner'").iloc[0].to_list()
    for count, share in zip(found[1:], shares.values(), strict=True):
        assert_rate(count, found[0], share)


def test_a_planted_share_of_those_with_a_company_share_it(city: Written) -> None:
    found = city.ask("""
        select count(*) as n, count(*) filter (account <> person) as joined
        from people
        where role = 'owner' and account is not null
    """)
    assert_rate(found["joined"].item(), found["n"].item(), RULES.shared_company_share)


def test_only_customers_are_surveyed(city: Written) -> None:
    found = city.ask("""
        select count(*) as n, count(*) filter (to_timestamp(last_sent_at)::timestamp < paid_from) as early
        from surveys.people
        join people on id = person
        where role = 'owner'
    """).iloc[0]
    assert found["n"] > 1000
    assert found["early"] == 0


def test_nobody_does_anything_in_the_product_after_leaving(city: Written) -> None:
    found = city.ask("""
        select count(*) as n, count(*) filter (occurred_at > cancelled_at) as late
        from events.product as product
        join people on product.user_id = product_user_id
        where cancelled_at is not null
    """).iloc[0]
    assert found["n"] > 1000
    assert found["late"] == 0


def test_who_left_has_a_way_out_and_nobody_else(city: Written) -> None:
    found = city.ask("select count(*) as n, count(*) filter ((way_out is null) = (cancelled_at is null)) as right from play")
    assert found["n"].item() == found["right"].item() > 1000
