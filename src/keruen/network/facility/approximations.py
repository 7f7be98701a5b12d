"""Waits of stations that theory knows only roughly: G/G/c, trains, slots, gathering; accuracy in docs/simulation.md."""

from __future__ import annotations

import math

import numpy as np

from keruen.network.facility.laws import DETERMINISTIC, EXPONENTIAL, Law, fitted
from keruen.network.facility.queues import gi_m_c, m_d_c, m_g_1, m_m_c

__all__ = [
    "chance_of_waiting",
    "delayed_variance",
    "departure_scv",
    "gathering",
    "general",
    "law_of",
    "own_train",
    "slot_queue",
    "wait_variance",
    "whitt",
]


def whitt(rho: float, servers: int, arrival_scv: float, service_scv: float) -> float:
    """Return the mean wait of G/G/c in mean services (Whitt 1993, Production and Operations Management 2(2)).

    Parameters
    ----------
    rho, servers : float, int
        Utilisation, servers.
    arrival_scv, service_scv : float
        Squared coefficients of variation.

    Returns
    -------
    float
        Wait over mean service.
    """
    if rho <= 0 or arrival_scv + service_scv <= 0:
        return 0.0
    gamma = min(0.24, (1 - rho) * (servers - 1) * (math.sqrt(4 + 5 * servers) - 2) / (16 * servers * rho))
    one, two = 1 + gamma, 1 - 4 * gamma
    three = two * math.exp(-2 * (1 - rho) / (3 * rho))
    four = min(1.0, (one + three) / 2)
    mean_scv = (arrival_scv + service_scv) / 2
    psi = 1.0 if mean_scv >= 1 else four ** (2 * (1 - mean_scv))
    if arrival_scv >= service_scv:
        bottom = 4 * arrival_scv - 3 * service_scv
        phi = 4 * (arrival_scv - service_scv) / bottom * one + service_scv / bottom * psi
    else:
        bottom = 2 * arrival_scv + 2 * service_scv
        phi = (service_scv - arrival_scv) / bottom * three + (service_scv + 3 * arrival_scv) / bottom * psi
    return phi * mean_scv * m_m_c(rho * servers, 1.0, servers)[0]


def _poisson(rho: float, service: Law, servers: int) -> float:
    """Return the mean wait of M/G/c, service mean 1: exact for one server, M and D; between them Boxma's."""
    if servers == 1:
        return m_g_1(rho, service)[0]
    if service.kind == EXPONENTIAL:
        return m_m_c(rho * servers, 1.0, servers)[0]
    if service.kind == DETERMINISTIC:
        return m_d_c(rho * servers, 1.0, servers)
    scv = service.scv
    if scv <= 1:
        return scv * m_m_c(rho * servers, 1.0, servers)[0] + (1 - scv) * m_d_c(rho * servers, 1.0, servers)
    return whitt(rho, servers, 1.0, scv)


def general(headway: Law, service: Law, servers: int) -> float:
    """Return the mean wait of GI/G/c.

    Exact for GI/M/c, M/G/1 and M/D/c. Elsewhere Whitt's formula, multiplied by how far it is from the exact GI/M/c with
    these arrivals and from M/G/c with this service: third moments enter where two moments do not suffice.

    Parameters
    ----------
    headway, service : Law
        Times between arrivals, services.
    servers : int
        Servers.

    Returns
    -------
    float
        Mean wait, in the unit of the laws.
    """
    mean = service.mean
    rho = mean / (headway.mean * servers)
    own = service.scaled(1 / mean)
    if headway.kind == EXPONENTIAL:
        return mean * _poisson(rho, own, servers)
    unit = headway.scaled(1 / mean)
    memoryless = gi_m_c(unit, 1.0, servers)[0]
    if service.kind == EXPONENTIAL:
        return mean * memoryless
    arrival_scv, service_scv = headway.scv, service.scv
    wait = whitt(rho, servers, arrival_scv, service_scv)
    for exact, rough in (
        (memoryless, whitt(rho, servers, arrival_scv, 1.0)),
        (_poisson(rho, own, servers), whitt(rho, servers, 1.0, service_scv)),
    ):
        wait *= exact / rough if rough > 1e-12 else 1.0
    return mean * wait


def own_train(service: float, size: Law, servers: int, share: float = 1.0) -> tuple[float, float]:
    """Return what coming in trains adds to the wait: behind one's own train, and behind others.

    Exact for M^X/G/1, and for M^X/G/c in heavy traffic.

    Parameters
    ----------
    service, size, servers : float, Law, int
        Mean service, customers on a train, servers.
    share : float
        Chance that a customer of the train needs the stage.

    Returns
    -------
    tuple of float
        B0, the wait in an empty station, and B1, which multiplies rho / (1 - rho).
    """
    sizes, weights = size.probabilities()
    factorial = float(np.dot(weights, sizes * (sizes - 1))) * share**2  # E[Y (Y - 1)] of the thinned train
    mean = size.mean * share
    if mean <= 0:
        return 0.0, 0.0
    behind = service * factorial / mean / (2 * servers)
    if servers == 1:
        return behind, behind
    beyond = np.maximum(sizes * share - servers, 0)
    return service * float(np.dot(weights, beyond * (beyond + 1))) / (2 * servers * mean), behind


def departure_scv(rho: float, servers: int, arrival_scv: float, service_scv: float) -> float:
    """Return the SCV of the times between departures (QNA, Whitt 1983)."""
    if arrival_scv == 0 and service_scv == 0 and rho <= 1:
        return 0.0  # clockwork in, clockwork out
    return 1 + (1 - rho**2) * (arrival_scv - 1) + rho**2 / math.sqrt(servers) * (max(service_scv, 0.2) - 1)


def chance_of_waiting(rho: float, servers: int, arrival_scv: float, service_scv: float) -> float:
    """Return the chance that a customer waits (QNA, scaled by Erlang's for several servers)."""
    square = rho**2 * (4 * arrival_scv + service_scv)
    if arrival_scv <= 1:
        h = (1 + arrival_scv + rho * service_scv) / (1 + rho * (service_scv - 1) + square)
    else:
        h = 4 * rho / (arrival_scv + square)
    one = rho + (arrival_scv - 1) * rho * (1 - rho) * h
    if servers == 1:
        return min(max(one, 1e-9), 1.0)
    mean = m_m_c(rho * servers, 1.0, servers)[0]
    return min(max(one * mean * servers * (1 - rho) / rho, 1e-9), 1.0)


def wait_variance(wait: float, rho: float, servers: int, arrival_scv: float, service_scv: float) -> float:
    """Return the variance of the wait for a given mean (QNA, Whitt 1983)."""
    if wait <= 0 or rho <= 0:
        return 0.0
    return delayed_variance(wait, rho, chance_of_waiting(rho, servers, arrival_scv, service_scv), service_scv)


def delayed_variance(wait: float, rho: float, waits: float, service_scv: float) -> float:
    """Return the variance of a wait whose mean and chance are known: of those who wait, as QNA has it."""
    if wait <= 0:
        return 0.0
    third = 3 * service_scv * (1 + service_scv) if service_scv >= 1 else (2 * service_scv + 1) * (service_scv + 1)
    delayed = 2 * rho - 1 + 4 * (1 - rho) * third / (3 * (service_scv + 1) ** 2)
    return wait**2 * max((delayed + 1 - waits) / waits, 0.0)


def gathering(rate: float, least: int, patience: float | None, train: float = 1.0) -> tuple[float, float]:
    """Return mean and variance of the wait until a batch is full, or its first customer has waited enough.

    Parameters
    ----------
    rate : float
        Customers in a unit of time.
    least : int
        Customers of a batch.
    patience : float or None
        Longest wait of the first; None is no limit.
    train : float
        Customers that come together: they gather in steps.

    Returns
    -------
    tuple of float
        For trains of one and no limit exact with Poisson arrivals: (K - 1) / (2 rate).
    """
    steps = max(least / max(train, 1.0), 1.0)  # trains that fill a batch
    full = (steps - 1) * max(train, 1.0) / rate
    if patience is not None and full > patience:
        full = patience
    if steps <= 1 or full == 0:
        return 0.0, 0.0
    return full / 2, full**2 / 12 * (1 + 4 / steps)


def slot_queue(rate: float, takes: int, every: float, index: float) -> tuple[float, float]:
    """Return mean and variance of the wait for a slot, leftover of full slots included.

    N' = max(N + A - K, 0) with A the arrivals between slots: half an interval, and the leftover by the heavy-traffic
    queue of a server that needs one interval for K customers.

    Parameters
    ----------
    rate, takes, every : float, int, float
        Customers in a unit of time, customers of a slot, time between slots.
    index : float
        Variance over mean of the counts of arrivals.

    Returns
    -------
    tuple of float
        Mean and variance.
    """
    arrivals = rate * every
    variance = index * arrivals
    spare = takes - arrivals
    # E[max(N + A - K, 0)] of a random walk with drift -spare and step variance: the maximum of a Gaussian walk
    depth = spare / math.sqrt(variance) if variance > 0 else math.inf
    left = math.sqrt(variance) * _gaussian_maximum(depth) if math.isfinite(depth) else 0.0
    behind = left / rate
    return every / 2 + behind, every**2 / 12 + behind**2


def _gaussian_maximum(drift: float) -> float:
    """Return the mean of the maximum of a Gaussian walk of unit variance and drift -drift (Spitzer's series)."""
    total = 0.0
    for n in range(1, 2000):
        scaled = drift * math.sqrt(n)
        if scaled > 9:
            return total
        tail = 0.5 * math.erfc(scaled / math.sqrt(2))
        total += (math.exp(-scaled * scaled / 2) / math.sqrt(2 * math.pi) - scaled * tail) / math.sqrt(n)
    return max(total, 1 / (2 * drift) - 0.5826 + drift / 4)  # heavy traffic: Chernoff's and Siegmund's constant


def law_of(mean: float, scv: float) -> Law:
    """Return a law of these two moments, its SCV kept within what laws can show."""
    return fitted(mean, min(max(scv, 1e-3), 20.0) if scv not in (0, 1) else float(scv))
