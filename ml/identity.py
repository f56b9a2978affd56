"""Who is who: the persons of an identity graph, on arrays, and the guards that keep two people from becoming one.

Identifiers that stand in one row belong to one person, and so do those they stand with elsewhere: the connected components. Only
the components that break a guard are replayed, row by row in the order of time, and what would break it is refused. What the
keys stand for is decided in SQL; nothing here depends on the order in which rows are told.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree

Keys = NDArray[np.int64]
Places = NDArray[np.int32]
Bools = NDArray[np.bool_]

NOBODY = 0  # in place of a key: the row has no identifier of that kind
NOWHERE = -1  # in place of a place
DAY = 86_400_000_000  # microseconds
REFUSAL_COLUMNS = ("refused_key", "kept_key", "former_key", "rule", "seen_at", "event_id")
MERGE_COLUMNS = ("key_from", "key_to", "known_at", "seen_at", "event_id")
Refusal = tuple[int, int, int, str, int, int]


@dataclass(frozen=True)
class Guards:
    """What two people have to be kept apart by. Kinds of identifiers are numbered from the most to the least trusted.

    unique: kinds of which a person has one value ever. joining: kinds that may join two of a system's own ids. limits: of a
    kind, how many values a person may get within how many days (None: ever). max_partners: an identifier that stands with more
    others than this names nobody. max_identifiers, max_merges: a person who would grow beyond is left as it is.
    """

    unique: frozenset[int] = frozenset()
    joining: frozenset[int] = frozenset()
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
class OwnIds:
    """What systems call people: keys (c,) and the number of the system (c,), from 0; a key may be several systems'."""

    keys: Keys
    systems: Keys


NO_OWN_IDS = OwnIds(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64))


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


def _places(ordered: Keys, keys: Keys, names: Keys | None = None) -> Keys:
    """Where each key stands among ordered ones, by number or by these names. Raises ValueError for one that is not among them."""
    # Looked up in their own order: 20 M keys in 4 s. In any other every look-up misses the processor's cache, and it takes 32 s.
    order = np.argsort(keys)
    sought = keys[order]
    found = np.searchsorted(ordered, sought)
    if len(sought) and (not len(ordered) or found[-1] == len(ordered) or not np.array_equal(ordered[found], sought)):
        raise ValueError("an edge ends in a key that is not among the nodes")
    places: Keys = np.empty(len(keys), dtype=np.int64)
    places[order] = found if names is None else names[found]
    return places


def solve_persons(
    nodes: Keys, kinds: NDArray[np.integer], sightings: Sightings, guards: Guards, own_ids: OwnIds = NO_OWN_IDS
) -> Persons:
    """Find the persons of a graph under guards.

    `nodes` (n,) distinct keys, `kinds` (n,) the kind of each. An identifier that stood with two values of a unique kind, in one
    row each or by way of others, is shared: it connects nothing, and its uses have to be told apart one by one. So is one that
    would join two of a system's own ids, but for the kinds that may (`guards.joining`). Of several that stood between two
    persons it is the one that met the most. Raises ValueError for a sighting of a key that is no node.
    """
    refusals: list[Refusal] = []
    order = np.argsort(nodes)
    at = _located(nodes[order], order, sightings.keys)
    graph = _Graph(nodes, at, sightings.seen_at, sightings.event_id, np.zeros(len(nodes), dtype=np.bool_))
    is_unique = np.isin(kinds, list(guards.unique))
    claims = _Claims(np.flatnonzero(is_unique), -1 - kinds[is_unique].astype(np.int64))
    # What may join two ids of a system does so first. Whom it joined is then kept apart as one.
    may_join = np.isin(kinds, list(guards.joining))
    joining = graph.only_among(may_join | is_unique)
    joining.tell_apart(np.arange(len(nodes)), claims, ~is_unique, refusals)
    graph.is_shared |= joining.is_shared
    cores = joining.labels()
    claims = claims.beside(_places(nodes[order], own_ids.keys, order), own_ids.systems)
    graph.tell_apart(cores, claims, ~(may_join | is_unique), refusals)

    blocked = set(nodes[graph.is_shared].tolist())
    too_many = _standing_with_too_many(sightings.without(_array(blocked)), guards, refusals)
    graph.is_shared |= np.isin(nodes, _array(too_many))
    component = _renamed(nodes, graph.labels())
    broken = _broken(component, kinds, guards)
    if len(broken):
        is_open = np.isin(component, broken)
        open_rows = graph.rows_of(is_open)
        replay = _Replay(guards)
        replay.run(sightings.without(nodes[graph.is_shared]).only(open_rows))
        refusals += replay.refusals
        component[is_open] = [replay.named(key) for key in nodes[is_open].tolist()]
        component[is_open] = _renamed(nodes[is_open], component[is_open])
    told = pd.DataFrame(refusals, columns=list(REFUSAL_COLUMNS))
    return Persons(component, graph.is_shared, told)


def _array(keys: Iterable[int]) -> Keys:
    return np.fromiter(keys, dtype=np.int64)


def _located(ordered: Keys, order: Keys, keys: Keys) -> Places:
    """Where each key of a table stands among the nodes, NOWHERE for none."""
    at: Places = np.full(keys.shape, NOWHERE, dtype=np.int32)
    for kind in range(keys.shape[1]):
        rows = np.flatnonzero(keys[:, kind] != NOBODY)
        at[rows, kind] = _places(ordered, keys[rows, kind], order)
    return at


def _edges(sightings: Sightings) -> tuple[Keys, Keys, Keys]:
    """From the most trusted identifier of each row to its others: the rows, and the two ends."""
    return _links(sightings.keys, NOBODY)


def _links(table: NDArray[Any], none: int) -> tuple[Keys, Keys, Keys]:
    """The same of a table of keys or of places."""
    if not len(table):
        return _array([]), _array([]), _array([])
    hub = table[np.arange(len(table)), (table != none).argmax(axis=1)]
    row, kind = np.nonzero((table != none) & (table != hub[:, None]))
    return row, hub[row], table[row, kind]


@dataclass(frozen=True)
class _Claims:
    """What keeps people apart: in a field (a unique kind, a system) a person has one of these nodes, by their places (c,)."""

    places: Keys
    fields: Keys

    def beside(self, places: Keys, fields: Keys) -> _Claims:
        return _Claims(np.concatenate([self.places, places]), np.concatenate([self.fields, fields]))


@dataclass
class _Graph:
    """Sightings by the places of their identifiers among the nodes: `at` (m, kinds). What is shared (n,) connects nothing."""

    nodes: Keys
    at: Places
    seen_at: Keys
    event_id: Keys
    is_shared: Bools

    def usable(self, rows: Keys | None = None) -> Places:
        """The places of what connects in some rows, or in all."""
        at = self.at if rows is None else self.at[rows]
        return np.where((at == NOWHERE) | self.is_shared[at], np.int32(NOWHERE), at)

    def only_among(self, chosen: Bools) -> _Graph:
        """The same rows with some of the nodes only."""
        at = np.where((self.at != NOWHERE) & chosen[self.at], self.at, np.int32(NOWHERE))
        return _Graph(self.nodes, at, self.seen_at, self.event_id, self.is_shared.copy())

    def rows_of(self, chosen: Bools) -> Keys:
        """The rows in which one of some nodes stands."""
        return np.flatnonzero(((self.at != NOWHERE) & chosen[self.at]).any(axis=1))

    def labels(self) -> Keys:
        """The component of each node (n,), by number."""
        return _numbered(self.usable(), len(self.nodes))

    def tell_apart(self, groups: Keys, claims: _Claims, may_be_shared: Bools, refusals: list[Refusal]) -> None:
        """Mark as shared what joins two groups that have a claim in one field.

        `groups` (n,): which nodes are one for certain. Each round looks at the components that are still broken, and goes from
        the claims outwards, so that what is blamed stands as near to two persons as anything does.
        """
        labels, rows, broken = self.labels(), np.arange(len(self.at)), np.ones(len(self.nodes), dtype=np.bool_)
        while True:
            broken, fields = _torn(labels, groups, claims, ~self.is_shared & broken)
            if not len(fields):
                return
            rows = rows[((self.at[rows] != NOWHERE) & broken[self.at[rows]]).any(axis=1)]
            at = self.usable(rows)
            self.is_shared[_blamed(self, rows, at, groups, claims, int(fields[0]), may_be_shared, refusals)] = True
            inner = np.unique(at[at != NOWHERE])
            local = np.full_like(at, NOWHERE)
            stays = (at != NOWHERE) & ~self.is_shared[at]
            local[stays] = np.searchsorted(inner, at[stays])
            labels[inner] = labels.max() + 1 + _numbered(local, len(inner))


def _numbered(at: Places, size: int) -> Keys:
    """The component of each of so many places, by number."""
    _, left, right = _links(at, NOWHERE)
    graph = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(size, size))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def _torn(labels: Keys, groups: Keys, claims: _Claims, is_looked_at: Bools) -> tuple[Bools, Keys]:
    """Which nodes (n,) are in a component with two groups that have a claim in one field, and in which fields that is so."""
    looked_at = is_looked_at[claims.places]
    places, fields = claims.places[looked_at], claims.fields[looked_at]
    order = np.lexsort((groups[places], fields, labels[places]))
    label, field_, group = labels[places][order], fields[order], groups[places][order]
    has_another = (label[1:] == label[:-1]) & (field_[1:] == field_[:-1]) & (group[1:] != group[:-1])
    is_torn = np.zeros(labels.max(initial=0) + 1, dtype=np.bool_)
    is_torn[label[1:][has_another]] = True
    return np.asarray(is_torn[labels]), np.unique(field_[1:][has_another])


def _blamed(
    graph: _Graph,
    rows: Keys,
    at: Places,
    groups: Keys,
    claims: _Claims,
    field_: int,
    may_be_shared: Bools,
    refusals: list[Refusal],
) -> Keys:
    """The places of what is blamed for joining two groups with a claim in one field, as near to them as there is anything."""
    claimed = claims.places[(claims.fields == field_) & ~graph.is_shared[claims.places]]
    # Whom each group stands for: itself where it has a claim, then whoever its neighbours stand for.
    owner: Keys = np.full(groups.max(initial=0) + 1, NOWHERE, dtype=np.int64)
    owner[groups[claimed]] = groups[claimed]
    is_claim = owner != NOWHERE
    is_here = at != NOWHERE
    group = np.where(is_here, groups[at], NOWHERE)
    may_share = is_here & may_be_shared[at]
    while True:
        owners = np.where(is_here, owner[group], NOWHERE)
        most = owners.max(axis=1)
        least = np.where(owners == NOWHERE, most[:, None], owners).min(axis=1)
        is_torn = least != most
        blamed = _most_met(at, owners, np.flatnonzero(is_torn), may_share & (owners != NOWHERE) & ~is_claim[group])
        row, kind = np.nonzero(is_here & (owners == NOWHERE) & (~is_torn & (most != NOWHERE))[:, None])
        reached, told = group[row, kind], most[row]
        order = np.lexsort((graph.event_id[rows[row]], graph.seen_at[rows[row]], reached))
        row, kind, reached, told = row[order], kind[order], reached[order], told[order]
        is_first = np.ones(len(reached), dtype=np.bool_)
        is_first[1:] = reached[1:] != reached[:-1]
        first_told = told[is_first][np.cumsum(is_first) - 1]
        differs = np.isin(reached, reached[told != first_told]) & may_share[row, kind]
        blamed = np.unique(np.concatenate([blamed, at[row, kind][differs]]))
        if len(blamed) or not len(reached):
            break
        # What may not be shared (an address, where cookies are told apart) stands for whom it was first seen with.
        owner[reached[is_first]] = told[is_first]
    keys: dict[int, int] = {}
    for place in claimed[np.argsort(graph.nodes[claimed])].tolist():
        keys.setdefault(int(groups[place]), int(graph.nodes[place]))
    refusals += _told(graph, rows, at, owners, groups, blamed, keys, "unique" if field_ < 0 else "system")
    return blamed


def _most_met(at: Places, owners: Keys, torn: Keys, may_share: Bools) -> Keys:
    """Of each torn row the identifier that met the most persons, among equals the least trusted, as where none may be shared."""
    candidates = np.unique(at[torn][may_share[torn]])
    row, kind = np.nonzero(np.isin(at, candidates) & (at != NOWHERE))
    place, owner = np.repeat(at[row, kind], at.shape[1]), owners[row].ravel()
    met, counts = np.unique(_pairs(place[owner != NOWHERE], owner[owner != NOWHERE])[0], return_counts=True)
    inside = may_share[torn]
    count = np.where(at[torn] == NOWHERE, -1, 0)
    count[inside] = counts[np.searchsorted(met, at[torn][inside])]
    least_trusted = at.shape[1] - 1 - count[:, ::-1].argmax(axis=1)
    return np.unique(at[torn, least_trusted]).astype(np.int64)


def _pairs(left: Keys, right: Keys) -> tuple[Keys, Keys]:
    """Pairs of numbers, each once, in their order."""
    order = np.lexsort((right, left))
    left, right = left[order], right[order]
    is_first = np.ones(len(left), dtype=np.bool_)
    is_first[1:] = (left[1:] != left[:-1]) | (right[1:] != right[:-1])
    return left[is_first], right[is_first]


def _told(
    graph: _Graph, rows: Keys, at: Places, owners: Keys, groups: Keys, blamed: Keys, keys: dict[int, int], rule: str
) -> list[Refusal]:
    """One refusal per person that a shared identifier met after the first, with the first row that says so as the evidence.

    `keys`: what each group that has a claim is told by. What has one itself has stood for itself at first.
    """
    at_first = blamed[np.isin(groups[blamed], list(keys))]
    row, kind = np.nonzero(np.isin(at, blamed) & (at != NOWHERE))
    is_other = (owners[row] != NOWHERE) & (owners[row] != groups[at[row, kind]][:, None]) & (at[row] != at[row, kind][:, None])
    beside, other = np.nonzero(is_other)
    place, owner, row = at[row, kind][beside], owners[row][beside, other], rows[row][beside]
    order = np.lexsort((graph.event_id[row], graph.seen_at[row], owner, place))
    place, owner, row = place[order], owner[order], row[order]
    is_first = np.ones(len(row), dtype=np.bool_)
    is_first[1:] = (place[1:] != place[:-1]) | (owner[1:] != owner[:-1])
    place, owner, row = place[is_first], owner[is_first], row[is_first]
    order = np.lexsort((graph.event_id[row], graph.seen_at[row], place))
    former = dict.fromkeys(at_first.tolist(), NOBODY)
    told: list[Refusal] = []
    for one, met, evidence in zip(place[order].tolist(), owner[order].tolist(), row[order].tolist(), strict=True):
        if one in former:
            seen_at, event_id = int(graph.seen_at[evidence]), int(graph.event_id[evidence])
            told.append((int(graph.nodes[one]), keys[met], former[one], rule, seen_at, event_id))
        former[one] = keys[met]
    return told


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
    """The components that may break a limit: more of a kind than there may be, or too large."""
    names, label = np.unique(component, return_inverse=True)
    sizes = np.bincount(label, minlength=len(names))
    is_broken = (sizes > guards.max_identifiers) | (sizes - 1 > guards.max_merges)
    for kind, (most, _) in guards.limits.items():
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
