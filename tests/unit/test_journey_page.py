"""The journey page, section by section: what it says of ordinary, missing, empty, withheld and hostile tables."""

import html
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from reports import formatting, mermaid, pages
from reports.curve import Spot, curve
from reports.flow import Node
from reports.journey import SECTIONS, documents, speed
from tests.browser import made_up_company
from tests.browser.made_up_journey import ODD_STAGE
from tests.unit.pages_read import funnel_step, move, section, visible, written
from warehouse import tables
from warehouse.definitions.journey import JOURNEY_TABLES

EVERY = {one.anchor: one for of_group in SECTIONS.values() for one in of_group}
MADE_UP = dict(made_up_company.green_tables())
TRUST = {"trust_state": "withheld", "trust_reason": "event_gaps: web"}
EVIL = '"><script>alert(1)</script>'


def page_of(tables: dict[str, pd.DataFrame], folder: Path) -> str:
    return written(pages.write_journey, folder, tables)


def said(tables: dict[str, pd.DataFrame], anchor: str, folder: Path) -> str:
    """The words of one section of the page that these tables make."""
    return visible(section(page_of(tables, folder), anchor))


def made_up(table: str, **where: Any) -> pd.DataFrame:
    """The made-up rows of one table, or those of them that have these values."""
    frame = MADE_UP[table]
    for column, value in where.items():
        frame = frame[frame[column].isna() if value is None else frame[column] == value]
    assert len(frame), f"nothing of {table} is like {where}"
    return frame.copy()


# Every section


def test_every_section_has_made_up_rows() -> None:
    assert {one.table for one in EVERY.values()} <= set(MADE_UP)


def test_every_section_is_listed_and_without_its_table_is_one_quiet_line(tmp_path: Path) -> None:
    page = page_of({}, tmp_path)
    assert re.findall(r'<section id="([^"]+)" class="calm">', page) == list(EVERY)
    assert re.findall(r'<li><a href="#([^"]+)"', page) == list(EVERY)
    assert page.count("Not built in this run") == len(EVERY)


@pytest.mark.parametrize("anchor", EVERY)
def test_a_section_whose_table_has_no_rows_is_one_quiet_line(anchor: str, tmp_path: Path) -> None:
    table = EVERY[anchor].table
    page = section(page_of({table: MADE_UP[table].iloc[:0]}, tmp_path), anchor)
    assert 'class="calm"' in page
    assert "Not built" not in page
    assert visible(page).strip().endswith(".")


@pytest.mark.parametrize("anchor", EVERY)
def test_a_section_with_its_own_table_alone_shows_it(anchor: str, tmp_path: Path) -> None:
    table = EVERY[anchor].table
    page = section(page_of({table: MADE_UP[table]}, tmp_path), anchor)
    assert "calm" not in page.partition(">")[0]
    assert re.search(r"<(table|svg|ol|span class=\"(whisker|bar|dumbbell))", page)


ROOT = Path(__file__).parents[2]
KEYS = {
    *(
        "stage_set",
        "stage",
        "position",
        "level",
        "from_name",
        "to_name",
        "funnel",
        "grain",
        "dimension",
        "step",
        "milestone",
        "anchor",
    ),
    *(
        "deviation",
        "friction_rank",
        "from_milestone",
        "to_milestone",
        "from_stage",
        "to_stage",
        "is_absorbing",
        "measure",
        "name",
    ),
    *("path_rank", "path", "event_type", "exit_rank", "age_days", "week", "comparison", "part", "segment", "horizon_days"),
    *("channel", "campaign", "is_on_path", "dimension_value", "cohort_month", "period_start", "is_small", "snapshot_at"),
}


@pytest.mark.parametrize("anchor", [anchor for anchor in EVERY if anchor not in ("models", "segments")])
def test_withheld_numbers_are_the_word_and_the_reason_and_no_picture(anchor: str, tmp_path: Path) -> None:
    table = EVERY[anchor].table
    frame = MADE_UP[table].copy()
    numbers = [column for column in frame.columns if column not in KEYS]
    frame[numbers] = None
    page = section(page_of({table: frame.assign(**TRUST)}, tmp_path), anchor)
    assert "✕ withheld event_gaps: web" in visible(page)
    assert not re.search(r"<svg|class=\"(whisker|dumbbell|bar|heat)", page)
    assert "0 customers" not in visible(page)


@pytest.mark.parametrize("anchor", [anchor for anchor in EVERY if anchor != "models"])
def test_values_that_are_unknown_are_never_written_as_numbers(anchor: str, tmp_path: Path) -> None:
    """One row in two lacks what it measures: the page is written all the same."""
    table = EVERY[anchor].table
    frame = MADE_UP[table].astype(object)
    numbers = [column for column in frame.columns if column not in KEYS]
    frame.loc[frame.index % 2 == 0, numbers] = None
    words = said({table: frame}, anchor, tmp_path)
    assert not re.search(r"\b(nan|None|NaT)\b", words)


VOCABULARY = ("level", "grain", "measure", "deviation", "dimension", "anchor", "trust_state")  # closed: no name of a file's


def test_nothing_from_a_table_becomes_markup(tmp_path: Path) -> None:
    tables = {}
    for name, frame in MADE_UP.items():
        evil = frame.astype(object)
        for column in (column for column in frame.columns if column not in VOCABULARY):
            evil[column] = evil[column].map(lambda value: f"{EVIL}{value}" if isinstance(value, str) else value)
        tables[name] = evil
    page = page_of(tables, tmp_path)
    assert "<script" not in page
    for anchor in EVERY.keys() - {"tenure"}:  # which is numbers only
        assert "alert(1)" in section(page, anchor), f"{anchor} shows no text of its table"


def test_the_page_of_a_whole_company_stays_small(tmp_path: Path) -> None:
    assert len(page_of(MADE_UP, tmp_path)) < 600_000


def promised_columns() -> dict[str, set[str]]:
    """What the published tables are said to have, by full name."""
    found: dict[str, set[str]] = {one.table: set(one.columns) for one in tables.WRITTEN_TABLES}
    for path in (ROOT / "dbt_project" / "models" / "marts").rglob("*.yml"):
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", []):
            found[f"marts.{model['name']}"] = {column["name"] for column in model["columns"]}
    return found | {f"journey.{name}": set(columns) for name, columns in JOURNEY_TABLES.items()}


def test_made_up_tables_have_no_column_that_the_real_ones_lack() -> None:
    """Else a page could ask for one, and a run would find out."""
    promised = promised_columns()
    ours = {one.table for one in EVERY.values()} | {name for name in MADE_UP if name.startswith("journey.")}
    extra = {name: set(MADE_UP[name].columns) - promised[name] - {*TRUST} for name in ours if name in promised}
    assert len(extra) > 10
    assert {name: columns for name, columns in extra.items() if columns} == {}


# What is first


@pytest.mark.parametrize("anchor", ["transitions", "stages", "conformance"])
def test_the_primary_stage_set_is_open_and_the_others_are_folded(anchor: str, tmp_path: Path) -> None:
    """By name account_health would come first."""
    open_part, _, folded = section(page_of(MADE_UP, tmp_path), anchor).partition('<details class="set">')
    assert "consideration" in open_part
    assert "account health" not in visible(open_part)
    assert "account health" in visible(folded)


def test_the_worst_friction_is_told_with_its_loss_its_interval_and_its_cost(tmp_path: Path) -> None:
    words = said({"marts.rpt_friction": made_up("marts.rpt_friction")}, "first", tmp_path)
    assert words.index("first visit → signed up") < words.index("activated → purchased") < words.index("signed up → activated")
    assert "8,689 of 15,826 who reached first visit did not go on to signed up (54.1 % to 55.7 %)" in words
    assert "812,400 of revenue went with them" in words
    assert "What that cost is unknown." in words


# Mermaid

_NODE = re.compile(r'^    (s\d+)\["(.*?)"\]$')
_EDGE = re.compile(r'^    (s\d+) -->\|"(.*?)"\| (s\d+)$')


def unescaped(text: str) -> str:
    return re.sub(r"#(\d+);", lambda code: chr(int(code[1])), text)


def read_back(text: str) -> tuple[dict[str, str | None], dict[tuple[str, str], tuple[str, ...]]]:
    """Stages with how many are there, and moves with their three words, from the text of a flowchart."""
    names: dict[str, str] = {}
    now: dict[str, str | None] = {}
    moves: dict[tuple[str, str], tuple[str, ...]] = {}
    header, kind, *lines = text.splitlines()
    assert header.startswith("%% ")
    assert kind == "flowchart LR"
    styled = 0
    for line in lines:
        if node := _NODE.match(line):
            name, _, count = node[2].partition("<br/>")
            names[node[1]] = unescaped(name)
            now[unescaped(name)] = count or None
        elif edge := _EDGE.match(line):
            moves[names[edge[1]], names[edge[3]]] = tuple(map(unescaped, edge[2].split("<br/>")))
        else:
            assert re.fullmatch(rf"    linkStyle {styled} stroke-width:[\d.]+px", line), line
            styled += 1
    assert styled == len(moves)
    return now, moves


@pytest.mark.parametrize("stage_set", ["customer_journey", "account_health"])
def test_the_map_as_text_says_what_the_table_says(stage_set: str, tmp_path: Path) -> None:
    page_of(MADE_UP, tmp_path)
    now, moves = read_back((tmp_path / f"journey-{stage_set}.mmd").read_text(encoding="utf-8"))
    stages = made_up("marts.rpt_stage_occupancy", stage_set=stage_set)
    assert now == {row.stage: f"{row.customer_count:,} now" for row in stages.itertuples()}
    rows = made_up("marts.rpt_transitions", stage_set=stage_set, level="stage")
    assert moves == {
        (row.from_name, row.to_name): (
            f"{row.customer_count:,} customers",
            formatting.percent(row.share).replace("\u00a0", " "),
            f"median {formatting.duration(row.median_hours)}".replace("\u00a0", " "),
        )
        for row in rows.itertuples()
    }


@pytest.mark.parametrize(
    "name", [ODD_STAGE, "end", 'a"]; b["c', "two\nlines", "%% no comment", "größe", "-->|x|", "`md`", "#35;"]
)
def test_a_name_cannot_break_the_map(name: str) -> None:
    text = mermaid.flowchart(name, [Node(name, None), Node("b", 3)], [move(name, "b", median_hours=None, share=0.00001)])
    now, moves = read_back(text)
    assert now == {name: None, "b": "3 now"}
    assert moves == {(name, "b"): ("40 customers", "<0.1 %", "median unknown")}


def test_a_map_of_a_stage_set_that_is_no_more_is_removed_and_a_withheld_one_is_not_written(tmp_path: Path) -> None:
    page_of({"marts.rpt_transitions": pd.DataFrame([move("a", "b")])}, tmp_path)
    assert [path.name for path in tmp_path.glob("*.mmd")] == ["journey-life.mmd"]
    withheld = move("a", "b", customer_count=None, share=None, median_hours=None) | TRUST
    page_of({"marts.rpt_transitions": pd.DataFrame([withheld])}, tmp_path)
    assert list(tmp_path.glob("*.mmd")) == []


def test_the_name_of_a_map_stays_in_its_folder() -> None:
    assert list(documents({"marts.rpt_transitions": pd.DataFrame([move("a", "b", stage_set="../x y")])})) == [
        "journey-___x_y.mmd"
    ]


# Stages


def test_conformance_tells_who_fits_and_where_the_others_deviate(tmp_path: Path) -> None:
    table = "marts.rpt_conformance"
    words = said({table: made_up(table, stage_set="customer_journey")}, "conformance", tmp_path)
    assert "80.5 % fit the path so far" in words
    assert "13,210 of 16,402 customers (79.9 % to 81.1 %)" in words
    assert "consideration 3.6 % 590 3.3 % to 3.9 % 4.2 % 688" in words
    assert re.search(r"at risk 0 0 0 2\.2 % 361", words)


@pytest.mark.parametrize(
    ("stage", "expected"),
    [
        ("consideration", "198 d until the end, on average"),
        ("awareness", "A chain of steady rates does not describe this stage: 90 d on, 11.1 % (10.1 % to 12.1 %) were in impl"),
        ("advocacy", "Too few to test it on: only 12 were followed for 90 days from here."),
        ("decision", "Its rates have changed over time"),
    ],
)
def test_an_outlook_is_shown_only_where_it_is_borne_out(stage: str, expected: str, tmp_path: Path) -> None:
    words = said({"ml.stage_outlooks": made_up("ml.stage_outlooks", from_stage=stage)}, "outlook", tmp_path)
    assert expected in words
    assert ("until the end" in words) is (stage in ("consideration", "decision"))


def test_several_ends_are_told_with_their_chances(tmp_path: Path) -> None:
    rows = made_up("ml.stage_outlooks", from_stage="consideration")
    rows.loc[rows["to_stage"].isin(["advocacy", "churned"]), ["is_absorbing", "expected_days"]] = [True, None]
    rows.loc[rows["to_stage"] == "advocacy", "absorption_probability"] = 0.3
    rows.loc[rows["to_stage"] == "churned", "absorption_probability"] = 0.7
    words = said({"ml.stage_outlooks": rows}, "outlook", tmp_path)
    assert "70.0 % end in churned 30.0 % end in advocacy" in words


# Funnels and times


def test_the_estimate_stands_beside_the_rate_of_those_who_had_all_their_time(tmp_path: Path) -> None:
    last = funnel_step(2, estimated_rate=0.47, estimated_low=0.44, estimated_high=0.5)
    words = said({"marts.rpt_funnel_steps": pd.DataFrame([funnel_step(1), last])}, "funnels", tmp_path)
    assert "Whole window seen 45.1 % (42.0 % to 48.1 %) Everybody, estimated 47.0 % (44.0 % to 50.0 %)" in words
    assert "the 1,000 entrants who still have time" in words
    assert "median 3.2 h from step 1, 95 % within 14 d" in words


def test_velocity_shows_neighbours_and_the_whole_path_and_nothing_between(tmp_path: Path) -> None:
    words = said(MADE_UP, "velocity", tmp_path)
    shown = re.findall(r"(\w+) → (\w+) [\d,]+ of [\d,]+ have arrived(, the whole path)?", words)
    path = ["awareness", "consideration", "decision", "implementation", "advocacy"]
    neighbours = [(one, other, "") for one, other in pairwise(path)]
    assert shown == [*neighbours, ("awareness", "advocacy", ", the whole path")]


def test_a_median_that_is_not_reached_is_no_time(tmp_path: Path) -> None:
    table = "marts.rpt_velocity"
    rows = made_up(table, from_stage="implementation", dimension="all")
    words = said({table: rows}, "velocity", tmp_path)
    assert "fewer than half so far 95 %: not within the time seen; 2,202 not yet" in words
    words = said({table: made_up(table, from_stage="decision", dimension="all")}, "velocity", tmp_path)
    assert "22 d (20 d or more)" in words


def test_the_time_from_the_last_visit_is_told_as_a_time_since_only_who_converted_has_one(tmp_path: Path) -> None:
    table = "marts.rpt_conversion_times"
    words = said({table: made_up(table, measure="session_to_conversion")}, "conversion", tmp_path)
    assert "24 min until half of those who convert have done so" in words
    assert "100.0 %" not in words
    words = said({table: made_up(table, measure="abandonment_to_recovery")}, "conversion", tmp_path)
    assert "18.7 % of those who gave up come back and convert within 90 days" in words


# Paths


def test_a_step_matrix_folds_the_rare_into_others_and_its_columns_still_add_up(tmp_path: Path) -> None:
    table = "marts.rpt_step_matrix"
    page = section(page_of({table: made_up(table, anchor="path_start")}, tmp_path), "steps")
    lines = [re.findall(r"<td[^>]*>(.*?)</td>", line) for line in re.findall(r"<tr.*?</tr>", page, flags=re.DOTALL)[1:]]
    assert len(lines) == 1 + 10 + 1 + 1  # the beginning, the most common, the others, the end
    for column in zip(*lines, strict=True):
        assert sum(float(html.unescape(cell).replace("<1", "0.3") or 0) for cell in column) == pytest.approx(100, abs=4)


def test_the_matrix_around_the_conversion_is_shown_and_other_milestones_are_folded(tmp_path: Path) -> None:
    shown, _, folded = section(page_of(MADE_UP, tmp_path), "steps").partition("<details")
    assert "Around purchased" in visible(shown)
    assert "Around signed up" not in visible(shown)
    assert "Around signed up" in visible(folded)


def test_exits_stand_by_weight_and_the_few_are_counted_not_ranked(tmp_path: Path) -> None:
    words = said({"marts.rpt_exits": made_up("marts.rpt_exits").sample(frac=1, random_state=1)}, "exits", tmp_path)
    assert words.index("1. page viewed") < words.index("2. email opened") < words.index("3. signed up")
    assert "hardly ever" not in words
    assert "1 event type by which fewer than 30 customers come is left out." in words


def test_before_leaving_only_differences_beyond_chance_are_drawn(tmp_path: Path) -> None:
    page = section(page_of({"marts.rpt_pre_churn": made_up("marts.rpt_pre_churn")}, tmp_path), "leaving")
    assert page.count('class="dumbbell') == 2
    words = visible(page)
    assert words.index("feature used") < words.index("support ticket opened")
    assert "email opened" not in words


# Staying


def test_an_age_that_nobody_has_reached_is_not_yet_and_never_zero(tmp_path: Path) -> None:
    table = "marts.rpt_retention"
    rows = made_up(table, dimension="all")
    page = section(page_of({table: rows}, tmp_path), "retention")
    newest = next(line for line in re.findall(r"<tr.*?</tr>", page, flags=re.DOTALL) if "Nov 2026" in line)
    cells = re.findall(r'<td class="([^"]*)"[^>]*>(.*?)</td>', newest)
    assert [kind.split()[0] for kind, _ in cells] == ["heat-4", "heat-4", *["hole"] * 6]
    assert all("not yet" in text for _, text in cells[2:])
    assert ["stressed" in kind for kind, _ in cells] == [False, False, False, False, True, True, False, False]


@pytest.mark.parametrize(
    ("changed", "is_vague"),
    [
        ({"retention_low": 0.5, "retention_high": 0.69}, False),
        ({"retention_low": 0.4, "retention_high": 0.61}, True),
        ({"retention_low": None, "retention_high": None, "at_risk_count": 29}, True),
        ({"retention_low": None, "retention_high": None, "at_risk_count": 30}, False),
    ],
)
def test_a_rate_known_only_roughly_looks_so(changed: dict[str, Any], is_vague: bool, tmp_path: Path) -> None:
    table = "marts.rpt_retention"
    rows = made_up(table, dimension="all", cohort_month=None, age_days=90).assign(retention_rate=0.55, **changed)
    page = section(page_of({table: rows}, tmp_path), "retention")
    assert ('stressed vague"' in page) is is_vague


def test_the_riskiest_week_is_none_that_few_tell_of(tmp_path: Path) -> None:
    rows = made_up("marts.rpt_tenure")
    rows.loc[rows["week"] == 50, ["hazard_rate", "hazard_low", "hazard_high"]] = [0.2, 0.05, 0.5]
    assert "Riskiest week week 1 11.0 %" in said({"marts.rpt_tenure": rows}, "tenure", tmp_path)


def test_somebody_lost_to_the_last_is_zero_and_no_hole(tmp_path: Path) -> None:
    table = "marts.rpt_retention"
    rows = made_up(table, dimension="all", cohort_month=None).assign(retention_rate=0.0)
    page = section(page_of({table: rows}, tmp_path), "retention")
    assert 'class="hole' not in page
    assert "0.0 %" in visible(page)


def test_a_curve_breaks_where_nothing_is_known_and_stands_still_between_its_steps() -> None:
    spots = [Spot(0, 1.0), Spot(1, 0.5), Spot(2, None), Spot(3, 0.4), Spot(4, 0.2)]
    picture = str(curve("Kept", spots, formatting.percent, 400, "week", is_stepped=True, most=1.0))
    lines = [points.split() for points in re.findall(r'<polyline points="([^"]*)"', picture)]
    assert [len(points) for points in lines] == [3, 3]
    for before, corner, after in lines:
        assert corner.split(",")[1] == before.split(",")[1]
        assert corner.split(",")[0] == after.split(",")[0]


def test_weeks_that_few_tell_of_are_not_drawn(tmp_path: Path) -> None:
    rows = made_up("marts.rpt_tenure")
    rows.loc[rows["week"] > 40, "at_risk_count"] = 29
    words = said({"marts.rpt_tenure": rows}, "tenure", tmp_path)
    assert "Still there at the end of week 40" in words
    assert "fewer than 30 customers tell, are not drawn" in words


def test_lifetime_value_of_an_age_that_nobody_has_is_not_zero(tmp_path: Path) -> None:
    table = "marts.rpt_lifetime_value"
    words = said({table: made_up(table)}, "value", tmp_path)
    assert re.search(r"<i>partner</i> 90 days: 17\.12 .* few 365 days: not yet known", words)


# What changed


def test_what_chance_would_not_explain_is_shown_with_its_interval_and_the_rest_is_counted(tmp_path: Path) -> None:
    table = "marts.rpt_comparisons"
    words = said({**MADE_UP, table: made_up(table, comparison="latest_quarter")}, "comparison", tmp_path)
    assert "the 90 days before the last 90 days" in words
    assert "Funnels: 1 of 2 changed first visit → signed up signup to purchase +5.8 points (+3.8 points to +7.8 points)" in words
    assert "41.9 % of 4,800, then 47.7 % of 5,010" in words
    assert words.index("decision → implementation") < words.index("page viewed →")  # stages before events
    assert "advocacy → at risk" not in words
    assert "1 small cell, with fewer than 30 customers on a side, is hidden." in words


def test_nothing_but_chance_is_said_so(tmp_path: Path) -> None:
    table = "marts.rpt_comparisons"
    words = said({table: made_up(table, comparison="search")}, "comparison", tmp_path)
    assert "Nothing changed that chance would not explain , among 1 cell looked at." in words


def test_cells_that_are_all_too_small_tell_nothing(tmp_path: Path) -> None:
    table = "marts.rpt_comparisons"
    words = said({table: made_up(table, is_small=True)}, "comparison", tmp_path)
    assert "Nothing can be told: every cell has fewer than 30 customers on a side." in words
    assert "chance would not explain ," not in words


def test_the_names_on_a_scale_of_times_do_not_run_together() -> None:
    for low, high in ((0.05, 24.0 * 300), (1.0, 30.0), (0.02, 24.0 * 400)):
        row = dict.fromkeys(("median_low_hours", "median_high_hours", "p95_hours", "arrived_median_hours"), high)
        places = [mark["place"] for mark in speed._axis([row | {"median_hours": low}])["marks"]]
        assert len(places) > 1
        assert all(after - before >= 0.1 for before, after in pairwise(places))
