"""Queues whose servers take several customers at a time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from keruen import errors
from keruen.network.facility.laws import DETERMINISTIC, ERLANG, EXPONENTIAL, GAMMA, Law

__all__ = ["bulk_wait", "bulk_wait_mmc"]


def bulk_wait(rate: float, service: Law, least: int, most: int) -> tuple[float, float]:
    """Return the mean wait of M/G/1 with bulk service, and the chance to come while no service is on.

    A server that becomes free takes up to `most` of those who wait, once there are `least`. The number left at the end of a
    service follows N' = max(N - most, 0) + arrivals in a service, whose law is that of the roots of z^most = A(z) inside the
    unit circle (Bailey 1954, Journal of the Royal Statistical Society B 16(1); Neuts 1967, Annals of Mathematical
    Statistics 38(3), for `least`). The time average follows over a cycle from one end of service to the next.

    Parameters
    ----------
    rate : float
        Poisson arrivals in a unit of time.
    service : Law
        Service of a batch of any size; exact for deterministic, exponential, Erlang and gamma laws, else taken as the gamma
        law of its mean and SCV.
    least, most : int
        Customers that a batch needs, and takes at most.

    Returns
    -------
    tuple of float
        Mean wait, waiting for the batch to be full included, and the chance.

    Raises
    ------
    UsageError
        At capacity and past it.
    """
    mean = rate * service.mean  # customers that come in one service
    if not 0 <= mean < most:
        raise errors.UsageError(f"Utilisation {mean / most:.4g}: a steady state needs less than 1")
    if mean == 0:
        return 0.0, 1.0
    left = _left(service, mean, most)
    number = np.arange(most)
    square = rate**2 * (1 + service.scv) * service.mean**2  # E[A (A - 1)]
    beyond = (most**2 - float(left @ (most - number) ** 2) - 2 * mean**2 + mean + square) / (2 * (most - mean)) - mean
    short = left[:least]
    idle = float(short @ (least - number[:least])) / rate
    waiting = float(short @ (least * (least - 1) - number[:least] * (number[:least] - 1))) / (2 * rate)
    cycle = service.mean + idle
    held = beyond * service.mean + rate * (1 + service.scv) * service.mean**2 / 2 + waiting
    return held / cycle / rate, idle / cycle


def _left(service: Law, mean: float, most: int) -> NDArray[np.float64]:
    """Return the chances that 0 to most - 1 are left at the end of a service."""
    scv = service.scv
    regular = service.kind == DETERMINISTIC or scv < 1e-9
    shape = 1.0 if service.kind == EXPONENTIAL else 1 / max(scv, 1e-9)
    if service.kind in (ERLANG, GAMMA):
        shape = service.parameters[1]
    turn = np.exp(2j * np.pi * np.arange(1, most) / most)
    z = np.zeros(most - 1, complex)
    for _ in range(200):
        part = np.ones_like(z) if regular else 1 + mean / shape * (1 - z)
        power = mean * (z - 1) if regular else -shape * np.log(part)
        value = turn * np.exp(power / most)
        step = (z - value) / (1 - value * mean / part / most)
        z -= step
        if np.all(np.abs(step) <= 1e-14):
            break
    ends = np.polymul(np.real(np.poly(z)), [1.0, -1.0]) * (most - mean) / float(np.real(np.prod(1 - z)))
    chances: NDArray[np.float64] = np.maximum(-ends[::-1][:most], 0.0)
    return chances


def bulk_wait_mmc(rate: float, service: float, servers: int, most: int) -> tuple[float, float]:
    """Return the mean wait of M/M/c with bulk service, and the chance to come while a server is free.

    A customer who finds a server free is served alone; a server that becomes free takes up to `most` of those who wait.
    While all are busy the number that waits is geometric, p(n) = p(0) r^n, with r the root below 1 of
    rate (1 / r - 1) = c mu (1 - r^most) (Neuts and Nadarajan 1982, Operations Research 30(5)).

    Parameters
    ----------
    rate, service, servers, most : float, float, int, int
        Poisson arrivals, mean service, servers, customers that one service takes at most.

    Returns
    -------
    tuple of float
        Mean wait and chance.

    Raises
    ------
    UsageError
        At capacity and past it.
    """
    load = rate * service
    if not 0 <= load < servers * most:
        raise errors.UsageError(f"Utilisation {load / servers / most:.4g}: a steady state needs less than 1")
    if load == 0:
        return 0.0, 1.0
    r = float(brentq(lambda r: load * (1 - r) - servers * r * (1 - r**most), 0.0, _below_one(load / servers, most)))
    term, free = 1.0, 0.0
    for busy in range(servers):
        free += term
        term *= load / (busy + 1)
    full = term / (1 - r)  # term is p(0) of all busy, by the cut between the last free server and none
    return term * r / (1 - r) ** 2 / (free + full) / rate, free / (free + full)


def _below_one(load: float, most: int) -> float:
    """Return a number between the root of load (1 - r) = r (1 - r^most) and the root 1 that it always has."""
    spare = (most - load) / most  # the gap is -spare most e + (most (most + 1) / 2) e^2 at 1 - e, nearly
    return 1 - spare / (most + 1) / 2
