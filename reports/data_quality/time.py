"""When things happened: gaps, timestamps, freshness, history, and the daily scores of every source.

What belongs here: which silence is news, in which order. What does not: telling a gap from a quiet night; drawing.
"""

from typing import Any

from reports.data_quality.section import MOST_ROWS, Content, Given, by_name, tone_of
from reports.formatting import duration, number, percent, plural
from reports.frames import Row, Tables, grouped, rows, table, to_rows
from reports.sparkline import sparkline
from reports.timeline import gap_timeline

MOST_LANES = 24
MOST_SOURCES = 40
MOST_DAYS = 42  # of the scorecard
LATEST_DAYS = 7

# What a silence is, in the order of the page. Only the first two are news.
_KINDS = ("gap", "unknown", "known", "measured", "quiet")


def gap_rows(tables: Tables) -> list[Row] | None:
    """Silent stretches, the longest first within each `kind`.

    gap; unknown: nobody could tell; known: an incident that somebody has explained; measured: of an event type that is not
    judged; quiet: long on the clock alone.
    """
    columns = ["source", "event_type", "gap_started_at", "gap_ended_at", "gap_hours", "max_gap_hours"]
    columns += ["expected_event_count", "is_literal_gap", "is_gap", "severity"]
    found = rows(tables, "quality.rpt_event_gaps", columns, ["lost_event_count", "known_reason"])
    if found is None:
        return None
    listed = [row for row in found if row["is_gap"] is None or row["is_gap"] or row["is_literal_gap"]]
    for row in listed:
        row["kind"] = _kind(row)
        is_lost = row["is_gap"] and row["lost_event_count"] is not None
        row["due"] = row["lost_event_count"] if is_lost else row["expected_event_count"]
        row["tone"] = tone_of([row["severity"]]) if row["kind"] == "gap" else "none"
    return sorted(listed, key=lambda row: (_KINDS.index(row["kind"]), -(row["gap_hours"] or 0), by_name(row)))


def _kind(row: Row) -> str:
    if row["known_reason"] is not None:
        return "known"
    if row["is_gap"] is None:
        return "unknown"
    if not row["is_gap"]:
        return "quiet"
    return "gap" if row["severity"] in ("block", "withhold", "warn") else "measured"


def gaps(given: Given) -> Content | None:
    """The time line and the tables below it."""
    found = gap_rows(given.tables)
    if found is None:
        return None
    if not found:
        return Content("good", "none", calm="No event type was silent for too long.")
    of_kind = {kind: [row for row in found if row["kind"] == kind] for kind in _KINDS}
    lanes = {_lane(row) for row in found if row["kind"] != "quiet"}
    drawn = [row for row in found if _lane(row) in lanes] or found
    values = {
        "alarming": of_kind["gap"] + of_kind["unknown"],
        "known": of_kind["known"],
        "measured": of_kind["measured"],
        "quiet": of_kind["quiet"],
        "picture": gap_timeline(drawn, given.run.as_of, MOST_LANES),
        "lane_count": len(lanes),
        "most_lanes": MOST_LANES,
        "most_rows": MOST_ROWS,
    }
    real = of_kind["gap"]
    if real:
        tone = tone_of(row["severity"] for row in real)
        return Content(tone, f"{number(len(real))}, longest {duration(real[0]['gap_hours'])}", values)
    if of_kind["unknown"]:
        return Content("none", "unknown", values)
    figure = f"{number(len(of_kind['known']))} explained" if of_kind["known"] else "none"
    calm = "" if of_kind["known"] or of_kind["measured"] else "No gap: the rhythm of the business explains every silence."
    return Content("good", figure, values, calm)


def _lane(row: Row) -> tuple[str, str]:
    return str(row["source"]), str(row["event_type"])


_TIMESTAMP_FAULTS = ("missing_count", "unparseable_count", "future_count", "before_launch_count")


def timestamps(given: Given) -> Content | None:
    """Event types by the number of their unusable times."""
    columns = ("source", "event_type", "row_count", *_TIMESTAMP_FAULTS)
    found = rows(given.tables, "quality.rpt_timestamp_validity", columns)
    if found is None:
        return None
    if not found:
        return Content("none", "no event", calm="No events have been landed.")
    for row in found:
        known = [row[fault] for fault in _TIMESTAMP_FAULTS if row[fault] is not None]
        row["fault_count"] = sum(known) if known else None
    found.sort(key=lambda row: (-(row["fault_count"] or 0), -(row["row_count"] or 0), by_name(row)))
    known = [row["fault_count"] for row in found if row["fault_count"] is not None]
    if not known:
        return Content("none", "unknown", {"rows": found, "good_count": 0, "most_rows": MOST_ROWS})
    count = sum(known)
    if not count:
        values = {"rows": found, "good_count": 0, "most_rows": MOST_ROWS}
        return Content("good", "none", values, "Every event has a time that can be believed.")
    faulty = [row for row in found if row["fault_count"] != 0]
    return Content(
        "warn", plural(count, "fault"), {"rows": faulty, "good_count": len(found) - len(faulty), "most_rows": MOST_ROWS}
    )


def freshness(given: Given) -> Content | None:
    """Sources by the time since their last event; those that are silent against their habit first."""
    columns = ["source", "event_count", "first_occurred_at", "last_occurred_at", "last_loaded_at", "silent_hours"]
    columns += ["expected_event_count", "chance_by_luck", "is_silent", "silent_since"]
    columns += ["median_delay_hours", "p95_delay_hours", "late_rate", "severity"]
    found = rows(given.tables, "quality.rpt_source_freshness", columns)
    if found is None:
        return None
    if not found:
        return Content("none", "no source", calm="No source has sent an event yet.")
    found.sort(key=lambda row: (not row["is_silent"], -(row["silent_hours"] or 0), by_name(row)))
    silent = [row for row in found if row["is_silent"]]
    values = {"rows": found, "silent": silent, "most_rows": MOST_ROWS}
    if silent:
        names = str(silent[0]["source"]) if len(silent) == 1 else plural(len(silent), "source")
        return Content(tone_of(row["severity"] for row in silent), f"{names} silent", values)
    return Content("good", plural(len(found), "source"), values, "Every source reports as it is used to.")


def depth(given: Given) -> Content | None:
    """Days of history per source, the shortest first; `scale` is where the axis of days ends."""
    columns = ("source", "first_occurred_at", "last_occurred_at", "days_of_history", "min_days", "is_sufficient", "severity")
    found = rows(given.tables, "quality.rpt_history_depth", columns)
    if found is None:
        return None
    if not found:
        return Content("none", "no source", calm="No source has sent an event yet.")
    found.sort(key=lambda row: (row["is_sufficient"] is not False, row["days_of_history"] or 0, by_name(row)))
    short = [row for row in found if row["is_sufficient"] is False]
    scale = max(*(row["days_of_history"] or 0 for row in found), *(row["min_days"] or 0 for row in found), 1)
    values = {"rows": found, "scale": scale, "most_rows": MOST_ROWS}
    if short:
        figure = f"{len(short)} of {plural(len(found), 'source')} too short"
        return Content(tone_of(row["severity"] for row in short), figure, values)
    known = [row["days_of_history"] for row in found if row["is_sufficient"] and row["days_of_history"] is not None]
    if len(known) < len(found):
        return Content("none", "unknown", values)
    return Content("good", f"at least {number(min(known), 0)} days", values, "Every source reaches back far enough.")


_SCORES = ("completeness", "consistency", "timestamp_accuracy")


def scorecard(given: Given) -> Content | None:
    """Three scores per source, the latest days and the way there; the lowest first."""
    frame = table(given.tables, "quality.rpt_scorecard", ("source", "day", "event_count", *_SCORES))
    if frame is None:
        return None
    latest = frame[frame["day"].notna()].sort_values("day", kind="stable").groupby("source", dropna=False).tail(MOST_DAYS)
    cards = [_card(source, days) for source, days in sorted(grouped(to_rows(latest), lambda row: str(row["source"])).items())]
    known = [card for card in cards if card["lowest"] is not None]
    if not known:
        return Content("none", "no day yet", calm="No source has a day with events yet.")
    cards.sort(key=lambda card: (card["lowest"] is None, card["lowest"] or 0))
    below = [card for card in cards if not card["is_perfect"]]
    values = {"cards": below[:MOST_SOURCES], "card_count": len(below), "most_rows": MOST_SOURCES, "latest_days": LATEST_DAYS}
    values["perfect_count"] = len(cards) - len(below)
    if not below:
        return Content("good", "100 %", calm=f"{plural(len(cards), 'source')}: nothing to find fault with in the last weeks.")
    return Content("none", f"lowest {percent(min(card['lowest'] for card in known))}", values)


def _card(source: str, days: list[Row]) -> Row:
    scores: dict[str, Row] = {}
    for name in _SCORES:
        title = f"{name.replace('_', ' ')} of {source}, {plural(len(days), 'day')}"
        scores[name] = {"latest": _mean(days[-LATEST_DAYS:], name), "picture": sparkline(title, [row[name] for row in days])}
    latest = [score["latest"] for score in scores.values() if score["latest"] is not None]
    is_perfect = all(row[name] == 1 for row in days for name in _SCORES)
    return {"source": source, "last_day": days[-1]["day"], "scores": scores, "lowest": min(latest, default=None)} | {
        "is_perfect": is_perfect
    }


def _mean(days: list[Row], name: str) -> float | None:
    """By the events of each day, so that a day with one faulty event weighs little."""
    known: list[tuple[float, Any]] = [(row[name], row["event_count"] or 0) for row in days if row[name] is not None]
    weight = sum(count for _, count in known)
    return sum(value * float(count) for value, count in known) / float(weight) if weight else None
