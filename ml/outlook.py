"""Where customers in a stage end up: the stages as a Markov chain, solved, and held against what happened.

The chain is one of continuous time (J. R. Norris, Markov Chains, 1997): a stage is left at a steady rate, its moves
over the days spent in it, and a stay that lasts gives its days so far. So nobody who only just came makes a stage look sticky.
Whether customers do move so is not assumed: the shares after some days stand beside those that were seen, and the moves of the
earlier half of the history are compared with those of the later.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.linalg import expm
from scipy.stats import chi2_contingency

Floats = NDArray[np.float64]

FEWEST_MOVES = 30  # out of a stage in each half, below which the two are not compared
FEWEST_SEEN = 30  # customers who were looked at again, below which nothing is said about the chain
NEAR = 0.01  # a share this far outside of what was seen is no matter
Z = 1.959964
COLUMNS = (
    *("stage_set", "from_stage", "to_stage", "move_count", "move_share", "is_absorbing", "expected_visits", "expected_days"),
    *("absorption_probability", "age_days", "predicted_share", "observed_count", "observed_share", "observed_low"),
    *("observed_high", "is_borne_out", "homogeneity_p_value"),
)


def outlooks(moves: pd.DataFrame, ages: pd.DataFrame) -> pd.DataFrame:
    """One row per stage set and pair of stages, with what is to be expected of who is in the first; COLUMNS.

    moves: stage_set, half, from_stage, to_stage (None: still there), stay_count, stay_days.
    ages: stage_set, from_stage, to_stage, age_days, customer_count: where customers were so many days after they first came.

    expected_visits and expected_days are None where a customer might never come to an end, absorption_probability for a stage
    that customers leave. A stage nobody has left yet is one they end in. is_borne_out: customers of the first stage were later
    where the chain says they would be; where it is False, what the chain expects is not to be relied on.
    """
    moves = moves.sort_values(["stage_set", "from_stage", "to_stage", "half"])  # sums of days depend on their order
    found = [_of_set(str(name), part, ages[ages["stage_set"] == name]) for name, part in moves.groupby("stage_set")]
    rows = pd.DataFrame([row for rows in found for row in rows], columns=list(COLUMNS))
    return rows.sort_values(["stage_set", "from_stage", "to_stage"], ignore_index=True)


def _of_set(name: str, moves: pd.DataFrame, ages: pd.DataFrame) -> Iterator[dict[str, object]]:
    stages = sorted({*moves["from_stage"], *moves["to_stage"].dropna()})
    place = {stage: number for number, stage in enumerate(stages)}
    counts, days = np.zeros((len(stages), len(stages))), np.zeros(len(stages))
    for move in moves.itertuples():
        days[place[move.from_stage]] += move.stay_days
        if isinstance(move.to_stage, str):
            counts[place[move.from_stage], place[move.to_stage]] += move.stay_count
    chain = solve(counts, days)
    age = int(ages["age_days"].iloc[0]) if len(ages) else None
    predicted = after(counts, days, age) if age is not None else None
    names = zip(ages["from_stage"], ages["to_stage"], strict=True)
    seen = dict(zip(names, ages["customer_count"].astype(int), strict=True))
    for start, from_stage in enumerate(stages):
        likeness = _homogeneity(moves[moves["from_stage"] == from_stage])
        total = sum(count for (stage, _), count in seen.items() if stage == from_stage)
        shares = [_wilson(seen.get((from_stage, stage), 0), total) for stage in stages] if total else []
        is_borne_out = _borne_out(predicted[start], shares) if predicted is not None and total >= FEWEST_SEEN else None
        left = counts[start].sum()
        for end, to_stage in enumerate(stages):
            observed = seen.get((from_stage, to_stage), 0) if total else None
            low, high = shares[end] if shares else (None, None)
            yield {
                "stage_set": name,
                "from_stage": from_stage,
                "to_stage": to_stage,
                "move_count": int(counts[start, end]),
                "move_share": counts[start, end] / left if left else None,
                "is_absorbing": bool(chain.is_absorbing[end]),
                "expected_visits": _known(chain.visits[start, end]),
                "expected_days": _known(chain.days[start, end]),
                "absorption_probability": _known(chain.absorbed[start, end]),
                "age_days": age,
                "predicted_share": None if predicted is None else float(predicted[start, end]),
                "observed_count": total or None,
                "observed_share": observed / total if observed is not None else None,
                "observed_low": low,
                "observed_high": high,
                "is_borne_out": is_borne_out,
                "homogeneity_p_value": likeness,
            }


class Chain:
    """A solved chain of n states: arrays (n, n) from and to, NaN where it is not defined; is_absorbing is (n,)."""

    def __init__(self, is_absorbing: NDArray[np.bool_], visits: Floats, days: Floats, absorbed: Floats) -> None:
        self.is_absorbing, self.visits, self.days, self.absorbed = is_absorbing, visits, days, absorbed


def solve(counts: Floats, days: Floats) -> Chain:
    """Expected visits N = (I - Q)^-1, days, and absorption N R of a chain with so many moves from row to column.

    counts: (n, n) moves; days: (n,) spent in each state. A state without a move out is absorbing.
    """
    size = len(counts)
    left = counts.sum(axis=1)
    ends = left == 0
    shares = np.divide(counts, left[:, None], out=np.zeros_like(counts), where=left[:, None] > 0)
    reaches = _reachable(counts > 0)
    # A state has a finite outlook when, wherever it may lead, an end can still be reached.
    is_finite = ~ends & ~(reaches & ~(reaches[:, ends].any(axis=1) | ends)[None, :]).any(axis=1)
    visits, absorbed = np.full((size, size), np.nan), np.full((size, size), np.nan)
    inner = np.flatnonzero(is_finite)
    solved = np.linalg.inv(np.eye(len(inner)) - shares[np.ix_(inner, inner)])
    visits[np.ix_(inner, np.flatnonzero(~ends))] = 0
    visits[np.ix_(inner, inner)] = solved
    absorbed[np.ix_(inner, np.flatnonzero(ends))] = solved @ shares[np.ix_(inner, np.flatnonzero(ends))]
    per_stay = np.divide(days, left, out=np.full(size, np.nan), where=left > 0)
    return Chain(ends, visits, visits * per_stay[None, :], absorbed)


def after(counts: Floats, days: Floats, age_days: float) -> Floats:
    """Shares (n, n) of who began in the row's state and is in the column's after so many days: exp(G t) of the rates G."""
    rates = np.divide(counts, days[:, None], out=np.zeros_like(counts), where=days[:, None] > 0)
    np.fill_diagonal(rates, rates.diagonal() - rates.sum(axis=1))
    shares: Floats = np.clip(np.asarray(expm(rates * age_days)), 0.0, 1.0)
    return shares


def _reachable(leads: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which states can be reached from which, by any number of moves."""
    found = leads.copy()
    for through in range(len(found)):
        found |= found[:, through, None] & found[through]
    return found


def _homogeneity(moves: pd.DataFrame) -> float | None:
    """Pearson's chi-squared test that a stage was left the same way in both halves; None where there is too little to tell."""
    table = moves.dropna(subset=["to_stage"]).pivot_table(index="half", columns="to_stage", values="stay_count", aggfunc="sum")
    table = table.fillna(0)
    if table.shape[0] < 2 or table.shape[1] < 2 or (table.sum(axis=1) < FEWEST_MOVES).any():
        return None
    return float(chi2_contingency(table.to_numpy()).pvalue)


def _borne_out(predicted: Floats, observed: list[tuple[float, float]]) -> bool:
    """Whether every predicted share lies in the interval of the one that was seen, or so near that nobody would act otherwise."""
    return all(low - NEAR <= share <= high + NEAR for share, (low, high) in zip(predicted, observed, strict=True))


def _wilson(count: int, total: int) -> tuple[float, float]:
    """The 95 % score interval of a share (E. B. Wilson, JASA 22, 1927)."""
    middle = (count + Z**2 / 2) / (total + Z**2)
    reach = Z * np.sqrt(count * (total - count) / total + Z**2 / 4) / (total + Z**2)
    return max(0.0, float(middle - reach)), min(1.0, float(middle + reach))


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
