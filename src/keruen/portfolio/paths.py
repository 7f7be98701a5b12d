"""Sets of paths with their flows, kept warm from one assignment to the next.

A tree of projects asks for thousands of assignments that differ in one or two arcs. Their paths are nearly the same,
so each store keeps the paths of every pair in place: a path through an arc that closes is dropped, a cheaper one is
added, and flow moves between the paths of a pair by Newton steps on the arcs in which they differ (gradient
projection after Jayakrishnan et al. 1994, arc flows updated after every step).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from keruen.equilibrium import Problem
from keruen.portfolio.links import CLOSED, LinkFunctions, cost_and_slope, quick

__all__ = ["Network", "Paths", "cheapest_flows", "fill", "load", "network", "paths", "reprice", "sweep", "tree_pass"]

Ints = NDArray[np.uint32]
Floats = NDArray[np.float64]

_SLOTS = 12
"""Paths kept a pair; a pair that wants more gives up the one with the least flow."""


class Network(NamedTuple):
    """What does not change between assignments.

    Attributes
    ----------
    tail, head : ndarray of uint32, shape (arcs,)
        Ends of an arc.
    first_out : ndarray of uint32, shape (nodes + 1,)
        Where the arcs that leave a node begin in `out`.
    out : ndarray of uint32, shape (arcs,)
        Arcs by the node they leave.
    through : ndarray of bool, shape (nodes,)
        Nodes that may lie inside a path.
    fixed : ndarray of float, shape (classes, arcs)
        Cost beside time, infinite where a class may not go.
    group_origin, group_class : ndarray of uint32, shape (groups,)
        Pairs come in groups of one origin and one class.
    first_pair : ndarray of uint32, shape (groups + 1,)
        Where the pairs of a group begin.
    pair_group, destination : ndarray of uint32, shape (pairs,)
        Group and last node of a pair.
    demand : ndarray of float, shape (pairs,)
        Demand in capacity units.
    """

    tail: Ints
    head: Ints
    first_out: Ints
    out: Ints
    through: NDArray[np.bool_]
    fixed: Floats
    group_origin: Ints
    group_class: Ints
    first_pair: Ints
    pair_group: Ints
    destination: Ints
    demand: Floats


class Paths(NamedTuple):
    """Paths, their flows, and the arc flows and costs they add up to; changed in place.

    Attributes
    ----------
    flow, cost, slope : ndarray of float, shape (arcs,)
        Flow, cost common to all classes, and its derivative.
    held : ndarray of uint32, shape (pairs,)
        Paths of a pair.
    slot : ndarray of uint32, shape (pairs, 12)
        Their numbers.
    begin, size : ndarray of uint32, shape (paths,)
        Where the arcs of a path are in `arcs`.
    amount : ndarray of float, shape (paths,)
        Flow of a path.
    arcs : ndarray of uint32
        Arcs of all paths, from last to first.
    spare : ndarray of uint32, shape (paths,)
        Numbers of paths not in use.
    top : ndarray of int64, shape (3,)
        Length of `spare`, of the used part of `arcs`, and a stamp for marks.
    label, distance : ndarray, shape (nodes,)
        Arc into each node of the present tree, and its distance.
    queue, state : ndarray of uint32, shape (nodes,)
        Of the label-correcting search.
    mark : ndarray of int64, shape (2, arcs)
        Arcs of the paths that are compared.
    """

    flow: Floats
    cost: Floats
    slope: Floats
    held: Ints
    slot: Ints
    begin: Ints
    size: Ints
    amount: Floats
    arcs: NDArray[np.uint32]
    spare: Ints
    top: NDArray[np.int64]
    label: Ints
    distance: Floats
    queue: Ints
    state: Ints
    mark: NDArray[np.int64]


def network(problem: Problem, scale: float = 1.0) -> Network:
    """Return the arrays of a problem, its demand times `scale`."""
    origin, destination, group, demand = [], [], [], []
    for k, one in enumerate(problem.classes):
        sent = (np.asarray(one.flow) > 0) & (np.asarray(one.origin) != np.asarray(one.destination))
        origin.append(np.asarray(one.origin)[sent])
        destination.append(np.asarray(one.destination)[sent])
        group.append(np.full(int(sent.sum()), k))
        demand.append(np.asarray(one.flow)[sent] * one.weight * scale)
    ends = np.stack([np.concatenate(group), np.concatenate(origin), np.concatenate(destination)], axis=1)
    pairs, which = np.unique(ends, axis=0, return_inverse=True)
    flow = np.asarray(np.bincount(which.ravel(), np.concatenate(demand), len(pairs)), np.float64)
    groups, first = np.unique(pairs[:, :2], axis=0, return_index=True)
    starts = np.asarray(np.append(first, len(pairs)), np.uint32)
    tail = np.asarray(problem.tail, np.uint32)
    out = np.argsort(tail, kind="stable").astype(np.uint32)
    return Network(
        tail,
        np.asarray(problem.head, np.uint32),
        np.asarray(np.searchsorted(tail[out], np.arange(problem.nodes + 1)), np.uint32),
        out,
        np.array(True if problem.through is None else problem.through) & np.ones(problem.nodes, bool),
        problem.fixed_costs(),
        groups[:, 1].astype(np.uint32),
        groups[:, 0].astype(np.uint32),
        starts,
        np.repeat(np.arange(len(groups)), np.diff(starts)).astype(np.uint32),
        pairs[:, 2].astype(np.uint32),
        flow,
    )


def paths(net: Network) -> Paths:
    """Return a store with room for the paths of a network."""
    pairs, arcs, nodes = net.demand.size, net.tail.size, net.through.size
    room = max(64, min(pairs * _SLOTS, 4 * pairs + 20_000))
    return Paths(
        np.zeros(arcs),
        np.zeros(arcs),
        np.zeros(arcs),
        np.zeros(pairs, np.uint32),
        np.zeros((pairs, _SLOTS), np.uint32),
        np.zeros(room, np.uint32),
        np.zeros(room, np.uint32),
        np.zeros(room),
        np.zeros(max(room * min(nodes, 40), 4 * nodes), np.uint32),
        np.arange(room, dtype=np.uint32)[::-1].copy(),
        np.array([room, 0, 1]),
        np.zeros(nodes, np.uint32),
        np.zeros(nodes),
        np.zeros(nodes + 1, np.uint32),
        np.zeros(nodes, np.uint32),
        np.zeros((2, arcs), np.int64),
    )


@njit(cache=True, nogil=True, error_model="numpy")
def reprice(f: LinkFunctions, p: Paths) -> None:
    """Compute cost and slope of every arc at its flow, after modes or prices have changed."""
    flow, cost, slope, rows, pieces = p.flow, p.cost, p.slope, f.rows, f.pieces
    for arc in range(flow.size):
        cost[arc], slope[arc] = quick(rows, pieces, arc, flow[arc])
        if np.isnan(cost[arc]) and f.mode[arc] != CLOSED:
            cost[arc], slope[arc] = cost_and_slope(f, arc, flow[arc])


@njit(cache=True, nogil=True, error_model="numpy")
def _reprice_one(f: LinkFunctions, p: Paths, arc: int) -> None:
    """Compute cost and slope of an arc at its flow."""
    cost, slope = quick(f.rows, f.pieces, arc, p.flow[arc])
    if np.isnan(cost):
        cost, slope = cost_and_slope(f, arc, p.flow[arc])
    p.cost[arc], p.slope[arc] = cost, slope


@njit(cache=True, nogil=True, error_model="numpy")
def _drop(p: Paths, pair: int, place: int) -> None:
    """Take a path out of its pair; its flow is lost."""
    path = p.slot[pair, place]
    p.spare[p.top[0]] = path
    p.top[0] += 1
    p.held[pair] -= 1
    p.slot[pair, place] = p.slot[pair, p.held[pair]]


@njit(cache=True, nogil=True, error_model="numpy")
def load(net: Network, f: LinkFunctions, p: Paths) -> None:
    """Drop paths through closed arcs, spread each pair's demand over what it keeps, and add up the arc flows."""
    p.flow[:] = 0.0
    for pair in range(net.demand.size):
        place = 0
        total = 0.0
        while place < p.held[pair]:
            path = p.slot[pair, place]
            closed = False
            for at in range(p.begin[path], p.begin[path] + p.size[path]):
                if f.mode[p.arcs[at]] == CLOSED:
                    closed = True
                    break
            if closed:
                _drop(p, pair, place)
            else:
                total += p.amount[path]
                place += 1
        if p.held[pair] == 0:
            continue
        ratio = net.demand[pair] / total if total > 0.0 else 0.0
        for place in range(p.held[pair]):
            path = p.slot[pair, place]
            p.amount[path] = p.amount[path] * ratio if ratio > 0.0 else net.demand[pair] / p.held[pair]
            for at in range(p.begin[path], p.begin[path] + p.size[path]):
                p.flow[p.arcs[at]] += p.amount[path]


@njit(cache=True, nogil=True, error_model="numpy")
def _tree(net: Network, f: LinkFunctions, p: Paths, group: int) -> None:
    """Find the cheapest paths from an origin: label correcting with a two-ended queue (Pape 1974)."""
    origin = net.group_origin[group]
    fixed = net.fixed[net.group_class[group]]
    size = p.queue.size
    p.distance[:] = np.inf
    p.state[:] = 0  # 0 never queued, 1 queued, 2 was queued
    p.distance[origin] = 0.0
    begin, end = 0, 1
    p.queue[0] = origin
    while begin != end:
        node = p.queue[begin]
        begin = begin + 1 if begin + 1 < size else 0
        p.state[node] = 2
        if not net.through[node] and node != origin:
            continue
        base = p.distance[node]
        for at in range(net.first_out[node], net.first_out[node + 1]):
            arc = net.out[at]
            if f.mode[arc] == CLOSED:
                continue
            found = base + p.cost[arc] + fixed[arc]
            head = net.head[arc]
            if found < p.distance[head]:
                p.distance[head] = found
                p.label[head] = arc
                if p.state[head] == 0:
                    p.queue[end] = head
                    end = end + 1 if end + 1 < size else 0
                elif p.state[head] == 2:
                    begin = begin - 1 if begin > 0 else size - 1
                    p.queue[begin] = head
                p.state[head] = 1


@njit(cache=True, nogil=True, error_model="numpy")
def _compact(net: Network, p: Paths) -> None:
    """Close the gaps that dropped paths have left in the list of arcs."""
    old = p.arcs[: p.top[1]].copy()
    used = 0
    for pair in range(net.demand.size):
        for place in range(p.held[pair]):
            path = p.slot[pair, place]
            begin = p.begin[path]
            p.begin[path] = used
            for at in range(begin, begin + p.size[path]):
                p.arcs[used] = old[at]
                used += 1
    p.top[1] = used


@njit(cache=True, nogil=True, error_model="numpy")
def _add(net: Network, p: Paths, pair: int, amount: float) -> bool:
    """Add the tree's path of a pair; False where the store is full."""
    if p.top[0] == 0:
        return False
    if p.top[1] + p.label.size > p.arcs.size:
        _compact(net, p)
        if p.top[1] + p.label.size > p.arcs.size:
            return False
    p.top[0] -= 1
    path = p.spare[p.top[0]]
    p.begin[path] = p.top[1]
    origin = net.group_origin[net.pair_group[pair]]
    node = net.destination[pair]
    length = 0
    while node != origin:
        arc = p.label[node]
        p.arcs[p.top[1] + length] = arc
        length += 1
        node = net.tail[arc]
    p.size[path] = length
    p.top[1] += length
    p.amount[path] = amount
    p.slot[pair, p.held[pair]] = path
    p.held[pair] += 1
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def _make_room(p: Paths, pair: int) -> None:
    """Give the flow of a pair's least path to another where all places are taken."""
    if p.held[pair] < _SLOTS:
        return
    least, other = 0, 1
    for place in range(1, p.held[pair]):
        if p.amount[p.slot[pair, place]] < p.amount[p.slot[pair, least]]:
            other, least = least, place
    source, target = p.slot[pair, least], p.slot[pair, other]
    for at in range(p.begin[source], p.begin[source] + p.size[source]):
        p.flow[p.arcs[at]] -= p.amount[source]
    for at in range(p.begin[target], p.begin[target] + p.size[target]):
        p.flow[p.arcs[at]] += p.amount[source]
    p.amount[target] += p.amount[source]
    _drop(p, pair, least)


@njit(cache=True, nogil=True, error_model="numpy")
def fill(net: Network, f: LinkFunctions, p: Paths) -> bool:
    """Send every pair without a path along its cheapest one; False where there is none."""
    for group in range(net.group_origin.size):
        empty = False
        for pair in range(net.first_pair[group], net.first_pair[group + 1]):
            empty = empty or p.held[pair] == 0
        if not empty:
            continue
        _tree(net, f, p, group)
        for pair in range(net.first_pair[group], net.first_pair[group + 1]):
            if p.held[pair] > 0:
                continue
            if p.distance[net.destination[pair]] == np.inf or not _add(net, p, pair, net.demand[pair]):
                return False
            path = p.slot[pair, 0]
            for at in range(p.begin[path], p.begin[path] + p.size[path]):
                arc = p.arcs[at]
                p.flow[arc] += net.demand[pair]
                _reprice_one(f, p, arc)
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def cheapest_flows(net: Network, f: LinkFunctions, p: Paths, cost: Floats, flow: Floats) -> float:
    """Write the flows of all demand on cheapest paths at given costs; return their cost beside time."""
    p.cost[:] = cost
    flow[:] = 0.0
    beside = 0.0
    for group in range(net.group_origin.size):
        _tree(net, f, p, group)
        fixed = net.fixed[net.group_class[group]]
        origin = net.group_origin[group]
        for pair in range(net.first_pair[group], net.first_pair[group + 1]):
            node = net.destination[pair]
            while node != origin:
                arc = p.label[node]
                flow[arc] += net.demand[pair]
                beside += fixed[arc] * net.demand[pair]
                node = net.tail[arc]
    return beside


@njit(cache=True, nogil=True, error_model="numpy")
def tree_pass(net: Network, f: LinkFunctions, p: Paths, least: float) -> tuple[float, float]:
    """Find all cheapest paths, add those that gain at least a share `least`; return total and least cost."""
    total = shortest = 0.0
    for group in range(net.group_origin.size):
        _tree(net, f, p, group)
        fixed = net.fixed[net.group_class[group]]
        for pair in range(net.first_pair[group], net.first_pair[group + 1]):
            distance = p.distance[net.destination[pair]]
            best = np.inf
            for place in range(p.held[pair]):
                path = p.slot[pair, place]
                cost = 0.0
                for at in range(p.begin[path], p.begin[path] + p.size[path]):
                    cost += p.cost[p.arcs[at]] + fixed[p.arcs[at]]
                total += cost * p.amount[path]
                best = min(best, cost)
            shortest += distance * net.demand[pair]
            if best - distance > least * distance + 1e-14 * best:
                _make_room(p, pair)
                _add(net, p, pair, 0.0)
    return total, shortest


@njit(cache=True, nogil=True, error_model="numpy")
def _step(gain: float, slope: float, amount: float, base: float) -> float:
    """Return how much flow to move from a path to the base: a Newton step, as far as there is flow."""
    if gain > 0.0:
        return amount if gain >= slope * amount else gain / slope
    return -base if gain <= -slope * base else gain / slope


@njit(cache=True, nogil=True, error_model="numpy")
def _cheapest(p: Paths, fixed: Floats, pair: int) -> tuple[int, float]:
    """Return the cheapest path of a pair and its cost."""
    base, best = 0, np.inf
    for place in range(p.held[pair]):
        path = p.slot[pair, place]
        cost = 0.0
        for at in range(p.begin[path], p.begin[path] + p.size[path]):
            cost += p.cost[p.arcs[at]] + fixed[p.arcs[at]]
        if cost < best:
            base, best = path, cost
    return base, best


@njit(cache=True, nogil=True, error_model="numpy")
def sweep(net: Network, f: LinkFunctions, p: Paths, calm: float) -> None:
    """Move flow once between the paths of every pair that has several; forget paths without flow.

    Differences in cost below a share `calm` are left alone.
    """
    flow, costs, slopes, arcs, mark, common = p.flow, p.cost, p.slope, p.arcs, p.mark[0], p.mark[1]
    rows, pieces, held, slot, begins, sizes, amounts = f.rows, f.pieces, p.held, p.slot, p.begin, p.size, p.amount
    stamp = p.top[2]
    for pair in range(net.demand.size):
        if held[pair] < 2:
            continue
        fixed = net.fixed[net.group_class[net.pair_group[pair]]]
        base, best = _cheapest(p, fixed, pair)
        stamp += 1
        marked = stamp
        base_begin, base_end = begins[base], begins[base] + sizes[base]
        for at in range(base_begin, base_end):
            mark[arcs[at]] = marked
        place = 0
        while place < held[pair]:
            path = slot[pair, place]
            place += 1
            if path == base:
                continue
            stamp += 1
            begin, end = begins[path], begins[path] + sizes[path]
            gain = rise = 0.0
            for at in range(begin, end):
                arc = arcs[at]
                if mark[arc] == marked:
                    common[arc] = stamp
                else:
                    gain += costs[arc] + fixed[arc]
                    rise += slopes[arc]
            for at in range(base_begin, base_end):
                arc = arcs[at]
                if common[arc] != stamp:
                    gain -= costs[arc] + fixed[arc]
                    rise += slopes[arc]
            if abs(gain) <= calm * best and amounts[path] > 0.0:
                continue
            move = _step(gain, rise, amounts[path], amounts[base]) if gain != 0.0 else 0.0
            amounts[path] -= move
            amounts[base] += move
            for at in range(begin, end):
                arc = arcs[at]
                if mark[arc] != marked:
                    flow[arc] -= move
                    costs[arc], slopes[arc] = quick(rows, pieces, arc, flow[arc])
                    if np.isnan(costs[arc]):
                        costs[arc], slopes[arc] = cost_and_slope(f, arc, flow[arc])
            for at in range(base_begin, base_end):
                arc = arcs[at]
                if common[arc] != stamp:
                    flow[arc] += move
                    costs[arc], slopes[arc] = quick(rows, pieces, arc, flow[arc])
                    if np.isnan(costs[arc]):
                        costs[arc], slopes[arc] = cost_and_slope(f, arc, flow[arc])
            if amounts[path] <= 0.0:
                place -= 1
                _drop(p, pair, place)
    p.top[2] = stamp
