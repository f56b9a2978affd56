"""`make whois ID=email:ada@example.com`: who somebody is in the published tables, for those who hold the key of its hashes.

The value is hashed here and shown nowhere.
"""

from __future__ import annotations

import hashlib
import sys
from dataclasses import dataclass
from datetime import datetime

import duckdb

from warehouse.connection import quoted
from warehouse.contract import PERSON_ID_TYPES
from warehouse.files import readable
from warehouse.home import Busy, held
from warehouse.privacy.personal import Identifier, identifier
from warehouse.settings import Settings, UserError, id_key


@dataclass(frozen=True)
class Period:
    """A person to whom an identifier belongs for a time. Times are UTC without a zone; None is unknown, or not yet.

    `customer_id` is whose journey the person's events belong to, `current_stage` where that customer is at the as-of date.
    """

    person_id: int
    effective_at: datetime | None
    known_at: datetime | None
    superseded_at: datetime | None
    customer_id: int | None
    first_seen_at: datetime | None
    last_seen_at: datetime | None
    current_stage: str | None


def find(settings: Settings, who: Identifier) -> list[Period]:
    """The persons to whom an identifier belongs or belonged, the latest first; none when it is not known.

    The key is THROUGHLINE_ID_KEY, else the one in the home's working file. Raises UserError when there is no key, when it is not
    the one the home's hashes are made with, and when nothing is published.
    """
    if not settings.published_database.is_file():
        raise UserError(f"Nothing is published in {settings.home} yet. Run `make run` first.")
    hashed = hashlib.sha256((key_of(settings) + who.key).encode()).hexdigest()
    sql = """
        with belongings as (select * from marts.dim_identities where id_type = ? and id_hash = ?),
        lives as (
            select
                person_id, any_value(customer_id) as customer_id,
                min(occurred_at) as first_seen_at, max(occurred_at) as last_seen_at
            from marts.fct_events where person_id in (select person_id from belongings) group by person_id
        )
        select belongings.person_id, belongings.effective_at, belongings.known_at, belongings.superseded_at,
            lives.customer_id, lives.first_seen_at, lives.last_seen_at, customers.current_stage
        from belongings left join lives using (person_id) left join marts.dim_customers as customers using (customer_id)
        order by belongings.superseded_at desc nulls first, belongings.effective_at desc
    """
    with duckdb.connect(str(settings.published_database), read_only=True) as connection:
        return [Period(*row) for row in connection.execute(sql, [who.id_type, hashed]).fetchall()]


def key_of(settings: Settings) -> str:
    """The key of the published hashes. Raises UserError when there is none, or when it is not the one of this home."""
    given = id_key()
    kept = _kept_key(settings, is_needed=not given)
    if given and kept and given != kept:
        raise UserError(
            "THROUGHLINE_ID_KEY does not fit: the hashes of this home were made with another key. Set it "
            "to that one, or unset it "
            "to use the key that the home keeps."
        )
    if not (given or kept):
        raise UserError("There is no key: set THROUGHLINE_ID_KEY to what it was when this was published.")
    return given or str(kept)


def _kept_key(settings: Settings, *, is_needed: bool) -> str | None:
    """The key in the working file; None without one, or when it is not needed and another process has the file."""
    if not settings.working_database.is_file():
        return None
    try:
        with held(settings.home, "make whois"), duckdb.connect() as connection:
            connection.execute(f"attach '{quoted(settings.working_database)}' as working (read_only)")
            row = connection.execute("select secret from working.identity.key").fetchone()
    except duckdb.CatalogException:
        return None
    except (Busy, PermissionError, duckdb.IOException):
        if is_needed:
            raise UserError(f"A run is writing {settings.working_database}, which holds the key. Wait for it to end.") from None
        return None
    return str(row[0]) if row else None


def main(arguments: list[str]) -> int:
    """Print who it is; returns the exit code: 0 found, 1 not known, 2 wrong settings or identifier."""
    try:
        if not arguments or arguments[0] in ("-h", "--help"):
            raise UserError(f"Call make whois ID=email:ada@example.com; the kinds are {', '.join(PERSON_ID_TYPES)}.")
        who = identifier(":".join(arguments))
        found = find(Settings.from_environment(), who)
    except UserError as error:
        print(f"✗ {readable(str(error))}", file=sys.stderr)
        return 2
    if not found:
        print(
            f"Nobody is known by this {who.id_type}. (Without the home's working file a wrong key cannot be "
            f"told from an unknown value.)"
        )
        return 1
    print("\n\n".join(_told(period) for period in found))
    return 0


def _told(period: Period) -> str:
    until = f"until {_moment(period.superseded_at)}" if period.superseded_at else "to this day"
    return "\n".join(
        (
            f"person_id      {period.person_id}",
            f"customer_id    {period.customer_id if period.customer_id is not None else 'none: no event up to the as-of date'}",
            f"belongs        from {_moment(period.effective_at)} {until}, known since {_moment(period.known_at)}",
            f"seen           from {_moment(period.first_seen_at)} to {_moment(period.last_seen_at)}",
            f"current stage  {period.current_stage or 'none'}",
        )
    )


def _moment(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else "unknown"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
