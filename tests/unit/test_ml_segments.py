"""Segments of generated customers who come in known kinds."""

import re
from datetime import datetime

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from ml import segments
from ml.features import BEHAVIOUR
from ml.model import Context, Untrained
from ml.segments import FittedSegments

CONTEXT = Context(now=datetime(2025, 7, 1), journey_version="j1", horizon_days=30)
# The middle of each kind, in the order of BEHAVIOUR: tenure, silence, events in 7, 30 and 90 days, active
# days in 30, event types in 90, sessions in 30, revenue in 90.
KINDS = {
    "power users": (400, 0.5, 60, 250, 700, 22, 12, 45, 900),
    "newcomers": (9, 2, 6, 14, 14, 4, 4, 5, 0),
    "fading": (300, 20, 0, 3, 60, 1, 5, 1, 100),
    "dormant": (500, 70, 0, 0, 1, 0, 1, 0, 0),
    "steady users": (350, 4, 5, 22, 66, 7, 6, 9, 90),
}


def town(kinds: tuple[str, ...] = tuple(KINDS), each: int = 60, dates: int = 3) -> pd.DataFrame:
    """Monthly snapshots of `each` customers of each kind, spread by a tenth or so; `kind` holds the truth."""
    generator = np.random.default_rng(2)
    kind = np.tile(np.repeat(kinds, each), dates)
    middle = np.array([KINDS[name] for name in kind], dtype=float)
    frame = pd.DataFrame(middle * generator.lognormal(0, 0.15, middle.shape), columns=list(BEHAVIOUR))
    frame["kind"] = kind
    customers = each * len(kinds)
    frame["customer_id"] = np.tile(np.arange(customers), dates)
    days = pd.to_datetime(["2025-04-01", "2025-05-01", "2025-06-01"])[:dates]
    frame["snapshot_at"] = np.repeat(days, customers)
    return frame


def trained(frame: pd.DataFrame) -> FittedSegments:
    fitted = segments.fit(frame, CONTEXT)
    assert isinstance(fitted, FittedSegments), fitted.run["notes"]
    return fitted


def figure(run: dict[str, object], name: str) -> float:
    found = re.search(rf"{name} (-?[\d.]+\d)", str(run["notes"]))
    assert found is not None
    return float(found[1])


@pytest.mark.parametrize("kinds", [tuple(KINDS), tuple(KINDS)[:4]], ids=["five", "four"])
def test_kinds_of_customers_are_found_counted_and_named(kinds: tuple[str, ...]) -> None:
    frame = town(kinds)
    fitted = trained(frame)
    latest = frame[frame["snapshot_at"] == frame["snapshot_at"].max()]
    found = fitted.score(latest)["segment"]
    assert adjusted_rand_score(latest["kind"], found) == 1.0
    names = dict(zip(latest["kind"], found, strict=True))
    if len(kinds) == 4:  # one active group alone is plainly steady
        assert names.pop("power users") == "steady users"
    assert all(kind == name for kind, name in names.items())
    assert str(fitted.run["notes"]).startswith(f"{len(kinds)} segments by silhouette")


def test_every_group_has_a_name_of_its_own_even_when_all_are_of_one_kind() -> None:
    for kind, centroid in KINDS.items():
        for count in (4, 5):
            centroids = [dict(zip(BEHAVIOUR, centroid, strict=True)) | {"active_days_30d": float(days)} for days in range(count)]
            assert len(set(segments.names_of(centroids, 30))) == count, kind


def test_among_groups_of_a_kind_the_more_engaged_has_the_stronger_name() -> None:
    active = dict(zip(BEHAVIOUR, map(float, KINDS["steady users"]), strict=True))
    dormant = dict(zip(BEHAVIOUR, map(float, KINDS["dormant"]), strict=True))
    centroids = [
        active | {"active_days_30d": 3.0},
        active | {"active_days_30d": 20.0},
        dormant | {"days_since_last_event": 80.0},
        dormant | {"days_since_last_event": 40.0},
    ]
    names = segments.names_of(centroids, 30)
    assert names == ("steady users", "power users", "dormant", "gone quiet")


def test_activity_that_falls_is_fading_before_the_customer_is_silent() -> None:
    active = dict(zip(BEHAVIOUR, map(float, KINDS["steady users"]), strict=True))
    assert segments.kind_of(active, 30) == "active"
    assert segments.kind_of(active | {"event_count_30d": 10.0}, 30) == "fading"


def test_silence_is_measured_by_the_horizon() -> None:
    centroid = dict(zip(BEHAVIOUR, map(float, KINDS["steady users"]), strict=True)) | {"days_since_last_event": 20.0}
    kinds = [segments.kind_of(centroid, horizon) for horizon in (14, 30, 90)]
    assert kinds == ["dormant", "fading", "active"]


def test_descriptions_carry_the_figures_of_their_group() -> None:
    frame = town()
    fitted = trained(frame)
    scores = fitted.score(frame)
    told = scores.drop_duplicates("segment").set_index("segment")["segment_description"]
    assert told.is_unique
    silence = float(told["dormant"].split("last seen ")[1].split(" days")[0])
    assert silence == pytest.approx(70, rel=0.1)
    active = float(told["power users"].split("active on ")[1].split(" of")[0])
    assert active == pytest.approx(22, rel=0.1)
    assert "hardly an event" in told["dormant"]


def test_who_a_customer_is_and_whether_they_left_does_not_matter() -> None:
    frame = town()
    generator = np.random.default_rng(8)
    dressed = frame.assign(
        age=generator.integers(18, 80, len(frame)),
        gender=generator.choice(["f", "m"], len(frame)),
        country=generator.choice(["DE", "FR"], len(frame)),
        is_churned=generator.integers(0, 2, len(frame)).astype(float),
    )
    plain, other = trained(frame), trained(dressed)
    assert plain.version == other.version
    pd.testing.assert_frame_equal(plain.score(frame), other.score(dressed), check_exact=True)
    allowed = re.compile(r"_days$|_count_\d+d$|^days_since|^active_days_|^revenue_amount_")
    assert all(allowed.search(name) for name in BEHAVIOUR)


def test_the_latest_snapshot_judges_and_does_not_teach() -> None:
    frame = town()
    fitted = trained(frame)
    assert fitted.run["train_end_at"] == pd.Timestamp("2025-05-01")
    assert fitted.run["test_start_at"] == fitted.run["test_end_at"] == pd.Timestamp("2025-06-01")
    changed = frame.copy()
    is_latest = changed["snapshot_at"] == changed["snapshot_at"].max()
    changed.loc[is_latest, list(BEHAVIOUR)] *= 3
    other = trained(changed)
    assert other.pipeline[-1].cluster_centers_.tolist() == fitted.pipeline[-1].cluster_centers_.tolist()
    assert other.run["notes"] != fitted.run["notes"]


def test_firm_groups_are_told_from_groups_drawn_through_noise() -> None:
    firm = trained(town()).run
    generator = np.random.default_rng(3)
    fog = town().assign(**{name: generator.lognormal(3, 1, 900) for name in BEHAVIOUR})
    loose = trained(fog).run
    assert figure(firm, "stability") > 0.99
    assert figure(loose, "stability") < 0.8
    assert figure(firm, r"On the latest snapshot: silhouette") > 0.5
    assert figure(loose, r"On the latest snapshot: silhouette") < 0.3
    unknown = (
        "auc",
        "auc_low",
        "auc_high",
        "brier",
        "log_loss",
        "ece",
        "baseline_name",
        "baseline_auc",
        "positive_count",
    )
    assert [firm[name] for name in unknown] == [None] * len(unknown)


def test_fewer_than_two_hundred_rows_are_refused_with_their_number() -> None:
    frame = town().sample(199, random_state=1)
    fitted = segments.fit(frame, CONTEXT)
    assert isinstance(fitted, Untrained)
    assert fitted.run["notes"] == "No segments. At least 200 customer snapshots are needed; there are 199."
    assert fitted.score(frame).empty


def test_customers_who_all_behave_alike_are_refused() -> None:
    frame = town()
    frame[list(BEHAVIOUR)] = 1.0
    fitted = segments.fit(frame, CONTEXT)
    assert isinstance(fitted, Untrained)
    assert "behave alike" in str(fitted.run["notes"])


def test_a_first_snapshot_is_enough_and_the_notes_say_what_that_means() -> None:
    notes = str(trained(town(dates=1)).run["notes"])
    assert "Judged on customers it was also fitted on" in notes
    assert "also fitted on" not in str(trained(town(dates=2)).run["notes"])


def test_a_latest_snapshot_of_a_handful_is_not_judged() -> None:
    frame = town()
    few = frame[(frame["snapshot_at"] < "2025-06-01") | (frame["customer_id"] % 30 == 0)]
    assert "too few different customers to judge" in str(trained(few).run["notes"])


def test_snapshots_later_than_now_are_not_looked_at() -> None:
    frame = town()
    future = frame[frame["snapshot_at"] == "2025-06-01"].assign(snapshot_at=pd.Timestamp("2025-08-01"))
    assert trained(pd.concat([frame, future])).version == trained(frame).version


def test_a_customer_is_in_one_segment_by_their_latest_snapshot() -> None:
    frame = town()
    latest = frame[frame["snapshot_at"] == "2025-06-01"]
    fitted = trained(frame)
    pd.testing.assert_frame_equal(fitted.score(frame), fitted.score(latest))
    assert fitted.score(frame)["customer_id"].is_unique


def test_unknown_values_are_taken_as_average() -> None:
    frame = town()
    frame.loc[::9, "revenue_amount_90d"] = np.nan
    frame["session_count_30d"] = np.nan
    assert trained(frame).score(frame)["segment"].notna().all()


def test_groups_too_rare_for_the_sample_do_not_stop_the_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "SAMPLE", 20)
    frame = town()
    frame.loc[frame.index % 60 > 0, list(BEHAVIOUR)] = 5.0
    assert "silhouette: 0.000 against 0.000" in str(trained(frame).run["notes"])
