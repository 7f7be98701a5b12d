"""Projects that can be chosen: those with a cost and an effect, and why the others cannot."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from keruen.appraisal.alone import Appraisals
from keruen.appraisal.economics import Case, Conventions
from keruen.appraisal.gains import YearGain
from keruen.errors import UsageError
from keruen.languages import mark
from keruen.network.selectors import parts
from keruen.portfolio.programme.reasons import Reason
from keruen.study.projects import DONE, OPENED, prerequisites

if TYPE_CHECKING:
    from keruen.study import Study

__all__ = ["BUILT", "Candidate", "Option", "candidates", "options", "ruled_out"]

BUILT = mark("built already")


@dataclass(frozen=True, eq=False)
class Candidate:
    """A project that may be chosen.

    Attributes
    ----------
    project, name : str
        Id, and English name.
    cost_musd : float
        Investment, million USD of constant prices.
    case : Case
        The project as its own appraisal sees it.
    gains : tuple of YearGain
        What it brings alone, its prerequisites standing.
    npv_musd, bcr : float
        Of its own appraisal.
    requires, excludes : tuple of str
        Other candidates.
    fixed_start : bool
        Whether the register states when its works start.
    """

    project: str
    name: str
    cost_musd: float
    case: Case
    gains: tuple[YearGain, ...]
    npv_musd: float
    bcr: float
    requires: tuple[str, ...]
    excludes: tuple[str, ...]
    fixed_start: bool

    def under_way_since(self, first: int) -> int | None:
        """Year in which its works began by the register, if before the first year of a plan."""
        return self.case.start_year if self.fixed_start and self.case.start_year < first else None

    def share(self, country: str) -> float:
        """Share of the cost that a country bears."""
        return sum(part for (whose, _), part in self.case.cost_shares.items() if whose == country)


@dataclass(frozen=True)
class Option:
    """One way to take a candidate.

    Attributes
    ----------
    period : int
        Number of the period whose budget it takes.
    start, opening, closing : int
        First year of spending, first year of service, first year after its life.
    cost_pv_musd : float
        Investment and upkeep less residual value, discounted, million USD.
    """

    period: int
    start: int
    opening: int
    closing: int
    cost_pv_musd: float


def candidates(
    appraisals: Appraisals, never: Collection[str] = (), restricted: Collection[str] = ()
) -> tuple[list[Candidate], dict[str, Reason]]:
    """Candidates of a study in the order of its register, and the reason of every project that is none.

    Parameters
    ----------
    appraisals : Appraisals
        Each project alone.
    never : collection of str
        Projects that must not be chosen.
    restricted : collection of str
        Lists of the table ``restriction`` whose parties' projects must not be chosen.
    """
    study = appraisals.study
    ruled = ruled_out(study, never, restricted)
    rows = {str(row["project_id"]): row for row in study.records("project")}
    found: dict[str, Candidate] = {}
    left: dict[str, Reason] = {}
    for project in [name for name in rows if name in appraisals]:
        one, row = appraisals[project], rows[project]
        reason = ruled.get(project, Reason(one.reason))
        if reason or one.case is None or one.worth is None:
            left[project] = reason or Reason(mark("no worth could be told"))
            continue
        found[project] = Candidate(
            project, one.name, one.case.cost_musd, one.case, one.gains, one.worth.npv_musd, one.worth.bcr,
            tuple(name for name in prerequisites(row) if not DONE.match(str(rows[name]["status"]))),
            tuple(parts(row["excludes"])), bool(row["start_year"] == row["start_year"]),
        )  # fmt: skip
    while lacking := {p: name for p, one in found.items() for name in one.requires if name not in found}:
        for project, name in lacking.items():
            left[project] = Reason(mark("requires {needed}, which cannot be chosen"), needed=name)
            del found[project]
    return list(found.values()), left


def ruled_out(study: Study, never: Collection[str], restricted: Collection[str]) -> dict[str, Reason]:
    """Projects that are no candidates whatever they bring: left out as asked, restricted, or built already."""
    barred = _barred(study, restricted)
    found = {}
    for row in study.records("project"):
        project = str(row["project_id"])
        if project in never:
            found[project] = Reason(mark("left out as asked"))
        elif project in barred:
            found[project] = Reason(mark("{party} is restricted"), party=barred[project])
        elif DONE.match(str(row["status"])) or OPENED.match(str(row["status"])):
            found[project] = Reason(BUILT)
    return found


def _barred(study: Study, lists: Collection[str]) -> dict[str, str]:
    """Restricted party of each project that has one, by the lists named."""
    if not lists:
        return {}
    table = study.table("restriction")
    known = sorted(set(table["list"]))
    unknown = sorted(set(lists) - set(known))
    if unknown:
        raise UsageError(f"no restriction list {', '.join(unknown)}; the study has {', '.join(known) or 'none'}")
    names = study.table("party").set_index("party_id")
    spelled: dict[str, list[str]] = {}
    for party in table.loc[table["list"].isin(list(lists)), "party"]:
        row = names.loc[party]
        spelled[str(row["name_en"])] = [str(row["name_en"]), *parts(row["spellings"])]
    found = {}
    for row in study.records("project"):
        words = f" {row['parties'] or ''} ".casefold()
        for party, names_of in spelled.items():
            if any(name.casefold() in words for name in names_of):
                found[str(row["project_id"])] = party
    return found


def options(one: Candidate, periods: Sequence[int], rules: Conventions) -> list[Option]:
    """Ways to take a candidate: as planned, or with works that start in the first year of a period.

    A start that the register states is not moved forward. One that would open after the horizon is no option.
    """
    case = one.case
    starts = [case.start_year] if not periods else list(periods)
    found = []
    for period, start in enumerate(starts):
        if periods and one.fixed_start and start < case.start_year:
            continue
        moved = case.later(start - case.start_year)
        if moved.opening_year > rules.last_year:
            continue
        flows = moved.cash_flows(rules)
        paid = sum(
            (line.amounts_musd for line in flows.lines if line.kind in ("investment", "upkeep")),
            np.zeros(len(flows.years)),
        )
        left = sum(
            (line.amounts_musd for line in flows.lines if line.kind == "residual" and line.driver == "investment"),
            np.zeros(len(flows.years)),
        )
        cost = -float(flows.factors(rules.discount_rate) @ (paid + left))
        found.append(Option(period, start, moved.opening_year, moved.opening_year + case.life_years, cost))
    return found
