"""The demo company's exports keep the promises that the demo and other tests rely on.

Here belongs what can be read back from the files. How the warehouse lands them is tested elsewhere.
"""

from __future__ import annotations

import time
from datetime import datetime
from functools import cached_property
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from simulation import demo
from simulation.demo import write_exports

UNTIL = datetime(2026, 10, 31)
VOCABULARY = {
    "web": {"page_viewed", "pricing_viewed", "signed_up"},
    "email": {"email_opened", "email_clicked"},
    "product": {"logged_in", "feature_used", "teammate_invited", "referral_made"},
    "crm": {"contact_created", "demo_requested"},
    "billing": {"trial_started", "purchased", "invoice_paid", "subscription_cancelled"},
    "support": {"ticket_opened", "ticket_solved"},
    "survey": {"nps_answered"},
}


class Exports:
    """Files of one run, read back with DuckDB as they are."""

    def __init__(self, folder: Path, row_counts: dict[str, int]) -> None:
        self.folder, self.row_counts = folder / "events", row_counts
        as_text = "header = true, all_varchar = true"
        self._readers = {
            "web": f"select * from read_csv('{self.folder}/web.*.csv.gz', {as_text})",
            "product": f"select * from read_parquet('{self.folder}/product.parquet')",
            "crm": "select * replace (occurred_at at time zone 'UTC' as occurred_at) "
            f"from read_json('{self.folder}/crm.jsonl', format = 'newline_delimited')",
            "billing": f"select * from read_csv('{self.folder}/billing.csv', {as_text})",
            "support": "select * replace (make_timestamp(occurred_at * 1000000) as occurred_at) "
            f"from read_json('{self.folder}/support.json', format = 'array')",
            "survey": f"select * from read_csv('{self.folder}/survey.csv', {as_text})",
        }
        self._events: dict[str, pd.DataFrame] = {}

    def read(self, system: str) -> pd.DataFrame:
        """A system's rows; `moment` is `occurred_at` in UTC, NaT where it cannot be read."""
        if system not in self._events:
            rows = duckdb.connect().sql(self._readers[system]).df()
            moment = pd.to_datetime(rows["occurred_at"], utc=True, errors="coerce", format="ISO8601")
            rows["moment"] = moment.dt.tz_localize(None)
            self._events[system] = rows
        return self._events[system]

    @cached_property
    def everything(self) -> pd.DataFrame:
        """All rows of all systems."""
        return pd.concat([self.read(system) for system in self._readers], ignore_index=True)

    def match_rate(self, left: str, right: str, id_type: str) -> float:
        """Share of the left system's distinct ids that the right system knows."""
        left_ids = self.read(left)[[id_type]].dropna()
        right_ids = self.read(right)[[id_type]].dropna()
        query = f"select avg(({id_type} in (from right_ids))::int) from (select distinct {id_type} from left_ids)"
        with duckdb.connect() as connection:
            connection.register("left_ids", left_ids)
            connection.register("right_ids", right_ids)
            row = connection.execute(query).fetchone()
        assert row is not None
        return float(row[0])


def exports(folder: Path, **arguments: object) -> Exports:
    return Exports(folder, write_exports(folder, until=UNTIL, **arguments))  # type: ignore[arg-type]  # passed on


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / "events").iterdir())}


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Exports:
    """The demo as everybody sees it."""
    return exports(tmp_path_factory.mktemp("company"))


# ---------------------------------------------------------------- files


def test_the_same_seed_writes_the_same_bytes_on_another_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_exports(tmp_path / "once", customers=150, seed=3)
    monkeypatch.setattr(time, "time", lambda: 2_000_000_000.0)
    write_exports(tmp_path / "again", customers=150, seed=3)
    assert contents(tmp_path / "once") == contents(tmp_path / "again")


def test_another_seed_writes_another_history_into_every_file(tmp_path: Path) -> None:
    write_exports(tmp_path / "three", customers=150, seed=3)
    write_exports(tmp_path / "four", customers=150, seed=4)
    three, four = contents(tmp_path / "three"), contents(tmp_path / "four")
    assert [name for name in three if three[name] == four.get(name)] == []


def test_a_handful_of_people_still_make_every_file(tmp_path: Path) -> None:
    row_counts = write_exports(tmp_path, customers=1)
    systems = {"product.parquet", "crm.jsonl", "billing.csv", "support.json", "survey.csv"}
    assert systems <= set(row_counts) == set(contents(tmp_path))


def test_row_counts_are_those_of_the_files(company: Exports) -> None:
    assert sum(company.row_counts.values()) == len(company.everything)
    assert company.row_counts["product.parquet"] == len(company.read("product"))
    assert len([name for name in company.row_counts if name.startswith("web.")]) == 12
    assert 120_000 <= sum(company.row_counts.values()) <= 180_000


def test_a_run_that_dies_leaves_no_events_folder_and_does_not_hinder_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def out_of_disk(*_: object) -> int:
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(demo, "_write_survey", out_of_disk)
        with pytest.raises(OSError, match="no space"):
            write_exports(tmp_path, customers=20)
    assert not (tmp_path / "events").exists()
    write_exports(tmp_path, customers=20)
    assert [path.name for path in tmp_path.iterdir()] == ["events"]


def test_somebody_s_own_events_are_never_overwritten(tmp_path: Path) -> None:
    own = tmp_path / "events" / "mine.csv"
    own.parent.mkdir()
    own.write_text("event_type\n")
    with pytest.raises(FileExistsError):
        write_exports(tmp_path, customers=20)
    assert own.read_text() == "event_type\n"


@pytest.mark.parametrize("wrong", [{"customers": 0}, {"unmatched_share": 1.5}])
def test_impossible_worlds_are_refused(tmp_path: Path, wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="customers must be positive"):
        exports(tmp_path, **wrong)
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------- ids


@pytest.mark.parametrize(
    ("left", "right", "id_type"),
    [("product", "web", "user_id"), ("billing", "crm", "email"), ("support", "crm", "email")],
)
def test_systems_know_each_other_s_ids_apart_from_a_few(company: Exports, left: str, right: str, id_type: str) -> None:
    assert 0.95 <= company.match_rate(left, right, id_type) < 1


def test_a_sign_up_connects_cookie_user_and_address(company: Exports) -> None:
    web = company.read("web")
    signups = web[web["event_type"] == "signed_up"]
    assert signups[["anonymous_id", "email"]].notna().all().all()
    assert 0.95 <= signups["user_id"].notna().mean() < 1


def test_only_product_and_billing_number_their_events(company: Exports) -> None:
    for system in ("product", "billing"):
        rows = company.read(system)
        assert rows["event_id"].notna().all()
        assert rows.drop_duplicates()["event_id"].is_unique
    assert "event_id" not in company.read("web")


def test_unmatched_share_replaces_that_share_of_the_product_s_users_and_nothing_else(tmp_path: Path) -> None:
    whole = exports(tmp_path / "whole", customers=200)
    broken = exports(tmp_path / "broken", customers=200, unmatched_share=0.4)
    whole_rate = whole.match_rate("product", "web", "user_id")
    assert broken.match_rate("product", "web", "user_id") == pytest.approx(0.6 * whole_rate, abs=0.03)

    users, strangers = whole.read("product")["user_id"], broken.read("product")["user_id"]
    assert users.nunique() == strangers.nunique()
    assert users[users != strangers].nunique() == round(0.4 * users.nunique())
    before, after = contents(tmp_path / "whole"), contents(tmp_path / "broken")
    assert [name for name in before if before[name] != after[name]] == ["product.parquet"]


def test_a_tenth_of_the_companies_have_colleagues_at_one_domain(company: Exports) -> None:
    contacts = company.read("crm").drop_duplicates(["crm_id"]).dropna(subset="account_id")
    people = contacts.groupby("account_id").size()
    assert 0.02 <= (people > 1).mean() <= 0.15
    assert people.max() <= 4
    domains = contacts["email"].str.split("@").str[1]
    assert domains.groupby(contacts["account_id"]).nunique().eq(1).all()
    assert domains.str.endswith(".example").all()


# ---------------------------------------------------------------- events


def test_every_system_speaks_its_own_words_and_one_is_unknown(company: Exports) -> None:
    words = company.everything.groupby("source")["event_type"].agg(set).to_dict()
    words["web"].remove("banner_closed")
    assert words == VOCABULARY


def test_revenue_stands_on_paid_invoices_only(company: Exports) -> None:
    billing = company.read("billing")
    is_invoice = billing["event_type"] == "invoice_paid"
    assert billing.loc[is_invoice, "revenue_amount"].str.fullmatch(r"\d+\.\d\d").all()
    assert billing.loc[is_invoice, "currency"].eq("USD").all()
    assert billing.loc[~is_invoice, ["revenue_amount", "currency"]].isna().all().all()
    others = [company.read(system) for system in ("web", "product", "crm", "support", "survey")]
    assert not any("revenue_amount" in rows for rows in others)


def test_planted_faults_are_few_and_where_they_hurt_nobody(company: Exports) -> None:
    events = company.everything
    timeless = events[events["moment"].isna()]
    assert 5 <= len(timeless) <= 20
    assert set(timeless["event_type"]) == {"page_viewed", "feature_used"}
    future = events[events["moment"] >= UNTIL]
    assert future["moment"].dt.year.tolist() == [2099, 2099]
    assert set(future["event_type"]) == {"page_viewed"}
    assert 40 <= (events["event_type"] == "banner_closed").sum() <= 60
    for system in ("web", "product"):
        assert 0.001 <= company.read(system).duplicated().mean() <= 0.004


def test_the_steps_of_a_life_come_in_order_across_systems(company: Exports) -> None:
    web, billing = company.read("web"), company.read("billing")
    signed_up = web[web["event_type"] == "signed_up"].groupby("user_id")["moment"].min()
    by_user = billing.pivot_table(index="user_id", columns="event_type", values="moment", aggfunc="min")
    by_user = by_user.join(signed_up, how="inner")
    assert len(by_user) > 500
    for earlier, later in (
        ("moment", "trial_started"),
        ("trial_started", "purchased"),
        ("purchased", "invoice_paid"),
        ("purchased", "subscription_cancelled"),
    ):
        both = by_user[[earlier, later]].dropna()
        assert (both[earlier] < both[later]).all()


def conversion_by_channel(company: Exports) -> pd.Series:
    """Share of cookies that sign up, by the channel of their first page view."""
    web = company.read("web").sort_values("moment")
    first = web[web["event_type"] == "page_viewed"].drop_duplicates("anonymous_id")
    joined = first["anonymous_id"].isin(web.loc[web["event_type"] == "signed_up", "anonymous_id"])
    return joined.groupby(first["channel"].fillna("unknown")).mean()


def test_referred_people_sign_up_most_and_social_visitors_least(company: Exports) -> None:
    conversion = conversion_by_channel(company).drop("unknown")
    assert len(conversion) == 6
    assert conversion.idxmax() == "referral"
    assert conversion.idxmin() == "social"


def test_activation_multiplies_the_odds_of_a_purchase(company: Exports) -> None:
    signups = company.read("web").query("event_type == 'signed_up'").dropna(subset="user_id")
    uses = company.read("product").query("event_type == 'feature_used'")
    weeks = uses.merge(signups[["user_id", "moment"]], on="user_id", suffixes=("", "_signed_up"))
    in_first_week = (weeks["moment"] - weeks["moment_signed_up"]).between(pd.Timedelta(0), pd.Timedelta(days=7))
    use_count = weeks[in_first_week].groupby("user_id").size().reindex(signups["user_id"].unique(), fill_value=0)
    buyers = company.read("billing").query("event_type == 'purchased'")["user_id"]
    bought = pd.Series(use_count.index.isin(buyers), index=use_count.index)
    assert bought[use_count >= 3].mean() > 3 * bought[use_count < 3].mean()


# ---------------------------------------------------------------- rhythm


def expected_in_longest_silences(moments: pd.Series) -> float:
    """The most events the step's own rhythm expects in any stretch of more than 24 hours without one."""
    moments = moments[moments < UNTIL].sort_values()
    hours = pd.date_range("2025-11-01", UNTIL, freq="h", inclusive="left")
    counts = moments.dt.floor("h").value_counts().reindex(hours, fill_value=0)
    by_hour = counts.groupby(hours.hour).transform("mean") / counts.mean()
    by_weekday = counts.groupby(hours.day_of_week).transform("mean") / counts.mean()
    recent_level = counts.rolling(28 * 24, min_periods=7 * 24).mean().bfill()
    expected = np.concatenate([[0], np.cumsum(by_hour * by_weekday * recent_level)])
    ends = pd.concat([moments, pd.Series([pd.Timestamp(UNTIL)])]).to_numpy()
    elapsed = (ends - hours[0].to_numpy()) / np.timedelta64(1, "h")
    is_long = np.diff(elapsed) > 24
    return float(np.max(np.diff(np.interp(elapsed, np.arange(len(expected)), expected))[is_long], initial=0))


@pytest.mark.parametrize("event_type", ["page_viewed", "signed_up", "feature_used", "purchased"])
def test_no_step_of_the_funnel_falls_silent_for_a_day_when_five_events_were_expected(company: Exports, event_type: str) -> None:
    events = company.everything
    assert expected_in_longest_silences(events.loc[events["event_type"] == event_type, "moment"]) < 5


def test_an_outage_would_be_seen_by_the_measure_above(company: Exports) -> None:
    web = company.read("web")
    moments = web.loc[web["event_type"] == "signed_up", "moment"]
    outage = moments.between(datetime(2026, 8, 4), datetime(2026, 8, 6))
    assert expected_in_longest_silences(moments[~outage]) > 5


# ---------------------------------------------------------------- leaving and staying


@pytest.fixture(scope="module")
def month_starts(company: Exports) -> pd.DataFrame:
    """One row per active user and month start: days since the last use, and whether no use followed."""
    product = company.read("product")
    uses = product[product["event_type"].isin(["feature_used", "logged_in"])].dropna(subset="moment")
    month = pd.Timedelta(days=30)
    snapshots = []
    for start in pd.date_range("2025-12-01", "2026-10-01", freq="MS"):
        last = uses[uses["moment"].between(start - month, start)].groupby("user_id")["moment"].max()
        later = uses.loc[uses["moment"].between(start, start + month), "user_id"].unique()
        silent_days = (start - last).dt.total_seconds() / 86_400
        snapshots.append(pd.DataFrame({"silent_days": silent_days, "has_left": ~last.index.isin(later)}))
    return pd.concat(snapshots)


def test_leaving_and_staying_are_both_common(month_starts: pd.DataFrame) -> None:
    assert month_starts["has_left"].sum() >= 500
    assert (~month_starts["has_left"]).sum() >= 1000


def test_silence_hints_at_leaving_without_proving_it(month_starts: pd.DataFrame) -> None:
    left = month_starts.loc[month_starts["has_left"], "silent_days"].to_numpy()
    stayed = month_starts.loc[~month_starts["has_left"], "silent_days"].to_numpy()
    area_under_curve = (left[:, None] > stayed).mean()
    assert 0.70 <= area_under_curve <= 0.85


def test_people_come_back_after_a_month_of_silence(company: Exports) -> None:
    uses = company.read("product").query("event_type == 'feature_used'").sort_values("moment")
    buyers = company.read("billing").query("event_type == 'purchased'")["user_id"]
    uses = uses[uses["user_id"].isin(buyers)]
    silence = uses.groupby("user_id")["moment"].diff()
    assert (silence > pd.Timedelta(days=30)).sum() >= 30


def test_at_least_150_customers_pay_at_each_month_end_of_the_second_half(company: Exports) -> None:
    billing = company.read("billing")
    cancelled = billing[billing["event_type"] == "subscription_cancelled"]
    invoices = billing[billing["event_type"] == "invoice_paid"]
    for month_end in pd.date_range("2026-05-01", "2026-10-31", freq="MS"):
        recent = invoices["moment"].between(month_end - pd.Timedelta(days=30), month_end)
        gone = cancelled.loc[cancelled["moment"] < month_end, "user_id"]
        assert len(set(invoices.loc[recent, "user_id"]) - set(gone)) >= 150
