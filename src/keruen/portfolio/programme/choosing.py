"""Choose the projects of a study: model the sets that promise most, until no plan can be worth more or time is up."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from keruen.appraisal.alone import Appraisals, appraise
from keruen.appraisal.economics import Conventions
from keruen.appraisal.modelled import Base
from keruen.errors import UsageError
from keruen.languages import mark
from keruen.portfolio.programme.asking import asked, require
from keruen.portfolio.programme.candidates import Candidate, candidates, options
from keruen.portfolio.programme.reasons import Reason
from keruen.portfolio.programme.result import Programme
from keruen.portfolio.programme.searching import Climb, Listing, Step
from keruen.portfolio.programme.timetable import Timetable
from keruen.portfolio.programme.values import SetValues

if TYPE_CHECKING:
    from keruen.study import Study

__all__ = ["choose_programme"]

_NOTHING_MUSD = 1e-3
"""A project that brings less than this in every modelled year changes nothing: equilibria are known to about 1e-4."""


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
    demand: tuple[float, float] | None = None,
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
    demand : tuple of float, optional
        Low and high factor on the demand after the base year, between which robustness draws; those of the settings if
        absent.
    prove : bool
        Whether to go on after the best plan is found until no other can be worth more.
    time_limit : float
        Wall seconds of the search, which begins when the single projects are appraised; looked at before every
        equilibrium. The base, what ranking builds and the bound are modelled in any case.
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
    terms = asked(
        study, budget_musd, periods=periods, by_country_musd=by_country_musd, at_most=at_most, must=must, never=never,
        restricted=restricted, time_limit=time_limit,
    )  # fmt: skip
    found = appraise(study) if appraisals is None else appraisals
    begun, cpu = time.perf_counter(), time.process_time()
    chosen, left = candidates(found, never, restricted)
    payers = {country for one in chosen for country, _ in one.case.cost_shares}
    strangers = sorted(set(terms.by_country_musd) - payers)
    if strangers:
        known_payers = ", ".join(sorted(payers - {""})) or "none"
        raise UsageError(
            f"{', '.join(strangers)} pays for no project that can be chosen; countries that do: {known_payers}"
        )
    base = Base(study, found.years)
    active, idle = _parted(base, chosen, terms.must, lambda: time.perf_counter() > begun + time_limit)
    ways = {one.project: options(one, periods, found.conventions) for one in active}
    left |= {one.project: _too_late(one, periods, found.conventions) for one in active if not ways[one.project]}
    usable = _without(active, left)
    require(terms.must, left)
    timetable = Timetable(usable, [ways[one.project] for one in usable], terms, found.conventions)
    values = SetValues(base, timetable.candidates)
    search = (Listing if Listing.fits(timetable) else Climb)(timetable, values, begun, time_limit, progress)
    plan, bound, reason = search.run(prove)
    npv = timetable.npv(plan, values.exact)
    factors = demand if demand is not None else study.settings.portfolio.demand_factors
    stress = search.stress(plan, factors, study.settings.seed)
    return Programme(
        timetable, values, plan, npv, max(bound, npv), reason, left, tuple(idle), search.sets,
        time.process_time() - cpu, time.perf_counter() - begun, search.curve(plan, max(bound, npv), reason), stress,
    )  # fmt: skip


def _too_late(one: Candidate, periods: Sequence[int], rules: Conventions) -> Reason:
    """Why a candidate has no option: whenever it starts it opens after the horizon, or its start is past all periods."""
    allowed = [year for year in periods if not one.fixed_start or year >= one.case.start_year]
    if periods and not allowed:
        words = mark("starts in {start_year} by the register, after the last period, {year}")
        return Reason(words, start_year=one.case.start_year, year=periods[-1])
    start = min(allowed, default=one.case.start_year)
    words = mark("opens in {year} at the earliest, after the horizon, which ends in {last_year}")
    return Reason(words, year=one.case.later(start - one.case.start_year).opening_year, last_year=rules.last_year)


def _without(active: Sequence[Candidate], left: dict[str, Reason]) -> list[Candidate]:
    """Candidates that are not left out, and none that requires one that is; the reason of these is added."""
    while lacking := {
        one.project: name for one in active if one.project not in left for name in one.requires if name in left
    }:
        left |= {
            project: Reason(mark("requires {needed}, which cannot be chosen"), needed=name)
            for project, name in lacking.items()
        }
    return [one for one in active if one.project not in left]


def _parted(
    base: Base, chosen: Sequence[Candidate], must: Collection[str], late: Callable[[], bool]
) -> tuple[list[Candidate], list[Candidate]]:
    """Candidates that change anything, and those that do not: neither alone nor beside all that do.

    Those for which there is no time to look stay candidates.
    """

    def moves_nothing(one: Candidate) -> bool:
        return all(abs(year.users_musd) < _NOTHING_MUSD and abs(year.saved_t_co2e) < 1.0 for year in one.gains)

    needed = {name for one in chosen for name in one.requires} | set(must)
    idle = [one for one in chosen if moves_nothing(one) and one.project not in needed]
    active = [one for one in chosen if one not in idle]
    if not idle or not active:
        return active, idle
    together = None if late() else base.together([one.project for one in active])
    for one in list(idle):
        beside = None
        if together is not None and not late():
            beside = base.together([*(other.project for other in active), one.project])
        if (
            together is None
            or beside is None
            or any(abs(a.users_musd - b.users_musd) >= _NOTHING_MUSD for a, b in zip(together, beside, strict=True))
        ):
            idle.remove(one)
            active.append(one)
    order = [one.project for one in chosen]
    return sorted(active, key=lambda one: order.index(one.project)), idle
