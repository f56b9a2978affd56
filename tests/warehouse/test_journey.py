"""The journey file is refused with the line and the known words when anything in it is wrong, and lands as tables when not."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from tests.world import town
from warehouse.definitions.file import File, read
from warehouse.definitions.journey import JOURNEY_TABLES, load_journey
from warehouse.settings import PROJECT, UserError

SHIPPED = (PROJECT / "warehouse" / "journey.yml", *sorted((PROJECT / "warehouse" / "examples").glob("*.yml")))
TEXT = town.JOURNEY.read_text(encoding="utf-8")


def line_of(text: str, part: str) -> int:
    """The line, from 1, of the only place in which a text has this part."""
    assert text.count(part) == 1, part
    return text[: text.index(part)].count("\n") + 1


def faults(tmp_path: Path, text: str) -> str:
    """What is said about a journey file with this text."""
    path = tmp_path / "journey.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError) as refusal:
        load_journey(path)
    return str(refusal.value)


def wrong(tmp_path: Path, old: str, new: str, at: str | None = None) -> str:
    """What is said when one part of the town's file is replaced: the one fault, which must name the line of `at`."""
    assert TEXT.count(old) == 1, old
    text = TEXT.replace(old, new)
    head, _, fault = faults(tmp_path, text).partition("\n")
    assert head == f"The journey file {tmp_path / 'journey.yml'} has 1 fault(s); nothing was run."
    place, _, message = fault.partition(": ")
    assert place == f"  journey.yml line {line_of(text, at or new)}"
    return message


EVENT_TYPES = "complained, never_seen, the words of docs/taxonomy.md"
MILESTONES = (
    "first_visit, searched, signed_up, activated, busy, hasty, trial_started, purchased, bought_again, referred, complained, "
    "cancelled"
)


def test_a_misspelt_key_is_named_with_the_known_and_the_nearest(tmp_path: Path) -> None:
    assert wrong(tmp_path, "    window_days: 30\n", "    windw_days: 30\n", "windw_days") == (
        "unknown key 'windw_days' in funnels.signup_to_purchase (did you mean 'window_days'?); "
        "known: description, steps, window_days, mode, exclude, strict_order, breakdowns"
    )


def test_a_misspelt_section_is_named_and_missed(tmp_path: Path) -> None:
    message = faults(tmp_path, TEXT.replace("\nchurn:", "\nchrun:"))
    assert "has 2 fault(s)" in message
    assert "unknown key 'chrun' in the file (did you mean 'churn'?); known: journey, event_types, milestones" in message
    assert "the file needs the key 'churn'" in message


def test_a_misspelt_key_of_an_inner_list_is_named(tmp_path: Path) -> None:
    assert wrong(tmp_path, "min_match_rate: 0.8", "min_mach_rate: 0.8", "min_mach_rate: 0.8").startswith(
        "unknown key 'min_mach_rate' in quality.id_pairs.0 (did you mean 'min_match_rate'?); known: left, right, id_type"
    )


DANGLING = {
    "a step": (
        "steps: [first_visit, purchased]",
        "steps: [first_visit, purchase]",
        "milestone 'purchase'",
        "purchased",
        MILESTONES,
    ),
    "what follows a milestone": ("after: signed_up}", "after: sign_up}", "milestone 'sign_up'", "signed_up", MILESTONES),
    "a way into a stage": (
        "enter: [{milestone: referred}]",
        "enter: [{milestone: refered}]",
        "milestone 'refered'",
        "referred",
        MILESTONES,
    ),
    "the event of a milestone": (
        *("event_types: [referral_made]", "event_types: [referal_made]", "event type 'referal_made'"),
        *("referral_made", EVENT_TYPES),
    ),
    "the event of a silence": (
        *("{inactive_days: 10, event_types: [feature_used], after", "{inactive_days: 10, event_types: [feature_use], after"),
        *("event type 'feature_use'", "feature_used", EVENT_TYPES),
    ),
    "a sign of life": (
        "churn: {event_types: [feature_used,",
        "churn: {event_types: [feature,",
        "event type 'feature'",
        "feature_used",
        EVENT_TYPES,
    ),
    "the event of a gap": (
        "{signed_up: {max_gap_hours",
        "{sign_up: {max_gap_hours",
        "event type of the main funnel 'sign_up'",
        "signed_up",
        "page_viewed, signed_up, purchased",
    ),
    "the event of a known gap": (
        "known: [{event_type: page_viewed",
        "known: [{event_type: page_view",
        "event type 'page_view'",
        "page_viewed",
        EVENT_TYPES,
    ),
    "the event of a fact": (
        "systems: {billing: [purchased]",
        "systems: {billing: [purchase]",
        "event type 'purchase'",
        "purchased",
        EVENT_TYPES,
    ),
    "the leading funnel": (
        *("main_funnel: signup_to_purchase", "main_funnel: signup_to_purchas", "funnel 'signup_to_purchas'"),
        *("signup_to_purchase", "signup_to_purchase, quick_signup, ever_bought, attempts, straight, never_reached"),
    ),
    "the leading stages": (
        "primary_stage_set: life",
        "primary_stage_set: live",
        "stage set 'live'",
        "life",
        "life, purse, rounds",
    ),
}


@pytest.mark.parametrize("case", DANGLING)
def test_a_name_that_is_used_and_not_defined_is_told_with_the_known_ones(tmp_path: Path, case: str) -> None:
    old, new, what, nearest, known = DANGLING[case]
    message = wrong(tmp_path, old, new)
    assert message == f"unknown {what} (did you mean '{nearest}'?); known: {known}"


IMPOSSIBLE = {
    "a rate above one": (
        "min_match_rate: 0.8",
        "min_match_rate: 1.2",
        "id_pairs.0.min_match_rate: Input should be less than or equal to 1",
    ),
    "a window of nothing": (
        "window_days: 30",
        "window_days: -5",
        "signup_to_purchase.window_days: Input should be greater than 0",
    ),
    "a severity nobody knows": (
        'launched_on: "2020-01-01", severity: block',
        'launched_on: "2020-01-01", severity: stop',
        "'block', 'withhold' or 'warn'",
    ),
    "a known gap that ends before it begins": (
        "from: 2026-02-11, until: 2026-02-11",
        "from: 2026-02-11, until: 2026-02-10",
        "`until` is a day before `from`",
    ),
    "a fact that one system tells": (
        "systems: {billing: [purchased], product: [feature_used]}",
        "systems: {billing: [purchased]}",
        "at least 2 items",
    ),
    "a span of nothing": (
        "event_types: [feature_used], min_count: 2, within_days: 1",
        "event_types: [feature_used], within_days: 1",
        "within_days needs a min_count above 1",
    ),
    "a chain of followers": ("after: signed_up}", "after: bought_again}", "'bought_again' itself has an `after`"),
    "two kinds of entry": (
        "{inactive_days: 10,",
        "{inactive_days: 10, returns_after_days: 3,",
        "exactly one of milestone, inactive_days",
    ),
    "a silence of nothing": (
        *("{returns_after_days: 10, event_types: [feature_used], after: purchased}", "{returns_after_days: 10}"),
        "an entry by silence or return needs event_types",
    ),
    "a stage without a way in": (
        "description: Has paid, enter: [{milestone: purchased}]",
        "description: Has paid",
        "stage 'paid' has no way in",
    ),
    "a period that ends before it begins": (
        "left: {from: 2026-01-01, until: 2026-01-31}",
        "left: {from: 2026-01-31, until: 2026-01-01}",
        "`until` is a day before `from`",
    ),
    "two periods that share a day": (
        "left: {from: 2026-01-01, until: 2026-01-31}",
        "left: {from: 2026-01-01, until: 2026-02-01}",
        "the two periods share days",
    ),
    "a period without an end": (
        "left: {from: 2026-01-01, until: 2026-01-31}",
        "left: {from: 2026-01-01, until: 9999-12-31}",
        "until: Input should be less than 9999-12-31",
    ),
    "a group beside itself": ("left: search, right: email", "left: search, right: search", "are the same group"),
    "two kinds of comparison": (
        "{description: The last 30 days beside the 30 before, latest_days: 30}",
        "{description: Nothing at all}",
        "exactly one of groups, periods, latest_days",
    ),
    "a milestone that is called like the beginning of a path": (
        "  busy: {description: Twice",
        "  path_start: {description: Twice",
        "'path_start' is what the step matrix calls an end of a path",
    ),
    "a stage twice": (
        "{name: paid, description: Has paid,",
        "{name: free, description: Has paid,",
        "stage 'free' stands twice in stage set 'purse'",
    ),
}


@pytest.mark.parametrize("case", IMPOSSIBLE)
def test_what_cannot_be_is_refused_at_its_line(tmp_path: Path, case: str) -> None:
    old, new, expected = IMPOSSIBLE[case]
    assert expected in wrong(tmp_path, old, new)


def test_a_key_written_twice_is_told_and_not_silently_overwritten(tmp_path: Path) -> None:
    again = "milestones:\n  first_visit: {description: Again, event_types: [page_viewed]}"
    assert (
        wrong(tmp_path, "milestones:\n", again + "\n", "  first_visit: {description: Came by")
        == "key 'first_visit' is written twice; keep one"
    )


def test_every_fault_is_listed_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = TEXT.replace("gap_minutes: 31", "gap_minutes: -1").replace("window_days: 30", "window_days: -1")
    lines = [int(number) for number in re.findall(r"journey.yml line (\d+)", faults(tmp_path, text))]
    assert lines == [line_of(text, "window_days: -1"), line_of(text, "gap_minutes: -1")]


def test_what_is_no_yaml_is_told_with_its_line(tmp_path: Path) -> None:
    message = faults(tmp_path, TEXT.replace("churn: {", "churn: [{"))
    assert re.fullmatch(rf"{re.escape(str(tmp_path))}/journey.yml line \d+: not readable as YAML: .+", message)


def test_an_empty_file_names_the_one_to_start_from(tmp_path: Path) -> None:
    assert (
        faults(tmp_path, "")
        == f"{tmp_path / 'journey.yml'} is empty. Start from the journey file the project ships (warehouse/journey.yml)."
    )


def test_a_section_left_out_is_missed_and_one_with_defaults_is_not(tmp_path: Path) -> None:
    content = yaml.safe_load(TEXT)
    del content["funnels"], content["sessions"], content["quality"]
    message = faults(tmp_path, yaml.safe_dump(content))
    assert "has 1 fault(s)" in message
    assert message.endswith("line 1: the file needs the key 'funnels'")


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_journey_files_of_the_project_are_good_and_readable_maps(path: Path) -> None:
    assert load_journey(path).warnings() == []


def test_more_stages_than_a_map_can_show_are_warned_of(tmp_path: Path) -> None:
    content = yaml.safe_load(TEXT)
    stage = {"description": "One more", "enter": [{"milestone": "purchased"}]}
    content["stage_sets"]["purse"]["stages"] += [{"name": f"paid_{number}"} | stage for number in range(8)]
    path = tmp_path / "journey.yml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    assert load_journey(path).warnings() == ["stage set purse has 10 stages; beyond 9 a map is hard to read"]


@pytest.mark.parametrize("path", [*SHIPPED, town.JOURNEY], ids=lambda path: path.stem)
def test_every_definition_fits_the_table_it_lands_in(path: Path) -> None:
    tables = load_journey(path).tables()
    with duckdb.connect() as connected:
        for name, columns in JOURNEY_TABLES.items():
            connected.execute(f"create table {name} ({', '.join(f'{column} {kind}' for column, kind in columns.items())})")
            for row in tables[name]:
                connected.execute(f"insert into {name} values ({', '.join('?' * len(row))})", list(row.values()))


def test_definitions_land_as_the_file_says() -> None:
    tables = load_journey(town.JOURNEY).tables()
    assert [row["milestone"] for row in tables["funnel_steps"] if row["funnel"] == "ever_bought"] == ["first_visit", "purchased"]
    assert [row["dimension"] for row in tables["funnel_breakdowns"] if row["funnel"] == "signup_to_purchase"] == [
        "all",
        "channel",
    ]
    assert [row["id_type"] for row in tables["id_types"]] == ["user_id", "crm_id", "email", "phone", "device_id", "anonymous_id"]
    assert {row["event_type"]: row["max_gap_hours"] for row in tables["gap_limits"]} == {
        "page_viewed": 24,
        "signed_up": 48,
        "purchased": 24,
    }
    assert {row["kind"] for row in tables["stage_entries"] if row["stage"] == "customer"} == {"milestone", "return"}


def test_comparisons_land_with_their_groups_or_with_periods_that_end_before_a_moment() -> None:
    found = {row["comparison"]: row for row in load_journey(town.JOURNEY).tables()["comparisons"]}
    nothing = dict.fromkeys(JOURNEY_TABLES["comparisons"])
    assert found == {
        "by_channel": nothing
        | {"comparison": "by_channel", "description": "Search beside e-mail"}
        | {"dimension": "channel", "left_value": "search", "right_value": "email"},
        "by_system": nothing
        | {"comparison": "by_system", "description": "The till beside the web"}
        | {"dimension": "source", "left_value": "till", "right_value": "web"},
        "by_month": nothing
        | {"comparison": "by_month", "description": "January beside February"}
        | {"left_from": date(2026, 1, 1), "left_until": date(2026, 2, 1)}
        | {"right_from": date(2026, 2, 1), "right_until": date(2026, 3, 1)},
        "by_days": nothing | {"comparison": "by_days", "description": "The last 30 days beside the 30 before", "latest_days": 30},
    }


def test_a_file_that_says_nothing_of_comparisons_compares_the_latest_quarter_with_the_one_before() -> None:
    (row,) = load_journey(SHIPPED[0]).tables()["comparisons"]
    assert (row["comparison"], row["latest_days"], row["dimension"]) == ("latest_quarter", 90, None)


def rewritten(tmp_path: Path, change: Callable[[dict[str, Any]], object]) -> str:
    """The fingerprint of the town's file after a change of its content; comments and the order of keys are lost on the way."""
    content = yaml.safe_load(TEXT)
    change(content)
    path = tmp_path / "journey.yml"
    path.write_text("# another comment\n" + yaml.safe_dump(content, sort_keys=True), encoding="utf-8")
    return load_journey(path).fingerprint


def test_the_fingerprint_is_that_of_the_definitions_and_not_of_the_text(tmp_path: Path) -> None:
    fingerprint = load_journey(town.JOURNEY).fingerprint
    assert re.fullmatch("[0-9a-f]{12}", fingerprint)
    assert rewritten(tmp_path, lambda content: None) == fingerprint
    assert rewritten(tmp_path, lambda content: content["sessions"].update(gap_minutes=31.0)) == fingerprint


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content["sessions"].update(gap_minutes=30),
        lambda content: content["funnels"]["ever_bought"]["steps"].reverse(),
        lambda content: content["milestones"]["busy"].update(min_count=3),
        lambda content: content["identity"]["free_mail_domains"].append("mail.example"),
        lambda content: content["quality"]["gaps"].update(severity="block"),
    ],
)
def test_the_fingerprint_changes_with_any_definition(tmp_path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    assert rewritten(tmp_path, change) != load_journey(town.JOURNEY).fingerprint


WRONG_FUNNELS = {
    "an optional end": ("steps: [first_visit, {milestone: signed_up, optional: true}]", "first and the last step"),
    "a first step in time": ("steps: [{milestone: first_visit, within_days: 1}, signed_up]", "the first step"),
    "an exclusion that is a step": ("steps: [first_visit, signed_up], exclude: [signed_up]", "is a step"),
    "an unknown exclusion": ("steps: [first_visit, signed_up], exclude: [left]", "unknown milestone 'left'"),
    "an unknown breakdown": ("steps: [first_visit, signed_up], breakdowns: [chanel]", "did you mean 'channel'?"),
    "strict and optional": (
        "steps: [first_visit, {milestone: searched, optional: true}, signed_up], strict_order: true",
        "exclude each other",
    ),
}


@pytest.mark.parametrize("wrong_funnel", WRONG_FUNNELS)
def test_a_funnel_that_makes_no_sense_is_refused_with_the_reason(tmp_path: Path, wrong_funnel: str) -> None:
    definition, told = WRONG_FUNNELS[wrong_funnel]
    told_of = faults(
        tmp_path, TEXT.replace("  quick_signup: {", f"  odd: {{description: Odd, {definition}}}\n  quick_signup: {{")
    )
    assert "has 1 fault(s)" in told_of
    assert told in told_of


WRONG_STAGES = {
    "a way out to nowhere": ("exit: [{milestone: complained, to: trial}]", "unknown stage 'trial'"),
    "a way in from nowhere": ("enter: [{milestone: searched, from: [outsid]}]", "did you mean 'outside'?"),
    "a silence that counts again": (
        "enter: [{inactive_days: 1, event_types: [feature_used], again: true}]",
        "`again` is for milestones",
    ),
    "a way out from elsewhere": (
        "exit: [{milestone: complained, to: trying, from: [paying]}]",
        "a way out leads out of its own stage",
    ),
    "a way out of the end": ("is_terminal: true, exit: [{milestone: complained, to: trying}]", "nothing leads out of it"),
}


@pytest.mark.parametrize("wrong_stage", WRONG_STAGES)
def test_a_stage_that_makes_no_sense_is_refused_with_the_reason(tmp_path: Path, wrong_stage: str) -> None:
    definition, told = WRONG_STAGES[wrong_stage]
    enter = "" if "enter:" in definition else "enter: [{milestone: searched}], "
    stage = f"      - {{name: odd, description: Odd, {enter}{definition}}}\n"
    told_of = faults(tmp_path, TEXT.replace("      - {name: quiet,", f"{stage}      - {{name: quiet,"))
    assert "has 1 fault(s)" in told_of
    assert told in told_of


def test_a_file_that_has_not_changed_is_read_once_and_one_that_has_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "journey.yml"
    path.write_text(TEXT, encoding="utf-8")
    first = load_journey(path)
    assert load_journey(path) is first
    path.write_text(TEXT.replace("Search beside e-mail", "Search next to e-mail"), encoding="utf-8")
    assert load_journey(path).fingerprint != first.fingerprint


def test_a_gap_that_is_known_for_ever_is_refused_in_words(tmp_path: Path) -> None:
    content = yaml.safe_load(TEXT)
    gap = {"event_type": "page_viewed", "from": date(2026, 1, 1), "until": date(9999, 12, 31), "reason": "for ever"}
    content["quality"] |= {"gaps": {"known": [gap]}}
    assert "quality.gaps.known.0.until: Input should be less than 9999-12-31" in faults(tmp_path, yaml.safe_dump(content))


class Alerts(File):
    """Another file: a class and one call."""

    called = "alerts file"
    recipients: dict[str, str]


def test_another_file_is_read_with_the_same_words(tmp_path: Path) -> None:
    path = tmp_path / "alerts.yml"
    path.write_text("recipients:\n  ops: a\n  ops: b\nrecipents: {}\n", encoding="utf-8")
    with pytest.raises(UserError) as refusal:
        read(path, Alerts)
    assert "The alerts file" in str(refusal.value)
    assert "alerts.yml line 3: key 'ops' is written twice" in str(refusal.value)
    assert "line 4: unknown key 'recipents' in the file (did you mean 'recipients'?)" in str(refusal.value)
