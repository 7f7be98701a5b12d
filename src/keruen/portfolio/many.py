"""Many projects: a bound and a plan without a tree, where no proof is to be hoped for.

Each period has a worker of its own, so that bounds of periods rise at the same time. First come bounds good enough to
round a plan from; then the climb by exact effects; then further rounds for the bounds, with the time that is left.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from keruen.portfolio.climbing import Climb, Local
from keruen.portfolio.domains import Domains, Sets
from keruen.portfolio.evaluation import Workspace
from keruen.portfolio.local import rounded
from keruen.portfolio.nodes import Node, Relaxation
from keruen.portfolio.problem import DesignProblem, Period

__all__ = ["Alone", "Many", "search_many", "separate"]

_FIRST, _FURTHER = range(40), range(40, 400)
_FOR_FIRST, _FOR_CLIMB, _FOR_BOUND = 0.25, 0.8, 0.95
"""Parts of the time by which the first bounds, the plan and the bounds must be there."""


@dataclass
class Alone:
    """One period by itself: what the rules say of it, and a worker with its root.

    Attributes
    ----------
    period : Period
        With its weight; the relaxation has weight 1.
    domains : Domains
        Rules of the projects that stand in it.
    relaxation : Relaxation
        Its bounds.
    lead : Workspace
        The worker.
    root : Node
        All designs of the period.
    """

    period: Period
    domains: Domains
    relaxation: Relaxation
    lead: Workspace
    root: Node


@dataclass(frozen=True)
class Many:
    """Plan and bounds.

    Attributes
    ----------
    best : tuple of float and Sets
        Weighted total cost and sets of the best plan.
    alone : list of Alone
        Periods with their bounds.
    local : Local
        What is known of the plans next to it.
    solves : int
        Equilibria solved.
    first : float
        Weighted total cost of the plan that the climb began with.
    interrupted : bool
        Whether the keyboard ended it.
    """

    best: tuple[float, Sets]
    alone: list[Alone]
    local: Local
    solves: int
    first: float
    interrupted: bool

    @property
    def bound(self) -> float:
        """No plan has a lower weighted total cost."""
        return _bound(self.alone)


def separate(
    design: DesignProblem,
    domains: Domains,
    periods: Sequence[Period],
    unit: float | None,
    root: Callable[[int, Relaxation, Workspace], Node],
    threads: int,
) -> list[Alone]:
    """Return the periods by themselves, their roots made at the same time.

    Parameters
    ----------
    design : DesignProblem
        Network and projects.
    domains : Domains
        Rules.
    periods : sequence of Period
        Periods.
    unit : float or None
        Unit of all costs.
    root : callable
        Makes the root of a period; its relaxation has the domains of the period alone.
    threads : int
        Periods at once.

    Returns
    -------
    list of Alone
        One a period.
    """

    def one(at: int) -> Alone:
        own = domains.alone(at) if len(periods) > 1 else domains
        plain = replace(periods[at], weight=1.0)
        relaxation, lead = Relaxation(own, [plain], unit), Workspace(design, [plain])
        return Alone(periods[at], own, relaxation, lead, root(at, relaxation, lead))

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(one, range(len(periods))))


def search_many(
    design: DesignProblem,
    domains: Domains,
    periods: Sequence[Period],
    unit: float | None,
    threads: int,
    deadline: float,
    report: Callable[[float, float], object],
) -> Many | None:
    """Return a plan that no single change and no exchange improves, if time allows, and bounds.

    Parameters
    ----------
    design : DesignProblem
        Network and projects.
    domains : Domains
        Rules.
    periods : sequence of Period
        Periods.
    unit : float or None
        Unit of all costs.
    threads : int
        Threads; the answer does not depend on it, but for what is cut by time.
    deadline : float
        Of `time.perf_counter`.
    report : callable
        Called with the cost of the best plan and the bound after every step.

    Returns
    -------
    Many or None
        None where no plan was found that meets the rules.
    """
    begun = time.perf_counter()
    by = [begun + part * (deadline - begun) for part in (_FOR_FIRST, _FOR_CLIMB, _FOR_BOUND)]

    def root(_: int, relaxation: Relaxation, lead: Workspace) -> Node:
        assert relaxation.domains.start is not None
        return relaxation.root(lead, relaxation.domains.start, by[0], _FIRST)

    if len(periods) > 1 and any(domains.alone(at).start is None for at in range(len(periods))):
        return None
    alone = separate(design, domains, periods, unit, root, threads)
    bound = _bound(alone)
    assert domains.start is not None
    whole = Relaxation(domains, periods, unit).of(domains.start, [one.root.bounds[0] for one in alone])
    start = rounded(domains, whole)
    if start is None:
        return None
    climb = Climb(design, domains, periods, threads, lambda cost: report(cost, bound))
    first = climb.cost(start)
    best = climb.run(start, by[1])
    if climb.interrupted:
        return Many(best, alone, climb.local, climb.solves, first, True)
    with ThreadPoolExecutor(threads) as pool:
        roots = pool.map(lambda one: one.relaxation.raised(one.lead, one.root, _FURTHER, by[2]), alone)
        for one, higher in zip(alone, roots, strict=True):
            one.root = higher
            report(best[0], _bound(alone))
    return Many(best, alone, climb.local, climb.solves, first, False)


def _bound(alone: Sequence[Alone]) -> float:
    return sum(one.period.weight * one.root.value for one in alone)
