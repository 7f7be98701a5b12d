"""One project to appraise: what it costs when, from when it works, and what it brings in the modelled years."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from keruen.appraisal.economics.conventions import Conventions
from keruen.appraisal.economics.flows import CashFlows, Driver, Kind, Line
from keruen.errors import UsageError

__all__ = ["Benefit", "Case", "between_years", "spend"]


@dataclass(frozen=True, slots=True)
class Benefit:
    """What a project is worth a year to one group, in the years that were modelled.

    Attributes
    ----------
    name : str
        What it is: hours, money, emissions, operator revenue.
    musd_by_year : mapping of int to float
        Modelled calendar year to million USD a year, with the project minus without it; losses negative.
    country, party : str
        Who gains; empty where not told apart.
    """

    name: str
    musd_by_year: Mapping[int, float]
    country: str = ""
    party: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """A project as an appraisal sees it.

    Attributes
    ----------
    project : str
        Name or id.
    cost_musd : float
        Investment, million USD of constant prices.
    start_year : int
        First year of spending.
    opening_year : int
        First year with benefits; a project finished during a year opens the year after.
    benefits : tuple of Benefit
        What it brings.
    profile : tuple of float
        Shares of the cost in the years from `start_year`, adding up to 1; empty spreads it evenly over the years
        before opening.
    upkeep_musd : float
        Upkeep a year from opening, more than without the project (negative: a saving).
    ramp : tuple of float
        Shares of the full benefit in the first years of operation, for example (0.5, 0.8); full afterwards.
    life_years : int
        Economic life from opening, for the residual value.
    cost_shares : mapping of (country, party) to float
        Who pays, adding up to 1; empty leaves it untold.
    """

    project: str
    cost_musd: float
    start_year: int
    opening_year: int
    benefits: tuple[Benefit, ...] = ()
    profile: tuple[float, ...] = ()
    upkeep_musd: float = 0.0
    ramp: tuple[float, ...] = ()
    life_years: int = 30
    cost_shares: Mapping[tuple[str, str], float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        wrong = [
            (
                self.opening_year < self.start_year,
                f"opens in {self.opening_year}, starts in {self.start_year}",
            ),
            (not (np.isfinite(self.cost_musd) and self.cost_musd >= 0), f"cost of {self.cost_musd} million USD"),
            (bool(self.profile) and abs(sum(self.profile) - 1) > 1e-6, f"spend profile adds up to {sum(self.profile)}"),
            (any(share < 0 for share in self.profile), "spend profile with a negative share"),
            (self.life_years < 1, f"life of {self.life_years} years"),
            (
                bool(self.cost_shares) and abs(sum(self.cost_shares.values()) - 1) > 1e-6,
                f"shares of who pays add up to {sum(self.cost_shares.values())}",
            ),
            (any(not one.musd_by_year for one in self.benefits), "a benefit without a modelled year"),
        ]
        found = [text for bad, text in wrong if bad]
        if found:
            raise UsageError(f"project {self.project!r}: " + "; ".join(found))

    def later(self, years: int) -> Case:
        """The whole project `years` later: spending and opening move, calendar-year benefits stay where they are."""
        return replace(self, start_year=self.start_year + years, opening_year=self.opening_year + years)

    def overrun(self, years: int) -> Case:
        """Opening `years` later with the money spent as planned: what a late project does to its worth."""
        profile = self.profile or _even(self.opening_year - self.start_year)
        return replace(self, opening_year=self.opening_year + years, profile=profile)

    def cash_flows(self, conventions: Conventions) -> CashFlows:
        """With-minus-without cash flows over the horizon of the conventions.

        Raises
        ------
        UsageError
            If the project opens after the horizon or spends after it: nothing could be said of its worth.
        """
        outlay = spend(self.cost_musd, self.start_year, self.opening_year, self.profile)
        if max(self.opening_year, max(outlay)) > conventions.last_year:
            raise UsageError(
                f"project {self.project!r} is spent and opened by {max(self.opening_year, max(outlay))}, after the "
                f"horizon ends in {conventions.last_year}: set a later last_year"
            )
        years = np.arange(min(conventions.base_year, self.start_year), conventions.last_year + 1, dtype=np.int64)
        investment = np.array([outlay.get(int(year), 0.0) for year in years])
        works = years >= self.opening_year
        # the asset serves its life and no longer, even where the horizon goes on
        works &= years < self.opening_year + self.life_years
        lines = self._shared("investment", "investment", "investment", -investment)
        if self.upkeep_musd:
            lines += self._shared("upkeep", "upkeep", "upkeep", -self.upkeep_musd * works.astype(np.float64))
        ramp = self._ramp(years)
        for one in self.benefits:
            amounts = between_years(one.musd_by_year, years, conventions.growth_after) * works * ramp
            lines.append(Line(one.name, "benefit", "benefit", amounts, one.country, one.party))
        lines += self._residual(conventions, years, lines)
        return CashFlows(years, conventions.base_year, self.opening_year, tuple(lines))

    def _shared(self, name: str, kind: Kind, driver: Driver, amounts: NDArray[np.float64]) -> list[Line]:
        shares = self.cost_shares or {("", ""): 1.0}
        return [Line(name, kind, driver, amounts * part, *who) for who, part in shares.items()]

    def _ramp(self, years: NDArray[np.int64]) -> NDArray[np.float64]:
        steps = np.array([*self.ramp, 1.0])
        return steps[np.clip(years - self.opening_year, 0, len(self.ramp))]

    def _residual(self, conventions: Conventions, years: NDArray[np.int64], lines: list[Line]) -> list[Line]:
        """Lines of what is left in the last year."""
        remaining = self.opening_year + self.life_years - 1 - conventions.last_year
        if conventions.residual == "none" or remaining <= 0:
            return []
        at_end = np.zeros(len(years))
        at_end[-1] = 1.0
        if sum(line.amounts_musd[-1] for line in lines if line.kind == "benefit") <= 0:
            return []
        if conventions.residual == "straight-line":
            left = self.cost_musd * remaining / self.life_years
            return self._shared("residual value", "residual", "investment", at_end * left)
        ahead = np.arange(1, remaining + 1, dtype=float)
        discount = (1.0 + conventions.discount_rate) ** -ahead
        level, growing = float(discount.sum()), float(((1.0 + conventions.growth_after) ** ahead) @ discount)
        return [
            Line(
                f"residual value: {line.name}",
                "residual",
                line.driver,
                at_end * line.amounts_musd[-1] * (growing if line.kind == "benefit" else level),
                line.country,
                line.party,
            )
            for line in lines
            if line.kind in ("benefit", "upkeep") and line.amounts_musd[-1] != 0
        ]


def between_years(
    modelled: Mapping[int, float], years: NDArray[np.int64], growth_after: float = 0.0
) -> NDArray[np.float64]:
    """Values of every year from those of the modelled years.

    Straight lines between modelled years; before the first the value of the first, after the last that of the last,
    growing by `growth_after` a year.

    Parameters
    ----------
    modelled : mapping of int to float
        At least one year.
    years : ndarray of int, shape (years,)
        Years asked for.
    growth_after : float
        Growth a year beyond the last modelled year.

    Returns
    -------
    ndarray, shape (years,)

    Examples
    --------
    >>> between_years({2024: 10.0, 2030: 40.0}, np.array([2022, 2024, 2027, 2030, 2031])).tolist()
    [10.0, 10.0, 25.0, 40.0, 40.0]
    """
    known = np.array(sorted(modelled))
    values = np.array([float(modelled[year]) for year in known])
    beyond = np.clip(years - known[-1], 0, None)
    return np.asarray(np.interp(years, known, values) * (1.0 + growth_after) ** beyond)


def spend(cost_musd: float, start_year: int, opening_year: int, profile: tuple[float, ...] = ()) -> dict[int, float]:
    """Outlay by year, million USD; evenly over the years before opening where no profile is given.

    Examples
    --------
    >>> spend(100.0, 2026, 2028)
    {2026: 50.0, 2027: 50.0}
    >>> spend(100.0, 2026, 2028, (0.2, 0.5, 0.3))
    {2026: 20.0, 2027: 50.0, 2028: 30.0}
    """
    shares = profile or _even(opening_year - start_year)
    return {start_year + index: cost_musd * share for index, share in enumerate(shares)}


def _even(years: int) -> tuple[float, ...]:
    count = max(years, 1)
    return (1.0 / count,) * count
