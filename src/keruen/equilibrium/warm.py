"""Start from the flows of a like problem."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from keruen.equilibrium.batches import Batches, arrange, batches, with_demand
from keruen.equilibrium.engine import Engine
from keruen.equilibrium.graph import Graph
from keruen.equilibrium.labels import label
from keruen.equilibrium.lanes import LANES
from keruen.equilibrium.origins import OriginFlows, claim, copied
from keruen.equilibrium.routes import walk
from keruen.equilibrium.search import Workspace

__all__ = ["start_from"]

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]


def start_from(engine: Engine, old: Engine) -> None:
    """Give an engine the flows of another, as far as they fit.

    Each origin's demand is sent along the old shares of its flow by node; where arcs or nodes of the old routes are
    gone, along shortest paths. Where network and demand are the same the old flows are taken as they are.

    Parameters
    ----------
    engine : Engine
        Not yet loaded.
    old : Engine
        Of a problem whose nodes and arcs have the same names, or else the same numbers.
    """
    node, arc = _matches(engine, old)
    if node is None or _closed_to_passing(engine, old, node):
        return
    same = np.array_equal(engine.graph.tail, old.graph.tail) and np.array_equal(engine.graph.head, old.graph.head)
    same = same and np.array_equal(arc, np.arange(arc.size))
    if same and _same_origins(engine, old):
        engine.take_batches(with_demand(old.batches, engine.problem, engine.numbering))
        open_, was_open = np.isfinite(engine.fixed), np.isfinite(old.fixed)
        if np.array_equal(engine.batches.demand, old.batches.demand) and np.array_equal(open_, was_open):
            engine.flows = copied(old.flows)
        else:
            _reload(engine, old, node, arc)
        engine.take_segments(old.segments)
    else:
        engine.take_batches(batches(engine.problem, engine.graph, engine.numbering, engine.cost))
        b, w = engine.batches, engine.workspaces[0]
        for batch in range(b.group.size):
            arrange(engine.graph, b, batch, engine.cost[b.group[batch]], w.lengths, w.bins, w.visited, w.dirty)
        _reload(engine, old, node, arc)
    engine.loaded = True


def _closed_to_passing(engine: Engine, old: Engine, node: Ints) -> bool:
    """Whether a node that routes could pass may only begin or end them now: old flows may go through it."""
    kept = node >= 0
    return bool((old.graph.through[node[kept]].astype(bool) & ~engine.graph.through[kept].astype(bool)).any())


def _names(engine: Engine) -> tuple[list[str], list[str]]:
    """Return names of nodes and arcs; arcs without names are called by their ends."""
    problem = engine.problem
    nodes = [problem.node_name(node) for node in range(problem.nodes)]
    if problem.arc_names is not None:
        return nodes, list(problem.arc_names)
    seen: dict[tuple[int, int], int] = {}
    arcs = []
    for ends in zip(problem.tail.tolist(), problem.head.tolist(), strict=True):
        seen[ends] = seen.get(ends, 0) + 1
        arcs.append(f"{nodes[ends[0]]} > {nodes[ends[1]]} {seen[ends]}")
    return nodes, arcs


def _matches(engine: Engine, old: Engine) -> tuple[Ints | None, Ints]:
    """Return the old node of each new node and the old link of each new link, -1 where there is none."""
    a, b = engine.problem, old.problem
    if a.nodes == b.nodes and np.array_equal(a.tail, b.tail) and np.array_equal(a.head, b.head):
        return np.arange(a.nodes, dtype=np.int32), np.arange(a.arcs, dtype=np.int32)
    (nodes, arcs), (old_nodes, old_arcs) = _names(engine), _names(old)
    node_at, arc_at = ({name: at for at, name in enumerate(names)} for names in (old_nodes, old_arcs))
    link_of = np.argsort(old.numbering.arc)
    node = np.full(a.nodes, -1, np.int32)
    for at, name in enumerate(nodes):
        if name in node_at:
            node[engine.numbering.node[at]] = old.numbering.node[node_at[name]]
    arc = np.array(
        [link_of[arc_at[arcs[at]]] if arcs[at] in arc_at else -1 for at in engine.numbering.arc], dtype=np.int32
    )
    return node, arc


def _same_origins(engine: Engine, old: Engine) -> bool:
    """Return whether both have the same origins in every class."""
    numbers = engine.numbering.node
    b = old.batches
    for k, one in enumerate(engine.problem.classes):
        sent = (np.asarray(one.flow) > 0) & (np.asarray(one.origin) != np.asarray(one.destination))
        lanes = b.origin[b.group == k]
        if not np.array_equal(np.unique(numbers[np.asarray(one.origin)[sent]]), np.unique(lanes[lanes >= 0])):
            return False
    return len(engine.problem.classes) == len(old.problem.classes)


def _reload(engine: Engine, old: Engine, node: Ints, arc: Ints) -> None:
    """Load the new demand along the old shares."""
    lanes = {
        (int(old.batches.group[batch]), int(old.batches.origin[batch, lane])): (batch, lane)
        for batch, lane in zip(*np.nonzero(old.batches.origin >= 0), strict=True)
    }
    b = engine.batches
    shares = np.zeros((engine.links.total.size, LANES))
    place = np.arange(engine.links.total.size, dtype=np.int32)
    known = np.flatnonzero(arc >= 0)
    for batch in range(b.group.size):
        shares[:] = 0.0
        for lane in range(LANES):
            origin = b.origin[batch, lane]
            before = lanes.get((int(b.group[batch]), int(node[origin]))) if origin >= 0 else None
            if before is not None:
                rows = before[0] * old.flows.link.shape[1] + old.flows.slot[before[0], arc[known]]
                shares[known, lane] = old.flows.rows[rows, before[1]]
        shares[~np.isfinite(engine.fixed[b.group[batch]])] = 0.0
        cost, work = engine.cost[b.group[batch]], engine.workspaces[0]
        _load_by_shares(engine.graph, b, batch, cost, shares, place, engine.flows, work)


@njit(cache=True)
def _load_by_shares(
    g: Graph,
    b: Batches,
    batch: int,
    cost: Floats,
    shares: Floats,
    own: Ints,
    x: OriginFlows,
    w: Workspace,
) -> None:
    """Send the demand of a batch back along the shares of its lanes, and along its trees where there are none."""
    nodes, base = g.last.size, batch * x.link.shape[1]
    slots, links = x.slot[batch], x.link[batch]
    state, stack, order = np.empty(nodes, np.int32), np.empty(nodes, np.int32), np.empty(nodes, np.int32)
    left_out = np.empty(g.head.size, np.uint8)
    at_node = np.zeros(nodes)
    label(g, b, batch, cost, w.labels, w.trees, w.dirty)
    begin, end = b.first[batch], b.first[batch + 1]
    for lane in range(LANES):
        origin = b.origin[batch, lane]
        if origin < 0:
            continue
        for row in range(begin, end):
            at_node[b.destination[row]] += b.demand[row, lane]
        count = walk(g, shares, 0, own, lane, b.destination[begin:end], state, stack, order, left_out)
        for place in range(count - 1, -1, -1):
            node = order[place]
            flow = at_node[node]
            at_node[node] = 0.0
            if flow <= 0.0 or node == origin:
                continue
            total = 0.0
            for at in range(g.first_in[node], g.first_in[node + 1]):
                if not left_out[g.link_in[at]]:
                    total += shares[g.link_in[at], lane]
            if total > 0.0:
                for at in range(g.first_in[node], g.first_in[node + 1]):
                    link = g.link_in[at]
                    if shares[link, lane] > 0.0 and not left_out[link]:
                        part = flow * shares[link, lane] / total
                        x.rows[claim(x.rows, base, slots, links, x.used, batch, link), lane] += part
                        at_node[g.tail[link]] += part
            else:
                while node != origin and w.trees[node, lane] >= 0:
                    link = w.trees[node, lane]
                    x.rows[claim(x.rows, base, slots, links, x.used, batch, link), lane] += flow
                    node = g.tail[link]
