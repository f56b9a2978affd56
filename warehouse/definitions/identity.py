"""Which identifiers join people, and which values stand for nobody."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pydantic import Field

from warehouse.contract import PersonIdType
from warehouse.definitions.file import Fault, Strict, repeated
from warehouse.definitions.rows import Row, Section
from warehouse.definitions.values import MOST, words

# Never join people, whatever the journey file says; what else names nobody (rounded numbers, errors, what is no address) is the
# macro refusal_of.
NOBODY = words("nobody")
MAILBOXES = words("mailboxes")
FREE_MAIL_DOMAINS = words("free_mail_domains")


class IdLimit(Strict):
    """How many identifiers of a type one person may get within how many days; without days: ever."""

    count: int = Field(ge=1, le=MOST)
    days: float | None = Field(None, gt=0, le=MOST)


class Identity(Strict):
    """Which identifiers join people, in order of trust; what never does, beside NOBODY and FREE_MAIL_DOMAINS; and the guards that
    keep two people from becoming one."""

    id_types: list[PersonIdType] = ["user_id", "crm_id", "email", "phone", "device_id", "anonymous_id"]
    unique: list[PersonIdType] = ["user_id"]
    limits: dict[PersonIdType, IdLimit] = {
        "email": IdLimit(count=5, days=365),
        "phone": IdLimit(count=5, days=365),
        "device_id": IdLimit(count=5, days=365),
        "anonymous_id": IdLimit(count=5, days=7),
    }
    stitch_lookback_days: float = Field(30, ge=0, le=MOST)
    max_partners: int = Field(200, ge=1, le=MOST)
    max_identifiers: int = Field(1000, ge=2, le=MOST)
    max_merges: int = Field(100, ge=1, le=MOST)
    blocked_values: list[str] = []
    free_mail_domains: list[str] = []


class IdTypeRow(Row, table="id_types"):
    """A type of identifier that joins people."""

    id_type: str
    priority: int
    is_unique: bool


class BlockedIdentifierRow(Row, table="blocked_identifiers"):
    """A value that stands for nobody."""

    id_value: str
    is_mailbox: bool


class FreeMailDomainRow(Row, table="free_mail_domains"):
    """A domain that says nothing about a company."""

    domain: str


class Identities(Section):
    """`identity`."""

    identity: Identity = Identity()

    def faults(self) -> Iterator[Fault]:
        """Types that stand twice."""
        yield from repeated("id type", self.identity.id_types, ("identity", "id_types"))

    def rows(self) -> Iterator[Row]:
        """The types of identifiers in order of trust, the values that stand for nobody, and the domains that say no company."""
        for priority, id_type in enumerate(self.identity.id_types, 1):
            yield IdTypeRow(id_type=id_type, priority=priority, is_unique=id_type in self.identity.unique)
        for value in sorted({*NOBODY, *MAILBOXES, *_as_looked_up(self.identity.blocked_values)}):
            yield BlockedIdentifierRow(id_value=value, is_mailbox=value in MAILBOXES)
        for domain in sorted({name.strip().lower() for name in (*FREE_MAIL_DOMAINS, *self.identity.free_mail_domains)}):
            yield FreeMailDomainRow(domain=domain)


def _as_looked_up(values: Iterable[str]) -> Iterator[str]:
    """Values that stand for nobody, as the macro word_of in dbt looks them up: without signs around, a phone by its digits."""
    for value in values:
        yield value.strip().lower().strip(" []()<>{}!?*._/")
        if len(re.findall("[0-9]", value)) >= 6:
            yield re.sub("^00", "+", re.sub("[^0-9+]", "", value))
