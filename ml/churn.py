"""Who is about to leave: a churn probability per customer and snapshot, with reasons and a route.

Belongs here: what is learnt about churn, when that is refused, and what the run's notes say. Does not
belong here: what counts as churn and which label is known yet (SQL), or whether the scores are good enough
to publish (gates).

A logistic regression, because each score must be explainable as a sum; it is calibrated on later snapshots
than it learnt from and judged on later ones still.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from ml import evaluation
from ml.evaluation import ConformalLimits, Floats, TimeSplit
from ml.features import BEHAVIOUR, matrix, preparation, snapshots_of
from ml.model import Context, Fitted, Untrained, run_row, table, version_of

NAME = "churn"
FEATURES = (*BEHAVIOUR, "days_in_stage")
LABEL = "is_churned"
BASELINE, BASELINE_FEATURE = "recency", "days_since_last_event"
COLUMNS = {
    "customer_id": "int64",
    "snapshot_at": "datetime64[us]",
    "churn_probability": "float64",
    "route": "str",
    "reasons": "str",
    "model_version": "str",
}

# The floor that vendors of such scores ask for; below it ten features are fitted to noise.
MIN_PER_CLASS = 100
# With alpha 0.1 a customer's true class is missing from their set once in ten.
ALPHA = 0.1
# Common leaks (oversampling before the split, recency read from the whole history) score 0.97 and more on
# public data where the honest figure is about 0.8.
SUSPECT_AUC = 0.95
# A contribution that would be printed as 0.0 explains nothing.
MIN_CONTRIBUTION = 0.05
REASONS = 3


@dataclass(frozen=True)
class Scorecard:
    """What is learnt: one pipeline, the calibration curve, and the limits that decide the route."""

    pipeline: Pipeline
    slope: float
    offset: float
    limits: ConformalLimits

    @property
    def intercept(self) -> float:
        """Log-odds, before calibration, of a customer who is average in everything."""
        return float(self.pipeline[-1].intercept_[0])

    def contributions(self, snapshots: pd.DataFrame) -> pd.DataFrame:
        """Rows by features: what each moves the log-odds away from those of the average customer.

        What an unknown value says by being unknown is part of its feature's contribution.
        """
        parts = self.pipeline[:-1].transform(matrix(snapshots, FEATURES)) * self.pipeline[-1].coef_[0]
        by_feature = parts[:, : len(FEATURES)].copy()
        by_feature[:, self.pipeline["impute"].indicator_.features_] += parts[:, len(FEATURES) :]
        return pd.DataFrame(by_feature, columns=list(FEATURES), index=snapshots.index)

    def log_odds(self, snapshots: pd.DataFrame) -> Floats:
        """Score before calibration: the intercept plus the contributions."""
        return self._total(self.contributions(snapshots))

    def probability(self, snapshots: pd.DataFrame) -> Floats:
        """Calibrated probability of churn within the horizon."""
        return evaluation.sigmoid(self.slope * self.log_odds(snapshots) + self.offset)

    def score(self, snapshots: pd.DataFrame) -> dict[str, object]:
        """Probability, route and reasons, one entry per row."""
        contributions = self.contributions(snapshots)
        log_odds = self._total(contributions)
        stay, churn = evaluation.conformal_sets(log_odds, self.limits).T
        return {
            "churn_probability": evaluation.sigmoid(self.slope * log_odds + self.offset),
            "route": np.select([churn & ~stay, stay & ~churn], ["auto", "none"], "review"),
            "reasons": _reasons(matrix(snapshots, FEATURES), contributions.to_numpy()),
        }

    def _total(self, contributions: pd.DataFrame) -> Floats:
        # Added up column by column: a matrix product rounds differently for one row than for many.
        total = np.full(len(contributions), self.intercept)
        for name in FEATURES:
            total += contributions[name].to_numpy()
        return total


@dataclass(frozen=True)
class FittedChurn:
    """A trained churn model and the row of its training."""

    version: str
    run: dict[str, object]
    scorecard: Scorecard

    def score(self, snapshots: pd.DataFrame) -> pd.DataFrame:
        """One row of `ml.churn_scores` per snapshot, in the order given.

        `route`: `auto` where only churn is plausible, `none` where only staying is, `review` where both or
        neither are. Raises ValueError if a feature is missing.
        """
        if snapshots.empty:
            return table(COLUMNS, {})
        rows = snapshots.reset_index(drop=True)
        known = {"customer_id": rows["customer_id"], "snapshot_at": rows["snapshot_at"]}
        version = [self.version] * len(rows)
        return table(COLUMNS, known | self.scorecard.score(rows) | {"model_version": version})


def fit(snapshots: pd.DataFrame, context: Context) -> Fitted:
    """Learn churn from labelled snapshots whose outcome window is over; refuse, in words, if that cannot be.

    `run["row_count"]` and `run["positive_count"]` count all these snapshots, whichever slice they fall in.
    """
    labelled = _labelled(snapshots, context)
    settings = {"horizon_days": context.horizon_days, "seed": context.seed, "alpha": ALPHA}
    version = version_of(NAME, labelled, settings)
    counts: dict[str, object] = {
        "row_count": len(labelled),
        "positive_count": int(labelled[LABEL].sum()),
        "baseline_name": BASELINE,
    }
    split = evaluation.time_split(labelled["snapshot_at"], context.horizon)
    lacking = _what_is_lacking(labelled, split, context)
    if split is None or lacking:
        run = run_row(NAME, version, context, ["No churn model.", *lacking], counts)
        return Untrained(version, run, COLUMNS)

    train, calibration, test = (labelled[part] for part in (split.train, split.calibration, split.test))
    scorecard = _learn(train, calibration, context)
    figures, findings = _judge(scorecard, train, test, context)
    dates = {
        "train_start_at": train["snapshot_at"].min(),
        "train_end_at": train["snapshot_at"].max(),
        "test_start_at": test["snapshot_at"].min(),
        "test_end_at": test["snapshot_at"].max(),
    }
    notes = [*findings, *_remarks(scorecard, train, calibration, test)]
    return FittedChurn(version, run_row(NAME, version, context, notes, counts | dates | figures), scorecard)


def _labelled(snapshots: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Snapshots that may teach: the label is known, and its window was over by now, so that it can be."""
    rows = snapshots_of(snapshots, FEATURES, (LABEL,))
    is_over = rows["snapshot_at"] + context.horizon <= pd.Timestamp(context.now)
    return rows[rows[LABEL].notna() & is_over].reset_index(drop=True)


def _what_is_lacking(labelled: pd.DataFrame, split: TimeSplit | None, context: Context) -> list[str]:
    """Why nothing can be trained, one sentence per reason; nothing if it can."""
    lacking = []
    dates = evaluation.separated_dates(labelled["snapshot_at"], context.horizon)
    if split is None:
        lacking.append(
            f"Labels are needed at 3 or more snapshot dates, each {context.horizon_days} days or more "
            f"after the one before; there are {len(dates)}."
        )
    churned = int(labelled[LABEL].sum())
    stayed = len(labelled) - churned
    if min(churned, stayed) < MIN_PER_CLASS:
        lacking.append(
            f"At least {MIN_PER_CLASS} labels of customers who churned and {MIN_PER_CLASS} of customers who "
            f"stayed are needed; there are {churned} and {stayed}."
        )
    elif split is not None:
        for name, part in (("earliest", split.train), ("calibration", split.calibration)):
            outcomes = labelled.loc[part, LABEL]
            if outcomes.nunique() < 2:
                every = "churned" if outcomes.iloc[0] else "stayed"
                lacking.append(f"In the {name} snapshots every customer {every}, so there is nothing to tell apart.")
    return lacking


def _learn(train: pd.DataFrame, calibration: pd.DataFrame, context: Context) -> Scorecard:
    pipeline = Pipeline(
        [
            *preparation(flag_missing=True),
            ("churn", LogisticRegression(random_state=context.seed, max_iter=1000)),
        ]
    )
    pipeline.fit(matrix(train, FEATURES), train[LABEL].to_numpy())
    uncalibrated = Scorecard(pipeline, 1.0, 0.0, ConformalLimits(float("-inf"), float("inf")))
    score, outcome = uncalibrated.log_odds(calibration), calibration[LABEL].to_numpy()
    slope, offset = evaluation.platt(outcome, score)
    # The limits go by rank, so taking them from the slice that also bent the curve costs them nothing.
    limits = evaluation.conformal_limits(outcome, score, ALPHA)
    return replace(uncalibrated, slope=slope, offset=offset, limits=limits)


def _judge(
    scorecard: Scorecard, train: pd.DataFrame, test: pd.DataFrame, context: Context
) -> tuple[dict[str, object], list[str]]:
    """The figures of the test snapshots, and what a reader must know about them."""
    outcome, probability = test[LABEL].to_numpy(), scorecard.probability(test)
    figures: dict[str, object] = {
        "brier": evaluation.brier(outcome, probability),
        "log_loss": evaluation.log_loss(outcome, probability),
        "ece": evaluation.expected_calibration_error(outcome, probability),
    }
    if len(np.unique(outcome)) < 2:
        every = "churned" if outcome[0] else "stayed"
        return figures, [f"In the test snapshots every customer {every}, so the ranking cannot be judged."]

    customer, seed = test["customer_id"].to_numpy(), context.seed
    # An unknown recency ranks in the middle of those the model learnt from.
    typical = train[BASELINE_FEATURE].median()
    recency = test[BASELINE_FEATURE].fillna(0.0 if np.isnan(typical) else typical).to_numpy()
    area, low, high = evaluation.auc_with_interval(outcome, probability, customer, seed=seed)
    baseline = evaluation.auc(outcome, recency)
    gain, gain_low, gain_high = evaluation.auc_gain_with_interval(outcome, probability, recency, customer, seed=seed)
    figures |= {"auc": area, "auc_low": low, "auc_high": high, "baseline_auc": baseline}
    findings = []
    if not gain_low > 0:
        findings.append(
            f"The model does not beat {BASELINE}: AUC {area:.3f} against {baseline:.3f}, "
            f"difference {gain:+.3f} (95 % interval {gain_low:+.3f} to {gain_high:+.3f})."
        )
    if area > SUSPECT_AUC:
        findings.append(f"Suspect leak: an AUC of {area:.3f} (above {SUSPECT_AUC}) is too good to be taken on trust.")
    return figures, findings


def _remarks(scorecard: Scorecard, train: pd.DataFrame, calibration: pd.DataFrame, test: pd.DataFrame) -> list[str]:
    """How large the slices were, and whether the routes kept their promise on the test snapshots."""
    first, last = calibration["snapshot_at"].min(), calibration["snapshot_at"].max()
    calibrated = f"{len(calibration)} ({first:%Y-%m-%d} to {last:%Y-%m-%d})"
    notes = [f"Learnt from {len(train)} snapshots, calibrated on {calibrated}, tested on {len(test)}."]
    if scorecard.slope <= 0:
        notes.append("Calibration turned the ranking round: the reasons' signs point the wrong way.")
    limits = scorecard.limits
    for limit, who in ((limits.positive_from, "churned"), (limits.negative_to, "stayed")):
        if np.isinf(limit):
            notes.append(f"Too few calibration customers {who} to ever rule that out, so more goes to review.")
    sets = evaluation.conformal_sets(scorecard.log_odds(test), limits)
    stayed, churned = evaluation.conformal_coverage(test[LABEL].to_numpy(), sets)
    seen = [f"{share:.2f} of those who {who}" for share, who in ((churned, "churned"), (stayed, "stayed")) if not np.isnan(share)]
    notes.append(f"Routes promise {1 - ALPHA:.2f} coverage and had {' and '.join(seen)} on the test snapshots.")
    return notes


def _reasons(values: Floats, contributions: Floats) -> list[str]:
    """Per row the strongest contributions either way, as `feature value (contribution)`."""
    strongest = np.argsort(-np.abs(contributions), axis=1, kind="stable")[:, :REASONS]
    texts = []
    for row, columns in enumerate(strongest.tolist()):
        parts = [
            f"{FEATURES[column]} {_plain(values[row, column])} ({contributions[row, column]:+.1f})"
            for column in columns
            if abs(contributions[row, column]) >= MIN_CONTRIBUTION
        ]
        texts.append("; ".join(parts) or "close to the average customer in everything")
    return texts


def _plain(value: float) -> str:
    """A feature's value as a person would write it: at most one decimal, `unknown` when it is."""
    return "unknown" if np.isnan(value) else f"{value:.1f}".removesuffix(".0")
