"""What must come of a random list of events, by brute force: ways through a funnel, and the stages a customer is in.

Plain loops over one customer's events, which share nothing with the SQL that does the same for all. An event is
(occurred_at, line of the file, event type).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from warehouse.definitions.funnels import Funnel
from warehouse.definitions.journey import Journey
from warehouse.definitions.stages import StageSet

Event = tuple[datetime, int, str]
Place = tuple[datetime, int]  # a time, and at one time the number of the step


class Way(NamedTuple):
    """The best way from the entries of a customer: its entry, how far it got and when, and every step that its entry reached."""

    entered_at: datetime
    entry: int
    depth: int
    completed_at: datetime
    steps: frozenset[int]


def reached(journey: Journey, milestone: str, events: Sequence[Event]) -> list[Event]:
    """The events at which a milestone without a count is reached."""
    definition = journey.milestones[milestone]
    found = [event for event in events if event[2] in definition.event_types]
    if definition.min_count > 1:
        assert definition.within_days is not None
        assert not definition.after
        span = timedelta(days=definition.within_days)
        for place in range(definition.min_count - 1, len(found)):
            if found[place][0] - found[place - definition.min_count + 1][0] <= span:
                return [found[place]]
        return []
    if definition.after:
        before = reached(journey, definition.after, events)
        return [event for event in found if before and event[0] >= before[0][0] and event[1] != before[0][1]]
    return found


def ways(journey: Journey, funnel: Funnel, events: Sequence[Event]) -> list[Way]:
    """The best way from each entry, whichever events it may take; every chain there is is tried."""
    steps = [reached(journey, step.milestone, events) for step in funnel.steps]
    barred = [event for milestone in funnel.exclude for event in reached(journey, milestone, events)]
    found = []
    for entry in steps[0]:
        ends: list[tuple[int, datetime]] = []
        _follow(funnel, steps, barred, [(1, entry)], ends)
        depth = max(step for step, _ in ends)
        completed_at = min(at for step, at in ends if step == depth)
        found.append(Way(entry[0], entry[1], depth, completed_at, frozenset(step for step, _ in ends)))
    return found


def _follow(
    funnel: Funnel,
    steps: list[list[Event]],
    barred: list[Event],
    chain: list[tuple[int, Event]],
    ends: list[tuple[int, datetime]],
) -> None:
    """Add where this chain stands, and where it leads."""
    step, last = chain[-1]
    ends.append((step, last[0]))
    entry = chain[0][1]
    for number in range(step + 1, len(steps) + 1):
        definition = funnel.steps[number - 1]
        for event in steps[number - 1]:
            if (event[0], number) <= (last[0], step) or event[1] in {taken[1] for _, taken in chain}:
                continue
            if funnel.window_days is not None and event[0] - entry[0] > timedelta(days=funnel.window_days):
                continue
            if definition.within_days is not None and event[0] - last[0] > timedelta(days=definition.within_days):
                continue
            between = [(one[0], 0) for one in barred]
            if funnel.strict_order:
                others = [place for place in range(1, len(steps) + 1) if place not in (number - 1, number)]
                between += [(one[0], place) for place in others for one in steps[place - 1]]
            if any((last[0], step) < place < (event[0], number) for place in between):
                continue
            _follow(funnel, steps, barred, [*chain, (number, event)], ends)
        if not definition.is_optional:
            return


def best(found: Iterable[Way]) -> Way:
    """The way that gets furthest, then completes first, then began last."""
    return min(found, key=lambda way: (-way.depth, way.completed_at, -way.entered_at.timestamp(), -way.entry))


def attempts(funnel: Funnel, found: Sequence[Way]) -> list[Way]:
    """The ways that begin while no other is under way."""
    made: list[Way] = []
    until: datetime | None = datetime.min
    for way in sorted(found, key=lambda way: (way.entered_at, way.entry)):
        if until is not None and way.entered_at > until:
            made.append(way)
            is_done = way.depth == len(funnel.steps)
            window = timedelta(days=funnel.window_days) if funnel.window_days is not None else None
            until = way.completed_at if is_done else way.entered_at + window if window is not None else None
    return made


class Visit(NamedTuple):
    """A stay in a stage; exited_at is None while it lasts."""

    stage: str
    entered_at: datetime
    exited_at: datetime | None
    reason: str


class _Signal(NamedTuple):
    at: datetime
    line: int
    is_terminal: bool
    position: int
    reason: str
    entry: int
    stage: str
    origins: list[str]
    counts_always: bool
    advances: bool


def pulse_end(journey: Journey, after: str | None, event_types: list[str], people: Iterable[Sequence[Event]]) -> datetime | None:
    """The last beat that anybody has."""
    beats = [beat[0] for events in people for beat in _beats(journey, after, event_types, events)]
    return max(beats, default=None)


def _beats(journey: Journey, after: str | None, event_types: list[str], events: Sequence[Event]) -> list[Event]:
    begun = reached(journey, after, events)[:1] if after else []
    if after and not begun:
        return []
    return [event for event in events if event[2] in event_types and (not begun or event[0] >= begun[0][0])]


def visits(
    journey: Journey, stage_set: StageSet, events: Sequence[Event], pulse_ends: dict[tuple[str, int], datetime | None]
) -> list[Visit]:
    """The stays of one customer; `pulse_ends` says of each way in by silence or return, until when its pulse is known."""
    if not events:
        return []
    signals = [
        _Signal(*events[0][:2], stage_set.stages[0].is_terminal, 1, "first_contact", 0, stage_set.stages[0].name, [], True, False)
    ]
    ways_in = [(stage, entry, entry.from_stages, entry.again) for stage in stage_set.stages for entry in stage.enter]
    by_name = {stage.name: stage for stage in stage_set.stages}
    ways_in += [(by_name[way.to], way, [stage.name], True) for stage in stage_set.stages for way in stage.exit]
    numbers: dict[str, int] = {}
    for stage, entry, origins, again in ways_in:
        numbers[stage.name] = number = numbers.get(stage.name, 0) + 1
        position = stage_set.stages.index(stage) + 1
        if entry.milestone:
            times = [event[:2] for event in reached(journey, entry.milestone, events)]
            times = times if again else times[:1]
            always = again or not stage.is_on_path
            found = [(at, line, "milestone", always, stage.is_on_path) for at, line in times]
        else:
            found = _silences(journey, entry.after, entry.event_types, entry.inactive_days, entry.returns_after_days, events,
                              pulse_ends[stage.name, number])  # fmt: skip
        signals += [
            _Signal(at, line, stage.is_terminal, position, reason, number, stage.name, origins, always, advances)
            for at, line, reason, always, advances in found
        ]
    return _lasting(stage_set, _walk(sorted(signals, key=lambda signal: signal[:6])))


def _silences(
    journey: Journey,
    after: str | None,
    event_types: list[str],
    inactive_days: float | None,
    returns_after_days: float | None,
    events: Sequence[Event],
    known_until: datetime | None,
) -> list[tuple[datetime, int, str, bool, bool]]:
    beats = [beat[:2] for beat in _beats(journey, after, event_types, events)]
    if after:
        beats = sorted([event[:2] for event in reached(journey, after, events)[:1]] + beats)
    found = []
    for number, beat in enumerate(beats):
        following = beats[number + 1] if number + 1 < len(beats) else None
        silent_at = beat[0] + timedelta(days=inactive_days or returns_after_days or 0)
        if known_until is None or silent_at > known_until or (following is not None and following[0] <= silent_at):
            continue
        if inactive_days:
            found.append((silent_at, -1, "inactivity", True, False))
        elif following is not None:
            found.append((*following, "return", True, False))
    return found


def _walk(signals: list[_Signal]) -> list[tuple[datetime, str, str]]:
    """The changes of stage; of several in one moment the last."""
    changes: list[tuple[datetime, str, str]] = []
    stage: str | None = None
    furthest: int | None = None
    for signal in signals:
        if signal.origins and stage not in signal.origins:
            continue
        if not signal.counts_always and furthest is not None and signal.position < furthest:
            continue
        if signal.advances:
            furthest = signal.position
        if signal.stage != stage:
            stage = signal.stage
            if changes and changes[-1][0] == signal.at:
                changes.pop()
            changes.append((signal.at, stage, signal.reason))
        if signal.is_terminal:
            break
    return changes


def _lasting(stage_set: StageSet, changes: list[tuple[datetime, str, str]]) -> list[Visit]:
    """The visits that were long enough, neighbours in one stage as one."""
    shortest = {stage.name: timedelta(days=stage.min_days or 0) for stage in stage_set.stages}
    kept: list[tuple[datetime, str, str]] = []
    for number, (at, stage, reason) in enumerate(changes):
        is_last = number == len(changes) - 1
        if number and not is_last and changes[number + 1][0] - at < shortest[stage]:
            continue
        if not kept or kept[-1][1] != stage:
            kept.append((at, stage, reason))
    ends = [*(at for at, _, _ in kept[1:]), None]
    return [Visit(stage, at, end, reason) for (at, stage, reason), end in zip(kept, ends, strict=True)]
