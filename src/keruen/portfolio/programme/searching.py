"""Which sets of projects to model next, and when to stop: every plan listed where they are few, searched elsewhere."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from keruen.errors import UsageError
from keruen.portfolio.programme.bounding import most_by_year
from keruen.portfolio.programme.climbing import moves, ranked
from keruen.portfolio.programme.demand import levels
from keruen.portfolio.programme.enumeration import MOST_PLANS, Enumeration
from keruen.portfolio.programme.program import Program, conflict
from keruen.portfolio.programme.screening import screen
from keruen.portfolio.programme.stress import Stress
from keruen.portfolio.programme.timetable import Plan, Timetable
from keruen.portfolio.programme.values import OutOfTimeError, SetValues

__all__ = ["CURVE", "LISTED", "Climb", "Listing", "Step"]

LISTED = 12
"""More candidates than this are searched, not listed."""

CURVE = ["budget_musd", "npv_musd", "cost_musd", "projects", "bound_musd", "gap_musd"]
"""Columns of a budget curve."""

_SCREENED, _LADDER, _NEAR = 0.4, 0.65, 0.8
"""Shares of the time by which a search has screened pairs, found plans for a ladder of budgets, and their neighbours."""

_MISSED = 0.01
"""Share of a plan's worth by which a neighbour is taken to be misjudged before any has been modelled."""

_BUDGETS = 16
_BOUNDS = 6
_ROUNDS = 10
_RISE_MUSD = 1e-6
_NEVER_MUSD = 1e15


@dataclass(frozen=True)
class Step:
    """How far a search is.

    Attributes
    ----------
    modelled, sets : int
        Sets modelled so far, and sets there are; 0 where that is not known.
    npv_musd, bound_musd : float
        Of the best plan so far, and what no plan is worth more than.
    at_demand : bool
        Whether the plan stands, and sets are modelled at other demand for its robustness.
    """

    modelled: int
    sets: int
    npv_musd: float
    bound_musd: float
    at_demand: bool = False


class _Search(ABC):
    """One search.

    Parameters
    ----------
    timetable : Timetable
        Options and rules.
    values : SetValues
        What sets bring.
    begun, seconds : float
        When the search began, by the wall clock, and how long it may take.
    progress : callable, optional
        Called with a `Step` after every set that is modelled.
    """

    def __init__(
        self, timetable: Timetable, values: SetValues, begun: float, seconds: float,
        progress: Callable[[Step], object] | None,
    ) -> None:  # fmt: skip
        wrong = conflict(timetable)
        if wrong:
            raise UsageError(f"no plan keeps the rules: {'; '.join(wrong)}")
        self.timetable = timetable
        self.values = values
        self.begun = begun
        self.seconds = seconds
        self.progress = progress
        self.sets = 0
        self._best = -np.inf
        self._bound = np.inf
        self._optimistic_by: dict[float, float] = {}

    @abstractmethod
    def run(self, prove: bool) -> tuple[Plan, float, str]:
        """Return the best plan, what no plan is worth more than, and why the search ended."""

    @abstractmethod
    def curve(self, plan: Plan, bound: float, reason: str) -> pd.DataFrame:
        """Best plan of every budget, columns `CURVE`."""

    @abstractmethod
    def _choices(self, plan: Plan) -> NDArray[np.int8]:
        """Plans from which the best of a draw is taken, shape (plans, candidates)."""

    def stress(self, plan: Plan, factors: tuple[float, float], seed: int) -> Stress:
        """Plans to draw from at each level of demand; only the study's own where there is no time for more."""
        taken = self._choices(plan)
        inside = (taken > 0).astype(float)
        beside = inside.T @ inside > 0
        found = levels(self.values, factors, beside, self._late, self._tell)
        if not found:
            found = levels(self.values, (), beside, self._late, self._tell)
        for _ in range(_ROUNDS):
            # Sets that contradict each other bring minus infinity, of which no share can be taken.
            benefit = np.maximum([self._benefit(taken, level.guess) for level in found], -_NEVER_MUSD)
            stress = Stress(self.timetable, taken, found, benefit)
            unknown = stress.unknown(stress.shares(seed)[1].tolist())
            if not unknown:
                break
            try:
                for level, members in unknown:
                    level.exact(members, self._late)
            except OutOfTimeError:
                break
        return stress

    def _benefit(self, taken: NDArray[np.int8], value: Callable[[int], NDArray[np.float64]]) -> NDArray[np.float64]:
        plans = (tuple(int(one) for one in row) for row in taken)
        cost = (sum(option.cost_pv_musd for _, option in self.timetable.chosen(plan)) for plan in plans)
        plans = (tuple(int(one) for one in row) for row in taken)
        return np.array([self.timetable.npv(plan, value) + paid for plan, paid in zip(plans, cost, strict=True)])

    def _modelled(self, plan: Plan, *, in_any_case: bool = False) -> bool:
        """Model the sets of a plan, in any case or while there is time; whether any was not known."""
        unknown = [int(m) for m in np.unique(self.timetable.sets(plan)) if not self.values.is_known(int(m))]
        for members in unknown:
            self._model(members, in_any_case=in_any_case)
        return bool(unknown)

    def _model(self, members: int, *, in_any_case: bool = False) -> NDArray[np.float64]:
        known = self.values.is_known(members)
        found = self.values.exact(members, None if in_any_case else self._late)
        if self.progress is not None and not known:
            self.progress(Step(self.values.modelled, self.sets, self._best, self._bound))
        return found

    def _tell(self, modelled: int) -> None:
        if self.progress is not None:
            self.progress(Step(modelled, 0, self._best, self._bound, at_demand=True))

    def _late(self, share: float = 1.0) -> bool:
        return time.perf_counter() > self.begun + share * self.seconds

    def optimistic(self, budget: float = np.inf) -> float:
        """Worth of a plan that has all benefits of what the budget affords from the first opening on, for nothing."""
        table = self.timetable
        costs = sorted({float(cost) for cost in table.cost if cost <= budget * (1 + 1e-9)})
        dearest = costs[-1] if costs else -1.0
        if dearest not in self._optimistic_by:
            within = [number for number, cost in enumerate(table.cost) if cost <= dearest]
            most = most_by_year(self.values.base, [table.candidates[number].project for number in within])
            some = [option for number in within for option in table.options[number]]
            first = min((option.opening for option in some), default=table.years[-1] + 1)
            least = sum(min([0.0, *(o.cost_pv_musd for o in table.options[number])]) for number in within)
            served = table.years >= first
            self._optimistic_by[dearest] = float(table.discount[served] @ most[served]) - least if within else 0.0
        return self._optimistic_by[dearest]

    def _table(self, plans: Sequence[Plan], bounds: Sequence[float]) -> pd.DataFrame:
        rows = []
        for plan, bound in zip(plans, bounds, strict=True):
            npv = self.timetable.npv(plan, self.values.exact)
            names = [self.timetable.candidates[number].project for number, _ in self.timetable.chosen(plan)]
            cost, most = float(self.timetable.spent(plan).sum()), max(bound, npv)
            rows.append((self.timetable.needs_musd(plan), npv, cost, ";".join(names), most, most - npv))
        return pd.DataFrame(rows, columns=CURVE)


class Listing(_Search):
    """Search in which every plan is listed, so that the best one can be proven."""

    @staticmethod
    def fits(timetable: Timetable) -> bool:
        """Whether the plans of a timetable are few enough."""
        return len(timetable.candidates) <= LISTED and Enumeration.size(timetable) <= MOST_PLANS

    def run(self, prove: bool) -> tuple[Plan, float, str]:
        """Model all pairs, then the plans that promise most until none can be worth more."""
        self.listed = Enumeration(self.timetable)
        self._bound = self.optimistic()
        self._modelled(ranked(self.timetable), in_any_case=True)  # so that no answer is worth less than ranking
        fits = np.flatnonzero(self.listed.fits)
        if not len(fits):
            raise UsageError("no plan keeps the rules")
        used = [int(members) for members in np.unique(self.listed.sets[fits])]
        self.sets = len(used)
        reason = "not proven"
        try:
            self._explore(fits, used if prove else ())
        except OutOfTimeError:
            reason = "time limit"
        best = self._settled(fits)
        if prove and all(self.values.is_known(members) for members in used):
            return best, self._best, "proven"
        return best, self._bound, reason

    def _explore(self, fits: NDArray[np.int64], used: Sequence[int]) -> None:
        """Model pairs, the plan that promises most until it is known, and sets that are used, while there is time."""
        for members in self.values.pairs():
            self._model(members)
        while self._modelled(self._promising(fits)):
            pass
        self._best = self.timetable.npv(self._promising(fits), self.values.exact)
        discount = self.timetable.discount
        unknown = (members for members in used if not self.values.is_known(members))
        for members in sorted(unknown, key=lambda m: -float(discount @ self.values.guess(m))):
            self._model(members)

    def curve(self, plan: Plan, bound: float, reason: str) -> pd.DataFrame:
        """Every step by its own equilibria; up to the budget each is proven where the plan is.

        Where time is up the curve holds only plans that are modelled already.
        """
        while True:
            rows = self._steps()
            unknown = {int(m) for row in rows for m in np.unique(self.listed.sets[row])}
            unknown = {members for members in unknown if not self.values.is_known(members)}
            if not unknown:
                break
            try:
                for members in sorted(unknown):
                    self._model(members)
            except OutOfTimeError:
                rows = self._steps(known=True)
                break
        plans, budget = [self.listed.plan(row) for row in rows], self.timetable.terms.budget_musd[-1]
        proven = [reason == "proven" and self.timetable.needs_musd(one) <= budget * (1 + 1e-9) for one in plans]
        worth = [self.timetable.npv(one, self.values.exact) for one in plans]
        return self._table(plans, [npv if sure else self.optimistic() for npv, sure in zip(worth, proven, strict=True)])

    def _steps(self, *, known: bool = False) -> list[int]:
        """Plans at which the best of a budget changes, the smallest budget first; only those modelled if so asked."""
        needs = self.listed.needs_musd
        npv = np.where(self.listed.allowed, self.listed.npv(self.values.guess), -np.inf)
        if known:
            npv[~self._known()] = -np.inf
        best = -np.inf
        rows: list[int] = []
        for row in np.lexsort((-npv, needs)):
            if np.isfinite(needs[row]) and npv[row] > best + _RISE_MUSD:
                best = float(npv[row])
                rows.append(int(row))
        return rows

    def _choices(self, plan: Plan) -> NDArray[np.int8]:
        return self.listed.taken[self.listed.fits]

    def _benefit(self, taken: NDArray[np.int8], value: Callable[[int], NDArray[np.float64]]) -> NDArray[np.float64]:
        return self.listed.benefit(value)[self.listed.fits]

    def _promising(self, fits: NDArray[np.int64]) -> Plan:
        """Plan that is worth most by what is known and guessed."""
        return self.listed.plan(int(fits[int(np.argmax(self.listed.npv(self.values.guess)[fits]))]))

    def _settled(self, fits: NDArray[np.int64]) -> Plan:
        """Best of the plans whose sets are all modelled; where there is none, the most promising one, modelled now."""
        known = self._known()[fits]
        if not known.any():
            self._modelled(self._promising(fits), in_any_case=True)
            known = self._known()[fits]
        npv = np.where(known, self.listed.npv(self.values.guess)[fits], -np.inf)
        self._best = float(npv.max())
        return self.listed.plan(int(fits[int(np.argmax(npv))]))

    def _known(self) -> NDArray[np.bool_]:
        """Whether all sets of each plan are modelled, shape (plans,)."""
        modelled = [members for members in np.unique(self.listed.sets) if self.values.is_known(int(members))]
        return np.asarray(np.isin(self.listed.sets, modelled).all(axis=1))


class Climb(_Search):
    """Search of many candidates: pairs screened, plans promised by a mixed-integer program, each modelled itself."""

    def run(self, prove: bool) -> tuple[Plan, float, str]:
        """Find the plan that promises most and is modelled, then look at its neighbours; nothing is proven."""
        self.program = Program(self.timetable)
        self.seen: dict[Plan, float] = {}
        self._bound = self.optimistic(self.timetable.terms.budget_musd[-1])
        for plan in (ranked(self.timetable), self.program.some()):
            if plan is not None:
                self._see(plan, in_any_case=True)
        if not any(not self.timetable.broken(plan) for plan in self.seen):
            raise UsageError("no plan that keeps the rules was found in time; that there is none is not proven")
        try:
            done = self._explore()
        except OutOfTimeError:
            done = False
        return self._leading(), self._bound, "not proven" if done else "time limit"

    def _explore(self) -> bool:
        """Screen pairs, model what is promised at a ladder of budgets and near the best; whether all was looked at."""
        done = screen(self.values, self._model, lambda: self._late(_SCREENED))
        done = self._settle(1.0, lambda: self._late(_LADDER)) and done
        budget = self.timetable.terms.budget_musd[-1]
        for money in self._ladder() if budget > 0 else ():
            done = self._settle(money / budget, lambda: self._late(_LADDER)) and done
        while self._better(self._leading()):
            pass
        return done and not self._late(_NEAR)

    def curve(self, plan: Plan, bound: float, reason: str) -> pd.DataFrame:
        """The best of all plans seen at every budget: those promised for a ladder of budgets, and neighbours."""
        best, steps = -np.inf, []
        for needs, worth, one in sorted((self.timetable.needs_musd(p), -npv, p) for p, npv in self.seen.items()):
            if np.isfinite(needs) and -worth > best + _RISE_MUSD:
                best = -worth
                steps.append((needs, one))
        return self._table([one for _, one in steps], self._bounds([needs for needs, _ in steps]))

    def _bounds(self, budgets: Sequence[float]) -> list[float]:
        """Bound at each budget, the last ones first; where many differ, that of a larger budget, which holds too."""
        found, last = [], np.inf
        for number, budget in reversed(list(enumerate(budgets))):
            fresh = not self._late() and number % max(1, len(budgets) // _BOUNDS) == 0
            fresh = fresh or number == len(budgets) - 1
            last = min(last, self.optimistic(budget)) if fresh else last
            found.append(last)
        return found[::-1]

    def _ladder(self) -> list[float]:
        """Budgets of the curve: from the cheapest candidate to all that is worth its cost, each a constant factor more."""
        table = self.timetable
        everything = float(table.cost.sum())
        wanted = self.program.best(self.values, everything / table.terms.budget_musd[-1] + 1.0)
        most = table.needs_musd(wanted) if wanted is not None else everything
        least = max(float(table.cost.min()), most / 1000)
        if not np.isfinite(most) or most <= least:
            return [least]
        return [float(money) for money in np.geomspace(least, most, _BUDGETS)]

    def _settle(self, share: float, late: Callable[[], bool]) -> bool:
        """Model the plan that promises most at a share of the budget until it is one already seen."""
        tried: set[Plan] = set()
        while (plan := self.program.best(self.values, share)) is not None and plan not in tried:
            tried.add(plan)
            new = self._modelled(plan)
            self._see(plan)
            if not new:
                return True
            if late():
                return False
        return True

    def _see(self, plan: Plan, *, in_any_case: bool = False) -> None:
        """Model a plan and keep what it is worth."""
        self._modelled(plan, in_any_case=in_any_case)
        if not self.timetable.broken(plan, any_budget=True):
            self.seen[plan] = self.timetable.npv(plan, self.values.exact)
            if not self.timetable.broken(plan):
                self._best = max(self._best, self.seen[plan])

    def _leading(self) -> Plan:
        """Best plan seen within the budget."""
        within = [plan for plan in self.seen if not self.timetable.broken(plan)]
        return max(within, key=lambda plan: self.seen[plan])

    def _better(self, plan: Plan) -> bool:
        """Model neighbours of a plan, the most promising first; whether one is worth more than the plan.

        It ends where a neighbour promises less than the plan by more than the largest error of a promise so far.
        """
        best = self.seen[plan]
        near = [one for one in moves(self.timetable, plan) if one not in self.seen and not self.timetable.broken(one)]
        promised = {one: self.timetable.npv(one, self.values.guess) for one in near}
        error = _MISSED * abs(best)
        for one in sorted(near, key=lambda one: -promised[one]):
            if self._late(_NEAR) or promised[one] < best - error:
                return False
            self._see(one)
            if one in self.seen and np.isfinite(self.seen[one]):
                error = max(error, abs(self.seen[one] - promised[one]))
            if self.seen.get(one, -np.inf) > best + _RISE_MUSD:
                return True
        return False

    def _choices(self, plan: Plan) -> NDArray[np.int8]:
        within: Iterable[Plan] = (one for one in self.seen if not self.timetable.broken(one))
        return np.array(sorted(within), dtype=np.int8).reshape(-1, len(plan))
