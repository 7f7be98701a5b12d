"""Demand that answers to cost: what each pair paid in the base year, to which the demand of a table belongs.

A demand table states tonnes as they are, or are forecast, at the costs of the base year. Where a commodity has an
elasticity e, the tonnes of a scenario are ``table x (cost / base cost) ** -e``, with the cheapest generalised costs of the
scenario and of the base year, both with their queues. So the base year carries its table, a year in which queues grow
carries less than its forecast, and a project that takes them away brings it back. A pair that no route joined in the base
year is held to its cost without queues in the scenario.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from keruen.equilibrium.problem import DemandClass, Problem
from keruen.equilibrium.unloaded import cheapest

if TYPE_CHECKING:
    from keruen.equilibrium.freight import FreightFlows
    from keruen.network import Router

__all__ = ["BaseCosts", "answering"]


class BaseCosts:
    """Cheapest generalised costs of the base year, by pair; solved when they are first wanted.

    Parameters
    ----------
    solve : callable
        Gives the equilibrium of the base year.
    """

    def __init__(self, solve: Callable[[], FreightFlows]) -> None:
        self._solve = solve

    @cached_property
    def _loads(self) -> FreightFlows:
        return self._solve()

    def of(self, commodity: str, origins: Sequence[str], destinations: Sequence[str]) -> NDArray[np.float64]:
        """Return hours by pair of zones.

        Parameters
        ----------
        commodity : str
            Commodity id.
        origins, destinations : sequence of str
            Zones.

        Returns
        -------
        ndarray of float64, shape (pairs,)
            Generalised cost in hours; infinite where the base year has no such freight, or no route.
        """
        base, found = self._loads, np.full(len(origins), np.inf)
        number = {zone: at for at, zone in enumerate(base.freight.zones)}
        known = np.array([a in number and b in number for a, b in zip(origins, destinations, strict=True)], dtype=bool)
        if commodity not in base.freight.commodities or not known.any():
            return found
        problem = base.freight.problem
        k, first = base.freight.commodities.index(commodity), problem.nodes - len(base.freight.zones)
        ends = [
            np.array([first + number[z] for z, ok in zip(zones, known, strict=True) if ok])
            for zones in (origins, destinations)
        ]
        one = replace(problem.classes[k], origin=ends[0], destination=ends[1], flow=np.ones(len(ends[0])))
        found[known] = cheapest(problem, one, problem.fixed_costs()[k] + base.flows.time)
        return found


def answering(problem: Problem, router: Router, base: BaseCosts | None, zones: Sequence[str]) -> Problem:
    """Return a problem in which the demand of elastic commodities answers to cost.

    Parameters
    ----------
    problem : Problem
        With the demand of the table.
    router : Router
        Of its scenario.
    base : BaseCosts or None
        Costs to which that demand belongs; without them it is fixed, as it is in the base year without projects.
    zones : sequence of str
        Zone of each of the last nodes.

    Returns
    -------
    Problem
        The same where no commodity is elastic.
    """
    scenario = router.scenario
    elastic = _elasticities(router)
    if base is None or not any(elastic.get(one.name) for one in problem.classes):
        return problem
    if scenario.year == scenario.settings.base_year and not scenario.patches:
        return problem
    return replace(
        problem,
        classes=[
            _held_to(problem, one, elastic[one.name], base, zones) if elastic.get(one.name) else one
            for one in problem.classes
        ],
    )


def _elasticities(router: Router) -> dict[str, float]:
    table = router.scenario.table("commodity")
    return dict(zip(table["commodity_id"], table["elasticity"].fillna(0.0).astype(float), strict=True))


def _held_to(
    problem: Problem, one: DemandClass, elasticity: float, base: BaseCosts, zones: Sequence[str]
) -> DemandClass:
    first = problem.nodes - len(zones)
    names = [[zones[int(node) - first] for node in ends] for ends in (one.origin, one.destination)]
    cost = base.of(one.name, *names)
    new = ~np.isfinite(cost)
    if new.any():
        k = [each.name for each in problem.classes].index(one.name)
        cost[new] = cheapest(problem, one, problem.fixed_costs()[k])[new]
    return replace(one, elasticity=elasticity, base_cost=cost)
