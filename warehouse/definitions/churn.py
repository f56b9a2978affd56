"""When a customer counts as lost."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from warehouse.definitions.events import Events
from warehouse.definitions.file import Fault, Strict
from warehouse.definitions.rows import Row
from warehouse.definitions.values import MOST, Name


class ChurnRules(Strict):
    """What counts as being alive, and after how many days without it a customer counts as lost."""

    event_types: list[Name] = Field(min_length=1)
    inactive_days: int = Field(30, ge=1, le=MOST)


class ChurnEventTypeRow(Row, table="churn_event_types"):
    """An event that counts as being alive."""

    event_type: str


class Churn(Events):
    """`churn`."""

    churn: ChurnRules

    def event_types_in_use(self) -> Iterator[str]:
        """Those that count as being alive."""
        yield from self.churn.event_types

    def faults(self) -> Iterator[Fault]:
        """Unknown event types."""
        yield from self.unknown_event_types(self.churn.event_types, ("churn", "event_types"))

    def rows(self) -> Iterator[Row]:
        """The events that count as being alive."""
        for event_type in dict.fromkeys(self.churn.event_types):
            yield ChurnEventTypeRow(event_type=event_type)
