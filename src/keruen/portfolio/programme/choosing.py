"""Choose the projects of a study: model the sets that promise most, until no plan can be worth more or time is up."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from keruen.appraisal.alone import Appraisals, appraise
from keruen.appraisal.modelled import Base
from keruen.errors import UsageError
from keruen.languages import mark
from keruen.portfolio.programme.bounding import most_by_year
from keruen.portfolio.programme.candidates import Candidate, candidates, options
from keruen.portfolio.programme.climbing import climbed, moves, ranked
from keruen.portfolio.programme.enumeration import MOST_PLANS, Enumeration
from keruen.portfolio.programme.reasons import Reason
from keruen.portfolio.programme.result import Programme, Step
from keruen.portfolio.programme.timetable import Plan, Terms, Timetable
from keruen.portfolio.programme.values import SetValues

if TYPE_CHECKING:
    from keruen.study import Study

__all__ = ["choose_programme"]

_NOTHING_MUSD = 1e-3
"""A project that brings less than this in every modelled year changes nothing: equilibria are known to about 1e-4."""

_LISTED = 12
"""More candidates than this are searched, not listed."""


def choose_programme(
    study: Study,
    budget_musd: float | Sequence[float],
    *,
    periods: Sequence[int] = (),
    appraisals: Appraisals | None = None,
    by_country_musd: Mapping[str, float] | None = None,
    at_most: int | None = None,
    must: Collection[str] = (),
    never: Collection[str] = (),
    restricted: Collection[str] = (),
    prove: bool = True,
    time_limit: float = 600.0,
    progress: Callable[[Step], object] | None = None,
) -> Programme:
    """Choose which projects of a study to build, and when.

    Parameters
    ----------
    study : Study
        The study.
    budget_musd : float or sequence of float
        Cost of the projects that may start, million USD: in all, or in each period, where what one period leaves the
        next may spend.
    periods : sequence of int
        Years in which works may start; without them every project starts as planned.
    appraisals : Appraisals, optional
        Each project alone; appraised here if absent.
    by_country_musd : mapping of str to float, optional
        What a country may bear in all.
    at_most : int, optional
        Projects that may start in one period.
    must, never : collection of str
        Projects that are in every plan, and in none.
    restricted : collection of str
        Lists of the table ``restriction`` whose parties' projects are left out. This is no compliance check.
    prove : bool
        Whether to go on after the best plan is found until no other can be worth more.
    time_limit : float
        Wall seconds of the search.
    progress : callable, optional
        Called with a `Step` after every set that is modelled.

    Returns
    -------
    Programme
        The best plan found; a time limit that passes leaves it feasible, with its bound.

    Raises
    ------
    UsageError
        If a budget or period makes no sense, a project is not known, or no plan keeps the rules.
    """
    if not time_limit > 0:
        raise UsageError(f"time limit {time_limit}: expected above 0")
    known = {str(row["project_id"]) for row in study.records("project")}
    unknown = sorted({*must, *never} - known)
    if unknown:
        raise UsageError(f"no project {', '.join(unknown)} in the register")
    settings = study.settings
    outside = [year for year in periods if not settings.first_year <= year <= settings.last_year]
    if outside:
        said = ", ".join(map(str, outside))
        raise UsageError(f"period {said} lies outside the horizon, {settings.first_year} to {settings.last_year}")
    found = appraise(study) if appraisals is None else appraisals
    begun, cpu = time.perf_counter(), time.process_time()
    chosen, left = candidates(found, never, restricted)
    terms = Terms(
        _cumulative(budget_musd, periods), tuple(periods), dict(by_country_musd or {}), at_most, frozenset(must)
    )
    payers = {country for one in chosen for country, _ in one.case.cost_shares}
    strangers = sorted(set(terms.by_country_musd) - payers)
    if strangers:
        known_payers = ", ".join(sorted(payers - {""})) or "none"
        raise UsageError(
            f"{', '.join(strangers)} pays for no project that can be chosen; countries that do: {known_payers}"
        )
    base = Base(study, found.years)
    active, idle = _parted(base, chosen, terms.must)
    ways = [options(one, periods, found.conventions) for one in active]
    for one, some in zip(active, ways, strict=True):
        if not some:
            left[one.project] = Reason(mark("opens after the horizon, whenever it starts"))
    usable = [(one, some) for one, some in zip(active, ways, strict=True) if some]
    timetable = Timetable([one for one, _ in usable], [some for _, some in usable], terms, found.conventions)
    search = _Search(timetable, SetValues(base, timetable.candidates), begun + time_limit, progress)
    plan, bound, reason = search.run(prove)
    npv = timetable.npv(plan, search.values.exact)
    return Programme(
        timetable, search.values, plan, npv, max(bound, npv), reason, left, tuple(idle), search.sets,
        time.process_time() - cpu, time.perf_counter() - begun, search.listed,
    )  # fmt: skip


def _cumulative(budget: float | Sequence[float], periods: Sequence[int]) -> tuple[float, ...]:
    """Money that may be spent by the end of each period."""
    if isinstance(budget, int | float):
        return (float(budget),) * max(1, len(periods))
    return tuple(float(value) for value in np.cumsum(np.asarray(budget, dtype=float)))


def _parted(base: Base, chosen: Sequence[Candidate], must: Collection[str]) -> tuple[list[Candidate], list[Candidate]]:
    """Candidates that change anything, and those that do not: neither alone nor beside all that do."""

    def moves_nothing(one: Candidate) -> bool:
        return all(abs(year.users_musd) < _NOTHING_MUSD and abs(year.saved_t_co2e) < 1.0 for year in one.gains)

    needed = {name for one in chosen for name in one.requires} | set(must)
    idle = [one for one in chosen if moves_nothing(one) and one.project not in needed]
    active = [one for one in chosen if one not in idle]
    if not idle or not active:
        return active, idle
    together = base.together([one.project for one in active])
    for one in list(idle):
        beside = base.together([*(other.project for other in active), one.project])
        if any(abs(a.users_musd - b.users_musd) >= _NOTHING_MUSD for a, b in zip(together, beside, strict=True)):
            idle.remove(one)
            active.append(one)
    order = [one.project for one in chosen]
    return sorted(active, key=lambda one: order.index(one.project)), idle


class _Search:
    """One search: which sets to model next, and when to stop."""

    def __init__(
        self, timetable: Timetable, values: SetValues, deadline: float, progress: Callable[[Step], object] | None
    ) -> None:
        self.timetable = timetable
        self.values = values
        self.deadline = deadline
        self.progress = progress
        small = len(timetable.candidates) <= _LISTED and Enumeration.size(timetable) <= MOST_PLANS
        self.listed = Enumeration(timetable) if small else None
        self.sets = 0
        self._best = -np.inf
        self._bound = np.inf

    def run(self, prove: bool) -> tuple[Plan, float, str]:
        """Return the best plan, what no plan is worth more than, and why the search ended."""
        self._bound = self._optimistic()
        for i, j in combinations(range(len(self.timetable.candidates)), 2):
            if not self._late():
                self._model(1 << i | 1 << j)
        self._modelled(ranked(self.timetable))  # so that no answer is worth less than ranking
        if self.listed is None:
            return self._searched()
        return self._proven(self.listed, prove)

    def _proven(self, listed: Enumeration, prove: bool) -> tuple[Plan, float, str]:
        fits = np.flatnonzero(listed.fits)
        if not len(fits):
            raise UsageError("no plan keeps the rules: projects that must be built, their prerequisites and the budget")
        used = [int(members) for members in np.unique(listed.sets[fits])]
        self.sets = len(used)
        best = self._settled(listed, fits)
        if not prove:
            return best, self._bound, "not proven"
        discount = self.timetable.discount
        order = sorted(
            (m for m in used if not self.values.is_known(m)), key=lambda m: -float(discount @ self.values.guess(m))
        )
        for members in order:
            if self._late():
                return self._settled(listed, fits), self._bound, "time limit"
            self._model(members)
        best = self._settled(listed, fits)
        return best, self.timetable.npv(best, self.values.exact), "proven"

    def _settled(self, listed: Enumeration, fits: NDArray[np.int64]) -> Plan:
        """Model the sets of the plan that promises most until the best plan is one whose sets are all modelled."""
        while True:
            npv = listed.npv(self.values.guess)[fits]
            plan = listed.plan(int(fits[int(np.argmax(npv))]))
            unknown = [m for m in np.unique(self.timetable.sets(plan)) if not self.values.is_known(int(m))]
            if not unknown:
                self._best = float(npv.max())
                return plan
            for members in unknown:
                self._model(int(members))

    def _searched(self) -> tuple[Plan, float, str]:
        """Climb on what is known, model what the climb used, until nothing moves; then look at every neighbour."""
        start: Plan = tuple(1 if one.project in self.timetable.terms.must else 0 for one in self.timetable.candidates)
        if self.timetable.broken(start):
            raise UsageError(f"no plan to begin with keeps the rules: {self.timetable.broken(start)}")
        plan, reason = start, "not proven"
        while True:
            plan = climbed(self.timetable, plan, self.values.guess)
            if not self._modelled(plan):
                self._best = self.timetable.npv(plan, self.values.exact)
                near = [p for p in moves(self.timetable, plan) if not self.timetable.broken(p)]
                near.sort(key=lambda p: -self.timetable.npv(p, self.values.guess))
                if not any(self._modelled(p) for p in near if not self._late()):
                    break
            if self._late():
                reason = "time limit"
                break
        self._modelled(plan)
        ranking = ranked(self.timetable)
        if not self.timetable.broken(ranking):
            plan = max(plan, ranking, key=lambda one: self.timetable.npv(one, self.values.exact))
        return plan, self._bound, reason

    def _modelled(self, plan: Plan) -> bool:
        """Model the sets of a plan; whether any was not known."""
        unknown = [int(m) for m in np.unique(self.timetable.sets(plan)) if not self.values.is_known(int(m))]
        for members in unknown:
            self._model(members)
        return bool(unknown)

    def _model(self, members: int) -> None:
        self.values.exact(members)
        if self.progress is not None:
            self.progress(Step(self.values.modelled, self.sets, self._best, self._bound))

    def _late(self) -> bool:
        return time.perf_counter() > self.deadline

    def _optimistic(self) -> float:
        """Worth of a plan that has all benefits from the first opening on and costs nothing."""
        table = self.timetable
        most = most_by_year(self.values.base, [one.project for one in table.candidates])
        first = min((option.opening for some in table.options for option in some), default=table.years[-1] + 1)
        cheapest = sum(min([0.0, *(option.cost_pv_musd for option in some)]) for some in table.options)
        return float(table.discount[table.years >= first] @ most[table.years >= first]) - cheapest
