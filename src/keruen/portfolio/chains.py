"""Several periods: each alone first, then the cheapest chain of nested sets.

What is built stays, and nothing else joins the periods. So the best values of the periods alone add up to a bound,
free of the distance between user equilibrium and system optimum that a bound of the whole would have in every period.
The sets of a period that can be part of a better plan are those whose value exceeds the period's best by no more than
the whole plan exceeds the sum of the bests. They are few; all are listed, and the best chain of them is the optimum.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from keruen.portfolio.climbing import Climb
from keruen.portfolio.designs import Known, cost_of, standing
from keruen.portfolio.domains import Domains, Sets
from keruen.portfolio.evaluation import Workspace
from keruen.portfolio.local import improve, rounded
from keruen.portfolio.nodes import Node, Relaxation
from keruen.portfolio.problem import DesignProblem, Period
from keruen.portfolio.tree import TOLERANCE, Progress, Tree

__all__ = ["Search", "search"]

_WORKERS = 4
_MANY = 90
"""Projects times periods beyond which no proof is to be hoped for: a plan by exact effects, then the bound."""
_FOR_ROOT, _FOR_CLIMB = 0.3, 0.75
"""Parts of the time by which the first bound and the plan of a large problem must be there."""


@dataclass
class Search:
    """How a search went.

    Attributes
    ----------
    best : tuple of float and Sets
        Weighted total cost and sets of the best plan.
    bound : float
        No plan has a lower weighted total cost.
    root, first : float
        The bound and the best plan before the first tree.
    nodes, bounds, equilibria : int
        Work done.
    reason : str
        Why it ended: "proven", "time limit" or "interrupted".
    """

    best: tuple[float, Sets]
    bound: float
    root: float
    first: float
    nodes: int
    bounds: int
    equilibria: int
    reason: str


@dataclass
class _Alone:
    """One period by itself."""

    period: Period
    domains: Domains
    relaxation: Relaxation
    workers: list[Workspace]
    root: Node
    known: Known
    tree: Tree | None = None

    @property
    def bound(self) -> float:
        """No set of projects has a lower total cost in the period."""
        return self.tree.bound if self.tree is not None else self.root.value


def search(
    design: DesignProblem,
    domains: Domains,
    periods: Sequence[Period],
    unit: float | None,
    threads: int,
    deadline: float,
    report: Callable[[Progress], object] | None,
) -> Search | None:
    """Return the best plan that is found by the deadline; None where none meets the rules.

    Parameters
    ----------
    design : DesignProblem
        Network and projects.
    domains : Domains
        Rules; their start is not None.
    periods : sequence of Period
        Periods.
    unit : float or None
        Unit of all costs.
    threads : int
        Threads.
    deadline : float
        Of `time.perf_counter`.
    report : callable or None
        Called with a `Progress` after every round of nodes.

    Returns
    -------
    Search or None
        With its proof.
    """
    assert domains.start is not None
    begun = time.perf_counter()
    work = Workspace(design, periods)
    relaxation = Relaxation(domains, periods, unit)
    root = relaxation.root(work, domains.start, begun + _FOR_ROOT * (deadline - begun))
    start = rounded(domains, root)
    if start is None:
        return None
    known = Known()
    many = len(design.projects) * len(periods) > _MANY
    if many:
        climb = Climb(design, domains, periods, threads)
        best = climb.run(start, begun + _FOR_CLIMB * (deadline - begun))
        work.solves += climb.solves
    else:
        best = improve(work, relaxation, root, start, known, deadline)
    if len(periods) == 1:
        workers = _team(design, periods, work)
        tree = Tree(relaxation, workers, root, best, known, lowest_first=many)
        tree.run(threads, deadline, report)
        return _said(tree.best, tree.bound, tree.proven, (root.value, best[0]), [tree], workers, tree.interrupted)
    return _Chain(design, domains, periods, unit, best, root, work, many).run(threads, deadline, report)


def _team(design: DesignProblem, periods: Sequence[Period], first: Workspace) -> list[Workspace]:
    """Return workers that share prices over arcs as the first does."""
    workers = [first, *(Workspace(design, periods) for _ in range(_WORKERS - 1))]
    for work in workers[1:]:
        work.prices.share[:] = first.prices.share
    return workers


def _said(
    best: tuple[float, Sets],
    bound: float,
    proven: bool,
    before: tuple[float, float],
    trees: Sequence[Tree],
    workers: Sequence[Workspace],
    interrupted: bool,
) -> Search:
    nodes = sum(tree.nodes for tree in trees)
    bounds, solves = sum(one.bounds for one in workers), sum(one.solves for one in workers)
    reason = "proven" if proven else "interrupted" if interrupted else "time limit"
    return Search(best, bound, *before, nodes, bounds, solves, reason)


class _Chain:
    """The search over several periods."""

    def __init__(
        self,
        design: DesignProblem,
        domains: Domains,
        periods: Sequence[Period],
        unit: float | None,
        best: tuple[float, Sets],
        root: Node,
        work: Workspace,
        many: bool,
    ) -> None:
        self.many = many
        self.domains, self.periods, self.best, self.root = domains, periods, best, root
        self.first = best[0]
        self.alone = []
        self.workers = [work]
        for at, period in enumerate(periods):
            own = domains.alone(at)
            plain = replace(period, weight=1.0)
            lead = Workspace(design, [plain])
            relaxation = Relaxation(own, [plain], unit)
            assert own.start is not None
            if many:
                lead.prices.share[:] = work.prices.share
                start = Node(own.start, (root.bounds[at],), root.bounds[at].value, 0)
            else:
                start = relaxation.root(lead, own.start)
            workers = _team(design, [plain], lead)
            self.workers += workers
            self.alone.append(_Alone(period, own, relaxation, workers, start, Known()))
        self.trees: list[Tree] = []

    @property
    def bound(self) -> float:
        """No plan has a lower weighted total cost."""
        return sum(one.period.weight * one.bound for one in self.alone)

    def run(self, threads: int, deadline: float, report: Callable[[Progress], object] | None) -> Search:
        """Search the periods alone, then all chains that could be better than the best."""

        def told(step: Progress) -> None:
            if report is not None:
                nodes = sum(tree.nodes for tree in self.trees)
                report(Progress(step.seconds, self.best[0], self.bound, nodes, step.open))

        for at, one in enumerate(self.alone):
            self._solve(at, one, threads, deadline, told)
        bound, proven = self.bound, False
        if all(one.tree is not None and one.tree.proven for one in self.alone):
            lists = self._lists(threads, deadline, told)
            if lists is not None:
                found = self._chains(lists)
                self.best = min(self.best, found) if found is not None else self.best
                bound, proven = self.best[0] * (1 - TOLERANCE), True
        interrupted = any(tree.interrupted for tree in self.trees)
        first = (self.root.value, self.first)
        return _said(self.best, bound, proven, first, self.trees, self.workers, interrupted)

    def _solve(self, at: int, one: _Alone, threads: int, deadline: float, report: Callable[[Progress], object]) -> None:
        """Search a period by itself, from what the best plan builds by then."""
        mask = standing(self.best[1], len(self.periods))[at]
        start = tuple(1 if mask >> project & 1 else 2 for project in range(len(self.best[1])))
        if self.many:
            now = time.perf_counter()
            deadline = now + (deadline - now) / (len(self.alone) - at)
            best = (cost_of(one.workers[0], one.relaxation.periods, [mask], 0.0, one.known, one.known), start)
        else:
            best = improve(one.workers[0], one.relaxation, one.root, start, one.known, deadline)
        one.tree = Tree(one.relaxation, one.workers, one.root, best, one.known, lowest_first=self.many)
        self.trees.append(one.tree)
        one.tree.run(threads, deadline, report)

    def _lists(
        self, threads: int, deadline: float, report: Callable[[Progress], object]
    ) -> list[list[tuple[float, int]]] | None:
        """Return, by period, all sets that can be part of a better plan; None where the deadline came first."""
        slack = self.best[0] - self.bound
        lists = []
        for one in self.alone:
            assert one.tree is not None
            most = one.tree.best[0] + slack / one.period.weight if one.period.weight > 0 else float("inf")
            tree = Tree(one.relaxation, one.workers, one.root, one.tree.best, one.known, collect=most)
            self.trees.append(tree)
            tree.run(threads, deadline, report)
            if not tree.proven or time.perf_counter() > deadline:
                return None
            lists.append(sorted((cost, standing(sets, 1)[0]) for cost, sets in tree.collected))
        return lists

    def _chains(self, lists: list[list[tuple[float, int]]]) -> tuple[float, Sets] | None:
        """Return the cheapest chain of nested sets within the rules that is better than the best."""
        weights = [period.weight for period in self.periods]
        least = [weight * options[0][0] for weight, options in zip(weights, lists, strict=True)]
        count = len(self.root.sets)
        found: tuple[float, Sets] | None = None

        def extend(at: int, chain: list[int], cost: float) -> None:
            nonlocal found
            limit = found[0] if found is not None else self.best[0]
            if at == len(lists):
                sets = tuple(
                    1 << next((t for t, mask in enumerate(chain) if mask >> project & 1), len(lists))
                    for project in range(count)
                )
                if cost < limit and self.domains.allows(sets):
                    found = (cost, sets)
                return
            for value, mask in lists[at]:
                total = cost + weights[at] * value
                if total + sum(least[at + 1 :]) >= (found[0] if found is not None else self.best[0]):
                    break
                if not chain or chain[-1] & mask == chain[-1]:
                    extend(at + 1, [*chain, mask], total)

        extend(0, [], 0.0)
        return found
