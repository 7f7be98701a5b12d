"""Origins in groups of eight neighbours that share one node order."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from keruen.equilibrium.graph import Graph, Numbering
from keruen.equilibrium.lanes import LANES, aligned
from keruen.equilibrium.problem import Problem

__all__ = ["Batches", "batches", "with_demand"]

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]


class Batches(NamedTuple):
    """Groups of up to eight origins of one class.

    Attributes
    ----------
    group : ndarray of int32, shape (batches,)
        Class of a batch.
    origin : ndarray of int32, shape (batches, 8)
        Node of each lane, -1 where a lane is empty.
    order, rank : ndarray of int32, shape (batches, nodes)
        Nodes by distance from the first origin without congestion, and the inverse.
    first : ndarray of int32, shape (batches + 1,)
        The destinations of batch b are ``first[b] .. first[b + 1]``.
    destination : ndarray of int32, shape (n,)
        Node.
    demand : ndarray of float, shape (n, 8)
        Demand by lane, in capacity units.
    """

    group: Ints
    origin: Ints
    order: Ints
    rank: Ints
    first: Ints
    destination: Ints
    demand: Floats


@njit(cache=True)
def _dijkstra(g: Graph, cost: Floats, origin: int, distance: Floats, heap: Ints, slot: Ints, order: Ints) -> None:
    """Write all nodes in order of their distance from an origin; nodes out of reach come last."""
    nodes = distance.size
    distance[:] = np.inf
    slot[:] = -1
    distance[origin] = 0.0
    heap[0] = origin
    slot[origin] = 0
    size = 1
    settled = 0
    while size > 0:
        node = heap[0]
        order[settled] = node
        settled += 1
        slot[node] = -2
        size -= 1
        if size > 0:
            _sift_down(heap, slot, distance, heap[size], size)
        if not g.through[node] and node != origin:
            continue
        for link in range(g.first[node], g.first[node + 1]):
            head = g.head[link]
            reached = distance[node] + cost[link]
            if reached < distance[head]:
                distance[head] = reached
                if slot[head] == -1:
                    slot[head] = size
                    size += 1
                _sift_up(heap, slot, distance, head)
    for node in range(nodes):
        if slot[node] == -1:
            order[settled] = node
            settled += 1


@njit(cache=True)
def _sift_up(heap: Ints, slot: Ints, distance: Floats, node: int) -> None:
    """Move a node of a 4-ary heap towards the top until its parent is nearer."""
    at = slot[node]
    while at > 0:
        above = (at - 1) >> 2
        other = heap[above]
        if distance[other] <= distance[node]:
            break
        heap[at] = other
        slot[other] = at
        at = above
    heap[at] = node
    slot[node] = at


@njit(cache=True)
def _sift_down(heap: Ints, slot: Ints, distance: Floats, node: int, size: int) -> None:
    """Put a node at the top of a 4-ary heap and move it down until its children are farther."""
    at = 0
    while True:
        child = 4 * at + 1
        if child >= size:
            break
        nearest = child
        for other in range(child + 1, min(child + 4, size)):
            if distance[heap[other]] < distance[heap[nearest]]:
                nearest = other
        if distance[heap[nearest]] >= distance[node]:
            break
        heap[at] = heap[nearest]
        slot[heap[at]] = at
        at = nearest
    heap[at] = node
    slot[node] = at


@njit(cache=True)
def _gather(g: Graph, cost: Floats, waiting: NDArray[np.uint8], origin: Ints, order: Ints, rank: Ints) -> None:
    """Group the waiting origins of one class: each first origin takes the seven that are nearest to it."""
    nodes = rank.shape[1]
    distance = np.empty(nodes)
    heap = np.empty(nodes, np.int32)
    slot = np.empty(nodes, np.int32)
    seed = 0
    while not waiting[seed]:
        seed += 1
    for batch in range(origin.shape[0]):
        _dijkstra(g, cost, seed, distance, heap, slot, order[batch])
        lane = 0
        seed = -1
        for at in range(nodes):
            node = order[batch, at]
            rank[batch, node] = at
            if not waiting[node]:
                continue
            if lane < LANES:
                origin[batch, lane] = node
                waiting[node] = 0
                lane += 1
            elif seed < 0:
                seed = node  # the nearest that found no room begins the next batch


@njit(cache=True)
def all_or_nothing(g: Graph, cost: Floats, origins: Ints) -> float:
    """Run one cold Dijkstra from every origin (distances only) and return a checksum: the yardstick of the field."""
    nodes = g.through.size
    distance = np.empty(nodes)
    heap = np.empty(nodes, np.int32)
    slot = np.empty(nodes, np.int32)
    order = np.empty(nodes, np.int32)
    total = 0.0
    for origin in origins:
        _dijkstra(g, cost, origin, distance, heap, slot, order)
        total += distance[order[nodes // 2]]
    return total


def _pairs(problem: Problem, numbering: Numbering) -> list[tuple[Ints, Ints, Floats]]:
    """Return origin, destination and demand in capacity units by class, without intrazonal and zero demand."""
    table = []
    for one in problem.classes:
        kept = (np.asarray(one.flow) > 0) & (np.asarray(one.origin) != np.asarray(one.destination))
        ends = (numbering.node[np.asarray(end)[kept]] for end in (one.origin, one.destination))
        table.append((*ends, np.asarray(one.flow, np.float64)[kept] * one.weight))
    return table


def batches(problem: Problem, g: Graph, numbering: Numbering, cost: Floats) -> Batches:
    """Return the origins of every class in batches.

    Parameters
    ----------
    problem : Problem
        Demand by class.
    g, numbering : Graph, Numbering
        The network.
    cost : ndarray of float, shape (classes, links)
        Generalised cost without congestion.

    Returns
    -------
    Batches
        Origins that have demand, their node orders and their destinations.
    """
    nodes = problem.nodes
    group, origins, orders, ranks = [], [], [], []
    for k, (origin, _, _) in enumerate(_pairs(problem, numbering)):
        waiting = np.zeros(nodes, np.uint8)
        waiting[origin] = 1
        count = -(-int(waiting.sum()) // LANES)
        if not count:
            continue
        lanes = np.full((count, LANES), -1, np.int32)
        order, rank = np.empty((count, nodes), np.int32), np.empty((count, nodes), np.int32)
        _gather(g, cost[k], waiting, lanes, order, rank)
        group.append(np.full(count, k, np.int32))
        origins.append(lanes)
        orders.append(order)
        ranks.append(rank)
    if not group:
        empty = np.zeros((0, nodes), np.int32)
        group, origins, orders, ranks = [empty[:, 0]], [np.zeros((0, LANES), np.int32)], [empty], [empty]
    made = Batches(
        np.concatenate(group),
        np.concatenate(origins),
        np.concatenate(orders),
        np.concatenate(ranks),
        np.zeros(1, np.int32),
        np.zeros(0, np.int32),
        np.zeros((0, LANES)),
    )
    return with_demand(made, problem, numbering)


def with_demand(made: Batches, problem: Problem, numbering: Numbering) -> Batches:
    """Return the same batches with the demand of another problem that has the same origins."""
    count, nodes = made.group.size, problem.nodes
    destinations, demands = [], []
    first = np.zeros(count + 1, np.int32)
    batch_of, lane_of = np.full(nodes, -1), np.full(nodes, -1)
    for k, (origin, destination, flow) in enumerate(_pairs(problem, numbering)):
        own = np.flatnonzero(made.group == k)
        at, lane = np.nonzero(made.origin[own] >= 0)
        batch_of[made.origin[own][at, lane]] = own[at]
        lane_of[made.origin[own][at, lane]] = lane
        key = batch_of[origin].astype(np.int64) * nodes + destination
        keys, row = np.unique(key, return_inverse=True)
        demand = np.zeros((keys.size, LANES))
        np.add.at(demand, (row, lane_of[origin]), flow)
        destinations.append((keys % nodes).astype(np.int32))
        demands.append(demand)
        first[1:] += np.bincount(keys // nodes, minlength=count).astype(np.int32)
    np.cumsum(first, out=first)
    table = aligned((int(first[-1]), LANES))
    np.concatenate(demands, out=table)
    return made._replace(first=first, destination=np.concatenate(destinations), demand=table)
