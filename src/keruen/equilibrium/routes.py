"""Routes recovered from origin flows.

An equilibrium fixes link flows, not route flows. The rule here: the flow of one origin that comes to a node splits
over the links by which it came in proportion to the origin's flow on them, whatever its destination. Route flows,
select link and skims all follow from these shares and agree with one another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numba import njit
from numpy.typing import NDArray

from keruen.equilibrium.batches import Batches
from keruen.equilibrium.graph import Graph, Numbering
from keruen.equilibrium.kernels import kernel
from keruen.equilibrium.lanes import LANES
from keruen.equilibrium.origins import OriginFlows
from keruen.equilibrium.problem import DemandClass

__all__ = ["Cells", "OriginRoutes", "Route", "Routes", "walk"]

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]
Cells = dict[int, tuple[NDArray[np.bool_], NDArray[np.int64]]]


@dataclass(frozen=True, slots=True)
class Route:
    """One route between two nodes.

    Attributes
    ----------
    arcs : tuple of int
        Arcs of the problem, from the origin on.
    flow : float
        Flow in the unit of the class.
    """

    arcs: tuple[int, ...]
    flow: float


class Routes(Protocol):
    """What results need to know of routes."""

    def means(self, group: int, values: Floats) -> Floats:
        """Return the mean sum of an arc figure over the routes of each pair of a class, by flow."""

    def between(self, group: int, origin: int, destination: int, least: float) -> list[Route]:
        """Return the routes that carry at least a share of a pair's flow, the largest first."""


@kernel
def walk(
    g: Graph,
    flows: Floats,
    base: int,
    place: Ints,
    lane: int,
    goals: Ints,
    state: Ints,
    stack: Ints,
    order: Ints,
    left_out: NDArray[np.uint8],
) -> int:
    """List the nodes that an origin's flow comes through on its way to the goals, each after those before it.

    A link that would close a cycle of flow is left out.

    Parameters
    ----------
    g : Graph
        The network.
    flows, base, place, lane : ndarray of float, int, ndarray of int32, int
        The origin's flow on link l is ``flows[base + place[l], lane]``.
    goals : ndarray of int32
        Nodes.
    state, stack, order : ndarray of int32, shape (nodes,)
        Workspace; `order` is written, and `state` is 0 for a node that was not seen.
    left_out : ndarray of uint8, shape (links,)
        Written.

    Returns
    -------
    int
        Number of nodes listed.
    """
    first_in, link_in, tail = g.first_in, g.link_in, g.tail
    state[:] = 0  # 0 not seen, k + 1 the k-th link into it is next, -1 done
    left_out[:] = 0
    count = 0
    for goal in goals:
        if state[goal] != 0:
            continue
        depth = 1
        stack[0] = goal
        state[goal] = 1
        while depth > 0:
            node = stack[depth - 1]
            at = first_in[node] + state[node] - 1
            if at == first_in[node + 1]:
                state[node] = -1
                order[count] = node
                count += 1
                depth -= 1
                continue
            state[node] += 1
            link = link_in[at]
            if flows[base + place[link], lane] > 0.0:
                before = tail[link]
                if state[before] > 0:
                    left_out[link] = 1
                elif state[before] == 0:
                    state[before] = 1
                    stack[depth] = before
                    depth += 1
    return count


@njit(cache=True, nogil=True)
def _means(g: Graph, b: Batches, x: OriginFlows, batch: int, values: Floats, mean: Floats) -> None:
    """Write the mean sum of a link figure from each origin of a batch to its destinations, by lane."""
    nodes = g.last.size
    state, stack, order = np.empty(nodes, np.int32), np.empty(nodes, np.int32), np.empty(nodes, np.int32)
    left_out = np.empty(g.head.size, np.uint8)
    at_node = np.empty(nodes)
    base, place = batch * x.link.shape[1], x.slot[batch]
    begin, end = b.first[batch], b.first[batch + 1]
    for lane in range(LANES):
        if b.origin[batch, lane] < 0:
            continue
        count = walk(g, x.rows, base, place, lane, b.destination[begin:end], state, stack, order, left_out)
        for done in range(count):
            node = order[done]
            total, weighted = 0.0, 0.0
            for at in range(g.first_in[node], g.first_in[node + 1]):
                link = g.link_in[at]
                flow = x.rows[base + place[link], lane]
                if flow > 0.0 and not left_out[link]:
                    total += flow
                    weighted += flow * (at_node[g.tail[link]] + values[link])
            at_node[node] = weighted / total if total > 0.0 else 0.0
        for row in range(begin, end):
            mean[row, lane] = at_node[b.destination[row]]


@njit(cache=True)
def _find_cells(
    b: Batches, group: int, origin: NDArray[np.int64], destination: NDArray[np.int64], number: Ints, cell: NDArray[np.int64]
) -> None:  # fmt: skip
    """Write where the pairs of a class stand in a table by destination of a batch and lane; -1 within a node."""
    lane_of = np.full(number.size, -1, np.int32)  # batch and lane of an origin
    for batch in range(b.group.size):
        for lane in range(LANES):
            if b.group[batch] == group and b.origin[batch, lane] >= 0:
                lane_of[b.origin[batch, lane]] = LANES * batch + lane
    first = np.zeros(b.group.size + 2, np.int64)
    for pair in range(origin.size):
        first[lane_of[number[origin[pair]]] // LANES + 2] += 1  # those without demand before all batches
    first = np.cumsum(first)
    by_batch = np.empty(origin.size, np.int64)
    for pair in range(origin.size):
        batch = lane_of[number[origin[pair]]] // LANES
        by_batch[first[batch + 1]] = pair
        first[batch + 1] += 1
    cell[:] = -1
    row_of = np.full(number.size, -1, np.int64)
    for batch in range(b.group.size):
        if first[batch] == first[batch + 1]:
            continue
        for row in range(b.first[batch], b.first[batch + 1]):
            row_of[b.destination[row]] = row
        for at in range(first[batch], first[batch + 1]):
            pair = by_batch[at]
            start, end = number[origin[pair]], number[destination[pair]]
            if start != end and row_of[end] >= b.first[batch]:
                cell[pair] = LANES * row_of[end] + lane_of[start] % LANES


@dataclass(frozen=True, eq=False)
class OriginRoutes:
    """Routes by the shares of each origin's flow.

    Attributes
    ----------
    graph, numbering, batches : Graph, Numbering, Batches
        Network and origins.
    flows : OriginFlows
        Flows by origin and link, in capacity units.
    classes : sequence of DemandClass
        Demand by class.
    cells : dict
        By class, which pairs have demand, and where they stand in a table by destination of a batch and lane; filled
        when first wanted.
    """

    graph: Graph
    numbering: Numbering
    batches: Batches
    flows: OriginFlows
    classes: Sequence[DemandClass]
    cells: Cells = field(default_factory=dict)

    def lane(self, group: int, origin: int) -> tuple[int, int] | None:
        """Return batch and lane of an origin of a class, or None where it has no demand."""
        node = self.numbering.node[origin]
        at, lane = np.nonzero((self.batches.origin == node) & (self.batches.group == group)[:, None])
        return (int(at[0]), int(lane[0])) if at.size else None

    def means(self, group: int, values: Floats) -> Floats:
        """Return the mean sum of an arc figure over the routes of each pair of a class, by flow."""
        b = self.batches
        mean = np.zeros(b.demand.shape)
        by_link = np.ascontiguousarray(np.asarray(values, np.float64)[self.numbering.arc])
        for batch in np.flatnonzero(b.group == group):
            _means(self.graph, b, self.flows, int(batch), by_link, mean)
        return self.by_pair(group, mean)

    def by_pair(self, group: int, table: Floats) -> Floats:
        """Return one number a pair of a class from a table by destination of a batch and lane; 0 within a node."""
        if group not in self.cells:
            one = self.classes[group]
            cell = np.empty(len(one.flow), np.int64)
            _find_cells(self.batches, group, one.origin, one.destination, self.numbering.node, cell)
            self.cells[group] = cell >= 0, cell[cell >= 0]
        known, cell = self.cells[group]
        found = np.zeros(known.size)
        found[known] = table.reshape(-1)[cell]
        return found

    def between(self, group: int, origin: int, destination: int, least: float) -> list[Route]:
        """Return the routes that carry at least a share `least` of a pair's flow, the largest first."""
        found = self.lane(group, origin)
        if found is None:
            return []
        batch, lane = found
        g, b = self.graph, self.batches
        goal = self.numbering.node[destination]
        rows = np.arange(b.first[batch], b.first[batch + 1])
        row = rows[b.destination[rows] == goal]
        demand = float(b.demand[row, lane].sum()) / self.classes[group].weight
        if demand == 0.0:
            return []
        base, place = batch * self.flows.link.shape[1], self.flows.slot[batch]
        flow = self.flows.rows[base + place, lane]
        nodes, links = g.last.size, g.head.size
        state, stack, order = (np.empty(nodes, np.int32) for _ in range(3))
        left_out = np.empty(links, np.uint8)
        walk(g, self.flows.rows, base, place, lane, np.array([goal], np.int32), state, stack, order, left_out)
        start = b.origin[batch, lane]
        routes = []
        pending: list[tuple[int, float, tuple[int, ...]]] = [(int(goal), 1.0, ())]
        while pending:
            node, share, arcs = pending.pop()
            if node == start:
                routes.append(Route(arcs, share * demand))
                continue
            into = g.link_in[g.first_in[node] : g.first_in[node + 1]]
            into = into[(flow[into] > 0) & (left_out[into] == 0)]
            total = flow[into].sum()
            for link in into:
                part = share * float(flow[link] / total)
                if part >= least:
                    pending.append((int(g.tail[link]), part, (int(self.numbering.arc[link]), *arcs)))
        return sorted(routes, key=lambda route: -route.flow)
