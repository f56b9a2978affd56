"""Reading customer snapshots: which columns describe behaviour, and how they become numbers to learn from.

Belongs here: column lists and the preparation that models share. Does not belong here: computing the
features, which is SQL, and anything learnt from an outcome.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import FunctionTransformer, StandardScaler

Floats = npt.NDArray[np.float64]

# What a customer did, by name: a column that is not listed cannot reach a model by accident, be it a person's
# age or a count that looks into the future.
BEHAVIOUR = (
    "tenure_days",
    "days_since_last_event",
    "event_count_7d",
    "event_count_30d",
    "event_count_90d",
    "active_days_30d",
    "event_type_count_90d",
    "session_count_30d",
    "revenue_amount_90d",
)


def snapshots_of(frame: pd.DataFrame, features: tuple[str, ...], others: tuple[str, ...] = ()) -> pd.DataFrame:
    """The named columns in one form: microsecond timestamps, float features, sorted by date and customer.

    Raises ValueError naming the columns that are missing.
    """
    wanted = ["customer_id", "snapshot_at", *features, *others]
    _require(frame, wanted)
    kinds = {"snapshot_at": "datetime64[us]"} | dict.fromkeys((*features, *others), "float64")
    return frame[wanted].astype(kinds).sort_values(["snapshot_at", "customer_id"], ignore_index=True)


def matrix(frame: pd.DataFrame, features: tuple[str, ...]) -> Floats:
    """Rows by features, in float64; unknown is NaN. Raises ValueError naming the columns that are missing."""
    _require(frame, list(features))
    return np.ascontiguousarray(frame[list(features)].to_numpy(dtype="float64", na_value=np.nan))


def signed_log1p(values: Floats) -> Floats:
    """log(1 + |x|) with the sign of x: tames the long tail of counts, and takes a refund's negative sum."""
    return np.asarray(np.sign(values) * np.log1p(np.abs(values)))


def signed_expm1(values: Floats) -> Floats:
    """The inverse of `signed_log1p`."""
    return np.asarray(np.sign(values) * np.expm1(np.abs(values)))


def preparation(*, flag_missing: bool) -> list[tuple[str, object]]:
    """First steps of a Pipeline: logarithm, mean for the unknown, standardisation.

    With the mean filled in, an unknown value counts as average; `flag_missing` adds a column per feature that
    was ever unknown in training, so that not knowing can say something of its own.
    """
    return [
        ("log", FunctionTransformer(signed_log1p)),
        ("impute", SimpleImputer(strategy="mean", add_indicator=flag_missing, keep_empty_features=True)),
        ("scale", StandardScaler()),
    ]


def _require(frame: pd.DataFrame, columns: list[str]) -> None:
    if missing := [name for name in columns if name not in frame.columns]:
        raise ValueError(f"customer snapshots lack {', '.join(missing)}")
