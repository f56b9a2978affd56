"""The yardsticks: each against a truth that is known by construction or from another implementation."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import log_loss, roc_auc_score

from ml import evaluation
from ml.evaluation import Floats

WEEK = pd.Timedelta(days=7)


def scored_rows(rows: int, seed: int = 1) -> tuple[Floats, Floats]:
    """Outcomes and scores that rank somewhat, with many ties."""
    generator = np.random.default_rng(seed)
    outcome = (generator.random(rows) < 0.3).astype(float)
    return outcome, np.round(generator.normal(outcome, 1.0), 1)


def dates_of(*days: int) -> pd.Series:
    return pd.Series(pd.Timestamp("2025-01-01") + pd.to_timedelta(list(days), unit="D"))


def test_auc_equals_that_of_scikit_learn_with_ties() -> None:
    outcome, score = scored_rows(500)
    assert evaluation.auc(outcome, score) == pytest.approx(roc_auc_score(outcome, score), abs=1e-12)


def test_auc_is_unknown_when_only_one_class_was_seen() -> None:
    score = np.array([0.1, 0.7])
    assert np.isnan(evaluation.auc(np.ones(2), score))
    assert np.isnan(evaluation.auc(np.zeros(0), np.zeros(0)))
    assert np.isnan(evaluation.bootstrap_auc(np.ones(2), score, np.arange(2))).all()
    assert np.isnan(evaluation.percentile_interval(np.full(3, np.nan))).all()


def test_a_bootstrap_sample_scores_like_the_rows_it_draws() -> None:
    outcome, score = scored_rows(60)
    customer = np.repeat(np.arange(20), 3)
    drawn = np.random.default_rng(7).integers(20, size=(5, 20))
    rows = [np.concatenate([np.flatnonzero(customer == one) for one in sample]) for sample in drawn]
    expected = [roc_auc_score(outcome[sample], score[sample]) for sample in rows]
    found = evaluation.bootstrap_auc(outcome, score, customer, resamples=5, seed=7)
    assert found == pytest.approx(expected, abs=1e-12)


def test_repeating_every_customer_ten_times_makes_the_auc_no_more_certain() -> None:
    outcome, score = scored_rows(300)
    _, low, high = evaluation.auc_with_interval(outcome, score, np.arange(300))
    customer = np.repeat(np.arange(300), 10)
    tenfold = evaluation.auc_with_interval(np.repeat(outcome, 10), np.repeat(score, 10), customer)
    assert tenfold[1:] == pytest.approx((low, high))


def test_the_interval_of_the_auc_covers_the_truth_about_as_often_as_it_says() -> None:
    truth = 0.7602  # Phi(1 / sqrt 2): two normal scores one standard deviation apart
    generator = np.random.default_rng(3)
    covered = 0
    for _ in range(200):
        outcome = (generator.random(200) < 0.4).astype(float)
        _, low, high = evaluation.auc_with_interval(outcome, generator.normal(outcome), np.arange(200))
        covered += low <= truth <= high
    assert 0.90 <= covered / 200 <= 0.99


def test_a_score_gains_nothing_on_itself_and_something_on_noise() -> None:
    outcome, score = scored_rows(400)
    customer = np.arange(400)
    assert evaluation.auc_gain_with_interval(outcome, score, score, customer) == (0.0, 0.0, 0.0)
    noise = np.random.default_rng(5).normal(size=400)
    gain, low, high = evaluation.auc_gain_with_interval(outcome, score, noise, customer)
    assert 0 < low < gain < high


def test_a_calibrated_forecast_has_almost_no_calibration_error_and_a_shifted_one_its_shift() -> None:
    generator = np.random.default_rng(2)
    probability = generator.uniform(0.05, 0.75, 50_000)
    outcome = (generator.random(50_000) < probability).astype(float)
    assert evaluation.expected_calibration_error(outcome, probability) < 0.01
    assert evaluation.expected_calibration_error(outcome, probability + 0.2) == pytest.approx(0.2, abs=0.01)


def test_a_constant_forecast_at_the_base_rate_is_calibrated_whatever_the_order_of_the_rows() -> None:
    outcome = np.array([0.0] * 70 + [1.0] * 30)
    assert evaluation.expected_calibration_error(outcome, np.full(100, 0.3)) == pytest.approx(0, abs=1e-12)
    assert np.isnan(evaluation.expected_calibration_error(np.zeros(0), np.zeros(0)))


def test_brier_and_log_loss_agree_with_their_definitions() -> None:
    outcome, probability = np.array([1.0, 0.0, 1.0]), np.array([0.8, 0.4, 0.5])
    assert evaluation.brier(outcome, probability) == pytest.approx((0.04 + 0.16 + 0.25) / 3)
    assert evaluation.log_loss(outcome, probability) == pytest.approx(log_loss(outcome, probability))
    assert np.isfinite(evaluation.log_loss(np.ones(1), np.zeros(1)))


def test_platt_finds_the_curve_that_made_the_outcomes() -> None:
    generator = np.random.default_rng(4)
    score = generator.normal(size=40_000)
    outcome = (generator.random(40_000) < evaluation.sigmoid(0.5 * score - 1.0)).astype(float)
    assert evaluation.platt(outcome, score) == pytest.approx((0.5, -1.0), abs=0.05)


def test_platt_stays_finite_when_the_classes_separate_and_refuses_a_single_class() -> None:
    outcome = np.repeat([0.0, 1.0], 20)
    # Twenty of twenty count as 21 of 22.
    assert evaluation.platt(outcome, 2 * outcome - 1) == pytest.approx((np.log(21), 0.0), abs=1e-3)
    with pytest.raises(ValueError, match="both classes"):
        evaluation.platt(np.ones(5), np.arange(5.0))


def test_conformal_sets_hold_the_true_class_about_nine_times_in_ten_for_each_class() -> None:
    shares = []
    for seed in range(50):
        outcome, score = scored_rows(1_000, seed)
        limits = evaluation.conformal_limits(outcome[:500], score[:500] + 0.0, alpha=0.1)
        sets = evaluation.conformal_sets(score[500:], limits)
        shares.append(evaluation.conformal_coverage(outcome[500:], sets))
    stayed, churned = np.mean(shares, axis=0)
    # Ties push coverage up a little, never down.
    assert 0.89 <= stayed <= 0.93
    assert 0.89 <= churned <= 0.93


def test_a_class_with_too_few_examples_is_always_plausible() -> None:
    outcome = np.array([1.0] * 8 + [0.0] * 9)
    limits = evaluation.conformal_limits(outcome, np.arange(17.0), alpha=0.1)
    assert limits.positive_from == float("-inf")
    assert limits.negative_to == 16.0


def test_twenty_nine_examples_leave_out_the_two_strangest() -> None:
    limits = evaluation.conformal_limits(np.zeros(29), np.arange(29.0), alpha=0.1)
    assert limits.negative_to == 26.0  # the 27th of 29: 30 * 0.9


def test_a_split_in_time_leaves_a_whole_horizon_between_its_slices() -> None:
    generator = np.random.default_rng(6)
    for _ in range(50):
        dates = dates_of(*generator.integers(0, 60, size=40))
        split = evaluation.time_split(dates, WEEK)
        assert split is not None
        assert dates[split.calibration].min() >= dates[split.train].max() + WEEK
        assert dates[split.test].min() >= dates[split.calibration].max() + WEEK


def test_a_split_in_time_keeps_near_its_shares_and_wastes_only_the_gaps() -> None:
    dates = dates_of(*range(200))
    split = evaluation.time_split(dates, WEEK)
    assert split is not None
    assert (split.train.sum(), split.calibration.sum(), split.test.sum()) == (112, 38, 38)


def test_there_is_no_split_without_three_dates_a_horizon_apart() -> None:
    assert evaluation.time_split(dates_of(0, 7, 13), WEEK) is None
    assert evaluation.time_split(dates_of(), WEEK) is None
    split = evaluation.time_split(dates_of(0, 7, 14), WEEK)
    assert split is not None
    assert [part.tolist() for part in (split.train, split.calibration, split.test)] == np.eye(3, dtype=bool).tolist()
    assert evaluation.separated_dates(dates_of(13, 0, 7, 7), WEEK) == dates_of(0, 7).tolist()
