"""Waits behind shifts: pointwise-stationary fluid flow through one repeating period.

The queue follows dn/dt = rate - mu b. Where b services in overtime outnumber the servers of the new shift, none that
ends is replaced and db/dt = -mu b; else b = c rho(n), where rho(n) is the utilisation at which a steady station would
hold n (Rider 1976; Wang, Tipper and Banerjee 1996). No instant needs rho < 1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from keruen.network.facility.declaration import Shifts

__all__ = ["shift_wait"]

Floats = NDArray[np.float64]

_RHO = np.concatenate([np.linspace(0.0, 0.9, 91), 1 - np.geomspace(0.1, 1e-5, 120)[1:]])
STEPS = 960
PERIODS = 400


@njit(cache=True, nogil=True)
def _through(
    n: Any,
    rate: Any,
    mu: Any,
    lengths: Any,
    servers: Any,
    numbers: Any,
    rhos: Any,
    finish: Any,
    queue: Any,
    busy: Any,
    times: Any,
) -> Any:
    """Carry the number in the station through one period; write queue and busy servers, return the number at the end.

    `numbers[k]` is the number in a steady station of `servers[k]` at the utilisations `rhos`.
    """
    at = 0
    over = 0.0
    share = queue.size // lengths.size
    working = busy[busy.size - 1]  # of the period before: services that go on in overtime
    time = 0.0
    for k in range(lengths.size):
        c = servers[k]
        over = working if finish and working > c else 0.0
        inner = max(1, int(np.ceil(lengths[k] / share * mu * 8.0)))
        step = lengths[k] / (share * inner)
        for _ in range(share):
            for _ in range(inner):
                over = min(over, n)
                working = over if over > c else c * np.interp(n, numbers[k], rhos)
                n = max(n + step * (rate - mu * working), 0.0)
                over *= max(1.0 - step * mu, 0.0)
            working = min(working, n)
            time += step * inner
            queue[at], busy[at], times[at] = n - working, working, time
            at += 1
    return n


def shift_wait(
    rate: float, service: float, shifts: Shifts, steady: Callable[[int, Floats], Floats]
) -> tuple[float, float]:
    """Return mean and variance over the period of the wait behind shifts.

    Parameters
    ----------
    rate, service : float
        Customers an hour; mean service, hours.
    shifts : Shifts
        Servers by hour.
    steady : callable
        Mean steady wait, hours, of a number of servers at an array of utilisations.

    Returns
    -------
    tuple of float
        Mean and variance of the wait, hours.
    """
    lengths = shifts.lengths()
    servers = np.asarray(shifts.servers, float)
    first = int(np.argmax(servers == servers.min()))  # begin where the queue begins to grow
    lengths, servers = np.roll(lengths, -first), np.roll(servers, -first)
    numbers = np.zeros((servers.size, _RHO.size))
    for k, c in enumerate(servers):
        wait = steady(int(c), _RHO) if c else np.zeros_like(_RHO)
        numbers[k] = _RHO * c * (1 + wait / service)
    share = max(STEPS // servers.size, 40)
    queue, busy, times = (np.zeros(share * servers.size) for _ in range(3))
    given = (rate, 1 / service, lengths, servers, numbers, _RHO, shifts.at_end == "finish", queue, busy, times)
    n = 0.0
    for period in range(PERIODS):
        after = _through(n, *given)
        change = after - n
        if abs(change) <= 1e-7 * max(after, 1e-3):
            break
        n = after
        if period % 4 == 3:  # Aitken: two more steps tell where the sequence goes
            second = _through(n, *given)
            third = _through(second, *given)
            bend = third - 2 * second + n
            settles = abs(bend) > 1e-12 and (second - n) / bend < 0
            n = max(n - (second - n) ** 2 / bend, 0.0) if settles else third
    width = np.diff(times, prepend=0.0) / times[-1]
    mean = float(queue @ width) / rate
    served = np.cumsum(busy * width) * times[-1] / service
    return mean, _spread(times, served, queue + busy, rate)


def _spread(times: Floats, served: Floats, inside: Floats, rate: float) -> float:
    """Return the variance over the period of the time between the curves of arrivals and departures."""
    period, through = times[-1], served[-1]
    cycles = int(np.ceil(inside.max() / max(through, 1e-12))) + 2
    clock = np.concatenate([times + k * period for k in range(cycles)])
    gone = np.concatenate([served + k * through for k in range(cycles)])
    leaves = np.interp(served + inside, gone, clock)
    return float(np.var(leaves - times, ddof=0))
