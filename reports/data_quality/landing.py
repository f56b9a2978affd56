"""What was handed over: files, rejected rows, and which stages each system tells of.

What belongs here: trouble first, places by name. What does not: the rows themselves.
"""

from datetime import datetime

import pandas as pd

from reports.data_quality.section import MOST_ROWS, Content, Given, heat
from reports.formatting import number, plural
from reports.frames import Row, Tables, grouped, ordered, rows, share, table, to_rows

SHEET = "rejected_rows.csv"
MOST_FILES, MOST_LINES = 3, 5  # named per reason for rejecting
MOST_SOURCES = 40


def files(given: Given) -> Content | None:
    """Every file, the refused first, then those with rejected rows."""
    columns = ("source", "table_name", "file", "landed_at", "row_count", "rejected_count", "status", "note")
    found = rows(given.tables, "quality.landed_files", columns)
    if found is None:
        return None
    if not found:
        return Content("none", "no file", calm="No file was found in the landing folder.")
    found.sort(key=lambda row: str(row["file"]))
    found.sort(key=lambda row: row["landed_at"] or datetime.min, reverse=True)
    calm = {"landed": 2, "duplicate": 3}
    found.sort(key=lambda row: (row["status"] != "refused", not row["rejected_count"], calm.get(row["status"], 1)))
    refused = sum(row["status"] == "refused" for row in found)
    figure = f"{refused} refused of {number(len(found))}" if refused else plural(len(found), "file")
    troubled = [row for row in found if row["status"] not in calm or row["rejected_count"]]
    values = {"troubled": troubled, "read": found[len(troubled) :], "most_rows": MOST_ROWS}
    return Content("bad" if refused else "good", figure, values, "" if troubled else "Every file was read to its last row.")


def rejections(given: Given) -> Content | None:
    """By source, table and reason: how many, first files and lines, never the row itself."""
    frame = table(given.tables, "quality.rejected_rows", ("source", "table_name", "file", "line", "reason"))
    if frame is None:
        return None
    if frame.empty:
        return Content("good", "none", calm="Every row was accepted.")
    reasons = []
    for _, group in frame.groupby(["source", "table_name", "reason"], dropna=False):
        counts = group["file"].value_counts()
        places = [
            {
                "file": file,
                "lines": group.loc[group["file"] == file, "line"].dropna().astype(int).sort_values().head(MOST_LINES).tolist(),
                "row_count": int(count),
            }
            for file, count in counts.head(MOST_FILES).items()
        ]
        [named] = to_rows(group[["source", "table_name", "reason"]].head(1))
        reasons.append({**named, "rejected_count": len(group), "places": places, "other_files": max(0, len(counts) - MOST_FILES)})
    reasons.sort(key=lambda row: (-row["rejected_count"], str(row["source"]), str(row["reason"])))
    sheet = SHEET if SHEET in given.beside else None
    values = {"rows": reasons, "most_rows": MOST_ROWS, "sheet": sheet, "worth": _worth(given, len(frame))}
    return Content("warn", plural(len(frame), "row"), values)


def _worth(given: Given, rejected_count: int) -> Row:
    """What the rejected rows brought in by source and currency, most of all first, and of how many rows nobody can tell."""
    columns = ("source", "currency", "rejected_count", "rejected_amount", "rejected_rate")
    found = rows(given.tables, "quality.rpt_rejected_amounts", columns) or []
    found.sort(key=lambda row: -row["rejected_rate"])
    return {"rows": found, "other_count": rejected_count - sum(row["rejected_count"] for row in found)}


def sheet(tables: Tables) -> pd.DataFrame | None:
    """Every rejected row with its place and reason, as masked as its table is."""
    return ordered(tables, "quality.rejected_rows", ("source", "table_name", "file", "line"))


def coverage(given: Given) -> Content | None:
    """Per stage set a grid of sources by stages, with the customers each source shows in each; holes stay visible."""
    columns = ("source", "stage_set", "stage", "event_count", "customer_count", "last_seen_at")
    found = rows(given.tables, "quality.rpt_source_stage_coverage", columns)
    if found is None:
        return None
    if not found:
        return Content("none", "no stage", calm="No source tells of any stage yet.")
    positions = {
        (row["stage_set"], row["stage"]): row["position"]
        for row in rows(given.tables, "marts.rpt_stage_occupancy", ("stage_set", "stage", "position")) or ()
    }
    grids = [_coverage_grid(name, cells, positions) for name, cells in grouped(found, lambda row: str(row["stage_set"])).items()]
    blind = sum(len(grid["blind"]) for grid in grids)
    if blind:
        return Content("warn", f"{plural(blind, 'stage')} without a source", {"grids": grids})
    return Content("good", plural(len({row["source"] for row in found}), "source"), {"grids": grids})


def _coverage_grid(name: str, cells: list[Row], positions: dict[tuple[str, str], int | None]) -> Row:
    stages = sorted(grouped(cells, lambda row: row["stage"]), key=lambda stage: positions.get((name, stage)) or 0)
    most: dict[str, float] = {}
    for row in cells:
        row["is_hole"] = not row["event_count"]
        most[row["stage"]] = max(most.get(row["stage"], 0), row["customer_count"] or 0)
    for row in cells:
        row["heat"] = 0 if row["is_hole"] else heat(share(row["customer_count"], most[row["stage"]]))
    lines: list[Row] = [
        {"source": own[0]["source"], "cells": [next((row for row in own if row["stage"] == stage), None) for stage in stages]}
        for _, own in sorted(grouped(cells, lambda row: str(row["source"])).items())
    ]
    seen = {row["stage"] for row in cells if not row["is_hole"]}
    lines.sort(key=lambda line: sum(cell is None or cell["is_hole"] for cell in line["cells"]))
    return {
        "name": name,
        "stages": stages,
        "lines": lines[:MOST_SOURCES],
        "line_count": len(lines),
        "most_rows": MOST_SOURCES,
        "blind": [stage for stage in stages if stage not in seen],
    }
