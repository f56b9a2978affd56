"""Components of the identity graph: who belongs together, in whatever order it is told."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.identity import DAY, NOBODY, Ages, Guards, Keys, OwnIds, Sightings, component_keys, merges, solve_persons


def keys(*values: int) -> Keys:
    return np.array(values, dtype=np.int64)


def test_a_chain_of_three_is_one_person_named_by_the_smallest_key() -> None:
    assert component_keys(keys(30, 10, 20), keys(30, 20), keys(20, 10)).tolist() == [10, 10, 10]


def test_who_shares_nothing_stays_alone() -> None:
    assert component_keys(keys(5, 7, 9), keys(5), keys(9)).tolist() == [5, 7, 5]


def test_no_edges_and_no_nodes_are_no_trouble() -> None:
    assert component_keys(keys(3, 1), keys(), keys()).tolist() == [3, 1]
    assert component_keys(keys(), keys(), keys()).tolist() == []


@pytest.mark.parametrize("nodes", [keys(1, 2), keys()])
def test_an_edge_to_nobody_is_an_error(nodes: Keys) -> None:
    with pytest.raises(ValueError, match="not among the nodes"):
        component_keys(nodes, keys(1), keys(99))


def merged_one_by_one(nodes: list[int], edges: list[tuple[int, int]]) -> list[int]:
    """The plain way: relabel until nothing changes."""
    label = {node: node for node in nodes}
    for _ in nodes:
        for left, right in edges:
            label[left] = label[right] = min(label[left], label[right])
    return [label[node] for node in nodes]


@given(st.data())
def test_any_graph_gives_what_merging_edge_by_edge_gives(data: st.DataObject) -> None:
    nodes = data.draw(st.lists(st.integers(-(2**62), 2**62), unique=True, min_size=1, max_size=12))
    one = st.sampled_from(nodes)
    edges = data.draw(st.lists(st.tuples(one, one), max_size=15))
    left, right = (keys(*side) for side in zip(*edges, strict=True)) if edges else (keys(), keys())
    assert component_keys(keys(*nodes), left, right).tolist() == merged_one_by_one(nodes, edges)


# ---------------------------------------------------------------- guards

USER, EMAIL, COOKIE = range(3)
NAMES = {"A": (USER, 1), "B": (USER, 2), "C": (USER, 3), **{f"e{n}": (EMAIL, 10 + n) for n in range(9)}}
NAMES |= {f"k{n}": (EMAIL, 50 + n) for n in range(3)} | {f"c{n}": (COOKIE, 100 + n) for n in range(9)}
GUARDS = Guards(unique=frozenset({USER}), limits={EMAIL: (2, 365.0), COOKIE: (3, 7.0)})


def persons_of(*rows: str, guards: Guards = GUARDS) -> tuple[list[set[str]], set[str], list[tuple[str, str, str]]]:
    """The persons, the shared identifiers and the refusals of rows like "A e1 c1 @3" (on day 3, else by number)."""
    keys = np.zeros((len(rows), 3), dtype=np.int64)
    seen_at = np.zeros(len(rows), dtype=np.int64)
    for number, row in enumerate(rows):
        words = row.split()
        seen_at[number] = next((int(word[1:]) for word in words if word.startswith("@")), number) * DAY
        for word in words:
            if not word.startswith("@"):
                kind, key = NAMES[word]
                keys[number, kind] = key
    used = sorted({key for key in keys.ravel().tolist() if key})
    by_key = {key: name for name, (_, key) in NAMES.items()}
    kinds = np.array([NAMES[by_key[key]][0] for key in used])
    found = solve_persons(np.array(used), kinds, Sightings(keys, seen_at, np.arange(len(rows)) + 1), guards)
    groups: dict[int, set[str]] = {}
    for key, component in zip(used, found.component.tolist(), strict=True):
        groups.setdefault(component, set()).add(by_key[key])
    shared = {by_key[key] for key, is_shared in zip(used, found.is_shared, strict=True) if is_shared}
    told = [
        (by_key[int(refused)], by_key[int(kept)], str(rule))
        for refused, kept, rule in found.refusals[["refused_key", "kept_key", "rule"]].to_numpy().tolist()
    ]
    return sorted(groups.values(), key=sorted), shared, sorted(told)


def test_two_people_on_one_browser_stay_two() -> None:
    assert persons_of("A e1 c1", "B e2 c1") == ([{"A", "e1"}, {"B", "e2"}, {"c1"}], {"c1"}, [("c1", "B", "unique")])


def test_two_people_on_one_browser_stay_two_when_one_is_known_by_way_of_an_address() -> None:
    found, shared, refused = persons_of("A e1", "B c1", "e1 c1")
    assert found == [{"A", "e1"}, {"B"}, {"c1"}]
    assert shared == {"c1"}
    assert refused == [("c1", "A", "unique")]


def test_a_chain_of_three_merges_is_one_person() -> None:
    assert persons_of("e1 c1", "e2 c2", "e1 c3", "e2 c3", "A e1") == ([{"A", "e1", "e2", "c1", "c2", "c3"}], set(), [])


def test_a_merge_in_the_same_second_is_the_same_in_any_order() -> None:
    rows = ["A c1 @1", "B c1 @1", "A c2 @1", "e1 c2 @1"]
    assert persons_of(*rows)[0] == persons_of(*reversed(rows))[0] == [{"A", "c2", "e1"}, {"B"}, {"c1"}]


def test_a_limit_holds_within_its_window_and_not_beyond() -> None:
    guards = Guards(limits={EMAIL: (2, 30.0)})
    persons, shared, refused = persons_of("e1 c1 @0", "e2 c1 @10", "e3 c1 @20", guards=guards)
    assert shared == set()
    assert refused == [("c1", "e3", "limit")]
    assert persons == [{"c1", "e1", "e2"}, {"e3"}]
    assert persons_of("e1 c1 @0", "e2 c1 @10", "e3 c1 @60", guards=guards)[0] == [{"c1", "e1", "e2", "e3"}]


def test_a_tightened_limit_splits_whom_the_wider_one_joined() -> None:
    rows = ["e1 c1", "e2 c1", "e3 c1"]
    assert len(persons_of(*rows, guards=Guards(limits={EMAIL: (3, None)}))[0]) == 1
    assert persons_of(*rows, guards=Guards(limits={EMAIL: (2, None)}))[0] == [{"c1", "e1", "e2"}, {"e3"}]


def test_removing_one_edge_splits_exactly_what_it_joined() -> None:
    rows = ["A e1 c1", "B e2 c2", "C e3 c3", "e1 c4", "c4 e1"]
    whole = persons_of(*rows)[0]
    without = persons_of(*rows[:3])[0]
    assert [person - {"c4"} for person in whole] == without


def test_an_identifier_that_everybody_has_names_nobody() -> None:
    rows = [f"e{n} c0" for n in range(6)]
    persons, shared, refused = persons_of(*rows, guards=Guards(max_partners=5))
    assert persons == sorted([{f"e{n}"} for n in range(6)] + [{"c0"}], key=sorted)
    assert shared == {"c0"}
    assert refused == [("c0", "e5", "partners")]


def test_a_person_who_grows_beyond_measure_is_left_as_it_is_and_told() -> None:
    persons, _, refused = persons_of("e1 c1", "e1 c2", "e1 c3", "e1 c4", guards=Guards(max_identifiers=3))
    assert persons == [{"c1", "c2", "e1"}, {"c3"}, {"c4"}]
    assert refused == [("c3", "e1", "size"), ("c4", "e1", "size")]


def test_of_a_device_that_many_used_the_device_is_the_shared_one_and_not_their_cookies() -> None:
    """One of them logged in on it, which makes it hers only as long as nobody else has used it."""
    persons, shared, refused = persons_of("A c1", "B c2", "C c3", "A k0", "k0 c1", "k0 c2", "k0 c3")
    assert persons == [{"A", "c1"}, {"B", "c2"}, {"C", "c3"}, {"k0"}]
    assert shared == {"k0"}
    assert refused == [("k0", "B", "unique"), ("k0", "C", "unique")]
    assert persons_of("A c1", "B c2", "C c3", "k0 c3", "k0 c2", "k0 c1")[:2] == (persons, shared)


def test_what_joins_two_by_way_of_others_is_blamed_where_it_is_nearest_to_both() -> None:
    assert persons_of("A k0", "k0 c1", "k1 c1", "k1 c2", "B c2")[1] == {"c1"}


def test_where_every_kind_is_unique_the_least_trusted_is_blamed() -> None:
    guards = Guards(unique=frozenset({USER, COOKIE}))
    assert persons_of("A c1", "A c2", "B c2", guards=guards) == ([{"A", "c1"}, {"B"}, {"c2"}], {"c2"}, [("c2", "c1", "unique")])


# ---------------------------------------------------------------- ids of one system

CRM, MAIL, PHONE, BROWSER = range(1, 5)
LETTERS = {"u": USER, "h": CRM, "z": CRM, "m": MAIL, "p": PHONE, "b": BROWSER}
OWN_GUARDS = Guards(unique=frozenset({USER}), joining=frozenset({USER, CRM, MAIL}))


def told_apart(*rows: str, guards: Guards = OWN_GUARDS) -> tuple[list[set[str]], set[str], list[tuple[str, str, str]]]:
    """Persons, shared ones and refusals of rows like "h1 m1 p1": h and z are two systems' own ids, m an address, p a phone."""
    names = sorted({word for one in rows for word in one.split()}, key=lambda word: (LETTERS[word[0]], word))
    key = {name: number for number, name in enumerate(names, 1)}
    table = np.zeros((len(rows), 5), dtype=np.int64)
    for number, one in enumerate(rows):
        for word in one.split():
            table[number, LETTERS[word[0]]] = key[word]
    own = [name for name in names if name[0] in "hz"]
    own_ids = OwnIds(keys(*(key[name] for name in own)), keys(*("hz".index(name[0]) for name in own)))
    kinds = np.array([LETTERS[name[0]] for name in names])
    time = np.arange(len(rows))
    found = solve_persons(np.array(list(key.values())), kinds, Sightings(table, time * DAY, time + 1), guards, own_ids)
    groups: dict[int, set[str]] = {}
    for name, component in zip(names, found.component.tolist(), strict=True):
        groups.setdefault(component, set()).add(name)
    shared = {name for name, is_shared in zip(names, found.is_shared, strict=True) if is_shared}
    told = found.refusals[["refused_key", "kept_key", "rule"]].to_numpy().tolist()
    return (
        sorted(groups.values(), key=sorted),
        shared,
        sorted((names[one - 1], names[other - 1], rule) for one, other, rule in told),
    )


@pytest.mark.parametrize("shared", ["p0", "b0"])
def test_a_phone_or_a_cookie_joins_no_two_ids_of_one_system_and_is_told_as_shared(shared: str) -> None:
    persons, is_shared, refused = told_apart(f"h1 m1 {shared}", f"h2 m2 {shared}", f"h3 {shared}")
    assert persons == sorted([{"h1", "m1"}, {"h2", "m2"}, {"h3"}, {shared}], key=sorted)
    assert is_shared == {shared}
    assert refused == [(shared, "h2", "system"), (shared, "h3", "system")]


def test_a_phone_joins_the_ids_that_two_systems_have_of_one_person() -> None:
    assert told_apart("h1 m1 p1", "z1 p1") == ([{"h1", "m1", "p1", "z1"}], set(), [])


def test_an_address_or_a_login_joins_two_ids_of_one_system_and_then_so_may_their_phone() -> None:
    assert told_apart("h1 p1", "h2 p1", "h1 m1", "h2 m1") == ([{"h1", "h2", "m1", "p1"}], set(), [])
    assert told_apart("h1 p1", "h2 p1", "u1 h1", "u1 h2") == ([{"h1", "h2", "p1", "u1"}], set(), [])


def test_by_way_of_others_no_phone_joins_two_ids_of_one_system_either() -> None:
    persons, shared, _ = told_apart("h1 p1", "p1 b1", "p2 b1", "h2 p2")
    assert persons == [{"b1"}, {"h1", "p1"}, {"h2", "p2"}]
    assert shared == {"b1"}


def test_an_address_that_cookies_lead_to_two_contacts_is_no_shared_one() -> None:
    """The cookie that came later is."""
    assert told_apart("h1 b1", "h2 b2", "m1 b1", "m1 b2") == (
        [{"b1", "h1", "m1"}, {"b2"}, {"h2"}],
        {"b2"},
        [("b2", "h1", "system")],
    )


row_of_own_ids = st.tuples(
    *(st.sampled_from(["", *(f"{letter}{n}" for n in (1, 2, 3))]) for letter in "ummpb"),
    st.sampled_from(["", "h1", "h2", "h3", "z1", "z2"]),
)


@given(
    st.lists(
        row_of_own_ids.map(lambda words: " ".join(dict.fromkeys(filter(None, words[:1] + words[2:])))).filter(bool),
        min_size=1,
        max_size=12,
    )
)
def test_whatever_was_seen_no_two_logins_and_no_two_ids_of_a_system_are_joined_by_less_than_an_address(rows: list[str]) -> None:
    certain, *_ = told_apart(
        *(" ".join(word for word in one.split() if word[0] in "uhzm") for one in rows if set(one) & set("uhzm"))
    )
    for person in told_apart(*rows)[0]:
        assert sum(word[0] == "u" for word in person) < 2
        for system in "hz":
            own = {word for word in person if word[0] == system}
            assert not own or any(own <= group for group in certain)


def brute_force(rows: list[tuple[int, int, int]]) -> set[frozenset[int]]:
    """Persons by taking away every shared identifier; for rows of (user, email, cookie) that all have a user."""
    users_of: dict[int, set[int]] = {}
    for user, *others in rows:
        for other in others:
            if other:
                users_of.setdefault(other, set()).add(user)
    persons: dict[int, set[int]] = {}
    for user, *others in rows:
        persons.setdefault(user, {user}).update(other for other in others if other and len(users_of[other]) == 1)
    alone = [frozenset({other}) for other, users in users_of.items() if len(users) > 1]
    return {frozenset(person) for person in persons.values()} | set(alone)


@given(st.lists(st.tuples(st.integers(1, 4), st.sampled_from([0, 11, 12, 13]), st.sampled_from([0, 21, 22, 23, 24])), min_size=1))
def test_with_users_in_every_row_the_persons_are_the_users_with_what_only_they_used(rows: list[tuple[int, int, int]]) -> None:
    keys_ = np.array(rows, dtype=np.int64)
    used = np.unique(keys_[keys_ != NOBODY])
    kinds = np.where(used < 10, USER, np.where(used < 20, EMAIL, COOKIE))
    order = np.arange(len(rows))
    for one in (order, order[::-1]):
        found = solve_persons(used, kinds, Sightings(keys_[one], order[one], order[one]), Guards(unique=frozenset({USER})))
        groups: dict[int, set[int]] = {}
        for key, component in zip(used.tolist(), found.component.tolist(), strict=True):
            groups.setdefault(component, set()).add(key)
        assert {frozenset(group) for group in groups.values()} == brute_force(rows)


# ---------------------------------------------------------------- names that end


def merged(*rows: tuple[str, int, int]) -> list[tuple[str, str, int]]:
    """What `merges` tells of rows: identifiers, the day on which it happened, the day on which it was known."""
    by_key = {key: name for name, (_, key) in NAMES.items()}
    keys_ = np.zeros((len(rows), 3), dtype=np.int64)
    for number, (words, *_) in enumerate(rows):
        for word in words.split():
            kind, key = NAMES[word]
            keys_[number, kind] = key
    seen, known = (np.array([row[place] for row in rows], dtype=np.int64) for place in (1, 2))
    used = np.unique(keys_[keys_ != NOBODY])
    holds = [(keys_ == key).any(axis=1) for key in used]
    ages = Ages(
        np.array([seen[held].min() for held in holds]),
        np.array([NAMES[by_key[key]][0] for key in used.tolist()]),
        np.array([known[held].min() for held in holds]),
    )
    sightings = Sightings(keys_, seen, np.arange(len(rows)) + 1)
    persons = solve_persons(used, ages.trust, sightings, Guards(unique=frozenset({USER})))
    told = merges(used, ages, persons, sightings, known)
    return [(by_key[one], by_key[other], at) for one, other, at, *_ in told.to_numpy().tolist()]


def test_two_known_persons_who_turn_out_to_be_one_keep_the_older_name() -> None:
    assert merged(("e1 c1", 1, 1), ("e2 c2", 2, 2), ("e1 c2", 5, 6)) == [("e2", "e1", 6)]


def test_an_identifier_that_joins_a_person_ends_no_name() -> None:
    assert merged(("e1 c1", 1, 1), ("e1 c2", 2, 2), ("A e1", 3, 3)) == []


def test_a_chain_of_merges_is_told_in_the_order_in_which_it_was_known() -> None:
    rows = [("e1 c1", 1, 1), ("e2 c2", 2, 2), ("e3 c3", 3, 3), ("e2 c3", 4, 8), ("e1 c2", 5, 9)]
    assert merged(*rows) == merged(*reversed(rows)) == [("e3", "e2", 8), ("e2", "e1", 9)]
