"""Branch and bound, depth first, several nodes at a time.

Nodes are taken from the top of the stack in rounds of four, each by the worker of its place in the round, and what
they find is merged in order. So the search, and the answer, do not depend on the number of threads.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from keruen.portfolio.branching import Decision, PseudoCosts, split
from keruen.portfolio.designs import Known, cost_of, standing
from keruen.portfolio.domains import Domains, Sets
from keruen.portfolio.evaluation import Workspace
from keruen.portfolio.nodes import Node, Relaxation
from keruen.portfolio.problem import Period

__all__ = ["TOLERANCE", "Progress", "Tree"]

TOLERANCE = 1e-6
"""A node is pruned where it cannot hold a design better than the best by this part."""

_ROUND = 4
_STRONG_DEPTH = 4
_STRONG = 8


@dataclass(frozen=True)
class Progress:
    """How far a search is.

    Attributes
    ----------
    seconds : float
        Wall time.
    objective, bound : float
        Best design so far, and what no design can be below; -inf before the first bound.
    nodes, open : int
        Nodes done and waiting.
    """

    seconds: float
    objective: float
    bound: float
    nodes: int
    open: int


@dataclass
class _Found:
    """What the work on one node found."""

    children: list[Node] = field(default_factory=list)
    rises: list[tuple[int, Decision, float]] = field(default_factory=list)
    known: Known = field(default_factory=Known)
    best: tuple[float, Sets] | None = None


class Tree:
    """A search over all designs.

    Parameters
    ----------
    relaxation : Relaxation
        Bounds.
    workers : sequence of Workspace
        Four workers.
    root : Node
        All designs.
    best : tuple of float and Sets
        Best design so far: its weighted total cost and its sets.
    known : Known
        Costs of designs already looked at.
    collect : float, optional
        List every design whose cost is at most this, instead of looking for the best.
    lowest_first : bool
        Work on the nodes with the lowest bounds, to raise the bound where no proof is to be hoped for.

    Attributes
    ----------
    best : tuple of float and Sets
        Best design found.
    bound : float
        No design is better; equal to the best, but for the tolerance, where it is proven.
    nodes : int
        Nodes done.
    collected : list of tuple of float and Sets
        Designs asked for by `collect`, with their costs.
    """

    def __init__(
        self,
        relaxation: Relaxation,
        workers: Sequence[Workspace],
        root: Node,
        best: tuple[float, Sets],
        known: Known,
        collect: float | None = None,
        *,
        lowest_first: bool = False,
    ) -> None:
        self.lowest_first = lowest_first
        self.collect, self.collected = collect, []  # type: float | None, list[tuple[float, Sets]]
        self.relaxation, self.workers = relaxation, workers
        self.domains: Domains = relaxation.domains
        self.periods: Sequence[Period] = relaxation.periods
        self.stack = [root]
        self.best, self.known = best, known
        self.costs = PseudoCosts(len(root.sets), len(self.periods))
        self.nodes = 0
        self.interrupted = False

    @property
    def bound(self) -> float:
        """No design has a lower weighted total cost."""
        return min([self.best[0] * (1 - TOLERANCE), *(node.value for node in self.stack)])

    @property
    def threshold(self) -> float:
        """Nodes whose bound reaches this are pruned."""
        if self.collect is None:
            return self.best[0] * (1 - TOLERANCE)
        return math.nextafter(self.collect * (1 + TOLERANCE), math.inf)  # above the cost even where that is 0

    @property
    def proven(self) -> bool:
        """Whether the best design is optimal within the tolerance."""
        return not self.stack

    def run(self, threads: int, deadline: float, report: Callable[[Progress], object] | None) -> None:
        """Search until nothing is left or the deadline (of `time.perf_counter`) has passed."""
        begun = time.perf_counter()
        pool = ThreadPoolExecutor(threads) if threads > 1 else None
        try:
            while self.stack and not self.interrupted and time.perf_counter() < deadline:
                self._round(pool)
                if report is not None:
                    seconds = time.perf_counter() - begun
                    report(Progress(seconds, self.best[0], self.bound, self.nodes, len(self.stack)))
        except KeyboardInterrupt:
            self.interrupted = True
        finally:
            if pool is not None:
                pool.shutdown()

    def _round(self, pool: ThreadPoolExecutor | None) -> None:
        """Work on the top nodes and merge what was found."""
        taken: list[Node] = []
        if self.lowest_first:
            self.stack.sort(key=lambda node: -node.value)
        while self.stack and len(taken) < _ROUND:
            node = self.stack.pop()
            if node.value < self.threshold:
                taken.append(node)
        if pool is None or len(taken) < 2:
            results = [self._work(work, node) for work, node in zip(self.workers, taken, strict=False)]
        else:
            results = list(pool.map(self._work, self.workers[: len(taken)], taken))
        for found in results:
            self.known.keep(found.known.costs)
            for rise in found.rises:
                self.costs.learn(*rise)
            if found.best is not None:
                self.best = min(self.best, found.best)
                if self.collect is not None:
                    self.collected.append(found.best)
        for found in reversed(results):
            self.stack += sorted(found.children, key=lambda node: -node.value)
        self.nodes += len(taken)

    def _work(self, work: Workspace, node: Node) -> _Found:
        """Branch on a node: bound its children, and look at those that are designs."""
        found = _Found()
        threshold = self.threshold
        decisions = self.costs.ranked(node, self.periods, threshold - node.value)
        if not decisions:
            self._leaf(work, node, found)
            return found
        found.children = self._branch(work, node, decisions, threshold, found)
        return found

    def _branch(
        self, work: Workspace, node: Node, decisions: list[Decision], threshold: float, found: _Found
    ) -> list[Node]:
        """Return the children worth keeping: of the first decision, or near the root of the best of several."""
        chosen: list[Node] | None = None
        top = -1.0
        for decision in decisions[: _STRONG if node.depth < _STRONG_DEPTH else 1]:
            children, score = [], 1.0
            for side, sets in enumerate(split(node.sets, decision)):
                within = self.domains.propagate(sets)
                child = self.relaxation.node(work, within, node, threshold) if within is not None else None
                rise = (min(child.value, threshold) if child is not None else threshold) - node.value
                if child is not None:
                    found.rises.append((side, decision, rise))
                if child is not None and child.value < threshold:
                    children.append(child)
                score *= rise / (threshold - node.value) + 1e-3
            if len(children) < 2:
                return children
            if score > top:
                chosen, top = children, score
        return chosen or []

    def _leaf(self, work: Workspace, node: Node, found: _Found) -> None:
        """Look at a design."""
        masks = standing(node.sets, len(self.periods))
        limit = self.best[0] if self.collect is None else self.threshold
        cost = cost_of(work, self.periods, masks, limit, self.known, found.known)
        if cost < limit:
            found.best = (cost, node.sets)
