"""What users gain when a route becomes cheaper: the rule of half, and the exact area it stands for."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from keruen.errors import UsageError

__all__ = ["carbon_musd", "elastic_flow", "exact_surplus", "rule_of_half"]


def elastic_flow(
    flow_before: ArrayLike, cost_before: ArrayLike, cost_after: ArrayLike, elasticity: ArrayLike
) -> NDArray[np.float64]:
    """Flow after a change of cost, at constant elasticity.

    Parameters
    ----------
    flow_before : array-like
        Flow at the cost before, t/year.
    cost_before, cost_after : array-like
        Generalised cost, USD/t, above zero.
    elasticity : array-like
        0 or more, as in the equilibrium: ``flow * (cost / cost_before) ** -elasticity``.

    Returns
    -------
    ndarray
        t/year.

    Examples
    --------
    >>> float(elastic_flow(100.0, 50.0, 25.0, 1.0))
    200.0
    """
    before, after, power = _checked(cost_before, cost_after, elasticity)
    return np.asarray(np.asarray(flow_before, dtype=np.float64) * (after / before) ** -power)


def rule_of_half(
    flow_before: ArrayLike, flow_after: ArrayLike, cost_before: ArrayLike, cost_after: ArrayLike
) -> NDArray[np.float64]:
    """Gain of users: ``(flow before + flow after) / 2 * (cost before - cost after)``.

    Old users gain the whole difference, new users half of it on average. It is exact for a straight demand curve and
    too high for a curved one where the change is large; a route that did not exist has no cost before, and the rule
    cannot be used (it is refused).

    Parameters
    ----------
    flow_before, flow_after : array-like
        t/year, 0 or more.
    cost_before, cost_after : array-like
        USD/t, finite.

    Returns
    -------
    ndarray
        USD/year, negative for a loss.

    Examples
    --------
    >>> float(rule_of_half(100.0, 140.0, 50.0, 40.0))
    1200.0
    """
    before, after = np.asarray(cost_before, dtype=np.float64), np.asarray(cost_after, dtype=np.float64)
    if not (np.isfinite(before).all() and np.isfinite(after).all()):
        raise UsageError("the rule of half needs a finite cost before and after: a route that did not exist has none")
    flows = np.asarray(flow_before, dtype=np.float64) + np.asarray(flow_after, dtype=np.float64)
    return np.asarray(0.5 * flows * (before - after))


def exact_surplus(
    flow_before: ArrayLike, cost_before: ArrayLike, cost_after: ArrayLike, elasticity: ArrayLike
) -> NDArray[np.float64]:
    """Gain of users as the area under the constant-elasticity demand curve, USD/year.

    With elasticity e it is ``q0 c0 / (1 - e) * (1 - (c1 / c0) ** (1 - e))``, and ``q0 c0 ln(c0 / c1)`` at e = 1. The
    difference to `rule_of_half` is the error of the rule.

    Examples
    --------
    >>> round(float(exact_surplus(100.0, 50.0, 40.0, 0.0)), 2)
    1000.0
    >>> round(float(exact_surplus(100.0, 50.0, 40.0, 1.0)), 2)  # 5000 ln 1.25
    1115.72
    """
    before, after, power = _checked(cost_before, cost_after, elasticity)
    log_ratio = np.log(after / before)
    shape = 1.0 - power
    # (1 - x ** s) / s with x = c1 / c0 tends to -ln x as s tends to 0
    small = np.abs(shape) < 1e-8
    area = np.where(small, -log_ratio, -np.expm1(shape * log_ratio) / np.where(small, 1.0, shape))
    return np.asarray(np.asarray(flow_before, dtype=np.float64) * before * area)


def carbon_musd(
    tonnes_saved: ArrayLike, years: ArrayLike, *, price_usd_per_t: float, price_of_year: int, growth: float = 0.0
) -> NDArray[np.float64]:
    """Emissions saved, at a stated price of carbon.

    Parameters
    ----------
    tonnes_saved : array-like, shape (years,)
        t CO2e a year, without the project minus with it; negative where emissions rise.
    years : array-like of int, shape (years,)
        Calendar years.
    price_usd_per_t : float
        USD per t CO2e in `price_of_year`, in the constant prices of the study. There is no default: it must be stated.
    price_of_year : int
        Year for which the price holds.
    growth : float
        Real growth of the price a year.

    Returns
    -------
    ndarray, shape (years,)
        Million USD.

    Examples
    --------
    >>> carbon_musd([1e6, 1e6], [2025, 2026], price_usd_per_t=50.0, price_of_year=2025, growth=0.02).tolist()
    [50.0, 51.0]
    """
    price = price_usd_per_t * (1.0 + growth) ** (np.asarray(years, dtype=np.float64) - price_of_year)
    return np.asarray(np.asarray(tonnes_saved, dtype=np.float64) * price / 1e6)


def _checked(
    cost_before: ArrayLike, cost_after: ArrayLike, elasticity: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    before, after = np.asarray(cost_before, dtype=np.float64), np.asarray(cost_after, dtype=np.float64)
    power = np.asarray(elasticity, dtype=np.float64)
    if not ((before > 0).all() and (after > 0).all() and np.isfinite(before).all() and np.isfinite(after).all()):
        raise UsageError("constant elasticity needs finite costs above zero, before and after")
    if not (power >= 0).all():
        raise UsageError("elasticity: expected 0 or more; with 0.5, one per cent of cost moves half a per cent of flow")
    return before, after, power
