"""Trees of one iteration as the start of the next, where labels cost many scans from nothing.

Eight origins that lie far apart have no node order in common, and a node is then scanned five times and more. Adding up
costs along the trees before takes one look at a node, and one scan proves the labels or finds what became shorter.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from keruen.equilibrium.batches import Batches
from keruen.equilibrium.graph import Graph
from keruen.equilibrium.kernels import inner
from keruen.equilibrium.labels import label, relabel
from keruen.equilibrium.lanes import LANES, aligned

__all__ = ["Trees", "kept_trees", "label_kept"]

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]

_ROOM = 64 << 20
"""Bytes that trees may fill from one iteration to the next."""

_SCANS = 3
"""Scans of a node from which on labels start from the trees before them."""


class Trees(NamedTuple):
    """Trees of batches whose labels cost many scans from nothing: the next search starts from them.

    Attributes
    ----------
    link : ndarray of int32, shape (batches, nodes, 8)
        Last link of a shortest path; no batches where there is no room for them.
    known : ndarray of uint8, shape (batches,)
        1 where they have been written.
    """

    link: Ints
    known: Bytes


def kept_trees(batches: int, nodes: int) -> Trees:
    """Return room for the trees of all batches, if that is not much; pages nobody writes to are never taken."""
    room = batches if batches * nodes * LANES * 4 <= _ROOM else 0
    return Trees(aligned((room, nodes, LANES), np.int32, zeros=False), np.zeros(batches, np.uint8))


@inner
def label_kept(
    g: Graph, batches: Batches, batch: int, cost: Floats, labels: Floats, trees: Ints, dirty: Bytes, stack: Ints, kept: Trees
) -> None:  # fmt: skip
    """Compute labels and trees, from the trees before them where these are kept; keep them where that saves scans.

    Parameters
    ----------
    g, batches, batch, cost, labels, trees, dirty, stack
        As for `relabel`.
    kept : Trees
        Read and written.
    """
    nodes = labels.shape[0]
    if kept.known[batch]:
        _copy(kept.link[batch], trees)
        relabel(g, batches, batch, cost, labels, trees, dirty, stack)
    elif label(g, batches, batch, cost, labels, trees, dirty) > _SCANS * nodes and kept.link.shape[0]:
        kept.known[batch] = 1
    if kept.known[batch]:
        _copy(trees, kept.link[batch])


@inner
def _copy(source: Ints, target: Ints) -> None:
    for node in range(source.shape[0]):
        for lane in range(LANES):
            target[node, lane] = source[node, lane]
