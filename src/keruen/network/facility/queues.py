"""Exact results of queueing theory: what formula and simulation are held against.

Times are in one unit, rates in its inverse; `service` is the mean service time of one server. Waits are in queue,
without service. Every function expects a load below capacity unless it says otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq

from keruen import errors
from keruen.network.facility.laws import Law

__all__ = [
    "batch_g1",
    "batch_mmc",
    "cobham",
    "erlang_c",
    "erlang_wait",
    "gi_m_c",
    "jackson",
    "m_d_c",
    "m_g_1",
    "m_m_c",
    "m_m_c_k",
]


def erlang_c(servers: int, load: float) -> float:
    """Return the chance that a customer of M/M/c waits (Erlang 1917), by the stable recursion.

    Parameters
    ----------
    servers : int
        Servers, 1 or more.
    load : float
        Arrival rate x mean service, below `servers`.

    Returns
    -------
    float
        Probability.
    """
    blocking = 1.0
    for server in range(1, servers + 1):
        blocking = load * blocking / (server + load * blocking)
    return blocking / (1 - load / servers * (1 - blocking))


def erlang_wait(servers: int, rho: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean wait of M/M/c in mean services, at an array of utilisations from 0 to below 1."""
    blocking = np.ones_like(rho)
    for server in range(1, servers + 1):
        blocking = servers * rho * blocking / (server + servers * rho * blocking)
    waits: NDArray[np.float64] = blocking / (1 - rho * (1 - blocking)) / (servers * (1 - rho))
    return waits


def _load(rate: float, service: float, servers: int) -> float:
    """Return the utilisation, refused at 1 or more."""
    rho = rate * service / servers
    if not 0 <= rho < 1:
        raise errors.UsageError(f"Utilisation {rho:.4g}: a steady state needs less than 1")
    return rho


def m_m_c(rate: float, service: float, servers: int) -> tuple[float, float]:
    """Return mean and variance of the wait of M/M/c.

    Parameters
    ----------
    rate, service, servers : float, float, int
        Arrivals, mean service, servers.

    Returns
    -------
    tuple of float
        Wq = C ES / (c (1 - rho)), Var Wq = C (2 - C) ES^2 / (c (1 - rho))^2.
    """
    rho = _load(rate, service, servers)
    chance = erlang_c(servers, rate * service)
    scale = service / (servers * (1 - rho))
    return chance * scale, chance * (2 - chance) * scale**2


def m_g_1(rate: float, law: Law) -> tuple[float, float]:
    """Return mean and variance of the wait of M/G/1 (Pollaczek and Khinchine; Takacs 1962 for the variance)."""
    rho = _load(rate, law.mean, 1)
    mean = rate * law.moment(2) / (2 * (1 - rho))
    return mean, mean**2 + rate * law.moment(3) / (3 * (1 - rho))


def gi_m_c(headway: Law, service: float, servers: int) -> tuple[float, float]:
    """Return mean and variance of the wait of GI/M/c (Takacs 1962, Introduction to the Theory of Queues).

    Parameters
    ----------
    headway : Law
        Times between arrivals.
    service, servers : float, int
        Mean service, servers.

    Returns
    -------
    tuple of float
        Mean and variance of the wait.
    """
    _load(1 / headway.mean, service, servers)
    rate = servers / service
    with np.errstate(over="ignore"):
        sigma = _root(headway, rate)
    terms, product = 0.0, 1.0
    for j in range(1, servers + 1):
        phi = headway.transform(j / service)
        product *= phi / (1 - phi)
        if product == 0.0:  # headways so regular and loads so light that the chance of a wait is below any number
            return 0.0, 0.0
        terms += math.comb(servers, j) / (product * (1 - phi)) * _ratio(headway, service, servers, sigma, j)
    waits = 1 / (1 / (1 - sigma) + terms) / (1 - sigma)
    mean = waits / (rate * (1 - sigma))
    return mean, 2 * mean / (rate * (1 - sigma)) - mean**2


def _ratio(headway: Law, service: float, servers: int, sigma: float, j: int) -> float:
    """Return (c (1 - phi_j) - j) / (c (1 - sigma) - j), also where both vanish: sigma is the transform there."""
    pole = servers * (1 - sigma)
    if abs(pole - j) > 1e-4:
        return (servers * (1 - headway.transform(j / service)) - j) / (pole - j)
    middle, step = 0.5 * (pole + j), 1e-3 * j  # a divided difference of the transform is its slope half way
    near, far = (
        (headway.transform((middle + k * step) / service) - headway.transform((middle - k * step) / service))
        / (2 * k * step)
        for k in (1, 2)
    )
    return 1 + servers * (4 * near - far) / 3


def _root(headway: Law, rate: float) -> float:
    """Return sigma in (0, 1) with sigma = A*(rate (1 - sigma))."""

    def gap(sigma: float) -> float:
        return headway.transform(rate * (1 - sigma)) - sigma

    high = 1.0 - 1e-3
    while gap(high) >= 0 and high < 1 - 1e-12:
        high = 1 - (1 - high) / 10
    return float(brentq(gap, 0.0, high, xtol=1e-16, rtol=1e-15))


def m_d_c(rate: float, service: float, servers: int) -> float:
    """Return the mean wait of M/D/c, exact.

    The number in system satisfies N(t + D) = max(N(t) - c, 0) + Poisson (Crommelin 1932); the mean of this bulk
    service queue follows from the c - 1 roots of z^c = exp(a (z - 1)) inside the unit circle (Janssen and van
    Leeuwaarden 2005).

    Parameters
    ----------
    rate, service, servers : float, float, int
        Arrivals, service, servers.

    Returns
    -------
    float
        Mean wait.
    """
    rho = _load(rate, service, servers)
    if rho == 0:
        return 0.0
    load = rate * service
    turn = np.exp(2j * np.pi * np.arange(1, servers) / servers)
    z = np.zeros(servers - 1, complex)
    for _ in range(200):
        value = turn * np.exp(rho * (z - 1))
        step = (z - value) / (1 - rho * value)
        z -= step
        if np.all(np.abs(step) <= 1e-15):
            break
    queue = load / (2 * (servers - load)) - (servers - 1 + load) / 2 + float(np.sum(1 / (1 - z)).real)
    return max(queue, 0.0) / rate


def batch_g1(trains: float, size: Law, service: Law) -> float:
    """Return the mean wait of a customer of M^X/G/1 (Gaver 1959, Burke 1975).

    Parameters
    ----------
    trains : float
        Trains in a unit of time.
    size, service : Law
        Customers on a train; service of one.

    Returns
    -------
    float
        Mean wait.
    """
    rho = _load(trains * size.mean, service.mean, 1)
    index = size.moment(2) / size.mean
    return service.mean * (rho * (1 + service.scv) + index - 1) / (2 * (1 - rho))


def batch_mmc(trains: float, size: Law, service: float, servers: int) -> float:
    """Return the mean wait of a customer of M^X/M/c, from the cut equations of the chain.

    Parameters
    ----------
    trains, size, service, servers : float, Law, float, int
        Trains in a unit of time, customers on one, mean service, servers.

    Returns
    -------
    float
        Mean wait, to about 1e-10.
    """
    rho = _load(trains * size.mean, service, servers)
    sizes, weights = size.probabilities()
    longest = int(sizes.max())
    longer = np.array([weights[sizes > k].sum() for k in range(longest)])[::-1]  # P(X > k), longest k first
    index = size.moment(2) / size.mean
    count = int(40 * (servers + (index + 1) / (1 - rho))) + longest
    p = np.zeros(count + longest)
    p[longest] = 1.0  # shifted by `longest`, so that every window is whole
    for n in range(count - 1):
        up = trains * service * float(longer @ p[n + 1 : n + 1 + longest])
        p[longest + n + 1] = up / min(n + 1, servers)
        if p[longest + n + 1] > 1e200:
            p /= 1e200
    number = np.arange(count)
    chances = p[longest:] / p[longest:].sum()
    return float(np.maximum(number - servers, 0) @ chances) / (trains * size.mean)


def cobham(rates: Sequence[float], service: Law, servers: int = 1) -> NDArray[np.float64]:
    """Return the mean wait of each priority, the first served first, without interruption (Cobham 1954).

    Parameters
    ----------
    rates : sequence of float
        Poisson arrivals by priority.
    service : Law
        Service, the same for all; exponential where there is more than one server.
    servers : int
        Servers.

    Returns
    -------
    ndarray of float
        Mean waits.
    """
    total = sum(rates)
    rho = _load(total, service.mean, servers)
    residual = total * service.moment(2) / 2 if servers == 1 else (1 - rho) * m_m_c(total, service.mean, servers)[0]
    below = np.cumsum(np.asarray(rates, float)) * service.mean / servers
    waits: NDArray[np.float64] = residual / ((1 - np.append(0.0, below[:-1])) * (1 - below))
    return waits


def m_m_c_k(rate: float, service: float, servers: int, room: int) -> tuple[float, float]:
    """Return the mean wait of those who enter M/M/c/K, and the share turned away; any load.

    Parameters
    ----------
    rate, service, servers, room : float, float, int, int
        Arrivals, mean service, servers, customers that find room, those in service included.

    Returns
    -------
    tuple of float
        Mean wait and loss.
    """
    number = np.arange(room + 1)
    steps = np.log(rate * service) - np.log(np.minimum(number[1:], servers))
    logs = np.append(0.0, np.cumsum(steps))
    chances = np.exp(logs - logs.max())
    chances /= chances.sum()
    queue = float(np.maximum(number - servers, 0) @ chances)
    return queue / (rate * (1 - chances[-1])), float(chances[-1])


def jackson(
    entering: ArrayLike, routing: ArrayLike, services: Sequence[float], servers: Sequence[int]
) -> tuple[NDArray[np.float64], float]:
    """Return the mean wait at each station of an open Jackson network, and the mean time in it.

    Parameters
    ----------
    entering : array_like of float, shape (stations,)
        Poisson arrivals from outside.
    routing : array_like of float, shape (stations, stations)
        Chances of going from one station to the next.
    services, servers : sequence of float, sequence of int
        Mean service and servers of each station.

    Returns
    -------
    tuple of ndarray and float
        Waits by station (Jackson 1957), and mean sojourn of a customer.
    """
    outside = np.asarray(entering, float)
    ways = np.asarray(routing, float)
    rates = np.linalg.solve(np.eye(outside.size) - ways.T, outside)
    stations = zip(rates, services, servers, strict=True)
    waits = np.array([m_m_c(float(rate), service, count)[0] for rate, service, count in stations])
    sojourn = float(rates @ (waits + np.asarray(services))) / outside.sum()
    return waits, sojourn
