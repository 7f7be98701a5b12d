"""Stochastic user equilibrium: path-size logit over routes, congestion included (Fisk 1980)."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from keruen.equilibrium.engine import Step
from keruen.equilibrium.flows import Flows
from keruen.equilibrium.problem import Problem
from keruen.equilibrium.routes import Route

__all__ = ["PathRoutes", "solve"]

Floats = NDArray[np.float64]

_ROUNDS = 4
_STRETCH = 1.5


@dataclass(frozen=True, eq=False)
class PathRoutes:
    """Routes that were chosen among, with their flows.

    Attributes
    ----------
    problem : Problem
        Demand.
    group, pair : ndarray of int, shape (routes,)
        Class, and pair within the class, of each route.
    uses : sparse array, shape (routes, arcs)
        1 where a route uses an arc.
    flow : ndarray of float, shape (routes,)
        Flow in the unit of the class.
    """

    problem: Problem
    group: NDArray[np.int64]
    pair: NDArray[np.int64]
    uses: sparse.csr_array
    flow: Floats

    def means(self, group: int, values: Floats) -> Floats:
        """Return the mean sum of an arc figure over the routes of each pair of a class, by flow."""
        own = self.group == group
        size = len(self.problem.classes[group].flow)
        total = np.bincount(self.pair[own], self.flow[own], size)
        weighted = np.bincount(self.pair[own], (self.flow * (self.uses @ values))[own], size)
        return np.divide(weighted, total, out=np.zeros(size), where=total > 0)

    def between(self, group: int, origin: int, destination: int, least: float) -> list[Route]:
        """Return the routes that carry at least a share of a pair's flow, the largest first."""
        one = self.problem.classes[group]
        pairs = np.flatnonzero((np.asarray(one.origin) == origin) & (np.asarray(one.destination) == destination))
        own = np.flatnonzero((self.group == group) & np.isin(self.pair, pairs))
        enough = own[self.flow[own] >= least * self.flow[own].sum()]
        order = enough[np.argsort(-self.flow[enough], kind="stable")]
        tail = np.asarray(self.problem.tail)
        return [
            Route(_in_order(self.uses[[at]].indices, tail, np.asarray(self.problem.head), origin), float(self.flow[at]))
            for at in order
        ]


def _in_order(
    arcs: NDArray[np.int32], tail: NDArray[np.int64], head: NDArray[np.int64], origin: int
) -> tuple[int, ...]:
    """Return the arcs of a route from the origin on."""
    leaving = {int(tail[arc]): int(arc) for arc in arcs}
    route, node = [], origin
    while node in leaving:
        arc = leaving.pop(node)
        route.append(arc)
        node = int(head[arc])
    return tuple(route)


def solve(problem: Problem, gap: float, scale: float, inner: Callable[..., Flows], options: dict[str, Any]) -> Flows:
    """Return the stochastic equilibrium.

    The routes chosen among are those of deterministic equilibria: first of the problem, then again with the fixed
    cost of the arcs used raised by half the time on them, several times. A route's share is
    ``PS exp(-scale c) / sum PS exp(-scale c)``, where c is its cost and PS its path size (Ben-Akiva and Bierlaire
    1999) by time without congestion. The flows minimise Fisk's objective with the path sizes as constants: a search
    direction towards the shares, and an exact line search.

    Parameters
    ----------
    problem : Problem
        Network and demand.
    gap : float
        Part of demand that may be elsewhere than the shares put it.
    scale : float
        Per unit of generalised cost.
    inner : callable
        Solver of deterministic equilibria.
    options : dict
        Its options.

    Returns
    -------
    Flows
        `pair_cost` is the mean cost over the routes used.
    """
    begun = (time.process_time(), time.perf_counter())
    chosen = _choices(problem, inner, options)
    demand = np.array(
        [problem.classes[k].flow[p] for k, p in zip(chosen.group.tolist(), chosen.pair.tolist(), strict=True)]
    )
    weight = np.array([one.weight for one in problem.classes])[chosen.group]
    fixed = np.array([np.broadcast_to(np.asarray(one.fixed_cost, float), (problem.arcs,)) for one in problem.classes])
    fixed_cost = np.asarray(chosen.uses.multiply(fixed[chosen.group]).sum(axis=1)).ravel()
    _, choice = np.unique(np.stack([chosen.group, chosen.pair]), axis=1, return_inverse=True)
    choice = np.asarray(choice).ravel()
    constant = np.log(_path_size(problem, chosen, choice))
    to_arcs = chosen.uses.T.tocsr()

    def shares(flow: Floats) -> Floats:
        times = problem.delay.time(to_arcs @ (flow * weight))
        return np.asarray(_logit(constant - scale * (chosen.uses @ times + fixed_cost), choice) * demand)

    flow = shares(np.zeros(demand.size))
    history: list[Step] = []
    reason, away = "iteration cap", np.inf
    for iteration in range(1, options["max_iterations"] + 1):
        wanted = shares(flow)
        away = float(
            (np.abs(wanted - flow) * weight).sum() / max((demand * weight / np.bincount(choice)[choice]).sum(), 1e-300)
        )
        cpu, wall = time.process_time() - begun[0], time.perf_counter() - begun[1]
        history.append(Step(iteration, away, demand.size, cpu, wall))
        if options.get("callback") is not None:
            options["callback"](history[-1])
        if away <= gap or wall > options["max_seconds"]:
            reason = "gap met" if away <= gap else "time cap"
            break
        flow = flow + _step(problem, chosen, to_arcs, flow, wanted - flow, weight, fixed_cost, constant, scale) * (
            wanted - flow
        )
    return _answer(replace(chosen, flow=flow), fixed, away, reason, history, begun)


def _answer(
    routes: PathRoutes, fixed: Floats, away: float, reason: str, history: list[Step], begun: tuple[float, float]
) -> Flows:
    """Return the flows of the routes in the form of an equilibrium."""
    problem = routes.problem
    to_arcs = routes.uses.T.tocsr()
    arc_flow = np.zeros((len(problem.classes), problem.arcs))
    for k in range(len(problem.classes)):
        arc_flow[k] = to_arcs @ np.where(routes.group == k, routes.flow, 0.0)
    volume = np.array([one.weight for one in problem.classes]) @ arc_flow
    times = problem.delay.time(volume)
    cost = tuple(routes.means(k, times + fixed[k]) for k in range(len(problem.classes)))
    cpu, wall = time.process_time() - begun[0], time.perf_counter() - begun[1]
    return Flows(problem, arc_flow, volume, times, cost, away, reason, tuple(history), cpu, wall, routes)


def _choices(problem: Problem, inner: Callable[..., Flows], options: dict[str, Any]) -> PathRoutes:
    """Return the routes to choose among."""
    found: dict[tuple[int, int, tuple[int, ...]], None] = {}
    penalty = np.zeros(problem.arcs)
    for _ in range(_ROUNDS):
        classes = [replace(one, fixed_cost=one.fixed_cost + penalty, elasticity=0.0) for one in problem.classes]
        flows = inner(replace(problem, classes=classes), 1e-3, **{**options, "callback": None})
        for k, one in enumerate(problem.classes):
            for pair in np.flatnonzero(
                (np.asarray(one.flow) > 0) & (np.asarray(one.origin) != np.asarray(one.destination))
            ):
                for route in flows.paths(int(one.origin[pair]), int(one.destination[pair]), k, 0.01):
                    found[k, int(pair), route.arcs] = None
        penalty = penalty + np.where(flows.volume > 0, (_STRETCH - 1.0) * flows.time, 0.0)
    keys = sorted(found)
    lengths = [len(arcs) for _, _, arcs in keys]
    uses = sparse.csr_array(
        (
            np.ones(sum(lengths)),
            np.array([arc for _, _, arcs in keys for arc in arcs], dtype=np.int64),
            np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        ),
        shape=(len(keys), problem.arcs),
    )
    groups, pairs = (np.array([key[at] for key in keys], dtype=np.int64) for at in (0, 1))
    return PathRoutes(problem, groups, pairs, uses, np.zeros(len(keys)))


def _path_size(problem: Problem, chosen: PathRoutes, choice: NDArray[np.int64]) -> Floats:
    """Return the path size of each route: the mean, by time without congestion, of 1 / routes of the pair on an arc."""
    times = problem.delay.time(0.0) + 1e-12
    of_choice = sparse.csr_array(
        (np.ones(choice.size), (choice, np.arange(choice.size))), shape=(int(choice.max(initial=-1)) + 1, choice.size)
    )
    sharing = (of_choice @ chosen.uses).tocsr()[choice]  # by route, how many routes of its pair use each arc
    inverse = chosen.uses.multiply(sharing.power(-1.0)).tocsr()
    return np.asarray((inverse @ times) / (chosen.uses @ times))


def _logit(utility: Floats, choice: NDArray[np.int64]) -> Floats:
    """Return the logit shares within each choice."""
    best = np.full(int(choice.max(initial=-1)) + 1, -np.inf)
    np.maximum.at(best, choice, utility)
    strength = np.exp(utility - best[choice])
    return np.asarray(strength / np.bincount(choice, strength)[choice])


def _step(
    problem: Problem,
    chosen: PathRoutes,
    to_arcs: sparse.csr_array,
    flow: Floats,
    direction: Floats,
    weight: Floats,
    fixed_cost: Floats,
    constant: Floats,
    scale: float,
) -> float:
    """Return the step at which Fisk's objective is least along a direction, by bisection on its derivative."""
    low, high = 0.0, 1.0
    volume, change = to_arcs @ (flow * weight), to_arcs @ (direction * weight)
    pull = direction * weight
    entropy = np.maximum(flow, 1e-300)
    for _ in range(30):
        middle = 0.5 * (low + high)
        times = problem.delay.time(np.maximum(volume + middle * change, 0.0))
        here = np.maximum(entropy + middle * direction, 1e-300)
        slope = float(change @ times + pull @ (fixed_cost + (np.log(here) - constant) / scale))
        low, high = (low, middle) if slope > 0 else (middle, high)
    return 0.5 * (low + high)
