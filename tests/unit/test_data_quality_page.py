"""The data-quality page, section by section: what it says of ordinary, missing, empty, unknown and hostile tables."""

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from reports import formatting, pages
from reports.data_quality import SECTIONS
from reports.data_quality.time import gap_rows
from reports.timeline import gap_timeline
from tests.browser import made_up_company
from tests.unit.pages_read import AS_OF, a_run, gap, gate, gates, pair, section, visible, written

EVERY = {one.anchor: one for of_group in SECTIONS.values() for one in of_group}
MADE_UP = {name: frame for name, frame in made_up_company.red_tables().items() if name.startswith("quality.")}
EVIL = '"><script>alert(1)</script>'


def said(tables: dict[str, pd.DataFrame], anchor: str, folder: Path, run: pages.Run | None = None) -> str:
    """The words of one section of the page that these tables make."""
    return visible(section(written(pages.write_data_quality, folder, tables, run), anchor))


def listed_state(page: str, anchor: str) -> str:
    """The line of a section in the list of contents."""
    found = re.search(rf'<li><a href="#{anchor}".*?</li>', page, flags=re.DOTALL)
    assert found is not None
    return visible(found.group()).strip()


# Every section


def test_every_section_has_made_up_rows() -> None:
    assert {one.table for one in EVERY.values()} == set(MADE_UP)


def test_every_section_is_listed_and_without_its_table_is_one_quiet_line(tmp_path: Path) -> None:
    page = written(pages.write_data_quality, tmp_path, {})
    assert re.findall(r'<section id="([^"]+)" class="calm">', page) == list(EVERY)
    assert page.count("Not built in this run") == len(EVERY)
    assert all("not built" in listed_state(page, anchor) for anchor in EVERY)


@pytest.mark.parametrize("anchor", EVERY)
def test_a_section_whose_table_has_no_rows_is_one_quiet_line(anchor: str, tmp_path: Path) -> None:
    table = EVERY[anchor].table
    page = section(written(pages.write_data_quality, tmp_path, {table: MADE_UP[table].iloc[:0]}), anchor)
    assert 'class="calm"' in page
    assert "<table" not in page
    assert "Not built" not in page


@pytest.mark.parametrize("anchor", EVERY)
def test_a_section_with_rows_shows_them(anchor: str, tmp_path: Path) -> None:
    table = EVERY[anchor].table
    page = section(written(pages.write_data_quality, tmp_path, {table: MADE_UP[table]}, made_up_company.red_run()), anchor)
    assert 'class="calm"' not in page
    assert re.search(r"<table|class=\"pair\"", page)


@pytest.mark.parametrize("anchor", EVERY)
def test_values_from_files_cannot_become_markup(anchor: str, tmp_path: Path) -> None:
    table = EVERY[anchor].table
    evil = MADE_UP[table].map(lambda value: EVIL if isinstance(value, str) else value)
    run = pages.Run(EVIL, AS_OF, AS_OF, EVIL, EVIL, False, AS_OF)
    page = written(pages.write_data_quality, tmp_path, {table: evil}, run)
    assert "<script" not in page
    assert page.count('"><script') == 0
    assert "alert(1)" in page


@pytest.mark.parametrize("anchor", EVERY)
def test_a_section_of_nothing_but_unknown_values_spells_no_null_and_claims_no_zero(anchor: str, tmp_path: Path) -> None:
    table = EVERY[anchor].table
    unknown = pd.DataFrame(None, index=range(2), columns=MADE_UP[table].columns, dtype=object)
    if "run_id" in unknown and anchor != "publications":
        unknown["run_id"] = "run-1"
    words = said({table: unknown}, anchor, tmp_path)
    assert not re.search(r"\b(None|nan|NaN|NaT|NA)\b", words)
    assert not re.search(r"(?<![\d.,])0(\.0 %)?(?![\d.,])", words)


def test_a_hundred_sources_of_sixty_event_types_stay_a_page_of_less_than_a_megabyte(tmp_path: Path) -> None:
    tables = {name: _multiplied(frame) for name, frame in MADE_UP.items()}
    assert len(tables["quality.rpt_touchpoint_audit"]) >= 6_000
    path = pages.write_data_quality(tmp_path, made_up_company.red_run(), tables)
    assert path.stat().st_size < 1_000_000


def _multiplied(frame: pd.DataFrame) -> pd.DataFrame:
    """At least 6,000 rows with the faults of the made-up ones, of a hundred sources, sixty event types and as many pairs."""
    copies = -(-6_000 // len(frame))
    many = pd.concat([frame] * copies, ignore_index=True)
    number = pd.Series(many.index // len(frame))
    names = [
        ("source", 100),
        ("left_source", 100),
        ("left_side", 100),
        ("right_side", 90),
        ("event_type", 60),
        ("touchpoint", 60),
    ]
    for column, count in [*names, ("gate", 15), ("subject", 6_000), ("reason", 400), ("file", 900), ("part", 50)]:
        if column in many:
            many[column] = many[column].astype(str).str.cat((number % count).astype(str), sep="_a_rather_long_name_")
    return many


# Gates, their history, trust


def test_the_red_gate_stands_above_warnings_and_passed_ones(tmp_path: Path) -> None:
    rows = [gate("calm")]
    rows += [gate("warned", passed=False, severity="warn"), gate("later", passed=False, severity="withhold")]
    rows += [gate("unsure", passed=None), gate("stopped", passed=False)]
    words = said(gates(*rows), "gates", tmp_path, a_run(False))
    order = ["stopped", "later", "warned", "unsure", "calm"]
    assert sorted(order, key=words.index) == order


def test_what_great_expectations_wrote_is_linked_where_it_exists(tmp_path: Path) -> None:
    assert "gates/judge_" not in written(pages.write_data_quality, tmp_path, gates(gate()))
    (tmp_path / "gates").mkdir()
    (tmp_path / "gates" / "judge_data.json").write_text("[]", encoding="utf-8")
    page = section(written(pages.write_data_quality, tmp_path, gates(gate())), "gates")
    assert re.findall(r'href="([^"]+)"', page) == ["gates/judge_data.json"]


def history_of(*passed: bool | None, **changed: Any) -> dict[str, pd.DataFrame]:
    """One row of one gate per run, the oldest first."""
    rows = [
        gate(run_id=f"run-{n}", passed=held, judged_at=AS_OF - timedelta(days=len(passed) - n), **changed)
        for n, held in enumerate(passed)
    ]
    return gates(*rows[::-1])


def cells(page: str) -> list[str]:
    """The symbols of each row of the strip, that of the runs first."""
    found = re.findall(r'<span class="cells">(.*?)</span>', page, flags=re.DOTALL)
    return ["".join(re.findall(r"<i[^>]*>(.)</i>", row)) for row in found]


def test_the_history_has_the_newest_run_on_the_right_and_at_most_twenty(tmp_path: Path) -> None:
    tables = history_of(*[False] * 9, *[True] * 17, None, True, False, False)
    page = section(written(pages.write_data_quality, tmp_path, tables), "history")
    assert cells(page)[1] == "✓" * 16 + "?✓✕✕"
    assert f"failing since {formatting.day(AS_OF - timedelta(days=2))}" in visible(page)


def test_a_gate_that_failed_once_and_passes_now_is_not_failing(tmp_path: Path) -> None:
    words = said(history_of(True, False, True, severity="warn"), "history", tmp_path)
    assert "failed in 1 run" in words
    assert "since" not in words


def test_a_gate_is_as_bad_as_its_worst_row_and_absent_from_runs_before_it_was_made(tmp_path: Path) -> None:
    at = AS_OF - timedelta(days=1)
    tables = gates(
        *(gate(run_id="run-0", judged_at=at, subject=str(n), passed=n != 3, severity="warn") for n in range(9)),
        *(gate(subject=str(n)) for n in range(2)),
        gate(gate="new", passed=False),
    )
    page = section(written(pages.write_data_quality, tmp_path, tables), "history")
    assert sorted(cells(page)[1:]) == sorted(["▲✓", "·✕"])


def entry(state: str = "trusted", **changed: Any) -> dict[str, Any]:
    row = {"run_id": "run-1", "table_name": "marts.rpt_funnel_steps", "columns": "reached_count", "part": "main", "state": state}
    return {**row, "reasons": None, "gate_count": 4, "failed_count": 0, "recorded_at": AS_OF, **changed}


def test_withheld_numbers_stand_above_warned_ones_each_reason_on_its_line(tmp_path: Path) -> None:
    rows = [entry("trusted", part="calm"), entry("warned", part="doubted", reasons="first reason\nsecond reason")]
    rows += [entry("withheld", part="hidden", reasons="third reason", failed_count=1)]
    page = section(written(pages.write_data_quality, tmp_path, {"quality.trust_ledger": pd.DataFrame(rows)}), "trust")
    words = visible(page)
    order = ["hidden", "third reason", "doubted", "first reason", "second reason", "calm"]
    assert sorted(order, key=words.index) == order
    assert "<p>first reason</p><p>second reason</p>" in page


def test_numbers_that_are_doubted_for_the_same_reasons_share_them(tmp_path: Path) -> None:
    rows = [entry("warned", part=part, reasons=reason) for part, reason in (("a", "one"), ("b", "one\ntwo"), ("c", "one"))]
    page = section(written(pages.write_data_quality, tmp_path, {"quality.trust_ledger": pd.DataFrame(rows)}), "trust")
    assert page.count("<p>one</p>") == 2
    assert re.findall(r"<b>(\w)</b>|<p>(two)</p>", page) == [("a", ""), ("c", ""), ("b", ""), ("", "two")]


def test_a_run_without_a_ledger_of_its_own_shows_that_of_what_is_published(tmp_path: Path) -> None:
    rows = [entry("warned", run_id=f"run-0{n}", reasons=f"reason {n}", recorded_at=AS_OF - timedelta(days=n)) for n in (3, 1, 2)]
    words = said({"quality.trust_ledger": pd.DataFrame(rows)}, "trust", tmp_path)
    assert "by the run run-01" in words
    assert re.findall(r"reason (\d)", words) == ["1"]


# The touchpoint audit


def touchpoint(name: str, grade: str, **changed: Any) -> dict[str, Any]:
    row = dict.fromkeys(MADE_UP["quality.rpt_touchpoint_audit"].columns)
    return {**row, "source": "web", "touchpoint": name, "grade": grade, "event_count": 9, "priority": 9, **changed}


def audit_of(*rows: dict[str, Any]) -> dict[str, pd.DataFrame]:
    return {"quality.rpt_touchpoint_audit": pd.DataFrame(list(rows))}


def test_red_touchpoints_come_first_by_priority_with_reason_and_fix(tmp_path: Path) -> None:
    rows = [touchpoint("fine", "green", priority=1), touchpoint("soso", "amber", priority=2)]
    rows += [
        touchpoint("apple", "red", priority=4),
        touchpoint("zebra", "red", priority=3, worst_reason="why so", fix="do that"),
    ]
    words = said(audit_of(*rows), "audit", tmp_path)
    order = ["zebra", "Why: Why so.", "What to do: Do that.", "apple", "soso", "fine"]
    assert sorted(order, key=words.index) == order


@pytest.mark.parametrize(("count", "is_folded"), [(12, False), (13, True)])
def test_green_touchpoints_are_folded_when_they_are_many_and_red_ones_never(count: int, is_folded: bool, tmp_path: Path) -> None:
    rows = [touchpoint(f"{grade}_{n}", grade) for grade in ("red", "green") for n in range(count)]
    page = section(written(pages.write_data_quality, tmp_path, audit_of(*rows)), "audit")
    assert re.findall(r"<summary>(.*?)</summary>", page) == ([f"{count} green"] if is_folded else [])


def test_the_audit_lies_beside_the_page_as_a_sheet_in_the_order_of_repair(tmp_path: Path) -> None:
    rows = [touchpoint("later", "green", priority=2), touchpoint("now", "red", priority=1)]
    page = section(written(pages.write_data_quality, tmp_path, audit_of(*rows)), "audit")
    assert 'href="touchpoint_audit.csv"' in page
    assert list(pd.read_csv(tmp_path / "touchpoint_audit.csv")["touchpoint"]) == ["now", "later"]


# Who is who


@pytest.mark.parametrize("changed", [{"severity": "outcome"}, {"severity": None}, {"min_match_rate": None}])
def test_a_pair_that_is_an_outcome_or_has_no_limit_is_measured_and_not_gated(changed: dict[str, Any], tmp_path: Path) -> None:
    words = said({"quality.rpt_id_match_rates": pd.DataFrame([pair(match_rate=0.1, **changed)])}, "pairs", tmp_path)
    assert "10.0 % measured, not gated" in words
    assert "below" not in words


def test_an_unknown_match_rate_is_called_unknown_with_its_reason(tmp_path: Path) -> None:
    words = said({"quality.rpt_id_match_rates": pd.DataFrame([pair(match_rate=None, left_ids=0), pair()])}, "pairs", tmp_path)
    assert "unknown (no identifiers on the left side)" in words
    assert " 0.0 %" not in words


def test_a_pair_below_its_limit_says_since_when(tmp_path: Path) -> None:
    rows = [pair(match_rate=0.5, below_since=datetime(2026, 10, 3)), pair(below_since=None)]
    words = said({"quality.rpt_id_match_rates": pd.DataFrame(rows)}, "pairs", tmp_path)
    assert "below 80.0 % below it since 3 Oct 2026" in words


def test_an_id_type_of_several_systems_is_a_grid_with_a_hole_where_nothing_was_compared(tmp_path: Path) -> None:
    ends = [("a", "b"), ("b", "a"), ("c", "a")]
    rows = [
        pair(left_side=left, right_side=right, match_rate=rate) for (left, right), rate in zip(ends, (0.9, 0.3, 1), strict=True)
    ]
    page = section(written(pages.write_data_quality, tmp_path, {"quality.rpt_id_match_rates": pd.DataFrame(rows)}), "pairs")
    [grid] = re.findall(r'<table class="heat">.*?</table>', page, flags=re.DOTALL)
    lines = {
        re.findall(r'scope="row">(.*?)<', row)[0]: re.findall(r'<td class="([^"]+)"', row)
        for row in re.findall(r"<tr>.*?</tr>", grid)[1:]
    }
    assert lines == {"a": ["hole", "heat-5"], "b": ["heat-2", "hole"], "c": ["heat-5", "hole"]}
    assert "✕ 30.0 %" in visible(grid)


def test_one_pair_needs_no_grid(tmp_path: Path) -> None:
    page = written(
        pages.write_data_quality, tmp_path, {"quality.rpt_id_match_rates": pd.DataFrame([pair(), pair(left_side="x")])}
    )
    assert '<table class="heat"' not in page


def week(number: int, rate: float, **changed: Any) -> dict[str, Any]:
    row = {"left_side": "a", "right_side": "b", "id_type": "email", "left_ids": 100, "matched_ids": round(100 * rate)}
    row |= {"week_started_on": datetime(2026, 10, 5) + timedelta(weeks=number), "match_rate": rate, "usual_rate": 0.9}
    row |= {"difference": rate - 0.9, "difference_low": rate - 0.95, "difference_high": rate - 0.85}
    return {**row, "is_drift": rate < 0.8, "severity": None, **changed}


def test_a_drift_is_told_by_the_week_in_which_it_began(tmp_path: Path) -> None:
    rates = (0.9, 0.5, 0.9, 0.6, 0.61)
    rows = [week(number, rate, severity="warn" if number == 4 else None) for number, rate in enumerate(rates)]
    words = said({"quality.rpt_identity_drift": pd.DataFrame(rows[::-1])}, "drift", tmp_path)
    assert "broke in the week of 26 Oct 2026" in words
    assert "60.0 % instead of 90.0 %: −30.0 points (−35.0 points to −25.0 points)" in words
    assert "it lasts" in words


def test_a_drift_that_is_over_says_so_and_is_no_warning(tmp_path: Path) -> None:
    tables = {"quality.rpt_identity_drift": pd.DataFrame([week(n, rate) for n, rate in enumerate((0.9, 0.6, 0.9))])}
    page = written(pages.write_data_quality, tmp_path, tables)
    assert "over by now" in visible(section(page, "drift"))
    assert "over by now" in listed_state(page, "drift")
    assert 'class="tone-warn"' not in section(page, "drift")


def test_a_drift_to_which_the_usual_has_adapted_is_not_over(tmp_path: Path) -> None:
    rows = [week(0, 0.9), week(1, 0.5), week(2, 0.5, usual_rate=0.6, is_drift=False)]
    page = written(pages.write_data_quality, tmp_path, {"quality.rpt_identity_drift": pd.DataFrame(rows)})
    assert "it lasts" in visible(section(page, "drift"))
    assert "1 pair off since 12 Oct 2026" in listed_state(page, "drift")


def fact(**changed: Any) -> dict[str, Any]:
    row: dict[str, Any] = {"fact": "bought", "description": None, "left_source": "stripe", "right_source": "hubspot"}
    row |= {"both_count": 80, "left_only_count": 12, "right_only_count": 1, "neither_count": 7}
    return {**row, "agreement_rate": 0.87, "kappa": 0.456, "min_agreement_rate": 0.95, "severity": "warn", **changed}


def test_a_disagreement_is_told_in_words_and_in_four_counts(tmp_path: Path) -> None:
    page = written(pages.write_data_quality, tmp_path, {"quality.rpt_source_agreement": pd.DataFrame([fact()])})
    words = visible(section(page, "agreement"))
    assert "12 people reached “bought” according to stripe and not according to hubspot" in words
    assert "1 person reached “bought” according to hubspot and not according to stripe" in words
    assert "▲ agree on 87.0 % at least 95.0 % is expected , kappa 0.46" in words
    assert re.findall(r'<td class="(dispute|agree)">(\d+)</td>', section(page, "agreement")) == [
        *(("agree", "80"), ("dispute", "12")),
        *(("dispute", "1"), ("agree", "7")),
    ]


def test_the_lowest_agreement_that_is_judged_comes_first(tmp_path: Path) -> None:
    rows = [fact(fact="calm", agreement_rate=0.99), fact(fact="not_judged", agreement_rate=0.2, severity=None), fact()]
    words = said({"quality.rpt_source_agreement": pd.DataFrame(rows)}, "agreement", tmp_path)
    order = ["bought: stripe", "not judged: stripe", "calm: stripe"]
    assert sorted(order, key=words.index) == order


def test_rates_and_counts_of_identity_are_told_apart(tmp_path: Path) -> None:
    rows = [
        {"measure": "customers", "description": None, "before_value": 9023.0, "after_value": 5407.0},
        {"measure": "conversion_rate", "description": None, "before_value": 0.08, "after_value": 0.126},
    ]
    words = said({"quality.rpt_identity_effects": pd.DataFrame(rows)}, "effects", tmp_path)
    assert "customers 9,023 5,407" in words
    assert "conversion rate 8.0 % 12.6 %" in words


# Time


def drawn(*rows: dict[str, Any]) -> str:
    found = gap_rows({"quality.rpt_event_gaps": pd.DataFrame(list(rows))})
    assert found is not None
    return str(gap_timeline(found, AS_OF, 9))


def test_a_gap_that_lasts_is_drawn_open_and_a_quiet_stretch_is_pale() -> None:
    wide = drawn(gap(is_gap=True, gap_ended_at=None), gap(event_type="nps_answered")).split("only-narrow")[0]
    assert wide.count('class="gap-real"') == 2  # the block and its open end
    assert wide.count('class="gap-literal"') == 1
    assert "still silent" in wide


def test_a_known_incident_is_drawn_apart_with_its_reason_and_is_no_alarm(tmp_path: Path) -> None:
    rows = [gap(is_gap=True, known_reason="the tag was gone"), gap(event_type="other")]
    assert drawn(*rows).count('class="gap-known"') == 2
    page = written(pages.write_data_quality, tmp_path, {"quality.rpt_event_gaps": pd.DataFrame(rows)})
    words = visible(section(page, "gaps"))
    assert "no gap What silence there was is explained." in words
    assert "The tag was gone." in words
    assert listed_state(page, "gaps") == "✓ Gaps in tracking 1 explained"


def test_a_gap_in_what_is_not_judged_is_measured_and_no_alarm(tmp_path: Path) -> None:
    rows = [gap(is_gap=True, severity=None)]
    assert 'class="gap-real"' not in drawn(*rows)
    page = written(pages.write_data_quality, tmp_path, {"quality.rpt_event_gaps": pd.DataFrame(rows)})
    assert "1 in event types that are not judged" in visible(section(page, "gaps"))
    assert listed_state(page, "gaps") == "✓ Gaps in tracking none"


def test_only_event_types_with_a_gap_are_drawn_their_quiet_stretches_beside_it(tmp_path: Path) -> None:
    rows = [
        gap(is_gap=True),
        gap(gap_started_at=AS_OF - timedelta(days=30), gap_ended_at=AS_OF - timedelta(days=28)),
        gap(source="calm"),
    ]
    page = section(written(pages.write_data_quality, tmp_path, {"quality.rpt_event_gaps": pd.DataFrame(rows)}), "gaps")
    wide = page.split("only-narrow")[0]
    assert wide.count('class="lane-name"') == 1
    assert wide.count('class="gap-literal"') == 1


def test_the_events_lost_in_a_gap_are_told(tmp_path: Path) -> None:
    rows = [gap(is_gap=True, expected_event_count=61.25, lost_event_count=58.0)]
    assert " 58 " in said({"quality.rpt_event_gaps": pd.DataFrame(rows)}, "gaps", tmp_path)


def test_a_stretch_that_could_not_be_told_a_gap_is_not_reported_as_none(tmp_path: Path) -> None:
    tables = {"quality.rpt_event_gaps": pd.DataFrame([gap(is_gap=None, is_literal_gap=None)])}
    page = written(pages.write_data_quality, tmp_path, tables)
    assert listed_state(page, "gaps") == "· Gaps in tracking unknown"
    assert "no gap" not in visible(section(page, "gaps"))
    assert "could not be told" in visible(written(pages.write_index, tmp_path, tables))


def test_a_year_of_quiet_weekends_stays_a_small_picture() -> None:
    start = AS_OF - timedelta(days=3650)
    weeks = [
        gap(gap_started_at=start + timedelta(weeks=week), gap_ended_at=start + timedelta(weeks=week, days=6, hours=20))
        for week in range(520)
    ]
    assert len(drawn(*weeks)) < 20_000


def test_unknown_counts_are_dashes_and_never_zero(tmp_path: Path) -> None:
    row = {"source": "web", "event_type": "page_viewed", "row_count": 7, "missing_count": None}
    row |= {"unparseable_count": float("nan"), "future_count": pd.NA, "before_launch_count": None}
    tables = {"quality.rpt_timestamp_validity": pd.DataFrame([row])}
    page = section(written(pages.write_data_quality, tmp_path, tables), "timestamps")
    assert re.findall(r'<td class="num">(.*?)</td>', page) == ["7", *[formatting.UNKNOWN] * 4]


def fresh(source: str, **changed: Any) -> dict[str, Any]:
    row = dict.fromkeys(MADE_UP["quality.rpt_source_freshness"].columns)
    row |= {"source": source, "silent_hours": 3.2, "is_silent": False, "last_occurred_at": AS_OF - timedelta(hours=3.2)}
    return {**row, "severity": "warn", **changed}


def test_a_silent_source_is_named_with_its_date_and_what_was_due(tmp_path: Path) -> None:
    silent = fresh("crm", is_silent=True, silent_hours=72.0, silent_since=AS_OF - timedelta(days=3), expected_event_count=40.04)
    page = written(pages.write_data_quality, tmp_path, {"quality.rpt_source_freshness": pd.DataFrame([fresh("app"), silent])})
    words = visible(section(page, "freshness"))
    assert "silent crm Nothing since 19 Nov 2026, 06:00 UTC, which is 3 d; about 40 events were due." in words
    assert re.findall(r"<tr><td>(\w+)", section(page, "freshness")) == ["crm", "app"]
    assert listed_state(page, "freshness") == "▲ Freshness crm silent"


def test_sources_that_report_as_usual_are_one_line_with_their_ages_folded_away(tmp_path: Path) -> None:
    page = section(
        written(pages.write_data_quality, tmp_path, {"quality.rpt_source_freshness": pd.DataFrame([fresh("web")])}), "freshness"
    )
    assert 'class="calm"' in page
    assert "3.2 h ago" in visible(page.split("<details>")[1])


def test_a_source_with_too_short_a_history_stands_first(tmp_path: Path) -> None:
    row = {"first_occurred_at": AS_OF, "last_occurred_at": AS_OF, "min_days": 90.0, "severity": "warn"}
    rows = [
        {**row, "source": "aged", "days_of_history": 400.2, "is_sufficient": True},
        {**row, "source": "newborn", "days_of_history": 41.0, "is_sufficient": False},
    ]
    page = written(pages.write_data_quality, tmp_path, {"quality.rpt_history_depth": pd.DataFrame(rows)})
    words = visible(section(page, "depth"))
    assert words.index("newborn") < words.index("aged")
    assert "41" in words
    assert "needs 90 days" in words
    assert listed_state(page, "depth") == "▲ Depth of history 1 of 2 sources too short"


def test_sources_without_a_fault_in_weeks_are_counted_and_not_drawn(tmp_path: Path) -> None:
    row = {"day": AS_OF, "event_count": 9, "completeness": 1.0, "consistency": 1.0, "timestamp_accuracy": 1.0}
    rows = [{**row, "source": "good"}, {**row, "source": "bad", "consistency": 0.5}]
    page = section(written(pages.write_data_quality, tmp_path, {"quality.rpt_scorecard": pd.DataFrame(rows)}), "scorecard")
    assert page.count("<svg") == 3
    assert "1 more source at 100 % throughout" in visible(page)


def test_a_score_is_that_of_the_last_week_by_the_events_of_each_day(tmp_path: Path) -> None:
    rows = [
        {"source": "web", "day": AS_OF - timedelta(days=n), "event_count": 10, "completeness": 0.5}
        | {"consistency": 1.0, "timestamp_accuracy": None}
        for n in range(30, 0, -1)
    ]
    rows[-1] |= {"event_count": 940, "completeness": 1.0}  # of the last seven days, 940 of 1,000 events
    words = said({"quality.rpt_scorecard": pd.DataFrame(rows)}, "scorecard", tmp_path)
    assert "97.0 %" in words


# Volume


def repeated(event_type: str, **changed: Any) -> dict[str, Any]:
    row = dict.fromkeys(MADE_UP["quality.rpt_duplicates"].columns)
    row |= {"source": "web", "event_type": event_type, "row_count": 1000, "duplicate_count": 3, "duplicate_rate": 0.003}
    return {**row, "max_duplicate_rate": 0.02, "severity": "warn", **changed}


def test_a_storm_of_duplicates_is_told_with_its_dates_and_stands_first(tmp_path: Path) -> None:
    storm: dict[str, Any] = {"duplicate_count": 90, "duplicate_rate": 0.09, "storm_duplicate_count": 88}
    storm |= {"storm_started_at": datetime(2026, 10, 3, 14), "storm_ended_at": datetime(2026, 10, 4, 2)}
    rows = [
        repeated("few", duplicate_count=200, duplicate_rate=0.002),
        repeated("stormy", **storm),
        repeated("none", duplicate_count=0),
    ]
    page = written(pages.write_data_quality, tmp_path, {"quality.rpt_duplicates": pd.DataFrame(rows)})
    words = visible(section(page, "duplicates"))
    assert "88 duplicates from 3 Oct 2026, 14:00 UTC to 4 Oct 2026, 02:00 UTC" in words
    assert words.index("stormy") < words.index("few")
    assert "▲ 9.0 %" in words
    assert "In 1 more kind of event nothing stands twice" in words
    assert listed_state(page, "duplicates") == "▲ Duplicates 1 storm, 290 rows"


def test_ids_that_several_events_have_are_told_and_what_is_over_the_limit_stands_first(tmp_path: Path) -> None:
    row = {"source": "shop", "event_count": 100, "max_clash_rate": 0.1, "severity": "warn"}
    rows = [
        {**row, "event_type": "some", "clash_count": 9, "clash_rate": 0.09},
        {**row, "event_type": "many", "clash_count": 20, "clash_rate": 0.2},
        {**row, "event_type": "none", "clash_count": 0, "clash_rate": 0.0},
    ]
    page = written(pages.write_data_quality, tmp_path, {"quality.rpt_event_id_clashes": pd.DataFrame(rows)})
    words = visible(section(page, "clashes"))
    assert "▲ 20.0 %" in words
    assert "none" not in words
    assert words.index("many") < words.index("some")
    assert listed_state(page, "clashes") == "▲ Shared event ids 29 events"


def odd(day: int, **changed: Any) -> dict[str, Any]:
    row = {"source": "web", "event_type": "signed_up", "day": datetime(2026, 10, day), "kind": "drop", "event_count": 2}
    return {**row, "expected_count": 40.0, "ratio": 0.05, "explained_by": None, "severity": "warn", **changed}


def test_neighbouring_unusual_days_are_one_stretch_and_explained_ones_stand_apart(tmp_path: Path) -> None:
    rows = [odd(4), odd(3), odd(5, ratio=0.01), odd(9), odd(20, explained_by="a gap in tracking")]
    page = written(pages.write_data_quality, tmp_path, {"quality.rpt_volume_anomalies": pd.DataFrame(rows)})
    words = visible(section(page, "anomalies"))
    assert "3 Oct 2026 to 5 Oct 2026 signed up web 6 120 0.01" in words.replace("signed_up", "signed up")
    assert words.index("9 Oct 2026") < words.index("Explained by") < words.index("a gap in tracking")
    assert listed_state(page, "anomalies") == "▲ Unusual days 2 unexplained"


def test_a_week_of_other_hours_lasts_seven_days_and_an_old_one_is_not_judged(tmp_path: Path) -> None:
    rows = [odd(5, kind="shape", severity=None), odd(12, kind="shape", severity=None)]
    page = written(pages.write_data_quality, tmp_path, {"quality.rpt_volume_anomalies": pd.DataFrame(rows)})
    words = visible(section(page, "anomalies"))
    assert "1 older, without an explanation and not judged" in words
    assert "other hours 5 Oct 2026 to 18 Oct 2026" in words
    assert listed_state(page, "anomalies") == "✓ Unusual days none of late"


def test_days_that_are_all_explained_are_no_alarm(tmp_path: Path) -> None:
    tables = {"quality.rpt_volume_anomalies": pd.DataFrame([odd(20, explained_by="a gap in tracking")])}
    page = written(pages.write_data_quality, tmp_path, tables)
    assert listed_state(page, "anomalies") == "✓ Unusual days 1 explained"


def seen(source: str, stage: str, count: int) -> dict[str, Any]:
    row = {"source": source, "stage_set": "life", "stage": stage, "event_count": 2 * count, "customer_count": count}
    return {**row, "last_seen_at": AS_OF if count else None}


def test_holes_of_the_coverage_are_visible_and_a_stage_that_nobody_tells_of_is_named(tmp_path: Path) -> None:
    rows = [seen("web", "last", 0), seen("web", "first", 1234), seen("crm", "first", 100)]
    position = [{"stage_set": "life", "stage": stage, "position": n} for n, stage in enumerate(("first", "last"))]
    occupancy = pd.DataFrame(position).assign(customer_count=1, description=None)
    tables = {"quality.rpt_source_stage_coverage": pd.DataFrame(rows), "marts.rpt_stage_occupancy": occupancy}
    page = section(written(pages.write_data_quality, tmp_path, tables), "coverage")
    lines = {
        re.findall(r'scope="row">(.*?)<', row)[0]: re.findall(r'<td class="([^"]+)"', row)
        for row in re.findall(r"<tr>.*?</tr>", page)[1:]
    }
    assert lines == {"web": ["heat-5", "hole"], "crm": ["heat-1", "hole"]}
    assert re.findall(r'scope="col">(.*?)<', page) == ["first", "last"]
    assert "no source tells of last" in visible(page)


# Files


def test_a_refused_file_stands_above_one_with_rejected_rows_and_that_above_a_clean_one(tmp_path: Path) -> None:
    common = {"source": "events", "table_name": "web", "landed_at": AS_OF, "row_count": 5, "rejected_count": 0}
    files = [
        {**common, "file": "good.csv", "status": "landed", "note": None},
        {**common, "file": "torn.csv", "status": "landed", "note": None, "rejected_count": 2},
        {**common, "file": "bad.csv", "status": "refused", "note": "no header", "row_count": None},
    ]
    words = said({"quality.landed_files": pd.DataFrame(files)}, "files", tmp_path)
    assert words.index("bad.csv") < words.index("no header") < words.index("torn.csv") < words.index("good.csv")
    assert "1 file read to the last row" in words


def test_the_share_of_rejected_rows_is_one_of_all_rows_of_the_file(tmp_path: Path) -> None:
    file = {"source": "events", "table_name": "web", "file": "a.csv", "status": "landed", "row_count": 1, "rejected_count": 2}
    words = said({"quality.landed_files": pd.DataFrame([file | {"landed_at": None, "note": None}])}, "files", tmp_path)
    assert "66.7 %" in words


def rejected(*lines: int, **changed: Any) -> dict[str, pd.DataFrame]:
    common = {"source": "events", "table_name": "web", "file": "events/web.csv", "column_name": None, "reason": "no timestamp"}
    return {"quality.rejected_rows": pd.DataFrame([{**common, "line": n, "raw_row": f"masked {n}", **changed} for n in lines])}


def test_rejected_rows_name_lines_and_never_their_contents(tmp_path: Path) -> None:
    page = written(pages.write_data_quality, tmp_path, rejected(9, 3, 700, 5, 11, 12, raw_row="ada@example.org"))
    assert "lines 3, 5, 9, 11, 12 …" in visible(section(page, "rejections"))
    assert "ada@" not in page


def test_what_rejected_rows_were_worth_is_said_in_words(tmp_path: Path) -> None:
    worth = {"source": "events", "currency": "EUR", "rejected_count": 3, "rejected_amount": 48_310.4, "rejected_rate": 0.15}
    tables = rejected(1, 2, 3, 4, 5) | {"quality.rpt_rejected_amounts": pd.DataFrame([worth])}
    words = visible(section(written(pages.write_data_quality, tmp_path, tables), "rejections"))
    assert "3 rejected rows of events carried 48,310 EUR, 15.0 % of all EUR handed over" in words
    assert "The other 2 carried no amount that is known" in words
    assert "carried" not in said(rejected(1), "rejections", tmp_path)


def test_every_rejected_row_can_be_had_as_a_sheet(tmp_path: Path) -> None:
    tables = rejected(*range(900, 0, -1))
    page = section(written(pages.write_data_quality, tmp_path, tables), "rejections")
    assert 'href="rejected_rows.csv"' in page
    sheet = pd.read_csv(tmp_path / "rejected_rows.csv")
    assert list(sheet["line"]) == list(range(1, 901))
    assert list(sheet.columns) == list(tables["quality.rejected_rows"].columns)


def test_a_sheet_of_an_earlier_run_goes_when_no_row_is_rejected_any_more(tmp_path: Path) -> None:
    written(pages.write_data_quality, tmp_path, rejected(1))
    for tables in ({"quality.rejected_rows": rejected(1)["quality.rejected_rows"].iloc[:0]}, {}):
        page = written(pages.write_data_quality, tmp_path, tables)
        assert "rejected_rows.csv" not in page
        assert not (tmp_path / "rejected_rows.csv").exists()


@pytest.mark.parametrize("formula", ["=cmd|' /C calc'!A0", "+1", "-1+1", "@SUM(1)", "\tx"])
def test_a_sheet_has_nothing_that_a_spreadsheet_would_run(formula: str, tmp_path: Path) -> None:
    written(pages.write_data_quality, tmp_path, rejected(-1, reason=formula))
    sheet = pd.read_csv(tmp_path / "rejected_rows.csv")
    assert list(sheet["reason"]) == [f"'{formula}"]
    assert list(sheet["line"]) == [-1]  # a number is no formula


def test_only_the_last_ten_publications_are_shown_newest_first(tmp_path: Path) -> None:
    counts = {"block_failures": 0, "withhold_failures": 0, "warnings": 0}
    history = [
        {"run_id": f"<{n}>", "finished_at": AS_OF - timedelta(days=n), "is_published": n != 3, "as_of": AS_OF}
        | {"journey_version": "v", **counts}
        for n in range(14)
    ]
    page = section(
        written(pages.write_data_quality, tmp_path, {"quality.publications": pd.DataFrame(history[::-1])}), "publications"
    )
    assert re.findall(r"&lt;(\d+)&gt;", page) == [str(n) for n in range(10)]
    assert visible(page).count("refused") == 1
