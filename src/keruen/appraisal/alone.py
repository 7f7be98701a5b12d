"""Each project alone against the base: with and without it in every modelled year, then its worth over the horizon.

The modelled years are taken as if the project worked in them, whatever year it opens, so that its benefits can be
interpolated; they count from its opening. A project that cannot be appraised says why; one without a published cost
is told the greatest cost at which it would still be worth building.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from keruen.appraisal.economics import (
    Benefit,
    Case,
    Conventions,
    Worth,
    best_start,
    between_years,
    carbon_musd,
    delay_distribution,
    sensitivity,
    switching_values,
    under_delay,
    worth,
)
from keruen.appraisal.economics.conversion import dollars
from keruen.appraisal.gains import YearGain, gain
from keruen.equilibrium.calibration import Calibration
from keruen.equilibrium.freight import FreightFlows, assign, calibrate
from keruen.errors import KeruenError, UsageError
from keruen.network import Router
from keruen.network.like import LikeRouter
from keruen.network.selectors import parts
from keruen.study.projects import DONE, OPENED, prerequisites, project_patches

if TYPE_CHECKING:
    from keruen.study import Scenario, Study
    from keruen.study.settings import Settings

__all__ = ["Appraisal", "Appraisals", "Base", "appraise", "benefits", "conventions", "modelled_years"]

_EVER = 9999
"""A year by which every effect has begun."""

GAP = 1e-8
"""Relative gap of the equilibria: on freight worth 10 bn USD a year an error of 100 USD."""


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


def conventions(settings: Settings) -> Conventions:
    """Conventions that the settings of a study state."""
    return Conventions(
        base_year=settings.first_year,
        last_year=settings.last_year,
        discount_rate=settings.discount_rate,
        price_year=settings.price_year,
        residual=settings.appraisal.residual,
        growth_after=settings.appraisal.growth_after,
    )


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
    """The freight without the project, by year and by what the project requires; each found once."""

    study: Study
    years: tuple[int, ...]
    gap: float = GAP
    _known: dict[tuple[int, tuple[str, ...]], FreightFlows] = field(default_factory=dict)
    _calibration: Calibration | None = None

    def without(self, year: int, required: tuple[str, ...]) -> FreightFlows:
        """Freight of a year with only the required projects built."""
        if (year, required) not in self._known:
            scenario = self.study.scenario(year=year)
            if not required:
                router = Router(scenario)
                if self._calibration is None:
                    self._calibration = calibrate(router)
                self._known[year, required] = assign(router, self.gap, calibration=self._calibration)
            else:
                plain = self.without(year, ())
                router = LikeRouter(_as_if_open(scenario, required), plain.freight.router)
                self._known[year, required] = assign(router, self.gap, start=plain)
        return self._known[year, required]

    def gains(self, project: str) -> tuple[YearGain, ...]:
        """What each modelled year is worth with a project that works in it."""
        required = _required(self.study, project)
        return tuple(self._gain(self.without(year, required), self.built(year, [project])) for year in self.years)

    def built(self, year: int, projects: Iterable[str]) -> Scenario:
        """The scenario of a year with several projects at work, their prerequisites first."""
        order: list[str] = []
        for project in projects:
            order += [name for name in (*_required(self.study, project), project) if name not in order]
        return _as_if_open(self.study.scenario(year=year), order)

    def together(self, projects: Iterable[str]) -> tuple[YearGain, ...]:
        """What each modelled year is worth with several projects at work, less with none."""
        chosen = list(projects)
        return tuple(self._gain(self.without(year, ()), self.built(year, chosen)) for year in self.years)

    def _gain(self, before: FreightFlows, scenario: Scenario) -> YearGain:
        after = assign(LikeRouter(scenario, before.freight.router), self.gap, start=before)
        return gain(before, after, self.study.settings.appraisal.elasticity)


def _as_if_open(scenario: Scenario, projects: Iterable[str]) -> Scenario:
    """The scenario with all effects of projects, whatever year they begin."""
    patches = [patch for project in projects for patch in project_patches(scenario.study, project, _EVER)]
    return scenario.with_patches(*patches)


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
    reason = _outside(study, project, row)
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


def _outside(study: Study, project: str, row: Mapping[Any, Any]) -> str:
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
    start, opening = _dates(study, row, assumed)
    rules = plain.conventions
    if opening > rules.last_year:
        return replace(plain, reason=f"opens in {opening}, after the horizon ends in {rules.last_year}")
    brought = benefits(plain.gains, study.settings, rules)
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
            cost_shares=_payers(row, assumed),
        )

    gained, kept = (worth(case(cost).cash_flows(rules), rules.discount_rate).npv_musd for cost in (0.0, 1.0))
    breakeven = gained / (gained - kept) if gained > kept else float("nan")
    cost, reason = _cost(row, study, assumed)
    priced = row["price_year"]
    if not reason and priced == priced and rules.price_year is not None and int(priced) != rules.price_year:
        assumed.append(f"cost in prices of {int(priced)}, not brought to those of {rules.price_year}")
    if reason:
        return replace(plain, reason=reason, breakeven_musd=breakeven, assumed=tuple(dict.fromkeys(assumed)))
    stated = case(cost)
    found = worth(stated.cash_flows(rules), rules.discount_rate)
    return replace(plain, case=stated, worth=found, breakeven_musd=breakeven, assumed=tuple(dict.fromkeys(assumed)))


def _cost(row: Mapping[Any, Any], study: Study, assumed: list[str]) -> tuple[float, str]:
    """Cost in million USD, or why there is none; a dated rate of exchange goes before that of the settings."""
    native, currency = float(row["cost_native_million"]), str(row["native_currency"])
    found = dollars(pd.DataFrame([row]), study.tables["exchange_rate"]).iloc[0]
    if found["basis"] in ("published in USD", "no cost"):
        return float(found["value_musd"]), "" if found["basis"] == "published in USD" else "no cost published"
    if found["basis"] == "converted":
        assumed.append(f"cost of {native:,.0f} million {found['basis_note']}")
        return float(found["value_musd"]), ""
    rates = study.settings.appraisal.usd_per_unit
    if currency not in rates:
        return float("nan"), f"cost of {native:,.0f} million {currency}: {found['basis_note']}, nor in the settings"
    assumed.append(f"cost of {native:,.0f} million {currency} at {rates[currency]:g} USD, a rate without a date")
    return native * rates[currency], ""


def _dates(study: Study, row: Mapping[Any, Any], assumed: list[str]) -> tuple[int, int]:
    """Year in which spending starts, and first year of service."""
    begins = [
        one["from_year"]
        for one in study.records("effect")
        if one["project"] == row["project_id"] and one["table"] and one["from_year"] == one["from_year"]
    ]
    first = study.settings.first_year
    building = study.settings.appraisal.building_years
    start = int(row["start_year"]) if row["start_year"] == row["start_year"] else None
    if row["finish_year"] == row["finish_year"]:
        opening = max([int(row["finish_year"]) + 1, *(int(year) for year in begins)])
    elif begins:
        opening = int(max(begins))
        assumed.append(f"opening {opening}: from its effects")
    else:
        opening = max(first, start or first) + building
        assumed.append(f"opening {opening}: {building} years of building")
    if start is None or start > opening:
        # Nothing says that money has been spent, so none is assumed before the appraisal begins.
        start = min(max(first, opening - building), opening)
        assumed.append(f"start {start}: {building} years of building, not before {first}")
    if OPENED.match(str(row["status"])):
        assumed.append("in service already: its money is spent, no decision is left")
    return start, opening


def _payers(row: Mapping[Any, Any], assumed: list[str]) -> dict[tuple[str, str], float]:
    """Who pays: the shares of the parties where the table states them all, or else its countries in equal parts."""
    countries = parts(row["countries"])
    shares: dict[tuple[str, str], float] = {}
    for text in str(row["parties"] or "").split(","):
        name, _, number = text.strip().rpartition(" ")
        if number.endswith("%") and number[:-1].replace(".", "", 1).isdigit():
            shares["", name] = shares.get(("", name), 0.0) + float(number[:-1]) / 100
    if abs(sum(shares.values()) - 1.0) < 1e-6:
        return shares
    if len(countries) > 1:
        assumed.append(f"cost shared equally by {', '.join(countries)}")
    return {(country, ""): 1.0 / len(countries) for country in countries}


def benefits(gains: Sequence[YearGain], settings: Settings, rules: Conventions) -> tuple[Benefit, ...]:
    """What modelled years are worth: hours and money of users, operators' surplus, emissions, by country."""
    price = settings.appraisal
    found = []
    for name, attribute, part in (
        ("hours of freight", "hours_musd", 1.0),
        ("money of shippers", "money_musd", 1.0),
        ("operators' surplus", "revenue_musd", price.operator_margin),
    ):
        countries = sorted({country for year in gains for country in getattr(year, attribute)}) if part else []
        for country in countries:
            by_year = {year.year: part * getattr(year, attribute).get(country, 0.0) for year in gains}
            found.append(Benefit(name, by_year, country))
    years = np.arange(min(rules.base_year, gains[0].year), rules.last_year + 1, dtype=np.int64)
    saved = between_years({year.year: year.saved_t_co2e for year in gains}, years, rules.growth_after)
    carbon = carbon_musd(
        saved,
        years,
        price_usd_per_t=price.carbon_usd_per_t,
        price_of_year=price.carbon_year,
        growth=price.carbon_growth,
    )
    found.append(Benefit("emissions", dict(zip(years.tolist(), carbon.tolist(), strict=True))))
    return tuple(found)
