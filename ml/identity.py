"""Who is who: the persons of an identity graph, on arrays, and the guards that keep two people from becoming one.

Identifiers that stand in one row belong to one person, and so do those they stand with elsewhere: the connected components. Only
the components that break a guard are replayed, row by row in the order of time, and what would break it is refused. What the
keys stand for is decided in SQL; nothing here depends on the order in which rows are told.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree

Keys = NDArray[np.int64]
Bools = NDArray[np.bool_]

NOBODY = 0  # in place of a key: the row has no identifier of that kind
DAY = 86_400_000_000  # microseconds
REFUSAL_COLUMNS = ("refused_key", "kept_key", "former_key", "rule", "seen_at", "event_id")
MERGE_COLUMNS = ("key_from", "key_to", "known_at", "seen_at", "event_id")
Refusal = tuple[int, int, int, str, int, int]


@dataclass(frozen=True)
class Guards:
    """What two people have to be kept apart by. Kinds of identifiers are numbered from the most to the least trusted.

    unique: kinds of which a person has one value ever. limits: of a kind, how many values a person may get within how many
    days (None: ever). max_partners: an identifier that stands with more others than this names nobody. max_identifiers,
    max_merges: a person who would grow beyond is left as it is.
    """

    unique: frozenset[int] = frozenset()
    limits: dict[int, tuple[int, float | None]] = field(default_factory=dict)
    max_partners: int = 200
    max_identifiers: int = 1_000
    max_merges: int = 100


@dataclass(frozen=True)
class Sightings:
    """Identifiers that were seen in one row, once per combination.

    keys: (m, kinds), NOBODY where a row has none; seen_at: (m,) microseconds of the first such row; event_id: (m,) that row.
    """

    keys: Keys
    seen_at: Keys
    event_id: Keys

    def __len__(self) -> int:
        return len(self.seen_at)

    def only(self, which: Keys | Bools) -> Sightings:
        """Some of them."""
        return Sightings(self.keys[which], self.seen_at[which], self.event_id[which])

    def without(self, blocked: Keys) -> Sightings:
        """The same without some identifiers."""
        return Sightings(np.where(np.isin(self.keys, blocked), NOBODY, self.keys), self.seen_at, self.event_id)


@dataclass(frozen=True)
class Persons:
    """Who is who.

    component: (n,) the smallest key of each node's person; is_shared: (n,) whether a node names nobody by itself, because two
    people used it; refusals: one row per identifier that was refused to stand for a person, with REFUSAL_COLUMNS (former_key:
    an identifier it had stood for until then, or NOBODY).
    """

    component: Keys
    is_shared: Bools
    refusals: pd.DataFrame


@dataclass(frozen=True)
class Ages:
    """Of each node (n,): when it was first seen and known here, in microseconds, and how little it is trusted."""

    first_seen: Keys
    trust: Keys
    known_at: Keys


def component_keys(nodes: Keys, left: Keys, right: Keys) -> Keys:
    """The component of each node, named by the smallest key in it, so that the answer does not depend on any order.

    `nodes` (n,) holds distinct keys; `left` and `right` (m,) are the two ends of each edge. Returns (n,), aligned to `nodes`.
    Raises ValueError for an edge whose end is no node.
    """
    order = np.argsort(nodes)
    ordered = nodes[order]
    ends = _places(ordered, left), _places(ordered, right)
    graph = coo_array((np.ones(len(left), dtype=np.int8), ends), shape=(len(ordered),) * 2)
    count, labels = connected_components(graph, directed=False)
    smallest: Keys = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(smallest, labels, ordered)
    named: Keys = np.empty_like(ordered)
    named[order] = smallest[labels]
    return named


def _places(ordered: Keys, keys: Keys) -> Keys:
    """Where each key stands among ordered ones. Raises ValueError for a key that is not among them."""
    # Looked up in their own order: 20 M keys in 4 s. In any other every look-up misses the processor's cache, and it takes 32 s.
    order = np.argsort(keys)
    sought = keys[order]
    found = np.searchsorted(ordered, sought)
    if len(sought) and (not len(ordered) or found[-1] == len(ordered) or not np.array_equal(ordered[found], sought)):
        raise ValueError("an edge ends in a key that is not among the nodes")
    places: Keys = np.empty(len(keys), dtype=np.int64)
    places[order] = found
    return places


def solve_persons(nodes: Keys, kinds: NDArray[np.integer], sightings: Sightings, guards: Guards) -> Persons:
    """Find the persons of a graph under guards.

    `nodes` (n,) distinct keys, `kinds` (n,) the kind of each. An identifier that stood with two values of a unique kind, in one
    row each or by way of others, is shared: it connects nothing, and its uses have to be told apart one by one. Raises
    ValueError for a sighting of a key that is no node.
    """
    refusals: list[Refusal] = []
    blocked = _shared_at_first_sight(sightings, guards, refusals)
    blocked |= _standing_with_too_many(sightings.without(_array(blocked)), guards, refusals)
    component = np.empty_like(nodes)
    open_nodes, open_sightings = np.arange(len(nodes)), sightings
    while True:
        usable = open_sightings.without(_array(blocked))
        _, left, right = _edges(usable)
        component[open_nodes] = component_keys(nodes[open_nodes], left, right)
        broken = _broken(component[open_nodes], kinds[open_nodes], guards)
        if not len(broken):
            break
        open_nodes = open_nodes[np.isin(component[open_nodes], broken)]
        is_open: Bools = np.asarray(np.isin(open_sightings.keys, nodes[open_nodes]).any(axis=1))
        open_sightings = open_sightings.only(is_open)
        replay = _Replay(guards)
        replay.run(usable.only(is_open))
        newly_shared = {key for key, _, _, rule, *_ in replay.refusals if rule == "unique"}
        if newly_shared:
            # Two people used them: they connect nothing, and what else they connected is looked at again.
            refusals += [row for row in replay.refusals if row[0] in newly_shared]
            blocked |= newly_shared
            continue
        refusals += replay.refusals
        component[open_nodes] = [replay.named(key) for key in nodes[open_nodes].tolist()]
        component[open_nodes] = _renamed(nodes[open_nodes], component[open_nodes])
        break
    told = pd.DataFrame(refusals, columns=list(REFUSAL_COLUMNS))
    return Persons(component, np.isin(nodes, _array(blocked)), told)


def _array(keys: Iterable[int]) -> Keys:
    return np.fromiter(keys, dtype=np.int64)


def _edges(sightings: Sightings) -> tuple[Keys, Keys, Keys]:
    """From the most trusted identifier of each row to its others: the rows, and the two ends."""
    keys = sightings.keys
    if not len(keys):
        return _array([]), _array([]), _array([])
    hub = keys[np.arange(len(keys)), (keys != NOBODY).argmax(axis=1)]
    row, kind = np.nonzero((keys != NOBODY) & (keys != hub[:, None]))
    return row, hub[row], keys[row, kind]


def _shared_at_first_sight(sightings: Sightings, guards: Guards, refusals: list[Refusal]) -> set[int]:
    """Identifiers that stood beside two values of a unique kind; each further value is a refusal, its first row the evidence."""
    shared: set[int] = set()
    for unique in guards.unique:
        for kind in range(sightings.keys.shape[1]):
            if kind in guards.unique:
                continue
            names, values = sightings.keys[:, kind], sightings.keys[:, unique]
            both = np.flatnonzero((names != NOBODY) & (values != NOBODY))
            order = both[np.lexsort((sightings.event_id[both], sightings.seen_at[both], values[both], names[both]))]
            name, value = names[order], values[order]
            is_first = np.ones(len(order), dtype=bool)
            is_first[1:] = (name[1:] != name[:-1]) | (value[1:] != value[:-1])
            pairs = order[is_first]
            name, count = np.unique(names[pairs], return_counts=True)
            several = name[count > 1]
            if not len(several):
                continue
            shared.update(several.tolist())
            told = pairs[np.isin(names[pairs], several)]
            told = told[np.lexsort((sightings.event_id[told], sightings.seen_at[told], names[told]))]
            for former, row in pairwise(told.tolist()):
                if names[former] == names[row]:
                    evidence = int(sightings.seen_at[row]), int(sightings.event_id[row])
                    refusals.append((int(names[row]), int(values[row]), int(values[former]), "unique", *evidence))
    return shared


def _standing_with_too_many(sightings: Sightings, guards: Guards, refusals: list[Refusal]) -> set[int]:
    """Identifiers, of no unique kind, that stood with more others than any one person has."""
    allowed = [kind for kind in range(sightings.keys.shape[1]) if kind not in guards.unique]
    found, counts = np.unique(sightings.keys[:, allowed], return_counts=True)
    crowded = found[(counts > guards.max_partners) & (found != NOBODY)]
    too_many: set[int] = set()
    for key in crowded.tolist():
        rows = np.flatnonzero((sightings.keys == key).any(axis=1))
        partners = np.setdiff1d(np.unique(sightings.keys[rows]), [key, NOBODY])
        if len(partners) > guards.max_partners:
            too_many.add(key)
            last = rows[np.lexsort((sightings.event_id[rows], sightings.seen_at[rows]))][-1]
            kept = int(next(other for other in sightings.keys[last] if other not in (NOBODY, key)))
            refusals.append((key, kept, NOBODY, "partners", int(sightings.seen_at[last]), int(sightings.event_id[last])))
    return too_many


def _broken(component: Keys, kinds: NDArray[np.integer], guards: Guards) -> Keys:
    """The components that may break a guard: two values of a unique kind, more of a limited one, or too large."""
    names, label = np.unique(component, return_inverse=True)
    sizes = np.bincount(label, minlength=len(names))
    is_broken = (sizes > guards.max_identifiers) | (sizes - 1 > guards.max_merges)
    for kind in {*guards.unique, *guards.limits}:
        most = 1 if kind in guards.unique else guards.limits[kind][0]
        is_broken |= np.bincount(label[kinds == kind], minlength=len(names)) > most
    return names[is_broken]


def _renamed(nodes: Keys, roots: Keys) -> Keys:
    """Components by any name, named by their smallest key."""
    _, label = np.unique(roots, return_inverse=True)
    smallest: Keys = np.full(label.max(initial=0) + 1, np.iinfo(np.int64).max)
    np.minimum.at(smallest, label, nodes)
    named: Keys = smallest[label]
    return named


class _Person:
    """What is known of a person while rows are replayed."""

    __slots__ = ("merge_count", "seen")

    def __init__(self) -> None:
        self.merge_count = 0
        self.seen: dict[int, list[tuple[int, int]]] = {}  # of each kind: when each of its keys was seen first, and the key

    def size(self) -> int:
        return sum(map(len, self.seen.values()))


class _Replay:
    """Rows united one by one, in the order of time; one that would break a guard loses its least trusted identifier."""

    def __init__(self, guards: Guards) -> None:
        self.guards = guards
        self.parent: dict[int, int] = {}
        self.persons: dict[int, _Person] = {}
        self.refusals: list[Refusal] = []

    def named(self, key: int) -> int:
        """The root of a key; its own for one that stood alone."""
        if key not in self.parent:
            return key
        root = key
        while self.parent[root] != root:
            root = self.parent[root]
        while self.parent[key] != root:
            self.parent[key], key = root, self.parent[key]
        return root

    def run(self, sightings: Sightings) -> None:
        """Unite what stood together, oldest first."""
        order = np.lexsort((sightings.event_id, sightings.seen_at))
        rows = zip(
            sightings.keys[order].tolist(), sightings.seen_at[order].tolist(), sightings.event_id[order].tolist(), strict=True
        )
        for keys, seen_at, event_id in rows:
            present = [(kind, key) for kind, key in enumerate(keys) if key != NOBODY]
            known = {self.named(key) for _, key in present if key in self.parent}
            for kind, key in present:
                if key not in self.parent:
                    self.parent[key] = key
                    self.persons[key] = person = _Person()
                    person.seen[kind] = [(seen_at, key)]
            while len(present) > 1:
                roots = list(dict.fromkeys(self.named(key) for _, key in present))
                if len(roots) == 1:
                    break
                is_merge = len(known.intersection(roots)) > 1
                rule = self._broken_rule(roots, is_merge)
                if rule is None:
                    self._unite(roots, is_merge)
                    break
                _, refused = present.pop()
                self.refusals.append((refused, present[0][1], NOBODY, rule, seen_at, event_id))

    def _broken_rule(self, roots: list[int], is_merge: bool) -> str | None:
        persons = [self.persons[root] for root in roots]
        for kind in self.guards.unique:
            if sum(len(person.seen.get(kind, ())) for person in persons) > 1:
                return "unique"
        for kind, (most, days) in self.guards.limits.items():
            if _most_within([seen for person in persons for seen in person.seen.get(kind, ())], days) > most:
                return "limit"
        if sum(person.size() for person in persons) > self.guards.max_identifiers:
            return "size"
        if is_merge and sum(person.merge_count for person in persons) >= self.guards.max_merges:
            return "merges"
        return None

    def _unite(self, roots: list[int], is_merge: bool) -> None:
        first, *others = roots
        person = self.persons[first]
        person.merge_count += is_merge
        for root in others:
            self.parent[root] = first
            other = self.persons.pop(root)
            person.merge_count += other.merge_count
            for kind, seen in other.seen.items():
                person.seen.setdefault(kind, []).extend(seen)


def _most_within(seen: list[tuple[int, int]], days: float | None) -> int:
    """The most keys that were seen first within any so many days."""
    if days is None:
        return len(seen)
    moments = sorted(moment for moment, _ in seen)
    most, start = 0, 0
    for end, moment in enumerate(moments):
        while moment - moments[start] > days * DAY:
            start += 1
        most = max(most, end - start + 1)
    return most


def merges(nodes: Keys, ages: Ages, persons: Persons, sightings: Sightings, known: Keys) -> pd.DataFrame:
    """When two who had been known as two persons became one, in the order in which it became known.

    A person is named after the oldest identifier, among equals the most trusted, then the one with the smallest key. `known`
    (m,): when each sighting was known. One row per name that ended, with MERGE_COLUMNS: that name, the one that took its place,
    when this was known, when the evidence happened, and which event it is. Only persons who ever changed their name are
    followed one by one.
    """
    row, left, right = _edges(sightings.without(nodes[persons.is_shared]))
    order = np.argsort(nodes)
    ends = np.stack([order[_places(nodes[order], left)], order[_places(nodes[order], right)]])
    is_within = persons.component[ends[0]] == persons.component[ends[1]]  # a limit may have kept the two apart
    ends, row = ends[:, is_within], row[is_within]

    age = np.lexsort((nodes, ages.trust, ages.first_seen))
    rank = np.empty(len(nodes), dtype=np.int64)
    rank[age] = np.arange(len(nodes))
    sequence = np.lexsort((sightings.event_id[row], known[row]))
    weight = np.empty(len(row), dtype=np.float64)
    weight[sequence] = np.arange(1, len(row) + 1)
    tree = minimum_spanning_tree(_lightest(ends, weight, len(nodes))).tocoo()
    tree_order = np.argsort(tree.data)
    one, other, told_by = tree.row[tree_order], tree.col[tree_order], row[sequence[tree.data[tree_order].astype(np.int64) - 1]]
    moment = known[told_by]

    _, label = np.unique(persons.component, return_inverse=True)
    oldest = np.full(label.max(initial=-1) + 1, len(nodes))
    np.minimum.at(oldest, label, rank)
    earliest = np.full(len(oldest), np.iinfo(np.int64).max)
    np.minimum.at(earliest, label, ages.known_at)
    changes_name = ages.known_at[age[oldest]] > earliest
    changes_name[label[one[moment > np.maximum(ages.known_at[one], ages.known_at[other])]]] = True
    followed = np.flatnonzero(changes_name[label[one]])

    parent: dict[int, int] = {}
    rows: list[tuple[int, int, int, int, int]] = []

    def oldest_of(node: int) -> int:
        while (above := parent.get(node, node)) != node:
            node = above
        return node

    for place in followed.tolist():
        pair = sorted((oldest_of(int(one[place])), oldest_of(int(other[place]))), key=lambda node: int(rank[node]))
        kept, ended = pair
        parent[ended] = kept
        at, sighting = int(moment[place]), int(told_by[place])
        if ages.known_at[ended] < at:  # else nobody ever knew it by that name
            evidence = int(sightings.seen_at[sighting]), int(sightings.event_id[sighting])
            rows.append((int(nodes[ended]), int(nodes[kept]), at, *evidence))
    return pd.DataFrame(rows, columns=list(MERGE_COLUMNS))


def _lightest(ends: Keys, weight: NDArray[np.float64], size: int) -> coo_array:
    """The graph with the lightest of several edges between two nodes: scipy would add them up."""
    low, high = np.minimum(*ends), np.maximum(*ends)
    order = np.lexsort((weight, high, low))
    is_first = np.ones(len(order), dtype=bool)
    is_first[1:] = (low[order][1:] != low[order][:-1]) | (high[order][1:] != high[order][:-1])
    chosen = order[is_first]
    return coo_array((weight[chosen], (low[chosen], high[chosen])), shape=(size, size))
