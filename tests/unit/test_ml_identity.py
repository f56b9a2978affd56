"""Components of the identity graph: who belongs together, in whatever order it is told."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.identity import Keys, component_keys


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
