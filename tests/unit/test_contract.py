"""Nobody can add a source and forget who its rows belong to."""

from __future__ import annotations

import pytest

from warehouse.contract import EMAIL, NOBODY, NUMBER, OWN, Column, RawTable, Record, Source, moment, text, texts, whole


@pytest.mark.parametrize(
    "name", ["email", "work_email", "mobile_phone", "user_id", "contact_ids", "buyer_person_id", "recipient"]
)
def test_a_column_that_seems_to_name_a_person_says_whom_or_that_it_is_nobody(name: str) -> None:
    for kind in (text, whole):
        with pytest.raises(ValueError, match=f"{name} seems to name a person"):
            kind(name)
    assert text(name, identifies=NOBODY).id_kinds == ()
    assert text(name, identifies=EMAIL).is_pii


def test_a_personal_id_of_any_name_says_whom_it_names() -> None:
    with pytest.raises(ValueError, match="ledger_id seems to name a person"):
        texts("ledger_id", pii=True)
    assert text("ledger_id").id_kinds == ()
    assert moment("email_verified_at").id_kinds == ()


def test_what_identifies_is_a_personal_text_of_a_known_kind() -> None:
    with pytest.raises(ValueError, match="known are user_id, anonymous_id, email"):
        text("email", identifies=("mail",))
    with pytest.raises(ValueError, match="is a text and personal"):
        Column("account", "BIGINT", is_pii=True, identifies=OWN)
    with pytest.raises(ValueError, match="a list or a link of people"):
        text("members", each=NUMBER)


def table(name: str, *columns: Column) -> RawTable:
    return RawTable("desk", name, columns, stems=(name,), gives="cases")


def test_a_table_with_personal_columns_is_found_by_an_erasure() -> None:
    notes = table("notes", text("note_id"), text("body", pii=True))
    with pytest.raises(ValueError, match=r"raw[.]desk__notes has personal columns, but nothing says whose its rows are"):
        Source("desk", "Desk", (notes,))
    Source("desk", "Desk", (table("notes", text("note_id"), text("email", identifies=EMAIL), text("body", pii=True)),))
    Source("desk", "Desk", (notes,), records={"note": Record(homes=("notes.note_id",))})


def test_every_place_of_a_record_is_there_and_none_is_forgotten() -> None:
    cases = table("cases", text("case_id"), text("email", identifies=EMAIL))
    lines = table("lines", text("case_id"), text("body", pii=True))
    with pytest.raises(ValueError, match=r"lines\.case_id"):
        Source("desk", "Desk", (cases, lines), records={"case": Record(homes=("cases.case_id",))})
    with pytest.raises(ValueError, match=r"cases\.number"):
        Source("desk", "Desk", (cases,), records={"case": Record(homes=("cases.case_id",), parts=("cases.number",))})
    Source("desk", "Desk", (cases, lines), records={"case": Record(homes=("cases.case_id",), parts=("lines.case_id",))})
