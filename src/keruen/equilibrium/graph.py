"""The network as the kernels see it: links sorted by tail, nodes numbered so that neighbours lie close in memory."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from keruen.equilibrium.problem import Problem

__all__ = ["Graph", "Numbering", "graph", "same_network"]

Ints = NDArray[np.int32]


class Graph(NamedTuple):
    """Links by tail and by head (compressed rows).

    Attributes
    ----------
    first : ndarray of int32, shape (nodes + 1,)
        The links that leave node u are ``first[u] .. first[u + 1]``.
    last : ndarray of int32, shape (nodes,)
        A route that comes to node u may go on by links ``first[u] .. last[u]``: by none where it may not pass.
    tail, head : ndarray of int32, shape (links,)
        Ends of a link.
    first_in : ndarray of int32, shape (nodes + 1,)
        The links that enter node v are ``link_in[first_in[v] .. first_in[v + 1]]``.
    link_in : ndarray of int32, shape (links,)
        Links by head.
    place : ndarray of int32, shape (links,)
        Position of a link among those that enter its head.
    pair : ndarray of int32, shape (nodes,)
        Where the table of pairs of links that enter a node begins.
    through : ndarray of uint8, shape (nodes,)
        1 where a route may pass.
    """

    first: Ints
    last: Ints
    tail: Ints
    head: Ints
    first_in: Ints
    link_in: Ints
    place: Ints
    pair: Ints
    through: NDArray[np.uint8]


class Numbering(NamedTuple):
    """How the kernels' numbers stand to those of the problem.

    Attributes
    ----------
    node : ndarray of int32, shape (nodes,)
        The kernels' number of each node of the problem.
    arc : ndarray of int32, shape (links,)
        The problem's arc of each link of the kernels.
    """

    node: Ints
    arc: Ints


@njit(cache=True)
def _rows(ends: Ints, nodes: int) -> tuple[Ints, Ints]:
    """Return compressed rows: where each node's entries begin, and the entries in their order."""
    first = np.zeros(nodes + 1, np.int32)
    for end in ends:
        first[end + 1] += 1
    for node in range(nodes):
        first[node + 1] += first[node]
    filled, order = first.copy(), np.empty(ends.size, np.int32)
    for at in range(ends.size):
        order[filled[ends[at]]] = at
        filled[ends[at]] += 1
    return first, order


@njit(cache=True)
def _breadth_first(tail: Ints, head: Ints, nodes: int) -> Ints:
    """Number the nodes in breadth-first order, links taken both ways."""
    links = tail.size
    first, order = _rows(np.concatenate((tail, head)), nodes)
    number = np.full(nodes, -1, np.int32)
    queue = np.empty(nodes, np.int32)
    count = 0
    for start in range(nodes):
        if number[start] >= 0:
            continue
        number[start] = count
        queue[count] = start
        done = count
        count += 1
        while done < count:
            node = queue[done]
            done += 1
            for at in range(first[node], first[node + 1]):
                other = head[order[at]] if order[at] < links else tail[order[at] - links]
                if number[other] < 0:
                    number[other] = count
                    queue[count] = other
                    count += 1
    return number


@njit(cache=True)
def _arranged(
    tail: Ints, head: Ints, nodes: int, allowed: NDArray[np.bool_]
) -> tuple[Ints, Ints, Ints, Ints, Ints, Ints, Ints, Ints, NDArray[np.uint8], Ints, Ints]:
    """Return the fields of `Graph`, then those of `Numbering`, for the nodes where a route is allowed to pass."""
    number = _breadth_first(tail, head, nodes)
    _, by_head = _rows(number[head], nodes)
    first, by_tail = _rows(number[tail][by_head], nodes)
    arc = by_head[by_tail]
    tail, head = number[tail][arc], number[head][arc]
    first_in, link_in = _rows(head, nodes)
    place = np.empty(arc.size, np.int32)
    pair, through = np.zeros(nodes, np.int32), np.ones(nodes, np.uint8)
    last = first[1:].copy()
    for node in range(nodes):
        entering = first_in[node + 1] - first_in[node]
        if node + 1 < nodes:
            pair[node + 1] = pair[node] + entering * entering
        for at in range(entering):
            place[link_in[first_in[node] + at]] = at
    for node in range(allowed.size):
        if not allowed[node]:
            through[number[node]] = 0
            last[number[node]] = first[number[node]]
    return first, last, tail, head, first_in, link_in, place, pair, through, number, arc


def graph(problem: Problem) -> tuple[Graph, Numbering]:
    """Return the network in the kernels' order.

    Parameters
    ----------
    problem : Problem
        A valid problem.

    Returns
    -------
    Graph
        The network.
    Numbering
        The way back to the numbers of the problem.
    """
    tail, head = (np.asarray(ends, np.int32) for ends in (problem.tail, problem.head))
    allowed = np.zeros(0, bool) if problem.through is None else np.asarray(problem.through, bool)
    *fields, node, arc = _arranged(tail, head, problem.nodes, allowed)
    return Graph(*fields), Numbering(node, arc)


def same_network(a: Problem, b: Problem) -> bool:
    """Return whether two problems have the same nodes and arcs, and pass by the same nodes."""
    passed, other = (np.ones(one.nodes, bool) if one.through is None else one.through for one in (a, b))
    return (
        a.nodes == b.nodes
        and np.array_equal(a.tail, b.tail)
        and np.array_equal(a.head, b.head)
        and np.array_equal(passed, other)
    )
