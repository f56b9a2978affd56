"""Where customers end up: the solved chain against many walks, and what is said where there is no end to come to."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from ml.outlook import after, outlooks, solve

# Of those who try, 3 in 4 buy and the rest leave; of those who bought, half leave and half try again.
COUNTS = np.array([[0.0, 30.0, 10.0], [20.0, 0.0, 20.0], [0.0, 0.0, 0.0]])
DAYS = np.array([80.0, 400.0, 50.0])


def walk(random: np.random.Generator, counts: np.ndarray, start: int) -> list[int]:
    """The states of one customer until there is no way out."""
    states = [start]
    while counts[states[-1]].sum():
        shares = counts[states[-1]] / counts[states[-1]].sum()
        states.append(int(random.choice(len(counts), p=shares)))
    return states


def test_expected_visits_and_days_are_those_of_many_walks() -> None:
    chain = solve(COUNTS, DAYS)
    random = np.random.default_rng(1)
    walks = [walk(random, COUNTS, 0) for _ in range(20_000)]
    visits = [np.mean([states.count(state) for states in walks]) for state in (0, 1)]
    assert chain.visits[0, :2] == pytest.approx(visits, rel=0.03)
    assert chain.days[0, :2] == pytest.approx([visits[0] * 2, visits[1] * 10], rel=0.03)
    assert chain.is_absorbing.tolist() == [False, False, True]


def test_the_chances_of_the_ends_add_up_to_one() -> None:
    counts = np.array([[0.0, 5.0, 1.0, 2.0], [3.0, 0.0, 4.0, 1.0], [0.0] * 4, [0.0] * 4])
    absorbed = solve(counts, np.ones(4)).absorbed
    assert absorbed[:2, 2:].sum(axis=1) == pytest.approx([1.0, 1.0])
    # From the first: 1/8 at once, or 5/8 to the second and from there 4/8, or round again with 3/8.
    assert absorbed[0, 2] == pytest.approx((1 / 8 + 5 / 8 * 4 / 8) / (1 - 5 / 8 * 3 / 8))


def test_where_some_may_walk_in_circles_for_ever_nothing_is_foretold() -> None:
    counts = np.array([[0.0, 5.0, 5.0, 0.0], [0.0, 0.0, 0.0, 3.0], [0.0] * 4, [0.0, 4.0, 0.0, 0.0]])  # 1 and 3 form a circle
    chain = solve(counts, np.ones(4))
    assert np.isnan(chain.visits[0]).all()
    assert np.isnan(chain.absorbed).all()


def test_shares_after_some_days_are_those_of_many_customers_with_steady_rates() -> None:
    random = np.random.default_rng(2)
    rates = COUNTS / DAYS[:, None]
    found = np.zeros(3)
    for _ in range(20_000):
        state, left = 0, 12.0
        while rates[state].sum() and (left := left - random.exponential(1 / rates[state].sum())) > 0:
            state = int(random.choice(3, p=rates[state] / rates[state].sum()))
        found[state] += 1 / 20_000
    assert after(COUNTS, DAYS, 12)[0] == pytest.approx(found, abs=0.012)


def moves(*rows: tuple[str, str, str | None, int, float]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["half", "from_stage", "to_stage", "stay_count", "stay_days"])
    return frame.assign(stage_set="life")


AGES = pd.DataFrame(
    [("life", "try", "gone", 90, 30), ("life", "try", "try", 90, 10)],
    columns=["stage_set", "from_stage", "to_stage", "age_days", "customer_count"],
)


def foreseen(found: pd.DataFrame, from_stage: str, to_stage: str) -> dict[str, Any]:
    (row,) = found[(found["from_stage"] == from_stage) & (found["to_stage"] == to_stage)].to_dict("records")
    return {str(name): value for name, value in row.items()}


def test_a_stay_that_lasts_gives_its_days_and_what_was_seen_stands_beside() -> None:
    found = outlooks(moves(("earlier", "try", "gone", 40, 100.0), ("later", "try", None, 5, 60.0)), AGES)
    row = foreseen(found, "try", "gone")
    assert row["absorption_probability"] == 1
    assert foreseen(found, "try", "try")["expected_days"] == pytest.approx(160 / 40)
    assert row["predicted_share"] == pytest.approx(1 - np.exp(-90 * 40 / 160))
    assert (row["observed_share"], row["observed_count"]) == (0.75, 40)
    assert row["observed_low"] < 0.75 < row["observed_high"]
    assert pd.isna(foreseen(found, "gone", "gone")["observed_share"])


def test_a_change_between_the_halves_is_seen_and_no_change_is_not() -> None:
    same = moves(*((half, "try", to, 50, 10.0) for half in ("earlier", "later") for to in ("gone", "paid")))
    other = same.assign(stay_count=[80, 20, 20, 80])
    assert outlooks(same, AGES)["homogeneity_p_value"].dropna().min() > 0.9
    assert outlooks(other, AGES)["homogeneity_p_value"].dropna().max() < 1e-6


def test_few_moves_are_not_compared() -> None:
    few = moves(*((half, "try", to, 5, 10.0) for half in ("earlier", "later") for to in ("gone", "paid")))
    assert outlooks(few, AGES)["homogeneity_p_value"].isna().all()


def test_a_chain_that_foretells_something_else_than_was_seen_says_so() -> None:
    steady = moves(("earlier", "try", "gone", 40, 2600.0), ("later", "try", None, 5, 60.0))
    assert foreseen(outlooks(steady, AGES), "try", "gone")["is_borne_out"]
    hasty = moves(("earlier", "try", "gone", 40, 100.0), ("later", "try", None, 5, 60.0))
    assert not foreseen(outlooks(hasty, AGES), "try", "gone")["is_borne_out"]


def test_the_order_of_the_rows_changes_nothing() -> None:
    random = np.random.default_rng(3)
    many = moves(
        *(
            (half, "try", to, int(random.integers(40, 90)), float(random.random()))
            for half in "ab"
            for to in ("gone", "paid", "lost")
        )
    )
    shuffled = [many.sample(frac=1, random_state=seed) for seed in range(20)]
    assert all(outlooks(one, AGES).equals(outlooks(many, AGES)) for one in shuffled)
