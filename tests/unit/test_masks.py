"""What is masked and what is left, in SQL and in Python alike; JSON stays JSON, whatever stands in it."""

from __future__ import annotations

import json
import random
from functools import cache

import duckdb
import jinja2
import pytest

from warehouse.privacy import masks
from warehouse.settings import PROJECT

MACROS = PROJECT / "dbt_project" / "macros"
KEYS = ["note", 'first[^a-z0-9"]*name']

MASKED = {
    "ada@example.com": "[e-mail]",
    "to ada.l+x@sub.example.co.uk, bob@b.de.": "to [e-mail], [e-mail].",
    "ünï@exämple.com": "[e-mail]",
    "u\u0308ni@exa\u0308mple.com": "[e-mail]",
    "用户@例子.中国": "[e-mail]",
    "ada＠example.com": "[e-mail]",
    "ａｄａ＠ｅｘａｍｐｌｅ．ｃｏｍ": "[e-mail]",
    "ada@localhost": "[e-mail]",
    "ada@[192.168.0.1]": "[e-mail]",
    '"ada b"@example.com': "[e-mail]",
    "o'brien@x.example": "[e-mail]",
    "mailto:ada@x.org?subject=Hi": "mailto:[e-mail]?subject=Hi",
    "https://we.example/?utm_campaign=ada%40example.com&x=1": "https://we.example/?utm_campaign=[e-mail]&x=1",
    "ada%2540example.com": "[e-mail]",
    "%C3%BCn%40ex%C3%A4mple.com": "[e-mail]",
    r"ada\u0040example.com": "[e-mail]",
    r"ADA\U0040EXAMPLE.COM": "[e-mail]",
    r"\u0061da\uff20ex\u00e4mple.com": "[e-mail]",
    "ada&#64;example.com or ada&#x40;example.com": "[e-mail] or [e-mail]",
    "+44 20 7946 0002": "[phone]",
    "call +442079460002 now": "call [phone] now",
    "%2B44%2020%207946%200002": "[phone]",
    "＋44 20 7946 0002": "[phone]",
    "+49 (0)30 1234567": "[phone]",
    "＋４９５５５０１９９０００": "[phone]",
    "0044 20 7946 0002": "[phone]",
    "phone: 0044207946002": "phone: [phone]",
    "https://we.example/p/0044-2079460002/x": "https://we.example/p/[phone]/x",
    "call_0044 20 7946 0002": "call_[phone]",
    "tel:5551234": "tel:[phone]",
    "(020) 7946 0002": "[phone]",
}
LEFT = (
    *(
        "order 12345678",
        "4711001234567",
        "00000012345",
        "0.00123456789",
        "INV-00123456789",
        "1,000,000.00",
        "2026-01-01T00:00:00+01:00",
        "12 + 34",
    ),
    *("550e8400-e29b-41d4-a716-446655440000", "spring sale", "100%40", "a @ b", "@ada", "3 @ 4.50", "", "feature (beta) 2"),
)


@cache
def rendered(call: str) -> str:
    """The SQL of a macro, without dbt."""
    files = ("dialect/dialect.sql", "privacy.sql")
    text = "".join((MACROS / name).read_text(encoding="utf-8") for name in files)
    return jinja2.Environment(extensions=["jinja2.ext.do"]).from_string(f"{text}{{{{ {call} }}}}").render()


def answers(call: str, texts: list[str]) -> list[str | None]:
    sql = f"select {rendered(call)} from (select unnest(?::varchar[]) as text)"
    with duckdb.connect() as connection:
        return [answer for (answer,) in connection.execute(sql, [texts]).fetchall()]


def test_addresses_and_phone_numbers_are_masked_however_they_are_written() -> None:
    assert dict(zip(MASKED, answers("masked('text')", list(MASKED)), strict=True)) == MASKED
    assert {text: masks.masked(text) for text in MASKED} == MASKED


def test_what_is_neither_is_left_as_it_is() -> None:
    assert answers("masked('text')", list(LEFT)) == list(LEFT)
    assert [masks.masked(text) for text in LEFT] == list(LEFT)


@pytest.mark.parametrize(
    ("document", "left"),
    [
        ('{"note":"s","k":1}', '{"k":1}'),
        ('{"First Name":"s","k":[1]}', '{"k":[1]}'),
        ('{"firstName":"s"}', None),
        ('{"x":{"note":"s","k":2}}', '{"x":{"k":2}}'),
        ('{"x":[{"Note":{"a":{"b":"s"}}}],"k":1}', '{"x":[{"Note":null}],"k":1}'),
        ('{"x":"{\\"note\\":\\"s\\",\\"k\\":1}"}', '{"x":"{\\"note\\":null,\\"k\\":1}"}'),
        ('{"x":{"note":{"a":{"b":{"c":"s"}}}}}', None),  # too nested to be cut out
        ('{"x":{"note":{"a":"} s"}},"k":1}', None),
        ('{"notes":"k","k":"note"}', '{"notes":"k","k":"note"}'),
    ],
)
def test_a_hidden_key_is_hidden_however_deep_it_lies(document: str, left: str | None) -> None:
    assert answers(f"without_keys('text', {KEYS!r})", [document]) == [left]


def test_json_stays_json_whatever_is_masked_and_hidden_in_it() -> None:
    chance = random.Random(7)
    parts = [
        "ada",
        "@",
        "example",
        ".com",
        "\\",
        '"',
        "\n",
        " ",
        "%40",
        "%2540",
        "\\u0040",
        "+44 20 7946 0002",
        "tel:",
        "5551234",
    ]
    parts += [
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "ü",
        "＠",
        "e\u0301",
        "\u0007",
        "note",
        '"note":',
        "0044207946002",
        "(020) 794 6000",
        "😀",
    ]

    def word() -> str:
        return "".join(chance.choices(parts, k=chance.randint(0, 9)))

    def document() -> str:
        told = {
            word(): word(),
            "note": word(),
            "x": [word(), {"note": [word()], word(): {"k": word()}}],
            "y": json.dumps({"note": word()}),
        }
        return json.dumps(told, ensure_ascii=chance.random() < 0.5)

    documents = [document() for _ in range(5000)]
    for call in ("masked('text')", f"without_keys('text', {KEYS!r})"):
        for text in answers(call, documents):
            assert text is None or isinstance(json.loads(text), dict)
