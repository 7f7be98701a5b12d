"""A good plan before the tree: the relaxation rounded, then improved by single changes and exchanges."""

from __future__ import annotations

from collections.abc import Iterator

from keruen.portfolio.designs import Known, cost_of, standing
from keruen.portfolio.domains import Domains, Sets
from keruen.portfolio.evaluation import Workspace
from keruen.portfolio.nodes import Node, Relaxation
from keruen.portfolio.tree import TOLERANCE

__all__ = ["improve", "rounded"]


def rounded(domains: Domains, root: Node) -> Sets | None:
    """Return the relaxation made whole: period by period, projects with the largest shares first, as the rules allow."""
    sets: Sets | None = root.sets
    order = sorted(
        (
            (period, -bounded.built[project], project)
            for period, bounded in enumerate(root.bounds)
            for project in range(len(root.sets))
            if bounded.built[project] > 0.05
        )
    )
    for period, _, project in order:
        if sets is not None and sets[project] >> period & 1:
            tried = domains.propagate((*sets[:project], 1 << period, *sets[project + 1 :]))
            sets = tried or sets
    return _completed(domains, sets)


def _completed(domains: Domains, sets: Sets | None) -> Sets | None:
    """Return sets of one period each: projects not yet decided are not built, or as late as may be."""
    for project in range(len(sets or ())):
        if sets is None:
            return None
        one = sets[project]
        while one & (one - 1):
            latest = 1 << (one.bit_length() - 1)
            tried = domains.propagate((*sets[:project], latest, *sets[project + 1 :]))
            if tried is not None:
                sets = tried
                break
            one ^= latest
            sets = (*sets[:project], one, *sets[project + 1 :])
    return domains.propagate(sets) if sets is not None else None


def _moves(domains: Domains, sets: Sets) -> Iterator[Sets]:
    """Yield the designs one change or one exchange away."""
    never = 1 << domains.never
    count = len(sets)
    singles = []
    for project in range(count):
        for period in range(domains.never + 1):
            bit = 1 << period
            if sets[project] != bit and domains.start is not None and domains.start[project] & bit:
                singles.append((*sets[:project], bit, *sets[project + 1 :]))
    yield from singles
    for leaving in range(count):
        for coming in range(count):
            if sets[leaving] != never and sets[coming] != sets[leaving]:
                swapped = list(sets)
                swapped[leaving], swapped[coming] = sets[coming], sets[leaving]
                yield tuple(swapped)


def improve(
    work: Workspace, relaxation: Relaxation, root: Node, start: Sets, known: Known, deadline: float
) -> tuple[float, Sets]:
    """Return a design that no single change or exchange within the rules improves, and its cost.

    A bound of the changed design comes first: most are worse than the best already at system optimum.

    Parameters
    ----------
    work : Workspace
        A worker.
    relaxation : Relaxation
        Bounds.
    root : Node
        All designs; its prices are taken.
    start : tuple of int
        A design within the rules.
    known : Known
        Costs found so far; added to.
    deadline : float
        Of `time.perf_counter`.

    Returns
    -------
    tuple
        Weighted total cost and sets.
    """
    import time

    domains, periods = relaxation.domains, relaxation.periods
    best = (cost_of(work, periods, standing(start, len(periods)), float("inf"), known, known), start)
    tried = {start}
    improved = True
    while improved:
        improved = False
        for sets in _moves(domains, best[1]):
            if sets in tried or not domains.allows(sets):
                continue
            if time.perf_counter() > deadline:
                return best
            tried.add(sets)
            threshold = best[0] * (1 - TOLERANCE)
            if relaxation.node(work, sets, root, threshold).value >= threshold:
                continue
            cost = cost_of(work, periods, standing(sets, len(periods)), best[0], known, known)
            if cost < threshold:
                best, improved = (cost, sets), True
                break
    return best
