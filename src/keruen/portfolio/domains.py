"""When each project may still open: sets of periods, and what the rules take out of them.

The set of a project is a number whose bit t says that it may open in period t; the last bit says never. A design is
a choice of one bit a project. `Domains.propagate` takes out what no design within the rules can use.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from itertools import pairwise
from numbers import Real

import numpy as np

from keruen import errors
from keruen.portfolio.problem import DesignProblem, Period, Rules

__all__ = ["Domains", "Sets", "first", "last"]

Sets = tuple[int, ...]

_SLACK = 1e-9


def first(domain: int) -> int:
    """Return the earliest period of a set."""
    return (domain & -domain).bit_length() - 1


def last(domain: int) -> int:
    """Return the latest period of a set."""
    return domain.bit_length() - 1


class Domains:
    """Rules in numbers.

    Parameters
    ----------
    design : DesignProblem
        Projects.
    budget : float or sequence of float
        What may have been spent by the end of each period; one number allows it from the first period on.
    periods : sequence of Period
        Periods.
    rules : Rules
        Everything else.

    Attributes
    ----------
    never : int
        Number that stands for never: how many periods there are.
    budget : list of float
        By period.
    start : tuple of int or None
        Sets before any decision; None where no plan meets the rules.
    """

    def __init__(
        self, design: DesignProblem, budget: float | Sequence[float], periods: Sequence[Period], rules: Rules
    ) -> None:
        self.never = len(periods)
        self.rules = rules
        self.names = design.names
        for name in rules.named():
            design.number(name)
        self.budget = self._by_period(budget, "budget")
        number = design.number
        self.prerequisites = [(number(a), number(b)) for a, b in rules.prerequisites]
        self.exclusive = [[number(name) for name in group] for group in rules.exclusive]
        self.together = [[number(name) for name in group] for group in rules.together]
        costs = [design.costs]
        budgets = [self.budget]
        for limit in rules.limits:
            costs.append(np.array([limit.costs.get(name, 0.0) for name in self.names]))
            budgets.append(self._by_period(limit.budget, f"budget of {limit.name}"))
            if not (np.isfinite(costs[-1]) & (costs[-1] >= 0)).all():
                raise errors.UsageError(f"costs to {limit.name}: expected 0 or more, not without end")
        self.costs = design.costs
        profiles = [np.cumsum(one.spending) for one in design.projects]
        self.rows = [
            (self._spent(cost, profiles), np.array(allowed) * (1 + _SLACK) + _SLACK)
            for cost, allowed in zip(costs, budgets, strict=True)
        ]
        self.start = self.propagate(tuple(self._domain(design, number) for number in range(len(self.names))))

    def alone(self, period: int) -> Domains:
        """Return what the rules say of the projects that stand in one period, whatever the others hold.

        Every plan within the rules is within these in each period; spending on later projects is left out.
        """
        from copy import copy

        own = copy(self)
        for name in ("_once", "only_money"):  # cached of the whole
            own.__dict__.pop(name, None)
        own.never = 1
        own.budget = [self.budget[period]]
        own.rules = replace(self.rules, most_at_once=None)
        own.rows = [(_standing_cost(spent, period), allowed[[period]]) for spent, allowed in self.rows]
        start = self.start or ()
        own.start = own.propagate(
            tuple((1 if first(one) <= period else 0) | (2 if last(one) > period else 0) for one in start)
        )
        return own

    def _by_period(self, budget: float | Sequence[float], what: str) -> list[float]:
        given = [budget] * self.never if isinstance(budget, Real) else list(budget) if np.ndim(budget) == 1 else []  # type: ignore[arg-type]
        if not all(isinstance(one, Real) for one in given):
            given = []
        values = [float(one) for one in given]
        if len(values) != self.never:
            raise errors.UsageError(f"{what}: expected one number, or one a period ({self.never})")
        if not all(np.isfinite(one) and one >= 0 for one in values):
            raise errors.UsageError(f"{what}: expected 0 or more")
        if any(later < sooner for sooner, later in pairwise(values)):
            raise errors.UsageError(
                f"{what}: expected what may have been spent by the end of each period, never falling"
            )
        return values

    def _spent(self, cost: np.ndarray, profiles: list[np.ndarray]) -> np.ndarray:
        """Return what has been spent on each project by the end of each period, by the period it opens."""
        table = np.zeros((len(cost), self.never + 1, self.never))
        for project, profile in enumerate(profiles):
            for opens in range(self.never):
                for period in range(self.never):
                    done = period - opens + len(profile) - 1
                    if done >= 0:
                        table[project, opens, period] = cost[project] * profile[min(done, len(profile) - 1)]
        return table

    def _domain(self, design: DesignProblem, number: int) -> int:
        one, rules = design.projects[number], self.rules
        earliest = max(rules.earliest.get(one.name, 0), len(one.spending) - 1)
        latest = rules.latest.get(one.name, self.never - 1)
        domain = sum(1 << period for period in range(self.never) if earliest <= period <= latest)
        if rules.parties is not None and not set(one.parties) <= set(rules.parties):
            domain = 0
        return domain | (0 if one.name in rules.required else 1 << self.never)

    def propagate(self, sets: Sets) -> Sets | None:
        """Return the sets without what cannot be, None where nothing is left for a project."""
        current = list(sets)
        if not all(current):
            return None
        if self.only_money and self.never == 1:
            return tuple(current) if self._money_once(current) else None
        changed = True
        while changed:
            before = tuple(current)
            if not (self._orders(current) and self._groups(current) and self._money(current)):
                return None
            changed = tuple(current) != before
        return tuple(current)

    def allows(self, sets: Sets) -> bool:
        """Whether a design, one bit a project, is within the rules."""
        if self.start is None or not all(one & may for one, may in zip(sets, self.start, strict=True)):
            return False
        opens = [first(one) for one in sets]
        place = np.arange(len(opens))
        return self._keeps(opens) and all(
            (spent[place, opens].sum(axis=0) <= allowed).all() for spent, allowed in self.rows
        )

    def _keeps(self, opens: list[int]) -> bool:
        """Whether the periods in which projects open keep the rules beside money."""
        most = self.rules.most_at_once
        return (
            all(opens[late] >= opens[soon] for late, soon in self.prerequisites)
            and all(sum(opens[one] < self.never for one in group) <= 1 for group in self.exclusive)
            and all(opens[one] == opens[group[0]] for group in self.together for one in group)
            and (most is None or all(opens.count(period) <= most for period in range(self.never)))
        )

    @cached_property
    def _once(self) -> list[tuple[list[float], float]]:
        """Costs and budgets with one period."""
        return [(spent[:, 0, 0].tolist(), float(allowed[0])) for spent, allowed in self.rows]

    @cached_property
    def only_money(self) -> bool:
        """Whether budgets are all that joins projects."""
        return not (self.prerequisites or self.exclusive or self.together) and self.rules.most_at_once is None

    def _orders(self, sets: list[int]) -> bool:
        """Apply prerequisites: the needed project opens no later."""
        for late, soon in self.prerequisites:
            sets[late] &= -1 << first(sets[soon])
            if not sets[late]:
                return False
            sets[soon] &= (2 << last(sets[late])) - 1
            if not sets[soon]:
                return False
        return True

    def _groups(self, sets: list[int]) -> bool:
        """Apply exclusive and together, and the number that may open at once."""
        never = 1 << self.never
        for group in self.exclusive:
            sure = [one for one in group if not sets[one] & never]
            if len(sure) > 1:
                return False
            if sure:
                for one in group:
                    if one != sure[0]:
                        sets[one] &= never
        for group in self.together:
            common = sets[group[0]]
            for one in group:
                common &= sets[one]
            for one in group:
                sets[one] = common
        if self.rules.most_at_once is not None:
            for period in range(self.never):
                bit = 1 << period
                opening = sum(one == bit for one in sets)
                if opening > self.rules.most_at_once:
                    return False
                if opening == self.rules.most_at_once:
                    for at, one in enumerate(sets):
                        if one != bit:
                            sets[at] &= ~bit
        return all(sets)

    def _money(self, sets: list[int]) -> bool:
        """Apply budgets: what is surely spent leaves room for the rest."""
        if self.never == 1:
            return self._money_once(sets)
        for spent, allowed in self.rows:
            least = [
                spent[at, [t for t in range(self.never + 1) if one >> t & 1]].min(axis=0) for at, one in enumerate(sets)
            ]
            total = np.sum(least, axis=0)
            if (total > allowed).any():
                return False
            for at, one in enumerate(sets):
                if one & (one - 1):
                    for period in range(self.never):
                        if one >> period & 1 and (total - least[at] + spent[at, period] > allowed).any():
                            sets[at] &= ~(1 << period)
                            if not sets[at]:
                                return False
        return True

    def _money_once(self, sets: list[int]) -> bool:
        """Apply budgets with one period: 1 is built, 2 is not, 3 is undecided."""
        for cost, room in self._once:
            for at, one in enumerate(sets):
                if one == 1:
                    room -= cost[at]
            if room < 0:
                return False
            for at, one in enumerate(sets):
                if one == 3 and cost[at] > room:
                    sets[at] = 2
        return True


def _standing_cost(spent: np.ndarray, period: int) -> np.ndarray:
    """Return the table of one period: what has been spent on a project that stands in it, and nothing on others."""
    table = np.zeros((spent.shape[0], 2, 1))
    table[:, 0, 0] = spent[:, : period + 1, period].min(axis=1)
    return table
