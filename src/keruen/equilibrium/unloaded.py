"""What freight would pay if nothing queued anywhere: the cheapest unloaded route of every origin and destination."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from keruen.equilibrium.problem import DemandClass, Problem

if TYPE_CHECKING:
    from keruen.equilibrium.statement import Freight

__all__ = ["cheapest", "unloaded"]

_REMEMBERED = 8  # a base is asked for once by every project


@lru_cache(maxsize=_REMEMBERED)
def unloaded(freight: Freight) -> pd.DataFrame:
    """Cheapest generalised cost of every pair at no flow.

    Parameters
    ----------
    freight : Freight
        What is carried, and over what.

    Returns
    -------
    pandas.DataFrame
        Indexed by origin, destination and commodity: flow_t_per_year, unloaded_h.

    Notes
    -----
    Dijkstra by `scipy.sparse.csgraph`. A node that may not lie inside a route has its leaving arcs at a copy of it,
    from which only its own routes start.
    """
    problem, first = freight.problem, freight.problem.nodes - len(freight.zones)
    costs = problem.fixed_costs() + problem.delay.time(np.zeros(problem.arcs))
    tables = []
    for commodity, one, cost in zip(freight.commodities, problem.classes, costs, strict=True):
        origin, destination = (
            [freight.zones[int(node) - first] for node in nodes] for nodes in (one.origin, one.destination)
        )
        hours = cheapest(problem, one, cost)
        tables.append(
            pd.DataFrame(
                {
                    "origin": origin,
                    "destination": destination,
                    "commodity": commodity,
                    "flow_t_per_year": one.flow,
                    "unloaded_h": hours,
                }
            )
        )
    return pd.concat(tables, ignore_index=True).set_index(["origin", "destination", "commodity"])


def cheapest(problem: Problem, one: DemandClass, cost: NDArray[np.float64]) -> NDArray[np.float64]:
    """Hours of the cheapest route of each pair of a class."""
    nodes = problem.nodes
    through = np.ones(nodes, bool) if problem.through is None else np.asarray(problem.through, bool)
    tail, usable = np.where(through[problem.tail], problem.tail, nodes + problem.tail), np.isfinite(cost)
    key, price = (tail * (2 * nodes) + problem.head)[usable], cost[usable]
    order = np.lexsort((price, key))
    key, price = key[order], price[order]
    least = np.flatnonzero(np.diff(key, prepend=-1))  # of parallel arcs the cheapest
    entries = (price[least], (key[least] // (2 * nodes), key[least] % (2 * nodes)))
    starts, position = np.unique(one.origin, return_inverse=True)
    found = dijkstra(
        csr_matrix(entries, shape=(2 * nodes, 2 * nodes)), indices=np.where(through[starts], starts, nodes + starts)
    )
    hours: NDArray[np.float64] = found[position, one.destination]
    return hours
