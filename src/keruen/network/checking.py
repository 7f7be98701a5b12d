"""Check a study as a plan will read it: its tables, then a parameter row for every arc."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from keruen.errors import DataError, Problem
from keruen.network.carriage import carriage
from keruen.network.costs import gaps
from keruen.network.parameters import parameters
from keruen.network.supernetwork import supernetwork
from keruen.study import CheckReport, NewRow
from keruen.study import check as check_tables
from keruen.study import open as open_study
from keruen.study.projects import project_patches

if TYPE_CHECKING:
    from keruen.study import Scenario, Study

__all__ = ["check"]


def check(folder: str | Path) -> CheckReport:
    """Check a study without raising.

    Parameters
    ----------
    folder : path
        The study.

    Returns
    -------
    CheckReport
        Every problem and remark of the tables; if the tables are sound, also every case of a modelled year, or of a
        project's new links, for which no parameter row fits.
    """
    found = check_tables(folder)
    if found.problems:
        return found
    problems, free = _gaps(open_study(folder))
    return CheckReport((*found.problems, *problems), (*found.remarks, *free))


def _gaps(study: Study) -> tuple[list[Problem], list[Problem]]:
    """Cases without a row: those that cannot be costed, and those that are free; each with the freight that meets it."""
    problems: dict[Problem, list[str]] = {}
    free: dict[Problem, list[str]] = {}
    commodities = list(study.table("commodity")["commodity_id"])
    for scenario in _scenarios(study):
        known, network = parameters(scenario), supernetwork(scenario)
        for commodity in commodities:
            for met, found in zip((problems, free), gaps(known, network, carriage(scenario, commodity)), strict=True):
                for problem in found:
                    met.setdefault(problem, []).append(commodity)
    return [_said(*one, len(commodities)) for one in problems.items()], [
        _said(*one, len(commodities)) for one in free.items()
    ]


def _said(problem: Problem, met: list[str], of: int) -> Problem:
    freight = dict.fromkeys(met)
    if len(freight) == of or "commodity " in problem.expected:
        return problem
    return replace(problem, expected=f"{problem.expected} (for {', '.join(freight)})")


def _scenarios(study: Study) -> Iterator[Scenario]:
    """Every modelled year, and the last with the new rows of all projects."""
    years = sorted({study.settings.base_year, *study.settings.years})
    for year in years:
        yield study.scenario(year=year)
    horizon = max(years[-1], study.settings.last_year)
    plain = study.scenario(year=years[-1])
    projects = [project for project in study.table("project")["project_id"] if project not in plain.built]
    patches = [patch for project in projects for patch in project_patches(study, project, horizon, 0)]
    built = plain.with_patches(*(patch for patch in patches if isinstance(patch, NewRow)))
    try:
        built.tables()
    except DataError:  # projects that exclude each other may claim one row; each alone is checked when it is built
        return
    yield built
