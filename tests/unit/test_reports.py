"""The static pages: what they say, in what order, and what they must never do. No browser is needed here."""

import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pytest

from reports import formatting, pages
from reports.flow import Node, transition_picture
from reports.verdict import gates_of_run, verdict_of
from tests.unit.pages_read import (
    AS_OF,
    WRITERS,
    a_run,
    funnel_step,
    gap,
    gate,
    gates,
    model,
    move,
    pair,
    section,
    visible,
    written,
)

# Values


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        (None, formatting.UNKNOWN),
        (float("nan"), formatting.UNKNOWN),
        (0, "0 h"),
        (0.2, "12 min"),
        (3.2, "3.2 h"),
        (24.0, "24 h"),
        (60.0, "2.5 d"),
        (336.0, "14 d"),
    ],
)
def test_a_duration_is_told_in_the_unit_a_reader_thinks_in(hours: float | None, said: str) -> None:
    assert formatting.duration(hours).replace("\u00a0", " ") == said


@pytest.mark.parametrize(
    ("rate", "said"),
    [
        (0.451, "45.1 %"),
        (0, "0.0 %"),
        (1, "100.0 %"),
        (0.00001, "<0.1 %"),
        (0.99999, ">99.9 %"),
        (None, formatting.UNKNOWN),
        (pd.NA, formatting.UNKNOWN),
    ],
)
def test_a_rate_that_is_almost_none_or_almost_all_is_not_rounded_to_it(rate: Any, said: str) -> None:
    plain = None if rate is pd.NA else rate  # frames.rows turns NA into None before anything is written
    assert formatting.percent(plain).replace("\u00a0", " ") == said


@pytest.mark.parametrize(("count", "said"), [(390.7, "391"), (9.26, "9.3"), (0, "0"), (None, formatting.UNKNOWN)])
def test_an_expected_number_claims_no_decimals_it_cannot_know(count: float | None, said: str) -> None:
    assert formatting.roughly(count) == said


def test_a_difference_of_rates_has_its_sign_and_a_reason_is_a_sentence() -> None:
    assert [formatting.points(value).replace("\u00a0", " ") for value in (-0.213, 0.04)] == ["−21.3 points", "+4.0 points"]
    assert [formatting.sentence(text) for text in ("only a few", "Why?")] == ["Only a few.", "Why?"]


def test_large_counts_have_thousands_separators() -> None:
    assert formatting.number(1234) == "1,234"
    assert formatting.number(1234567.5) == "1,234,567.5"


def test_a_moment_in_another_zone_is_told_in_utc() -> None:
    elsewhere = datetime(2026, 11, 22, 7, 5, tzinfo=timezone(timedelta(hours=1)))
    assert formatting.moment(elsewhere) == formatting.moment(datetime(2026, 11, 22, 6, 5, tzinfo=UTC))
    assert formatting.moment(elsewhere) == "22 Nov 2026, 06:05 UTC"


# Any subset of tables


@pytest.mark.parametrize("writer", WRITERS)
def test_a_run_that_built_no_table_still_explains_itself(writer: Any, tmp_path: Path) -> None:
    page = written(writer, tmp_path, {}, a_run(False, None))
    assert "REFUSED" in visible(page)
    assert "Nothing has been published yet" in visible(page)


def test_a_table_without_a_promised_column_is_refused_by_name(tmp_path: Path) -> None:
    tables = {"quality.rpt_unmapped_events": pd.DataFrame({"source": ["web"]})}
    with pytest.raises(ValueError, match=r"quality\.rpt_unmapped_events has no column event_type"):
        pages.write_data_quality(tmp_path, a_run(), tables)


def test_a_page_that_cannot_be_made_leaves_the_old_one_and_no_litter(tmp_path: Path, monkeypatch: Any) -> None:
    before = written(pages.write_index, tmp_path, {})

    def fails(*_: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("os.replace", fails)
    with pytest.raises(OSError, match="disk full"):
        pages.write_index(tmp_path, a_run(False, None), {})
    assert (tmp_path / "index.html").read_text(encoding="utf-8") == before
    assert [path.name for path in tmp_path.iterdir()] == ["index.html"]


# Safety: values come from customers' files


def test_values_from_files_cannot_become_markup(tmp_path: Path) -> None:
    evil = '"><script>alert(1)</script>'
    unmapped = {
        "source": evil,
        "event_type": evil,
        "event_count": 1,
        "first_seen_at": AS_OF,
        "last_seen_at": AS_OF,
    }
    silent = {
        "source": evil,
        "event_type": evil,
        "gap_started_at": AS_OF,
        "gap_ended_at": None,
        "gap_hours": 99.0,
    }
    silent |= {"max_gap_hours": 24.0, "expected_event_count": 9.0, "is_literal_gap": True, "is_gap": True, "severity": "block"}
    tables = {
        **gates(gate(evil, passed=False, remedy=evil, gate=evil, expectation=evil)),
        "quality.rpt_unmapped_events": pd.DataFrame([unmapped]),
        "quality.rpt_event_gaps": pd.DataFrame([silent]),
        "marts.rpt_funnel_steps": pd.DataFrame([funnel_step(milestone=evil), funnel_step(dimension=evil, dimension_value=evil)]),
        "marts.rpt_transitions": pd.DataFrame([move(evil, "b"), move("b", evil)]),
        "ml.model_runs": pd.DataFrame([model(notes=evil, model=evil)]),
    }
    for writer in WRITERS:
        page = written(writer, tmp_path, tables)
        assert "<script" not in page
        assert "alert(1)" in page
        assert not re.search(r'="[^"]*"><script', page)


def test_pages_refer_to_nothing_on_the_network(tmp_path: Path) -> None:
    tables = {
        **gates(gate()),
        "marts.rpt_funnel_steps": pd.DataFrame([funnel_step(1), funnel_step(1, grain="week", period_start=AS_OF)]),
        "marts.rpt_transitions": pd.DataFrame([move("a", "b")]),
    }
    for writer in WRITERS:
        page = written(writer, tmp_path, tables)
        assert not re.search(r"https?:|url\(|@import|<script|<iframe|xmlns", page)
        assert set(re.findall(r'(?:href|src)="([^"#]*)', page)) <= {
            "",
            "data:,",
            "index.html",
            "data_quality.html",
            "journey.html",
            "journey-life.mmd",
        }


# Verdict and gates


def test_the_red_gate_stands_above_warnings_and_passed_ones(tmp_path: Path) -> None:
    rows = [gate("calm")]
    rows += [gate("warned", passed=False, severity="warn"), gate("later", passed=False, severity="withhold")]
    rows += [gate("unsure", passed=None), gate("stopped", passed=False)]
    page = section(written(pages.write_data_quality, tmp_path, gates(*rows), a_run(False)), "gates")
    order = ["stopped", "later", "warned", "unsure", "calm"]
    assert sorted(order, key=page.index) == order


def test_gates_of_earlier_runs_are_left_out() -> None:
    found = gates_of_run(a_run(), gates(gate(), gate("old", run_id="run-0", passed=False)))
    assert found is not None
    assert [row["subject"] for row in found] == ["web"]


@pytest.mark.parametrize(
    ("is_published", "rows", "word"),
    [
        (True, [gate()], "PUBLISHED"),
        (True, [gate(), gate(passed=False, severity="warn")], "PUBLISHED WITH WARNINGS"),
        (True, [gate(), gate(passed=None)], "PUBLISHED WITH WARNINGS"),
        (True, [gate(passed=False)], "PUBLISHED WITH WARNINGS"),
        (False, [gate(passed=False)], "REFUSED"),
        (False, [gate()], "REFUSED"),
        (None, [gate(passed=False)], "REFUSED"),
        (None, [gate()], "NOT YET PUBLISHED"),
    ],
)
def test_the_verdict_follows_from_the_run_and_its_gates(is_published: bool | None, rows: list[dict[str, Any]], word: str) -> None:
    run = a_run(is_published)
    assert verdict_of(run, gates_of_run(run, gates(*rows))).word == word


def test_a_refusal_says_what_the_published_file_still_holds_and_what_to_do(tmp_path: Path) -> None:
    refused = gates(gate(passed=False, observed=0.583, remedy="Compare the e-mail addresses."))
    run = a_run(False, datetime(2026, 11, 21, 6, 0))
    for writer in WRITERS:
        said = visible(written(writer, tmp_path, refused, run))
        assert "still holds the picture as of 21 Nov 2026, 06:00 UTC" in said
        assert "Start here: Compare the e-mail addresses." in said


def test_an_unjudged_gate_does_not_count_as_passed(tmp_path: Path) -> None:
    page = written(pages.write_index, tmp_path, gates(gate(), gate(passed=None)))
    assert "1 of 2" in visible(page)


# Journey


def test_a_missing_breakdown_value_is_not_the_word_unknown_nor_the_word_missing(tmp_path: Path) -> None:
    values = [None, "unknown", "missing", ""]
    rows = [funnel_step(), *(funnel_step(dimension="channel", dimension_value=value) for value in values)]
    page = section(written(pages.write_journey, tmp_path, {"marts.rpt_funnel_steps": pd.DataFrame(rows)}), "funnels")
    cells = re.findall(r"<tr><td>(.*?)</td>", page)
    assert cells[0].startswith('<span class="missing"')
    assert "(empty text)" in cells[1]
    assert cells[2:] == ["missing", "unknown"]


def test_a_funnel_tells_reach_and_mature_conversion_with_its_interval(tmp_path: Path) -> None:
    rows = [funnel_step(1, reached_count=2000), funnel_step(2, reached_count=1000)]
    page = written(pages.write_journey, tmp_path, {"marts.rpt_funnel_steps": pd.DataFrame(rows)})
    said = visible(section(page, "funnels"))
    assert "50.0 % of entrants" in said
    assert "conversion 45.1 % (42.0 % to 48.1 %)" in said
    assert "median 3.2 h from step 1" in said


@pytest.mark.parametrize(("mature", "reason"), [(0, "has had the whole window yet"), (900, "withheld by a gate")])
def test_an_unknown_conversion_says_why(mature: int, reason: str, tmp_path: Path) -> None:
    blank = {"conversion_rate": None, "conversion_low": None, "conversion_high": None}
    rows = [funnel_step(1), funnel_step(2, mature_entered_count=mature, **blank)]
    tables = {"marts.rpt_funnel_steps": pd.DataFrame(rows)}
    for writer in (pages.write_journey, pages.write_index):
        assert reason in visible(written(writer, tmp_path, tables))


def test_a_week_without_a_known_conversion_breaks_the_line(tmp_path: Path) -> None:
    weeks = [
        funnel_step(2, grain="week", period_start=AS_OF + timedelta(weeks=week), conversion_rate=rate)
        for week, rate in enumerate([0.1, 0.2, None, 0.1, 0.2])
    ]
    entrants = [{**row, "step": 1, "conversion_rate": 1.0} for row in weeks]
    page = written(pages.write_journey, tmp_path, {"marts.rpt_funnel_steps": pd.DataFrame([*entrants, *weeks])})
    charts = [chart for chart in page.split("<svg")[1:] if "Conversion per week" in chart]
    assert [chart.count("<polyline") for chart in charts] == [2, 2]
    assert [chart.count("<circle") for chart in charts] == [4, 4]


MOVES = [
    move("a", "b", share=0.871, customer_count=900, median_hours=3.2),
    move("b", "c", share=0.7, customer_count=300, median_hours=52.0),
    move("a", "c", share=0.129, customer_count=90, median_hours=None),
    move("c", "a", share=0.333, customer_count=30, median_hours=336.0),
]


def drawings(picture: Any) -> list[ElementTree.Element]:
    """The wide and the narrow SVG of a picture."""
    found = re.findall(r"<svg.*?</svg>", str(picture), flags=re.DOTALL)
    assert len(found) == 2
    return [ElementTree.fromstring(svg) for svg in found]


def labels(svg: ElementTree.Element) -> dict[tuple[str, str], ElementTree.Element]:
    groups = [group for group in svg.iter("g") if "arc-label" in group.attrib["class"]]
    return {(group.attrib["data-from"], group.attrib["data-to"]): group for group in groups}


def box(rect: ElementTree.Element) -> tuple[float, float, float, float]:
    x, y, width, height = (float(rect.attrib[name]) for name in ("x", "y", "width", "height"))
    return x, y, x + width, y + height


def test_every_arc_is_labelled_with_the_values_of_its_row() -> None:
    for svg in drawings(transition_picture([Node(name, 1) for name in "abc"], MOVES)):
        said = {ends: tuple(text.text for text in group.iter("text")) for ends, group in labels(svg).items()}
        assert said == {
            ("a", "b"): ("87.1\u00a0%", "3.2\u00a0h"),
            ("b", "c"): ("70.0\u00a0%", "2.2\u00a0d"),
            ("a", "c"): ("12.9\u00a0%", formatting.UNKNOWN),
            ("c", "a"): ("33.3\u00a0%", "14\u00a0d"),
        }


def test_moves_back_go_to_the_other_side_and_more_customers_make_a_thicker_arc() -> None:
    wide, narrow = drawings(transition_picture([Node(name, 1) for name in "abc"], MOVES))
    for svg, axis in ((wide, 1), (narrow, 0)):
        stage = box(next(group for group in svg.iter("g") if group.attrib["class"] == "stage")[1])
        middle = (stage[axis] + stage[axis + 2]) / 2
        for ends, group in labels(svg).items():
            is_above_or_left = box(group[1])[axis] < middle
            assert is_above_or_left == ((ends != ("c", "a")) if svg is wide else (ends == ("c", "a")))
        widths = [float(path.attrib["stroke-width"]) for path in svg.iter("path")]
        assert widths == sorted(widths, reverse=True)
        assert widths[0] > 2 * widths[1]


def test_labels_stay_inside_the_picture_and_clear_of_stages_and_of_each_other() -> None:
    names = ["awareness", "consideration", "decision", "implementation", "advocacy", "at_risk", "churned"]
    moves = [
        move(source, target, share=0.123)
        for at, source in enumerate(names)
        for to, target in enumerate(names)
        if to - at in (-2, -1, 1, 2)
    ]
    for svg in drawings(transition_picture([Node(name, 1) for name in names], moves)):
        stages = [box(group[1]) for group in svg.iter("g") if group.attrib["class"] == "stage"]
        placed = [box(group[1]) for group in labels(svg).values()]
        _, _, width, height = map(float, svg.attrib["viewBox"].split())
        assert len(placed) == len(moves)
        for at, one in enumerate(placed):
            assert min(one) >= 0
            assert one[2] <= width
            assert one[3] <= height
            for other in [*stages, *placed[:at]]:
                wide = min(one[2], other[2]) - max(one[0], other[0])
                tall = min(one[3], other[3]) - max(one[1], other[1])
                assert min(wide, tall) < 10, "a label hides the words of another"


def test_a_crowded_picture_keeps_its_largest_moves_and_says_so() -> None:
    names = [f"stage_{n}" for n in range(8)]
    ends = [(one, other) for one in names for other in names if one != other]
    moves = [move(*pair_of, customer_count=count) for count, pair_of in enumerate(ends, start=1)]
    picture = transition_picture([Node(name, 1) for name in names], moves)
    for svg, most in zip(drawings(picture), (36, 22), strict=True):
        assert set(labels(svg)) == set(ends[-most:])
        assert f"The {most} largest of 56 moves are drawn." in str(picture)


def test_rare_moves_are_left_out_of_the_picture_and_kept_in_the_table(tmp_path: Path) -> None:
    rare = move("a", "c", share=0.004, customer_count=3)
    page = written(pages.write_journey, tmp_path, {"marts.rpt_transitions": pd.DataFrame([*MOVES[:2], rare])})
    shown = section(page, "transitions")
    assert 'data-from="a" data-to="c"' not in shown
    assert "1 move below 1.0 %" in visible(shown)
    assert "0.4 %" in visible(shown)


def test_stages_stand_in_their_order_and_event_moves_are_no_stage_moves(tmp_path: Path) -> None:
    counts = [
        {
            "stage_set": "life",
            "stage": stage,
            "position": position,
            "customer_count": count,
            "description": None,
        }
        for stage, position, count in (("c", 3, None), ("a", 1, 1234), ("b", 2, 5))
    ]
    events = move("page_viewed", "signed_up", level="event_type", stage_set=None)
    tables = {
        "marts.rpt_stage_occupancy": pd.DataFrame(counts),
        "marts.rpt_transitions": pd.DataFrame([move("a", "c"), move("c", "b"), events]),
    }
    shown = section(written(pages.write_journey, tmp_path, tables), "transitions")
    names = [[group[2].text for group in svg.iter("g") if group.attrib["class"] == "stage"] for svg in drawings(shown)]
    assert names == [["a", "b", "c"], ["a", "b", "c"]]
    assert "1,234 now" in shown
    assert "now unknown" in shown
    assert "page viewed" not in shown


def test_only_the_latest_snapshot_of_segments_is_shown(tmp_path: Path) -> None:
    common = {"segment_description": None, "customer_count": 5, "share": 0.5, "revenue_amount": None}
    common["churn_probability"] = None
    rows = [
        {**common, "segment": "now", "snapshot_at": AS_OF},
        {**common, "segment": "then", "snapshot_at": AS_OF - timedelta(days=30)},
    ]
    said = visible(section(written(pages.write_journey, tmp_path, {"marts.rpt_segments": pd.DataFrame(rows)}), "segments"))
    assert "now" in said
    assert "then" not in said
    assert "unknown nobody in it has a score" in said


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "It beats the baseline (recency, 0.700), even at the low end"),
        ({"auc_low": 0.68}, "so the lead may be chance"),
        ({"auc": 0.69, "auc_low": 0.66}, "does not beat the baseline (recency, 0.700): use the baseline"),
        ({"auc": None, "auc_low": None}, "could not be trained or tested"),
        ({"auc": 0.97, "auc_low": 0.96}, "too good to be true"),
        ({"baseline_auc": None}, "no baseline beside it"),
        ({"notes": "refused: 31 positives"}, "Its scores are not used"),
    ],
)
def test_a_model_is_judged_in_one_plain_sentence(changed: dict[str, Any], said: str, tmp_path: Path) -> None:
    older = model(trained_at=AS_OF - timedelta(days=9), notes="from last week")
    tables = {"ml.model_runs": pd.DataFrame([model(**changed), older])}
    shown = visible(section(written(pages.write_journey, tmp_path, tables), "models"))
    assert said in shown
    assert "from last week" not in shown


# Trust


def doubted(state: str, **changed: Any) -> dict[str, Any]:
    return {"trust_state": state, "trust_reason": "event_gaps: web\nrevenue_counts: USD, EUR", **changed}


def stage(**changed: Any) -> dict[str, Any]:
    return {"stage_set": "life", "stage": "a", "position": 1, "customer_count": 7, "description": None, **changed}


TABLES_IN_DOUBT = [
    ("marts.rpt_funnel_steps", "funnels", funnel_step(), "<ol"),
    ("marts.rpt_transitions", "transitions", move("a", "b"), "<svg"),
    ("marts.rpt_stage_occupancy", "stages", stage(), "<table"),
]


@pytest.mark.parametrize(("table", "anchor", "row", "picture"), TABLES_IN_DOUBT)
def test_numbers_in_doubt_say_so_with_every_reason_once_per_figure(
    table: str, anchor: str, row: dict[str, Any], picture: str, tmp_path: Path
) -> None:
    tables = {
        table: pd.DataFrame([row | doubted("warned"), row | doubted("trusted", trust_reason=None), row | doubted("warned")])
    }
    page = section(written(pages.write_journey, tmp_path, tables), anchor)
    assert "▲ warned event_gaps: web revenue_counts: USD, EUR" in visible(page)
    assert page.count("event_gaps: web") == 1
    assert picture in page


@pytest.mark.parametrize(("table", "anchor", "row", "picture"), TABLES_IN_DOUBT)
def test_withheld_numbers_are_the_word_and_the_reason_in_place_of_the_picture(
    table: str, anchor: str, row: dict[str, Any], picture: str, tmp_path: Path
) -> None:
    numbers = dict.fromkeys(("entered_count", "reached_count", "conversion_rate", "customer_count", "transition_count", "share"))
    withheld = row | {name: None for name in numbers if name in row} | doubted("withheld")
    page = section(written(pages.write_journey, tmp_path, {table: pd.DataFrame([withheld])}), anchor)
    assert "✕ withheld event_gaps: web revenue_counts: USD, EUR" in visible(page)
    assert picture not in page


@pytest.mark.parametrize(("table", "anchor", "row", "picture"), TABLES_IN_DOUBT)
def test_a_table_without_the_columns_of_trust_is_trusted(
    table: str, anchor: str, row: dict[str, Any], picture: str, tmp_path: Path
) -> None:
    page = section(written(pages.write_journey, tmp_path, {table: pd.DataFrame([row])}), anchor)
    assert 'class="trust' not in page
    assert picture in page


def test_more_than_two_reasons_of_doubt_are_folded(tmp_path: Path) -> None:
    reasons = "first\nsecond\nthird\nand 4 more"
    tables = {"marts.rpt_stage_occupancy": pd.DataFrame([stage() | doubted("warned", trust_reason=reasons)])}
    shown, folded = section(written(pages.write_journey, tmp_path, tables), "stages").split("<details")
    assert "warned first second" in visible(shown)
    assert "third and 4 more" in visible(folded)


def test_a_number_beside_a_withheld_one_is_shown(tmp_path: Path) -> None:
    tables = {"marts.rpt_stage_occupancy": pd.DataFrame([stage() | doubted("withheld")])}  # its revenue is withheld
    said = visible(section(written(pages.write_journey, tmp_path, tables), "stages"))
    assert "▲ partly withheld event_gaps: web" in said
    assert "a 7 100.0 %" in said


def test_a_churn_probability_that_is_withheld_is_not_called_unscored(tmp_path: Path) -> None:
    row = {"segment": "steady", "segment_description": None, "customer_count": 5, "share": 1.0, "revenue_amount": None}
    tables = {"marts.rpt_segments": pd.DataFrame([row | {"churn_probability": None, "snapshot_at": AS_OF} | doubted("withheld")])}
    said = visible(section(written(pages.write_journey, tmp_path, tables), "segments"))
    assert "unknown withheld" in said
    assert "nobody in it has a score" not in said


@pytest.mark.parametrize(
    ("state", "count", "said"), [("warned", 7, "7 most in a: 100.0 % ▲ warned"), ("withheld", None, "withheld life ✕ withheld")]
)
def test_the_first_page_shows_doubt_beside_the_number(state: str, count: int | None, said: str, tmp_path: Path) -> None:
    tables = {"marts.rpt_stage_occupancy": pd.DataFrame([stage(customer_count=count) | doubted(state)])}
    assert f"{said}: event_gaps: web; 1 more" in visible(written(pages.write_index, tmp_path, tables))


# The first page


def test_the_first_page_links_both_reports_and_gives_figures(tmp_path: Path) -> None:
    counts = {"stage_set": "life", "stage": "a", "position": 1, "customer_count": 16402, "description": None}
    tables = {
        **gates(gate(), gate("crm", passed=False, severity="warn")),
        "marts.rpt_stage_occupancy": pd.DataFrame([counts]),
        "marts.rpt_funnel_steps": pd.DataFrame([funnel_step(1), funnel_step(2)]),
        "quality.rpt_id_match_rates": pd.DataFrame([pair(), pair(match_rate=0.81)]),
        "quality.rpt_event_gaps": pd.DataFrame([gap()]),
    }
    page = written(pages.write_index, tmp_path, tables)
    assert 'href="data_quality.html"' in page
    assert 'href="journey.html"' in page
    said = visible(page)
    for figure in ("16,402", "2,000", "45.1 %", "1 of 2", "81.0 %", "none"):
        assert figure in said


def test_what_a_killed_run_left_half_written_goes_with_the_next(tmp_path: Path) -> None:
    for write in WRITERS:
        write(tmp_path, a_run(), {})
    whole = sorted(tmp_path.iterdir())
    for path in whole:
        path.with_name(f".{path.name}.k1ll3d").write_text("half a p")
    for write in WRITERS:
        write(tmp_path, a_run(), {})
    assert sorted(tmp_path.iterdir()) == whole
