"""One outer iteration: shift, then trees, gap and new pairs. Every thread goes through it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from keruen.equilibrium.batches import Batches, arrange
from keruen.equilibrium.graph import Graph
from keruen.equilibrium.kernels import inner, once
from keruen.equilibrium.labels import label, load, reorder
from keruen.equilibrium.lanes import LANES
from keruen.equilibrium.links import Links, by_class, reprice_part
from keruen.equilibrium.origins import OriginFlows, add_up
from keruen.equilibrium.rounds import Scratch, Terms, careful_rounds, rounds
from keruen.equilibrium.search import BLOCK, Proposals, Workspace, appraise, merge, search
from keruen.equilibrium.segments import Segments, forget, remember, renumber
from keruen.equilibrium.shifts import Shares, awake, begin_entries, enlist, enlisted
from keruen.equilibrium.team import Team, part, take, wait
from keruen.equilibrium.trees import Trees

__all__ = ["DONE", "ENTRIES", "IDLE", "LOAD", "LOST", "PAIRS", "SHIFT", "TREES", "State", "make_ready", "pass_trees"]

Floats = NDArray[np.float64]

LOAD, SHIFT, ENTRIES, TREES, PAIRS, DONE, LOST = range(7)
"""Where an iteration begins, and where it stopped: short of room for entries or pairs, done, or without a path."""

IDLE = 2
"""Iterations with nothing to shift after which a pair is forgotten."""


class State(NamedTuple):
    """All that a solve works on.

    Attributes
    ----------
    graph, batches, segments, links, flows, saved, shares, found, trees, scratch : NamedTuple
        Network, origins, pairs, links, origin flows and room for a copy, entries, proposals, kept trees, workspace.
    fixed, cost : ndarray of float, shape (classes, links)
        Fixed and present generalised cost.
    sums : ndarray of float, shape (batches, 2)
        Flow x reduced cost, and cost of the demand on shortest paths.
    cheapest : ndarray of float, shape (n, 8)
        Cost of a shortest path by destination of a batch and lane.
    place : ndarray of int64, shape (1,)
        Block of batches at which room was short; while loading, whether demand without a path was met.
    cycles : ndarray of int64, shape (1,)
        Cycles of flow that the last tree pass took out.
    """

    graph: Graph
    batches: Batches
    segments: Segments
    links: Links
    flows: OriginFlows
    saved: OriginFlows
    shares: Shares
    found: Proposals
    trees: Trees
    scratch: Scratch
    fixed: Floats
    cost: Floats
    sums: Floats
    cheapest: Floats
    place: NDArray[np.int64]
    cycles: NDArray[np.int64]


@once
def make_ready(
    e: State, w: Workspace, k: Terms, stage: int, t: Team, me: int, threads: int
) -> int:  # fmt: skip
    """Do what comes before the tree pass: load all demand, or shift flow; neither at `TREES` and `PAIRS`.

    Parameters
    ----------
    e : State
        Changed.
    w : Workspace
        Of this thread.
    k : Terms
        Flows and gains that count.
    stage : int
        Where to begin: `LOAD` or `SHIFT`; `ENTRIES` after they got room.
    t, me, threads : Team, int, int
        Threads, and which this is.

    Returns
    -------
    int
        `TREES` or `PAIRS`, where to go on; or `ENTRIES` where there is no room for more, or `LOST` where demand has no
        path.
    """
    if stage == LOAD:
        return TREES if _load(e, w, t, me, threads) else LOST
    if stage in (SHIFT, ENTRIES):
        return TREES if _shift(e, w, k, stage == ENTRIES, t, me, threads) else ENTRIES
    return stage


@once
def pass_trees(
    e: State, w: Workspace, k: Terms, stage: int, fresh: bool, last: bool, threshold: float, t: Team, me: int, threads: int
) -> int:  # fmt: skip
    """Search all batches at the present costs, and make new pairs; only sum the excess where it is the last pass.

    Parameters
    ----------
    e, w, k : State, Workspace, Terms
        As `make_ready`.
    stage : int
        `TREES`; `PAIRS` to go on after they got room.
    fresh : bool
        Whether to put the nodes of every batch in a new order.
    last : bool
        Whether no iteration follows: flows then stay as they are, cycles too.
    threshold : float
        Reduced cost worth moving for.
    t, me, threads : Team, int, int
        Threads, and which this is.

    Returns
    -------
    int
        `DONE`, or `PAIRS` where there is no room for more.
    """
    block = e.place[0] if stage == PAIRS else 0
    wait(t, threads)  # no thread may move the place before all have read it
    batches = e.batches.group.size
    if stage != PAIRS:
        _price(e, me, threads)
        begin, end = part(e.segments.filled[0], me, threads)
        wait(t, threads)
        appraise(e.segments, e.cost, begin, end)
        wait(t, threads)
    while block < batches:
        if stage != PAIRS:
            size = min(BLOCK, batches - block)
            row = take(t, me, threads, size)
            while row < size:
                search(
                    e.graph, e.batches, e.segments, e.cost, e.flows, threshold, k.tiny, fresh, last, block + row, row,
                    w, e.found, e.trees, e.sums, e.cheapest,
                )  # fmt: skip
                row = take(t, me, threads, size)
            wait(t, threads)
        stage = TREES
        if me == 0:
            e.place[0] = block
            e.cycles[0] = _cycles(e, min(BLOCK, batches - block)) + (e.cycles[0] if block else 0)
            if _has_room(e, min(BLOCK, batches - block)):
                merge(e.graph, e.batches, e.segments, e.found, e.fixed, e.flows, e.links.total, block)
                e.place[0] = block + BLOCK
        wait(t, threads)
        if e.place[0] == block:
            return PAIRS
        block += BLOCK
    return DONE


@inner
def _has_room(e: State, rows: int) -> bool:
    """Return whether the pairs that a block of batches proposes find room."""
    pairs, links = e.segments.filled[0], e.segments.filled[1]
    for row in range(rows):
        pairs += e.found.pairs[row]
        links += e.found.used[row]
    return bool(pairs <= e.segments.start.size and links <= e.segments.pool.size)


@inner
def _cycles(e: State, rows: int) -> int:
    """Return how many cycles of flow a block of batches took out."""
    return int(e.found.noted[:rows].sum() - e.found.pairs[:rows].sum())


@inner
def _price(e: State, me: int, threads: int) -> None:
    """Bring a part of the links' costs up to their flows."""
    begin, end = part(e.links.total.size, me, threads)
    reprice_part(e.links, begin, end)
    by_class(e.links, e.fixed, e.cost, begin, end)


@once
def _load(e: State, w: Workspace, t: Team, me: int, threads: int) -> bool:
    """Send all demand along shortest paths, repricing the links after every few batches; False if one has none."""
    batches = e.batches.group.size
    together = min(8, max(1, batches // 24))
    steps = (batches + together - 1) // together
    if me == 0:
        e.place[0] = 0
    for step in range(steps):  # batches that are loaded together lie far apart: they share fewer links
        _price(e, me, threads)
        wait(t, threads)
        count = (batches - step + steps - 1) // steps
        task = take(t, me, threads, count)
        while task < count:
            if not _load_batch(e.graph, e.batches, e.cost, e.flows, step + task * steps, w):
                e.place[0] = 1
            task = take(t, me, threads, count)
        wait(t, threads)
        if e.place[0]:
            return False
        if me == 0:
            for one in range(step, batches, steps):
                add_up(e.flows, one, one + 1, e.links.total)
        wait(t, threads)
    return True


@inner
def _load_batch(g: Graph, b: Batches, cost: Floats, x: OriginFlows, batch: int, w: Workspace) -> bool:
    """Load a batch on its trees at fixed costs; return whether all its demand has a path."""
    price = cost[b.group[batch]]
    arrange(g, b, batch, price, w.lengths, w.bins, w.visited, w.dirty)
    label(g, b, batch, price, w.labels, w.trees, w.dirty)
    for row in range(b.first[batch], b.first[batch + 1]):
        for lane in range(LANES):
            if b.demand[row, lane] > 0.0 and w.labels[b.destination[row], lane] == np.inf:
                return False
    reorder(b, batch, w.labels, w.bins)
    load(g, b, batch, w.trees, w.at_node, x)
    return True


@once
def _shift(e: State, w: Workspace, k: Terms, listed: bool, t: Team, me: int, threads: int) -> bool:
    """Move flow until the pairs in store gain little; False where the entries find no room."""
    s, p, c, batches = e.segments, e.shares, e.scratch, e.batches.group.size
    if not listed:
        begin, end = part(e.links.total.size, me, threads)
        reprice_part(e.links, begin, end)
        if me == 0:
            c.alive[0] = awake(s, c.live, c.bits, k.near)
        wait(t, threads)
    batch = take(t, me, threads, batches)
    while batch < batches:
        enlisted(s, p, c.bits, batch)
        batch = take(t, me, threads, batches)
    wait(t, threads)
    if me == 0:
        p.first[batches] = begin_entries(p)
    wait(t, threads)
    if p.first[batches] > p.pair.size:
        return False
    batch = take(t, me, threads, batches)
    while batch < batches:
        enlist(s, p, c.bits, batch)
        batch = take(t, me, threads, batches)
    wait(t, threads)
    if k.careful:
        careful_rounds(s, e.links, p, e.flows, e.saved, w.lowest, c, k, t, me, threads)
    else:
        rounds(s, e.links, p, e.flows, w.lowest, c, k, t, me, threads)
    _forget(e, t, me, threads)
    return True


@once
def _forget(e: State, t: Team, me: int, threads: int) -> None:
    """Remove pairs that have been idle for long."""
    s, number, batches = e.segments, e.scratch.live, e.batches.group.size
    if me == 0:
        e.scratch.alive[0] = renumber(s, IDLE, number)
    wait(t, threads)
    some = e.scratch.alive[0]
    if not some:
        return
    batch = take(t, me, threads, batches)
    while batch < batches:
        remember(s, number, batch)
        batch = take(t, me, threads, batches)
    wait(t, threads)
    if me == 0:
        forget(e.graph, s, number)
    wait(t, threads)
