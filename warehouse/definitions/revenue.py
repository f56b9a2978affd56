"""Whose money counts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from warehouse.definitions.file import Strict
from warehouse.definitions.rows import Row, Section


class RevenueRules(Strict):
    """Whose money counts as a customer's revenue, when several systems tell of the same payment, and in which currency."""

    sources: list[str] = []
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] | None = None


class RevenueSourceRow(Row, table="revenue_sources"):
    """A source whose money counts."""

    source: str


class Revenue(Section):
    """`revenue`."""

    revenue: RevenueRules = RevenueRules()

    def rows(self) -> Iterator[Row]:
        """The sources whose money counts."""
        for source in dict.fromkeys(self.revenue.sources):
            yield RevenueSourceRow(source=source)
