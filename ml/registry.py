"""The models there are: one line each.

Belongs here: the list `MODELS`, over which the caller loops. Does not belong here: anything about a single
model. A new model is `ml/<name>.py` with a `fit`, a line below, and its output table in the contract.
"""

from ml import churn, segments
from ml.model import Model

MODELS: tuple[Model, ...] = (
    Model("churn", "churn_scores", "features.customer_snapshots", churn.fit),
    Model("customer_segments", "customer_segments", "features.customer_snapshots", segments.fit),
)
