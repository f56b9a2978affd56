"""One spelling per identifier: what the macros of dbt and the searches of privacy make of what people and spreadsheets write."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace
from typing import Any

import duckdb
import jinja2
import pytest

from warehouse.contract import PERSON_ID_TYPES
from warehouse.definitions.identity import MAILBOXES, NOBODY
from warehouse.privacy.personal import normalised, spelling
from warehouse.settings import PROJECT, UserError

SPELLINGS: dict[str, dict[str, tuple[str, ...]]] = {
    "email": {
        "ada@home.example": (
            *("ada@home.example", " Ada@Home.Example ", "<ada@home.example>", "Ada L <ADA@home.example>", "ada@home.example;"),
            *("mailto:ada@home.example", "'ada@home.example'", '"Ada, L." <ada@home.example>', "\u00a0ada@home.example\u200b,"),
            *(
                "MAILTO:ada@home.example?subject=Hi",
                "ada%40home.example",
                "ada@home.example.",
                "ada@home.example <ada@home.example>",
            ),
            *("\ufeffada@home.example", "ada@ho\u00adme.example", "ada@home.example (Ada)", "\tada@home.example\r\n"),
        ),
        "zo\u00eb@home.example": ("zoe\u0308@home.example", "Zo\u00cb@HOME.example", "<zoe\u0308@home.example>"),
        "o'brien+news@sub.home.example": ("O'Brien+News@Sub.Home.Example", "o'brien+news@sub.home.example,"),
        "a.d.a@gmail.com": ("A.D.A@gmail.com",),
        "ada@home.example; bob@home.example": ("Ada@home.example; bob@home.example",),
    },
    "phone": {
        "+491701234567": (
            *(
                "+49 170 1234567",
                "0049 170 1234567",
                "+49 (0)170 1234567",
                "0049 (0) 170/123-45-67",
                "tel:+49-170-1234567",
                "'+491701234567",
            ),
            *(
                "(+49) 170 1234567",
                "++49 170 1234567",
                "+491701234567;",
                "\u202a+49\u00a0170\u00a01234567\u202c",
                "+00491701234567",
            ),
        ),
        "491701234567": ("491701234567", "49 170 1234567"),
        "01701234567": ("0170 1234567", "(0170) 1234567"),
        "4.479E+11": ("4.479E+11",),
    },
    "user_id": {
        "u 1": (" u 1 ", "u 1;", '"u 1"'),
        "U-1": ("U-1", "'U-1'", "U-1\u200b"),
        "ada@home.example": ("Ada@Home.Example", "mailto:ada@home.example"),
        "ada@localhost": ("ada@localhost",),
        "zo\u00eb": ("zoe\u0308",),
    },
    "anonymous_id": {"GA1.2.3-4": ("GA1.2.3-4", " GA1.2.3-4,")},
    "crm_id": {"hubspot:151": ("hubspot:151", "hubspot:151;")},
}
SPOKEN = [
    (kind, spelt, given) for kind, by_spelling in SPELLINGS.items() for spelt, told in by_spelling.items() for given in told
]

ERRORS = ("#REF!", "#NAME?", "#N/A", "#VALUE!", "#NULL!", "#NUM!", "#SPILL!", "#BEZUG!", "#WERT!", "#NV", "#ZAHL!", "#ÜBERLAUF!")
REFUSED: dict[str, dict[str, tuple[str, ...]]] = {
    "rounded": {
        "phone": ("4.479E+11", "4,917e+11", "4479E11"),
        "user_id": ("1.23457E+17", "1.23457e17", "1,23457E+17", "1E+17", "-4.5E+09"),
        "crm_id": ("hubspot:1.5E+11",),
    },
    "error": {
        **dict.fromkeys(("user_id", "anonymous_id", "device_id", "email"), (*ERRORS, "#DIV/0!", "Err:502")),
        "phone": ERRORS,
        "crm_id": ("hubspot:#REF!",),
    },
    "word": {
        "user_id": (
            *(
                "NULL",
                "(none)",
                "<null>",
                "undefined",
                "[object Object]",
                "N/A",
                "n.a.",
                "-1",
                "0",
                "00000000-0000-0000-0000-000000000000",
            ),
            *("?", "--", "tbd", "Unbekannt", "inconnu", "aucun", "desconocido", "ninguno", "keine Angabe", "(not set)", "\\N"),
            *("ffffffff-ffff-ffff-ffff-ffffffffffff", "XXXX", "***"),
        ),
        "email": ("no email", "keine", "tbd", "?", "n/a"),
        "phone": ("none", "keine", "000-000", "-", "n/a"),
        "crm_id": ("zendesk:null", "stripe:0"),
    },
    "malformed": {
        "email": (
            "ada",
            "ada@localhost",
            "@home.example",
            "ada@",
            "ada@@home.example",
            "a@home.example, b@home.example",
            "ada@1.2",
        ),
        "phone": ("12345", "+49 1", "none given"),
    },
    "dummy": {
        "email": (
            *(
                "test@test.com",
                "none@none.com",
                "noreply@shop.example",
                "no-reply@shop.example",
                "no_reply+7@shop.example",
                "x@x.com",
            ),
            *("donotreply@shop.example", "do-not-reply@shop.example", "example@example.com", "user@example.org", "foo@bar.com"),
            *("unknown@shop.example", "noreply-orders@shop.example", "MAILER-DAEMON@shop.example", "keine@shop.example"),
        ),
        "user_id": ("test@test.com", "noreply@shop.example"),
        "phone": ("1234567890", "9999999999", "+490000000", "+1 555 5555555", "123456", "0123456789", "111111"),
    },
}
NAMING = {
    "user_id": (
        "1",
        "42",
        "u-1",
        "1111111111",
        "0a0",
        "12e4",
        "abc",
        "test1",
        "e17",
        "1234567890",
        "ada@localhost",
        "-77",
        "deadbeef",
    ),
    "anonymous_id": ("4e12ab90", "1234567890e12345", "GA1.2.1234567890.1234567890", "ffff", "x"),
    "email": (
        "ada@home.example",
        "a@x.example",
        "schmidt@schmidt.example",
        "test@home.example",
        "info@home.example",
        "eve@eve.example",
    ),
    "phone": ("+49 30 1-2", "555-100", "+442079460001", "01512345678", "+15550100"),
    "crm_id": ("hubspot:151", "c-1", "salesforce:0035g00000AdaC1"),
}


@cache
def macros() -> Any:
    """The macros of identifiers, rendered without dbt."""
    folder = PROJECT / "dbt_project" / "macros"
    text = "\n".join((folder / name).read_text(encoding="utf-8") for name in ("dialect/dialect.sql", "identifiers.sql"))
    environment = jinja2.Environment(extensions=["jinja2.ext.do"], autoescape=False)
    tables = SimpleNamespace(source=lambda _, name: name)
    return environment.from_string(text, {"return": lambda value: value, "source": tables.source}).module


def asked(sql: str, *values: str) -> list[str | None]:
    with duckdb.connect() as connection:
        words = [(word, word in MAILBOXES) for word in sorted({*NOBODY, *MAILBOXES, "cashier"})]
        connection.execute("create table blocked_identifiers (id_value varchar, is_mailbox boolean)")
        connection.executemany("insert into blocked_identifiers values (?, ?)", words)
        return [
            connection.execute(f"select {sql} from (select ?::varchar as value)", [value]).fetchall()[0][0] for value in values
        ]


@pytest.mark.parametrize("kind", SPELLINGS)
def test_the_warehouse_and_the_searches_of_privacy_spell_alike(kind: str) -> None:
    given = [one for id_type, _, one in SPOKEN if id_type == kind]
    right = [spelt for id_type, spelt, _ in SPOKEN if id_type == kind]
    assert dict(zip(given, asked(macros().spelling_of(kind, "value"), *given), strict=True)) == dict(
        zip(given, right, strict=True)
    )
    assert asked(spelling(kind, "value"), *given) == right
    assert [normalised(kind, one).value for one in given] == right


@pytest.mark.parametrize("kind", PERSON_ID_TYPES)
def test_whatever_stands_there_both_spell_it_alike(kind: str) -> None:
    given = (
        [one for _, _, one in SPOKEN]
        + [one for kinds in REFUSED.values() for told in kinds.values() for one in told]
        + ["", " ; "]
    )
    assert asked(macros().spelling_of(kind, "value"), *given) == asked(spelling(kind, "value"), *given)


def refusals(kind: str, values: tuple[str, ...]) -> dict[str, str | None]:
    spelt = f"(select {macros().spelling_of(kind, 'value')})"
    return dict(zip(values, asked(macros().refusal_of(kind, spelt), *values), strict=True))


@pytest.mark.parametrize(("why", "kind"), [(why, kind) for why, kinds in REFUSED.items() for kind in kinds])
def test_what_cannot_be_an_identifier_names_nobody_and_it_is_said_why(why: str, kind: str) -> None:
    assert refusals(kind, REFUSED[why][kind]) == dict.fromkeys(REFUSED[why][kind], why)


@pytest.mark.parametrize("kind", NAMING)
def test_what_can_be_one_does(kind: str) -> None:
    assert refusals(kind, NAMING[kind]) == dict.fromkeys(NAMING[kind])


def test_nothing_is_nobody_to_look_up() -> None:
    for value in ("", " ; ", "0", "000-000"):
        with pytest.raises(UserError, match="stands for nobody"):
            normalised("user_id", value)
