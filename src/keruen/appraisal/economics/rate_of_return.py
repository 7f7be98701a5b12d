"""The internal rate of return: whether it exists, whether it is the only one, and what it is.

The rate makes the present value zero. A series of amounts may have none, one or several. Rules in order:

1. no sign change: none exists;
2. one sign change: exactly one above -100 % (Descartes' rule of signs);
3. several sign changes, but the running sum changes sign once and does not end at zero: at most one rate of 0 or more
   (Norstrom);
4. otherwise a scan of all rates from -99 % to 10,000 %, tangent points included.

A rate that is not unique is not given: `Return.rate` is None and `Return.rates` lists them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq, minimize_scalar

__all__ = ["Return", "rate_of_return"]

_LOW, _HIGH, _POINTS = np.log(0.01), np.log(101.0), 4001
_TOUCH = 1e-13  # of the largest amount: closer to zero than this is rounding
Status = Literal["unique", "none", "several"]


@dataclass(frozen=True, slots=True)
class Return:
    """An internal rate of return, or why there is none to give.

    Attributes
    ----------
    status : {"unique", "none", "several"}
        Whether it exists and is the only one.
    rate : float or None
        The rate a year where unique, as a fraction; None otherwise.
    rates : tuple of float
        All rates found, rising.
    reason : str
        How existence and uniqueness were decided.
    """

    status: Status
    rate: float | None
    rates: tuple[float, ...]
    reason: str

    def __str__(self) -> str:
        if self.rate is not None:
            return f"{self.rate:.1%}"
        if self.status == "several":
            return "not unique: " + ", ".join(f"{rate:.1%}" for rate in self.rates)
        return "does not exist"


def rate_of_return(amounts: ArrayLike) -> Return:
    """Internal rate of return of yearly amounts.

    Parameters
    ----------
    amounts : array-like, shape (years,)
        Money by year, gains positive, outlays negative.

    Returns
    -------
    Return
        The rate where it exists and is unique; otherwise why not.

    References
    ----------
    C. J. Norstrom (1972), "A sufficient condition for a unique nonnegative internal rate of return", Journal of
    Financial and Quantitative Analysis 7, 1835-1839.

    Examples
    --------
    >>> rate_of_return([-100.0, 60.0, 60.0]).rate
    0.130662...
    >>> print(rate_of_return([-1000.0, 2300.0, -1320.0]))
    not unique: 10.0%, 20.0%
    >>> print(rate_of_return([-100.0, 20.0]), rate_of_return([-100.0, -20.0]), sep="; ")
    -80.0%; does not exist
    """
    money = _trimmed(np.asarray(amounts, dtype=np.float64))
    changes = _sign_changes(money)
    if changes == 0:
        what = "no money flows" if len(money) == 0 else f"every year is {'an outlay' if money[0] < 0 else 'a gain'}"
        return Return("none", None, (), f"{what}: no rate makes the present value zero")
    if changes == 1:
        rate = _only_root(money)
        note = "" if money[0] < 0 else "; gains come before outlays, so it is the cost of borrowing: a low rate is good"
        return Return("unique", rate, (rate,), f"one change of sign (Descartes){note}")
    roots = _scan(money)
    running = np.cumsum(money)
    if _sign_changes(running) == 1 and abs(running[-1]) > 1e-12 * np.abs(money).max():
        rising = [root for root in roots if root >= 0]
        if len(rising) == 1:
            return Return(
                "unique", rising[0], tuple(roots), f"{changes} changes of sign, one of the running sum (Norstrom)"
            )
    span = "between -99 % and 10,000 %"
    if not roots:
        return Return("none", None, (), f"{changes} changes of sign and no rate {span} makes the present value zero")
    if len(roots) == 1:
        return Return("unique", roots[0], (roots[0],), f"{changes} changes of sign, one rate found {span}")
    return Return("several", None, tuple(roots), f"{changes} changes of sign and {len(roots)} rates {span}")


def _trimmed(money: NDArray[np.float64]) -> NDArray[np.float64]:
    """Without the years before the first and after the last amount; scaled so that the largest is 1."""
    used = np.flatnonzero(money)
    if len(used) == 0:
        return money[:0]
    money = money[used[0] : used[-1] + 1]
    return np.asarray(money / np.abs(money).max())


def _sign_changes(values: NDArray[np.float64]) -> int:
    signs = np.sign(values)
    signs = signs[signs != 0]
    return int((signs[1:] != signs[:-1]).sum())


def _value(log_growth: float, money: NDArray[np.float64]) -> float:
    """Present value at the rate exp(log_growth) - 1, scaled to stay finite; its sign is what matters."""
    years = np.arange(len(money))
    exponents = -log_growth * years
    return float(money @ np.exp(exponents - exponents.max()))


def _only_root(money: NDArray[np.float64]) -> float:
    low, high = -1.0, 1.0
    while _value(low, money) * _value(high, money) > 0:
        low, high = 2 * low, 2 * high
    return float(np.expm1(_crossing(money, low, high)))


def _scan(money: NDArray[np.float64]) -> list[float]:
    """All rates on the grid where the value changes sign, and those where it touches zero between grid points."""
    grid = np.linspace(_LOW, _HIGH, _POINTS)
    exponents = -np.outer(grid, np.arange(len(money)))
    values = np.exp(exponents - exponents.max(axis=1, keepdims=True)) @ money
    roots = [float(x) for x in grid[values == 0]]
    crossings = np.flatnonzero(values[:-1] * values[1:] < 0)
    roots += [_crossing(money, float(grid[index]), float(grid[index + 1])) for index in crossings]
    size = np.abs(values)
    dips = np.flatnonzero((size[1:-1] < size[:-2]) & (size[1:-1] < size[2:]) & (values[:-2] * values[2:] > 0)) + 1
    for index in dips:
        roots += _touching(money, float(grid[index - 1]), float(grid[index + 1]), float(np.sign(values[index])))
    rates: list[float] = []
    for root in sorted(roots):
        rate = float(np.expm1(root))
        if not rates or rate - rates[-1] > 1e-6 * (1 + rate):
            rates.append(rate)
    return rates


def _crossing(money: NDArray[np.float64], low: float, high: float) -> float:
    return float(brentq(_value, low, high, args=(money,), xtol=1e-14, rtol=1e-14))


def _touching(money: NDArray[np.float64], low: float, high: float, sign: float) -> list[float]:
    """Roots inside a dip of the value towards zero: none, one that touches, or two that cross."""

    def height(x: float) -> float:
        return sign * _value(x, money)

    found = minimize_scalar(height, bounds=(low, high), method="bounded", options={"xatol": 1e-12})
    if found.fun > _TOUCH:
        return []
    if found.fun > -_TOUCH:
        return [float(found.x)]
    return [_crossing(money, low, float(found.x)), _crossing(money, float(found.x), high)]
