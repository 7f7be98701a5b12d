"""The freight with and without projects, in every modelled year.

The modelled years are taken as if a project worked in them, whatever year it opens, so that its benefits can be
interpolated; they count from its opening.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from keruen.appraisal.gains import YearGain, gain
from keruen.equilibrium.calibration import Calibration
from keruen.equilibrium.freight import FreightFlows, assign, calibrate
from keruen.errors import UsageError
from keruen.network import Router
from keruen.network.like import LikeRouter
from keruen.study.projects import DONE, prerequisites, project_patches

if TYPE_CHECKING:
    from keruen.study import Scenario, Study

__all__ = ["Base", "modelled_years"]

_EVER = 9999
"""A year by which every effect has begun."""

GAP = 1e-8
"""Relative gap of the equilibria: on freight worth 10 bn USD a year an error of 100 USD."""


def modelled_years(study: Study, years: Sequence[int] | None = None) -> tuple[int, ...]:
    """Years to model: those asked for, or all of the study that have demand.

    Raises
    ------
    UsageError
        If a year asked for has no demand.
    """
    known = sorted({int(year) for year in study.tables["demand"]["year"]})
    wanted = sorted(set(study.settings.years) & set(known)) if years is None else sorted(set(years))
    missing = [year for year in wanted if year not in known]
    if missing or not wanted:
        said = ", ".join(map(str, missing)) or "any year of the study"
        raise UsageError(f"no demand for {said}; the demand table has {', '.join(map(str, known)) or 'none'}")
    return tuple(wanted)


@dataclass(eq=False)
class Base:
    """The freight without the project, by year and by what the project requires; each found once.

    Attributes
    ----------
    study : Study
        The study.
    years : tuple of int
        Years that are modelled.
    gap : float
        Relative gap of the equilibria.
    demand : float
        Factor on the demand, see `at_demand`.
    """

    study: Study
    years: tuple[int, ...]
    gap: float = GAP
    demand: float = 1.0
    _plain: Base | None = None
    _known: dict[tuple[int, tuple[str, ...]], FreightFlows] = field(default_factory=dict)
    _together: dict[tuple[int, tuple[str, ...]], YearGain] = field(default_factory=dict)
    _calibration: Calibration | None = None

    def at_demand(self, factor: float) -> Base:
        """The same freight times a factor in the years after the base year, which is known, or else in every year."""
        return Base(self.study, self.years, self.gap, factor, self)

    def _as_known(self, year: int) -> bool:
        """Whether a year of the freight is that of the central demand."""
        base = self.study.settings.base_year
        return self._plain is None or (year <= base < max(self.years))

    def _demanded(self, scenario: Scenario) -> Scenario:
        """A scenario with its demand, that of projects with it, times the factor."""
        return scenario if self._as_known(scenario.year) else scenario.grow(self.demand)

    def without(self, year: int, required: tuple[str, ...]) -> FreightFlows:
        """Freight of a year with only the required projects built, and those that have opened."""
        if self._plain is not None and self._as_known(year):
            return self._plain.without(year, required)
        if (year, required) not in self._known:
            scenario = self.study.scenario(year=year)
            if required:
                changed = self._demanded(_as_if_open(scenario, required))
                self._known[year, required] = self._changed(changed, self.without(year, ()))
            elif self._plain is not None:
                self._known[year, ()] = self._changed(self._demanded(scenario), self._plain.without(year, ()))
            else:
                router = Router(scenario)
                if self._calibration is None:
                    self._calibration = calibrate(router)
                self._known[year, required] = assign(router, self.gap, calibration=self._calibration)
        return self._known[year, required]

    def gains(self, project: str) -> tuple[YearGain, ...]:
        """What each modelled year is worth with a project that works in it.

        One that has opened since the base year stands in the base, so it is taken away to see its worth.
        """
        return tuple(self._alone(project, year) for year in self.years)

    def _alone(self, project: str, year: int) -> YearGain:
        scenario = self.study.scenario(year=year)
        if project in scenario.built:
            plain = self.without(year, ())
            return self._gain(self._changed(self._demanded(scenario.without(project)), plain), plain)
        before = self.without(year, self._required(project))
        return self._gain(before, self._changed(self.built(year, [project]), before))

    def built(self, year: int, projects: Iterable[str]) -> Scenario:
        """The scenario of a year with several projects at work, their prerequisites first."""
        order: list[str] = []
        for project in projects:
            order += [name for name in (*self._required(project), project) if name not in order]
        return self._demanded(_as_if_open(self.study.scenario(year=year), order))

    def together(self, projects: Iterable[str]) -> tuple[YearGain, ...]:
        """What each modelled year is worth with several projects at work, less with none."""
        chosen = tuple(projects)
        return tuple(self.together_in(year, chosen) for year in self.years)

    def together_in(self, year: int, chosen: tuple[str, ...]) -> YearGain:
        """What one modelled year is worth with several projects at work, less with none."""
        if self._plain is not None and self._as_known(year):
            return self._plain.together_in(year, chosen)
        if (year, chosen) not in self._together:
            before = self.without(year, ())
            self._together[year, chosen] = self._gain(before, self._changed(self.built(year, chosen), before))
        return self._together[year, chosen]

    def _changed(self, scenario: Scenario, near: FreightFlows) -> FreightFlows:
        """Freight of a scenario that differs little from one that is known."""
        return assign(LikeRouter(scenario, near.freight.router), self.gap, start=near)

    def _gain(self, before: FreightFlows, after: FreightFlows) -> YearGain:
        return gain(before, after, self.study.settings.appraisal.elasticity)

    def _required(self, project: str) -> tuple[str, ...]:
        return _required(self.study, project)


def _as_if_open(scenario: Scenario, projects: Iterable[str]) -> Scenario:
    """The scenario with all effects of projects, whatever year they begin; those it has already stay once."""
    wanted = (project for project in projects if project not in scenario.built)
    return scenario.with_patches(
        *(patch for project in wanted for patch in project_patches(scenario.study, project, _EVER))
    )


def _required(study: Study, project: str) -> tuple[str, ...]:
    """Projects that must stand before this one, the first needed first; not those the tables already hold."""
    found: list[str] = []

    def visit(name: str, path: tuple[str, ...]) -> None:
        row = study.records("project")[study.row_of("project", name) or 0]
        for needed in prerequisites(row):
            if needed in path:
                raise UsageError(f"{' requires '.join([*path, needed])}: a circle")
            other = study.records("project")[study.row_of("project", needed) or 0]
            if needed not in found and not DONE.match(str(other["status"])):
                visit(needed, (*path, needed))
                found.append(needed)

    visit(project, (project,))
    return tuple(found)
