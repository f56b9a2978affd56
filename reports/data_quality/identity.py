"""Do the systems know the same people, and do they say the same of them?

What belongs here: match rates, their drift, what systems disagree on, what identity and the customers' fields hold.
What does not: matching and measuring.
"""

from datetime import datetime

from reports.data_quality.section import MOST_ROWS, Content, Given, heat, tone_of
from reports.formatting import day, number, percent, plural
from reports.frames import Row, Tables, grouped, rows
from reports.sparkline import sparkline

MOST_PAIRS = 40
MOST_SIDES = 15  # of a heat grid, each way
MOST_WEEKS = 52


def pair_rows(tables: Tables) -> list[Row] | None:
    """Configured pairs of sides; `state` is failed, unknown, passed or measured (looked at, not gated)."""
    columns = ["left_side", "right_side", "id_type", "left_ids", "matched_ids"]
    columns += ["match_rate", "min_match_rate", "severity"]
    found = rows(tables, "quality.rpt_id_match_rates", columns, ["below_since"])
    if found is None:
        return None
    for row in found:
        row["is_gated"] = row["severity"] not in (None, "outcome") and row["min_match_rate"] is not None
        row["reason"] = "no identifiers on the left side" if not row["left_ids"] else "the rate was withheld"
        if not row["is_gated"]:
            row["state"] = "measured"
        elif row["match_rate"] is None:
            row["state"] = "unknown"
        else:
            row["state"] = "passed" if row["match_rate"] >= row["min_match_rate"] else "failed"
        tones = {"failed": tone_of([row["severity"]]), "unknown": "warn", "passed": "good", "measured": "none"}
        row["tone"] = tones[row["state"]]
    order = {"failed": 0, "unknown": 1, "passed": 2, "measured": 3}
    return sorted(found, key=lambda row: (order[row["state"]], row["match_rate"] or 0, _pair(row)))


def pairs(given: Given) -> Content | None:
    """Bars with their limit, and a grid of both sides for an id type that several systems have."""
    found = pair_rows(given.tables)
    if found is None:
        return None
    if not found:
        return Content("none", "no pair", calm="The journey file names no pair.")
    gated = [row for row in found if row["is_gated"]]
    values = {
        "gated": gated,
        "measured": [row for row in found if not row["is_gated"]],
        "grids": [grid for grid in (_grid(id_type, of_type) for id_type, of_type in _by_id_type(found)) if grid],
        "most_pairs": MOST_PAIRS,
    }
    known = [row["match_rate"] for row in gated if row["match_rate"] is not None]
    if not known:
        return Content("none", "unknown" if gated else "not gated", values)
    states = {row["state"] for row in found}
    tone = tone_of(row["severity"] for row in found if row["state"] == "failed")
    tone = tone if "failed" in states else "warn" if "unknown" in states else "good"
    return Content(tone, f"lowest {percent(min(known))}", values)


def _pair(row: Row) -> tuple[str, str, str]:
    return str(row["left_side"]), str(row["right_side"]), str(row["id_type"])


def _by_id_type(found: list[Row]) -> list[tuple[str, list[Row]]]:
    return sorted(grouped(found, lambda row: str(row["id_type"])).items())


def _grid(id_type: str, of_type: list[Row]) -> Row | None:
    """Left sides by right sides; None where one direction has a single side, because the bars say as much."""
    left = list(grouped(of_type, lambda row: str(row["left_side"])))
    right = list(grouped(of_type, lambda row: str(row["right_side"])))
    if len(left) < 2 or len(right) < 2:
        return None
    columns = sorted(right[:MOST_SIDES])
    cells = {(str(row["left_side"]), str(row["right_side"])): row for row in of_type}
    for row in of_type:
        row["heat"] = heat(row["match_rate"])
    return {
        "id_type": id_type,
        "right": columns,
        "lines": [{"left": one, "cells": [cells.get((one, other)) for other in columns]} for one in sorted(left[:MOST_SIDES])],
        "is_cut": max(len(left), len(right)) > MOST_SIDES,
    }


def drift(given: Given) -> Content | None:
    """Each pair week by week, those that broke first."""
    columns = ["left_side", "right_side", "id_type", "week_started_on", "left_ids", "matched_ids", "match_rate"]
    columns += ["usual_rate", "difference", "difference_low", "difference_high", "is_drift", "severity"]
    found = rows(given.tables, "quality.rpt_identity_drift", columns)
    if found is None:
        return None
    if not found:
        return Content("none", "no week yet", calm="No pair has had identifiers in a whole week yet.")
    found.sort(key=lambda row: row["week_started_on"] or datetime.min)
    series = [_series(weeks[-MOST_WEEKS:]) for _, weeks in sorted(grouped(found, _pair).items())]
    series.sort(key=lambda one: (one["broke"] is None, one["is_over"], one["broke"]["difference"] or 0 if one["broke"] else 0))
    broken = [one for one in series if one["broke"]]
    lasting = [one for one in broken if not one["is_over"]]
    values = {"series": series[:MOST_PAIRS], "series_count": len(series), "most_pairs": MOST_PAIRS}
    if not broken:
        return Content("good", "none", values, f"{plural(len(series), 'pair')}: no week differs from the weeks before it.")
    tone = tone_of(one["newest"]["severity"] for one in lasting)
    first = min(one["broke"]["week_started_on"] for one in lasting or broken)
    return Content(tone, f"{plural(len(lasting), 'pair')} off since {day(first)}" if lasting else "over by now", values)


def _series(weeks: list[Row]) -> Row:
    """One pair: its line, the week in which its newest drift began (None without one), and whether it is over.

    What was usual follows a new level after a few weeks; a drift is over when half of what was lost is back.
    """
    drifting = [at for at, row in enumerate(weeks) if row["is_drift"]]
    first = last = drifting[-1] if drifting else None
    while first is not None and first - 1 in drifting:
        first -= 1
    newest = weeks[-1]
    title = f"{newest['left_side']} to {newest['right_side']} on {newest['id_type']}, {plural(len(weeks), 'week')}"
    broke = None if first is None else weeks[first]
    is_back = broke is not None and None not in (newest["match_rate"], broke["usual_rate"], broke["match_rate"])
    is_back = is_back and broke is not None and newest["match_rate"] > (broke["usual_rate"] + broke["match_rate"]) / 2
    is_over = is_back and last != len(weeks) - 1
    return {
        "newest": newest,
        "tone": "none" if is_over else tone_of([newest["severity"]]),
        "broke": broke,
        "is_over": is_over,
        "picture": sparkline(title, [row["match_rate"] for row in weeks], [row["usual_rate"] for row in weeks], drifting),
    }


def agreement(given: Given) -> Content | None:
    """What two systems say of the same people, the most disputed first."""
    columns = ["fact", "description", "left_source", "right_source", "both_count", "left_only_count", "right_only_count"]
    columns += ["neither_count", "agreement_rate", "kappa", "min_agreement_rate", "severity"]
    found = rows(given.tables, "quality.rpt_source_agreement", columns)
    if found is None:
        return None
    if not found:
        return Content("none", "no fact", calm="No fact is told by two systems.")
    for row in found:
        limit = row["min_agreement_rate"]
        row["is_below"] = None not in (row["agreement_rate"], limit, row["severity"]) and row["agreement_rate"] < limit
        row["is_below"] = row["is_below"] and row["severity"] != "outcome"
        row["tone"] = tone_of([row["severity"]]) if row["is_below"] else "none"
        row["claims"] = [
            {"count": row["left_only_count"], "says": row["left_source"], "denies": row["right_source"]},
            {"count": row["right_only_count"], "says": row["right_source"], "denies": row["left_source"]},
        ]
        row["claims"].sort(key=lambda claim: -(claim["count"] or 0))

    found.sort(key=lambda row: (str(row["fact"]), str(row["left_source"]), str(row["right_source"])))
    found.sort(key=lambda row: (not row["is_below"], row["agreement_rate"] is None, row["agreement_rate"] or 0))
    known = [row["agreement_rate"] for row in found if row["agreement_rate"] is not None]
    if not known:
        return Content("none", "unknown", {"rows": found, "most_rows": MOST_PAIRS})
    tone = tone_of(row["severity"] for row in found if row["is_below"])
    figure = f"lowest {percent(min(known))}"
    return Content(tone if tone != "none" else "good", figure, {"rows": found, "most_rows": MOST_PAIRS})


def effects(given: Given) -> Content | None:
    """What knowing who is who changes."""
    found = rows(given.tables, "quality.rpt_identity_effects", ("measure", "description", "before_value", "after_value"))
    if found is None:
        return None
    if not found:
        return Content("none", "nothing measured", calm="Nothing was measured.")
    counted = next((row for row in found if row["measure"] == "customers" and row["after_value"] is not None), None)
    figure = f"{number(counted['after_value'])} customers" if counted else plural(len(found), "measure")
    for row in found:
        shares = [row["before_value"], row["after_value"]]
        row["is_rate"] = str(row["measure"]).endswith(("_rate", "_connected")) and all(v is None or 0 <= v <= 1 for v in shares)
    return Content("none", figure, {"rows": found, "most_rows": MOST_ROWS})


# Why something names nobody, in the words of the page.
REASONS = {
    "word": "a word or sign for nobody (none, unknown, zeros)",
    "error": "an error of a spreadsheet (#REF!)",
    "rounded": "a number that a spreadsheet rounded (4.479E+11)",
    "malformed": "what is written is no e-mail address, or is a phone of fewer than six digits",
    "dummy": "made up to fill a field (test@test.com, 1234567890)",
}


def refusals(given: Given) -> Content | None:
    """What stood where an identifier should and names nobody, the most frequent first."""
    columns = ("source", "source_table", "id_type", "reason", "event_count", "refused_rate")
    found = rows(given.tables, "quality.rpt_identifier_refusals", columns)
    if found is None:
        return None
    if not found:
        return Content("none", "none", calm="Every identifier could be one.")
    for row in found:
        row["why"] = REASONS.get(str(row["reason"]), row["reason"])
    found.sort(key=lambda row: (-(row["event_count"] or 0), str(row["source"]), str(row["id_type"]), str(row["reason"])))
    total = sum(row["event_count"] or 0 for row in found)
    return Content("none", plural(total, "value"), {"rows": found, "most_rows": MOST_ROWS})


def completeness(given: Given) -> Content | None:
    """How much is known of each customer, the emptiest field first."""
    found = rows(given.tables, "quality.rpt_customer_completeness", ("field", "customer_count", "filled_count", "filled_rate"))
    if found is None:
        return None
    known = [row for row in found if row["filled_rate"] is not None]
    if not known:
        return Content("none", "no customer", calm="There is no customer yet.")
    found.sort(key=lambda row: (row["filled_rate"] is None, row["filled_rate"], str(row["field"])))
    least = min(known, key=lambda row: row["filled_rate"])
    return Content("none", f"least {percent(least['filled_rate'])}", {"rows": found, "most_rows": MOST_ROWS})
