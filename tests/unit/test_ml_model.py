"""What all models promise alike, and what the package keeps out."""

import ast
import io
from datetime import UTC, datetime
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest

import ml
from ml.model import RUN_COLUMNS, Context, Model, run_row, version_of
from ml.registry import MODELS

NOW = datetime(2025, 7, 1)
CONTEXT = Context(now=NOW, journey_version="j1", horizon_days=30)
TABLES = {
    "churn_scores": {
        "customer_id": "int64",
        "snapshot_at": "datetime64[us]",
        "churn_probability": "float64",
        "route": "str",
        "reasons": "str",
        "model_version": "str",
    },
    "customer_segments": {
        "customer_id": "int64",
        "segment": "str",
        "segment_description": "str",
        "model_version": "str",
        "snapshot_at": "datetime64[us]",
    },
}
FEATURES = (
    "tenure_days",
    "days_since_last_event",
    "event_count_7d",
    "event_count_30d",
    "event_count_90d",
    "active_days_30d",
    "event_type_count_90d",
    "session_count_30d",
    "revenue_amount_90d",
    "days_in_stage",
)


def snapshots(customers: int = 300) -> pd.DataFrame:
    """Four snapshots, a month apart, of customers with random features and random labels."""
    generator = np.random.default_rng(1)
    dates = pd.to_datetime(["2025-01-01", "2025-02-01", "2025-03-05", "2025-04-05"])
    rows = customers * len(dates)
    frame = pd.DataFrame({name: generator.poisson(20, rows).astype(float) for name in FEATURES})
    frame["customer_id"] = np.tile(np.arange(customers), len(dates))
    frame["snapshot_at"] = np.repeat(dates, customers)
    frame["is_churned"] = (generator.random(rows) < 0.3).astype(float)
    return frame


each_model = pytest.mark.parametrize("model", MODELS, ids=[model.name for model in MODELS])


@each_model
@pytest.mark.parametrize("rows", [0, 4, 1200], ids=["nothing", "too little", "enough"])
def test_every_fit_leaves_a_whole_run_and_scores_an_empty_frame_as_an_empty_table(model: Model, rows: int) -> None:
    frame = snapshots().head(rows)
    fitted = model.fit(frame, CONTEXT)
    assert tuple(fitted.run) == RUN_COLUMNS
    assert fitted.run["model"] == model.name
    assert fitted.run["model_version"] == fitted.version
    assert fitted.run["trained_at"] == NOW
    assert fitted.run["journey_version"] == "j1"
    assert fitted.run["row_count"] == rows
    assert not any(isinstance(value, float) and np.isnan(value) for value in fitted.run.values())
    for nobody in (frame.head(0), pd.DataFrame()):
        empty = fitted.score(nobody)
        assert empty.empty
        assert {name: str(kind) for name, kind in empty.dtypes.items()} == TABLES[model.output]


@each_model
def test_scores_have_the_columns_and_types_of_their_table(model: Model) -> None:
    fitted = model.fit(snapshots(), CONTEXT)
    scores = fitted.score(snapshots())
    assert len(scores) > 0
    assert {name: str(kind) for name, kind in scores.dtypes.items()} == TABLES[model.output]
    assert scores.notna().all().all()
    assert (scores["model_version"] == fitted.version).all()


@each_model
def test_a_customer_scores_the_same_alone_as_in_a_crowd(model: Model) -> None:
    frame = snapshots()
    frame.loc[::7, "days_in_stage"] = np.nan
    fitted = model.fit(frame, CONTEXT)
    latest = frame[frame["snapshot_at"] == frame["snapshot_at"].max()]
    crowd = fitted.score(latest)
    alone = [fitted.score(latest.iloc[[row]]) for row in range(100)]
    pd.testing.assert_frame_equal(pd.concat(alone, ignore_index=True), crowd.head(100), check_exact=True)


@each_model
def test_the_same_rows_in_any_order_give_the_same_model(model: Model) -> None:
    frame = snapshots()
    shuffled = frame.sample(frac=1, random_state=3)[frame.columns[::-1]]
    one, other = model.fit(frame, CONTEXT), model.fit(shuffled, CONTEXT)
    assert one.version == other.version
    assert one.run == other.run
    pd.testing.assert_frame_equal(one.score(frame), other.score(frame), check_exact=True)


@each_model
def test_other_rows_or_another_horizon_give_another_version_and_a_later_now_does_not(model: Model) -> None:
    frame = snapshots()
    changed = frame.copy()
    changed.loc[0, "event_count_30d"] = 999.0
    version = model.fit(frame, CONTEXT).version
    assert model.fit(changed, CONTEXT).version != version
    assert model.fit(frame, Context(NOW, "j1", horizon_days=29)).version != version
    assert model.fit(frame, Context(datetime(2025, 9, 1), "j1", horizon_days=30)).version == version


@each_model
def test_a_model_scores_the_same_after_being_stored(model: Model) -> None:
    for rows in (4, 1200):
        fitted, store = model.fit(snapshots().head(rows), CONTEXT), io.BytesIO()
        joblib.dump(fitted, store)
        store.seek(0)
        loaded = joblib.load(store)
        assert (loaded.version, loaded.run) == (fitted.version, fitted.run)
        pd.testing.assert_frame_equal(loaded.score(snapshots()), fitted.score(snapshots()), check_exact=True)


@each_model
def test_neither_fitting_nor_scoring_changes_the_callers_frame(model: Model) -> None:
    frame = snapshots()
    model.fit(frame, CONTEXT).score(frame)
    pd.testing.assert_frame_equal(frame, snapshots())


@each_model
def test_a_missing_feature_is_named(model: Model) -> None:
    frame = snapshots()
    fitted = model.fit(frame, CONTEXT)
    with pytest.raises(ValueError, match="lack session_count_30d"):
        model.fit(frame.drop(columns="session_count_30d"), CONTEXT)
    with pytest.raises(ValueError, match="lack session_count_30d"):
        fitted.score(frame.drop(columns="session_count_30d"))


def test_models_have_different_names_and_outputs() -> None:
    assert [model.name for model in MODELS] == ["churn", "customer_segments"]
    assert sorted(model.output for model in MODELS) == sorted(TABLES)


def test_a_zoned_now_or_an_empty_horizon_is_refused() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        Context(datetime(2025, 7, 1, tzinfo=UTC), "j1", 30)
    with pytest.raises(ValueError, match="positive"):
        Context(NOW, "j1", 0)


def test_a_version_tells_models_and_settings_apart_but_not_orders_of_rows() -> None:
    frame = snapshots(2)
    assert version_of("a", frame, {}) == version_of("a", frame[::-1], {})
    versions = {
        version_of("a", frame, {"x": 1}),
        version_of("b", frame, {"x": 1}),
        version_of("a", frame, {"x": 2}),
    }
    assert len(versions) == 3


def test_a_run_takes_no_figure_that_its_table_has_no_column_for() -> None:
    with pytest.raises(ValueError, match="no column \\['accuracy'\\]"):
        run_row("churn", "v", CONTEXT, [], {"accuracy": 0.9})
    row = run_row("churn", "v", CONTEXT, [], {"auc": float("nan")})
    assert row["auc"] is None
    assert row["notes"] is None


def test_the_package_imports_no_sibling_and_no_machinery() -> None:
    forbidden = {"warehouse", "orchestration", "expectations", "reports", "simulation"}
    forbidden |= {"dagster", "dbt", "duckdb", "great_expectations"}
    modules = sorted(Path(next(iter(ml.__path__))).glob("*.py"))
    assert len(modules) >= 7
    for module in modules:
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not forbidden & {name.split(".")[0] for name in names}, module.name
