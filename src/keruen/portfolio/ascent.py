"""The best bound that one assignment can give: its multipliers improved by supergradients.

The bound of a node is concave in what it is priced with: the weight of the variational inequality times the flows z
that equilibria are compared with, that weight itself, and how the price of a project is shared over its arcs. Each
round steps along the supergradients, which the assignment gives for nothing: flows on the cheapest paths at the
expected times for z, the violation of the inequality for its weight, and how much of each arc is built for the shares.
"""

from __future__ import annotations

import time

import numpy as np
from numba import njit
from numpy.typing import NDArray

from keruen.portfolio.evaluation import Bounded, Reference, Workspace
from keruen.portfolio.links import FREE, OPENING, LinkFunctions, expected_times, share_built
from keruen.portfolio.paths import cheapest_flows

__all__ = ["ascend"]

_FIRST_STEP = 0.2
_SHARE_STEP = 0.3
_WEIGHT_STEP = 60.0
_MOST_WEIGHT_STEP = 0.03
_PATIENCE = 12
_ENOUGH = 2e-5
"""Stop where this many rounds together gained less than this part of the bound."""


@njit(cache=True, nogil=True, error_model="numpy")
def _reshare(
    f: LinkFunctions,
    flow: NDArray[np.float64],
    owner: NDArray[np.int32],
    share: NDArray[np.float64],
    several: NDArray[np.bool_],
) -> None:
    """Move the price of each undecided project towards those of its arcs that are built most."""
    total = np.zeros(owner.size)
    for arc in range(owner.size):
        if several[arc] and (f.mode[arc] == FREE or f.mode[arc] == OPENING):
            share[arc] = max(share[arc], 1e-6) * np.exp(_SHARE_STEP * share_built(f, arc, flow[arc]))
            total[owner[arc]] += share[arc]
    for arc in range(owner.size):
        if several[arc] and (f.mode[arc] == FREE or f.mode[arc] == OPENING):
            share[arc] /= total[owner[arc]]


def ascend(
    work: Workspace,
    period: int,
    masks: tuple[int, int],
    left: float,
    start: Bounded,
    unit: float | None,
    rounds: range,
    deadline: float,
) -> Bounded:
    """Return the best bound that some rounds find.

    Parameters
    ----------
    work : Workspace
        A worker; the shares of its prices are changed.
    period : int
        Period.
    masks : tuple of int
        Projects built and undecided, as bits.
    left : float
        Budget for the undecided ones.
    start : Bounded
        A bound to start from: its price, its weight, its shares built.
    unit : float or None
        Unit of the costs.
    rounds : range
        Numbers of the rounds, at most; steps become shorter with the number.
    deadline : float
        Of `time.perf_counter`.

    Returns
    -------
    Bounded
        With the flows and the weight that gave it; never lower than `start`.
    """
    built, free = masks
    f, net, store = work.functions, work.networks[period], work.pulled(period)
    theta = start.rho / (1 - start.rho) if start.rho > 0 else 3.0
    z = start.reference or work.reference(period, built, free, start.built)
    best, history, price = start, [start.value], start.price
    times, other = np.zeros(net.tail.size), np.zeros(net.tail.size)
    for turn in rounds:
        rho = theta / (1 + theta)
        found = work.bound(
            period, built, free, left, price, np.inf, unit=unit, precise=1e-4, iterations=40, reference=z, rho=rho
        )
        price = found.price
        best = found if found.value > best.value else best._replace(price=price)
        history.append(best.value)
        stalled = len(history) > _PATIENCE and history[-1] - history[-_PATIENCE] < _ENOUGH * abs(history[-1])
        if stalled or time.perf_counter() > deadline:
            break
        expected_times(f, store.flow, times)
        known = np.where(np.isfinite(times), times, 0.0)
        reference_cost = float(z.flow @ known) + z.fixed
        violation = found.value * (1 - rho) + rho * reference_cost - price * work.overspent(left) - reference_cost
        _reshare(f, store.flow, work.owner, work.prices.share, work.several)
        theta *= float(
            np.exp(np.clip(_WEIGHT_STEP * violation / reference_cost, -_MOST_WEIGHT_STEP, _MOST_WEIGHT_STEP))
        )
        beside = cheapest_flows(net, f, work.mixed(period), times, other)
        step = _FIRST_STEP / (1 + 0.5 * _FIRST_STEP * turn)
        z = Reference(z.flow + step * (other - z.flow), z.fixed + step * (beside - z.fixed))
    return best
