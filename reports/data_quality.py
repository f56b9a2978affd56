"""What the data-quality page shows, section by section.

What belongs here: order (what needs repair comes first), grouping, how many rows fit on a page.
What does not: measuring and judging; HTML.
"""

from collections.abc import Mapping
from datetime import datetime

from reports.formatting import duration, number, percent, plural
from reports.frames import Row, Tables, grouped, rows, share, table, to_rows
from reports.timeline import gap_timeline
from reports.verdict import Run, failures_by_gate, gates_of_run

MOST_ROWS = 100  # per table: beyond that a page is no longer read; the warehouse holds the rest
MOST_LANES = 24
MOST_PUBLICATIONS = 10
MOST_FILES, MOST_LINES = 3, 5  # named per reason for rejecting


def sections(run: Run, tables: Tables) -> dict[str, object]:
    """Everything the template needs; a section is None when its table was not built."""
    parts: dict[str, list[Row] | None] = {
        "gates": gates_of_run(run, tables),
        "files": _files(tables),
        "rejections": _rejections(tables),
        "pairs": pairs(tables),
        "timestamps": _timestamps(tables),
        "gaps": gaps(tables),
        "unmapped": _unmapped(tables),
        "milestones": _milestones(tables),
        "publications": _publications(tables),
    }
    silent = parts["gaps"]
    return {
        **parts,
        "failures": failures_by_gate(parts["gates"] or []),
        "most_rows": MOST_ROWS,
        "gap_picture": gap_timeline(silent, run.as_of, MOST_LANES) if silent else None,
        "lane_count": len({(row["source"], row["event_type"]) for row in silent or ()}),
        "most_lanes": MOST_LANES,
        "contents": _contents(parts),
    }


def _files(tables: Tables) -> list[Row] | None:
    columns = ("source", "table_name", "file", "landed_at", "row_count", "rejected_count", "status", "note")
    files = rows(tables, "quality.landed_files", columns)
    if files is None:
        return None
    files.sort(key=lambda row: row["landed_at"] or datetime.min, reverse=True)
    calm = {"landed": 2, "duplicate": 3}
    return sorted(
        files,
        key=lambda row: (row["status"] != "refused", not row["rejected_count"], calm.get(row["status"], 1)),
    )


def _rejections(tables: Tables) -> list[Row] | None:
    """One row per source, table and reason: rejected_count, first files and lines, never the row itself."""
    frame = table(tables, "quality.rejected_rows", ("source", "table_name", "file", "line", "reason"))
    if frame is None:
        return None
    found = []
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
        found.append(
            {
                **named,
                "rejected_count": len(group),
                "places": places,
                "other_files": max(0, len(counts) - MOST_FILES),
            }
        )
    return sorted(found, key=lambda row: -row["rejected_count"])


def pairs(tables: Tables) -> list[Row] | None:
    """Configured pairs of sides; `state` is failed, unknown, passed or measured (looked at, not gated)."""
    columns = ["left_side", "right_side", "id_type", "left_ids", "matched_ids"]
    columns += ["match_rate", "min_match_rate", "severity"]
    found = rows(tables, "quality.rpt_id_match_rates", columns)
    if found is None:
        return None
    for row in found:
        row["is_gated"] = row["severity"] != "outcome" and row["min_match_rate"] is not None
        row["reason"] = "no identifiers on the left side" if not row["left_ids"] else "the rate was withheld"
        if not row["is_gated"]:
            row["state"] = "measured"
        elif row["match_rate"] is None:
            row["state"] = "unknown"
        else:
            row["state"] = "passed" if row["match_rate"] >= row["min_match_rate"] else "failed"
    order = {"failed": 0, "unknown": 1, "passed": 2, "measured": 3}
    return sorted(found, key=lambda row: order[row["state"]])


_TIMESTAMP_FAULTS = ("missing_count", "unparseable_count", "future_count", "before_launch_count")


def _timestamps(tables: Tables) -> list[Row] | None:
    columns = ("source", "event_type", "row_count", *_TIMESTAMP_FAULTS)
    found = rows(tables, "quality.rpt_timestamp_validity", columns)
    if found is None:
        return None
    for row in found:
        known = [row[fault] for fault in _TIMESTAMP_FAULTS if row[fault] is not None]
        row["fault_count"] = sum(known) if known else None
    return sorted(found, key=lambda row: (-(row["fault_count"] or 0), -(row["row_count"] or 0)))


def gaps(tables: Tables) -> list[Row] | None:
    """Silent stretches, longest first: gaps, those nobody could tell, those only long on the clock."""
    columns = ["source", "event_type", "gap_started_at", "gap_ended_at", "gap_hours", "max_gap_hours"]
    columns += ["expected_event_count", "is_literal_gap", "is_gap", "severity"]
    found = rows(tables, "quality.rpt_event_gaps", columns)
    if found is None:
        return None
    listed = [row for row in found if row["is_gap"] is None or row["is_gap"] or row["is_literal_gap"]]
    order = {True: 0, None: 1, False: 2}  # whether it is a gap; one that could not be told is no good news
    return sorted(listed, key=lambda row: (order[row["is_gap"]], -(row["gap_hours"] or 0)))


def gap_tone(real: list[Row]) -> str:
    """How bad real gaps are: as bad as the hardest severity among them."""
    return "warn" if all(row["severity"] == "warn" for row in real) else "bad"


def _unmapped(tables: Tables) -> list[Row] | None:
    columns = ("source", "event_type", "event_count", "first_seen_at", "last_seen_at")
    found = rows(tables, "quality.rpt_unmapped_events", columns)
    return None if found is None else sorted(found, key=lambda row: -(row["event_count"] or 0))


def _milestones(tables: Tables) -> list[Row] | None:
    columns = ("funnel", "step", "milestone", "previous_milestone", "customer_count", "out_of_order_count")
    found = rows(tables, "quality.rpt_milestone_order", columns)
    if found is None:
        return None
    for row in found:
        row["share"] = share(row["out_of_order_count"], row["customer_count"])
    by_step = sorted(found, key=lambda row: row["step"] or 0)
    return [row for funnel in grouped(by_step, lambda row: str(row["funnel"])).values() for row in funnel]


def _publications(tables: Tables) -> list[Row] | None:
    columns = ["run_id", "finished_at", "is_published", "as_of", "journey_version"]
    columns += ["block_failures", "withhold_failures", "warnings"]
    found = rows(tables, "quality.publications", columns)
    if found is None:
        return None
    return sorted(found, key=lambda row: row["finished_at"] or datetime.min, reverse=True)[:MOST_PUBLICATIONS]


def _contents(parts: Mapping[str, list[Row] | None]) -> list[Row]:
    """The list at the top: each section with its state in words, so that trouble is one click away."""
    return [
        {"anchor": anchor, "title": title, **_state(anchor, parts[anchor])}
        for anchor, title in (
            ("gates", "Gates"),
            ("files", "Files landed"),
            ("rejections", "Rejected rows"),
            ("pairs", "Id match rates"),
            ("timestamps", "Timestamps"),
            ("gaps", "Gaps in tracking"),
            ("unmapped", "Unmapped events"),
            ("milestones", "Milestone order"),
            ("publications", "Publications"),
        )
    ]


def _state(anchor: str, found: list[Row] | None) -> Row:
    if found is None:
        return {"tone": "none", "figure": "not built"}
    if anchor == "gates":
        return _gate_state(found)
    if anchor == "pairs":
        return _pair_state(found)
    if anchor == "files":
        refused = sum(row["status"] == "refused" for row in found)
        figure = f"{refused} refused of {number(len(found))}" if refused else plural(len(found), "file")
        return {"tone": "bad" if refused else "good" if found else "none", "figure": figure}
    if anchor == "gaps":
        real = [row for row in found if row["is_gap"]]
        if not real and any(row["is_gap"] is None for row in found):
            return {"tone": "none", "figure": "unknown"}
        if not real:
            return {"tone": "good", "figure": "none"}
        return {"tone": gap_tone(real), "figure": f"{number(len(real))}, longest {duration(real[0]['gap_hours'])}"}
    if anchor == "publications":
        return {"tone": "none", "figure": f"last {len(found)}" if found else "none yet"}
    column, noun = {
        "rejections": ("rejected_count", "row"),
        "timestamps": ("fault_count", "fault"),
        "unmapped": ("event_count", "event"),
        "milestones": ("out_of_order_count", "fault"),
    }[anchor]
    known = [row[column] for row in found if row[column] is not None]
    if found and not known:
        return {"tone": "none", "figure": "unknown"}
    count = sum(known)
    return {"tone": "warn" if count else "good", "figure": plural(count, noun) if count else "none"}


def _gate_state(gates: list[Row]) -> Row:
    if not gates:
        return {"tone": "none", "figure": "none judged"}
    failed = [row for row in gates if row["state"] == "failed"]
    unjudged = sum(row["state"] == "unjudged" for row in gates)
    if failed:
        tone = "bad" if any(row["severity"] == "block" for row in failed) else "warn"
        return {"tone": tone, "figure": f"{len(failed)} failed of {len(gates)}"}
    if unjudged:
        return {"tone": "warn", "figure": f"{unjudged} not judged"}
    return {"tone": "good", "figure": f"{len(gates)} passed"}


def _pair_state(measured: list[Row]) -> Row:
    gated = [row for row in measured if row["is_gated"]]
    known = [row["match_rate"] for row in gated if row["match_rate"] is not None]
    if not known:
        return {"tone": "none", "figure": "not gated" if not gated else "unknown"}
    tone = "bad" if any(row["state"] == "failed" for row in gated) else "warn" if len(known) < len(gated) else "good"
    return {"tone": tone, "figure": f"lowest {percent(min(known))}"}
