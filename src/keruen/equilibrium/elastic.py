"""Demand that follows cost: constant elasticity, solved as a fixed point of equilibria."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keruen.equilibrium.engine import Step
from keruen.equilibrium.flows import Flows
from keruen.equilibrium.problem import DemandClass, Problem

__all__ = ["demand_at", "solve"]

Floats = NDArray[np.float64]

_MEMORY = 5
_ITERATIONS = 60


def demand_at(one: DemandClass, cost: Floats) -> Floats:
    """Return the demand of a class at these generalised costs: ``flow * (cost / base_cost) ** -elasticity``.

    Parameters
    ----------
    one : DemandClass
        With elasticity and base cost.
    cost : ndarray of float, shape (pairs,)
        Cheapest generalised cost of each pair.

    Returns
    -------
    ndarray of float, shape (pairs,)
        Demand; that of a pair within a node, or of a class without elasticity, as it was.
    """
    if one.elasticity == 0 or one.base_cost is None:
        return np.asarray(one.flow, np.float64)
    moved = np.asarray(one.origin) != np.asarray(one.destination)
    ratio = np.where(moved, cost / one.base_cost, 1.0)
    return np.asarray(one.flow * np.maximum(ratio, 1e-12) ** -one.elasticity)


def solve(
    problem: Problem, gap: float, start: Flows | None, inner: Callable[..., Flows], options: dict[str, Any]
) -> Flows:
    """Return the equilibrium with elastic demand.

    Equilibria at given demand are solved in turn, each from the one before; the logarithm of demand is carried to
    its fixed point by Anderson acceleration (1965). It is done when demand differs from what costs call for by no
    more than `gap` of it, and the gap at that demand is met.

    Parameters
    ----------
    problem : Problem
        With elastic classes.
    gap : float
        Relative gap.
    start : Flows, optional
        Flows to start from.
    inner : callable
        Solver at given demand.
    options : dict
        Its options.

    Returns
    -------
    Flows
        Its problem holds the demand found, as demand without elasticity.
    """
    fixed = replace(problem, classes=[replace(one, elasticity=0.0) for one in problem.classes])
    demand = np.concatenate([np.asarray(one.flow, np.float64) for one in problem.classes])
    if start is not None and sum(len(one.flow) for one in start.problem.classes) == demand.size:
        begun = np.concatenate([np.asarray(one.flow, np.float64) for one in start.problem.classes])
        demand = np.where(begun > 0, begun, demand)  # what is nothing could never grow
    cuts = np.cumsum([len(one.flow) for one in problem.classes])[:-1]
    points: list[Floats] = []
    residuals: list[Floats] = []
    flows, away, cpu, wall = start, 1.0, 0.0, 0.0
    history: list[Step] = []
    for _ in range(_ITERATIONS):
        parts = np.split(demand, cuts)
        at_demand = replace(
            fixed, classes=[replace(one, flow=part) for one, part in zip(fixed.classes, parts, strict=True)]
        )
        left = options | {"max_seconds": max(options["max_seconds"] - wall, 1e-6)}
        flows = inner(at_demand, max(gap, min(1e-3, 0.01 * away)), start=flows, **left)
        history += flows.history
        cpu, wall = cpu + flows.cpu_s, wall + flows.wall_s
        wanted = np.concatenate(
            [demand_at(one, cost) for one, cost in zip(problem.classes, flows.pair_cost, strict=True)]
        )
        away = float(np.abs(wanted - demand).sum() / max(demand.sum(), 1e-300))
        late = wall > options["max_seconds"]
        if (away <= gap and flows.gap <= gap) or not flows.converged or late:
            break
        demand = _next(points, residuals, demand, wanted)
    assert flows is not None
    met = away <= gap and flows.converged
    reason = "gap met" if met else flows.reason if not flows.converged else "time cap" if late else "iteration cap"
    return replace(flows, gap=max(flows.gap, away), reason=reason, history=tuple(history), cpu_s=cpu, wall_s=wall)


def _next(points: list[Floats], residuals: list[Floats], demand: Floats, wanted: Floats) -> Floats:
    """Return the next demand by Anderson acceleration on logarithms, at most a factor of 4 away."""
    moving = demand > 0
    point, image = np.log(demand[moving]), np.log(np.maximum(wanted[moving], 1e-300))
    points.append(point)
    residuals.append(image - point)
    del points[:-_MEMORY], residuals[:-_MEMORY]
    step = residuals[-1].copy()
    if len(points) > 1:
        bends = np.diff(np.array(residuals), axis=0).T
        moves = np.diff(np.array(points), axis=0).T
        weights, *_ = np.linalg.lstsq(bends, residuals[-1], rcond=1e-10)
        step -= (moves + bends) @ weights
    else:
        step *= 0.5
    following = demand.copy()
    following[moving] = np.exp(point + np.clip(step, -np.log(4.0), np.log(4.0)))
    return following
