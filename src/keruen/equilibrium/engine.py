"""The engine: loads, searches, sweeps and shares out until the gap is met."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from keruen import errors
from keruen.equilibrium.batches import Batches, batches
from keruen.equilibrium.graph import Graph, Numbering, graph
from keruen.equilibrium.kernels import kernel
from keruen.equilibrium.labels import label, load, reorder
from keruen.equilibrium.lanes import LANES, aligned
from keruen.equilibrium.links import Links, by_class, reprice
from keruen.equilibrium.origins import OriginFlows, add_up, origin_flows
from keruen.equilibrium.problem import Problem
from keruen.equilibrium.rounds import Scratch, careful_rounds, rounds, rounds_threaded
from keruen.equilibrium.search import BLOCK, Proposals, Workspace, appraise, merge, proposals, search, workspace
from keruen.equilibrium.segments import Segments, forget, grown, revalue, segments
from keruen.equilibrium.shifts import awake, enlist, shares

__all__ = ["Engine", "Step"]

Floats = NDArray[np.float64]
T = TypeVar("T")

_NEAR = 0.1
_IDLE = 2
_PATIENCE = 25
_WAIT = 8
"""Iterations without progress after which one class is treated with care too."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one outer iteration found.

    Attributes
    ----------
    iteration : int
        1 is the first tree pass after the first loading.
    gap : float
        Relative gap of the flows before the iteration's shifts.
    pairs : int
        Pairs of segments in store.
    cpu_s, wall_s : float
        Seconds since the start.
    """

    iteration: int
    gap: float
    pairs: int
    cpu_s: float
    wall_s: float


@kernel
def _first_loading(g: Graph, b: Batches, cost: Floats, x: OriginFlows, begin: int, end: int, w: Workspace) -> int:
    """Load some batches on their trees at fixed costs; return a batch that has demand without a path, or -1."""
    lost = -1
    for batch in range(begin, end):
        label(g, b, batch, cost[b.group[batch]], w.labels, w.trees, w.dirty)
        for row in range(b.first[batch], b.first[batch + 1]):
            for lane in range(LANES):
                if b.demand[row, lane] > 0.0 and w.labels[b.destination[row], lane] == np.inf:
                    lost = batch
        reorder(b, batch, w.labels, w.bins)
        load(g, b, batch, w.trees, w.at_node, x)
    return lost


@dataclass(eq=False)
class Engine:
    """A problem in the kernels' arrays, and its flows so far.

    Attributes
    ----------
    problem : Problem
        What is solved.
    threads : int
        Threads at work; the results do not depend on it.
    """

    problem: Problem
    threads: int = 1
    history: list[Step] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock = (time.process_time(), time.perf_counter())
        self.graph: Graph
        self.numbering: Numbering
        self.graph, self.numbering = graph(self.problem)
        arc = self.numbering.arc
        size = arc.size
        delay = self.problem.delay.take(arc)
        self.fixed = np.ascontiguousarray(self.problem.fixed_costs()[:, arc])
        self.links = Links(delay.kind, delay.parameters, np.zeros(size), np.zeros(size), np.zeros(size))
        reprice(self.links)
        self.cost = np.empty_like(self.fixed)
        by_class(self.links, self.fixed, self.cost)
        self.line = np.zeros((size, 4))
        self.workspaces = [workspace(self.problem.nodes, size) for _ in range(self.threads)]
        self.found: Proposals = proposals(size)
        self.batches: Batches
        self.pool: ThreadPoolExecutor | None = None
        self.grouped = self.loaded = self.careful = False

    def take_batches(self, made: Batches) -> None:
        """Use these batches, and make room for their flows."""
        self.batches = made
        self.grouped = True
        count, size = made.group.size, self.links.total.size
        self.flows = origin_flows(count, size)
        self.segments: Segments = segments(self.graph, len(self.problem.classes), count, max(256, 4 * size))
        self.shares = shares(count, max(1024, 4 * size))
        self.sums = np.zeros((count, 2))
        self.cheapest = aligned(made.demand.shape)
        self.demand = float(made.demand.sum())
        self.tiny = 1e-14 * self.demand / max(1, int(np.count_nonzero(made.demand)))
        self._scratch()

    def take_segments(self, old: Segments) -> None:
        """Use a copy of the pairs of another engine on the same network; those that are closed now are left out."""
        self.segments = Segments._make(np.copy(array) for array in old)
        revalue(self.segments, self.fixed)
        forget(self.graph, self.segments, _IDLE)
        self._scratch()

    def _scratch(self) -> None:
        """Make workspaces that grow with the number of pairs."""
        capacity = self.segments.start.size
        self.live = np.zeros(capacity, np.int32)
        self.curvature = np.zeros(capacity)
        self.kept = np.zeros(3 * capacity + self.links.total.size)

    def _spread(self, task: Callable[[int, int, Workspace], T], begin: int, end: int) -> list[T]:
        """Run a task on parts of a range, one a thread; the parts do not share anything that is written."""
        if self.threads == 1 or end - begin < 2:
            return [task(begin, end, self.workspaces[0])]
        cuts = np.linspace(begin, end, self.threads + 1).astype(int)
        pool = self.pool
        assert pool is not None
        jobs = [pool.submit(task, int(cuts[i]), int(cuts[i + 1]), self.workspaces[i]) for i in range(self.threads)]
        return [job.result() for job in jobs]

    def load(self) -> None:
        """Send all demand along shortest paths, repricing the links after every few batches."""
        count = self.batches.group.size
        step = min(8, max(1, count // 50))
        for begin in range(0, count, step):
            end = min(count, begin + step)
            by_class(self.links, self.fixed, self.cost)
            lost = self._spread(
                lambda i, j, w: _first_loading(self.graph, self.batches, self.cost, self.flows, i, j, w),
                begin,
                end,
            )
            if max(lost) >= 0:
                self._no_path()
            add_up(self.flows, begin, end, self.links.total)
            reprice(self.links)

    def _no_path(self) -> None:
        """Raise an error that names the pairs without a path."""
        b, w = self.batches, self.workspaces[0]
        back = np.argsort(self.numbering.node)
        lost: list[str] = []
        for batch in range(b.group.size):
            label(self.graph, b, batch, self.cost[b.group[batch]], w.labels, w.trees, w.dirty)
            name = self.problem.classes[b.group[batch]].name
            for row in range(b.first[batch], b.first[batch + 1]):
                node = b.destination[row]
                for lane in np.flatnonzero((b.demand[row] > 0) & ~np.isfinite(w.labels[node])):
                    ends = (self.problem.node_name(back[end]) for end in (b.origin[batch, lane], node))
                    lost.append(f"{name}: {' to '.join(ends)}")
        shown = "; ".join(lost[:20]) + (f"; and {len(lost) - 20} more" if len(lost) > 20 else "")
        raise errors.NoPathError(f"{len(lost)} pairs with demand have no path: {shown}")

    def tree_pass(self) -> float:
        """Compute all trees at the present costs, find what should move, and return the relative gap."""
        by_class(self.links, self.fixed, self.cost)
        appraise(self.segments, self.cost)
        last = self.sums.sum(axis=0)
        threshold = 0.01 * last[0] / self.demand if self.demand else 0.0
        count = self.batches.group.size
        for block in range(0, count, BLOCK):
            self._search(block, min(count, block + BLOCK), threshold)
            wanted = int(self.found.used[: count - block].sum())
            if wanted:
                self._merge(block, wanted)
        excess, shortest = self.sums.sum(axis=0)
        return float(excess / shortest) if shortest > 0 else 0.0

    def _search(self, block: int, end: int, threshold: float) -> None:
        """Search a block of batches on all threads."""
        g, b, s, fresh = self.graph, self.batches, self.segments, not self.history

        def task(i: int, j: int, w: Workspace) -> None:
            search(
                g, b, s, self.cost, self.flows, threshold, self.tiny, fresh, i, j, block, w, self.found,
                self.sums, self.cheapest,
            )  # fmt: skip

        self._spread(task, block, end)

    def _merge(self, block: int, links: int) -> None:
        """Make room for what a block proposed, and make it."""
        before = self.segments.start.size
        self.segments = grown(self.segments, int(self.found.pairs.sum()), links)
        if self.segments.start.size != before:
            self._scratch()
        g, b, s = self.graph, self.batches, self.segments
        merge(g, b, s, self.found, self.cost, self.fixed, self.flows, self.links.total, block)

    def shift(self, gap: float) -> None:
        """Move flow until the pairs in store gain little."""
        reprice(self.links)
        settled = 1e-3 * gap * self.demand
        near = _NEAR * np.sqrt(gap)
        scratch = Scratch(self.live, self.line, self.curvature, self.kept)
        alive = awake(self.segments, self.live, near)
        while (entries := enlist(self.segments, self.shares)) > self.shares.pair.size:
            self.shares = shares(self.batches.group.size, 2 * entries)
        s, links, p, x = self.segments, self.links, self.shares, self.flows
        if self.careful:
            careful_rounds(s, links, p, x, scratch, alive, self.tiny, settled, near, self._spread)
        elif self.threads == 1:
            rounds(s, links, p, x, self.workspaces[0].lowest, scratch, alive, self.tiny, settled, near)
        else:
            rounds_threaded(s, links, p, x, scratch, alive, self.tiny, settled, near, self._spread)
        forget(self.graph, self.segments, _IDLE)

    def group_flows(self) -> Floats:
        """Return the flow by class and link, in capacity units, summed up anew from the origins."""
        total = np.zeros(self.fixed.shape)
        groups = self.batches.group
        for k in np.unique(groups):
            own = np.flatnonzero(groups == k)
            add_up(self.flows, own[0], own[-1] + 1, total[k])
        return total

    def _begin(self) -> None:
        """Load the network, or take the flows it was given."""
        if not self.grouped:
            self.take_batches(batches(self.problem, self.graph, self.numbering, self.cost))
        if not self.loaded:
            self.load()
        else:
            self.links.total[:] = self.group_flows().sum(axis=0)
            reprice(self.links)

    def run(self, gap: float, iterations: int, seconds: float, callback: Callable[[Step], object] | None) -> str:
        """Iterate until the gap is met or a cap is reached; return why it stopped."""
        self.pool = ThreadPoolExecutor(self.threads) if self.threads > 1 else None
        best, best_at = np.inf, 0
        try:
            self._begin()
            for iteration in range(1, iterations + 1):
                reached = self.tree_pass()
                cpu, wall = time.process_time() - self.clock[0], time.perf_counter() - self.clock[1]
                step = Step(iteration, reached, int(self.segments.filled[0]), cpu, wall)
                self.history.append(step)
                if callback is not None:
                    callback(step)
                if reached <= gap:
                    return "gap met"
                if wall > seconds:
                    return "time cap"
                if reached < 0.5 * best:
                    best, best_at = reached, iteration
                elif iteration - best_at >= _PATIENCE:
                    return "stalled"
                elif len(self.problem.classes) > 1 or iteration - best_at >= _WAIT:
                    self.careful = True
                self.shift(reached)
            return "iteration cap"
        finally:
            if self.pool is not None:
                self.pool.shutdown()
                self.pool = None
