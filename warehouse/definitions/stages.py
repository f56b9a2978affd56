"""Sets of stages, and the ways into them and out of them."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field, model_validator

from warehouse.definitions.file import Fault, Location, Strict, unknown
from warehouse.definitions.milestones import Milestones
from warehouse.definitions.rows import Row
from warehouse.definitions.values import MOST, Name

# More stages than this and nobody can draw the map; a hint, not a fault.
READABLE_STAGE_COUNT = 9


class Entry(Strict):
    """One way into a stage: at a milestone, or when events stop for some days, or with the first event after such a silence.

    `again`: every time the milestone is reached leads in, also back from later stages. `from_stages`: only out of these.
    """

    milestone: Name | None = None
    again: bool = False
    from_stages: list[Name] = Field(default=[], alias="from")
    inactive_days: float | None = Field(None, gt=0, le=MOST)
    returns_after_days: float | None = Field(None, gt=0, le=MOST)
    event_types: list[Name] = []
    after: Name | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Entry:
        kinds = [self.milestone, self.inactive_days, self.returns_after_days]
        if sum(kind is not None for kind in kinds) != 1:
            raise ValueError("an entry names exactly one of milestone, inactive_days, returns_after_days")
        if self.milestone is None and not self.event_types:
            raise ValueError("an entry by silence or return needs event_types: the events whose absence counts")
        if self.milestone is None and self.again:
            raise ValueError("`again` is for milestones; every silence and every return counts anyway")
        return self

    @property
    def kind(self) -> str:
        """milestone, inactivity or return."""
        if self.milestone is not None:
            return "milestone"
        return "inactivity" if self.inactive_days is not None else "return"


class Exit(Entry):
    """One way out of a stage into another one, forward or back; what leads out is said as for an entry."""

    to: Name


class Stage(Strict):
    """A state of the journey; a customer is in exactly one of a stage set at any time.

    `is_on_path`: part of the journey one hopes for; a stage like "at risk" is not, and is never counted as skipped.
    `min_days`: who is led out again within less was never there.
    """

    name: Name
    description: str
    enter: list[Entry] = []
    exit: list[Exit] = []
    min_days: float | None = Field(None, gt=0, le=MOST)
    is_on_path: bool = True
    is_terminal: bool = False


class StageSet(Strict):
    """Stages in the order in which they are shown."""

    description: str
    stages: list[Stage] = Field(min_length=2)

    def entries(self) -> Iterator[tuple[str, int, Entry]]:
        """The ways into each stage, numbered; a way out is a way into another stage, at any time and out of this one alone."""
        ways: dict[str, list[Entry]] = {stage.name: list(stage.enter) for stage in self.stages}
        for stage in self.stages:
            for way in stage.exit:
                of_milestone = {"again": way.milestone is not None, "from_stages": [stage.name]}
                ways.get(way.to, []).append(way.model_copy(update=of_milestone))
        for stage_name, entries in ways.items():
            for number, entry in enumerate(entries, 1):
                yield stage_name, number, entry


class StageSetRow(Row, table="stage_sets"):
    """A set of stages."""

    stage_set: str
    description: str
    is_primary: bool


class StageRow(Row, table="stages"):
    """A stage, in its place."""

    stage_set: str
    stage: str
    position: int
    description: str
    is_on_path: bool
    is_terminal: bool
    min_days: float | None


class StageEntryRow(Row, table="stage_entries"):
    """A way into a stage."""

    stage_set: str
    stage: str
    entry: int
    kind: str
    milestone: str | None
    silence_days: float | None
    after_milestone: str | None
    is_repeated: bool


class StageEntryEventRow(Row, table="stage_entry_events"):
    """An event type that a way into a stage looks at."""

    stage_set: str
    stage: str
    entry: int
    event_type: str


class StageEntryOriginRow(Row, table="stage_entry_origins"):
    """A stage that a way into another leads out of."""

    stage_set: str
    stage: str
    entry: int
    from_stage: str


class Stages(Milestones):
    """`stage_sets`, by name."""

    stage_sets: dict[Name, StageSet]

    def event_types_in_use(self) -> Iterator[str]:
        """Those whose silence or return leads into a stage."""
        for stage_set in self.stage_sets.values():
            for _, _, entry in stage_set.entries():
                yield from entry.event_types

    def hints(self) -> Iterator[str]:
        """Stage sets that are too long."""
        for name, stage_set in self.stage_sets.items():
            if (count := len(stage_set.stages)) > READABLE_STAGE_COUNT:
                yield f"stage set {name} has {count} stages; beyond {READABLE_STAGE_COUNT} a map is hard to read"

    def faults(self) -> Iterator[Fault]:
        """Unknown names, and stages nobody gets into or out of as they are written."""
        yield from unknown("stage set", self.journey.primary_stage_set, self.stage_sets, ("journey", "primary_stage_set"))
        for name, stage_set in self.stage_sets.items():
            names = [stage.name for stage in stage_set.stages]
            led_to = {way.to for stage in stage_set.stages for way in stage.exit}
            for number, stage in enumerate(stage_set.stages):
                at: Location = ("stage_sets", name, "stages", number)
                if stage.name in names[:number]:
                    yield at, f"stage '{stage.name}' stands twice in stage set '{name}'"
                if number and not stage.enter and stage.name not in led_to:
                    yield at, f"stage '{stage.name}' has no way in; only the first stage of a set may go without `enter`"
                if stage.is_terminal and stage.exit:
                    yield at, f"stage '{stage.name}' is terminal: nothing leads out of it"
                for index, entry in enumerate(stage.enter):
                    yield from self._faults_of(entry, names, (*at, "enter", index))
                for index, way in enumerate(stage.exit):
                    yield from self._faults_of(way, names, (*at, "exit", index))

    def _faults_of(self, entry: Entry, stages: list[str], at: Location) -> Iterator[Fault]:
        yield from self.unknown_milestone(entry.milestone, (*at, "milestone"))
        yield from self.unknown_milestone(entry.after, (*at, "after"))
        yield from self.unknown_event_types(entry.event_types, (*at, "event_types"))
        for place, origin in enumerate(entry.from_stages):
            yield from unknown("stage", origin, stages, (*at, "from", place))
        if isinstance(entry, Exit):
            yield from unknown("stage", entry.to, stages, (*at, "to"))
            if entry.from_stages or entry.again:
                yield at, "a way out leads out of its own stage, every time; leave `from` and `again` out"

    def rows(self) -> Iterator[Row]:
        """The stage sets, their stages, and the ways into each."""
        for name, stage_set in self.stage_sets.items():
            is_primary = name == self.journey.primary_stage_set
            yield StageSetRow(stage_set=name, description=stage_set.description, is_primary=is_primary)
            for position, stage in enumerate(stage_set.stages, 1):
                yield StageRow(
                    stage_set=name,
                    stage=stage.name,
                    position=position,
                    description=stage.description,
                    is_on_path=stage.is_on_path,
                    is_terminal=stage.is_terminal,
                    min_days=stage.min_days,
                )
            for stage_name, number, entry in stage_set.entries():
                yield StageEntryRow(
                    stage_set=name,
                    stage=stage_name,
                    entry=number,
                    kind=entry.kind,
                    milestone=entry.milestone,
                    silence_days=entry.inactive_days or entry.returns_after_days,
                    after_milestone=entry.after,
                    is_repeated=entry.again,
                )
                for event_type in dict.fromkeys(entry.event_types):
                    yield StageEntryEventRow(stage_set=name, stage=stage_name, entry=number, event_type=event_type)
                for origin in dict.fromkeys(entry.from_stages):
                    yield StageEntryOriginRow(stage_set=name, stage=stage_name, entry=number, from_stage=origin)
