"""The demo company's exports as files.

Here belong the formats, the planted faults and the order of writing. What happens in the world is decided in
`world` and `systems`; reading the files back is somebody else's business.
"""

from __future__ import annotations

import gzip
import shutil
from datetime import datetime
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from simulation import systems
from simulation.world import Calendar, active_days, draw_people, stream

DUPLICATE_SHARE = 0.002
TIMELESS_PAGE_VIEWS = ["", "", "not recorded", "31/13/2026 25:00", "n/a"]
TIMELESS_FEATURE_USES = 4
FUTURE_PAGE_VIEWS = ["2099-01-01T00:00:00Z", "2099-12-31T23:59:59Z"]

ISO_ZULU = "%Y-%m-%dT%H:%M:%SZ"
ISO_OFFSET = "%Y-%m-%dT%H:%M:%S+00:00"
BERLIN_WINTER = "%Y-%m-%dT%H:%M:%S+01:00"
PLAIN = "%Y-%m-%d %H:%M:%S"


def write_exports(
    folder: Path,
    *,
    customers: int = 3000,
    seed: int = 7,
    until: datetime = datetime(2026, 10, 31),
    unmatched_share: float = 0.0,
) -> dict[str, int]:
    """Write a year of the demo company's exports to `<folder>/events/` and return the rows per file name.

    customers: people planned; the few whose first visit would fall after `until` do not appear.
    seed: the same seed gives the same bytes.
    until: the end of the history, UTC without a zone; nothing but two planted rows is later.
    unmatched_share: fraction of the product's user ids that no other system knows.

    The folder appears complete or not at all. Raises FileExistsError when `<folder>/events` already holds
    something (it may be somebody's own data), ValueError for arguments that make no world.
    """
    if customers < 1 or not 0 <= unmatched_share <= 1 or until.tzinfo is not None:
        raise ValueError("customers must be positive, unmatched_share a fraction, until without a zone (UTC)")
    target = folder / "events"
    if target.exists() and any(target.iterdir()):
        raise FileExistsError(f"{target} is not empty")
    partial = folder / ".events.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)

    exports = _events_by_system(seed, customers, Calendar.ending(until))
    exports["product"] = _with_strangers(exports["product"], unmatched_share, seed)
    exports = {name: _with_duplicates(events, stream(seed, f"repeat {name}")) for name, events in exports.items()}
    row_counts = _write_web(_with_bad_page_views(exports["web"], seed), partial)
    row_counts["product.parquet"] = _write_product(_with_timeless_uses(exports["product"], seed), partial)
    row_counts["crm.jsonl"] = _write_crm(exports["crm"], partial)
    row_counts["billing.csv"] = _write_billing(exports["billing"], partial)
    row_counts["support.json"] = _write_support(exports["support"], partial)
    row_counts["survey.csv"] = _write_survey(exports["survey"], partial)
    partial.replace(target)
    return row_counts


def _events_by_system(seed: int, customers: int, calendar: Calendar) -> dict[str, pd.DataFrame]:
    """One frame per export, ordered by `occurred_at`, whole seconds, nothing after the end of the history."""
    people = draw_people(seed, customers, calendar)
    used = active_days(seed, people, calendar)
    mails = systems.email(seed, people, calendar)
    clicks = mails[mails["event_type"] == "email_clicked"]
    web = systems.web(seed, people, used, calendar, clicks)
    exports = {
        "web": pd.concat([web, mails.drop(columns="person")], ignore_index=True),
        "product": systems.product(seed, people, used, calendar),
        "crm": systems.crm(seed, people),
        "billing": systems.billing(seed, people, calendar),
        "support": systems.support(seed, people, used),
        "survey": systems.survey(seed, people),
    }
    finished = {name: _dated(events, calendar) for name, events in exports.items()}
    for name in ("product", "billing"):
        finished[name].insert(0, "event_id", [f"{name}-{n:07d}" for n in range(1, len(finished[name]) + 1)])
    return finished


def _dated(events: pd.DataFrame, calendar: Calendar) -> pd.DataFrame:
    events = events[events["seconds"] < calendar.end].sort_values("seconds", kind="stable", ignore_index=True)
    seconds = np.floor(events.pop("seconds").to_numpy()).astype("timedelta64[s]")
    events.insert(1, "occurred_at", np.datetime64(calendar.start, "s") + seconds)
    return events


# ---------------------------------------------------------------- planted faults


def _with_strangers(product: pd.DataFrame, share: float, seed: int) -> pd.DataFrame:
    """Give a share of the users an id that nobody else knows, as after one system has changed its ids."""
    users = np.sort(product["user_id"].unique())
    chosen = stream(seed, "strangers").permutation(users)[: round(share * len(users))]
    strangers = {user: f"legacy_{number:06d}" for number, user in enumerate(chosen, start=1)}
    return product.assign(user_id=product["user_id"].map(lambda user: strangers.get(user, user)))


def _with_duplicates(events: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Repeat a few rows exactly, right behind the original."""
    copies = 1 + (rng.random(len(events)) < DUPLICATE_SHARE)
    return events.loc[events.index.repeat(copies)].reset_index(drop=True)


def _with_bad_page_views(web: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Write the time as text and spoil that of a few page views.

    The column `month` keeps the file a row belongs to. Only views of logged-in users are spoilt, so that
    nobody loses their first visit, and no repeated ones, so that repeats stay exact.
    """
    web = web.assign(month=web["occurred_at"].dt.strftime("%Y-%m"), occurred_at=_as_text(web["occurred_at"], ISO_ZULU))
    is_view_of_user = (web["event_type"] == "page_viewed") & web["user_id"].notna()
    candidates = np.flatnonzero(is_view_of_user & ~web.duplicated(keep=False))
    bad_times = [*TIMELESS_PAGE_VIEWS, *FUTURE_PAGE_VIEWS]
    chosen = stream(seed, "bad page views").permutation(candidates)[: len(bad_times)]
    web.loc[chosen, "occurred_at"] = bad_times[: len(chosen)]
    return web


def _with_timeless_uses(product: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Blank the time of a few feature uses, none of them a repeated row: repeats stay exact."""
    is_repeated = product["event_id"].duplicated(keep=False)
    candidates = np.flatnonzero((product["event_type"] == "feature_used") & ~is_repeated)
    chosen = stream(seed, "timeless uses").permutation(candidates)[:TIMELESS_FEATURE_USES]
    return product.assign(occurred_at=product["occurred_at"].mask(product.index.isin(chosen)))


# ---------------------------------------------------------------- formats: each system writes time in its way


def _as_text(moments: pd.Series, pattern: str) -> pd.Series:
    text: pd.Series = moments.dt.strftime(pattern).astype(object)
    return text


def _write_web(web: pd.DataFrame, folder: Path) -> dict[str, int]:
    """One compressed CSV per month. The gzip header's time stays 0: the same rows are the same bytes."""
    row_counts = {}
    for month, rows in web.groupby("month", sort=True):
        name = f"web.{month}.csv.gz"
        text = rows.drop(columns="month").to_csv(index=False, lineterminator="\n")
        (folder / name).write_bytes(gzip.compress(text.encode(), compresslevel=6, mtime=0))
        row_counts[name] = len(rows)
    return row_counts


def _write_product(product: pd.DataFrame, folder: Path) -> int:
    with duckdb.connect(config={"threads": 1}) as connection:  # one thread: the same order, the same bytes
        connection.register("product", product)
        connection.table("product").write_parquet(str(folder / "product.parquet"), compression="zstd")
    return len(product)


def _write_crm(crm: pd.DataFrame, folder: Path) -> int:
    crm = crm.assign(occurred_at=_as_text(crm["occurred_at"], ISO_OFFSET))
    crm.to_json(folder / "crm.jsonl", orient="records", lines=True)
    return len(crm)


def _write_billing(billing: pd.DataFrame, folder: Path) -> int:
    """The books are kept in another zone than everything else."""
    local = billing["occurred_at"] + pd.Timedelta(hours=1)
    billing = billing.assign(occurred_at=_as_text(local, BERLIN_WINTER))
    billing.to_csv(folder / "billing.csv", index=False, lineterminator="\n")
    return len(billing)


def _write_support(support: pd.DataFrame, folder: Path) -> int:
    """Epoch seconds in a JSON array."""
    support = support.assign(occurred_at=support["occurred_at"].astype("datetime64[s]").astype("int64"))
    support.to_json(folder / "support.json", orient="records")
    return len(support)


def _write_survey(survey: pd.DataFrame, folder: Path) -> int:
    survey = survey.assign(occurred_at=_as_text(survey["occurred_at"], PLAIN))
    survey.to_csv(folder / "survey.csv", index=False, lineterminator="\n")
    return len(survey)
