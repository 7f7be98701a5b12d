"""A dwell that grows with flow, as a row of numbers: increasing, convex and finite for every flow.

Below capacity the congestion part is a sum of rho^n and rho^n / (1 - rho) with factors of zero or more: a power series
with coefficients of zero or more, so increasing and convex, with a closed integral. The coordinate transformation of
Kimber and Hollis (1979) carries it past capacity. :mod:`keruen.network.facility.smooth` fits such a row to a facility.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["DEGREE", "FIRST", "ROW", "SECOND", "smooth_integral", "smooth_time_and_slope"]

DEGREE = 16
ROW = 3 + 2 * (DEGREE + 1)
"""Numbers of a row: free hours, 1 / capacity, 2 / span, then factors of rho^n and of rho^n / (1 - rho)."""

FIRST, SECOND = 3, 4 + DEGREE
"""Where the factors of rho^n, and of rho^n / (1 - rho), begin."""


@njit(cache=True)
def _congestion(row: NDArray[np.float64], rho: float) -> tuple[float, float, float, float]:
    """Return A, A', B, B' at rho, where the congestion part is A + B / (1 - rho)."""
    a = da = b = db = 0.0
    for n in range(DEGREE, -1, -1):
        da = da * rho + a
        a = a * rho + row[FIRST + n]
        db = db * rho + b
        b = b * rho + row[SECOND + n]
    return a, da, b, db


@njit(cache=True)
def _utilisation(row: NDArray[np.float64], x: float) -> float:
    """Solve x = rho + 2 W(rho) / span, multiplied by 1 - rho to have no pole, by Newton steps in a bracket."""
    low, high = 0.0, min(x, 1.0)
    # the pole alone gives a quadratic, whose root is a good start
    pole = 0.0
    for n in range(DEGREE + 1):
        pole += row[SECOND + n]
    z = x + 1.0
    rho = min(0.5 * (z - math.sqrt(max(z * z - 4.0 * (x - row[2] * pole * min(x, 1.0)), 0.0))), 0.999 * high)
    rho = max(rho, 0.5 * high * 1e-3)
    for _ in range(80):
        a, da, b, db = _congestion(row, rho)
        spare = 1.0 - rho
        value = (rho - x) * spare + row[2] * (a * spare + b)
        if value > 0.0:
            high = rho
        else:
            low = rho
        slope = spare - rho + x + row[2] * (da * spare - a + db)
        step = rho - value / slope
        if not low < step < high:
            step = 0.5 * (low + high)
        if abs(step - rho) <= 4e-16 * rho:
            return float(step)
        rho = step
    return rho


@njit(cache=True)
def smooth_time_and_slope(row: NDArray[np.float64], flow: float) -> tuple[float, float]:
    """Return hours and their derivative by flow.

    Parameters
    ----------
    row : ndarray of float, shape (37,)
        Free hours, 1 / capacity, 2 / span, then the factors of rho^n and of rho^n / (1 - rho), n from 0 to 16.
    flow : float
        Customers a day, 0 or more.

    Returns
    -------
    tuple of float
        Hours, and hours per customer a day.
    """
    x = flow * row[1]
    rho = _utilisation(row, x) if x > 0.0 else 0.0
    a, da, b, db = _congestion(row, rho)
    spare = 1.0 - rho
    wait = a + b / spare if rho < 0.5 else (x - rho) / row[2]  # the same number, without the pole
    steep = da * spare * spare + db * spare + b
    return row[0] + wait, steep / (spare * spare + row[2] * steep) * row[1]


@njit(cache=True)
def smooth_integral(row: NDArray[np.float64], flow: float) -> float:
    """Return the integral of the hours from no flow to `flow` (Beckmann's objective), parameters as above.

    By parts: free hours x + integral of W over rho + W^2 / span, each in closed form.
    """
    x = flow * row[1]
    if x <= 0.0:
        return 0.0
    rho = _utilisation(row, x)
    a, _, b, _ = _congestion(row, rho)
    wait = a + b / (1.0 - rho) if rho < 0.5 else (x - rho) / row[2]
    area = 0.0
    power = rho
    above = 0.0
    for n in range(DEGREE + 1):
        above += row[SECOND + n]
    area -= above * math.log1p(-rho)
    for n in range(DEGREE + 1):
        area += row[FIRST + n] * power / (n + 1)
        if n < DEGREE:
            above -= row[SECOND + n]
            area -= above * power / (n + 1)
        power *= rho
    return float(row[0] * flow + (area + 0.5 * row[2] * wait * wait) / row[1])
