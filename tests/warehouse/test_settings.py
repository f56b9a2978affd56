"""Where things are: paths from the environment, wherever a command was called, and plain words for a wrong one."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from warehouse.settings import PROJECT, Settings, UserError


def test_without_any_variable_the_demo_runs_inside_the_project() -> None:
    settings = Settings.from_environment({})
    state = PROJECT / "warehouse" / "state"
    assert settings == Settings(state, state / "landing", PROJECT / "warehouse" / "journey.yml", None, True)


def test_absolute_paths_are_taken_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "exports").mkdir()
    (tmp_path / "mine.yml").touch()
    settings = Settings.from_environment(
        {
            "THROUGHLINE_HOME": str(tmp_path / "home"),
            "THROUGHLINE_LANDING": str(tmp_path / "exports"),
            "THROUGHLINE_JOURNEY": str(tmp_path / "mine.yml"),
        }
    )
    assert settings == Settings(tmp_path / "home", tmp_path / "exports", tmp_path / "mine.yml", None, False)


def test_relative_paths_start_where_the_command_was_called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    called_from = tmp_path / "somewhere"
    (called_from / "exports").mkdir(parents=True)
    environ = {"THROUGHLINE_LANDING": "exports", "THROUGHLINE_HOME": "../home"}
    monkeypatch.chdir(called_from)
    here = Settings.from_environment(environ)
    assert (here.landing, here.home) == (called_from / "exports", tmp_path / "home")
    monkeypatch.chdir("/")
    assert Settings.from_environment(environ | {"THROUGHLINE_CALLED_FROM": str(called_from)}) == here


def test_a_tilde_is_the_home_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Settings.from_environment({"THROUGHLINE_HOME": "~/state"}).home == tmp_path / "state"


def test_blank_variables_count_as_unset() -> None:
    names = ("THROUGHLINE_HOME", "THROUGHLINE_LANDING", "THROUGHLINE_JOURNEY", "THROUGHLINE_AS_OF")
    assert Settings.from_environment(dict.fromkeys(names, " ")) == Settings.from_environment({})


def test_everything_of_a_home_is_below_it(tmp_path: Path) -> None:
    settings = Settings.from_environment({"THROUGHLINE_HOME": str(tmp_path)})
    paths = (settings.database, settings.working_database, settings.published_database, settings.reports, settings.models)
    assert [path.relative_to(tmp_path).as_posix() for path in (*paths, settings.landing)] == [
        *("throughline.duckdb", "working.duckdb", "published/throughline.duckdb", "reports", "models", "landing"),
    ]


def test_a_landing_folder_that_is_none_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UserError) as refusal:
        Settings.from_environment({"THROUGHLINE_LANDING": str(tmp_path / "exprots")})
    assert str(refusal.value) == (
        f"THROUGHLINE_LANDING names {tmp_path / 'exprots'}, which is not a folder. Create it with one sub-folder per source "
        f"(for example {tmp_path / 'exprots' / 'events'}) and put the exports there, or unset it to run on the demo company."
    )


def test_a_journey_file_that_is_none_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UserError) as refusal:
        Settings.from_environment({"THROUGHLINE_JOURNEY": str(tmp_path)})
    assert str(refusal.value) == (
        f"THROUGHLINE_JOURNEY names {tmp_path}, which is not a file. Point it at a journey file, "
        "or unset it to use the one the project ships."
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-10-31", datetime(2026, 10, 31)),
        ("2026-10-31T12:00:00", datetime(2026, 10, 31, 12)),
        ("2026-10-31T12:00:00Z", datetime(2026, 10, 31, 12)),
        ("2026-10-31T12:00:00+02:00", datetime(2026, 10, 31, 10)),
    ],
)
def test_the_requested_now_is_utc_whatever_its_zone(text: str, expected: datetime) -> None:
    assert Settings.from_environment({"THROUGHLINE_AS_OF": text}).requested_as_of == expected


def test_a_now_that_is_no_time_is_refused_with_an_example() -> None:
    with pytest.raises(UserError) as refusal:
        Settings.from_environment({"THROUGHLINE_AS_OF": "tomorrow"})
    assert str(refusal.value) == (
        "THROUGHLINE_AS_OF is 'tomorrow', which is not an ISO timestamp. Write it like 2026-10-31T00:00:00, or unset it "
        "to let the latest event decide."
    )


def test_how_many_publications_are_kept_is_a_number() -> None:
    assert Settings.from_environment({}).publications_kept == 3
    assert Settings.from_environment({"THROUGHLINE_KEEP": "0"}).publications_kept == 0
    with pytest.raises(UserError, match="THROUGHLINE_KEEP is 'many', which is no whole number"):
        Settings.from_environment({"THROUGHLINE_KEEP": "many"})


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("THROUGHLINE_MEMORY", "plenty", "is 'plenty', which is no amount of memory. Write it like 12GB"),
        ("THROUGHLINE_HOME", "~nobody-of-that-name/state", "nobody here has that name"),
        *(
            ("THROUGHLINE_HOME", home, "Dagster cannot carry: a question mark")
            for home in ("/tmp/why?/home", "/tmp/my%20home", "/tmp/a\nb")
        ),
        ("THROUGHLINE_ID_KEY", "a", "has 1 characters and needs at least 16: whoever guesses it knows who is who"),
        ("THROUGHLINE_AS_OF", "0001-01-01T00:00:00+14:00", "is not an ISO timestamp"),
    ],
)
def test_a_setting_that_means_nothing_is_told_plainly(name: str, value: str, told: str) -> None:
    with pytest.raises(UserError, match=told):
        Settings.from_environment({name: value})
