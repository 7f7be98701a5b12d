"""The tree pass: exact gap, and the pairs of segments along which flow should move."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from keruen.equilibrium.batches import Batches
from keruen.equilibrium.graph import Graph
from keruen.equilibrium.kernels import inner
from keruen.equilibrium.labels import reorder
from keruen.equilibrium.lanes import LANES, aligned, collect, excess
from keruen.equilibrium.origins import OriginFlows, give_up
from keruen.equilibrium.segments import Segments, chain_of, create, join
from keruen.equilibrium.trees import Trees, label_kept

__all__ = ["BLOCK", "Proposals", "Workspace", "appraise", "merge", "proposals", "search", "workspace"]

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]

BLOCK = 16
"""Batches searched between two merges. A constant, so that results do not depend on the number of threads."""

_MEAN = 0.3
_ROOM = 32
"""Numbers that the proposals of one batch may fill, in links of the network."""
_CYCLES = 50
_ALL = (1 << LANES) - 1


class Workspace(NamedTuple):
    """What one thread scribbles on: labels, trees, marks by node."""

    labels: Floats
    trees: Ints
    dirty: Bytes
    at_node: Floats
    mark: NDArray[np.int64]
    token: NDArray[np.int64]
    trail: Ints
    visited: Ints
    bins: Ints
    off_tree: Ints
    lanes: Ints
    lowest: Floats
    lengths: Floats


def workspace(nodes: int, links: int) -> Workspace:
    """Return the workspace of one thread."""
    return Workspace(
        aligned((nodes, LANES)),
        aligned((nodes, LANES), np.int32),
        np.zeros(nodes, np.uint8),
        aligned((nodes, LANES)),
        np.zeros((nodes, 2), np.int64),
        np.zeros(1, np.int64),
        np.zeros(2 * nodes + 2, np.int32),
        np.zeros(nodes, np.int32),
        np.zeros(nodes + 1, np.int32),
        np.zeros(links + 1, np.int32),
        np.zeros(links + 1, np.int32),
        aligned((1, LANES)),
        np.empty((2, nodes)),
    )


class Proposals(NamedTuple):
    """What a search found, by batch of a block: pairs to make, and cycles of flow that were taken out.

    Attributes
    ----------
    used, pairs, noted : ndarray of int64, shape (block,)
        Numbers written in `data`, pairs among them, and numbers written in `amount`.
    data : ndarray of int32, shape (block, room)
        Entries: size of segment 1, of segment 2, lane, links. With size 0 for segment 1: links whose flow was
        lowered.
    amount : ndarray of float, shape (block, n)
        One an entry: the gain of a pair at the costs of the tree pass, or the flow taken out.
    """

    used: NDArray[np.int64]
    pairs: NDArray[np.int64]
    noted: NDArray[np.int64]
    data: Ints
    amount: Floats


def proposals(links: int) -> Proposals:
    """Return empty proposals for one block."""
    used_, pairs, noted = (np.zeros(BLOCK, np.int64) for _ in range(3))
    return Proposals(
        used_,
        pairs,
        noted,
        np.empty((BLOCK, max(4096, _ROOM * links)), np.int32),
        np.empty((BLOCK, max(1024, 4 * links))),
    )


@inner
def _find(s: Segments, chain: int, flows: Floats, base: int, place: Ints, link: int, lane: int, wanted: float) -> int:
    """Return a pair that can move this lane's flow off a link and is worth half of what is wanted, or -1.

    The pair need not part where the trees part; a quarter of the flow of the link must be able to leave.
    """
    start_of, size1, size2, pool, gain_of = s.start, s.size1, s.size2, s.pool, s.gain
    enough = 0.25 * flows[base + place[link], lane]
    pair = int(s.chain[chain])
    while pair >= 0:
        begin = start_of[pair]
        middle = begin + size1[pair]
        gain, end = gain_of[pair], middle
        if pool[begin] != link:
            gain, begin, end = -gain, middle, middle + size2[pair]
        if gain >= 0.5 * wanted:
            begin += 1
            while begin < end and flows[base + place[pool[begin]], lane] >= enough:
                begin += 1
            if begin == end:
                return pair
        pair = s.next[pair]
    return -1


@inner
def _take_out(
    w: Workspace, p: Proposals, row: int, flows: Floats, base: int, place: Ints, lane: int, begin: int, end: int
) -> bool:
    """Take the least flow of a cycle (links `begin` .. `end` of the trail) out of it; False where there is no room."""
    size = end - begin
    filled, noted = p.used[row], p.noted[row]
    if filled + size + 3 > p.data.shape[1] or noted == p.amount.shape[1]:
        return False
    amount = flows[base + place[w.trail[begin]], lane]
    for at in range(begin, end):
        amount = min(amount, flows[base + place[w.trail[at]], lane])
    p.data[row, filled], p.data[row, filled + 1], p.data[row, filled + 2] = 0, size, lane
    for at in range(begin, end):
        link = w.trail[at]
        flows[base + place[link], lane] -= amount
        p.data[row, filled + 3 + at - begin] = link
    p.amount[row, noted] = amount
    p.used[row] = filled + 3 + size
    p.noted[row] = noted + 1
    return True


@inner
def _walk_back(
    g: Graph, w: Workspace, flows: Floats, base: int, place: Ints, link: int, lane: int
) -> tuple[int, int, int]:
    """Go back from a link along the largest flow while climbing the tree from its head, until the two meet.

    Return what was met, the length of the trail, and where a cycle begins in it: 0 a node of the tree, 1 a cycle,
    2 no flow to follow.
    """
    tail, first_in, link_in = g.tail, g.first_in, g.link_in
    labels, trees, mark, trail = w.labels, w.trees, w.mark, w.trail
    w.token[0] += 1
    token = w.token[0]
    merge = g.head[link]
    climber = merge
    mark[merge, 0] = token
    trail[0] = link
    size = 1
    node = tail[link]
    while True:
        if node == merge:
            return 1, size, 0
        if mark[node, 1] == token:
            return 1, size, w.visited[node]
        level = labels[node, lane]
        while labels[climber, lane] >= level and trees[climber, lane] >= 0:
            climber = tail[trees[climber, lane]]
            mark[climber, 0] = token
        if mark[node, 0] == token:
            return 0, size, 0
        mark[node, 1] = token
        w.visited[node] = size
        best, most = -1, 0.0
        for at in range(first_in[node], first_in[node + 1]):
            other = link_in[at]
            if flows[base + place[other], lane] > most:
                best, most = other, flows[base + place[other], lane]
        if best < 0:
            return 2, size, 0
        trail[size] = best
        size += 1
        node = tail[best]


@inner
def _propose(
    g: Graph,
    w: Workspace,
    p: Proposals,
    row: int,
    flows: Floats,
    base: int,
    place: Ints,
    price: Floats,
    link: int,
    lane: int,
    tiny: float,
) -> None:
    """Propose the pair whose segment 1 ends in a link with flow and whose segment 2 is the tree; remove cycles met."""
    for _ in range(_CYCLES):
        if flows[base + place[link], lane] <= 0.0:
            return
        met, size, begin = _walk_back(g, w, flows, base, place, link, lane)
        if met == 1:
            if not _take_out(w, p, row, flows, base, place, lane, begin, size):
                return
            continue
        if met == 2:
            if flows[base + place[link], lane] < 1e4 * tiny:
                _take_out(w, p, row, flows, base, place, lane, 0, 1)
            return
        apart = g.tail[w.trail[size - 1]]
        node, total = g.head[link], size
        while node != apart:
            w.trail[total] = w.trees[node, lane]
            node = g.tail[w.trail[total]]
            total += 1
        filled, noted = p.used[row], p.noted[row]
        if filled + total + 3 > p.data.shape[1] or noted == p.amount.shape[1]:
            return
        p.data[row, filled], p.data[row, filled + 1], p.data[row, filled + 2] = size, total - size, lane
        gain = 0.0
        for at in range(total):
            p.data[row, filled + 3 + at] = w.trail[at]
            gain += price[w.trail[at]] if at < size else -price[w.trail[at]]
        p.amount[row, noted] = gain
        p.used[row] = filled + 3 + total
        p.noted[row] = noted + 1
        p.pairs[row] += 1
        return


@inner
def _proposed(
    p: Proposals,
    row: int,
    begin: int,
    entry: int,
    flows: Floats,
    base: int,
    slots: Ints,
    lane: int,
    wanted: float,
) -> bool:
    """Return whether a pair proposed for another lane of the same link serves this lane too."""
    data, at = p.data[row], begin
    while at < p.used[row]:
        size1, first, gain = data[at], at + 3, p.amount[row, entry]
        at = first + size1 + data[at + 1]
        entry += 1
        if size1 == 0 or gain < 0.5 * wanted:
            continue
        enough = 0.25 * flows[base + slots[data[first]], lane]
        place = first + 1
        while place < first + size1 and flows[base + slots[data[place]], lane] >= enough:
            place += 1
        if place == first + size1:
            return True
    return False


@inner
def search(
    g: Graph,
    batches: Batches,
    s: Segments,
    cost: Floats,
    x: OriginFlows,
    threshold: float,
    tiny: float,
    fresh: bool,
    only: bool,
    batch: int,
    row: int,
    w: Workspace,
    p: Proposals,
    trees: Trees,
    sums: Floats,
    cheapest: Floats,
) -> None:
    """Compute trees for a batch at fixed costs, sum the excess, and find what should move.

    Parameters
    ----------
    g, batches, s : Graph, Batches, Segments
        Network, origins, pairs.
    cost : ndarray of float, shape (classes, links)
        Generalised cost.
    x : OriginFlows
        Origin flows; only cycles of flow are changed, and empty rows given back.
    threshold : float
        Reduced cost worth moving for.
    tiny : float
        Flow that is nothing.
    fresh : bool
        Whether to put the nodes of the batch in a new order, by the new labels.
    only : bool
        Whether the sums are all that is wanted: no pair is looked for.
    batch, row : int
        Batch to search, and its place in its block.
    w : Workspace
        Of this thread.
    p : Proposals
        Written, in this row.
    trees : Trees
        Trees to start from, if kept; written.
    sums : ndarray of float, shape (batches, 2)
        Written: flow x reduced cost, and cost of the demand on shortest paths.
    cheapest : ndarray of float, shape (n, 8)
        Written: cost of a shortest path by destination of a batch and lane.
    """
    price = cost[batches.group[batch]]
    label_kept(g, batches, batch, price, w.labels, w.trees, w.dirty, w.visited, trees)
    if fresh:
        reorder(batches, batch, w.labels, w.bins)
    shortest = _on_trees(batches, batch, w.labels, cheapest, w.lowest)
    seen, gain = _off_trees(g, batch, price, x, w)
    least = max(threshold, _MEAN * gain / batches.total[batch])
    seen = 0 if only else seen
    _want(g, batches, s, batch, price, x, seen, least, tiny, row, w, p)
    sums[batch, 0], sums[batch, 1] = gain, shortest


@inner
def _on_trees(batches: Batches, batch: int, labels: Floats, cheapest: Floats, sums: Floats) -> float:
    """Write the cost of a shortest path by destination and lane; return what the demand costs on such paths."""
    destination, demand = batches.destination, batches.demand
    for lane in range(LANES):
        sums[0, lane] = 0.0
    for at in range(batches.first[batch], batches.first[batch + 1]):
        collect(cheapest, at, labels, destination[at], demand, sums, 0)
    return _total(sums)


@inner
def _total(sums: Floats) -> float:
    """Return the sum over lanes."""
    total = 0.0
    for lane in range(LANES):
        total += sums[0, lane]
    return total


@inner
def _off_trees(g: Graph, batch: int, price: Floats, x: OriginFlows, w: Workspace) -> tuple[int, float]:
    """List the links with flow off the trees, and return their number and the sum of flow x reduced cost."""
    tail_of, head_of, labels, rows, sums = g.tail, g.head, w.labels, x.rows, w.lowest
    base, link_of, slots = batch * x.link.shape[1], x.link[batch], x.slot[batch]
    off_tree, off_lanes, count = w.off_tree, w.lanes, x.used[batch]
    for lane in range(LANES):
        sums[0, lane] = 0.0
    seen, at = 0, 1
    while at < count:
        link = link_of[at]
        lanes = excess(rows, base + at, labels, tail_of[link], head_of[link], price[link], sums, 0)
        if lanes == 0:
            count -= 1
            give_up(rows, base, slots, link_of, at, count)
            continue
        off_tree[seen], off_lanes[seen] = link, lanes & _ALL
        seen += 1 if lanes & _ALL else 0
        at += 1
    x.used[batch] = count
    return seen, _total(sums)


@inner
def _want(
    g: Graph,
    batches: Batches,
    s: Segments,
    batch: int,
    price: Floats,
    x: OriginFlows,
    seen: int,
    least: float,
    tiny: float,
    row: int,
    w: Workspace,
    p: Proposals,
) -> None:
    """Find or propose a pair for every lane of a link off the trees whose reduced cost is above `least`."""
    tail_of, head_of, labels, trees = g.tail, g.head, w.labels, w.trees
    flows, base, place, group = x.rows, batch * x.link.shape[1], x.slot[batch], batches.group[batch]
    member, wanted = s.member, s.wanted
    p.used[row] = p.pairs[row] = p.noted[row] = 0
    for at in range(seen):
        link, lanes, lane = w.off_tree[at], w.lanes[at], -1
        before, entry = p.used[row], p.noted[row]
        head, tail = head_of[link], tail_of[link]
        while lanes:
            lane += 1
            if lanes & 1:
                reduced = labels[tail, lane] + price[link] - labels[head, lane]
                if reduced > least + 1e-14 * labels[head, lane]:
                    pair = -1
                    if trees[head, lane] >= 0:
                        chain = chain_of(g, s, group, link, trees[head, lane])
                        pair = _find(s, chain, flows, base, place, link, lane, reduced)
                    if pair >= 0:
                        join(member, batch, pair)
                        wanted[pair] = 1
                    elif not _proposed(p, row, before, entry, flows, base, place, lane, reduced):
                        _propose(g, w, p, row, flows, base, place, price, link, lane, tiny)
            lanes >>= 1


@inner
def merge(
    g: Graph,
    batches: Batches,
    s: Segments,
    p: Proposals,
    fixed: Floats,
    x: OriginFlows,
    total: Floats,
    block: int,
) -> None:
    """Make the proposed pairs in the order of the batches, unless one made before serves; correct the link flows.

    Parameters
    ----------
    g, batches, s, p : Graph, Batches, Segments, Proposals
        Network, origins, pairs, and what was found.
    fixed : ndarray of float, shape (classes, links)
        Generalised cost that does not depend on flow.
    x : OriginFlows
        Origin flows.
    total : ndarray of float, shape (links,)
        Link flows.
    block : int
        First batch of the block.
    """
    for batch in range(block, min(block + BLOCK, batches.group.size)):
        row, base, group = batch - block, batch * x.link.shape[1], batches.group[batch]
        at, entry = 0, 0
        while at < p.used[row]:
            size1, size2, lane = p.data[row, at], p.data[row, at + 1], p.data[row, at + 2]
            links = p.data[row, at + 3 : at + 3 + size1 + size2]
            amount = p.amount[row, entry]
            at += 3 + size1 + size2
            entry += 1
            if size1 == 0:
                for link in links:
                    total[link] -= amount
                continue
            chain = chain_of(g, s, group, links[0], links[size1])
            pair = _find(s, chain, x.rows, base, x.slot[batch], links[0], lane, amount)
            if pair < 0:
                pair = create(g, s, fixed, group, links, size1, size2)
                s.gain[pair] = amount
            join(s.member, batch, pair)
            s.wanted[pair] = 1


@inner
def appraise(s: Segments, cost: Floats, begin: int, end: int) -> None:
    """Write the gain of some pairs at the given costs by class."""
    for pair in range(begin, end):
        price = cost[s.group[pair]]
        start = s.start[pair]
        middle = start + s.size1[pair]
        high, low = 0.0, 0.0
        for at in range(start, middle):
            high += price[s.pool[at]]
        for at in range(middle, middle + s.size2[pair]):
            low += price[s.pool[at]]
        s.gain[pair], s.scale[pair] = high - low, high + low
