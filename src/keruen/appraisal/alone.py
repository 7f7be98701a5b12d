"""Each project alone against the base: with and without it in every modelled year, then its worth over the horizon.

A project that cannot be appraised says why; one without a published cost
is told the greatest cost at which it would still be worth building.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from keruen.appraisal.economics import (
    Case,
    Conventions,
    Worth,
    best_start,
    delay_distribution,
    sensitivity,
    switching_values,
    under_delay,
    worth,
)
from keruen.appraisal.gains import YearGain
from keruen.appraisal.modelled import Base, modelled_years
from keruen.appraisal.stated import benefits, conventions, cost_musd, dates, payers
from keruen.errors import KeruenError, UsageError

if TYPE_CHECKING:
    from keruen.study import Study

__all__ = ["Appraisal", "Appraisals", "appraise", "unmodelled"]


@dataclass(frozen=True, eq=False)
class Appraisal:
    """One project against the base.

    Attributes
    ----------
    project : str
        Id.
    name : str
        English name.
    gains : tuple of YearGain
        What each modelled year is worth; empty where it could not be told.
    case : Case or None
        The project as the appraisal sees it; None without a cost or without gains.
    worth : Worth or None
        Indicators.
    breakeven_musd : float
        Cost at which the NPV is zero, million USD; NaN where it was not modelled.
    reason : str
        Why there is no worth; empty where there is.
    assumed : tuple of str
        What was assumed for want of a published figure.
    conventions : Conventions
        Rate and horizon.
    """

    project: str
    name: str
    gains: tuple[YearGain, ...]
    case: Case | None
    worth: Worth | None
    breakeven_musd: float
    reason: str
    assumed: tuple[str, ...]
    conventions: Conventions

    def __repr__(self) -> str:
        said = str(self.worth) if self.worth is not None else self.reason
        return f"<Appraisal {self.project}: {said}>"

    def _stated(self) -> Case:
        if self.case is None:
            raise UsageError(f"{self.project} is not appraised: {self.reason}")
        return self.case

    def sensitivity(self) -> pd.DataFrame:
        """Cost up, benefits down, opening late, all at once; see :func:`keruen.appraisal.economics.sensitivity`."""
        return sensitivity(self._stated(), self.conventions)

    def switching_values(self) -> pd.DataFrame:
        """By how much one assumption must change for the NPV to be zero."""
        return switching_values(self._stated().cash_flows(self.conventions), self.conventions.discount_rate)

    def best_start(self, latest: int | None = None) -> tuple[int | None, pd.DataFrame]:
        """Year in which to start it, seen alone; ten years from its planned start are tried."""
        case = self._stated()
        return best_start(case, self.conventions, case.start_year + 10 if latest is None else latest)

    def under_delay(self) -> tuple[float, float, pd.DataFrame]:
        """Expected NPV, probability of a loss and table under the delays of the reference class."""
        return under_delay(self._stated(), self.conventions, delay_distribution())

    def by(self, *columns: str) -> pd.DataFrame:
        """Present value by country, party, name or kind."""
        flows = self._stated().cash_flows(self.conventions)
        return flows.present_value_by(self.conventions.discount_rate, columns or ("country",))

    def yearly(self) -> pd.Series:
        """Cash flow by year, million USD, undiscounted."""
        flows = self._stated().cash_flows(self.conventions)
        return pd.Series(flows.total(), index=flows.years, name="musd")


@dataclass(frozen=True, eq=False)
class Appraisals(Mapping[str, Appraisal]):
    """Projects each appraised alone, ranked.

    Attributes
    ----------
    study : Study
        The study.
    found : dict of str to Appraisal
        By project: those with an NPV first, the greatest NPV per investment first; then those with a break-even
        cost; then those that cannot be appraised.
    years : tuple of int
        Modelled years.
    conventions : Conventions
        Rate and horizon.
    """

    study: Study
    found: dict[str, Appraisal]
    years: tuple[int, ...]
    conventions: Conventions

    def __getitem__(self, project: str) -> Appraisal:
        return self.found[project]

    def __iter__(self) -> Any:
        return iter(self.found)

    def __len__(self) -> int:
        return len(self.found)

    def __repr__(self) -> str:
        with_worth = sum(one.worth is not None for one in self.found.values())
        on_network = sum(bool(one.gains) for one in self.found.values())
        return f"<Appraisals: {len(self)} projects, {on_network} on the network, {with_worth} with an NPV>"

    @property
    def table(self) -> pd.DataFrame:
        """One row a project: rank, indicators, gains by modelled year, what was assumed, why there is no worth."""
        return pd.DataFrame([_row(rank, one) for rank, one in enumerate(self.found.values(), 1)])


def _row(rank: int, one: Appraisal) -> dict[str, Any]:
    found = one.worth
    nothing = float("nan")
    eirr = found.eirr if found is not None else None
    last = one.gains[-1] if one.gains else None
    return {
        "rank": rank if one.gains else None,
        "project": one.project,
        "name_en": one.name,
        "cost_musd": one.case.cost_musd if one.case is not None else nothing,
        "npv_musd": found.npv_musd if found is not None else nothing,
        "eirr": eirr.rate if eirr is not None and eirr.rate is not None else nothing,
        "eirr_why": str(eirr.reason) if eirr is not None and eirr.rate is None else "",
        "bcr": found.bcr if found is not None else nothing,
        "first_year_return": found.first_year_return if found is not None else nothing,
        "payback_years": found.payback_years if found is not None else None,
        "breakeven_cost_musd": one.breakeven_musd,
        "start_year": one.case.start_year if one.case is not None else None,
        "opening_year": one.case.opening_year if one.case is not None else None,
        **{f"users_{year.year}_musd": year.users_musd for year in one.gains},
        "queue_share": last.queue_share if last is not None else nothing,
        "saved_t_co2e": last.saved_t_co2e if last is not None else nothing,
        "assumed": "; ".join(one.assumed),
        "reason": one.reason,
    }


def appraise(
    study: Study,
    *projects: str,
    years: Sequence[int] | None = None,
    known: Mapping[str, tuple[YearGain, ...]] | None = None,
    done: Callable[[str, tuple[YearGain, ...]], object] | None = None,
    progress: Callable[[str], object] | None = None,
) -> Appraisals:
    """Appraise projects, each alone against the base.

    Parameters
    ----------
    study : Study
        The study.
    *projects : str
        Ids; all of the study if none is named.
    years : sequence of int, optional
        Years to model; all of the study that have demand by default.
    known : mapping of str to tuple of YearGain, optional
        Gains of an earlier run with the same inputs, which are not modelled again.
    done : callable, optional
        Called with a project and its gains when it has been modelled.
    progress : callable, optional
        Called with the id of each project as it begins.

    Returns
    -------
    Appraisals
        Ranked. No project is left out: one that cannot be appraised says why.

    Raises
    ------
    UsageError
        If there is no such project, or a year has no demand.
    """
    chosen = list(dict.fromkeys(projects)) or [str(name) for name in study.tables["project"]["project_id"]]
    for name in chosen:
        study.scenario(year=study.settings.base_year).delay(name, 0)  # refuses a project that does not exist
    base = Base(study, modelled_years(study, years))
    found = []
    for name in chosen:
        if progress is not None:
            progress(name)
        found.append(_one(base, name, known or {}, done))
    found.sort(key=_rank)
    return Appraisals(study, {one.project: one for one in found}, base.years, conventions(study.settings))


def _rank(one: Appraisal) -> tuple[int, float, str]:
    if one.worth is not None:
        value = one.worth.npv_per_investment
        return 0, -value if np.isfinite(value) else 0.0, one.project
    return (1, -one.breakeven_musd, one.project) if one.gains else (2, 0.0, one.project)


def _one(
    base: Base,
    project: str,
    known: Mapping[str, tuple[YearGain, ...]],
    done: Callable[[str, tuple[YearGain, ...]], object] | None,
) -> Appraisal:
    study = base.study
    row = study.records("project")[study.row_of("project", project) or 0]
    reason = unmodelled(study, project, row)
    gains: tuple[YearGain, ...] = ()
    if not reason:
        try:
            gains = known[project] if project in known else base.gains(project)
        except KeruenError as error:
            reason = f"cannot be modelled: {error}"
        else:
            if done is not None and project not in known:
                done(project, gains)
    rules = conventions(study.settings)
    plain = Appraisal(project, str(row["name_en"]), gains, None, None, float("nan"), reason, (), rules)
    return _valued(plain, study, row) if gains else plain


def unmodelled(study: Study, project: str, row: Mapping[Any, Any]) -> str:
    """Why a project changes nothing on the network that could be valued; empty if it does."""
    effects = [one for one in study.records("effect") if one["project"] == project]
    tables = {str(one["table"]) for one in effects if one["table"]}
    note = next((str(one["note"]) for one in effects if one["note"]), "")
    if row["umbrella"] is True:
        return "an umbrella: its projects are appraised, it is not" + (f" ({note})" if note else "")
    if not tables:
        return "outside the network" + (f": {note}" if note else ": no effect is stated")
    if tables == {"demand"}:
        return "adds freight only: what it makes has a worth that a transport appraisal does not know"
    return ""


def _valued(plain: Appraisal, study: Study, row: Mapping[Any, Any]) -> Appraisal:
    """The appraisal with its case, indicators and break-even cost."""
    assumed: list[str] = []
    start, opening = dates(study, row, assumed)
    rules = plain.conventions
    if opening > rules.last_year:
        return replace(plain, reason=f"opens in {opening}, after the horizon ends in {rules.last_year}")
    brought = benefits(plain.gains, study, rules)
    price = study.settings.appraisal

    def case(cost: float) -> Case:
        return Case(
            plain.project,
            cost,
            start,
            opening,
            brought,
            upkeep_musd=price.upkeep_share * cost,
            life_years=price.life_years,
            cost_shares=payers(row, assumed),
        )

    gained, kept = (worth(case(cost).cash_flows(rules), rules.discount_rate).npv_musd for cost in (0.0, 1.0))
    breakeven = gained / (gained - kept) if gained > kept else float("nan")
    cost, reason = cost_musd(row, study, assumed)
    if reason:
        return replace(plain, reason=reason, breakeven_musd=breakeven, assumed=tuple(dict.fromkeys(assumed)))
    stated = case(cost)
    found = worth(stated.cash_flows(rules), rules.discount_rate)
    return replace(plain, case=stated, worth=found, breakeven_musd=breakeven, assumed=tuple(dict.fromkeys(assumed)))
