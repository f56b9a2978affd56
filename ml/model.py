"""What every model has in common: how it is asked to fit, what it hands back, how it refuses.

Belongs here: the interface, the row a training leaves in `ml.model_runs`, versions, typed output frames.
Does not belong here: features, learning, metrics, or anything that one model alone needs.
"""

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import numpy as np
import pandas as pd
import sklearn

RUN_COLUMNS = (
    "model",
    "model_version",
    "trained_at",
    "train_start_at",
    "train_end_at",
    "test_start_at",
    "test_end_at",
    "row_count",
    "positive_count",
    "auc",
    "auc_low",
    "auc_high",
    "brier",
    "log_loss",
    "ece",
    "baseline_name",
    "baseline_auc",
    "journey_version",
    "notes",
)


@dataclass(frozen=True)
class Context:
    """Everything a model may know beyond its frame.

    `now` is the as-of moment, UTC without a zone like every timestamp here. `horizon_days` is the length of
    the window in which an outcome is awaited. Raises ValueError for a zoned `now` or a horizon that is not
    positive.
    """

    now: datetime
    journey_version: str
    horizon_days: int
    seed: int = 7

    def __post_init__(self) -> None:
        if self.now.tzinfo is not None:
            raise ValueError(f"now must be UTC without a zone, got {self.now.isoformat()}")
        if self.horizon_days <= 0:
            raise ValueError(f"horizon_days must be positive, got {self.horizon_days}")

    @property
    def horizon(self) -> pd.Timedelta:
        """The outcome window as a duration."""
        return pd.Timedelta(days=self.horizon_days)


class Fitted(Protocol):
    """A model after fitting, or the refusal to fit one: both can be asked to score and can be pickled."""

    @property
    def version(self) -> str:
        """The same for the same data and settings, whatever the hour or the order of the rows."""

    @property
    def run(self) -> dict[str, object]:
        """One row of `ml.model_runs`, every column of it; None where a figure is not known."""

    def score(self, snapshots: pd.DataFrame) -> pd.DataFrame:
        """Rows of the model's output table; a customer scores the same alone as in a crowd."""


@dataclass(frozen=True)
class Model:
    """A line of the registry: `fit` takes a frame of the table `reads`; scores go to `ml.<output>`."""

    name: str
    output: str
    reads: str
    fit: Callable[[pd.DataFrame, Context], Fitted]


@dataclass(frozen=True)
class Untrained:
    """Stands in for a model that could not be trained: its run says why, and it scores nobody."""

    version: str
    run: dict[str, object]
    columns: Mapping[str, str]

    def score(self, snapshots: pd.DataFrame) -> pd.DataFrame:
        """No rows, with the columns and types of the output table."""
        return table(self.columns, {})


def table(columns: Mapping[str, str], values: Mapping[str, object]) -> pd.DataFrame:
    """A frame with exactly `columns` (name to dtype) in their order; without `values` it has no rows."""
    return pd.DataFrame({name: pd.Series(values.get(name, []), dtype=kind) for name, kind in columns.items()})


def version_of(name: str, frame: pd.DataFrame, settings: Mapping[str, object]) -> str:
    """Twelve hex digits over the rows a fit looks at (in any order), its settings and the learning library.

    The library's version is part of it, because the same rows need not give the same model after an upgrade.
    """
    rows = np.sort(pd.util.hash_pandas_object(frame, index=False).to_numpy())
    library = f"scikit-learn {sklearn.__version__}"
    header = json.dumps([name, library, list(frame.columns), dict(settings)], sort_keys=True)
    return hashlib.sha256(header.encode() + rows.tobytes()).hexdigest()[:12]


def run_row(model: str, version: str, context: Context, notes: list[str], figures: Mapping[str, object]) -> dict[str, object]:
    """One row of `ml.model_runs`: the figures that are known, None for the others, the notes as one text.

    Raises ValueError for a figure that the table has no column for.
    """
    row: dict[str, object] = dict.fromkeys(RUN_COLUMNS)
    row |= {"model": model, "model_version": version, "trained_at": pd.Timestamp(context.now)}
    row |= {"journey_version": context.journey_version, "notes": " ".join(notes) or None}
    if unknown := set(figures) - set(RUN_COLUMNS):
        raise ValueError(f"ml.model_runs has no column {sorted(unknown)}")
    return row | {name: None if _is_nan(value) else value for name, value in figures.items()}


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)
