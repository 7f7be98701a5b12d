"""Origins in groups of eight neighbours that share one node order."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from keruen.equilibrium.graph import Graph, Numbering
from keruen.equilibrium.kernels import inner, kernel
from keruen.equilibrium.lanes import LANES, aligned
from keruen.equilibrium.problem import Problem

__all__ = ["Batches", "all_or_nothing", "arrange", "batches", "with_demand"]

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]
Pairs = tuple[Ints, Ints, Floats]


class Batches(NamedTuple):
    """Groups of up to eight origins of one class.

    Attributes
    ----------
    group : ndarray of int32, shape (batches,)
        Class of a batch.
    origin : ndarray of int32, shape (batches, 8)
        Node of each lane, -1 where a lane is empty.
    order, rank : ndarray of int32, shape (batches, nodes)
        Nodes by distance from the first origin, later by mean distance from all; and the inverse.
    first : ndarray of int32, shape (batches + 1,)
        The destinations of batch b are ``first[b] .. first[b + 1]``.
    destination : ndarray of int32, shape (n,)
        Node.
    demand : ndarray of float, shape (n, 8)
        Demand by lane, in capacity units.
    total : ndarray of float, shape (batches,)
        Demand of a batch.
    """

    group: Ints
    origin: Ints
    order: Ints
    rank: Ints
    first: Ints
    destination: Ints
    demand: Floats
    total: Floats


@inner
def _sink(keys: Floats, heap: Ints, slot: Ints, size: int) -> None:
    """Let the entry behind the last sink from the top of a 4-ary heap, which is empty there."""
    at, key, last = 0, keys[size], heap[size]
    while size > 0:
        child = 4 * at + 1
        if child >= size:
            break
        nearest, least = child, keys[child]
        for other in range(child + 1, min(child + 4, size)):
            if keys[other] < least:
                nearest, least = other, keys[other]
        if least >= key:
            break
        keys[at], heap[at] = least, heap[nearest]
        slot[heap[at]] = at
        at = nearest
    if size > 0:
        keys[at], heap[at], slot[last] = key, last, at


@inner
def _rise(keys: Floats, heap: Ints, slot: Ints, node: int, key: float) -> None:
    """Let a node rise from its slot to where its key belongs."""
    at = slot[node]
    while at > 0:
        above = (at - 1) >> 2
        if keys[above] <= key:
            break
        keys[at], heap[at] = keys[above], heap[above]
        slot[heap[at]] = at
        at = above
    keys[at], heap[at], slot[node] = key, node, at


@inner
def _dijkstra(
    g: Graph,
    cost: Floats,
    origin: int,
    distance: Floats,
    keys: Floats,
    heap: Ints,
    slot: Ints,
    order: Ints,
    wanted: Bytes,
    enough: int,
) -> int:
    """Write nodes in order of their distance from an origin (4-ary heap), and return how many are settled.

    It ends once `enough` of the wanted nodes are settled; before that, nodes out of reach come last.
    """
    first, last_of, head_of = g.first, g.last, g.head
    nodes = distance.size
    distance[:] = np.inf
    slot[:] = -1
    distance[origin] = 0.0
    keys[0], heap[0], slot[origin] = 0.0, origin, 0
    size, settled = 1, 0
    while size > 0:
        node = heap[0]
        order[settled] = node
        settled += 1
        enough -= wanted[node]
        if enough == 0:
            return settled
        slot[node] = -2
        size -= 1
        _sink(keys, heap, slot, size)
        here = distance[node]
        for link in range(first[node], first[node + 1] if node == origin else last_of[node]):
            head = head_of[link]
            reached = here + cost[link]
            if reached < distance[head]:
                distance[head] = reached
                if slot[head] < 0:
                    slot[head] = size
                    size += 1
                _rise(keys, heap, slot, head, reached)
    for node in range(nodes):
        if slot[node] == -1:
            order[settled] = node
            settled += 1
    return settled


@njit(cache=True)
def _gather(g: Graph, cost: Floats, waiting: Bytes, origin: Ints) -> None:
    """Group the waiting origins of one class: each first origin takes the seven that are nearest to it."""
    nodes = waiting.size
    distance, keys = np.empty(nodes), np.empty(nodes)
    heap, slot, order = np.empty(nodes, np.int32), np.empty(nodes, np.int32), np.empty(nodes, np.int32)
    seed = 0
    while not waiting[seed]:
        seed += 1
    for batch in range(origin.shape[0]):
        settled = _dijkstra(g, cost, seed, distance, keys, heap, slot, order, waiting, LANES + 1)
        lane = 0
        seed = -1
        for at in range(settled):
            node = order[at]
            if not waiting[node]:
                continue
            if lane < LANES:
                origin[batch, lane] = node
                waiting[node] = 0
                lane += 1
            else:
                seed = node  # the nearest that found no room begins the next batch


@kernel
def arrange(
    g: Graph, batches: Batches, batch: int, cost: Floats, lengths: Floats, heap: Ints, slot: Ints, none: Bytes
) -> None:
    """Put the nodes of a batch in order of their distance from its first origin.

    Parameters
    ----------
    g, batches, batch : Graph, Batches, int
        Order and rank are written.
    cost : ndarray of float, shape (links,)
        Generalised cost.
    lengths, heap, slot : ndarray, shapes (2, nodes), (nodes,), (nodes,)
        Workspace.
    none : ndarray of uint8, shape (nodes,)
        Zeros.
    """
    order, rank, first = batches.order[batch], batches.rank[batch], batches.origin[batch, 0]
    _dijkstra(g, cost, first, lengths[0], lengths[1], heap, slot, order, none, 1)
    for at in range(order.size):
        rank[order[at]] = at


@njit(cache=True)
def all_or_nothing(g: Graph, cost: Floats, origins: Ints) -> float:
    """Run one cold Dijkstra from every origin (distances only) and return a checksum: the yardstick of the field."""
    nodes = g.through.size
    distance, keys = np.empty(nodes), np.empty(nodes)
    heap = np.empty(nodes, np.int32)
    slot = np.empty(nodes, np.int32)
    order, none = np.empty(nodes, np.int32), np.zeros(nodes, np.uint8)
    total = 0.0
    for origin in origins:
        _dijkstra(g, cost, origin, distance, keys, heap, slot, order, none, 1)
        total += distance[order[nodes // 2]]
    return total


@njit(cache=True)
def _sent(origin: Longs, destination: Longs, flow: Floats, weight: float, number: Ints) -> Pairs:
    """Return origin, destination and demand of one class, without intrazonal and zero demand."""
    count = 0
    for pair in range(flow.size):
        count += flow[pair] > 0.0 and origin[pair] != destination[pair]
    tail, head, size = np.empty(count, np.int32), np.empty(count, np.int32), np.empty(count)
    at = 0
    for pair in range(flow.size):
        if flow[pair] > 0.0 and origin[pair] != destination[pair]:
            tail[at], head[at] = number[origin[pair]], number[destination[pair]]
            size[at] = flow[pair] * weight
            at += 1
    return tail, head, size


def _pairs(problem: Problem, numbering: Numbering) -> list[Pairs]:
    """Return origin, destination and demand in capacity units by class."""
    return [
        _sent(
            np.ascontiguousarray(one.origin, np.int64),
            np.ascontiguousarray(one.destination, np.int64),
            np.ascontiguousarray(one.flow, np.float64),
            float(one.weight),
            numbering.node,
        )
        for one in problem.classes
    ]


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
        Origins that have demand and their destinations; the nodes have no order yet.
    """
    nodes = problem.nodes
    group, origins = [], []
    pairs = _pairs(problem, numbering)
    for k, (origin, _, _) in enumerate(pairs):
        waiting = np.zeros(nodes, np.uint8)
        waiting[origin] = 1
        count = -(-int(waiting.sum()) // LANES)
        if not count:
            continue
        lanes = np.full((count, LANES), -1, np.int32)
        _gather(g, cost[k], waiting, lanes)
        group.append(np.full(count, k, np.int32))
        origins.append(lanes)
    if not group:
        group, origins = [np.zeros(0, np.int32)], [np.zeros((0, LANES), np.int32)]
    groups = np.concatenate(group)
    made = Batches(
        groups,
        np.concatenate(origins),
        np.empty((groups.size, nodes), np.int32),
        np.empty((groups.size, nodes), np.int32),
        np.zeros(1, np.int32),
        np.zeros(0, np.int32),
        np.zeros((0, LANES)),
        np.zeros(0),
    )
    return _demanded(made, pairs, nodes)


def with_demand(made: Batches, problem: Problem, numbering: Numbering) -> Batches:
    """Return a copy of batches with the demand of another problem that has the same origins."""
    order, rank = made.order.copy(), made.rank.copy()  # a solve rewrites them, and others may start from `made` too
    return _demanded(made._replace(order=order, rank=rank), _pairs(problem, numbering), problem.nodes)


def _demanded(made: Batches, pairs: list[Pairs], nodes: int) -> Batches:
    """Return the same batches with the demand of these pairs by class."""
    count = made.group.size
    first = np.zeros(count + 1, np.int32)
    rows = []
    for k, (origin, destination, flow) in enumerate(pairs):
        own = np.flatnonzero(made.group == k)
        if own.size:
            lanes = made.origin[own[0] : own[-1] + 1]
            rows.append(_by_destination(lanes, origin, destination, flow, first[own[0] : own[-1] + 2], nodes))
            first[own[-1] + 2 :] = first[own[-1] + 1]
    destination = np.concatenate([row[0] for row in rows]) if rows else np.zeros(0, np.int32)
    demand = aligned((destination.size, LANES))
    at = 0
    for _, table in rows:
        demand[at : at + len(table)] = table
        at += len(table)
    total = np.add.reduceat(demand.sum(axis=1), first[:-1]) if count else np.zeros(0)
    return made._replace(first=first, destination=destination, demand=demand, total=total)


@njit(cache=True)
def _by_destination(
    lanes: Ints, origin: Ints, destination: Ints, flow: Floats, first: Ints, nodes: int
) -> tuple[Ints, Floats]:
    """Return the destinations of the batches of one class, and the demand of each by lane; complete `first`."""
    count = lanes.shape[0]
    batch_of = np.empty(nodes, np.int32)
    lane_of = np.empty(nodes, np.int32)
    for batch in range(count):
        for lane in range(LANES):
            if lanes[batch, lane] >= 0:
                batch_of[lanes[batch, lane]], lane_of[lanes[batch, lane]] = batch, lane
    begin = np.zeros(count + 1, np.int64)
    for pair in range(origin.size):
        begin[batch_of[origin[pair]] + 1] += 1
    begin = np.cumsum(begin)
    filled = begin[:-1].copy()
    by_batch = np.empty(origin.size, np.int64)
    for pair in range(origin.size):
        batch = batch_of[origin[pair]]
        by_batch[filled[batch]] = pair
        filled[batch] += 1
    ends = np.empty(origin.size, np.int32)
    row_of_pair = np.empty(origin.size, np.int32)
    row_of = np.full(nodes, -1, np.int32)
    rows = 0
    for batch in range(count):
        start = rows
        for at in range(begin[batch], begin[batch + 1]):
            pair = by_batch[at]
            node = destination[pair]
            if row_of[node] < start:
                row_of[node] = rows
                ends[rows] = node
                rows += 1
            row_of_pair[pair] = row_of[node]
        first[batch + 1] = first[0] + rows
    table = np.zeros((rows, LANES))
    for pair in range(origin.size):
        table[row_of_pair[pair], lane_of[origin[pair]]] += flow[pair]
    return ends[:rows], table
