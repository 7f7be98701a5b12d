"""Origins in groups of eight neighbours that share one node order."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from keruen.equilibrium.graph import Graph, Numbering
from keruen.equilibrium.kernels import inner, kernel
from keruen.equilibrium.lanes import LANES
from keruen.equilibrium.problem import Problem

__all__ = ["Batches", "all_or_nothing", "arrange", "batches", "with_demand"]

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]


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
def _sent(
    origin: Longs, destination: Longs, flow: Floats, end: Longs, weight: Floats, number: Ints
) -> tuple[Ints, Ints, Floats, Longs]:
    """Return origin, destination and demand in capacity units, and where the pairs of each class end.

    Intrazonal and zero demand is left out. The given pairs of class k end at ``end[k]``.
    """
    count = 0
    for pair in range(flow.size):
        count += flow[pair] > 0.0 and origin[pair] != destination[pair]
    tail, head, size = np.empty(count, np.int32), np.empty(count, np.int32), np.empty(count)
    ends = np.empty_like(end)
    pair, at = 0, 0
    for k in range(end.size):
        while pair < end[k]:
            if flow[pair] > 0.0 and origin[pair] != destination[pair]:
                tail[at], head[at] = number[origin[pair]], number[destination[pair]]
                size[at] = flow[pair] * weight[k]
                at += 1
            pair += 1
        ends[k] = at
    return tail, head, size, ends


@njit(cache=True)
def _gathered(g: Graph, cost: Floats, tail: Ints, end: Longs) -> tuple[Ints, Ints]:
    """Return the class of every batch and its origins, by class."""
    nodes, groups = g.through.size, end.size
    waiting, size = np.zeros((groups, nodes), np.uint8), np.zeros(groups, np.int64)
    pair = 0
    for k in range(groups):
        while pair < end[k]:
            size[k] += waiting[k, tail[pair]] == 0
            waiting[k, tail[pair]] = 1
            pair += 1
    count = 0
    for k in range(groups):
        count += (size[k] + LANES - 1) // LANES
    group, lanes = np.empty(count, np.int32), np.full((count, LANES), -1, np.int32)
    first = 0
    for k in range(groups):
        last = first + (size[k] + LANES - 1) // LANES
        if first < last:
            group[first:last] = k
            _gather(g, cost[k], waiting[k], lanes[first:last])
        first = last
    return group, lanes


@njit(cache=True)
def _by_batch(group: Ints, lanes: Ints, tail: Ints, end: Longs, nodes: int) -> tuple[Ints, Longs, Longs]:
    """Return the lane of every pair, and the pairs by batch: where those of each begin, and their numbers."""
    count, pairs = group.size, tail.size
    batch_of, lane_of = np.empty(nodes, np.int32), np.empty(nodes, np.int32)
    of, lane, begin = np.empty(pairs, np.int32), np.empty(pairs, np.int32), np.zeros(count + 1, np.int64)
    pair, batch = 0, 0
    for k in range(end.size):
        while batch < count and group[batch] == k:
            for at in range(LANES):
                if lanes[batch, at] >= 0:
                    batch_of[lanes[batch, at]], lane_of[lanes[batch, at]] = batch, at
            batch += 1
        while pair < end[k]:
            of[pair], lane[pair] = batch_of[tail[pair]], lane_of[tail[pair]]
            begin[of[pair] + 1] += 1
            pair += 1
    for batch in range(count):
        begin[batch + 1] += begin[batch]
    filled, number = begin.copy(), np.empty(pairs, np.int64)
    for pair in range(pairs):
        number[filled[of[pair]]] = pair
        filled[of[pair]] += 1
    return lane, begin, number


@njit(cache=True)
def _demanded(
    group: Ints, lanes: Ints, tail: Ints, head: Ints, size: Floats, end: Longs, nodes: int
) -> tuple[Ints, Ints, Floats, Floats]:
    """Return the last four fields of `Batches`."""
    lane, begin, number = _by_batch(group, lanes, tail, end, nodes)
    count, pairs = group.size, tail.size
    first, ends, row = np.zeros(count + 1, np.int32), np.empty(pairs, np.int32), np.empty(pairs, np.int32)
    row_of = np.full(nodes, -1, np.int32)
    rows = 0
    for batch in range(count):
        for at in range(begin[batch], begin[batch + 1]):
            node = head[number[at]]
            if row_of[node] < first[batch]:
                row_of[node] = rows
                ends[rows] = node
                rows += 1
            row[number[at]] = row_of[node]
        first[batch + 1] = rows
    raw = np.zeros((rows + 1) * LANES)
    start = -int(raw.ctypes.data) % 64 // 8  # rows of lanes begin on cache lines, see `aligned`
    demand = raw[start : start + rows * LANES].reshape((rows, LANES))
    total = np.zeros(count)
    for batch in range(count):
        for at in range(begin[batch], begin[batch + 1]):
            pair = number[at]
            demand[row[pair], lane[pair]] += size[pair]
            total[batch] += size[pair]
    return first, ends[:rows].copy(), demand, total


@njit(cache=True)
def _made(
    g: Graph, cost: Floats, origin: Longs, destination: Longs, flow: Floats, end: Longs, weight: Floats, number: Ints
) -> tuple[Ints, Ints, Ints, Ints, Ints, Ints, Floats, Floats]:
    """Return the fields of `Batches`."""
    nodes = g.through.size
    tail, head, size, ends = _sent(origin, destination, flow, end, weight, number)
    group, lanes = _gathered(g, cost, tail, ends)
    first, destinations, demand, total = _demanded(group, lanes, tail, head, size, ends, nodes)
    order, rank = np.empty((group.size, nodes), np.int32), np.empty((group.size, nodes), np.int32)
    return group, lanes, order, rank, first, destinations, demand, total


@njit(cache=True)
def _demanded_anew(
    group: Ints, lanes: Ints, origin: Longs, destination: Longs, flow: Floats, end: Longs, weight: Floats, number: Ints
) -> tuple[Ints, Ints, Floats, Floats]:
    """Return the last four fields of `Batches`, for other demand."""
    tail, head, size, ends = _sent(origin, destination, flow, end, weight, number)
    fields: tuple[Ints, Ints, Floats, Floats] = _demanded(group, lanes, tail, head, size, ends, number.size)
    return fields


def _pairs(problem: Problem) -> tuple[Longs, Longs, Floats, Longs, Floats]:
    """Return origin, destination and flow of all classes, where the pairs of each end, and what a unit of it weighs."""
    classes = problem.classes
    origin, destination, flow = (
        np.concatenate([getattr(one, name) for one in classes]) if len(classes) > 1 else getattr(classes[0], name)
        for name in ("origin", "destination", "flow")
    )
    end = np.cumsum([len(one.flow) for one in classes])
    return (
        np.ascontiguousarray(origin, np.int64),
        np.ascontiguousarray(destination, np.int64),
        np.ascontiguousarray(flow, np.float64),
        end,
        np.array([one.weight for one in classes], np.float64),
    )


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
    return Batches(*_made(g, cost, *_pairs(problem), numbering.node))


def with_demand(made: Batches, problem: Problem, numbering: Numbering) -> Batches:
    """Return batches with the demand of another problem that has the same origins."""
    first, destination, demand, total = _demanded_anew(made.group, made.origin, *_pairs(problem), numbering.node)
    return made._replace(first=first, destination=destination, demand=demand, total=total)
