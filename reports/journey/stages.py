"""Stages: how customers move between them, where they are now, whether that is the intended way, and what is to be expected.

What belongs here: order, which rows a picture is drawn from, plain words. What does not: counting customers, HTML.
"""

import re
from collections.abc import Sequence

from reports import mermaid
from reports.flow import Node, transition_picture
from reports.formatting import duration, interval, number, percent, plural, words
from reports.frames import Row, grouped, rows, share
from reports.journey.section import MOST_ROWS, Content, Given, by_position, by_set
from reports.trust import TRUST_COLUMNS, trust_of

SMALLEST_SHARE = 0.01  # moves rarer than this clutter the picture; the table keeps them
COMMON = 0.1  # of the customers of the largest move: slower but rarer ones are not worth the headline
UNSTEADY_P = 0.01  # below this the rates of the earlier and the later half differ by more than chance
DEVIATIONS = {
    "skip": ("Skipped", "came further without it"),
    "loop": ("Looped", "came to it again"),
    "back": ("Went back", "went back from it"),
    "leave": ("Left", "left the path from it"),
}


def stage_rows(given: Given) -> list[Row] | None:
    """`marts.rpt_stage_occupancy`, the primary set first, by position; each row gains `share` of all customers of its set."""
    columns = ("stage_set", "stage", "position", "customer_count", "description")
    found = rows(given.tables, "marts.rpt_stage_occupancy", columns, ("is_on_path", *TRUST_COLUMNS))
    if found is None:
        return None
    listed: list[Row] = []
    for _, stages in by_set(found, "stage_set", given.primary_set):
        total = sum(row["customer_count"] or 0 for row in stages)
        for row in stages:
            row["share"] = share(row["customer_count"], total)
        listed += sorted(stages, key=by_position)
    return listed


def path_of(given: Given, name: str) -> list[str]:
    """The stages of a set that lie on its path, in their order; none when no table tells."""
    stages = stage_rows(given) or ()
    return [str(row["stage"]) for row in stages if row["stage_set"] == name and row["is_on_path"]]


def occupancy(given: Given) -> Content | None:
    """Where every customer stands today."""
    found = stage_rows(given)
    if found is None:
        return None
    if not found:
        return Content("nobody", quiet="No customer is in a stage yet.")
    sets: list[Row] = [
        {
            "name": name,
            "trust": trust_of(stages, "customer_count"),
            "stages": stages,
            "customer_count": sum(row["customer_count"] or 0 for row in stages),
        }
        for name, stages in by_set(found, "stage_set", given.primary_set)
    ]
    figure = "withheld" if sets[0]["trust"].is_withheld else plural(sets[0]["customer_count"], "customer")
    return Content(figure, {"sets": sets})


def transitions(given: Given) -> Content | None:
    """The map of moves of each stage set."""
    found = flows(given, is_drawn=True)
    if found is None:
        return None
    if not found:
        return Content("none", quiet="No customer has moved between stages yet.")
    figure = "withheld" if found[0]["trust"].is_withheld else plural(len(found[0]["moves"]), "move")
    return Content(figure, {"flows": found, "most_rows": MOST_ROWS, "smallest_share": SMALLEST_SHARE})


def flows(given: Given, *, is_drawn: bool = False) -> list[Row] | None:
    """Each stage set with the picture of its moves (if asked for: it takes a while), all moves, and the map as text."""
    columns = ("level", "stage_set", "from_name", "to_name", "transition_count", "customer_count")
    found = rows(given.tables, "marts.rpt_transitions", (*columns, "share", "median_hours", "p95_hours"), TRUST_COLUMNS)
    if found is None:
        return None
    moves = [row for row in found if row["level"] == "stage"]
    stages = grouped(stage_rows(given) or (), lambda row: str(row["stage_set"]))
    return [_flow(name, of_set, stages.get(name, []), is_drawn) for name, of_set in by_set(moves, "stage_set", given.primary_set)]


def _flow(name: str, moves: list[Row], stages: list[Row], is_drawn: bool) -> Row:
    nodes = [Node(str(row["stage"]), row["customer_count"]) for row in stages]
    known = {node.name for node in nodes}
    for move in sorted(moves, key=lambda move: (str(move["from_name"]), str(move["to_name"]))):
        for end in (move["from_name"], move["to_name"]):
            if end is not None and end not in known:
                known.add(end)
                nodes.append(Node(str(end), None))
    shown = [row for row in moves if row["share"] is None or row["share"] >= SMALLEST_SHARE]
    position = {node.name: place for place, node in enumerate(nodes)}
    for row in moves:
        ends = position.get(row["from_name"], 0), position.get(row["to_name"], 0)
        row["direction"] = "forward" if ends[1] > ends[0] else "back" if ends[1] < ends[0] else "again"
    order = sorted(moves, key=lambda row: (position.get(row["from_name"], 0), -(row["share"] or 0), str(row["to_name"])))
    trust = trust_of(moves, "customer_count")
    return {
        "name": name,
        "trust": trust,
        "picture": transition_picture(nodes, shown) if is_drawn else None,
        "hidden_count": len(moves) - len(shown),
        "moves": order,
        "findings": _findings(order),
        "mermaid": "" if trust.is_withheld else mermaid.flowchart(name, nodes, order),
        "file": f"journey-{re.sub(r'[^A-Za-z0-9_-]', '_', name)}.mmd",
    }


def _findings(moves: Sequence[Row]) -> list[Row]:
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


def conformance(given: Given) -> Content | None:
    """Of each stage set, the share that fits the path, and where the others deviate."""
    columns = ("stage_set", "deviation", "stage", "customer_count", "total_count", "share", "share_low", "share_high", "fitness")
    found = rows(given.tables, "marts.rpt_conformance", columns, TRUST_COLUMNS)
    if found is None:
        return None
    if not found:
        return Content("nobody", quiet="Nobody has been on the path of a stage set yet.")
    places = {(row["stage_set"], row["stage"]): place for place, row in enumerate(stage_rows(given) or ())}
    sets = [_conforming(name, of_set, places) for name, of_set in by_set(found, "stage_set", given.primary_set)]
    fits = sets[0]["fits"]
    return Content(
        f"{percent(fits['share'])} fit it" if fits is not None and fits["share"] is not None else "unknown", {"sets": sets}
    )


def _conforming(name: str, found: list[Row], places: dict[tuple[str, str], int]) -> Row:
    fits = next((row for row in found if row["deviation"] == "fits"), None)
    apart = [row for row in found if row["deviation"] in DEVIATIONS]
    names = sorted({str(row["stage"]) for row in apart}, key=lambda stage: (places.get((name, stage), len(places)), stage))
    of = {(str(row["stage"]), row["deviation"]): row for row in apart}
    kinds = [kind for kind in DEVIATIONS if any(row["deviation"] == kind for row in apart)]
    return {
        "name": name,
        "trust": trust_of(found, "customer_count"),
        "fits": fits,
        "kinds": [(kind, *DEVIATIONS[kind]) for kind in kinds],
        "stages": [{"stage": stage, "cells": [of.get((stage, kind)) for kind in kinds]} for stage in names],
        "scale": max((row["share"] or 0.0 for row in apart), default=0.0) or 1.0,
    }


_OUTLOOK = (
    *("stage_set", "from_stage", "to_stage", "move_count", "is_absorbing", "expected_days", "absorption_probability"),
    *("age_days", "predicted_share", "observed_count", "observed_share", "observed_low", "observed_high"),
    *("is_borne_out", "homogeneity_p_value"),
)


def outlook(given: Given) -> Content | None:
    """What is to be expected of who is in a stage, where what came of them bears it out."""
    found = rows(given.tables, "ml.stage_outlooks", _OUTLOOK, TRUST_COLUMNS)
    if found is None:
        return None
    if not found:
        return Content("none", quiet="There are no moves between stages to reckon with yet.")
    places = {(row["stage_set"], row["stage"]): place for place, row in enumerate(stage_rows(given) or ())}
    sets: list[Row] = []
    for name, of_set in by_set(found, "stage_set", given.primary_set):
        by_stage = grouped(of_set, lambda row: str(row["from_stage"]))
        ends = {str(row["to_stage"]) for row in of_set if row["is_absorbing"]}
        names = sorted(by_stage.keys() - ends, key=lambda stage: (places.get((name, stage), len(places)), stage))
        stages = [_expected(stage, by_stage[stage]) for stage in names]
        longest = max((row["days"] for row in stages if row["state"] == "shown" and row["days"] is not None), default=0.0)
        sets.append(
            {
                "name": name,
                "trust": trust_of(of_set, "predicted_share"),
                "stages": stages,
                "ends": sorted(ends),
                "scale": longest or 1.0,
                "shown_count": sum(row["state"] == "shown" for row in stages),
            }
        )
    own = sets[0]
    return Content(f"holds for {own['shown_count']} of {plural(len(own['stages']), 'stage')}", {"sets": sets})


def _expected(stage: str, leads: list[Row]) -> Row:
    """What is expected of who is in a stage; `state` says whether it may be shown, `sentence` why not."""
    first = leads[0]
    known = [row["expected_days"] for row in leads if row["expected_days"] is not None]
    ends = [row for row in leads if row["is_absorbing"] and row["absorption_probability"] is not None]
    state, sentence = "shown", ""
    if first["is_borne_out"] is None:
        seen = f"only {number(first['observed_count'])} were" if first["observed_count"] else "nobody was"
        after = "long enough" if first["age_days"] is None else f"for {number(first['age_days'])} days"
        state, sentence = "untested", f"Too few to test it on: {seen} followed {after} from here."
    elif not first["is_borne_out"]:
        state, sentence = "refuted", f"A chain of steady rates does not describe this stage{_contradiction(leads)}."
    elif not known:
        state, sentence = "endless", "Some who are here may never come to an end, so there are no days to expect."
    if state == "shown" and first["homogeneity_p_value"] is not None and first["homogeneity_p_value"] < UNSTEADY_P:
        sentence = "Its rates have changed over time; the past may be a poor guide."
    return {
        "stage": stage,
        "state": state,
        "sentence": sentence,
        "days": sum(known) if known else None,
        "ends": sorted(ends, key=lambda row: (-row["absorption_probability"], str(row["to_stage"]))),
    }


def _contradiction(leads: list[Row]) -> str:
    """Where what came of them is furthest from what the chain says."""
    off = [
        row
        for row in leads
        if row["predicted_share"] is not None
        and row["observed_low"] is not None
        and not row["observed_low"] <= row["predicted_share"] <= row["observed_high"]
    ]
    if not off:
        return ""
    worst = max(off, key=lambda row: (abs(row["predicted_share"] - row["observed_share"]), str(row["to_stage"])))
    where = "were still here" if worst["to_stage"] == worst["from_stage"] else f"were in {words(worst['to_stage'])}"
    return (
        f": {duration(24 * worst['age_days'])} on, {percent(worst['observed_share'])} "
        f"({interval(worst['observed_low'], worst['observed_high'])}) {where}, and it says {percent(worst['predicted_share'])}"
    )
