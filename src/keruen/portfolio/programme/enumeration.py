"""Every plan of a small programme at once: its cost, whether it keeps the rules, its worth."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from keruen.portfolio.programme.candidates import Option
from keruen.portfolio.programme.timetable import Plan, Timetable, Value

__all__ = ["MOST_PLANS", "Enumeration"]

MOST_PLANS = 2_000_000
"""More plans than these are searched, not listed."""


class Enumeration:
    """All combinations of options.

    Parameters
    ----------
    timetable : Timetable
        Options and rules.

    Attributes
    ----------
    taken : ndarray of int8, shape (plans, candidates)
        Each plan.
    allowed : ndarray of bool, shape (plans,)
        Whether it keeps every rule but the budget.
    needs_musd : ndarray of float64, shape (plans,)
        Least budget in all that it fits in, where the budget of every period keeps its share of the whole.
    cost_pv_musd : ndarray of float64, shape (plans,)
        Discounted cost less residual value.
    """

    def __init__(self, timetable: Timetable) -> None:
        self.timetable = timetable
        counts = [len(some) + 1 for some in timetable.options]
        grid = np.indices(counts, dtype=np.int8) if counts else np.zeros((0, 1), dtype=np.int8)
        self.taken = grid.reshape(len(counts), int(np.prod(counts))).T
        plans = len(self.taken)
        self.cost_pv_musd = np.zeros(plans)
        for number, some in enumerate(timetable.options):
            self.cost_pv_musd += np.array([0.0, *(option.cost_pv_musd for option in some)])[self.taken[:, number]]
        self.sets = self._sets()
        self.allowed, self.needs_musd = self._allowed(), self._needs()

    @staticmethod
    def size(timetable: Timetable) -> int:
        """Plans there are."""
        return int(np.prod([len(some) + 1 for some in timetable.options], dtype=float))

    def plan(self, row: int) -> Plan:
        """One plan."""
        return tuple(int(taken) for taken in self.taken[row])

    def npv(self, value: Value) -> NDArray[np.float64]:
        """Net present value of every plan, million USD, whether it keeps the rules or not."""
        return self.benefit(value) - self.cost_pv_musd

    def benefit(self, value: Value) -> NDArray[np.float64]:
        """Discounted benefits of every plan, million USD."""
        table = np.array([value(members) for members in range(1 << len(self.timetable.candidates))])
        found = np.zeros(len(self.taken))
        for year, factor in enumerate(self.timetable.discount):
            found += factor * table[self.sets[:, year], year]
        return found

    def _sets(self) -> NDArray[np.int16]:
        """Set at work by plan and year."""
        found = np.zeros((len(self.taken), len(self.timetable.years)), dtype=np.int16)
        for number, some in enumerate(self.timetable.options):
            works = np.zeros((len(some) + 1, len(self.timetable.years)), dtype=np.int16)
            for at, option in enumerate(some, 1):
                years = self.timetable.years
                works[at] = ((years >= option.opening) & (years < option.closing)).astype(np.int16) << number
            found |= works[self.taken[:, number]]
        return found

    @property
    def fits(self) -> NDArray[np.bool_]:
        """Plans that keep every rule and the budget."""
        budget = self.timetable.terms.budget_musd[-1]
        return np.asarray(self.allowed & (self.needs_musd <= budget * (1 + 1e-9)))

    def _needs(self) -> NDArray[np.float64]:
        built, period = self.taken > 0, self._of_option(lambda option: option.period, -1)
        budget = self.timetable.terms.budget_musd
        found = np.zeros(len(self.taken))
        for last, limit in enumerate(budget):
            spent = (built & (period <= last)) @ self.timetable.cost
            share = limit / budget[-1] if budget[-1] > 0 else 1.0
            found = np.maximum(found, spent / share if share > 0 else np.where(spent > 0, np.inf, 0.0))
        return found

    def _allowed(self) -> NDArray[np.bool_]:
        table, terms = self.timetable, self.timetable.terms
        built = self.taken > 0
        keeps = np.ones(len(self.taken), dtype=bool)
        period = self._of_option(lambda option: option.period, -1)
        opening = self._of_option(lambda option: option.opening, 0)
        if terms.at_most is not None:
            for at in range(len(terms.budget_musd)):
                keeps &= (built & (period == at)).sum(axis=1) <= terms.at_most
        for country, limit in terms.by_country_musd.items():
            borne = built @ (table.cost * [one.share(country) for one in table.candidates])
            keeps &= borne <= limit * (1 + 1e-9) + 1e-9
        for number, one in enumerate(table.candidates):
            for needed in one.requires:
                other = table.number[needed]
                keeps &= ~built[:, number] | (built[:, other] & (opening[:, other] <= opening[:, number]))
            for barred in one.excludes:
                if barred in table.number:
                    keeps &= ~(built[:, number] & built[:, table.number[barred]])
            if one.project in terms.must:
                keeps &= built[:, number]
        return keeps

    def _of_option(self, what: Callable[[Option], int], none: int) -> NDArray[np.int64]:
        """A whole number of the option taken, by plan and candidate."""
        columns = [
            np.array([none, *(what(option) for option in some)])[self.taken[:, number]]
            for number, some in enumerate(self.timetable.options)
        ]
        return np.stack(columns, axis=1) if columns else np.zeros((len(self.taken), 0), dtype=np.int64)
