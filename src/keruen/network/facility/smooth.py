"""The dwell as a link performance function: increasing, convex and finite for every flow, with slope and integral.

The formula for reporting is not convex everywhere (Whitt's has kinks, a gathering batch waits longer when fewer come).
So it is projected: nonnegative least squares on rho^n and rho^n / (1 - rho). A sum of these with nonnegative factors is
a power series with nonnegative coefficients, hence increasing and convex, and its integral is closed. The coordinate
transformation of Kimber and Hollis carries it past capacity and keeps that shape. Evaluating costs the same however
many stages there are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import nnls

from keruen import errors
from keruen.network.curve import DEGREE, FIRST, ROW, SECOND, smooth_integral, smooth_time_and_slope
from keruen.network.facility.arguments import number
from keruen.network.facility.capacity import capacity
from keruen.network.facility.checking import check
from keruen.network.facility.declaration import Facility
from keruen.network.facility.formula import steady_dwell

__all__ = ["SmoothDwell", "smooth"]

_POWERS = (1, 2, 3, 4, 6, 8, 11, DEGREE)
_GRID = np.concatenate([np.linspace(0.02, 0.9, 23), [0.92, 0.94, 0.96, 0.975, 0.985]])


@njit(cache=True)
def _evaluate(row: Any, flows: Any, value: Any, slope: Any, area: Any) -> None:
    for k in range(flows.size):
        value[k], slope[k] = smooth_time_and_slope(row, flows[k])
        area[k] = smooth_integral(row, flows[k])


@dataclass(frozen=True, eq=False)
class SmoothDwell:
    """Hours in a facility against flow: increasing, convex, finite.

    Attributes
    ----------
    row : ndarray of float, shape (37,)
        Parameters for `smooth_time_and_slope` and `smooth_integral`, which kernels may call.
    misfit : float
        Largest relative distance from the formula for reporting, up to 0.97 of capacity.
    """

    row: NDArray[np.float64]
    misfit: float

    @property
    def capacity_per_day(self) -> float:
        """Customers a day at which the binding stage is full."""
        return float(1 / self.row[1])

    def time(self, flow_per_day: ArrayLike) -> NDArray[np.float64]:
        """Return hours at the given flows."""
        return self._all(flow_per_day)[0]

    def slope(self, flow_per_day: ArrayLike) -> NDArray[np.float64]:
        """Return hours per customer a day at the given flows."""
        return self._all(flow_per_day)[1]

    def integral(self, flow_per_day: ArrayLike) -> NDArray[np.float64]:
        """Return the integral of the hours from no flow to the given flows."""
        return self._all(flow_per_day)[2]

    def _all(self, flow_per_day: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        try:
            flows = np.atleast_1d(np.ascontiguousarray(flow_per_day, dtype=np.float64))
        except (TypeError, ValueError):
            raise errors.UsageError(f"flow_per_day = {flow_per_day!r}: expected numbers of 0 or more") from None
        if not (np.isfinite(flows).all() and (flows >= 0).all()):
            raise errors.UsageError("flow_per_day: expected finite numbers of 0 or more")
        value, slope, area = (np.empty(flows.size) for _ in range(3))
        _evaluate(self.row, flows.ravel(), value, slope, area)
        return value.reshape(flows.shape), slope.reshape(flows.shape), area.reshape(flows.shape)


def smooth(
    facility: Facility,
    *,
    span_h: float | None = None,
    dwell_h: tuple[Sequence[float], Sequence[float]] | None = None,
    klass: str | None = None,
) -> SmoothDwell:
    """Return the dwell of a facility as a link performance function.

    Parameters
    ----------
    facility : Facility
        A facility.
    span_h : float, optional
        How long an overload lasts; `Facility.overload_h` if absent.
    dwell_h : pair of sequences, optional
        Utilisations between 0 and 1 and steady dwells to fit in place of the formula's: simulated ones, say.
    klass : str, optional
        Class whose dwell is wanted, against the flow of all; the mean over all classes if absent.

    Returns
    -------
    SmoothDwell
        Time, slope and integral.

    Raises
    ------
    DataError
        Where the facility does not hold together.
    UsageError
        Where nothing limits the facility: then its dwell does not depend on flow.
    """
    check(facility)
    most = capacity(facility).total_per_day
    if not math.isfinite(most):
        raise errors.UsageError(f"Facility {facility.name}: nothing limits it, so its dwell is a constant")
    span = facility.overload_h if span_h is None else number("span_h", span_h, above=0)
    if klass is not None and klass not in facility.classes():
        raise errors.UsageError(f"klass = {klass!r}: expected a class that comes: {', '.join(facility.classes())}")
    if dwell_h is None:
        rho = _GRID
        found = [steady_dwell(facility, x * most) for x in rho]
        hours = np.array([one.mean_h if klass is None else one.by_class[klass] for one in found])
    else:
        rho, hours = (np.asarray(part, float) for part in dwell_h)
        if rho.shape != hours.shape or not (np.all((rho > 0) & (rho < 1)) and np.all(hours > 0)):
            raise errors.UsageError("dwell_h: expected utilisations between 0 and 1, and as many hours above 0")
    row = np.zeros(ROW)
    row[1], row[2] = 1 / most, 2 / span
    basis = [np.ones(rho.size)] + [rho**n for n in _POWERS] + [rho**n / (1 - rho) for n in _POWERS]
    factors, _ = nnls(np.array(basis).T / hours[:, None], np.ones(rho.size), maxiter=10_000)
    row[0] = factors[0]
    for k, n in enumerate(_POWERS):
        row[FIRST + n] = factors[1 + k]
        row[SECOND + n] = factors[1 + len(_POWERS) + k]
    fitted = np.array(basis).T @ factors
    if not row[SECOND:].any():  # nothing varies: only an overload queues
        row[SECOND + 1] = 1e-9 * span
    return SmoothDwell(row, float(np.max(np.abs(fitted / hours - 1))))
