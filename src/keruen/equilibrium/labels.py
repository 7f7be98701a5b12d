"""Shortest-path labels of eight origins at once, and the loading of their trees."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from keruen.equilibrium.batches import Batches
from keruen.equilibrium.graph import Graph
from keruen.equilibrium.kernels import inner, kernel
from keruen.equilibrium.lanes import LANES, add_along, better, lowest_bit
from keruen.equilibrium.origins import OriginFlows, claim

__all__ = ["label", "load", "relabel", "reorder"]

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]


@kernel
def label(g: Graph, batches: Batches, batch: int, cost: Floats, labels: Floats, trees: Ints, dirty: Bytes) -> int:
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

    Returns
    -------
    int
        Nodes scanned.
    """
    labels[:] = np.inf
    trees[:] = -1
    return _correct(g, batches, batch, cost, labels, trees, dirty, batches.order.shape[1])


@inner
def relabel(
    g: Graph, batches: Batches, batch: int, cost: Floats, labels: Floats, trees: Ints, dirty: Bytes, stack: Ints
) -> int:
    """Do what `label` does from trees that were shortest at other costs: add up costs along them, then correct.

    Parameters
    ----------
    g, batches, batch, cost, labels, dirty
        As for `label`.
    trees : ndarray of int32, shape (nodes, 8)
        Last links of trees; corrected.
    stack : ndarray of int32, shape (nodes,)
        Workspace.

    Returns
    -------
    int
        Nodes scanned.
    """
    order, tail = batches.order[batch], g.tail
    labels[:] = -np.inf
    for lane in range(LANES):
        if batches.origin[batch, lane] >= 0:
            labels[batches.origin[batch, lane], lane] = 0.0
    for at in range(order.size):
        left = np.uint64(add_along(labels, trees, order[at], tail, cost))
        while left:
            lane = lowest_bit(left)
            left &= left - np.uint64(1)
            node, depth = np.int64(order[at]), 0
            while labels[node, lane] == -np.inf and trees[node, lane] >= 0:
                stack[depth] = node
                depth += 1
                node = np.int64(tail[trees[node, lane]])
            reached = labels[node, lane] if labels[node, lane] >= 0.0 else np.inf
            while depth > 0:
                depth -= 1
                node = np.int64(stack[depth])
                reached += cost[trees[node, lane]]
                labels[node, lane] = reached
                trees[node, lane] = trees[node, lane] if reached < np.inf else -1
    dirty[:] = 1
    return _correct(g, batches, batch, cost, labels, trees, dirty, 0)


@inner
def _correct(
    g: Graph, batches: Batches, batch: int, cost: Floats, labels: Floats, trees: Ints, dirty: Bytes, at: int
) -> int:
    """Lower labels until they are shortest, from the dirty nodes of rank `at` and above; return the nodes scanned."""
    first, last, head_of = g.first, g.last, g.head
    order, rank = batches.order[batch], batches.rank[batch]
    nodes = order.size
    for lane in range(LANES):
        origin = batches.origin[batch, lane]
        if origin < 0:
            continue
        labels[origin, lane] = 0.0
        for link in range(first[origin], first[origin + 1]):
            head = head_of[link]
            if cost[link] < labels[head, lane]:
                labels[head, lane] = cost[link]
                trees[head, lane] = link
                dirty[rank[head]] = 1
                at = min(at, rank[head])
    scans = 0
    again = nodes  # least dirty rank that was passed by once jumping back has been given up
    while True:
        while at < nodes and not dirty[at]:
            at += 1
        if at == nodes:
            if again == nodes:
                return scans
            at, again = again, nodes
            continue
        node = order[at]
        dirty[at] = 0
        at += 1
        scans += 1
        least = at
        for link in range(first[node], last[node]):
            head = head_of[link]
            lowered = better(labels, trees, node, head, cost[link], np.int32(link))
            place = rank[head]
            dirty[place] |= np.uint8(lowered)
            least = min(least, place if lowered else nodes)
        if scans <= 6 * nodes:
            at = least
        else:  # Bellman-Ford from here: polynomial whatever the costs
            again = min(again, least if least < at else nodes)


@inner
def reorder(batches: Batches, batch: int, labels: Floats, count: Ints) -> None:
    """Sort the nodes of a batch by the mean of their labels, roughly: into as many equal bins as there are nodes.

    Parameters
    ----------
    batches, batch : Batches, int
        Order and rank are rewritten.
    labels : ndarray of float, shape (nodes, 8)
        Distances; lanes without an origin are infinite.
    count : ndarray of int32, shape (nodes + 1,)
        Workspace.
    """
    order, rank = batches.order[batch], batches.rank[batch]
    nodes = order.size
    lanes = 0
    while lanes < LANES and batches.origin[batch, lanes] >= 0:
        lanes += 1
    farthest = 0.0
    for node in range(nodes):
        total = 0.0
        for lane in range(lanes):
            total += labels[node, lane]
        if total < np.inf:
            farthest = max(farthest, total)
    scale = (nodes - 1) / farthest if farthest > 0.0 else 0.0
    count[:] = 0
    for node in range(nodes):
        total = 0.0
        for lane in range(lanes):
            total += labels[node, lane]
        rank[node] = int(total * scale) if total < np.inf else nodes - 1
        count[rank[node] + 1] += 1
    for place in range(nodes):
        count[place + 1] += count[place]
    for node in range(nodes):
        place = count[rank[node]]
        count[rank[node]] += 1
        rank[node] = place
        order[place] = node


@inner
def load(g: Graph, batches: Batches, batch: int, trees: Ints, at_node: Floats, x: OriginFlows) -> None:
    """Send the demand of a batch along its trees.

    Parameters
    ----------
    g, batches, batch : Graph, Batches, int
        Where, and from where.
    trees : ndarray of int32, shape (nodes, 8)
        Last link of a shortest path.
    at_node : ndarray of float, shape (nodes, 8)
        Zeros; left as zeros.
    x : OriginFlows
        Flow by link and lane; added to.
    """
    tail, destination, demand = g.tail, batches.destination, batches.demand
    order, rank, base = batches.order[batch], batches.rank[batch], batch * x.link.shape[1]
    rows, slots, links, used = x.rows, x.slot[batch], x.link[batch], x.used
    for row in range(batches.first[batch], batches.first[batch + 1]):
        node = destination[row]
        for lane in range(LANES):
            at_node[node, lane] += demand[row, lane]
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
                    rows[claim(rows, base, slots, links, used, batch, link), lane] += flow
                    parent = tail[link]
                    at_node[parent, lane] += flow
                    at = max(at, rank[parent])
