"""With-minus-without cash flows over the horizon: lines of money by year, each with who bears or gains it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from keruen.errors import UsageError

__all__ = ["CashFlows", "Driver", "Kind", "Line", "add"]

Kind = Literal["investment", "upkeep", "benefit", "residual"]
Driver = Literal["investment", "upkeep", "benefit"]
"""What a line grows with when an assumption is changed: a straight-line residual grows with the investment."""


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """One stream of money, with the project minus without it.

    Attributes
    ----------
    name : str
        What it is, for example "hours of freight".
    kind : {"investment", "upkeep", "benefit", "residual"}
        Investment and upkeep are costs; benefit and residual are benefits.
    driver : {"investment", "upkeep", "benefit"}
        The assumption it is proportional to.
    amounts_musd : ndarray, shape (years,)
        Million US dollars of constant prices; gains positive, outlays negative.
    country, party : str
        Who bears or gains it; empty where not told apart.
    """

    name: str
    kind: Kind
    driver: Driver
    amounts_musd: NDArray[np.float64]
    country: str = ""
    party: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class CashFlows:
    """Lines of money over consecutive years.

    Attributes
    ----------
    years : ndarray of int, shape (years,)
        Consecutive calendar years, from the base year or the first outlay, whichever is earlier.
    base_year : int
        Year whose money is not discounted.
    opening_year : int
        First year with benefits.
    lines : tuple of Line
        What is spent and gained.
    """

    years: NDArray[np.int64]
    base_year: int
    opening_year: int
    lines: tuple[Line, ...]

    def __post_init__(self) -> None:
        if len(self.years) == 0 or (np.diff(self.years) != 1).any():
            raise UsageError("cash flows need one column a year, consecutive")
        for line in self.lines:
            if line.amounts_musd.shape != self.years.shape:
                raise UsageError(f"line {line.name!r} has {len(line.amounts_musd)} years, expected {len(self.years)}")
            if not np.isfinite(line.amounts_musd).all():
                raise UsageError(f"line {line.name!r} has an amount that is not a number")

    def total(self, *kinds: Kind) -> NDArray[np.float64]:
        """Sum of the lines of these kinds by year, million USD; of all lines where no kind is named."""
        chosen = [line.amounts_musd for line in self.lines if not kinds or line.kind in kinds]
        return np.sum(chosen, axis=0) if chosen else np.zeros(len(self.years))

    def driven(self, driver: Driver) -> NDArray[np.float64]:
        """Sum of the lines that are proportional to one assumption, by year, million USD."""
        chosen = [line.amounts_musd for line in self.lines if line.driver == driver]
        return np.sum(chosen, axis=0) if chosen else np.zeros(len(self.years))

    def factors(self, rate: float) -> NDArray[np.float64]:
        """Discount factors, 1 in the base year, shape (years,)."""
        return np.asarray((1.0 + rate) ** -(self.years - self.base_year).astype(float))

    def scaled(self, *, investment: float = 1.0, upkeep: float = 1.0, benefit: float = 1.0) -> CashFlows:
        """The same flows with every line multiplied by the factor of its driver."""
        factor = {"investment": investment, "upkeep": upkeep, "benefit": benefit}
        lines = tuple(replace(line, amounts_musd=line.amounts_musd * factor[line.driver]) for line in self.lines)
        return replace(self, lines=lines)

    def present_value_by(self, rate: float, by: Sequence[str] = ("country",)) -> pd.DataFrame:
        """Present value by country, party, name or kind; the column ``npv_musd`` sums to the project's NPV.

        Parameters
        ----------
        rate : float
            Real discount rate a year.
        by : sequence of {"country", "party", "name", "kind"}
            What to group by.

        Returns
        -------
        pandas.DataFrame
            One row a group: cost_musd (investment and upkeep), benefit_musd (benefit and residual), npv_musd.
        """
        unknown = [column for column in by if column not in ("country", "party", "name", "kind")]
        if unknown or not by:
            raise UsageError(f"cannot group by {', '.join(unknown) or 'nothing'}: country, party, name or kind")
        factors = self.factors(rate)
        rows = []
        for line in self.lines:
            value = float(factors @ line.amounts_musd)
            cost = line.kind in ("investment", "upkeep")
            keys = {column: getattr(line, column) for column in by}
            rows.append({**keys, "cost_musd": -value if cost else 0.0, "benefit_musd": 0.0 if cost else value})
        table = pd.DataFrame(rows, columns=[*by, "cost_musd", "benefit_musd"])
        table = table.groupby(list(by), as_index=False, sort=True).sum()
        table["npv_musd"] = table["benefit_musd"] - table["cost_musd"]
        return table

    def table(self) -> pd.DataFrame:
        """Lines by year as a table for readers: name, kind, country, party and one column a year, million USD."""
        head = pd.DataFrame(
            [(line.name, line.kind, line.country, line.party) for line in self.lines],
            columns=["name", "kind", "country", "party"],
        )
        values = np.array([line.amounts_musd for line in self.lines]).reshape(len(self.lines), len(self.years))
        return pd.concat([head, pd.DataFrame(values, columns=[str(year) for year in self.years])], axis=1)

    def __repr__(self) -> str:
        span = f"{self.years[0]}-{self.years[-1]}"
        return f"CashFlows({span}, {len(self.lines)} lines, sum {self.total().sum():,.1f} million USD undiscounted)"


def add(flows: Iterable[CashFlows]) -> CashFlows:
    """Lay flows of projects that do not interact over one another.

    Parameters
    ----------
    flows : iterable of CashFlows
        With the same base year.

    Returns
    -------
    CashFlows
        All lines over the union of the years; opening year is the earliest.

    Raises
    ------
    UsageError
        If nothing is given, or base years differ.
    """
    several = list(flows)
    if not several:
        raise UsageError("nothing to add")
    if len({one.base_year for one in several}) > 1:
        raise UsageError("cash flows with different base years cannot be added: appraise them alike")
    first, last = min(int(one.years[0]) for one in several), max(int(one.years[-1]) for one in several)
    lines = []
    for one in several:
        pad = (int(one.years[0]) - first, last - int(one.years[-1]))
        lines += [replace(line, amounts_musd=np.pad(line.amounts_musd, pad)) for line in one.lines]
    years = np.arange(first, last + 1, dtype=np.int64)
    return CashFlows(years, several[0].base_year, min(one.opening_year for one in several), tuple(lines))
