"""What is asked of a plan, refused where it makes no sense before anything is modelled."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from keruen.appraisal.alone import unmodelled
from keruen.appraisal.stated import cost_musd, payers
from keruen.errors import UsageError
from keruen.languages import mark
from keruen.portfolio.programme.candidates import BUILT, ruled_out
from keruen.portfolio.programme.reasons import Reason
from keruen.portfolio.programme.timetable import Terms
from keruen.study.projects import prerequisites

if TYPE_CHECKING:
    from keruen.study import Study

__all__ = ["asked", "require"]


def asked(
    study: Study,
    budget_musd: float | Sequence[float],
    *,
    periods: Sequence[int] = (),
    by_country_musd: Mapping[str, float] | None = None,
    at_most: int | None = None,
    must: Collection[str] = (),
    never: Collection[str] = (),
    restricted: Collection[str] = (),
    time_limit: float = 600.0,
) -> Terms:
    """Terms of a plan as `keruen.portfolio.programme.choosing.choose_programme` takes them.

    Raises
    ------
    UsageError
        If a term makes no sense or a project that is asked for is no candidate by the register alone.
    """
    if not time_limit > 0:
        raise UsageError(f"time limit {time_limit:g}: expected above 0")
    by_country = dict(by_country_musd or {})
    terms = Terms(_cumulative(budget_musd, periods), tuple(periods), by_country, at_most, frozenset(must))
    settings = study.settings
    outside = [str(year) for year in periods if not settings.first_year <= year <= settings.last_year]
    if outside:
        horizon = f"{settings.first_year} to {settings.last_year}"
        raise UsageError(f"period {', '.join(outside)} lies outside the horizon, {horizon}")
    unknown = sorted({*must, *never} - {str(row["project_id"]) for row in study.records("project")})
    if unknown:
        raise UsageError(f"no project {', '.join(unknown)} in the register")
    both = sorted(set(must) & set(never))
    if both:
        raise UsageError(f"{', '.join(both)} must be in the plan and must not: asked for with must and with never")
    left = _left_out(study, never, restricted)
    require(must, left)
    strangers = sorted(set(by_country) - _payers(study, left))
    if strangers:
        known = ", ".join(sorted(_payers(study, left) - {""})) or "none"
        raise UsageError(f"{', '.join(strangers)} pays for no project that can be chosen; countries that do: {known}")
    return terms


def require(must: Collection[str], left: Mapping[str, Reason]) -> None:
    """Refuse projects that must be in the plan and cannot be, with the reason down to its root."""
    said = []
    for project in sorted(set(must) & set(left)):
        why, at = [str(left[project])], left[project].values.get("needed")
        while (reason := left.get(str(at))) is not None:
            why.append(f"{at}: {reason}")
            at = reason.values.get("needed")
        said.append(f"{project} must be in the plan and cannot be chosen: {'; '.join(why)}")
    if said:
        raise UsageError(". ".join(said))


def _cumulative(budget: float | Sequence[float], periods: Sequence[int]) -> tuple[float, ...]:
    """Money that may be spent by the end of each period."""
    several = [budget] * max(1, len(periods)) if isinstance(budget, int | float) else [float(one) for one in budget]
    wrong = [one for one in several if not (one >= 0 and math.isfinite(one))]
    if wrong:
        raise UsageError(f"budget {wrong[0]:.12g}: expected million USD, not below 0")
    if isinstance(budget, int | float):
        return tuple(float(one) for one in several)
    return tuple(math.fsum(several[: end + 1]) for end in range(len(several)))


def _left_out(study: Study, never: Collection[str], restricted: Collection[str]) -> dict[str, Reason]:
    """Projects that the register alone says are no candidates, and why."""
    rows = {str(row["project_id"]): row for row in study.records("project")}
    left = ruled_out(study, never, restricted)
    for project, row in rows.items():
        why = unmodelled(study, project, row) or cost_musd(row, study, [])[1]
        if why and project not in left:
            left[project] = Reason(why)
    while lacking := {
        project: name
        for project, row in rows.items()
        if project not in left
        for name in prerequisites(row)
        if name in left and left[name].message != BUILT
    }:
        for project, name in lacking.items():
            left[project] = Reason(mark("requires {needed}, which cannot be chosen"), needed=name)
    return left


def _payers(study: Study, left: Collection[str]) -> set[str]:
    """Countries that bear the cost of a project that can be chosen."""
    rows = (row for row in study.records("project") if str(row["project_id"]) not in left)
    return {country for row in rows for country, _ in payers(row, [])}
