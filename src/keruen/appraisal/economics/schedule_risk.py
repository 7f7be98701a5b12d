"""Projects slip: how late similar ones were, and what that does to the worth of this one.

A reference class is a table of cases with the slip of each in years. `SLIPS` holds the cases of the North-South region
that were found; they are few and chosen by what was reported, so they show the size of the risk, not its law. A row
with ``at_least`` true is a project not yet finished: its slip can only grow, and it is counted at what is known.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from keruen.appraisal.economics.case import Case
from keruen.appraisal.economics.conventions import Conventions
from keruen.appraisal.economics.indicators import worth
from keruen.errors import DataError, Problem, UsageError

__all__ = ["SLIPS", "Delay", "delay_distribution", "slips", "under_delay"]

_COLUMNS = ["case", "promised", "later", "slip_years", "at_least", "note", "source"]
SLIPS: tuple[tuple[str, int, int, int, bool, str, str], ...] = (
    ("Rasht-Astara railway", 2025, 2028, 3, True, "2025, then 2027, then 2028; works due to start in 2026", "savel24"),
    (
        "Garmsar-Incheh Borun electrification",
        2022,
        2025,
        3,
        True,
        "contracted 2017 for 50 months, started 2018; no completion found by 2025",
        "rzdint",
    ),
    ("Chabahar-Zahedan railway", 2021, 2026, 5, True, "84 % in October 2025", "chab634"),
    (
        "EuroChem Karatau chemical complex",
        2025,
        2026,
        1,
        True,
        "first deadline 2025, contract for building only in 2024; slip derived as at least one year",
        "euro24",
    ),
    ("Silleno polyethylene plant", 2028, 2029, 1, True, "completion 2028, output 2029", "silleno24"),
    ("Bakhty-Ayagoz railway", 2027, 2028, 1, True, "opening 2027 or early 2028; the later date is counted", "bakhty"),
)
"""Slips found in public reports: case, promised year, later year, years, whether still open, note, id of the source."""


@dataclass(frozen=True, slots=True, eq=False)
class Delay:
    """A distribution of delay in whole years.

    Attributes
    ----------
    years : ndarray of int
        Delays, rising.
    probability : ndarray
        Of each, adding up to 1.
    cases : int
        Cases it rests on.
    open_cases : int
        Of these, not yet finished: the true delay is at least what is counted.
    """

    years: NDArray[np.int64]
    probability: NDArray[np.float64]
    cases: int
    open_cases: int

    @property
    def mean_years(self) -> float:
        """Expected delay, years."""
        return float(self.years @ self.probability)

    def quantile(self, share: float) -> int:
        """Least delay that is not exceeded with probability `share`, years."""
        if not 0 < share <= 1:
            raise UsageError(f"quantile {share}: expected more than 0 and at most 1")
        reached = np.flatnonzero(np.cumsum(self.probability) >= share - 1e-12)
        return int(self.years[reached[0]])

    def __str__(self) -> str:
        still = f", {self.open_cases} of them not finished, so it is a lower bound" if self.open_cases else ""
        return f"delay {self.mean_years:.1f} years on average (P80 {self.quantile(0.8)}) of {self.cases} cases{still}"


def slips() -> pd.DataFrame:
    """The cases of `SLIPS` as a table."""
    return pd.DataFrame(list(SLIPS), columns=_COLUMNS)


def delay_distribution(reference: pd.DataFrame | None = None) -> Delay:
    """Distribution of delay from a reference class, each case weighing the same.

    Parameters
    ----------
    reference : pandas.DataFrame, optional
        Columns slip_years (0 or more, whole years) and at_least; the cases of `SLIPS` where None.

    Returns
    -------
    Delay

    Raises
    ------
    DataError
        Lists every row whose slip is not a whole number of years of 0 or more.

    Examples
    --------
    >>> print(delay_distribution())
    delay 2.3 years on average (P80 3) of 6 cases, 6 of them not finished, so it is a lower bound
    """
    table = slips() if reference is None else reference
    years = pd.to_numeric(table["slip_years"], errors="coerce").to_numpy(dtype=float)
    bad = np.flatnonzero(~(np.isfinite(years) & (years >= 0) & (years == np.floor(years))))
    if len(bad) or len(table) == 0:
        raise DataError(
            [_bad_slip(int(index), table["slip_years"].iloc[int(index)]) for index in bad]
            or [Problem("reference class", None, None, None, "no cases", "give at least one")]
        )
    values, counts = np.unique(years.astype(np.int64), return_counts=True)
    still = int(table["at_least"].astype(bool).sum()) if "at_least" in table else 0
    return Delay(values, counts / counts.sum(), len(table), still)


def _bad_slip(index: int, value: object) -> Problem:
    return Problem("reference class", index + 2, "slip_years", str(value), "expected whole years, 0 or more")


def under_delay(
    case: Case, conventions: Conventions, delay: Delay, *, also: Sequence[int] = (0,)
) -> tuple[float, float, pd.DataFrame]:
    """Worth of a project whose opening slips as those of the reference class did, the money being spent as planned.

    Parameters
    ----------
    case : Case
        As planned.
    conventions : Conventions
        Rate and horizon.
    delay : Delay
        Reference class.
    also : sequence of int
        Further delays to show, with probability 0 where the class does not hold them.

    Returns
    -------
    expected_musd : float
        Expected NPV. A delay past the horizon leaves the cost alone.
    loss_probability : float
        Probability that the NPV is below zero.
    table : pandas.DataFrame
        delay_years, probability, npv_musd, eirr (NaN where none is unique).
    """
    chance = dict(zip(delay.years.tolist(), delay.probability.tolist(), strict=True))
    rows = []
    for years in sorted({*chance, *also}):
        late = case.overrun(years)
        try:
            found = worth(late.cash_flows(conventions), conventions.discount_rate)
            value, rate = found.npv_musd, found.eirr.rate
        except UsageError:  # opens after the horizon: what is spent within it is lost
            barren = Case(case.project, case.cost_musd, case.start_year, case.opening_year, profile=case.profile)
            value, rate = worth(barren.cash_flows(conventions), conventions.discount_rate).npv_musd, None
        rows.append((years, chance.get(years, 0.0), value, math.nan if rate is None else rate))
    table = pd.DataFrame(rows, columns=["delay_years", "probability", "npv_musd", "eirr"])
    expected = float((table["probability"] * table["npv_musd"]).sum())
    return expected, float(table.loc[table["npv_musd"] < 0, "probability"].sum()), table
