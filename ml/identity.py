"""Connected components of the identity graph, on arrays. What the keys stand for and which edges count is decided in SQL."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Keys = NDArray[np.int64]


def component_keys(nodes: Keys, left: Keys, right: Keys) -> Keys:
    """The component of each node, named by the smallest key in it, so that the answer does not depend on any order.

    `nodes` (n,) holds distinct keys; `left` and `right` (m,) are the two ends of each edge. Returns (n,), aligned to `nodes`.
    Raises ValueError for an edge whose end is no node.
    """
    ordered = np.sort(nodes)
    ends = np.searchsorted(ordered, np.concatenate([left, right]))
    known = np.minimum(ends, max(len(ordered) - 1, 0))
    if len(ends) and (not len(ordered) or not np.array_equal(ordered[known], np.concatenate([left, right]))):
        raise ValueError("an edge ends in a key that is not among the nodes")
    graph = coo_array((np.ones(len(left), dtype=np.int8), (ends[: len(left)], ends[len(left) :])), shape=(len(ordered),) * 2)
    count, labels = connected_components(graph, directed=False)
    smallest: Keys = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(smallest, labels, ordered)
    named: Keys = smallest[labels[np.searchsorted(ordered, nodes)]]
    return named
