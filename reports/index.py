"""What the first page shows: a handful of figures that say how the company and its data stand.

What belongs here: picking figures from the same sections the two reports show, so that they cannot disagree.
What does not: sums of its own.
"""

from reports import journey
from reports.data_quality import identity, time
from reports.data_quality.section import tone_of
from reports.formatting import duration, interval, moment, number, percent, plural, words
from reports.frames import Row, Tables
from reports.trust import TRUSTED, Trust, trust_of
from reports.verdict import Run, gates_of_run


def sections(run: Run, tables: Tables) -> dict[str, object]:
    """Six headline figures: label, value, detail, tone, and the page they come from."""
    return {
        "figures": [
            _customers(tables),
            *_funnel(tables),
            _gates(run, tables),
            _match_rate(tables),
            _gaps(tables),
        ]
    }


def _figure(label: str, value: str | None, detail: str, link: str, tone: str = "none", trust: Trust = TRUSTED) -> Row:
    """A value of None is unknown, and the detail says why."""
    return {"label": label, "value": value, "detail": detail, "link": link, "tone": tone, "trust": trust}


def _customers(tables: Tables) -> Row:
    label, link = "Customers in a stage", "journey.html#stages"
    stages = journey.stage_rows(journey.given(tables))
    if not stages:
        return _figure(label, None, "stages were not built in this run" if stages is None else "no customer yet", link)
    of_set = [row for row in stages if row["stage_set"] == stages[0]["stage_set"]]
    trust = trust_of(of_set, "customer_count")
    own = [row for row in of_set if row["customer_count"]]
    if trust.is_withheld:
        return _figure(label, None, words(stages[0]["stage_set"]), link, trust=trust)
    if not own:
        return _figure(label, None, "no customer has entered a stage yet", link)
    most = max(own, key=lambda row: row["customer_count"])
    detail = f"most in {words(most['stage'])}: {percent(most['share'])}"
    return _figure(label, number(sum(row["customer_count"] for row in own)), detail, link, trust=trust)


def _funnel(tables: Tables) -> list[Row]:
    link = "journey.html#funnels"
    steps = journey.funnel_rows(journey.given(tables))
    overall = [row for row in steps or () if row["grain"] == "all" and row["dimension"] == "all"]
    if not overall:
        why = "the funnel was not built in this run" if steps is None else "the funnel has no rows"
        return [_figure("Entered the funnel", None, why, link), _figure("Conversion", None, why, link)]
    own = [row for row in overall if row["funnel"] == overall[0]["funnel"]]
    first, last = own[0], own[-1]
    way = f"{words(first['milestone'])} to {words(last['milestone'])}"
    trust = trust_of(own, "reached_count")
    if trust.is_withheld:
        return [_figure(label, None, words(first["funnel"]), link, trust=trust) for label in ("Entered the funnel", "Conversion")]
    entered = _figure("Entered the funnel", number(first["entered_count"]), words(first["funnel"]), link, trust=trust)
    if last["conversion_rate"] is None:
        return [entered, _figure("Conversion", None, f"{way}: {last['reason']}", link, trust=trust)]
    detail = f"{way}; 95 % interval {interval(last['conversion_low'], last['conversion_high'])}"
    return [entered, _figure("Conversion", percent(last["conversion_rate"]), detail, link, trust=trust)]


def _gates(run: Run, tables: Tables) -> Row:
    label, link = "Gates passed", "data_quality.html#gates"
    gates = gates_of_run(run, tables)
    if not gates:
        return _figure(label, None, "no gate was judged in this run", link)
    passed = sum(row["state"] == "passed" for row in gates)
    failed = [row for row in gates if row["state"] == "failed"]
    detail = f"first to repair: {failed[0]['subject'] or failed[0]['gate']}" if failed else "nothing to repair"
    tone = "good" if passed == len(gates) else "bad" if any(row["severity"] == "block" for row in failed) else "warn"
    return _figure(label, f"{passed} of {len(gates)}", detail, link, tone)


def _match_rate(tables: Tables) -> Row:
    label, link = "Lowest gated id match", "data_quality.html#pairs"
    pairs = identity.pair_rows(tables)
    if pairs is None:
        return _figure(label, None, "match rates were not built in this run", link)
    gated = [row for row in pairs if row["is_gated"] and row["match_rate"] is not None]
    if not gated:
        return _figure(label, None, "no gated pair has a known rate", link)
    lowest = min(gated, key=lambda row: row["match_rate"])
    names = f"{words(lowest['left_side'])} → {words(lowest['right_side'])} on {lowest['id_type']}"
    detail = f"{names}; needs {percent(lowest['min_match_rate'])}"
    return _figure(label, percent(lowest["match_rate"]), detail, link, lowest["tone"])


def _gaps(tables: Tables) -> Row:
    label, link = "Gaps in tracking", "data_quality.html#gaps"
    gaps = time.gap_rows(tables)
    if gaps is None:
        return _figure(label, None, "gaps were not measured in this run", link)
    real = [row for row in gaps if row["kind"] == "gap"]
    if not real and any(row["kind"] == "unknown" for row in gaps):
        return _figure(label, None, "whether the silent stretches are gaps could not be told", link)
    if not real:
        known = sum(row["kind"] == "known" for row in gaps)
        detail = f"{plural(known, 'silence')} explained" if known else "no step was silent for too long"
        return _figure(label, "none", detail, link, "good")
    longest = real[0]
    lasting = sum(row["gap_ended_at"] is None for row in real)
    detail = f"longest {duration(longest['gap_hours'])}: {words(longest['event_type'])}"
    since = f"; {lasting} still going" if lasting else f", until {moment(longest['gap_ended_at'])}"
    return _figure(label, number(len(real)), detail + since, link, tone_of(row["severity"] for row in real))
