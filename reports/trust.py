"""How far a published number may be trusted, as the tables themselves say it.

What belongs here: the two columns `trust_state` and `trust_reason` of a report's rows, told once per figure.
What does not: deciding what is trusted.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from reports.frames import Row

TRUST_COLUMNS = ("trust_state", "trust_reason")


@dataclass(frozen=True)
class Trust:
    """`state` is trusted, unjudged, warned, withheld, or partly withheld: another number of the table is, not the one shown."""

    state: str
    reasons: tuple[str, ...] = ()

    @property
    def is_withheld(self) -> bool:
        """Whether there is no number to show."""
        return self.state == "withheld"


TRUSTED = Trust("trusted")


def trust_of(found: Iterable[Row], shown: str) -> Trust:
    """One word for the rows of a figure, which shows the column `shown`."""
    listed = list(found)
    doubted = [row for row in listed if row["trust_state"] not in (None, "trusted")]
    if not doubted:
        return TRUSTED
    lines = (line.strip() for row in doubted for line in str(row["trust_reason"] or "").splitlines())
    reasons = tuple(dict.fromkeys(line for line in lines if line))
    if all(row["trust_state"] != "withheld" for row in doubted):
        return Trust("warned" if any(row["trust_state"] == "warned" for row in doubted) else "unjudged", reasons)
    return Trust("withheld" if all(row[shown] is None for row in listed) else "partly withheld", reasons)
