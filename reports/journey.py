"""What the journey page shows, section by section.

What belongs here: order, grouping, which rows a picture is drawn from, plain sentences about models.
What does not: counting customers or training anything; HTML.
"""

from datetime import datetime

from reports.flow import Node, transition_picture
from reports.formatting import day, number, percent, words
from reports.frames import Row, Tables, grouped, rows, share
from reports.svg import both_widths
from reports.trend import Point, line_chart
from reports.trust import TRUST_COLUMNS, trust_of

MOST_ROWS = 60  # per table
MOST_VALUES = 15  # per breakdown
FEW_ENTRANTS = 30  # below this an interval is so wide that the rate beside it misleads
SMALLEST_SHARE = 0.01  # moves rarer than this clutter the picture; the table keeps them
COMMON = 0.1  # of the customers of the largest move: slower but rarer ones are not worth the headline
SUSPECT_AUC = 0.95  # honest models of this kind stay below; above it the outcome has usually leaked into the features


def sections(tables: Tables) -> dict[str, object]:
    """Everything the template needs; a section is None when its table was not built."""
    stages = _stages(tables)
    return {
        "funnels": _funnels(tables),
        "stages": stages,
        "flows": _flows(tables, stages),
        "segments": _segments(tables),
        "models": _models(tables),
        "most_rows": MOST_ROWS,
        "few_entrants": FEW_ENTRANTS,
        "smallest_share": SMALLEST_SHARE,
    }


_FUNNEL_COLUMNS = (
    *("funnel", "grain", "period_start", "dimension", "dimension_value", "step", "milestone"),
    *("entered_count", "reached_count", "mature_entered_count", "mature_reached_count"),
    *("conversion_rate", "conversion_low", "conversion_high", "median_hours", "p95_hours"),
)


def funnel_rows(tables: Tables) -> list[Row] | None:
    """`marts.rpt_funnel_steps` by step; each row gains `share` (of entrants) and `reason` (why no rate)."""
    found = rows(tables, "marts.rpt_funnel_steps", _FUNNEL_COLUMNS, TRUST_COLUMNS)
    if found is None:
        return None
    for row in found:
        row["share"] = share(row["reached_count"], row["entered_count"])
        row["reason"] = _why_no_rate(row)
    return sorted(found, key=lambda row: row["step"])


def _why_no_rate(row: Row) -> str:
    if row["entered_count"] is None:
        return "how many entered is unknown"
    if row["entered_count"] == 0:
        return "nobody entered"
    if row["mature_entered_count"] == 0:
        return "nobody who entered has had the whole window yet"
    return "withheld by a gate"


def _funnels(tables: Tables) -> list[Row] | None:
    found = funnel_rows(tables)
    if found is None:
        return None
    funnels = []
    for funnel, steps in grouped(found, lambda row: str(row["funnel"])).items():
        overall = [row for row in steps if row["grain"] == "all" and row["dimension"] == "all"]
        last = max(row["step"] for row in steps)
        split = [row for row in steps if row["grain"] == "all" and row["dimension"] != "all" and row["step"] == last]
        weekly = [row for row in steps if row["grain"] == "week" and row["dimension"] == "all"]
        funnels.append(
            {
                "name": funnel,
                "trust": trust_of(overall or steps, "reached_count"),
                "steps": overall,
                "overall": overall[-1] if overall else None,
                "breakdowns": [
                    _breakdown(name, values) for name, values in grouped(split, lambda row: str(row["dimension"])).items()
                ],
                **_trend(weekly, last),
            }
        )
    return funnels


def _breakdown(dimension: str, values: list[Row]) -> Row:
    """The last step by value at entry, most entrants first.

    `scale` is where the axis of rates ends: every rate fits, but the interval of a tiny group may run off the
    edge, else it would squeeze all others into a corner.
    """
    values = sorted(values, key=lambda row: -(row["entered_count"] or 0))
    highest = max((row["conversion_rate"] or 0.0 for row in values[:MOST_VALUES]), default=0.0)
    return {
        "dimension": dimension,
        "values": values[:MOST_VALUES],
        "value_count": len(values),
        "scale": min(1.0, max(1.4 * highest, 0.01)),
    }


def _trend(weekly: list[Row], last_step: int) -> Row:
    weekly = sorted((row for row in weekly if row["period_start"] is not None), key=lambda row: row["period_start"])
    entrants = [Point(row["period_start"], row["entered_count"]) for row in weekly if row["step"] == 1]
    conversion = [
        Point(
            row["period_start"],
            row["conversion_rate"],
            row["conversion_low"],
            row["conversion_high"],
            row["mature_entered_count"] is None or row["mature_entered_count"] == row["entered_count"],
        )
        for row in weekly
        if row["step"] == last_step
    ]
    if not entrants:
        return {"entrants_chart": None, "conversion_chart": None}
    return {
        "entrants_chart": both_widths(
            lambda width, is_narrow: line_chart("Entrants per week", entrants, number, width if is_narrow else width // 2 - 16)
        ),
        "conversion_chart": both_widths(
            lambda width, is_narrow: line_chart(
                "Conversion per week of entry",
                conversion,
                _whole_percent,
                width if is_narrow else width // 2 - 16,
            )
        ),
    }


def _whole_percent(rate: float) -> str:
    return percent(rate).replace(".0", "")


def stage_rows(tables: Tables) -> list[Row] | None:
    """`marts.rpt_stage_occupancy` as given; each row gains `share` of all customers of its stage set."""
    columns = ("stage_set", "stage", "position", "customer_count", "description")
    found = rows(tables, "marts.rpt_stage_occupancy", columns, TRUST_COLUMNS)
    if found is None:
        return None
    for stages in grouped(found, lambda row: str(row["stage_set"])).values():
        total = sum(row["customer_count"] or 0 for row in stages)
        for row in stages:
            row["share"] = share(row["customer_count"], total)
    return found


def _stages(tables: Tables) -> list[Row] | None:
    found = stage_rows(tables)
    if found is None:
        return None
    return [
        {
            "name": name,
            "trust": trust_of(stages, "customer_count"),
            "stages": sorted(stages, key=_by_position),
            "customer_count": sum(row["customer_count"] or 0 for row in stages),
        }
        for name, stages in grouped(found, lambda row: str(row["stage_set"])).items()
    ]


def _by_position(row: Row) -> tuple[bool, float]:
    """Stages without a position come last."""
    return row["position"] is None, float(row["position"] or 0)


def _flows(tables: Tables, stages: list[Row] | None) -> list[Row] | None:
    columns = ("level", "stage_set", "from_name", "to_name", "transition_count", "customer_count")
    found = rows(tables, "marts.rpt_transitions", (*columns, "share", "median_hours", "p95_hours"), TRUST_COLUMNS)
    if found is None:
        return None
    moves = [row for row in found if row["level"] == "stage"]
    return [
        _flow(name, of_set, next((known["stages"] for known in stages or () if known["name"] == name), []))
        for name, of_set in grouped(moves, lambda row: str(row["stage_set"])).items()
    ]


def _flow(name: str, moves: list[Row], stages: list[Row]) -> Row:
    """One stage set: the picture of its moves, how many it leaves out, and all moves for the table."""
    nodes = [Node(str(row["stage"]), row["customer_count"]) for row in stages]
    known = {node.name for node in nodes}
    for move in moves:
        for end in (move["from_name"], move["to_name"]):
            if end is not None and end not in known:
                known.add(end)
                nodes.append(Node(str(end), None))
    shown = [row for row in moves if row["share"] is None or row["share"] >= SMALLEST_SHARE]
    position = {node.name: place for place, node in enumerate(nodes)}
    for row in moves:
        ends = position.get(row["from_name"], 0), position.get(row["to_name"], 0)
        row["direction"] = "forward" if ends[1] > ends[0] else "back" if ends[1] < ends[0] else "again"
    order = sorted(moves, key=lambda row: (position.get(row["from_name"], 0), -(row["share"] or 0)))
    return {
        "name": name,
        "trust": trust_of(moves, "customer_count"),
        "picture": transition_picture(nodes, shown),
        "hidden_count": len(moves) - len(shown),
        "moves": order,
        "findings": _findings(moves),
    }


def _findings(moves: list[Row]) -> list[Row]:
    """The moves worth a sentence: the most common, the most common back, the slowest common one forward."""
    counted = [row for row in moves if row["customer_count"]]
    if not counted:
        return []
    largest = max(counted, key=lambda row: row["customer_count"])
    back = [row for row in counted if row["direction"] == "back" and row is not largest]
    common = [
        row
        for row in counted
        if row["direction"] == "forward" and row["median_hours"] and row["customer_count"] >= COMMON * largest["customer_count"]
    ]
    findings: list[Row] = [{"title": "Most common move", "move": largest}]
    if back:
        findings.append({"title": "Most common way back", "move": max(back, key=lambda row: row["customer_count"])})
    if common:
        findings.append({"title": "Slowest common way forward", "move": max(common, key=lambda row: row["median_hours"])})
    return findings


def _segments(tables: Tables) -> Row | None:
    columns = ("segment", "segment_description", "customer_count", "share", "revenue_amount")
    found = rows(tables, "marts.rpt_segments", (*columns, "churn_probability", "snapshot_at"), TRUST_COLUMNS)
    if found is None:
        return None
    latest = max((row["snapshot_at"] for row in found if row["snapshot_at"] is not None), default=None)
    of_latest = [row for row in found if row["snapshot_at"] == latest]
    return {
        "snapshot_at": latest,
        "trust": trust_of(of_latest, "customer_count"),
        "rows": sorted(of_latest, key=lambda row: -(row["customer_count"] or 0)),
    }


def _models(tables: Tables) -> list[Row] | None:
    """The newest run of each model, with a plain sentence; `scale_low` is where its strip of AUC begins."""
    columns = [
        "model",
        "model_version",
        "trained_at",
        "test_start_at",
        "test_end_at",
        "row_count",
        "positive_count",
    ]
    columns += ["auc", "auc_low", "auc_high", "brier", "ece", "baseline_name", "baseline_auc", "notes"]
    found = rows(tables, "ml.model_runs", columns)
    if found is None:
        return None
    found.sort(key=lambda row: row["trained_at"] or datetime.min)
    newest = {str(row["model"]): row for row in found}
    for row in newest.values():
        row["tone"], row["symbol"], row["word"], row["sentence"] = _judged(row)
        values = [row[name] for name in ("auc", "auc_low", "baseline_auc") if row[name] is not None]
        row["scale_low"] = 0.5 if not values or min(values) >= 0.5 else 0.0
        row["tested"] = f"{day(row['test_start_at'])} to {day(row['test_end_at'])}" if row["test_start_at"] else None
    return list(newest.values())


def _judged(row: Row) -> tuple[str, str, str, str]:
    """Tone, symbol, word, sentence. A note that speaks of refusing or withholding outweighs every figure."""
    auc, low, baseline = row["auc"], row["auc_low"], row["baseline_auc"]
    notes = str(row["notes"] or "").lower()
    if "refus" in notes or "withh" in notes:
        return "bad", "✕", "Refused", "Its scores are not used; the note says why."
    if auc is None and row["positive_count"] is None and row["test_start_at"] is not None:
        return (
            "none",
            "○",
            "No outcome",
            "It describes and predicts nothing, so there is no outcome to judge it by; the note says how firm it is.",
        )
    if auc is None:
        return "bad", "✕", "No result", "It could not be trained or tested, so there are no scores to use."
    if auc > SUSPECT_AUC:
        return (
            "bad",
            "✕",
            "Suspect",
            "It is too good to be true: the outcome has probably leaked into its features.",
        )
    if baseline is None:
        return (
            "none",
            "?",
            "No comparison",
            "There is no baseline beside it, so nobody can say whether it helps.",
        )
    than = f"the baseline ({_named(row)}{number(baseline, 3)})"
    if auc <= baseline:
        return "bad", "✕", "Does not help", f"It does not beat {than}: use the baseline instead."
    if low is None or low <= baseline:
        return (
            "warn",
            "▲",
            "Not clearly better",
            f"Its interval reaches down to {than}, so the lead may be chance.",
        )
    return "good", "✓", "Helps", f"It beats {than}, even at the low end of its interval."


def _named(row: Row) -> str:
    return f"{words(row['baseline_name'])}, " if row["baseline_name"] else ""
