"""The closed vocabulary of events, and what systems call them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BeforeValidator, Field

from warehouse.definitions.file import Fault, Location, Strict, unknown
from warehouse.definitions.rows import Row
from warehouse.definitions.subject import Subject
from warehouse.definitions.values import Name
from warehouse.sources import SOURCES

# The standard vocabulary and the rules for channels; what is in it is told in the file.
TAXONOMY: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "taxonomy.yml").read_text(encoding="utf-8"))

# What stands in a step matrix before the first event and after the last one.
PATH_ENDS = {"path_start", "path_end"}


def plain_name(name: str) -> str:
    """An event's name without case and punctuation, as names are compared: `Order Completed` is `order_completed`."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def path_end(section: str, name: str) -> Iterator[Fault]:
    """A name that would be mistaken for an end of a path."""
    if name in PATH_ENDS:
        yield (section, name), f"'{name}' is what the step matrix calls an end of a path; choose another name"


class EventType(Strict):
    """One word of the closed vocabulary of events; `names` are what systems call it, by source."""

    description: str
    is_behaviour: bool = False
    names: dict[str, list[str]] = {}


class EventTypeRow(Row, table="event_types"):
    """A word of the vocabulary of events."""

    event_type: str
    description: str
    is_behaviour: bool
    is_expected: bool


class EventNameRow(Row, table="event_names"):
    """What a source calls an event type."""

    source: str
    event_name: str
    event_type: str


def _beside_the_standard_ones(given: Any) -> Any:
    return TAXONOMY["event_types"] | given if isinstance(given, dict) else given


class Events(Subject):
    """`event_types`: the journey's own beside those of the taxonomy, which they overrule."""

    event_types: Annotated[dict[Name, EventType], BeforeValidator(_beside_the_standard_ones)] = Field({}, validate_default=True)

    @property
    def expected_event_types(self) -> set[str]:
        """The event types whose absence is worth a word: those the definitions build on, and the journey file's own."""
        return set(self.of_each_section("event_types_in_use"))

    def event_types_in_use(self) -> Iterator[str]:
        """The journey file's own."""
        yield from set(self.event_types) - set(TAXONOMY["event_types"])

    def unknown_event_types(self, kinds: list[str], loc: Location) -> Iterator[Fault]:
        """Those of a list that are no event types; the standard ones are too many to read in a message."""
        own = [kind for kind in self.event_types if kind not in TAXONOMY["event_types"]]
        listed = ", ".join([*own, "the words of docs/taxonomy.md"])
        for number, kind in enumerate(kinds):
            yield from unknown("event type", kind, self.event_types, (*loc, number), listed)

    def faults(self) -> Iterator[Fault]:
        """Names that mean something else."""
        for name in self.event_types:
            yield from path_end("event_types", name)

    def rows(self) -> Iterator[Row]:
        """The vocabulary, and each name that a system gives to an event; the file overrules the source's own list."""
        expected = self.expected_event_types
        for event_type, kind in self.event_types.items():
            yield EventTypeRow(
                event_type=event_type,
                description=kind.description,
                is_behaviour=kind.is_behaviour,
                is_expected=event_type in expected,
            )
        names = {
            (source.name, plain_name(name)): kind for source in SOURCES.values() for name, kind in source.event_names.items()
        }
        names |= {
            (source, plain_name(name)): event_type
            for event_type, kind in self.event_types.items()
            for source, own in kind.names.items()
            for name in own
        }
        for (source, event_name), event_type in names.items():
            yield EventNameRow(source=source, event_name=event_name, event_type=event_type)
