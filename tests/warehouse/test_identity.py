"""Two people on one browser: what is published of it."""

from __future__ import annotations

from tests.world.build import World
from tests.world.town import moment

HASH = "(select id_hash from marts.dim_identities where person_id = ? and id_type = 'anonymous_id')"


def test_a_shared_browser_belongs_to_each_of_its_users_for_a_time(town: World) -> None:
    gita, hugo = (town.person_id(("user_id", name)) for name in ("u-gita", "u-hugo"))
    nobody = town.person_id(("anonymous_id", "a-library"))
    rows = town.rows(
        f"select person_id, effective_at, superseded_at from marts.dim_identities where id_hash = {HASH} order by effective_at",
        gita,
    )
    assert [(row["person_id"], row["effective_at"], row["superseded_at"]) for row in rows] == [
        (gita, moment("02-20 09:00"), moment("02-20 11:00")),
        (hugo, moment("02-20 11:00"), moment("02-20 12:00")),
        (nobody, moment("02-20 12:00"), None),
    ]


def test_what_a_guard_refused_is_told_with_its_evidence(town: World) -> None:
    (row,) = town.rows("select * from quality.rpt_identity_rejections where source = 'product' and id_type = 'anonymous_id'")
    assert (row["rule"], row["kept_id_type"], row["event_type"]) == ("unique", "user_id", "logged_in")
    assert row["occurred_at"] == moment("02-20 11:05")
    assert row["id_hash"] != row["kept_id_hash"]


def test_a_split_is_a_change_of_name_with_its_evidence(town: World) -> None:
    (row,) = town.rows("select * from marts.fct_identity_changes where rule = 'unique'")
    assert row["key_from"] == town.person_id(("user_id", "u-gita"))
    assert row["key_to"] == town.person_id(("anonymous_id", "a-library"))
    assert row["effective_at"] == moment("02-20 11:05")


def test_a_merge_of_two_known_persons_is_a_change_of_name(town: World) -> None:
    """Cleo's second cookie was somebody of their own until she logged in with it."""
    cleo = town.person_id(("user_id", "u-cleo"))
    changes = town.rows("select effective_at from marts.fct_identity_changes where rule = 'merge' and key_to = ?", cleo)
    assert [row["effective_at"] for row in changes] == [moment("01-11 10:00")]


def test_the_effect_of_identity_is_measured(town: World) -> None:
    effects = {row["measure"]: row for row in town.rows("select * from quality.rpt_identity_effects")}
    customers = effects["customers"]
    assert customers["before_value"] > customers["after_value"] > 20
    assert effects["events_per_customer"]["before_value"] < effects["events_per_customer"]["after_value"]
    connected = effects["anonymous_sessions_connected"]
    assert connected["before_value"] == 0 < connected["after_value"] < 1
