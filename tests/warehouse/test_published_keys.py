"""Whoever has the published file and lists of identifiers, but not the secret, learns nobody's name from its keys."""

from __future__ import annotations

import duckdb

from tests.world.build import World
from warehouse.connection import PUBLISHED_SCHEMAS

# What a dictionary holds of one value, as it is and with every word that any key was ever made with before it.
TEXTS = """
    select value as text from known
    union select kind || ':' || value from known
    union select prefix || ':' || kind || ':' || value from known cross join prefixes
    union select prefix || ':' || value from known cross join prefixes
"""
PREFIXES = ("key", "person", "customer", "account", "event", "session", "device_id", "erased")
# Hashes that need no secret, whole and cut to 64 and 63 bits.
RECIPES = (
    *("md5(text)", "sha1(text)", "sha256(text)", "hash(text)", "hash(text) >> 1", "md5_number_lower(text)"),
    *("md5_number_lower(text) >> 1", "md5_number_upper(text)", "md5_number_upper(text) >> 1", "md5_number(text)"),
    *(f"('0x' || left({name}(text), 16))::ubigint {shift}" for name in ("md5", "sha1", "sha256") for shift in ("", ">> 1")),
    *(f"('0x' || left({name}(text), 15))::ubigint" for name in ("md5", "sha1", "sha256")),
)
# What a row says, by which a key of a row without an id of its own could be tried.
SAID = (
    *("event_name", "cast(occurred_at as varchar)", "user_id", "anonymous_id", "email", "phone", "device_id", "crm_id"),
    *("account_id", "channel", "campaign", "device", "cast(revenue_amount as varchar)", "currency", "attributes"),
)


def named(world: World, texts: str) -> set[str]:
    """The published columns in which a text stands as it is, or as a hash that needs no secret."""
    with duckdb.connect() as connection:
        for name, path in (("build", world.settings.database), ("working", world.settings.working_database)):
            connection.execute(f"attach '{path}' as {name} (read_only)")
        connection.execute("create table prefixes as select unnest(?::varchar[]) as prefix", [list(PREFIXES)])
        connection.execute(
            "create table known as select id_type as kind, id_value as value from working.intermediate.int_identifiers_known "
            "union select 'account', account_id from working.intermediate.int_events_recorded where account_id is not null "
            "union select 'user_id', cast(number as varchar) from range(2000) as counted (number)"
        )
        connection.execute(f"create table texts as {texts}")
        tried = " union ".join(f"select cast({recipe} as varchar) as tried from texts" for recipe in RECIPES)
        connection.execute(f"create table candidates as {tried}")
        columns = connection.execute(
            "select schema_name || '.' || table_name, column_name from duckdb_columns() where database_name = 'build' "
            "and list_contains(?, schema_name) and data_type in ('BIGINT', 'UBIGINT', 'HUGEINT', 'UHUGEINT', 'VARCHAR')",
            [list(PUBLISHED_SCHEMAS)],
        ).fetchall()
        assert len(columns) > 200
        return {
            f"{table}.{column}"
            for table, column in columns
            if connection.execute(
                f'select 1 from build.{table} where cast("{column}" as varchar) in (select tried from candidates) limit 1'
            ).fetchall()
        }


def test_no_published_key_is_a_hash_of_an_identifier_that_anybody_can_compute(town: World) -> None:
    assert named(town, TEXTS) == set()


def test_no_event_key_is_a_hash_of_what_its_row_says_that_anybody_can_compute(town: World) -> None:
    fields = f"feed, source, source_table, {', '.join(SAID)}"
    filled = ", ".join(f"coalesce({column}, '')" for column in SAID)
    texts = (f"cast(json_array({fields}) as varchar)", f"concat_ws('|', feed, source, source_table, '', {filled})")
    rows = "from working.intermediate.int_events_recorded"
    tried = (f"select {word} || {text} as text {rows}" for text in texts for word in ("''", "'event:'", "'|'"))
    assert named(town, " union ".join(tried)) == set()
