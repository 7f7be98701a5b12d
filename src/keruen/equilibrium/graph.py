"""The network as the kernels see it: links sorted by tail, nodes numbered so that neighbours lie close in memory."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from keruen.equilibrium.problem import Problem

__all__ = ["Graph", "Numbering", "graph"]

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
def _breadth_first(first: Ints, neighbour: Ints, nodes: int) -> Ints:
    """Number the nodes in breadth-first order, links taken both ways."""
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
                other = neighbour[at]
                if number[other] < 0:
                    number[other] = count
                    queue[count] = other
                    count += 1
    return number


def _rows(ends: Ints, nodes: int) -> tuple[Ints, Ints]:
    """Return compressed rows: where each node's entries begin, and the entries."""
    order = np.argsort(ends, kind="stable").astype(np.int32)
    first = np.zeros(nodes + 1, np.int32)
    np.cumsum(np.bincount(ends, minlength=nodes), out=first[1:])
    return first, order


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
    nodes = problem.nodes
    tail, head = (np.asarray(ends, np.int32) for ends in (problem.tail, problem.head))
    first, order = _rows(np.concatenate([tail, head]), nodes)
    number = _breadth_first(first, np.concatenate([head, tail])[order], nodes)

    tail, head = number[tail], number[head]
    arc = np.lexsort((head, tail)).astype(np.int32)
    tail, head = tail[arc], head[arc]
    first, _ = _rows(tail, nodes)
    first_in, link_in = _rows(head, nodes)
    place = np.empty(arc.size, np.int32)
    place[link_in] = np.arange(arc.size) - first_in[head[link_in]]
    entering = np.diff(first_in).astype(np.int64)
    pair = np.zeros(nodes, np.int32)
    np.cumsum(entering[:-1] ** 2, out=pair[1:])
    through = np.ones(nodes, np.uint8)
    if problem.through is not None:
        through[number] = problem.through
    last = np.where(through, first[1:], first[:-1])
    return Graph(first, last, tail, head, first_in, link_in, place, pair, through), Numbering(number, arc)
