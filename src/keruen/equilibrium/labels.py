"""Shortest-path labels of eight origins at once, and the loading of their trees."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from keruen.equilibrium.batches import Batches
from keruen.equilibrium.graph import Graph
from keruen.equilibrium.lanes import LANES, better

__all__ = ["label", "load"]

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]


@njit(cache=True, nogil=True)
def label(g: Graph, batches: Batches, batch: int, cost: Floats, labels: Floats, trees: Ints, dirty: Bytes) -> None:
    """Compute distances and tree links from the origins of a batch.

    Nodes are scanned in the batch's order; a node that is lowered is scanned again, always the least first. The
    order is that of distances from one origin without congestion, so a node is scanned 1.4 to 2.8 times.

    Parameters
    ----------
    g, batches, batch : Graph, Batches, int
        Where, and from where.
    cost : ndarray of float, shape (links,)
        Generalised cost for the class of the batch, infinite where it may not go.
    labels, trees : ndarray, shape (nodes, 8)
        Written: distance, infinite where there is no path, and last link of a shortest path, -1 where there is none.
    dirty : ndarray of uint8, shape (nodes,)
        Zeros; left as zeros.
    """
    order, rank = batches.order[batch], batches.rank[batch]
    nodes = order.size
    labels[:] = np.inf
    trees[:] = -1
    at = nodes
    for lane in range(LANES):
        origin = batches.origin[batch, lane]
        if origin < 0:
            continue
        labels[origin, lane] = 0.0
        for link in range(g.first[origin], g.first[origin + 1]):
            head = g.head[link]
            if cost[link] < labels[head, lane]:
                labels[head, lane] = cost[link]
                trees[head, lane] = link
                if g.through[head]:
                    dirty[rank[head]] = 1
                    at = min(at, rank[head])
    scans = 0
    again = nodes  # least dirty rank that was passed by once jumping back has been given up
    while True:
        while at < nodes and not dirty[at]:
            at += 1
        if at == nodes:
            if again == nodes:
                return
            at, again = again, nodes
            continue
        node = order[at]
        dirty[at] = 0
        at += 1
        scans += 1
        for link in range(g.first[node], g.first[node + 1]):
            head = g.head[link]
            if better(labels, trees, node, head, cost[link], np.int32(link)) and g.through[head]:
                place = rank[head]
                dirty[place] = 1
                if place < at:
                    if scans <= 6 * nodes:
                        at = place
                    else:  # Bellman-Ford from here: polynomial whatever the costs
                        again = min(again, place)


@njit(cache=True, nogil=True)
def load(
    g: Graph, batches: Batches, batch: int, trees: Ints, at_node: Floats, flows: Floats, occupied: Bytes
) -> None:
    """Send the demand of a batch along its trees.

    Parameters
    ----------
    g, batches, batch : Graph, Batches, int
        Where, and from where.
    trees : ndarray of int32, shape (nodes, 8)
        Last link of a shortest path.
    at_node : ndarray of float, shape (nodes, 8)
        Zeros; left as zeros.
    flows : ndarray of float, shape (links, 8)
        Flow by link and lane; added to.
    occupied : ndarray of uint8, shape (blocks,)
        Set where a block of 64 links has flow.
    """
    order, rank = batches.order[batch], batches.rank[batch]
    for row in range(batches.first[batch], batches.first[batch + 1]):
        node = batches.destination[row]
        for lane in range(LANES):
            at_node[node, lane] += batches.demand[row, lane]
    at = order.size - 1
    while at >= 0:
        node = order[at]
        at -= 1
        for lane in range(LANES):
            flow = at_node[node, lane]
            if flow > 0.0:
                at_node[node, lane] = 0.0
                link = trees[node, lane]
                if link >= 0:
                    flows[link, lane] += flow
                    occupied[link >> 6] = 1
                    parent = g.tail[link]
                    at_node[parent, lane] += flow
                    at = max(at, rank[parent])
