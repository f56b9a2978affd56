"""Which way customers go: step by step, as whole paths, where visits end, and what comes before they leave.

What belongs here: order, what is folded into "others", shades. What does not: counting paths, HTML.
"""

from reports.formatting import percent, plural, words
from reports.frames import Row, grouped, rows
from reports.journey.funnels import funnel_rows
from reports.journey.section import FEW, Content, Given, shade
from reports.trust import TRUST_COLUMNS, trust_of

MOST_NAMES = 10  # rows of a step matrix: beyond them shares are of a few per mille
MOST_PATHS = 8
MOST_EXITS = 10
ENDS = ("path_start", "path_end")


def steps(given: Given) -> Content | None:
    """What stands at each step: from the beginning, and around the last milestone of the main funnel."""
    columns = ["anchor", "step", "name", "share", "customer_count", "path_count"]
    found = rows(given.tables, "marts.rpt_step_matrix", columns, TRUST_COLUMNS)
    if found is None:
        return None
    if not found:
        return Content("none", quiet="No customer has done anything that a path could be made of yet.")
    by_anchor = grouped(found, lambda row: str(row["anchor"]))
    main = [name for name in ("path_start", _last_milestone(given)) if name in by_anchor]
    others = sorted(name for name in by_anchor if name not in main)
    matrices = [_matrix(name, by_anchor[name]) for name in [*main, *others]]
    shown = max(1, len(main))
    first = matrices[0]
    figure = "withheld" if first["trust"].is_withheld else plural(first["path_count"] or 0, "path")
    return Content(figure, {"shown": matrices[:shown], "folded": matrices[shown:]})


def _last_milestone(given: Given) -> str:
    """Of the main funnel: the conversion."""
    found = funnel_rows(given)
    if not found:
        return ""
    own = [row for row in found if row["funnel"] == found[0]["funnel"]]
    return str(own[-1]["milestone"])


def _matrix(anchor: str, found: list[Row]) -> Row:
    """Names by their largest share, the beginning above and the end below; the rest is one row of others."""
    places = sorted({int(row["step"]) for row in found})
    of = {(str(row["name"]), int(row["step"])): row for row in found}
    largest = {
        name: max(row["share"] or 0.0 for row in own) for name, own in grouped(found, lambda row: str(row["name"])).items()
    }
    ranked = sorted((name for name in largest if name not in ENDS), key=lambda name: (-largest[name], name))
    shown = ranked[:MOST_NAMES]
    names = [*([ENDS[0]] if ENDS[0] in largest else []), *shown, *([ENDS[1]] if ENDS[1] in largest else [])]
    # A matrix may begin with everybody in one cell, which would leave the others pale.
    top = max((row["share"] or 0.0 for row in found if row["name"] in shown and (row["share"] or 0.0) < 0.9), default=1.0) or 1.0
    lines = []
    for name in names:
        cells = [of.get((name, place)) for place in places]
        lines.append({"name": name, "is_end": name in ENDS, "cells": [_cell(row, top, anchor) for row in cells]})
    if len(ranked) > len(shown):
        rest = [
            sum((of[name, place]["share"] or 0.0) for name in ranked[len(shown) :] if (name, place) in of) for place in places
        ]
        label = f"{len(ranked) - len(shown)} others"
        lines.insert(
            len(lines) - (ENDS[1] in largest),
            {
                "name": label,
                "is_end": True,
                "cells": [{"share": share, "shade": shade(share, top), "title": ""} for share in rest],
            },
        )
    return {
        "anchor": anchor,
        "is_start": anchor == ENDS[0],
        "trust": trust_of(found, "customer_count"),
        "steps": places,
        "lines": lines,
        "path_count": max((row["path_count"] for row in found if row["path_count"] is not None), default=None),
    }


def _cell(row: Row | None, top: float, anchor: str) -> Row:
    """Nobody has a name at a step that has no row; the shares of a step add up to 1."""
    if row is None:
        return {"share": 0.0, "shade": 0, "title": ""}
    where = "step" if anchor == ENDS[0] else "step from it"
    title = f"{where} {row['step']}, {words(row['name'])}: {plural(row['customer_count'] or 0, 'path')}, {percent(row['share'])}"
    return {"share": row["share"], "shade": shade(row["share"], top), "title": title}


def common(given: Given) -> Content | None:
    """The most common paths of events, then of stages; who took them, how many converted, and what they paid."""
    columns = ["level", "stage_set", "path_rank", "path", "step_count", "customer_count", "share", "converted_count"]
    columns += ["conversion_rate", "conversion_low", "conversion_high", "revenue_amount", "median_hours"]
    found = rows(given.tables, "marts.rpt_paths", columns, TRUST_COLUMNS)
    if found is None:
        return None
    if not found:
        return Content("none", quiet="No customer has a path yet.")
    groups = grouped(found, lambda row: (str(row["level"]), row["stage_set"]))
    order = sorted(groups, key=lambda key: (key[0] != "event_type", key[1] != given.primary_set, str(key[1])))
    lists = [_listed(level, stage_set, groups[level, stage_set]) for level, stage_set in order]
    shown = min(2, len(lists))
    best = lists[0]["paths"][0] if lists[0]["paths"] else None
    figure = "unknown" if best is None or best["share"] is None else f"{percent(best['share'])} take the first"
    return Content(figure, {"shown": lists[:shown], "folded": lists[shown:]})


def _listed(level: str, stage_set: str | None, found: list[Row]) -> Row:
    ranked = sorted((row for row in found if row["path_rank"] is not None), key=lambda row: row["path_rank"])
    for row in ranked:
        row["names"] = str(row["path"]).split(" → ")
        row["is_few"] = row["customer_count"] is not None and row["customer_count"] < FEW
    shown = ranked[:MOST_PATHS]
    shares = [row["share"] for row in found if row["share"] is not None]
    # An interval of a few customers may run off the edge, else it would squeeze all others into a corner.
    highest = max((row["conversion_rate"] or 0.0 for row in shown), default=0.0)
    told = [row["share"] for row in shown if row["share"] is not None]
    return {
        "level": level,
        "stage_set": stage_set,
        "trust": trust_of(found, "customer_count"),
        "paths": shown,
        "rest_share": max(0.0, sum(shares) - sum(told)) if told else None,
        "widest": max(told, default=0.0) or 1.0,
        "scale": min(1.0, max(1.4 * highest, 0.01)),
    }


def exits(given: Given) -> Content | None:
    """Types of events from which visits end, where many come by first."""
    columns = ["event_type", "customer_count", "reach_rate", "visit_count", "exit_count"]
    columns += ["exit_rate", "exit_low", "exit_high", "weight", "exit_rank"]
    found = rows(given.tables, "marts.rpt_exits", columns, TRUST_COLUMNS)
    if found is None:
        return None
    if not found:
        return Content("none", quiet="No visit has been seen yet.")
    trust = trust_of(found, "customer_count")
    ranked = sorted((row for row in found if row["exit_rank"] is not None), key=lambda row: row["exit_rank"])
    values = {
        "trust": trust,
        "exits": ranked[:MOST_EXITS],
        "exit_count": len(ranked),
        "few_count": sum(row["exit_rank"] is None for row in found),
        "heaviest": max((row["weight"] or 0.0 for row in ranked), default=0.0) or 1.0,
        "few": FEW,
    }
    if not ranked:
        return Content(
            "too few", values if trust.is_withheld else {}, "" if trust.is_withheld else "Too few customers came by any event."
        )
    return Content(words(ranked[0]["event_type"]), values)


def leaving(given: Given) -> Content | None:
    """What happens to those who leave, in the days before, beside others of whom it might have been expected too."""
    columns = ["event_type", "pair_count", "churned_count", "control_count", "churned_rate", "control_rate"]
    columns += ["difference", "difference_low", "difference_high"]
    found = rows(given.tables, "marts.rpt_pre_churn", columns, TRUST_COLUMNS)
    if found is None:
        return None
    if not found:
        return Content("nobody", quiet="Nobody who left could be set beside somebody who did not.")
    trust = trust_of(found, "pair_count")
    for row in found:
        row["is_clear"] = row["difference"] is not None and (row["difference_low"] > 0 or row["difference_high"] < 0)
    found.sort(key=lambda row: (not row["is_clear"], -abs(row["difference"] or 0.0), str(row["event_type"])))
    clear = [row for row in found if row["is_clear"]]
    both = [row[name] or 0.0 for row in found for name in ("churned_rate", "control_rate")]
    pair_count = max((row["pair_count"] for row in found if row["pair_count"] is not None), default=None)
    values = {
        "trust": trust,
        "found": clear[:MOST_EXITS],
        "clear_count": len(clear),
        "unclear_count": len(found) - len(clear),
        "pair_count": pair_count,
        "is_few": pair_count is not None and pair_count < FEW,
        "scale": min(1.0, 1.1 * max(both, default=0.0)) or 1.0,
    }
    return Content(plural(len(clear), "difference") if clear else "no difference", values)
