"""Who the customers are: segments, and the models that know them.

What belongs here: the newest snapshot, plain sentences about models. What does not: training anything; HTML.
"""

from datetime import datetime

from reports.formatting import day, number, percent, plural, words
from reports.frames import Row, rows
from reports.journey.section import MOST_ROWS, Content, Given
from reports.trust import TRUST_COLUMNS, trust_of

SUSPECT_AUC = 0.95  # honest models of this kind stay below; above it the outcome has usually leaked into the features


def segments(given: Given) -> Content | None:
    """The newest snapshot, the largest segment first."""
    columns = ("segment", "segment_description", "customer_count", "share", "revenue_amount")
    found = rows(given.tables, "marts.rpt_segments", (*columns, "churn_probability", "snapshot_at"), TRUST_COLUMNS)
    if found is None:
        return None
    if not found:
        return Content("none", quiet="No segment has been formed yet.")
    latest = max((row["snapshot_at"] for row in found if row["snapshot_at"] is not None), default=None)
    of_latest = [row for row in found if row["snapshot_at"] == latest]
    of_latest.sort(key=lambda row: (-(row["customer_count"] or 0), str(row["segment"])))
    values = {
        "snapshot_at": latest,
        "trust": trust_of(of_latest, "customer_count"),
        "segments": of_latest,
        "most_rows": MOST_ROWS,
    }
    largest = of_latest[0]
    figure = f"{percent(largest['share'])} {words(largest['segment'])}" if largest["share"] is not None else "withheld"
    return Content(figure, values)


def models(given: Given) -> Content | None:
    """The newest run of each model, with a plain sentence; `scale_low` is where its strip of AUC begins."""
    columns = ["model", "model_version", "trained_at", "test_start_at", "test_end_at", "row_count", "positive_count"]
    columns += ["auc", "auc_low", "auc_high", "brier", "ece", "baseline_name", "baseline_auc", "notes"]
    found = rows(given.tables, "ml.model_runs", columns)
    if found is None:
        return None
    if not found:
        return Content("none", quiet="No model has been trained yet.")
    found.sort(key=lambda row: row["trained_at"] or datetime.min)
    newest = {str(row["model"]): row for row in found}
    for row in newest.values():
        row["tone"], row["symbol"], row["word"], row["sentence"] = _judged(row)
        values = [row[name] for name in ("auc", "auc_low", "baseline_auc") if row[name] is not None]
        row["scale_low"] = 0.5 if not values or min(values) >= 0.5 else 0.0
        row["tested"] = f"{day(row['test_start_at'])} to {day(row['test_end_at'])}" if row["test_start_at"] else None
    helping = sum(row["tone"] == "good" for row in newest.values())
    return Content(f"{helping} of {plural(len(newest), 'model')} helps", {"models": [newest[name] for name in sorted(newest)]})


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
