"""Plans of many projects: exact single effects, a surrogate that adds them up, and exact trials of what it promises.

Periods are separate once a plan is given. So the effect of one project standing or not in one period, exact by one
equilibrium, gives exactly what any single add, drop or shift in time does; only of two changes at once the sum is a
surrogate. The search ends when no single change improves the plan, and none of the exchanges that promise most.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from keruen.equilibrium import Flows, solve
from keruen.portfolio.designs import standing
from keruen.portfolio.domains import Domains, Sets, first
from keruen.portfolio.problem import DesignProblem, Period
from keruen.portfolio.surrogate import promised

__all__ = ["Climb"]

_GAP = 1e-8
_PAIRS = 120
"""Pairs of changes tried exactly at the end, those that promise most first."""
_CHANGES = 1000

_Change = tuple[float, int, int]
"""Effect, project, new bit."""

Floats = NDArray[np.float64]


class Climb:
    """A search by exact effects.

    Parameters
    ----------
    design : DesignProblem
        Network and projects.
    domains : Domains
        Rules.
    periods : sequence of Period
        Periods.
    threads : int
        Equilibria solved at once; the result does not depend on it.

    Attributes
    ----------
    solves : int
        Equilibria solved.
    finished : bool
        Whether no single change, and none of the exchanges tried, improves the plan.
    """

    def __init__(self, design: DesignProblem, domains: Domains, periods: Sequence[Period], threads: int) -> None:
        self.design, self.domains, self.periods, self.threads = design, domains, periods, threads
        self.costs: dict[tuple[int, int], float] = {}
        self.flows: dict[int, Flows] = {}
        self.solves, self.finished = 0, False

    def run(self, start: Sets, deadline: float) -> tuple[float, Sets]:
        """Return the best plan found by the deadline, and its weighted total cost."""
        best = (self.cost(start), start)
        size = len(start)
        while time.perf_counter() < deadline:
            effects = self._effects(best[1], deadline)
            if effects is None:
                break
            found = None
            while found is None and size >= 1:
                plan = promised(self.domains, best[1], effects, size)
                if plan is not None and plan != best[1] and (cost := self.cost(plan)) < best[0] * (1 - 1e-9):
                    found = (cost, plan)
                else:
                    size //= 2
            if found is None:
                found = self._pairs(best, effects, deadline)
                size = 2
            if found is None:
                self.finished = time.perf_counter() < deadline
                break
            best = found
        return best

    def cost(self, sets: Sets) -> float:
        """Return the weighted total cost of a plan."""
        masks = standing(sets, len(self.periods))
        return sum(
            self._known(period, mask) * one.weight
            for period, (mask, one) in enumerate(zip(masks, self.periods, strict=True))
        )

    def _known(self, period: int, mask: int) -> float:
        if (period, mask) not in self.costs:
            self.costs[period, mask] = self._solve(period, mask, None).total_cost
        return self.costs[period, mask]

    def _solve(self, period: int, mask: int, near: Flows | None) -> Flows:
        """Return the equilibrium of a design, from that of a like one."""
        self.solves += 1
        chosen = [one for one in range(len(self.design.projects)) if mask >> one & 1]
        problem = self.design.built(chosen, self.periods[period].demand)
        found = solve(problem, _GAP, threads=1, start=near)
        return found if found.converged or near is None else solve(problem, _GAP, threads=1)

    def _effects(self, sets: Sets, deadline: float) -> Floats | None:
        """Return how the weighted total cost changes with one project standing or not in one period."""
        masks = standing(sets, len(self.periods))
        effects = np.zeros((len(sets), len(self.periods)))
        with ThreadPoolExecutor(self.threads) as pool:
            for period, (mask, one) in enumerate(zip(masks, self.periods, strict=True)):
                near = self._solve(period, mask, None)
                self.costs[period, mask] = near.total_cost
                wanted = [project for project in range(len(sets)) if (period, mask ^ (1 << project)) not in self.costs]

                def value(project: int, period: int = period, mask: int = mask, near: Flows = near) -> float:
                    if time.perf_counter() > deadline:
                        return float("nan")
                    return self._solve(period, mask ^ (1 << project), near).total_cost

                for project, cost in zip(wanted, pool.map(value, wanted), strict=True):
                    self.costs[period, mask ^ (1 << project)] = cost
                    if np.isnan(cost):
                        del self.costs[period, mask ^ (1 << project)]
                        return None
                for project in range(len(sets)):
                    effects[project, period] = one.weight * (
                        self.costs[period, mask ^ (1 << project)] - near.total_cost
                    )
        return effects

    def _changes(self, sets: Sets, effects: Floats) -> Iterator[_Change]:
        """Yield what changing one project alone does: effect, project, new bit."""
        start = self.domains.start or sets
        for project, one in enumerate(sets):
            now = first(one)
            for opens in range(len(self.periods) + 1):
                if opens != now and start[project] >> opens & 1:
                    soon, late = min(opens, now), max(opens, now)
                    yield float(effects[project, soon:late].sum()), project, 1 << opens

    def _pairs(self, best: tuple[float, Sets], effects: Floats, deadline: float) -> tuple[float, Sets] | None:
        """Try the pairs of changes that promise most, exactly; return the first that improves the plan."""
        changes = sorted(self._changes(best[1], effects))[:_CHANGES]
        for one, other in self._affordable(best[1], changes):
            plan = list(best[1])
            plan[one[1]], plan[other[1]] = one[2], other[2]
            if not self.domains.allows(tuple(plan)):
                continue
            if time.perf_counter() > deadline:
                return None
            cost = self.cost(tuple(plan))
            if cost < best[0] * (1 - 1e-9):
                return cost, tuple(plan)
        return None

    def _affordable(self, sets: Sets, changes: list[_Change]) -> Iterator[tuple[_Change, _Change]]:
        """Yield the pairs of changes within the budgets that promise most, the best first."""
        number = np.array([project for _, project, _ in changes])
        new = np.array([first(bit) for _, _, bit in changes])
        promise = np.array([effect for effect, _, _ in changes])
        now = np.array([first(one) for one in sets])
        fits = number[:, None] < number[None, :]
        for spent, allowed in self.domains.rows:
            room = allowed - spent[np.arange(now.size), now].sum(axis=0)
            more = spent[number, new] - spent[number, now[number]]
            fits &= (more[:, None] + more[None, :] <= room).all(axis=2)
        one, other = np.nonzero(fits)
        order = np.argsort(promise[one] + promise[other], kind="stable")[:_PAIRS]
        for at in order:
            yield changes[one[at]], changes[other[at]]
