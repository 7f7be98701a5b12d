"""How often each candidate is in the best plan when costs, benefits and demand are drawn anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from keruen.portfolio.programme.demand import Level
from keruen.portfolio.programme.timetable import Plan, Timetable

__all__ = ["BENEFIT_SPREAD", "COST_SPREAD", "DRAWS", "Stress"]

DRAWS = 1000
COST_SPREAD, BENEFIT_SPREAD = 0.3, 0.3
"""Standard deviation of the logarithm of each project's cost and of all benefits together. Assumed."""


@dataclass(frozen=True, eq=False)
class Stress:
    """Plans to choose from and what each brings at each level of demand.

    Attributes
    ----------
    timetable : Timetable
        Options and rules.
    taken : ndarray of int8, shape (plans, candidates)
        Plans within the rules and the budget.
    levels : tuple of Level
        Levels of demand, the lowest first.
    benefit_musd : ndarray of float64, shape (levels, plans)
        Present value of the benefits.
    """

    timetable: Timetable
    taken: NDArray[np.int8]
    levels: tuple[Level, ...]
    benefit_musd: NDArray[np.float64]

    def shares(self, seed: int, draws: int = DRAWS) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Share of the draws in whose best plan each candidate is, and the numbers of the plans that are best in one.

        Each cost is multiplied by a factor of its own and all benefits by a common one, lognormal with mean 1. The
        demand after the base year is multiplied by one more, triangular between the lowest and the highest level
        around 1; benefits between two levels follow a straight line.
        """
        price = np.zeros((len(self.taken), len(self.timetable.candidates)))
        for number, some in enumerate(self.timetable.options):
            price[:, number] = np.array([0.0, *(option.cost_pv_musd for option in some)])[self.taken[:, number]]
        random = np.random.default_rng(seed)
        costs = np.exp(random.normal(-(COST_SPREAD**2) / 2, COST_SPREAD, (draws, len(self.timetable.cost))))
        gains = np.exp(random.normal(-(BENEFIT_SPREAD**2) / 2, BENEFIT_SPREAD, draws))
        factors = np.array([level.factor for level in self.levels])
        demand = np.ones(draws)
        if len(factors) > 1:
            demand = random.triangular(factors[0], 1.0, factors[-1], draws)
        weights = np.stack([np.interp(demand, factors, own) for own in np.eye(len(factors))], axis=1)
        count, best = np.zeros(len(self.timetable.cost)), set()
        for cost, gain, weight in zip(costs, gains, weights, strict=True):
            row = int(np.argmax(gain * (weight @ self.benefit_musd) - price @ cost))
            best.add(row)
            count += self.taken[row] > 0
        return count / draws, np.array(sorted(best))

    def unknown(self, rows: Sequence[int]) -> list[tuple[Level, int]]:
        """Levels and sets of some plans that are not modelled yet."""
        sets = {int(m) for row in rows for m in np.unique(self.timetable.sets(self.plan(row)))}
        return [(level, m) for level in self.levels for m in sorted(sets) if not level.is_known(m)]

    def plan(self, row: int) -> Plan:
        """One plan."""
        return tuple(int(one) for one in self.taken[row])
