"""The engine: loads, then searches, sweeps and shares out until the gap is met."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import InitVar, dataclass, field

import numpy as np
from numpy.typing import NDArray

from keruen import errors
from keruen.equilibrium.batches import Batches, arrange, batches
from keruen.equilibrium.clocks import TICKING
from keruen.equilibrium.graph import Graph, Numbering, graph, same_network
from keruen.equilibrium.interrupts import held
from keruen.equilibrium.iteration import ENTRIES, LOAD, LOST, PAIRS, SHIFT, TREES, State
from keruen.equilibrium.labels import label
from keruen.equilibrium.lanes import aligned
from keruen.equilibrium.links import Links, by_class, reprice
from keruen.equilibrium.loop import CAREFUL, REASONS, Progress, Rules, iterate, progress
from keruen.equilibrium.origins import OriginFlows, add_up, origin_flows
from keruen.equilibrium.problem import Problem
from keruen.equilibrium.rounds import Scratch
from keruen.equilibrium.routes import Cells
from keruen.equilibrium.search import Proposals, proposals, workspace
from keruen.equilibrium.segments import WORD, Segments, grown, promise, segments
from keruen.equilibrium.shifts import shares
from keruen.equilibrium.team import fail, team
from keruen.equilibrium.trees import Trees, kept_trees

__all__ = ["Engine", "Step"]

Floats = NDArray[np.float64]


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


@dataclass(eq=False)
class Engine:
    """A problem in the kernels' arrays, and its flows so far.

    Attributes
    ----------
    problem : Problem
        What is solved.
    threads : int
        Threads at work; the results do not depend on it.
    near : Engine or None
        Of a problem whose network may be the same; its graph is used then.
    """

    problem: Problem
    threads: int = 1
    near: InitVar[Engine | None] = None
    history: list[Step] = field(default_factory=list)

    def __post_init__(self, near: Engine | None) -> None:
        self.clock = (time.process_time(), time.perf_counter())
        self.graph: Graph
        self.numbering: Numbering
        if near is not None and same_network(self.problem, near.problem):
            self.graph, self.numbering = near.graph, near.numbering
        else:
            self.graph, self.numbering = graph(self.problem)
        arc = self.numbering.arc
        size = arc.size
        delay = self.problem.delay.take(arc)
        self.fixed = np.take(self.problem.fixed_costs(), arc, axis=1)
        self.links = Links(delay.kind, delay.parameters, np.zeros(size), np.zeros(size), np.zeros(size))
        self.cost = np.empty_like(self.fixed)
        self.workspaces = [workspace(self.problem.nodes, size) for _ in range(self.threads)]
        self.found: Proposals = proposals(size)
        self.batches: Batches
        self.pool: ThreadPoolExecutor | None = None
        self.team = team(self.threads)
        self.place, self.cycles = np.zeros((2, 1), np.int64)
        self.grouped = self.loaded = False
        self.worth = 0.0
        self.cells: Cells = {}

    def price(self) -> None:
        """Bring all costs up to the link flows."""
        reprice(self.links)
        by_class(self.links, self.fixed, self.cost, 0, self.links.total.size)

    def take_batches(self, made: Batches, pairs: int = 0, pool: int = 0) -> None:
        """Use these batches, and make room for their flows and for so many pairs of segments and links of them."""
        self.batches = made
        self.grouped = True
        count, size = made.group.size, self.links.total.size
        self.flows: OriginFlows = origin_flows(count, size)
        self.saved: OriginFlows = origin_flows(0, 0)
        room = max(256, 4 * pairs) if pairs else max(256, 4 * size)
        empty = segments(self.graph, len(self.problem.classes), count, room)
        self.segments: Segments = grown(empty, 0, pool)
        self.shares = shares(count, max(1024, 4 * size))
        self.trees: Trees = kept_trees(count, self.problem.nodes)
        self.sums = np.zeros((count, 2))
        self.cheapest = aligned(made.demand.shape)
        self.demand = float(made.demand.sum())
        self.tiny = 1e-14 * self.demand / max(1, int(np.count_nonzero(made.demand)))
        self._scratch()

    def make_room(self, pairs: int, links: int) -> None:
        """Make room for so many more pairs of segments, with so many links."""
        self.segments = grown(self.segments, pairs, links)
        self._scratch()

    def _scratch(self) -> None:
        """Make workspaces that grow with the number of pairs."""
        capacity, size = self.segments.start.size, self.links.total.size
        self.scratch = Scratch(
            live=np.zeros(capacity, np.int32),
            bits=np.zeros(-(-capacity // WORD), np.uint64),
            line=np.zeros((size, 4)),
            curvature=np.zeros(capacity),
            kept=np.zeros(3 * capacity + size),
            alive=np.zeros(1, np.int64),
            merit=np.zeros(1),
            total=np.zeros(size),
            planned=np.zeros(capacity),
            bending=np.full(1, np.inf),
        )

    def _no_path(self) -> None:
        """Raise an error that names the pairs without a path."""
        b, w = self.batches, self.workspaces[0]
        back = np.argsort(self.numbering.node)
        lost: list[str] = []
        for batch in range(b.group.size):
            price = self.cost[
                b.group[batch]
            ]  # loading stops at the first such pair, so later batches have no order yet
            arrange(self.graph, b, batch, price, w.lengths, w.bins, w.visited, w.dirty)
            label(self.graph, b, batch, price, w.labels, w.trees, w.dirty)
            name = self.problem.classes[b.group[batch]].name
            for row in range(b.first[batch], b.first[batch + 1]):
                node = b.destination[row]
                for lane in np.flatnonzero((b.demand[row] > 0) & ~np.isfinite(w.labels[node])):
                    ends = (self.problem.node_name(back[end]) for end in (b.origin[batch, lane], node))
                    lost.append(f"{name}: {' to '.join(ends)}")
        shown = "; ".join(lost[:20]) + (f"; and {len(lost) - 20} more" if len(lost) > 20 else "")
        raise errors.NoPathError(f"{len(lost)} pairs with demand have no path: {shown}")

    def _lengthen(self, short: int) -> None:
        """Make room for more entries, or for the pairs that a search proposed."""
        if short == ENTRIES:
            self.shares = shares(self.batches.group.size, 2 * int(self.shares.first[-1]))
        else:
            self.make_room(int(self.found.pairs.sum()), int(self.found.used.sum()))

    def _enter(self, stage: int, rules: Rules, made: Progress) -> int:
        """Send all threads through the kernel; return where it stopped."""
        state = State(
            self.graph, self.batches, self.segments, self.links, self.flows, self.saved, self.shares, self.found,
            self.trees, self.scratch, self.fixed, self.cost, self.sums, self.cheapest, self.place, self.cycles,
        )  # fmt: skip
        options = (rules, made, stage, *self._elapsed(), self.team)

        def go(me: int) -> int:
            try:
                return int(iterate(state, self.workspaces[me], *options, me, self.threads))
            except BaseException:
                fail(self.team)
                raise

        if self.pool is None:
            return go(0)
        try:
            others = [self.pool.submit(go, me) for me in range(1, self.threads)]
            stopped = go(0)
            for other in others:
                other.result()
        except BaseException:
            fail(self.team)
            raise
        return stopped

    def _elapsed(self) -> tuple[float, float]:
        """Return processor and wall seconds since the start."""
        return time.process_time() - self.clock[0], time.perf_counter() - self.clock[1]

    def group_flows(self) -> Floats:
        """Return the flow by class and link, in capacity units, summed up anew from the origins."""
        total = np.zeros(self.fixed.shape)
        groups = self.batches.group
        for k in np.unique(groups):
            own = np.flatnonzero(groups == k)
            add_up(self.flows, own[0], own[-1] + 1, total[k])
        return total

    def release(self) -> None:
        """Give back what only iterations need. The rest stays with the flows: warm starts and routes are made of it."""
        del self.found, self.shares, self.scratch, self.saved

    def _begin(self, gap: float, made: Progress) -> int:
        """Group the origins, or take the flows the engine was given; return where the first iteration begins.

        Given flows are shifted before the first trees where the pairs they came with promise more than the gap.
        """
        if not self.grouped:
            self.links.total[:] = 0.0
            self.price()
            self.take_batches(batches(self.problem, self.graph, self.numbering, self.cost))
        if not self.loaded:
            return LOAD
        self.links.total[:] = self.group_flows().sum(axis=0)
        self.price()
        made.gap[0] = promise(self.segments, self.cost) / self.worth if self.worth > 0.0 else 0.0
        return SHIFT if made.gap[0] > gap else TREES

    def run(self, gap: float, iterations: int, seconds: float, callback: Callable[[Step], object] | None) -> str:
        """Iterate until the gap is met or a cap is reached; return why it stopped."""
        self.pool = ThreadPoolExecutor(self.threads - 1) if self.threads > 1 else None
        try:
            with held(self.threads) as let_through:
                return self._run(gap, iterations, seconds, callback, let_through)
        finally:
            if self.pool is not None:
                self.pool.shutdown()
                self.pool = None

    def _run(
        self,
        gap: float,
        iterations: int,
        seconds: float,
        callback: Callable[[Step], object] | None,
        let_through: Callable[[], None],
    ) -> str:
        made = progress()
        stage = self._begin(gap, made)
        together = iterations if TICKING and callback is None else 1
        rules = Rules(
            gap, iterations, float(seconds), together, len(self.problem.classes), self.demand, self.tiny, self.loaded
        )
        while True:
            stage = self._enter(stage, rules, made)
            if stage == LOST:
                self._no_path()
            if stage in (ENTRIES, PAIRS):
                self._lengthen(stage)
                continue
            let_through()
            self._note(made, callback)
            if made.state[0] in REASONS:
                return REASONS[int(made.state[0])]
            if made.state[0] == CAREFUL and not self.saved.used.size:
                self.saved = origin_flows(*self.flows.slot.shape)
            stage = SHIFT

    def _note(self, made: Progress, callback: Callable[[Step], object] | None) -> None:
        """Add to the history what the kernel did since the last time."""
        rows = made.steps[: made.filled[0]].tolist()
        for gap, pairs, cpu, wall in rows:
            if not TICKING:
                cpu, wall = self._elapsed()
            self.history.append(Step(len(self.history) + 1, gap, int(pairs), cpu, wall))
            if callback is not None:
                callback(self.history[-1])
        made.filled[0] = 0
