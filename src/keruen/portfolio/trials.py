"""Exact costs of designs that differ little from a plan: many equilibria, each from the flows of the plan."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from keruen import errors
from keruen.equilibrium import solve
from keruen.equilibrium.engine import Engine
from keruen.equilibrium.warm import start_from
from keruen.portfolio.problem import DesignProblem, Period

__all__ = ["Design", "Trials"]

Design = tuple[int, int]
"""Period, and the projects that stand in it, as bits."""

EXACT = 1e-9
ROUGH = 1e-6
"""Relative gap of a first look; on Chicago Sketch total cost was then off by at most 1.6e-5 of it."""

_ITERATIONS, _SECONDS = 400, 600.0


class Trials:
    """Costs of designs, each solved once.

    Parameters
    ----------
    design : DesignProblem
        Network and projects.
    periods : sequence of Period
        Periods.
    threads : int
        Equilibria solved at once; the costs do not depend on it.

    Attributes
    ----------
    exact, rough : dict
        Total cost by design, at either gap.
    solves : int
        Equilibria solved.
    """

    def __init__(self, design: DesignProblem, periods: Sequence[Period], threads: int) -> None:
        self.design, self.periods, self.threads = design, periods, threads
        self.exact: dict[Design, float] = {}
        self.rough: dict[Design, float] = {}
        self._near: list[Engine | None] = [None] * len(periods)
        self.solves = 0
        self._no_path = float("inf")

    def settle(self, masks: Sequence[int]) -> None:
        """Solve the designs of a plan, and start from their flows from now on."""
        for period, mask in enumerate(masks):
            self.solves += 1
            self.exact[period, mask], self._near[period] = self._solved((period, mask), EXACT, None)

    def cost(self, at: Design) -> float:
        """Return the total cost of a design."""
        if at not in self.exact:
            self.solves += 1
            self.exact[at] = self._solved(at, EXACT, self._near[at[0]])[0]
        return self.exact[at]

    def fill(self, wanted: Iterable[Design], deadline: float, *, rough: bool = False) -> bool:
        """Solve designs not solved before, on all threads; False where the deadline came first."""
        known, gap = (self.rough, ROUGH) if rough else (self.exact, EXACT)
        missing = list(dict.fromkeys(at for at in wanted if at not in self.exact and at not in known))

        def value(at: Design) -> float | None:
            if time.perf_counter() > deadline:
                return None
            return self._solved(at, gap, self._near[at[0]])[0]

        if self.threads > 1 and len(missing) > 1:
            with ThreadPoolExecutor(self.threads) as pool:
                found = list(pool.map(value, missing))
        else:
            found = [value(at) for at in missing]
        for at, cost in zip(missing, found, strict=True):
            if cost is not None:
                known[at] = cost
                self.solves += 1
        return None not in found

    def _solved(self, at: Design, gap: float, near: Engine | None) -> tuple[float, Engine | None]:
        """Return the total cost of a design, and its flows; without the tables of an answer, which take longer."""
        period, mask = at
        chosen = [one for one in range(len(self.design.projects)) if mask >> one & 1]
        problem = self.design.built(chosen, self.periods[period].demand)
        engine = Engine(problem, 1, near)
        if near is not None:
            start_from(engine, near)
        try:
            met = engine.run(gap, _ITERATIONS, _SECONDS, None) == "gap met"
        except errors.NoPathError:
            return self._out_of_reach(), None
        if not met and near is not None:
            return self._solved(at, gap, None)
        excess, shortest = engine.sums.sum(axis=0)
        return float(excess + shortest), engine

    def _out_of_reach(self) -> float:
        """Return what a design costs in which some demand has no path: more than any other, and finite."""
        if not np.isfinite(self._no_path):
            busiest = max(range(len(self.periods)), key=lambda period: self.periods[period].demand)
            everything = self.design.built(range(len(self.design.projects)), self.periods[busiest].demand)
            self._no_path = 1e3 * solve(everything, ROUGH, threads=1).total_cost
        return self._no_path
