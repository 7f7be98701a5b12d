"""Least-cost paths: a Numba kernel over compressed sparse rows, and the few things asked of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["Graph", "graph", "nearest", "path_to", "tree"]


@dataclass(frozen=True, eq=False)
class Graph:
    """Arcs sorted by the node they leave.

    Attributes
    ----------
    first : ndarray of int32, shape (nodes + 1,)
        Position in ``arc`` of the first arc that leaves each node.
    arc : ndarray of int32, shape (arcs,)
        Arc numbers in that order.
    head : ndarray of int32, shape (arcs,)
        Node entered, in the same order.
    tail : ndarray of int32, shape (arcs,)
        Node left, by arc number.
    """

    first: NDArray[np.int32]
    arc: NDArray[np.int32]
    head: NDArray[np.int32]
    tail: NDArray[np.int32]


def graph(nodes: int, tail: NDArray[np.int32], head: NDArray[np.int32]) -> Graph:
    """Sort arcs by tail.

    Parameters
    ----------
    nodes : int
        Number of nodes.
    tail, head : ndarray of int32, shape (arcs,)
        Ends of the arcs.

    Returns
    -------
    Graph
        The sorted graph.
    """
    order = np.argsort(tail, kind="stable").astype(np.int32)
    first = np.zeros(nodes + 1, dtype=np.int32)
    np.cumsum(np.bincount(tail, minlength=nodes), out=first[1:])
    return Graph(first, order, head[order].astype(np.int32), tail.astype(np.int32))


def tree(
    graph: Graph, cost: NDArray[np.float64], start: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Least-cost tree from one node or many.

    Parameters
    ----------
    graph : Graph
        The graph.
    cost : ndarray of float64, shape (arcs,)
        Cost by arc number, not negative; infinite bars the arc.
    start : ndarray of float64, shape (nodes,)
        Cost at which each node is entered from outside; infinite for all but the origins.

    Returns
    -------
    distance : ndarray of float64, shape (nodes,)
        Least cost to each node, infinite where none leads.
    entering : ndarray of int32, shape (nodes,)
        Arc by which the node is reached, -1 at origins and where nothing leads.

    Examples
    --------
    >>> line = graph(3, np.array([0, 1], np.int32), np.array([1, 2], np.int32))
    >>> distance, entering = tree(line, np.array([2.0, 3.0]), np.array([0.0, np.inf, np.inf]))
    >>> distance.tolist(), entering.tolist()
    ([0.0, 2.0, 5.0], [-1, 0, 1])
    """
    return _tree(graph.first, graph.arc, graph.head, cost, start)


def path_to(graph: Graph, entering: NDArray[np.int32], node: int) -> list[int]:
    """Arcs of the tree path to a node, in the order they are travelled."""
    arcs: list[int] = []
    while entering[node] >= 0:
        arc = int(entering[node])
        arcs.append(arc)
        node = int(graph.tail[arc])
    return arcs[::-1]


def nearest(distance: NDArray[np.float64], nodes: Iterable[int]) -> int | None:
    """The node of least distance among some, or None if none is reached."""
    best = min(nodes, key=lambda node: float(distance[node]), default=None)
    return best if best is not None and np.isfinite(distance[best]) else None


@njit(cache=True)
def _tree(first, arc, head, cost, start):
    nodes = len(first) - 1
    distance = start.copy()
    entering = np.full(nodes, -1, dtype=np.int32)
    heap = np.empty(nodes, dtype=np.int32)
    place = np.full(nodes, -1, dtype=np.int32)  # position in the heap, -1 outside
    size = 0
    for node in range(nodes):
        if np.isfinite(start[node]):
            heap[size] = node
            place[node] = size
            size += 1
            _rise(heap, place, distance, size - 1)
    while size > 0:
        node = heap[0]
        place[node] = -1
        size -= 1
        if size > 0:
            heap[0] = heap[size]
            place[heap[0]] = 0
            _sink(heap, place, distance, size)
        for k in range(first[node], first[node + 1]):
            reached = distance[node] + cost[arc[k]]
            other = head[k]
            if reached < distance[other]:
                distance[other] = reached
                entering[other] = arc[k]
                if place[other] < 0:
                    place[other] = size
                    heap[size] = other
                    size += 1
                _rise(heap, place, distance, place[other])
    return distance, entering


@njit(cache=True)
def _rise(heap, place, distance, i):
    node = heap[i]
    while i > 0:
        up = (i - 1) // 4
        if distance[heap[up]] <= distance[node]:
            break
        heap[i] = heap[up]
        place[heap[i]] = i
        i = up
    heap[i] = node
    place[node] = i


@njit(cache=True)
def _sink(heap, place, distance, size):
    i = 0
    node = heap[0]
    while True:
        child = 4 * i + 1
        if child >= size:
            break
        least = child
        for other in range(child + 1, min(child + 4, size)):
            if distance[heap[other]] < distance[heap[least]]:
                least = other
        if distance[heap[least]] >= distance[node]:
            break
        heap[i] = heap[least]
        place[heap[i]] = i
        i = least
    heap[i] = node
    place[node] = i
