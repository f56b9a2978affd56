"""What kinds of customers there are: groups of similar behaviour, each with a name and a description.

Belongs here: grouping by behaviour, naming the groups, and how firm they are. Does not belong here: who a
customer is (no age, gender, country or the like ever reaches the grouping), outcomes, or figures per
segment (SQL).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_score
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from ml.evaluation import Floats
from ml.features import BEHAVIOUR, matrix, preparation, signed_expm1, snapshots_of
from ml.model import Context, Fitted, Untrained, run_row, table, version_of

NAME = "customer_segments"
COLUMNS = {
    "customer_id": "int64",
    "segment": "str",
    "segment_description": "str",
    "model_version": "str",
    "snapshot_at": "datetime64[us]",
}

MIN_ROWS = 200
# Fewer than four groups hide the difference between fading and gone, more than five nobody remembers.
GROUP_COUNTS = (4, 5)
# A silhouette compares all pairs of rows: 5,000 rows take half a second, 50,000 would take a minute.
SAMPLE = 5_000
# Bootstrap refits compared in pairs, and the least number of different customers worth resampling.
REFITS = 10
MIN_TO_JUDGE = 50

# Names per kind of group, in order from most to least engaged; the third is the plain name.
NAMES = {
    "active": ("power users", "frequent users", "steady users", "occasional users", "rare users"),
    "new": ("eager newcomers", "busy newcomers", "newcomers", "quiet newcomers", "passing newcomers"),
    "fading": ("slowing down", "cooling off", "fading", "fading fast", "nearly silent"),
    "dormant": ("gone quiet", "inactive", "dormant", "long dormant", "long gone"),
}
# Which of the names are used when a kind has one, two, ... groups.
RUNGS = {1: (2,), 2: (0, 2), 3: (0, 2, 3), 4: (0, 1, 2, 3), 5: (0, 1, 2, 3, 4)}

Centroid = Mapping[str, float]


@dataclass(frozen=True)
class FittedSegments:
    """A trained grouping: the pipeline, and the name and description of each of its groups."""

    version: str
    run: dict[str, object]
    pipeline: Pipeline
    names: tuple[str, ...]
    descriptions: tuple[str, ...]

    def score(self, snapshots: pd.DataFrame) -> pd.DataFrame:
        """One row of `ml.customer_segments` per customer: the group their latest snapshot falls in.

        Raises ValueError if a feature is missing.
        """
        if snapshots.empty:
            return table(COLUMNS, {})
        rows = snapshots_of(snapshots, BEHAVIOUR).drop_duplicates("customer_id", keep="last")
        groups = self.pipeline.predict(matrix(rows, BEHAVIOUR))
        return table(
            COLUMNS,
            {
                "customer_id": rows["customer_id"].to_numpy(),
                "segment": np.array(self.names)[groups],
                "segment_description": np.array(self.descriptions)[groups],
                "model_version": [self.version] * len(rows),
                "snapshot_at": rows["snapshot_at"].to_numpy(),
            },
        )


def fit(snapshots: pd.DataFrame, context: Context) -> Fitted:
    """Group customers by the earlier snapshots, judge the groups on the latest; refuse, in words, if too few.

    `run["row_count"]` counts all snapshots up to now. While the earlier snapshots alone are too few, the
    latest joins them, and the notes say so.
    """
    rows = snapshots_of(snapshots, BEHAVIOUR)
    rows = rows[rows["snapshot_at"] <= pd.Timestamp(context.now)].reset_index(drop=True)
    settings = {"horizon_days": context.horizon_days, "seed": context.seed, "group_counts": GROUP_COUNTS}
    version = version_of(NAME, rows, settings)
    figures: dict[str, object] = {"row_count": len(rows)}

    def refuse(reason: str) -> Untrained:
        return Untrained(version, run_row(NAME, version, context, ["No segments.", reason], figures), COLUMNS)

    if len(rows) < MIN_ROWS:
        return refuse(f"At least {MIN_ROWS} customer snapshots are needed; there are {len(rows)}.")
    is_latest = rows["snapshot_at"] == rows["snapshot_at"].max()
    latest, earlier = rows[is_latest], rows[~is_latest]
    notes = []
    if len(earlier) < MIN_ROWS:
        earlier = rows
        notes.append("Judged on customers it was also fitted on, as there are too few earlier snapshots.")
    if len(earlier[list(BEHAVIOUR)].drop_duplicates()) <= max(GROUP_COUNTS):
        return refuse("All customers behave alike, so there are no groups to find.")

    # One thread: more wait for each other when cores are shared (50,000 rows on two busy cores, 2026-11:
    # 4.7 s with two threads, 1.4 s with one), and add up their sums in an order that changes between runs.
    with threadpool_limits(1):
        pipeline, choice = _group(matrix(earlier, BEHAVIOUR), context.seed)
        firmness = _firmness(pipeline, matrix(latest, BEHAVIOUR), context.seed)
    centroids = _centroids(pipeline)
    names = names_of(centroids, context.horizon_days)
    figures |= {
        "train_start_at": earlier["snapshot_at"].min(),
        "train_end_at": earlier["snapshot_at"].max(),
        "test_start_at": latest["snapshot_at"].min(),
        "test_end_at": latest["snapshot_at"].max(),
    }
    notes = [choice, firmness, *notes]
    return FittedSegments(
        version=version,
        run=run_row(NAME, version, context, notes, figures),
        pipeline=pipeline,
        names=names,
        descriptions=tuple(_description(centroid) for centroid in centroids),
    )


def _group(values: Floats, seed: int) -> tuple[Pipeline, str]:
    """The grouping with the best silhouette among the allowed counts, and a sentence on the choice.

    Source: Rousseeuw, Silhouettes, Journal of Computational and Applied Mathematics 20 (1987).
    """
    candidates = []
    for count in GROUP_COUNTS:
        pipeline = Pipeline([*preparation(flag_missing=False), ("groups", _kmeans(count, seed))]).fit(values)
        prepared = _sample(pipeline[:-1].transform(values), seed)
        candidates.append((_silhouette(prepared, pipeline[-1].predict(prepared)), count, pipeline))
    (best, count, pipeline), *others = sorted(candidates, key=lambda candidate: -candidate[0])
    rest = ", ".join(f"{silhouette:.3f} for {other}" for silhouette, other, _ in others)
    return pipeline, f"{count} segments by silhouette: {best:.3f} against {rest}."


def _firmness(pipeline: Pipeline, values: Floats, seed: int) -> str:
    """A sentence on how far apart the groups are on these rows, and how alike refits to resamples are.

    Stability is the mean adjusted Rand index over pairs of refits (1: the same groups, 0: no better than
    chance). Source: Hubert and Arabie, Journal of Classification 2 (1985); resampling as in Hennig,
    Computational Statistics and Data Analysis 52 (2007).
    """
    prepared = _sample(pipeline[:-1].transform(values), seed)
    groups = pipeline[-1].predict(prepared)
    if len(np.unique(prepared, axis=0)) < MIN_TO_JUDGE or len(np.unique(groups)) < 2:
        return "The latest snapshot has too few different customers to judge the segments."
    generator = np.random.default_rng(seed)
    refits = []
    for _ in range(REFITS):
        resample = prepared[generator.integers(len(prepared), size=len(prepared))]
        refits.append(_kmeans(pipeline[-1].n_clusters, seed).fit(resample).predict(prepared))
    stability = np.mean([adjusted_rand_score(one, other) for one, other in combinations(refits, 2)])
    return (
        f"On the latest snapshot: silhouette {_silhouette(prepared, groups):.3f}, "
        f"stability {stability:.3f} "
        f"(adjusted Rand index between {REFITS} bootstrap refits, 1 is the same segments every time)."
    )


def _silhouette(rows: Floats, groups: npt.NDArray[np.int32]) -> float:
    """Mean silhouette, between -1 and 1; 0 for a single group, which has no other to be apart from."""
    return float(silhouette_score(rows, groups)) if len(np.unique(groups)) > 1 else 0.0


def _kmeans(count: int, seed: int) -> KMeans:
    return KMeans(n_clusters=count, n_init=4, random_state=seed)


def _sample(rows: Floats, seed: int) -> Floats:
    """At most SAMPLE of the rows, drawn without replacement."""
    if len(rows) <= SAMPLE:
        return rows
    return rows[np.random.default_rng(seed).choice(len(rows), SAMPLE, replace=False)]


def _centroids(pipeline: Pipeline) -> list[Centroid]:
    """The middle of each group in the features' own units."""
    centres = signed_expm1(pipeline["scale"].inverse_transform(pipeline[-1].cluster_centers_))
    return [dict(zip(BEHAVIOUR, centre.tolist(), strict=True)) for centre in centres]


def kind_of(centroid: Centroid, horizon_days: int) -> str:
    """What sort of group this is, measured by the horizon: the silence the company itself calls churn."""
    silence = centroid["days_since_last_event"]
    if silence >= horizon_days:
        return "dormant"
    if silence >= horizon_days / 2:
        return "fading"
    if centroid["tenure_days"] < horizon_days:
        return "new"
    # Less than half of what the last 90 days would make one expect of the last 30.
    if centroid["event_count_30d"] < centroid["event_count_90d"] / 3 / 2:
        return "fading"
    return "active"


def names_of(centroids: Sequence[Centroid], horizon_days: int) -> tuple[str, ...]:
    """A different name for each group: by its kind, and among groups of a kind by how engaged they are."""
    groups_by_kind: dict[str, list[int]] = defaultdict(list)
    for group, centroid in enumerate(centroids):
        groups_by_kind[kind_of(centroid, horizon_days)].append(group)
    names = [""] * len(centroids)
    for kind, groups in groups_by_kind.items():
        by = "days_since_last_event" if kind in ("fading", "dormant") else "active_days_30d"
        most_engaged_first = sorted(groups, key=lambda group: centroids[group][by])
        if by == "active_days_30d":
            most_engaged_first.reverse()
        for rung, group in zip(RUNGS[len(groups)], most_engaged_first, strict=True):
            names[group] = NAMES[kind][rung]
    return tuple(names)


def _description(centroid: Centroid) -> str:
    """The middle of the group in a sentence."""
    figure = {name: f"{max(value, 0.0):.1f}".removesuffix(".0") for name, value in centroid.items()}
    days = f"active on {figure['active_days_30d']} of the last 30 days"
    events = f"{figure['event_count_30d']} events in {figure['session_count_30d']} sessions"
    doing = f"{days} with {events}" if centroid["event_count_30d"] >= 0.5 else "hardly an event in the last 30 days"
    return (
        f"Typically {doing}; last seen {figure['days_since_last_event']} days ago, "
        f"known for {figure['tenure_days']} days; revenue {figure['revenue_amount_90d']} in 90 days."
    )
