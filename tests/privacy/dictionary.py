"""Whom the published file names to somebody who has lists of identifiers, but not the secret.

Here belongs the attack: every identifier with every word that a key might be made with, by every hash that needs no secret,
compared with everything that is published. `python -m tests.privacy.dictionary <published file> <truth folder>` counts whom it
names, by column.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

COUNTED = 2_000  # user ids and numbers of the CRM that need no list: one counts
# Identifiers by kind, as whoever has a web log, the product's users or a list of addresses knows them.
LISTS = """
    select id_type as kind, value, person from read_parquet('{truth}/identifiers.*parquet')
    union select 'user_id', printf('usr_%08d', number), number from range(1, {counted}) as counted (number)
    union select 'phone', phone, person from read_parquet('{truth}/people.*parquet') where phone is not null
    union select 'crm_id', system || ':' || number, number
    from range(1, {counted}) as counted (number), unnest(['hubspot', 'zendesk', 'surveys', 'klaviyo']) as systems (system)
    union select 'crm_id', prefix || number, number
    from range(1, {counted}) as counted (number), unnest(['', 'stripe:cus_', 'cus_', 'klaviyo:P', 'P']) as prefixes (prefix)
"""
WORDS = (
    "",
    "{kind}:",
    "person:",
    "customer:",
    "session:",
    "account:",
    "event:",
    "key:",
    "key:{kind}:",
    "person:{kind}:",
    "{kind}/",
)
NUMBERS = (
    *("md5_number_lower(text)", "md5_number_upper(text)", "hash(text)"),
    *(f"('0x' || substr({name}(text), {start}, 16))::ubigint" for name in ("md5", "sha1", "sha256") for start in (1, 17)),
)
# A number of 64 bits may be published whole, without its lowest or its highest bit, or with a sign.
SHAPES = (
    "{number}::hugeint",
    "({number} >> 1)::hugeint",
    "({number} & 9223372036854775807)::hugeint",
    "{number}::hugeint - 18446744073709551616",
)
TEXTS = ("text", "md5(text)", "sha1(text)", "sha256(text)")


def named(published: Path, truth: Path) -> dict[str, int]:
    """How many of the people who are listed each published column names; columns that name nobody are left out."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{published}' as published (read_only)")
        connection.execute(f"create table listed as {LISTS.format(truth=truth, counted=COUNTED)}")
        spelt = " union ".join(f"select {_spelt(word)} as text, person from listed" for word in WORDS)
        connection.execute(f"create table spelt as {spelt}")
        columns = connection.execute(
            "select schema_name || '.' || table_name, column_name, data_type from duckdb_columns() "
            "where database_name = 'published' and not internal and data_type in ('BIGINT', 'UBIGINT', 'HUGEINT', 'VARCHAR')"
        ).fetchall()
        assert len(columns) > 100
        connection.execute("create table numbers (number hugeint, place varchar)")
        connection.execute("create table texts (text varchar, place varchar)")
        for table, column, kind in columns:
            # Small numbers are counts; short texts are words.
            told, is_key = ("texts", "length(told) > 15") if kind == "VARCHAR" else ("numbers", "abs(told::hugeint) > 4294967296")
            cells = f'select distinct "{column}" as told from published.{table}'
            connection.execute(f"insert into {told} select told, '{table}.{column}' from ({cells}) where {is_key}")
        tried = [f"select {text} as text, person from spelt" for text in TEXTS]
        found = [f"select place, person from ({one}) join texts using (text)" for one in tried]
        for number in NUMBERS:
            shaped = ", ".join(shape.format(number=f"({number})") for shape in SHAPES)
            tried_numbers = f"select unnest([{shaped}]) as number, person from spelt"
            found.append(f"select place, person from ({tried_numbers}) join numbers using (number)")
        rows = connection.execute(
            f"select place, count(distinct person) from ({' union all '.join(found)}) group by place order by place"
        ).fetchall()
    return dict(rows)


def _spelt(word: str) -> str:
    before = " || ".join(
        f"'{part}'" if part != "kind" else "kind" for part in word.replace("{", "|").replace("}", "|").split("|") if part
    )
    return f"{before} || value" if before else "value"


if __name__ == "__main__":
    for place, count in named(Path(sys.argv[1]), Path(sys.argv[2])).items():
        print(f"{count:8,} people  {place}")
