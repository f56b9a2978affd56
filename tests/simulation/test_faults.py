"""Each fault is there, as large as it was ordered, and where it was ordered; what it says it hit is what it hit."""

from __future__ import annotations

import csv
import gzip
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from simulation.demo import mistaken_identities
from simulation.faults import DEVICE_CROWD, DUMMIES, MISTAKEN, Fault
from simulation.world import World
from simulation.writing import write_world
from tests.simulation.conftest import Written

SMALL = World(customers=400, seed=5)


def small(folder: Path, *faults: Fault, **more: Any) -> Written:
    """A small world with these faults."""
    counts = write_world(folder / "landing", folder / "truth", SMALL, faults=faults, **more)
    return Written(SMALL, folder / "landing", folder / "truth", counts)


def told(written: Written) -> list[int]:
    """What the truth says of how many rows each fault hit."""
    return [fault["row_count"] for fault in json.loads((written.truth / "faults.json").read_text())]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Written:
    return small(tmp_path_factory.mktemp("whole"))


def pages(written: Written) -> pd.DataFrame:
    return written.export("segment", "pages")


def test_duplicates_are_exact_and_as_many_as_ordered(tmp_path: Path, whole: Written) -> None:
    found = small(tmp_path, Fault("duplicates", "segment", "pages", share=0.1))
    assert len(pages(found)) - len(pages(whole)) == told(found)[0] == pages(found).duplicated().sum()
    assert told(found)[0] == pytest.approx(0.1 * len(pages(whole)), rel=0.15)


def test_a_silence_takes_what_happened_in_it_and_nothing_else(tmp_path: Path, whole: Written) -> None:
    start, end = datetime(2026, 6, 1), datetime(2026, 6, 11)
    found = small(tmp_path, Fault("silence", "segment", start=start, end=end))
    inside = pages(whole)["timestamp"].between(start, end, inclusive="left")
    assert inside.sum() > 20
    assert set(pages(found)["id"]) == set(pages(whole)[~inside]["id"])
    assert len(found.export("events", "product")) == len(whole.export("events", "product"))


def test_unmatched_ids_are_the_ordered_share_of_people_and_always_the_same(tmp_path: Path, whole: Written) -> None:
    found = small(tmp_path, Fault("unmatched_ids", "events", "product", share=0.3, column="user_id"))
    before, after = (written.export("events", "product") for written in (whole, found))
    both = before.merge(after, on="event_id", suffixes=("", "_after"))
    pairs = both[["user_id", "user_id_after"]].drop_duplicates()
    assert pairs["user_id"].is_unique
    changed = pairs["user_id"] != pairs["user_id_after"]
    assert changed.mean() == pytest.approx(0.3, abs=0.1)
    assert told(found) == [(both["user_id"] != both["user_id_after"]).sum()]


def test_missing_and_future_times_are_those_that_are_counted(tmp_path: Path) -> None:
    found = small(
        tmp_path,
        Fault("missing_times", "segment", "pages", share=0.02),
        Fault("future_times", "segment", "pages", share=0.02),
    )
    moments = pages(found)["timestamp"]
    assert [moments.isna().sum(), (moments.dt.year == 2099).sum()] == told(found)
    assert min(told(found)) > 20


def test_future_times_are_written_as_the_vendor_writes_time(tmp_path: Path) -> None:
    found = small(
        tmp_path, *(Fault("future_times", source, share=0.05) for source in ("stripe", "hubspot", "zendesk", "google_ads"))
    )
    assert all(count > 0 for count in told(found))


def test_a_wrong_clock_moves_its_browser_and_not_the_truth(tmp_path: Path, whole: Written) -> None:
    found = small(tmp_path, Fault("clock_skew", "segment", share=0.2, hours=2))
    both = pages(whole).merge(pages(found), on="id", suffixes=("", "_told"))
    skew = (both["timestamp_told"] - both["timestamp"]).dt.total_seconds() / 3600
    assert set(skew.round(6)) == {0.0, 2.0}
    assert (skew > 0).sum() == told(found)[0] > 50
    assert (found.truth / "people.parquet").read_bytes() == (whole.truth / "people.parquet").read_bytes()


def test_rows_out_of_order_are_the_same_rows(tmp_path: Path, whole: Written) -> None:
    found = small(tmp_path, Fault("out_of_order", "segment", "pages"))
    assert not pages(found)["timestamp"].is_monotonic_increasing
    assert pages(whole)["timestamp"].is_monotonic_increasing
    assert set(pages(found)["id"]) == set(pages(whole)["id"])


def test_late_rows_come_with_a_later_delivery_and_none_is_lost(tmp_path: Path, whole: Written) -> None:
    found = small(tmp_path, Fault("late", "segment", "pages", share=0.3, days=2), deliveries=5)
    files = sorted((found.landing / "segment").glob("pages.*"))
    assert [path.name.split(".")[1] for path in files] == [*(f"2026-10-{day}" for day in range(26, 31)), "late"]
    by_file = {path.name.split(".")[1]: duckdb.read_parquet(str(path)).df() for path in files}
    assert set(pd.concat(by_file.values())["id"]) == set(pages(whole)["id"])
    last = by_file["2026-10-30"]["timestamp"]
    assert last.min() < pd.Timestamp("2026-10-29")
    assert (by_file["late"]["timestamp"] >= pd.Timestamp("2026-10-29")).all()


def test_a_broken_column_is_broken_from_its_day_on(tmp_path: Path) -> None:
    start = datetime(2026, 8, 1)
    found = small(tmp_path, Fault("broken_column", "stripe", "charges", start=start, column="amount"))
    charges = found.export("stripe", "charges")
    assert (charges["amount"] == "#REF!").sum() == told(found)[0] > 10
    with pytest.raises(ValueError, match="has a name"):
        Fault("broken_column", "stripe", "charges")


def test_without_a_table_a_column_is_broken_wherever_it_is(tmp_path: Path) -> None:
    found = small(tmp_path, Fault("broken_column", "stripe", column="amount"))
    for table in ("charges", "refunds"):
        assert (found.export("stripe", table)["amount"] == "#REF!").all()


@pytest.mark.parametrize("deliveries", [1, 3])
def test_a_truncated_file_cannot_be_read(tmp_path: Path, deliveries: int) -> None:
    found = small(tmp_path, Fault("truncated_file", "segment", "pages"), deliveries=deliveries)
    assert told(found) == [1]
    with pytest.raises(duckdb.Error):
        pages(found)


def test_faults_of_one_source_leave_the_bytes_of_the_others(tmp_path: Path, whole: Written) -> None:
    found = small(tmp_path, Fault("duplicates", "segment", share=0.1))
    for path in whole.landing.rglob("*.*"):
        if "segment" not in str(path):
            assert path.read_bytes() == (found.landing / path.relative_to(whole.landing)).read_bytes(), path


def mistaken(written: Written) -> dict[str, set[str]]:
    """The identifiers that stand for nobody or for several people, by kind of identifier."""
    frame = written.ask("select id_type, value from mistaken_identifiers")
    return {str(id_type): set(rows["value"]) for id_type, rows in frame.groupby("id_type")}


def test_an_office_has_one_phone_and_so_has_a_household(tmp_path: Path) -> None:
    found = small(tmp_path, Fault("office_phones", "hubspot"), Fault("office_phones", "zendesk"))
    people = found.ask("select person as id, account from people")
    contacts = found.export("hubspot", "contacts").merge(people, on="id")
    assert told(found)[0] == len(contacts) == contacts["properties_phone"].notna().sum()
    assert (contacts.dropna(subset="account").groupby("account")["properties_phone"].nunique() == 1).all()
    of_homes = contacts[contacts["account"].isna()].groupby("properties_phone")["id"].nunique()
    assert of_homes.max() == 3
    by_phone = contacts.groupby("properties_phone")["id"].nunique()
    assert set(by_phone.index[by_phone > 1].astype(int)) <= {int(phone) for phone in mistaken(found)["phone"]}
    users = found.export("zendesk", "user").merge(contacts, on="id")
    assert (users["phone"] == users["properties_phone"]).all()


def test_a_spreadsheet_rounds_numbers_so_that_several_people_have_one(tmp_path: Path) -> None:
    found = small(tmp_path, Fault("rounded_ids", "zendesk", "user"))
    with gzip.open(found.landing / "zendesk" / "user.csv.gz", "rt", encoding="utf-8", newline="") as file:
        users = pd.DataFrame(list(csv.DictReader(file)))
    for column, id_type, shown in (("external_id", "user_id", r"1\.2\d{4}E\+17"), ("phone", "phone", r"4\.930\d{2}E\+11")):
        values = users[users[column] != ""].groupby(column)["id"].nunique()
        assert values.index.str.fullmatch(shown).all()
        assert values.max() > 1
        assert set(values.index.str.lower()) == mistaken(found)[id_type]


def test_dummies_are_the_ordered_share_of_values_and_the_same_wherever_a_value_stands(tmp_path: Path, whole: Written) -> None:
    found = small(tmp_path, Fault("dummies", "hubspot", "contacts", share=0.2, column="properties_email"))
    columns = "select id, properties_email as email from hubspot.contacts"
    after = found.ask(columns)
    is_dummy = after["email"].isin(DUMMIES["email"])
    assert is_dummy.mean() == pytest.approx(0.2, abs=0.06)
    assert told(found) == [is_dummy.sum()]
    assert (after.groupby("id")["email"].nunique() == 1).all()
    assert (whole.ask(columns)["email"][~is_dummy] == after["email"][~is_dummy]).all()
    assert mistaken(found) == {"email": set(after["email"][is_dummy].str.lower())}


def test_a_kiosk_is_used_once_by_each_with_a_cookie_of_their_own(tmp_path: Path, whole: Written) -> None:
    found = small(tmp_path, Fault("kiosks", "events", "product"))
    uses = found.export("events", "product")
    crowd = uses[uses["anonymous_id"].notna()]
    assert crowd["user_id"].isna().all()
    assert set(crowd["device_id"]) == mistaken(found)["device_id"]
    assert crowd["device_id"].value_counts().max() == DEVICE_CROWD
    assert crowd["anonymous_id"].nunique() > 0.95 * len(crowd)  # a few share a browser at home
    assert len(uses) == len(whole.export("events", "product"))
    owners = found.ask("""
        select any_value(account) as account
        from events.product join identifiers on value = anonymous_id and id_type = 'anonymous_id' join people using (person)
        group by value
        having count(distinct person) = 1
    """)["account"].dropna()
    assert owners.is_unique
    assert len(owners) > 10


def test_a_tablet_has_one_cookie_and_many_who_fill_in_the_form(tmp_path: Path) -> None:
    found = small(tmp_path, Fault("tablets", "segment"))
    forms = found.export("segment", "signed_up")
    crowd = forms[forms["anonymous_id"].str.startswith("tablet")]
    assert set(crowd["anonymous_id"]) <= mistaken(found)["anonymous_id"]
    assert 10 < crowd.groupby("anonymous_id")["email"].nunique().max() <= DEVICE_CROWD


def test_only_a_world_with_mistaken_identities_tells_of_them(tmp_path: Path, whole: Written) -> None:
    assert not list(whole.truth.glob("mistaken_identifiers*"))
    found = small(tmp_path, *mistaken_identities())
    assert min(told(found)) > 0
    assert set(found.ask("select distinct kind from mistaken_identifiers")["kind"]) == set(MISTAKEN)
    for table in ("identifiers", "people"):
        assert (found.truth / f"{table}.parquet").read_bytes() == (whole.truth / f"{table}.parquet").read_bytes()
