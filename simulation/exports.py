"""What a system hands over: tables told in SQL over the life of a block of people.

Here belongs the description of an export. What each system exports is in `vendors`; writing the files is `writing`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["csv", "csv.gz", "jsonl", "parquet"]


@dataclass(frozen=True)
class Export:
    """One table of one system, as that system writes it.

    sql: a query over the life tables.
    moment: the column of it that tells when a row happened; NULL is possible.
    identifiers: columns that hold an identifier of the person, the most trusted first.
    """

    source: str
    table: str
    kind: Kind
    moment: str
    sql: str
    identifiers: tuple[str, ...] = ()
