"""Waits behind shifts: pointwise-stationary fluid flow through one repeating period.

The queue follows dn/dt = rate - mu b. Where b services in overtime outnumber the servers of the new shift, none that
ends is replaced and db/dt = -mu b; else b = c rho(n), where rho(n) is the utilisation at which a steady station would
hold n (Rider 1976; Wang, Tipper and Banerjee 1996). No instant needs rho < 1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.special import ndtri

from keruen.network.facility.working import Shifts

__all__ = ["CELLS", "Hours", "Rhythm", "one_after_the_other", "shift_wait", "working_hours"]

Floats = NDArray[np.float64]

_RHO = np.concatenate([np.linspace(0.0, 0.9, 91), 1 - np.geomspace(0.1, 1e-5, 120)[1:]])
CELLS = 960
"""Cells of a period: 1.5 minutes of a day."""
PERIODS = 100
PATHS = 16
_SCORES = ndtri((np.arange(PATHS) + 0.5) / PATHS)
_SCORES /= _SCORES.std()


@dataclass(frozen=True, eq=False)
class Hours:
    """One repeating period of a stage, cell by cell.

    Attributes
    ----------
    period_h : float
        Length of the period.
    rates : ndarray of float, shape (cells,)
        Arrivals, customers an hour.
    servers : ndarray of float, shape (cells,)
        Servers that are there.
    finish : bool
        Whether work in progress at the end of a shift is finished in overtime.
    """

    period_h: float
    rates: Floats
    servers: Floats
    finish: bool


@dataclass(frozen=True, eq=False)
class Rhythm:
    """Hours spent in a stage over a repeating period, by the hour of coming.

    Attributes
    ----------
    period_h : float
        Length of the period.
    weights : ndarray of float, shape (cells,)
        Share of the customers that come in each cell.
    spent : ndarray of float, shape (cells,)
        Hours spent by those who come at the end of each cell, as a fluid.
    """

    period_h: float
    weights: Floats
    spent: Floats

    @property
    def variance(self) -> float:
        """Variance over the period, square hours."""
        middle = float(self.spent @ self.weights)
        return float(((self.spent - middle) ** 2) @ self.weights)


def working_hours(rate: float, servers: int | Shifts, period_h: float, profile: Floats | None) -> Hours:
    """Return the period of a stage.

    Parameters
    ----------
    rate : float
        Mean arrivals, customers an hour.
    servers : int or Shifts
        Servers.
    period_h : float
        Length of the period, a multiple of that of the shifts.
    profile : ndarray of float or None
        Arrivals of every cell over their mean; None where they do not vary.

    Returns
    -------
    Hours
        The period.
    """
    rates = np.full(CELLS, rate) if profile is None else rate * profile
    if not isinstance(servers, Shifts):
        return Hours(period_h, rates, np.full(CELLS, float(servers)), False)
    middle = (np.arange(CELLS) + 0.5) * period_h / CELLS % servers.period_h
    there = np.asarray(servers.servers, float)[np.searchsorted(servers.hours, middle, side="right") - 1]
    return Hours(period_h, rates, there, servers.at_end == "finish")


@njit(cache=True, nogil=True)
def _below(numbers: Any, n: Any, at: Any) -> Any:
    """Return the place of the last number not above n, from a place near it; the queue moves little in a step."""
    last = numbers.size - 2
    while at < last and numbers[at + 1] <= n:
        at += 1
    while at > 0 and numbers[at] > n:
        at -= 1
    return at


@njit(cache=True, nogil=True)
def _through(
    n: Any,
    working: Any,
    mu: Any,
    cell: Any,
    rates: Any,
    servers: Any,
    which: Any,
    numbers: Any,
    rhos: Any,
    finish: Any,
    queue: Any,
    busy: Any,
) -> Any:
    """Carry the number in the station through one period; write queue and busy servers, return the number at the end.

    `numbers[which[k]]` is the number in a steady station of `servers[k]` at the utilisations `rhos`; `working` are the
    services in progress at the end of the period before.
    """
    over = 0.0
    inner = max(1, int(np.ceil(cell * mu * 8.0)))
    step = cell / inner
    before = servers[servers.size - 1]
    at = 0
    for k in range(servers.size):
        c = servers[k]
        if c != before:
            over = working if finish and working > c else 0.0
            before = c
        served = 0.0
        for _ in range(inner):
            over = min(over, n)
            if over > c:
                working = over
            else:
                at = _below(numbers[which[k]], n, at)
                low, high = numbers[which[k], at], numbers[which[k], at + 1]
                share = min((n - low) / (high - low), 1.0) if high > low else 0.0
                working = min(c * (rhos[at] + share * (rhos[at + 1] - rhos[at])), n)
            served += working
            n = max(n + step * (rates[k] - mu * working), 0.0)
            over *= max(1.0 - step * mu, 0.0)
        busy[k] = served / inner
        queue[k] = max(n - busy[k], 0.0)
    return n


def shift_wait(hours: Hours, service: float, steady: Callable[[int, Floats], Floats]) -> tuple[float, Rhythm, Floats]:
    """Return the mean wait of a stage, the hours spent in it by the hour of coming, and when its customers leave.

    Parameters
    ----------
    hours : Hours
        Arrivals and servers over the period.
    service : float
        Mean service, hours.
    steady : callable
        Mean steady wait, hours, of a number of servers at an array of utilisations.

    Returns
    -------
    tuple of float, Rhythm and ndarray
        Mean wait, hours; hours spent over the period; departures of every cell over their mean.
    """
    levels, which = np.unique(hours.servers, return_inverse=True)
    numbers = np.zeros((levels.size, _RHO.size))
    for k, c in enumerate(levels):
        wait = steady(int(c), _RHO) if c else np.zeros_like(_RHO)
        numbers[k] = _RHO * c * (1 + wait / service)
    queue, busy = np.zeros(CELLS), np.zeros(CELLS)
    cell = hours.period_h / CELLS
    given = (1 / service, cell, hours.rates, hours.servers, which, numbers, _RHO, hours.finish, queue, busy)
    _settle(lambda n: float(_through(n, busy[-1], *given)))
    rate = float(hours.rates.mean())
    leaving = busy / max(float(busy.mean()), 1e-300)
    return float(queue.mean()) / rate, _spent(hours, cell, queue + busy), leaving


def _settle(through: Callable[[float], float]) -> None:
    """Find the number at the start of a period that is also there at its end, by secant steps.

    A larger number stays larger but comes nearer over a period, so what a period adds falls with the number it began
    with; where a step is not to be had the period is simply lived through.
    """
    before, added = 0.0, through(0.0)
    n = added
    for _ in range(PERIODS):
        change = through(n) - n
        if abs(change) <= 1e-6 * max(n, 1e-2):
            return
        slope = (change - added) / (n - before) if n != before else 0.0
        before, added = n, change
        n = max(n - change / slope if -1.0 <= slope < -1e-9 else n + change, 0.0)


def _spent(hours: Hours, cell: float, inside: Floats) -> Rhythm:
    """Return the time between the curves of arrivals and departures, by the hour of coming."""
    came = np.cumsum(hours.rates) * cell
    times, through = (np.arange(CELLS) + 1) * cell, float(came[-1])
    gone = came - inside  # departures by the end of each cell, but for a constant
    cycles = int(np.ceil(inside.max() / max(through, 1e-12))) + 2
    clock = np.concatenate([times + k * hours.period_h for k in range(cycles)])
    left = np.maximum.accumulate(np.concatenate([gone + k * through for k in range(cycles)]))
    return Rhythm(hours.period_h, hours.rates / hours.rates.sum(), np.interp(came, left, clock) - times)


def one_after_the_other(stages: Sequence[tuple[float, float, Rhythm | None]]) -> float:
    """Return the variance of the hours spent in stages that are passed in order, less what chance adds at each.

    Whoever waits for the morning at one stage comes to the next at its busiest hour, or when its queue is gone: the hours
    are not independent, so the clock is followed from stage to stage, with the chance of each stage along an even set of
    normal scores.

    Parameters
    ----------
    stages : sequence of (float, float, Rhythm or None)
        Mean hours in each stage, variance by chance alone, and its rhythm where it has one; periods are equal.

    Returns
    -------
    float
        Variance, square hours.
    """
    first = next((place for place, (_, _, one) in enumerate(stages) if one is not None), None)
    if first is None:
        return 0.0
    rhythms = [one for _, _, one in stages if one is not None]
    if len(rhythms) == 1:
        return rhythms[0].variance
    times = (np.arange(CELLS) + 1) * rhythms[0].period_h / CELLS
    total, added = np.zeros((PATHS, CELLS)), 0.0
    for place, (mean, variance, rhythm) in enumerate(stages[first:]):
        clock = times + total
        spent = mean if rhythm is None else np.interp(clock, times, rhythm.spent, period=rhythm.period_h)
        scores = np.random.default_rng(place).permutation(_SCORES)
        total += np.maximum(spent + np.sqrt(variance) * scores[:, None], 0.0)
        added += variance
    whole = float(((total - float((total @ rhythms[0].weights).mean())) ** 2 @ rhythms[0].weights).mean())
    return max(whole - added, 0.0)
