"""How a model is judged: pure functions of arrays.

Belongs here: splits in time, metrics and their uncertainty, calibration, prediction sets. Does not belong
here: fitting a particular model, wording for readers, thresholds that decide whether a model is used.

Arrays are one-dimensional and of equal length unless said otherwise; `outcome` holds 1.0 and 0.0, a larger
`score` means the outcome 1 is more likely.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.linear_model import LogisticRegression

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

# Weights of a bootstrap are drawn in blocks of at most this many numbers, 32 MB, so that memory stays flat.
_BLOCK = 4_000_000


@dataclass(frozen=True)
class TimeSplit:
    """Flags over the rows: learn from `train`, calibrate on `calibration`, judge on `test`, skip the rest."""

    train: Flags
    calibration: Flags
    test: Flags


def separated_dates(dates: pd.Series, horizon: pd.Timedelta) -> list[pd.Timestamp]:
    """The longest series of dates, from the earliest on, each a horizon or more after the one before."""
    chosen: list[pd.Timestamp] = []
    for date in sorted(dates.unique()):
        if not chosen or date >= chosen[-1] + horizon:
            chosen.append(date)
    return chosen


def time_split(dates: pd.Series, horizon: pd.Timedelta, shares: tuple[float, float, float] = (0.6, 0.2, 0.2)) -> TimeSplit | None:
    """Split rows by date into train, calibration and test, in this order; None if the dates do not allow it.

    Each slice begins a horizon or more after the last date of the one before, so that the window in which
    an earlier label was awaited is over before the next slice begins (purging; Lopez de Prado, Advances in
    Financial Machine Learning, 2018, chapter 7). Among all such splits the one is taken whose tightest
    slice is largest compared with its share of the rows.
    """
    days, counts = np.unique(dates.to_numpy(), return_counts=True)
    before = np.concatenate([[0], np.cumsum(counts)])  # rows dated before each day
    # For each day the first that may begin the next slice, if a slice ends on it.
    follows = np.searchsorted(days, days + horizon.to_numpy())
    best, boundaries = 0.0, (0, 0, 0, 0)
    for last_train, first_calibration in enumerate(follows):
        last = np.arange(first_calibration, len(days))
        last = last[follows[last] < len(days)]
        if not len(last):
            break
        train = np.full(len(last), before[last_train + 1])
        calibration = before[last + 1] - before[first_calibration]
        test = before[-1] - before[follows[last]]
        tightest = np.min([train / shares[0], calibration / shares[1], test / shares[2]], axis=0)
        if tightest.max() > best:
            best, ends = float(tightest.max()), int(last[tightest.argmax()])
            boundaries = (last_train, int(first_calibration), ends, int(follows[ends]))
    if best == 0.0:
        return None
    at = dates.to_numpy()
    train_end, calibration_start, calibration_end, test_start = days[list(boundaries)]
    return TimeSplit(
        train=at <= train_end,
        calibration=(at >= calibration_start) & (at <= calibration_end),
        test=at >= test_start,
    )


def auc(outcome: Floats, score: Floats) -> float:
    """Area under the ROC curve: how often a positive outranks a negative, a tie half; NaN for one class.

    Source: Hanley and McNeil, Radiology 143 (1982).
    """
    ranking = _Ranking(outcome, score)
    return float(ranking.auc(np.ones((1, len(outcome))))[0])


def bootstrap_auc(
    outcome: Floats,
    score: Floats,
    cluster: npt.NDArray[np.generic],
    *,
    resamples: int = 500,
    seed: int = 7,
) -> Floats:
    """AUC of each of `resamples` bootstrap samples of whole clusters; NaN where a class is absent.

    Rows of one customer resemble each other, so drawing single rows would claim more certainty than there is.
    The same seed and clusters give the same samples, so two scores can be compared sample by sample.
    Source: Field and Welsh, Bootstrapping clustered data, JRSS B 69 (2007).
    """
    if not len(outcome):
        return np.full(resamples, np.nan)
    ranking = _Ranking(outcome, score)
    weights = _cluster_weights(cluster, resamples, seed)
    return np.concatenate([ranking.auc(block) for block in weights])


def percentile_interval(samples: Floats, level: float = 0.95) -> tuple[float, float]:
    """Percentile bootstrap interval, leaving out samples that are NaN; NaN if none is left.

    Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 13.
    """
    known = samples[~np.isnan(samples)]
    if not len(known):
        return float("nan"), float("nan")
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def auc_with_interval(
    outcome: Floats,
    score: Floats,
    cluster: npt.NDArray[np.generic],
    *,
    seed: int = 7,
) -> tuple[float, float, float]:
    """AUC and the ends of its 95 % cluster-bootstrap interval."""
    samples = bootstrap_auc(outcome, score, cluster, seed=seed)
    return auc(outcome, score), *percentile_interval(samples)


def auc_gain_with_interval(
    outcome: Floats,
    score: Floats,
    baseline: Floats,
    cluster: npt.NDArray[np.generic],
    *,
    seed: int = 7,
) -> tuple[float, float, float]:
    """AUC of `score` minus AUC of `baseline`, and the ends of its 95 % interval over paired samples."""
    ours = bootstrap_auc(outcome, score, cluster, seed=seed)
    theirs = bootstrap_auc(outcome, baseline, cluster, seed=seed)
    return auc(outcome, score) - auc(outcome, baseline), *percentile_interval(ours - theirs)


def brier(outcome: Floats, probability: Floats) -> float:
    """Mean squared distance of probability and outcome; 0 is perfect.

    Source: Brier, Monthly Weather Review 78 (1950).
    """
    return float(np.mean((probability - outcome) ** 2))


def log_loss(outcome: Floats, probability: Floats) -> float:
    """Mean negative log-likelihood in nats; probabilities are kept 1e-15 away from 0 and 1 to stay finite."""
    kept = np.clip(probability, 1e-15, 1 - 1e-15)
    return float(-np.mean(outcome * np.log(kept) + (1 - outcome) * np.log1p(-kept)))


def expected_calibration_error(outcome: Floats, probability: Floats, bins: int = 10) -> float:
    """Mean distance of promised and seen rates over bins of equal row count; NaN without rows.

    Equal probabilities share a bin, so the answer does not depend on the order of the rows.
    Source: Naeini and others, AAAI (2015); equal counts as in Nixon and others, CVPR workshops (2019).
    """
    if not len(outcome):
        return float("nan")
    rank = np.searchsorted(np.sort(probability), probability)  # rows with a smaller probability
    bin_of_row = rank * bins // len(outcome)
    surplus = np.bincount(bin_of_row, weights=probability - outcome)
    return float(np.abs(surplus).sum() / len(outcome))


def platt(outcome: Floats, score: Floats) -> tuple[float, float]:
    """Slope and offset of the logistic curve from scores to probabilities.

    Raises ValueError without both classes.     The targets are drawn in a little from 0 and 1, which keeps
    the curve finite when the classes separate. Source: Platt, Probabilistic outputs for support vector
    machines (1999).
    """
    positives, rows = outcome.sum(), len(outcome)
    if not 0 < positives < rows:
        raise ValueError("calibration needs outcomes of both classes")
    target = np.where(outcome == 1, (positives + 1) / (positives + 2), 1 / (rows - positives + 2))
    # A row with target t is a positive of weight t and a negative of weight 1 - t.
    curve = LogisticRegression(C=np.inf).fit(
        np.tile(score, 2)[:, None],
        np.repeat([1, 0], rows),
        sample_weight=np.concatenate([target, 1 - target]),
    )
    return float(curve.coef_[0, 0]), float(curve.intercept_[0])


def sigmoid(log_odds: Floats) -> Floats:
    """Log-odds to probability, without overflow."""
    return np.asarray((1 + np.tanh(log_odds / 2)) / 2)


@dataclass(frozen=True)
class ConformalLimits:
    """A positive is plausible at a score of `positive_from` or more, a negative at `negative_to` or less."""

    positive_from: float
    negative_to: float


def conformal_limits(outcome: Floats, score: Floats, alpha: float = 0.1) -> ConformalLimits:
    """Limits that keep 1 - alpha of each class inside their own set, if new rows are exchangeable.

    Only the ranks of the scores matter, so scores before and after calibration give the same sets. A class
    with fewer than 1 / alpha - 1 rows is always plausible. Source: Vovk, Conditional validity of inductive
    conformal predictors (2012), the label-conditional case.
    """
    return ConformalLimits(
        positive_from=-_conformal_quantile(-score[outcome == 1], alpha),
        negative_to=_conformal_quantile(score[outcome == 0], alpha),
    )


def conformal_sets(score: Floats, limits: ConformalLimits) -> Flags:
    """Rows by (negative plausible, positive plausible); a row may have both or neither."""
    return np.column_stack([score <= limits.negative_to, score >= limits.positive_from])


def conformal_coverage(outcome: Floats, sets: Flags) -> tuple[float, float]:
    """Share of negatives and of positives whose own class is in their set; NaN for a class without rows."""
    negatives, positives = outcome == 0, outcome == 1
    return (
        float(sets[negatives, 0].mean()) if negatives.any() else float("nan"),
        float(sets[positives, 1].mean()) if positives.any() else float("nan"),
    )


def _conformal_quantile(strangeness: Floats, alpha: float) -> float:
    # The tiny subtraction keeps 20 * 0.9 at 18 where floating point would make it 18.000000000000004.
    rank = int(np.ceil((len(strangeness) + 1) * (1 - alpha) - 1e-9))
    return float("inf") if rank > len(strangeness) else float(np.sort(strangeness)[rank - 1])


def _cluster_weights(cluster: npt.NDArray[np.generic], resamples: int, seed: int) -> Iterator[Floats]:
    """Blocks of resamples by rows: how often the row's cluster was drawn."""
    names, cluster_of_row = np.unique(cluster, return_inverse=True)
    size = len(names)
    generator = np.random.default_rng(seed)
    block = max(1, _BLOCK // len(cluster))
    for start in range(0, resamples, block):
        count = min(block, resamples - start)
        drawn = generator.integers(size, size=(count, size)) + size * np.arange(count)[:, None]
        times = np.bincount(drawn.ravel(), minlength=count * size).reshape(count, size)
        yield times[:, cluster_of_row].astype("float64")


class _Ranking:
    """Rows sorted by score once, so that the AUC under many weightings costs one pass each."""

    def __init__(self, outcome: Floats, score: Floats) -> None:
        self.order = np.argsort(score, kind="stable")
        ordered = score[self.order]
        self.positive = outcome[self.order] == 1
        self.first_of_tie = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))

    def auc(self, weights: Floats) -> Floats:
        """AUC per row of `weights` (weightings by rows, in the original order)."""
        if self.positive.size == 0:
            return np.full(len(weights), np.nan)
        sorted_weights = weights[:, self.order]
        positives = np.add.reduceat(sorted_weights * self.positive, self.first_of_tie, axis=1)
        negatives = np.add.reduceat(sorted_weights * ~self.positive, self.first_of_tie, axis=1)
        outranked = np.cumsum(negatives, axis=1) - negatives / 2
        pairs = positives.sum(axis=1) * negatives.sum(axis=1)
        wins = (positives * outranked).sum(axis=1)
        areas: Floats = np.divide(wins, pairs, out=np.full(len(weights), np.nan), where=pairs > 0)
        return areas
