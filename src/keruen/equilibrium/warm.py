"""Start from the flows of a like problem: what still holds is carried over, the rest is loaded anew along old shares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from keruen.equilibrium.batches import Batches, arrange, batches, with_demand
from keruen.equilibrium.carry import carry_flows, carry_order, carry_pairs, carry_trees, changed_demand, load_anew
from keruen.equilibrium.engine import Engine
from keruen.equilibrium.iteration import IDLE
from keruen.equilibrium.lanes import LANES
from keruen.equilibrium.problem import DemandClass, Problem

__all__ = ["start_from"]

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]


def start_from(engine: Engine, old: Engine) -> None:
    """Give an engine the flows and the pairs of segments of another, as far as they fit.

    The flow of an origin is carried over as it is where its demand is the same and all its links are still open;
    else its demand is sent along the old shares of its flow by node, and along shortest paths where there are none.

    Parameters
    ----------
    engine : Engine
        Not yet loaded.
    old : Engine
        After a solve; left as it is. Classes are known by their names; nodes and arcs by their names or ends, or by
        their numbers where both networks are the same.
    """
    node, link = _numbers(engine, old)
    if not old.grouped or _closed_to_passing(engine, old, node):
        return
    made, before = _batches(engine, old, node)
    source = _sources(engine, made, old, node, before)
    pairs = old.segments
    engine.take_batches(made, int(pairs.filled[0]), int(pairs.filled[1]))
    again = np.zeros((made.group.size, LANES), np.uint8)
    carry_flows(made, before, source, link, engine.fixed, old.flows, engine.flows, again)
    if made.demand is old.batches.demand:
        engine.cells = old.cells
    else:
        changed_demand(made, source, old.batches, node, again, np.zeros(engine.problem.nodes))
    if again.any() and not _load_anew(engine, old, link, again):
        engine.grouped = False  # some demand has no path: a cold start says which
        return
    carry_trees(before, node, link, old.trees, engine.trees)
    classes = np.array([_position(one, engine.problem) for one in old.problem.classes], np.int32)
    longest = np.zeros(int((pairs.size1 + pairs.size2)[: pairs.filled[0]].max(initial=1)), np.int32)
    carry_pairs(
        engine.graph, pairs, classes, link, source, engine.fixed, IDLE, longest, engine.segments, engine.scratch.live
    )
    engine.loaded, engine.worth = True, float(old.sums[:, 1].sum())


def _load_anew(engine: Engine, old: Engine, link: Ints, again: NDArray[np.uint8]) -> bool:
    """Load the marked lanes at the costs of the old link flows; False where some demand has no path."""
    engine.links.total[link[link >= 0]] = old.links.total[link >= 0]
    engine.price()
    return bool(load_anew(engine.graph, engine.batches, engine.cost, again, engine.flows, engine.workspaces[0]))


def _position(one: DemandClass, problem: Problem) -> int:
    """Return which class of a problem has the name of another, or -1."""
    return next((at for at, other in enumerate(problem.classes) if other.name == one.name), -1)


def _closed_to_passing(engine: Engine, old: Engine, node: Ints) -> bool:
    """Whether a node that routes could pass may only begin or end them now: old flows may go through it."""
    kept = node >= 0
    return bool((old.graph.through[kept].astype(bool) & ~engine.graph.through[node[kept]].astype(bool)).any())


def _numbers(engine: Engine, old: Engine) -> tuple[Ints, Ints]:
    """Return the new number of each old node and each old link, -1 where it is gone."""
    a, b = engine.problem, old.problem
    if a.nodes == b.nodes and np.array_equal(a.tail, b.tail) and np.array_equal(a.head, b.head):
        return np.arange(a.nodes, dtype=np.int32), np.arange(a.arcs, dtype=np.int32)
    of_node = _node_numbers(a, b)
    if a.arc_names is not None and b.arc_names is not None:
        of_arc = _matched(*_as_numbers(a.arc_names, b.arc_names))
    else:
        ends = of_node[b.tail].astype(np.int64) * a.nodes + of_node[b.head]
        ends[(of_node[b.tail] < 0) | (of_node[b.head] < 0)] = -1
        of_arc = _matched(a.tail * a.nodes + a.head, ends)
    node = np.full(b.nodes, -1, np.int32)
    kept = np.flatnonzero(of_node >= 0)
    node[old.numbering.node[kept]] = engine.numbering.node[of_node[kept]]
    link_of_arc = np.append(np.argsort(engine.numbering.arc), -1).astype(np.int32)
    link = link_of_arc[of_arc[old.numbering.arc]]
    g, before = engine.graph, old.graph
    link[(g.tail[link] != node[before.tail]) | (g.head[link] != node[before.head])] = -1
    return node, link


def _node_numbers(a: Problem, b: Problem) -> Ints:
    """Return the node of `a` for each node of `b`, by name if both have names."""
    if a.node_names is not None and b.node_names is not None:
        return _matched(*_as_numbers(a.node_names, b.node_names))
    number = np.arange(b.nodes, dtype=np.int32)
    return np.where(number < a.nodes, number, np.int32(-1))


def _as_numbers(new: Sequence[str], old: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return a number for each name, the same for equal names."""
    numbers: dict[str, int] = {}
    first, second = ([numbers.setdefault(name, len(numbers)) for name in names] for names in (new, old))
    return np.array(first, np.int64), np.array(second, np.int64)


def _matched(new: NDArray[np.int64], old: NDArray[np.int64]) -> Ints:
    """Return where each old key stands among the new, -1 where it does not or is negative; equal keys in their order."""
    places = np.argsort(new, kind="stable")
    keys = new[places]
    place = np.searchsorted(keys, old) + _repeats(old)
    found = np.append(keys, -1)[np.minimum(place, keys.size)] == old
    return np.where(found & (old >= 0), np.append(places, -1)[np.minimum(place, keys.size)], -1).astype(np.int32)


def _repeats(keys: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how often each key came before."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    repeats = np.empty(keys.size, np.int64)
    repeats[order] = np.arange(keys.size) - np.searchsorted(ordered, ordered)
    return repeats


def _batches(engine: Engine, old: Engine, node: Ints) -> tuple[Batches, Longs]:
    """Return the origins in batches, those of a class as before where they are the same.

    The second array has shape (batches,): the old batch with the same lanes, or -1.
    """
    b = old.batches
    if engine.numbering is old.numbering and _same_demand(engine.problem, old.problem):
        return b._replace(order=b.order.copy(), rank=b.rank.copy()), np.arange(b.group.size)
    origins = np.append(node, np.int32(-1))[b.origin]
    parts, fresh = [], []
    for k, one in enumerate(engine.problem.classes):
        at = _position(one, old.problem)
        own = np.flatnonzero(b.group == at)
        same = engine.numbering is old.numbering and at >= 0 and _same_pairs(one, old.problem.classes[at])
        if same or _same_origins(engine, one, origins[own]):
            parts.append((np.full(own.size, k, np.int32), origins[own], own))
        else:
            fresh.append(k)
    if fresh:
        some = _fresh(engine, fresh)
        parts.append((np.array(fresh, np.int32)[some.group], some.origin, np.full(some.group.size, -1)))
    group, origin, before = (np.concatenate(part) for part in zip(*parts, strict=True))
    by_group = np.argsort(group, kind="stable")
    group, origin, before = group[by_group], origin[by_group], before[by_group]
    order, rank = (np.empty((group.size, engine.problem.nodes), np.int32) for _ in range(2))
    made = with_demand(b._replace(group=group, origin=origin, order=order, rank=rank), engine.problem, engine.numbering)
    carry_order(before, node, b.order, order, rank)
    w = engine.workspaces[0]
    for batch in np.flatnonzero(before < 0).tolist():
        arrange(engine.graph, made, batch, engine.cost[group[batch]], w.lengths, w.bins, w.visited, w.dirty)
    return made, before


def _same_demand(a: Problem, b: Problem) -> bool:
    """Return whether all classes are called the same and demand the same, in capacity units."""
    return len(a.classes) == len(b.classes) and all(
        one.name == other.name and one.weight == other.weight and np.array_equal(one.flow, other.flow)
        and _same_pairs(one, other)
        for one, other in zip(a.classes, b.classes, strict=True)
    )  # fmt: skip


def _same_pairs(one: DemandClass, other: DemandClass) -> bool:
    """Return whether two classes have demand between the same nodes."""
    return (
        np.array_equal(one.origin, other.origin)
        and np.array_equal(one.destination, other.destination)
        and np.array_equal(one.flow > 0, other.flow > 0)
    )


def _fresh(engine: Engine, classes: list[int]) -> Batches:
    """Return the origins of some classes in batches of their own, by costs without flow."""
    engine.price()
    problem = replace(engine.problem, classes=[engine.problem.classes[k] for k in classes])
    return batches(problem, engine.graph, engine.numbering, np.ascontiguousarray(engine.cost[classes]))


def _same_origins(engine: Engine, one: DemandClass, lanes: Ints) -> bool:
    """Return whether a class has demand from just these origins."""
    sent = (one.flow > 0) & (one.origin != one.destination)
    wanted = np.zeros(engine.problem.nodes, bool)
    wanted[engine.numbering.node[one.origin[sent]]] = True
    known = lanes[lanes >= 0]
    return bool(known.size == np.count_nonzero(wanted) and wanted[known].all())


def _sources(engine: Engine, made: Batches, old: Engine, node: Ints, before: Longs) -> Ints:
    """Return the old batch and lane of each lane, -1 where there was none; shape (batches, 8, 2)."""
    source = np.empty((before.size, LANES, 2), np.int32)
    source[:, :, 0], source[:, :, 1] = before[:, None], np.arange(LANES)
    fresh = np.flatnonzero(before < 0)
    if not fresh.size:
        return source
    origins = np.append(node, np.int32(-1))[old.batches.origin]
    classes = [_position(one, old.problem) for one in engine.problem.classes]
    places = {
        (int(old.batches.group[batch]), int(origins[batch, lane])): (batch, lane)
        for batch, lane in zip(*np.nonzero(origins >= 0), strict=True)
    }
    for batch in fresh:
        for lane, origin in enumerate(made.origin[batch]):
            source[batch, lane] = places.get((classes[made.group[batch]], int(origin)), (-1, -1))
    return source
