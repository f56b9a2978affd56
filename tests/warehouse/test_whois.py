"""Looking a person up by a plain value, with the key."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from unittest import mock

import pytest

from tests.world import town as by_hand
from tests.world.build import ID_KEY, World, settings_of
from warehouse.contract import PERSON_ID_TYPES
from warehouse.privacy import whois
from warehouse.privacy.personal import identifier, normalised
from warehouse.settings import Settings, UserError


@pytest.fixture(scope="module")
def published(town: World, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The town as published."""
    settings = settings_of(tmp_path_factory.mktemp("whois") / "home", by_hand.JOURNEY)
    settings.published_database.parent.mkdir(parents=True)
    shutil.copyfile(town.settings.database, settings.published_database)
    shutil.copyfile(town.settings.working_database, settings.working_database)
    return settings


def test_somebody_is_found_by_each_identifier_however_it_is_written(published: Settings, town: World) -> None:
    for written in ("email: ADA@Gmail.com ", "user_id:u-ada", "anonymous_id: a-ada"):
        (found,) = whois.find(published, identifier(written))
        assert found.person_id == found.customer_id == town.person_id(("user_id", "u-ada"))
        assert (found.first_seen_at, found.last_seen_at) == (by_hand.moment("01-05 10:00"), by_hand.moment("02-25 10:00"))
        assert found.current_stage == "advocacy"
        assert found.superseded_at is None


def test_a_shared_browser_has_belonged_to_each_in_turn(published: Settings, town: World) -> None:
    found = whois.find(published, identifier("anonymous_id:a-library"))
    gita, hugo = (town.person_id(("user_id", user)) for user in ("u-gita", "u-hugo"))
    assert [one.person_id for one in found[1:]] == [hugo, gita]
    assert found[0].superseded_at is None
    assert found[2].superseded_at == found[1].effective_at


def test_a_value_is_spelt_as_the_warehouse_spells_it(town: World) -> None:
    sql = "select id_type, id_value from working.intermediate.int_identifiers_known"
    spelt = [(one["id_type"], one["id_value"]) for one in town.rows(sql)]
    assert {kind for kind, _ in spelt} == set(PERSON_ID_TYPES) - {"device_id"}
    assert [pair for pair in spelt if normalised(*pair).value != pair[1]] == []
    assert normalised("phone", "+49 (30) 1-2").value == "+493012"


def test_the_command_shows_who_it_is_and_never_the_value(
    published: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THROUGHLINE_HOME", str(published.home))
    monkeypatch.setenv("THROUGHLINE_LANDING", "")
    assert whois.main(["email", "ada@gmail.com"]) == 0
    assert whois.main(["email:nobody@gmail.com"]) == 1
    assert whois.main(["mail:ada@gmail.com"]) == 2
    assert whois.main([]) == 2
    told = capsys.readouterr()
    assert "current stage  advocacy" in told.out
    assert "Nobody is known by this email." in told.out
    assert "the kinds are user_id, anonymous_id, email" in told.err
    assert "gmail" not in told.out + told.err


def test_a_key_that_does_not_fit_is_told_from_a_value_that_is_not_known(published: Settings) -> None:
    with (
        mock.patch.dict(os.environ, THROUGHLINE_ID_KEY="another key altogether"),
        pytest.raises(UserError, match="THROUGHLINE_ID_KEY does not fit"),
    ):
        whois.find(published, identifier("email:ada@gmail.com"))


def test_whoever_has_the_key_needs_the_published_file_alone(published: Settings, tmp_path: Path) -> None:
    alone = settings_of(tmp_path, by_hand.JOURNEY)
    with pytest.raises(UserError, match="Nothing is published"):
        whois.find(alone, identifier("email:ada@gmail.com"))
    alone.published_database.parent.mkdir(parents=True)
    shutil.copyfile(published.published_database, alone.published_database)
    with mock.patch.dict(os.environ, THROUGHLINE_ID_KEY=""), pytest.raises(UserError, match="There is no key"):
        whois.find(alone, identifier("email:ada@gmail.com"))
    with mock.patch.dict(os.environ, THROUGHLINE_ID_KEY=ID_KEY):
        assert len(whois.find(alone, identifier("email:ada@gmail.com"))) == 1


@pytest.mark.parametrize("text", ["ada@gmail.com", "mail:ada@gmail.com", "email:", "phone:000", "phone: -"])
def test_what_is_no_identifier_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(UserError) as told:
        identifier(text)
    assert "ada" not in str(told.value).replace("ada@example.com", "")
