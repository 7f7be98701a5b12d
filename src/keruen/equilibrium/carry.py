"""Carry origin flows and pairs of segments over to a network whose nodes and links have other numbers."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from keruen.equilibrium.batches import Batches
from keruen.equilibrium.graph import Graph
from keruen.equilibrium.kernels import inner, kernel
from keruen.equilibrium.labels import label
from keruen.equilibrium.lanes import LANES, lowest_bit
from keruen.equilibrium.origins import OriginFlows, claim
from keruen.equilibrium.routes import walk
from keruen.equilibrium.search import Workspace
from keruen.equilibrium.segments import WORD, Segments, create, join
from keruen.equilibrium.trees import Trees

__all__ = ["carry_flows", "carry_order", "carry_pairs", "carry_trees", "changed_demand", "load_anew"]

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]


@kernel
def carry_flows(
    b: Batches, before: Longs, source: Ints, link_of: Ints, fixed: Floats, old: OriginFlows, x: OriginFlows, again: Bytes
) -> None:  # fmt: skip
    """Copy the flow of every lane from where it was.

    Parameters
    ----------
    b : Batches
        New origins.
    before : ndarray of int64, shape (batches,)
        Old batch with the same origins in the same lanes, or -1.
    source : ndarray of int32, shape (batches, 8, 2)
        Old batch and lane of each new lane; -1 where there was none.
    link_of : ndarray of int32, shape (old links,)
        New number of each old link; -1 where it is gone.
    fixed : ndarray of float, shape (classes, links)
        Fixed cost, infinite on links that a class may not use.
    old, x : OriginFlows
        Old flows, and the new: still empty.
    again : ndarray of uint8, shape (batches, 8)
        Set to 1 where an origin is new, or had flow on a link that is gone or closed: only the rest is copied.
    """
    old_stride, stride = old.link.shape[1], x.link.shape[1]
    for batch in range(b.group.size):
        price, base, slots, links = fixed[b.group[batch]], batch * stride, x.slot[batch], x.link[batch]
        if before[batch] >= 0:
            _carry_batch(batch, before[batch], link_of, price, old, x, again)
            continue
        for lane in range(LANES):
            if b.origin[batch, lane] < 0:
                continue
            was, from_lane = source[batch, lane, 0], source[batch, lane, 1]
            if was < 0:
                again[batch, lane] = 1
                continue
            for at in range(1, old.used[was]):
                flow = old.rows[was * old_stride + at, from_lane]
                if flow <= 0.0:
                    continue
                link = link_of[old.link[was, at]]
                if link < 0 or price[link] == np.inf:
                    again[batch, lane] = 1
                else:
                    x.rows[claim(x.rows, base, slots, links, x.used, batch, link), lane] = flow


@inner
def _carry_batch(
    batch: int, was: int, link_of: Ints, price: Floats, old: OriginFlows, x: OriginFlows, again: Bytes
) -> None:
    """Copy the flow of a whole batch, row by row."""
    from_, to, slots, links, used = was * old.link.shape[1], batch * x.link.shape[1], x.slot[batch], x.link[batch], 1
    for at in range(1, old.used[was]):
        link = link_of[old.link[was, at]]
        if link >= 0 and price[link] < np.inf:
            slots[link], links[used] = used, link
            for lane in range(LANES):
                x.rows[to + used, lane] = old.rows[from_ + at, lane]
            used += 1
        else:
            for lane in range(LANES):
                if old.rows[from_ + at, lane] > 0.0:
                    again[batch, lane] = 1
    x.used[batch] = used


@kernel
def changed_demand(b: Batches, source: Ints, old: Batches, node_of: Ints, again: Bytes, at_node: Floats) -> None:
    """Mark the lanes whose demand by destination is not what it was.

    Parameters
    ----------
    b, source, old, again : Batches, ndarray, Batches, ndarray
        See `carry_flows`.
    node_of : ndarray of int32, shape (old nodes,)
        New number of each old node; -1 where it is gone.
    at_node : ndarray of float, shape (nodes,)
        Zeros; left as zeros.
    """
    for batch in range(b.group.size):
        for lane in range(LANES):
            before, from_lane = source[batch, lane, 0], source[batch, lane, 1]
            if b.origin[batch, lane] < 0 or before < 0:
                continue
            changed = False
            for row in range(old.first[before], old.first[before + 1]):
                node = node_of[old.destination[row]]
                if node >= 0:
                    at_node[node] = old.demand[row, from_lane]
                elif old.demand[row, from_lane] > 0.0:
                    changed = True
            for row in range(b.first[batch], b.first[batch + 1]):
                node = b.destination[row]
                changed = changed or at_node[node] != b.demand[row, lane]
                at_node[node] = 0.0
            for row in range(old.first[before], old.first[before + 1]):
                node = node_of[old.destination[row]]
                if node >= 0 and at_node[node] != 0.0:
                    changed = True
                    at_node[node] = 0.0
            if changed:
                again[batch, lane] = 1


@njit(cache=True)
def load_anew(g: Graph, b: Batches, cost: Floats, again: Bytes, x: OriginFlows, w: Workspace) -> bool:
    """Send the demand of the marked lanes back along the shares of the flow they hold, and along trees without one.

    Parameters
    ----------
    g, b : Graph, Batches
        Network and demand.
    cost : ndarray of float, shape (classes, links)
        Generalised cost.
    again : ndarray of uint8, shape (batches, 8)
        1 for the lanes to load.
    x : OriginFlows
        Flows; those of the marked lanes are written anew.
    w : Workspace
        Of one thread.

    Returns
    -------
    bool
        False where some demand has no path.
    """
    nodes, size, stride = g.last.size, g.head.size, x.link.shape[1]
    state, stack, order = np.empty(nodes, np.int32), np.empty(nodes, np.int32), np.empty(nodes, np.int32)
    left_out, at_node, own = np.empty(size, np.uint8), np.zeros(nodes), np.arange(size).astype(np.int32)
    shares = np.zeros((size, 1))
    for batch in range(b.group.size):
        base, slots, links, labelled = batch * stride, x.slot[batch], x.link[batch], False
        goals = b.destination[b.first[batch] : b.first[batch + 1]]
        for lane in range(LANES):
            if not again[batch, lane]:
                continue
            for at in range(1, x.used[batch]):
                shares[links[at], 0] = x.rows[base + at, lane]
                x.rows[base + at, lane] = 0.0
            for row in range(goals.size):
                at_node[goals[row]] += b.demand[b.first[batch] + row, lane]
            count = walk(g, shares, 0, own, 0, goals, state, stack, order, left_out)
            for place in range(count - 1, -1, -1):
                node = order[place]
                flow = at_node[node]
                at_node[node] = 0.0
                if flow <= 0.0 or node == b.origin[batch, lane]:
                    continue
                if _send_back(g, shares, left_out, node, flow, at_node, lane, batch, base, slots, links, x):
                    continue
                if not labelled:
                    label(g, b, batch, cost[b.group[batch]], w.labels, w.trees, w.dirty)
                    labelled = True
                if w.labels[node, lane] == np.inf:
                    return False
                while node != b.origin[batch, lane]:
                    link = w.trees[node, lane]
                    x.rows[claim(x.rows, base, slots, links, x.used, batch, link), lane] += flow
                    node = g.tail[link]
            for at in range(1, x.used[batch]):
                shares[links[at], 0] = 0.0
    return True


@inner
def _send_back(
    g: Graph, shares: Floats, left_out: Bytes, node: int, flow: float, at_node: Floats, lane: int, batch: int, base: int, slots: Ints, links: Ints, x: OriginFlows
) -> bool:  # fmt: skip
    """Send flow from a node back over the links into it by their shares; False where there are none."""
    total = 0.0
    for at in range(g.first_in[node], g.first_in[node + 1]):
        if not left_out[g.link_in[at]]:
            total += shares[g.link_in[at], 0]
    if total <= 0.0:
        return False
    for at in range(g.first_in[node], g.first_in[node + 1]):
        link = g.link_in[at]
        if shares[link, 0] > 0.0 and not left_out[link]:
            part = flow * shares[link, 0] / total
            x.rows[claim(x.rows, base, slots, links, x.used, batch, link), lane] += part
            at_node[g.tail[link]] += part
    return True


@kernel
def carry_pairs(
    g: Graph, old: Segments, class_of: Ints, link_of: Ints, source: Ints, fixed: Floats, longest: int, links: Ints, s: Segments, number: Ints
) -> None:  # fmt: skip
    """Make the old pairs whose links are all there and open, with the batches that used them.

    Parameters
    ----------
    g : Graph
        The new network.
    old, s : Segments
        Old pairs, and the new store: empty, with room for as many.
    class_of, link_of : ndarray of int32
        New number of each old class and link; -1 where it is gone.
    source : ndarray of int32, shape (batches, 8, 2)
        Old batch and lane of each new lane.
    fixed : ndarray of float, shape (classes, links)
        Fixed cost.
    longest : int
        Pairs idle for so many iterations are left out.
    links, number : ndarray of int32
        Workspace: one a link of a pair; one an old pair.
    """
    for pair in range(old.filled[0]):
        number[pair] = -1
        group, start, size = class_of[old.group[pair]], old.start[pair], old.size1[pair] + old.size2[pair]
        if group < 0 or old.idle[pair] >= longest:
            continue
        usable = True
        for at in range(size):
            link = link_of[old.pool[start + at]]
            usable = usable and link >= 0 and fixed[group, link] < np.inf
            links[at] = link
        if usable:
            number[pair] = create(g, s, fixed, group, links, old.size1[pair], old.size2[pair])
            s.room[number[pair], 0], s.room[number[pair], 1] = old.room[pair, 0], old.room[pair, 1]
    for batch in range(source.shape[0]):
        for lane in range(LANES):
            before = source[batch, lane, 0]
            if before < 0 or (lane > 0 and before == source[batch, lane - 1, 0]):
                continue
            for word in range((old.filled[0] + WORD - 1) // WORD):
                bits = old.member[before, word]
                while bits:
                    pair = number[word * WORD + lowest_bit(bits)]
                    if pair >= 0:
                        join(s.member, batch, pair)
                    bits &= bits - np.uint64(1)


@kernel
def carry_trees(before: Longs, node_of: Ints, link_of: Ints, old: Trees, trees: Trees) -> None:
    """Copy the trees of whole batches; a node whose link is gone has none.

    Parameters
    ----------
    before : ndarray of int64, shape (batches,)
        Old batch with the same origins in the same lanes, or -1.
    node_of, link_of : ndarray of int32
        New number of each old node and link; -1 where it is gone.
    old, trees : Trees
        Old trees, and the new.
    """
    if trees.link.shape[0] == 0:
        return
    for batch in range(before.size):
        if before[batch] < 0 or not old.known[before[batch]]:
            continue
        trees.known[batch] = 1
        own, was = trees.link[batch], old.link[before[batch]]
        own[:] = -1
        for place in range(node_of.size):
            node = node_of[place]
            if node >= 0:
                for lane in range(LANES):
                    link = was[place, lane]
                    own[node, lane] = link_of[link] if link >= 0 else -1


@kernel
def carry_order(before: Longs, node_of: Ints, old: Ints, order: Ints, rank: Ints) -> None:
    """Put the nodes of whole batches in the order that they had, new nodes last.

    Parameters
    ----------
    before, node_of : ndarray
        As for `carry_trees`.
    old, order, rank : ndarray of int32, shape (batches, nodes)
        Old order; new order and its inverse, written.
    """
    for batch in range(before.size):
        if before[batch] < 0:
            continue
        count, own = 0, rank[batch]
        own[:] = -1
        for place in range(old.shape[1]):
            node = node_of[old[before[batch], place]]
            if node >= 0:
                order[batch, count], own[node] = node, count
                count += 1
        for node in range(own.size):
            if own[node] < 0:
                order[batch, count], own[node] = node, count
                count += 1
