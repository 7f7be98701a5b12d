"""What a project is worth: NPV, EIRR, benefit-cost ratio, first-year rate of return, payback."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from keruen.appraisal.economics.flows import CashFlows
from keruen.appraisal.economics.rate_of_return import Return, rate_of_return
from keruen.errors import UsageError

__all__ = ["Worth", "first_year_return", "npv", "payback", "worth"]


def npv(rate: float, amounts: ArrayLike) -> float:
    """Net present value of yearly amounts, the first of which is not discounted.

    A spreadsheet's ``NPV(rate, ...)`` discounts the first amount too and so gives this value divided by ``1 + rate``.

    Parameters
    ----------
    rate : float
        Discount rate a year, more than -1.
    amounts : array-like, shape (years,)
        Year 0 first.

    Returns
    -------
    float
        In the unit of the amounts, of year 0.

    Examples
    --------
    >>> round(npv(0.10, [-10_000, 3_000, 4_200, 6_800]), 2)
    1307.29
    """
    if not rate > -1:
        raise UsageError(f"discount rate {rate}: expected more than -1")
    money = np.asarray(amounts, dtype=np.float64)
    return float(money @ (1.0 + rate) ** -np.arange(len(money), dtype=float))


@dataclass(frozen=True, slots=True)
class Worth:
    """The indicators of one project at one discount rate, million USD of constant prices.

    Attributes
    ----------
    rate : float
        Discount rate a year.
    npv_musd : float
        Present value of benefits less costs, in money of the base year.
    cost_musd, benefit_musd : float
        Present values; cost is investment and upkeep, benefit includes the residual value.
    investment_musd : float
        Present value of the investment alone.
    eirr : Return
        Economic internal rate of return, or why there is none to give.
    bcr : float
        Benefit over cost; NaN without a cost.
    npv_per_investment : float
        NPV over the investment, by which a budget is rationed; NaN without an investment.
    first_year_return : float
        Benefit less upkeep of the first year over the investment compounded to that year; below the rate: defer.
    payback_years, discounted_payback_years : float or None
        Years from the end of the first year with an outlay until the running sum stays at zero or above, residual value left out; None if
        not within the horizon.
    """

    rate: float
    npv_musd: float
    cost_musd: float
    benefit_musd: float
    investment_musd: float
    eirr: Return
    bcr: float
    npv_per_investment: float
    first_year_return: float
    payback_years: float | None
    discounted_payback_years: float | None

    def __str__(self) -> str:
        paid = "not within the horizon" if self.payback_years is None else f"{self.payback_years:.1f} years"
        return (
            f"NPV {self.npv_musd:,.1f} million USD at {self.rate:.1%}, EIRR {self.eirr}, BCR {self.bcr:.2f}, "
            f"first-year return {self.first_year_return:.1%}, payback {paid}"
        )


def worth(flows: CashFlows, rate: float) -> Worth:
    """Indicators of cash flows at a real discount rate a year.

    Examples
    --------
    >>> import keruen.appraisal.economics as ke
    >>> case = ke.Case("bridge", 100.0, 2026, 2027, (ke.Benefit("hours", {2027: 15.0}),), life_years=10)
    >>> print(ke.worth(case.cash_flows(ke.Conventions(base_year=2026, last_year=2036)), 0.09))
    NPV -3.7 million USD at 9.0%, EIRR 8.1%, BCR 0.96, first-year return 13.8%, payback 6.7 years
    """
    factors = flows.factors(rate)
    cost = -float(factors @ flows.total("investment", "upkeep"))
    benefit = float(factors @ flows.total("benefit", "residual"))
    investment = -float(factors @ flows.total("investment"))
    running = flows.total("investment", "upkeep", "benefit")
    return Worth(
        rate=rate,
        npv_musd=benefit - cost,
        cost_musd=cost,
        benefit_musd=benefit,
        investment_musd=investment,
        eirr=rate_of_return(flows.total()),
        bcr=benefit / cost if cost > 0 else float("nan"),
        npv_per_investment=(benefit - cost) / investment if investment > 0 else float("nan"),
        first_year_return=first_year_return(flows, rate),
        payback_years=payback(running),
        discounted_payback_years=payback(running * factors),
    )


def first_year_return(flows: CashFlows, rate: float) -> float:
    """Net benefit of the opening year over the investment compounded to it.

    Investment of the opening year itself is taken as it is; what is spent later is left out, as is the residual
    value. Below the discount rate, waiting a year is worth more than the benefit it forgoes.

    Returns
    -------
    float
        A fraction a year; NaN without an investment.
    """
    upto = flows.years <= flows.opening_year
    growth = (1.0 + rate) ** (flows.opening_year - flows.years[upto]).astype(float)
    invested = -float(growth @ flows.total("investment")[upto])
    if invested <= 0:
        return float("nan")
    opening = flows.years == flows.opening_year
    return float(flows.total("benefit", "upkeep")[opening].sum()) / invested


def payback(amounts: ArrayLike) -> float | None:
    """Years from the end of the first year with an outlay until the running sum reaches zero and stays there.

    Money is taken as spread evenly over a year, the first year with an outlay counting as year 0.

    Returns
    -------
    float or None
        None if it is not reached within the years given; 0 if there is nothing to pay back.

    Examples
    --------
    >>> payback([-1000.0, 500.0, 400.0, 300.0, 100.0])
    2.333...
    """
    money = np.asarray(amounts, dtype=np.float64)
    outlays = np.flatnonzero(money < 0)
    if len(outlays) == 0:
        return 0.0
    running = np.cumsum(money)
    tolerance = 1e-9 * np.abs(money).max()
    if running[-1] < -tolerance:
        return None
    under = np.flatnonzero(running < -tolerance)
    if len(under) == 0:
        return 0.0
    last = int(under[-1])
    return last - int(outlays[0]) + float(-running[last] / money[last + 1])
