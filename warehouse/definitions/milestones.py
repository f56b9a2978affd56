"""What a customer reaches."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from warehouse.definitions.events import Events, path_end
from warehouse.definitions.file import Fault, Location, Strict, unknown
from warehouse.definitions.rows import Row
from warehouse.definitions.values import MOST, Dimension, Name


class Where(Strict):
    """A condition on one named column of the unified event."""

    column: Dimension
    equals: str


class Milestone(Strict):
    """A thing a customer reaches: one of these events, so many times, perhaps within so many days or after another milestone."""

    description: str
    event_types: list[Name] = Field(min_length=1)
    min_count: int = Field(1, ge=1, le=MOST)
    within_days: float | None = Field(None, gt=0, le=MOST)
    after: Name | None = None
    where: Where | None = None
    is_critical: bool = False


class MilestoneRow(Row, table="milestones"):
    """A milestone."""

    milestone: str
    description: str
    min_count: int
    within_days: float | None
    after_milestone: str | None
    where_column: str | None
    where_value: str | None
    is_critical: bool


class MilestoneEventRow(Row, table="milestone_events"):
    """An event type that reaches a milestone."""

    milestone: str
    event_type: str


class Milestones(Events):
    """`milestones`, by name."""

    milestones: dict[Name, Milestone]

    def unknown_milestone(self, name: str | None, loc: Location) -> Iterator[Fault]:
        """A milestone that is used and not defined."""
        yield from unknown("milestone", name, self.milestones, loc)

    def event_types_in_use(self) -> Iterator[str]:
        """Those that reach a milestone."""
        for one in self.milestones.values():
            yield from one.event_types

    def faults(self) -> Iterator[Fault]:
        """Unknown names, and milestones that nobody could reach as they are written."""
        for name, one in self.milestones.items():
            at: Location = ("milestones", name)
            yield from path_end("milestones", name)
            yield from self.unknown_event_types(one.event_types, (*at, "event_types"))
            yield from self.unknown_milestone(one.after, (*at, "after"))
            earlier = self.milestones.get(one.after or "")
            if earlier and earlier.after:
                yield (*at, "after"), f"'{one.after}' itself has an `after`; a milestone follows one that stands on its own"
            if one.within_days and one.min_count == 1 and not one.after:
                yield (*at, "within_days"), "within_days needs a min_count above 1 or an `after`: within what span otherwise?"

    def rows(self) -> Iterator[Row]:
        """The milestones and the events that reach them."""
        for name, one in self.milestones.items():
            yield MilestoneRow(
                milestone=name,
                description=one.description,
                min_count=one.min_count,
                within_days=one.within_days,
                after_milestone=one.after,
                where_column=one.where.column if one.where else None,
                where_value=one.where.equals if one.where else None,
                is_critical=one.is_critical,
            )
            for event_type in dict.fromkeys(one.event_types):
                yield MilestoneEventRow(milestone=name, event_type=event_type)
