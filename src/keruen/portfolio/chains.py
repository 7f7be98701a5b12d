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

from keruen.portfolio.climbing import Local
from keruen.portfolio.designs import Known, cost_of, standing
from keruen.portfolio.domains import Domains, Sets
from keruen.portfolio.evaluation import Workspace
from keruen.portfolio.local import improve, rounded
from keruen.portfolio.many import Alone, Many, search_many, separate
from keruen.portfolio.nodes import Node, Relaxation
from keruen.portfolio.problem import DesignProblem, Period
from keruen.portfolio.tree import TOLERANCE, Progress, Tree

__all__ = ["Search", "search"]

_WORKERS = 4
_MANY = 90
"""Projects times periods beyond which no proof is to be hoped for: a plan by exact effects, then the bound."""
_FOR_ROOT = 0.3
"""Part of the time by which the first bound must be there."""


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
    local : Local or None
        What is known of the plans next to the best of many projects.
    """

    best: tuple[float, Sets]
    bound: float
    root: float
    first: float
    nodes: int
    bounds: int
    equilibria: int
    reason: str
    local: Local | None = None


@dataclass
class _Alone(Alone):
    """One period by itself, with its tree."""

    workers: list[Workspace]
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
    begun = time.perf_counter()

    def told(cost: float, bound: float) -> None:
        if report is not None:
            report(Progress(time.perf_counter() - begun, cost, bound, 0, 0))

    if len(design.projects) * len(periods) > _MANY:
        found = search_many(design, domains, periods, unit, threads, deadline, told)
        return _beyond(design, domains, periods, found, threads, deadline, report) if found is not None else None
    assert domains.start is not None
    work = Workspace(design, periods)
    relaxation = Relaxation(domains, periods, unit)
    root = relaxation.root(work, domains.start, begun + _FOR_ROOT * (deadline - begun))
    start = rounded(domains, root)
    if start is None:
        return None
    known = Known()
    best = improve(work, relaxation, root, start, known, deadline)
    told(best[0], root.value)
    before = (root.value, best[0])
    if len(periods) == 1:
        return _one_tree(
            Tree(relaxation, _team(design, periods, work), root, best, known), before, threads, deadline, report
        )

    def root_of(_: int, own: Relaxation, lead: Workspace) -> Node:
        assert own.domains.start is not None
        return own.root(lead, own.domains.start)

    alone = [_with_team(design, one) for one in separate(design, domains, periods, unit, root_of, threads)]
    return _Chain(domains, best, alone, before, [work]).run(threads, deadline, report)


def _beyond(
    design: DesignProblem,
    domains: Domains,
    periods: Sequence[Period],
    found: Many,
    threads: int,
    deadline: float,
    report: Callable[[Progress], object] | None,
) -> Search:
    """Spend what time is left on trees that raise the lowest bounds."""
    alone = [_with_team(design, one) for one in found.alone]
    before = (found.bound, found.first)
    if len(periods) == 1:
        tree = Tree(alone[0].relaxation, alone[0].workers, alone[0].root, found.best, alone[0].known, lowest_first=True)
        search = _one_tree(tree, before, threads, deadline, report)
    else:
        search = _Chain(domains, found.best, alone, before, [], many=True).run(threads, deadline, report)
    reason = "interrupted" if found.interrupted and search.reason != "proven" else search.reason
    return replace(search, local=found.local, equilibria=search.equilibria + found.solves, reason=reason)


def _one_tree(
    tree: Tree,
    before: tuple[float, float],
    threads: int,
    deadline: float,
    report: Callable[[Progress], object] | None,
) -> Search:
    tree.run(threads, deadline, report)
    return _said(tree.best, tree.bound, tree.proven, before, [tree], tree.workers, tree.interrupted)


def _with_team(design: DesignProblem, one: Alone) -> _Alone:
    workers = _team(design, one.relaxation.periods, one.lead)
    return _Alone(one.period, one.domains, one.relaxation, one.lead, one.root, workers, Known())


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
        domains: Domains,
        best: tuple[float, Sets],
        alone: list[_Alone],
        before: tuple[float, float],
        workers: list[Workspace],
        *,
        many: bool = False,
    ) -> None:
        self.domains, self.best, self.alone, self.before, self.many = domains, best, alone, before, many
        self.workers = [*workers, *(work for one in alone for work in one.workers)]
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
        return _said(self.best, bound, proven, self.before, self.trees, self.workers, interrupted)

    def _solve(self, at: int, one: _Alone, threads: int, deadline: float, report: Callable[[Progress], object]) -> None:
        """Search a period by itself, from what the best plan builds by then."""
        mask = standing(self.best[1], len(self.alone))[at]
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
        """Return, by period, all sets that can be part of a better plan; None where they are not surely known."""
        slack = self.best[0] - self.bound
        lists = []
        for one in self.alone:
            assert one.tree is not None
            most = one.tree.best[0] + slack / one.period.weight if one.period.weight > 0 else float("inf")
            tree = Tree(one.relaxation, one.workers, one.root, one.tree.best, one.known, collect=most)
            self.trees.append(tree)
            tree.run(threads, deadline, report)
            if not tree.proven or time.perf_counter() > deadline or not tree.collected:
                return None  # the period's own best is always among them, or its bound was no bound
            lists.append(sorted((cost, standing(sets, 1)[0]) for cost, sets in tree.collected))
        return lists

    def _chains(self, lists: list[list[tuple[float, int]]]) -> tuple[float, Sets] | None:
        """Return the cheapest chain of nested sets within the rules that is better than the best."""
        weights = [one.period.weight for one in self.alone]
        least = [weight * options[0][0] for weight, options in zip(weights, lists, strict=True)]
        count = len(self.best[1])
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
