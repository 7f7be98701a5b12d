"""The two assignments of a search over projects: user equilibrium of one design, and a bound over many.

The bound is one system-optimum assignment in which undecided arcs cost the hull of their states (`links`), less the
price of the budget times the budget, less the assignment's own gap, so it holds at every stage of convergence. The
price is corrected while the assignment runs. Following the two sides of the bound, it stops as soon as the node can be
pruned, or as soon as it is plain that it cannot.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from keruen.portfolio.hulls import hulls
from keruen.portfolio.links import FREE, OPENING, LinkFunctions, prepare, share_built, surplus
from keruen.portfolio.paths import Network, Paths, fill, load, reprice, sweep, tree_pass

__all__ = ["Prices", "bound", "equilibrium"]

Floats = NDArray[np.float64]

_SWEEPS = 4
_CALM = 0.02
"""Differences in cost below this part of the gap are left alone: the next sweeps come back to them."""
_MOVES = 6
"""How often the price of the budget is moved in one assignment."""


class Prices(NamedTuple):
    """Projects and their costs, as a bound sees them.

    Attributes
    ----------
    owner : ndarray of int32, shape (arcs,)
        Project of an arc, -1 for none.
    share : ndarray of float, shape (arcs,)
        Share of the project's cost that the arc carries; the shares of a project add up to 1.
    cost : ndarray of float, shape (projects,)
        Cost of a project, lifted as far as the budget allows.
    built : ndarray of float, shape (projects,)
        Written: how much of each project the bound builds.
    importance : ndarray of float, shape (projects,)
        Written: flow times cost on the arcs of each project.
    """

    owner: NDArray[np.int32]
    share: Floats
    cost: Floats
    built: Floats
    importance: Floats


@njit(cache=True, nogil=True, error_model="numpy")
def equilibrium(net: Network, f: LinkFunctions, p: Paths, gap: float, iterations: int) -> tuple[float, float]:
    """Return total cost and relative gap of user equilibrium with the decided states of the arcs; infinite without a path."""
    f.weights[0], f.weights[1] = 1.0, 0.0
    f.pull[:] = 0.0
    prepare(f)
    load(net, f, p)
    reprice(f, p)
    if not fill(net, f, p):
        return np.inf, 0.0
    reached = 1.0
    total = 0.0
    for iteration in range(iterations):
        total, shortest = tree_pass(net, f, p, 0.02 * reached if iteration else 0.0)
        reached = (total - shortest) / total if total > 0.0 else 0.0
        if reached <= gap:
            break
        for _ in range(_SWEEPS):
            sweep(net, f, p, _CALM * reached)
    return total, reached


@njit(cache=True, nogil=True, error_model="numpy")
def _set_prices(f: LinkFunctions, p: Paths, prices: Prices, price: float) -> None:
    """Put the price of the budget on every undecided arc."""
    for arc in range(prices.owner.size):
        if f.mode[arc] == FREE or f.mode[arc] == OPENING:
            f.price[arc] = price * prices.share[arc] * prices.cost[prices.owner[arc]]
    hulls(f)
    reprice(f, p)


@njit(cache=True, nogil=True, error_model="numpy")
def _spent(f: LinkFunctions, p: Paths, prices: Prices) -> float:
    """Return what the bound spends on undecided projects, and note how much of each it builds."""
    prices.built[:] = 0.0
    for arc in range(prices.owner.size):
        if f.mode[arc] == FREE or f.mode[arc] == OPENING:
            prices.built[prices.owner[arc]] += prices.share[arc] * share_built(f, arc, p.flow[arc])
    return float((prices.built * prices.cost).sum())


@njit(cache=True, nogil=True, error_model="numpy")
def _weigh(p: Paths, prices: Prices) -> None:
    """Note flow times cost on the arcs of each project."""
    prices.importance[:] = 0.0
    for arc in range(prices.owner.size):
        if prices.owner[arc] >= 0 and p.flow[arc] > 0.0:
            prices.importance[prices.owner[arc]] += p.flow[arc] * p.cost[arc]


@njit(cache=True, nogil=True, error_model="numpy")
def _move(price: float, ratio: float, bracket: Floats) -> float:
    """Return the next price: too low where more than the budget is spent, too high where less.

    `bracket` holds the logarithms of price and ratio on either side, infinite where there is none yet.
    """
    side = 0 if ratio > 1.0 else 1
    bracket[side, 0], bracket[side, 1] = np.log(price), np.log(max(ratio, 1e-6))
    if np.isfinite(bracket[0, 0]) and np.isfinite(bracket[1, 0]) and bracket[0, 0] < bracket[1, 0]:
        part = bracket[0, 1] / (bracket[0, 1] - bracket[1, 1])
        part = min(max(part, 0.1), 0.9)
        return float(np.exp(bracket[0, 0] + part * (bracket[1, 0] - bracket[0, 0])))
    return price * min(max(ratio * ratio, 0.3), 4.0)


@njit(cache=True, nogil=True, error_model="numpy")
def bound(
    net: Network,
    f: LinkFunctions,
    p: Paths,
    prices: Prices,
    left: float,
    price: float,
    rho: float,
    z: Floats,
    z_fixed: float,
    threshold: float,
    precise: float,
    iterations: int,
) -> tuple[float, float, float]:
    """Return a lower bound on total cost at user equilibrium over all designs of a node.

    Parameters
    ----------
    net, f, p, prices
        Network, arcs with their modes, warm paths, projects.
    left : float
        Budget that undecided projects share.
    price : float
        Price of the budget to begin with; 0 keeps it at 0, for nodes in which everything fits.
    rho : float
        Weight of the variational inequality, 0 to below 1.
    z : ndarray of float, shape (arcs,)
        Flows that every design of the node allows; read where rho is above 0.
    z_fixed : float
        Their cost beside time.
    threshold : float
        Stop as soon as the bound reaches it, or plainly cannot.
    precise : float
        Relative gap at which a bound that cannot reach the threshold stops.
    iterations : int
        Cap.

    Returns
    -------
    tuple of float
        The bound, the price it ended with, and the relative gap.
    """
    f.weights[0], f.weights[1] = 1.0, 1.0
    for arc in range(z.size):
        f.pull[arc] = rho * z[arc] if f.mode[arc] != OPENING else 0.0
    prepare(f)
    load(net, f, p)
    _set_prices(f, p, prices, price)
    best, reached, keep = -np.inf, 1.0, 1.0 - rho
    if not fill(net, f, p):
        return np.inf, price, 0.0
    bracket = np.full((2, 2), np.inf)
    moves = 0
    for iteration in range(iterations):
        if iteration >= 1 and price > 0.0 and moves < _MOVES and left > 0.0:
            ratio = _spent(f, p, prices) / left
            if abs(ratio - 1.0) > 0.02:
                price = _move(price, ratio, bracket)
                _set_prices(f, p, prices, price)
                moves += 1
        total, shortest = tree_pass(net, f, p, 0.02 * reached if iteration else 0.0)
        reached = (total - shortest) / total if total > 0.0 else 0.0
        objective = total - price * left - rho * z_fixed + surplus(f, p.flow, p.cost)
        best = max(best, (objective - (total - shortest)) / keep)
        if best >= threshold or reached < 1e-12:
            break
        slack = (total - shortest) / (total if rho == 0.0 else max(objective, 1e-3 * total))
        if (objective / keep < threshold and slack < precise) or slack < 1e-4 * precise:
            break
        for _ in range(_SWEEPS):
            sweep(net, f, p, _CALM * reached)
    _spent(f, p, prices)
    _weigh(p, prices)
    return best, price, reached
