"""Whatever is wrong with a journey file, it ends in one message that names the line, or in definitions that can be stored."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from warehouse.definitions.journey import JOURNEY_TABLES, Journey, load_journey
from warehouse.settings import PROJECT, UserError

SHIPPED = (PROJECT / "warehouse" / "journey.yml").read_text(encoding="utf-8")
CONTENT = yaml.safe_load(SHIPPED)
Path_ = tuple[str | int, ...]

# Keys that a person chooses: another name there is another name.
CHOSEN = ("milestones", "stage_sets", "funnels", "event_types")


def paths_of(value: Any, above: Path_ = ()) -> Iterator[Path_]:
    """Every key of the file, of lists the first element's."""
    inner = value.items() if isinstance(value, dict) else [(0, value[0])] if isinstance(value, list) and value else []
    for key, below in inner:
        if isinstance(value, dict):
            yield (*above, key)
        yield from paths_of(below, (*above, key))


def replaced(path: Path_, value: Any) -> Any:
    """The shipped file's content with another value at a place."""
    content = json.loads(json.dumps(CONTENT, default=str))
    inner = content
    for part in path[:-1]:
        inner = inner[part]
    inner[path[-1]] = value
    return content


def renamed(path: Path_, name: Any) -> Any:
    """The same with another key, or without it."""
    content = json.loads(json.dumps(CONTENT, default=str))
    inner = content
    for part in path[:-1]:
        inner = inner[part]
    value = inner.pop(path[-1])
    if name is not None:
        inner[name] = value
    return content


def value_at(path: Path_) -> Any:
    inner = CONTENT
    for part in path:
        inner = inner[part]
    return inner


def wrong_type(value: Any) -> Any:
    """Something of another type."""
    if isinstance(value, dict):
        return "a text"
    if isinstance(value, list):
        return {"a": "mapping"}
    return ["a", {"list": 1}] if isinstance(value, str) else "many"


def text_of(content: Any) -> str:
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True)


def cases() -> Iterator[tuple[str, str, bool | None]]:
    """Name, text, and whether it must be refused (None: it may be)."""
    for path in paths_of(CONTENT):
        name, value = ".".join(map(str, path)), value_at(path)
        key = str(path[-1])
        is_chosen = len(path) == 2 and path[0] in CHOSEN
        yield f"{name}: wrong type", text_of(replaced(path, wrong_type(value))), True
        yield f"{name}: null", text_of(replaced(path, None)), None
        yield f"{name}: misspelt", text_of(renamed(path, key[:-1] + "q")), None if is_chosen else True
        yield f"{name}: missing", text_of(renamed(path, None)), None
        yield f"{name}: written twice", twice(path), True
    for what, text in TEXTS.items():
        yield what, text, True
    for what, (old, new, is_refused) in EDITS.items():
        assert old in SHIPPED, old
        yield what, SHIPPED.replace(old, new, 1), is_refused


def twice(path: Path_) -> str:
    """The file with the lines of a key written a second time behind them."""
    text = text_of(CONTENT)
    node: Any = yaml.compose(text)
    for part in path:
        if isinstance(part, int):
            node = node.value[part]
        else:
            pair = next(pair for pair in node.value if pair[0].value == part)
            begins, node = pair[0].start_mark, pair[1]
    lines = text.splitlines()
    ends = max(begins.line + 1, node.end_mark.line if not isinstance(node, yaml.ScalarNode) else node.end_mark.line + 1)
    copied = [" " * begins.column + lines[begins.line][begins.column :], *lines[begins.line + 1 : ends]]
    return "\n".join([*lines[:ends], *copied, *lines[ends:]]) + "\n"


TEXTS = {
    "nothing": "",
    "a comment alone": "# nothing\n",
    "a scalar": "journey\n",
    "a list": "- journey\n",
    "null": "null\n",
    "a tab": SHIPPED.replace("  name:", "\tname:", 1),
    "an open quote": SHIPPED.replace("name: demo_company", 'name: "demo_company', 1),
    "an open bracket": SHIPPED.replace("[first_visit, signed_up", "[[first_visit, signed_up", 1),
    "wrong indentation": SHIPPED.replace("  signed_up:", "   signed_up:", 1),
    "two documents": SHIPPED + "---\n" + SHIPPED,
    "an unknown alias": SHIPPED.replace("demo_company", "*nowhere", 1),
    "a tag of Python": SHIPPED.replace("demo_company", "!!python/object/apply:os.system [ls]", 1),
    "a key that is a list": SHIPPED + "? [a, b]\n: c\n",
    "a key that is a number": SHIPPED + "1: c\n",
    "a key that is null": SHIPPED + "null: c\n",
    "a key that is a date": SHIPPED + "2020-01-01: c\n",
    "a key that is a flag": SHIPPED + "true: c\n",
    "a recursive alias": SHIPPED + "more: &a [*a]\n",
    "a recursive mapping": SHIPPED + "more: &a {a: *a}\n",
    "a bomb of aliases": SHIPPED
    + "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)),
    "deep nesting": SHIPPED + "more: " + "[" * 3000 + "]" * 3000 + "\n",
    "a zero byte": SHIPPED.replace("demo_company", "demo\0company", 1),
    "an escape": SHIPPED.replace("demo_company", "demo\x1b[2Jcompany", 1),
    "a name of 10,000 letters": SHIPPED.replace("demo_company", "d" * 10_000, 1),
    "a hundred faults": SHIPPED + "".join(f"unknown_{number}: 1\n" for number in range(100)),
    "a merge key of nothing": SHIPPED + "<<: 5\n",
    "an empty mapping of event types": SHIPPED + "event_types: {1: {description: a}}\n",
    "event types that are a list": SHIPPED + "event_types: [a]\n",
    "event types that are a text": SHIPPED + "event_types: a\n",
}
SIGN_UP = "    event_types: [signed_up]\n"
EDITS: dict[str, tuple[str, str, bool | None]] = {
    "a day that is none": ('"2020-01-01"', "2020-13-45", True),
    "a day that is none as text": ('"2020-01-01"', '"2020-13-45"', True),
    "a day of the year 0": ('"2020-01-01"', "0000-00-00", True),
    "a count beyond all bounds": ("min_count: 3", "min_count: 99999999999999999999", True),
    "a count beyond 32 bits": ("min_count: 3", "min_count: 3000000000", True),
    "a negative count": ("min_count: 3", "min_count: -3", True),
    "a fraction for a count": ("min_count: 3", "min_count: 2.5", True),
    "days without end": ("window_days: 30", "window_days: .inf", True),
    "days that are no number": ("window_days: 30", "window_days: .nan", True),
    "days beyond all time": ("window_days: 30", "window_days: 1e300", True),
    "silence beyond all time": ("  inactive_days: 30  ", "  inactive_days: 99999999999  ", True),
    "a gap beyond all time": ("max_gap_hours: 24", "max_gap_hours: 1e300", True),
    "a session beyond all time": ("gap_minutes: 30", "gap_minutes: 1e300", True),
    "a rate above one": ("min_match_rate: 0.8", "min_match_rate: 80", True),
    "a rate with a percent sign": ("min_match_rate: 0.8", "min_match_rate: 80%", True),
    "a rate with a comma": ("min_match_rate: 0.8", "min_match_rate: '0,8'", True),
    "a limit that is no number": ("{limit: 0.05", "{limit: .nan", True),
    "a limit without end": ("{limit: 0.05", "{limit: .inf", True),
    "an unknown severity": ("severity: block", "severity: stop", True),
    "an unknown id type": ("crm_id, email", "crm_id, e-mail", True),
    "an id type twice": ("[user_id, crm_id, email,", "[user_id, email, email,", True),
    "no id types": ("[user_id, crm_id, email, phone, device_id, anonymous_id]", "[]", None),
    "a pair twice": (
        "    - {left: stripe, right: hubspot, id_type: email, min_match_rate: 0.8, severity: block}\n",
        "    - {left: stripe, right: hubspot, id_type: email, min_match_rate: 0.8, severity: block}\n" * 2,
        True,
    ),
    "a milestone after itself": ("after: signed_up", "after: activated", True),
    "two milestones after each other": ("    event_types: [signed_up]\n", f"    after: activated\n{SIGN_UP}", True),
    "an unknown milestone": ("{milestone: trial_started}", "{milestone: trial_begun}", True),
    "an unknown event type": ("event_types: [page_viewed]", "event_types: [page_veiwed]", True),
    "an unknown column": ("breakdowns: [channel, device]", "breakdowns: [channel, colour]", True),
    "a breakdown twice": ("breakdowns: [channel, device]", "breakdowns: [channel, channel]", None),
    "a step twice": ("[first_visit, signed_up, activated, purchased]", "[first_visit, first_visit]", None),
    "an event type twice": ("event_types: [feature_used, logged_in]", "event_types: [feature_used, feature_used]", None),
    "a stage of two kinds": ("{milestone: referred}", "{milestone: referred, inactive_days: 3}", True),
    "a stage with another's name": ("name: advocacy", "name: decision", True),
    "no stages": ("stages:\n", "stages: []\n    more:\n", True),
    "a name with spaces": ("signup_to_purchase:\n", "signup to purchase:\n", True),
    "a name in capitals": ("main_funnel: signup_to_purchase", "main_funnel: SIGNUP_TO_PURCHASE", True),
    "a flag that is none": ("is_terminal: true", "is_terminal: perhaps", True),
    "a description that is a number": ("description: Came to the website", "description: 5", True),
    "a description of a megabyte": ("description: Came to the website", f"description: {'x' * 2**20}", None),
    "a source in capitals": ("left: product", "left: PRODUCT", None),
}
IS_ALL = os.environ.get("FAULTS") == "all"
CASES = [case for number, case in enumerate(cases()) if IS_ALL or number % 4 == 0 or case[0] in TEXTS or case[0] in EDITS]


@pytest.mark.parametrize(("text", "is_refused"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_malformed_journey_is_refused_in_words_or_can_be_stored(tmp_path: Path, text: str, is_refused: bool | None) -> None:
    path = tmp_path / "journey.yml"
    path.write_text(text, encoding="utf-8")
    try:
        journey = load_journey(path)
    except UserError as refusal:
        assert is_refused is not False
        assert_is_clear(str(refusal), path, text)
    else:
        assert not is_refused
        assert_can_be_stored(journey)


def assert_is_clear(message: str, path: Path, text: str) -> None:
    """One screen of printable lines that name the file, and each fault its line."""
    head, *faults = message.splitlines()
    assert str(path) in head
    assert len(faults) <= 25
    assert all(line.isprintable() and len(line) < 500 for line in (head, *faults)), message[:2000]
    assert "Traceback" not in message
    if not faults:
        assert re.search(r"line \d+: not readable|is empty|is no mapping|not readable as", head), head
    for fault in faults:
        found = re.match(r"  journey\.yml line (\d+): \S|  and \d+ more", fault)
        assert found, fault
        assert not found.group(1) or int(found.group(1)) <= text.count("\n") + 1


def assert_can_be_stored(journey: Journey) -> None:
    """What is accepted fits into the tables it lands in."""
    for table, rows in journey.tables().items():
        for row in rows:
            for column, kind in JOURNEY_TABLES[table].items():
                value = row[column]
                if value is not None and kind == "INTEGER":
                    assert abs(value) < 2**31, (table, column)
                if value is not None and kind == "DOUBLE":
                    assert math.isfinite(value), (table, column)


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1", "utf-8-sig"])
def test_a_journey_file_in_another_encoding_is_read_or_refused_in_words(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "journey.yml"
    path.write_bytes(SHIPPED.replace("Came to the website", "Grüße").encode(encoding))
    if encoding == "utf-8-sig":
        assert load_journey(path)
        return
    with pytest.raises(UserError, match="save it as UTF-8"):
        load_journey(path)


@pytest.mark.parametrize("kind", ["a folder", "nothing"])
def test_a_journey_file_that_cannot_be_read_is_told_in_words(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "journey.yml"
    if kind == "a folder":
        path.mkdir()
    with pytest.raises(UserError, match="cannot be read"):
        load_journey(path)
