"""How far an assumption may be wrong: switching values, the standard sensitivity table, the best year to start."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from keruen.appraisal.economics.case import Case
from keruen.appraisal.economics.conventions import Conventions
from keruen.appraisal.economics.flows import CashFlows, Driver, Line
from keruen.appraisal.economics.indicators import Worth, worth
from keruen.errors import UsageError

__all__ = ["best_start", "sensitivity", "switching_values"]


def switching_values(flows: CashFlows, rate: float) -> pd.DataFrame:
    """By how much one assumption must change, all else equal, for the NPV to become zero.

    Parameters
    ----------
    flows : CashFlows
        Of one project.
    rate : float
        Real discount rate a year.

    Returns
    -------
    pandas.DataFrame
        One row an assumption (investment, upkeep, benefit, and each benefit by name where there are several):
        present_value_musd and change (a fraction: -0.2 is twenty per cent less). NaN where the assumption moves no
        money. A change below -1 cannot happen: the assumption alone cannot bring the NPV to zero.

    Notes
    -----
    NPV is linear in each assumption, so the change is -NPV over the present value of what the assumption drives.
    """
    factors = flows.factors(rate)
    value = float(factors @ flows.total())
    assumptions: tuple[Driver, ...] = ("investment", "upkeep", "benefit")
    driven: dict[str, NDArray[np.float64]] = {name: flows.driven(name) for name in assumptions}
    gains = [line for line in flows.lines if line.driver == "benefit"]
    names = sorted({_plain(line) for line in gains})
    if len(names) > 1:
        for name in names:
            chosen = [line.amounts_musd for line in gains if _plain(line) == name]
            driven[f"benefit: {name}"] = np.sum(chosen, axis=0)
    rows = []
    for name, amounts in driven.items():
        present = float(factors @ amounts)
        rows.append((name, present, -value / present if present else math.nan))
    return pd.DataFrame(rows, columns=["assumption", "present_value_musd", "change"])


def _plain(line: Line) -> str:
    return line.name.removeprefix("residual value: ")


def sensitivity(
    case: Case,
    conventions: Conventions,
    *,
    cost: Sequence[float] = (0.1, 0.2),
    benefit: Sequence[float] = (-0.1, -0.2),
    delay_years: Sequence[int] = (1, 2),
) -> pd.DataFrame:
    """The table a bank asks for: cost up, benefits down, delay, all of them at once, and no residual value.

    Parameters
    ----------
    case : Case
        The project.
    conventions : Conventions
        Rate and horizon.
    cost, benefit : sequence of float
        Changes as fractions. The combined case takes the last of each.
    delay_years : sequence of int
        Years by which opening is late, the money being spent as planned.

    Returns
    -------
    pandas.DataFrame
        One row a variant: variant, npv_musd, eirr (NaN where none is unique), bcr, change_of_npv_musd, and reason,
        which says why an EIRR is missing or that the variant falls outside the horizon.
    """
    variants: list[tuple[str, float, float, int]] = [("base", 0.0, 0.0, 0)]
    variants += [(f"cost {share:+.0%}", share, 0.0, 0) for share in cost]
    variants += [(f"benefit {share:+.0%}", 0.0, share, 0) for share in benefit]
    variants += [(f"opening {years} year{'s' if years != 1 else ''} late", 0.0, 0.0, years) for years in delay_years]
    if cost and benefit and delay_years:
        variants.append(("combined", cost[-1], benefit[-1], delay_years[-1]))
    rows = [
        _variant(name, case.overrun(late), conventions, dearer, smaller) for name, dearer, smaller, late in variants
    ]
    if conventions.residual != "none":
        plain = replace(conventions, residual="none")
        rows.append(_variant("no residual value", case, plain, 0.0, 0.0))
    table = pd.DataFrame(rows)
    table.insert(4, "change_of_npv_musd", table["npv_musd"] - table["npv_musd"].iloc[0])
    return table


def _variant(name: str, case: Case, conventions: Conventions, dearer: float, smaller: float) -> dict[str, object]:
    try:
        flows = case.cash_flows(conventions).scaled(investment=1 + dearer, benefit=1 + smaller)
    except UsageError as error:
        return {"variant": name, "npv_musd": math.nan, "eirr": math.nan, "bcr": math.nan, "reason": str(error)}
    found = worth(flows, conventions.discount_rate)
    return {
        "variant": name,
        "npv_musd": found.npv_musd,
        "eirr": math.nan if found.eirr.rate is None else found.eirr.rate,
        "bcr": found.bcr,
        "reason": "" if found.eirr.rate is not None else f"EIRR {found.eirr}: {found.eirr.reason}",
    }


def best_start(case: Case, conventions: Conventions, latest: int) -> tuple[int | None, pd.DataFrame]:
    """The year in which to start one project, seen alone.

    Spending and opening move together; benefits belong to calendar years. All present values are of the same base
    year, so they may be compared.

    Parameters
    ----------
    case : Case
        As planned; earlier starts are not tried.
    conventions : Conventions
        Rate and horizon. With `residual` "none" late starts lose the years after the horizon: prefer another rule.
    latest : int
        Last start year to try.

    Returns
    -------
    best : int or None
        Start year with the greatest NPV; None if no start is worth more than not building (NPV above zero).
    table : pandas.DataFrame
        start_year, opening_year, npv_musd, first_year_return, defer (first-year return below the discount rate).
    """
    if latest < case.start_year:
        raise UsageError(f"the latest start {latest} is before the planned start {case.start_year}")
    rows: list[tuple[int, int, float, float, bool]] = []
    for start in range(case.start_year, latest + 1):
        moved = case.later(start - case.start_year)
        try:
            found: Worth = worth(moved.cash_flows(conventions), conventions.discount_rate)
        except UsageError:  # opens after the horizon, and so does every later start
            break
        first = found.first_year_return
        rows.append((start, moved.opening_year, found.npv_musd, first, first < conventions.discount_rate))
    table = pd.DataFrame(rows, columns=["start_year", "opening_year", "npv_musd", "first_year_return", "defer"])
    if table.empty or not (table["npv_musd"] > 0).any():
        return None, table
    return int(table["start_year"].iloc[int(table["npv_musd"].to_numpy().argmax())]), table
