"""The one sentence that stands at the top of every page: may these numbers be used, and what to do if not.

What belongs here: the facts of a run, its gate results in reading order, the verdict drawn from both.
What does not: judging anything; gates were judged before they come here.
"""

from dataclasses import dataclass
from datetime import datetime

from reports.formatting import moment, plural
from reports.frames import Row, Tables, grouped, rows, table, to_rows


@dataclass(frozen=True)
class Run:
    """What a page says about the run it was made in.

    `is_published` is None while the run still goes on (a page written when the gates were judged).
    `published_as_of` is what the published file holds right now, None when nothing was published yet.
    Moments are UTC.
    """

    run_id: str
    finished_at: datetime
    as_of: datetime | None
    journey_name: str
    journey_version: str
    is_published: bool | None
    published_as_of: datetime | None


@dataclass(frozen=True)
class Verdict:
    """`tone` is good, warn, bad or none; word and symbol say the same without colour."""

    word: str
    symbol: str
    tone: str
    sentence: str
    action: str


_SEVERITIES = {"block": 0, "withhold": 1, "warn": 2}
_CONSEQUENCES = {
    "block": "Blocks the run: nothing is published and the last good file stays.",
    "withhold": "The numbers that depend on it are published as unknown, with this reason.",
    "warn": "A warning: shown here, nothing is held back.",
}


def gates_of_run(run: Run, tables: Tables) -> list[Row] | None:
    """This run's gate results: failed (hardest first), unjudged, passed; None when the table is absent.

    Each row gains `state` (failed, unjudged, passed) and `consequence`.
    """
    columns = ["run_id", "gate", "table_name", "expectation", "observed", "threshold"]
    columns += ["passed", "severity", "judged_at", "subject", "remedy"]
    results = table(tables, "quality.gate_results", columns)  # those of every run there ever was
    if results is None:
        return None
    own = to_rows(results[results["run_id"] == run.run_id])
    for row in own:
        row["state"] = {None: "unjudged", True: "passed", False: "failed"}[None if row["passed"] is None else bool(row["passed"])]
        row["consequence"] = _CONSEQUENCES.get(row["severity"], "") if row["state"] == "failed" else ""
    order = {"failed": 0, "unjudged": 1, "passed": 2}
    return sorted(own, key=lambda row: (order[row["state"]], _SEVERITIES.get(row["severity"], 3)))


def refused_files(tables: Tables) -> list[Row]:
    """The files that could not be read at all, in the order of their names."""
    files = rows(tables, "quality.landed_files", ("file", "status", "note")) or []
    return sorted((row for row in files if row["status"] == "refused"), key=lambda row: str(row["file"]))


def failures_by_gate(gates: list[Row]) -> list[list[Row]]:
    """What did not pass, one group per gate and severity, in reading order."""
    groups = grouped((row for row in gates if row["state"] != "passed"), lambda row: (row["gate"], row["severity"], row["state"]))
    return list(groups.values())


def verdict_of(run: Run, gates: list[Row] | None, refused_files: list[Row] | None = None) -> Verdict:
    """Published, published with warnings, refused or not finished yet; and what to do about it."""
    failed = [row for row in gates or () if row["state"] == "failed"]
    blocking = [row for row in failed if row["severity"] == "block"]
    open_points = _open_points(gates or [])
    action = next((str(row["remedy"]) for row in failed if row["remedy"]), "")
    if run.is_published is False and refused_files and not gates:
        why = f"{plural(len(refused_files), 'file')} could not be read, so nothing was built."
        first = f"{refused_files[0]['file']}: {refused_files[0]['note']}"
        return Verdict("REFUSED", "✕", "bad", f"{why} {_what_stays(run)}", _sentence("Start here", first))
    if run.is_published is False or (run.is_published is None and blocking):
        if blocking:
            why = f"{plural(len(blocking), 'blocking gate')} failed, so this run is not published."
        elif gates:
            why = "This run was not published although no blocking gate failed: it stopped for another reason."
            action = "Read the log of the run."
        else:
            why = "This run was not published, and it stopped before any gate was judged."
            action = "Read the log of the run."
        return Verdict("REFUSED", "✕", "bad", f"{why} {_what_stays(run)}", _sentence("Start here", action))
    if run.is_published is None:
        word, sentence = "NOT YET PUBLISHED", "No blocking gate failed so far; the run is still going."
        if not gates:
            sentence = "No gate has been judged yet; the run is still going."
        sentence = f"{sentence} {open_points} {_what_stays(run)}".replace("  ", " ")
        return Verdict(word, "…", "warn" if open_points else "none", sentence, _sentence("Look at", action))
    if blocking:
        sentence = f"The published file was replaced although {plural(len(blocking), 'blocking gate')} failed."
        return Verdict("PUBLISHED WITH WARNINGS", "▲", "warn", sentence, _sentence("Do not rely on it", action))
    if open_points:
        sentence = f"These numbers are in the published file. {open_points}"
        return Verdict("PUBLISHED WITH WARNINGS", "▲", "warn", sentence, _sentence("Look at", action))
    if not gates:
        sentence = "These numbers are in the published file; this page has no gate results of the run."
        return Verdict("PUBLISHED", "✓", "good", sentence, "")
    every = "The gate" if len(gates) == 1 else f"All {len(gates)} gates"
    return Verdict("PUBLISHED", "✓", "good", f"{every} passed; these numbers are in the published file.", "")


def _open_points(gates: list[Row]) -> str:
    parts = []
    for severity, phrase in (
        ("withhold", "withheld, and what depends on it is shown as unknown"),
        ("warn", "gave a warning"),
    ):
        count = sum(row["state"] == "failed" and row["severity"] == severity for row in gates)
        if count:
            parts.append(f"{plural(count, 'gate')} {phrase}")
    unjudged = sum(row["state"] == "unjudged" for row in gates)
    if unjudged:
        parts.append(f"{plural(unjudged, 'gate')} could not be judged")
    return "; ".join(parts) + "." if parts else ""


def _what_stays(run: Run) -> str:
    if run.published_as_of is None:
        return "Nothing has been published yet."
    return f"The published file still holds the picture as of {moment(run.published_as_of)}."


def _sentence(lead: str, action: str) -> str:
    return f"{lead}: {action}" if action else ""
