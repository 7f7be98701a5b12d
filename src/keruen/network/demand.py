"""Demand that the network cannot carry: said, never dropped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from keruen.network.paths import tree
from keruen.network.routes import Router

__all__ = ["unserved"]

# The freight of a router is stated anew for every round of its calibration; what joins its zones stays the same.
_found: WeakKeyDictionary[Router, pd.DataFrame] = WeakKeyDictionary()


def unserved(router: Router) -> pd.DataFrame:
    """Demand cells between zones that no permitted route joins.

    Parameters
    ----------
    router : Router
        Routes of the scenario; only demand of its year counts.

    Returns
    -------
    pandas.DataFrame
        origin, destination, commodity, flow_t_per_year; empty if everything can be carried.
    """
    if router not in _found:
        _found[router] = _unserved(router)
    return _found[router].copy()


def _unserved(router: Router) -> pd.DataFrame:
    demand = router.scenario.table("demand")
    demand = demand[(demand["year"] == router.scenario.year) & (demand["flow_t_per_year"] > 0)]
    place = router.scenario.table("zone").set_index("zone_id")["place"]
    nodes = {zone: router.network.nodes_of(at) for zone, at in place.items()}
    rows = []
    for commodity, cells in demand.groupby("commodity", sort=True):
        costs = router.costs(str(commodity))
        cost = np.where(costs.permitted, costs.generalised_usd_per_t, np.inf)
        doubtful = ~_surely_joined(router, np.isfinite(cost), nodes, cells)
        for origin, group in cells[doubtful].groupby("origin", sort=True):
            start = np.full(len(router.network.layers), np.inf)
            start[nodes[origin]] = 0.0
            distance, _ = tree(router.graph, cost, start)
            rows += [
                (origin, zone, commodity, flow)
                for zone, flow in zip(group["destination"], group["flow_t_per_year"], strict=True)
                if not np.isfinite(distance[nodes[zone]]).any()
            ]
    found = pd.DataFrame(rows, columns=["origin", "destination", "commodity", "flow_t_per_year"])
    return found.groupby(["origin", "destination", "commodity"], as_index=False).sum()


def _surely_joined(
    router: Router, usable: NDArray[np.bool_], nodes: Mapping[str, Sequence[int]], cells: pd.DataFrame
) -> NDArray[np.bool_]:
    """Whether origin and destination of a cell have nodes from each of which the other can be reached."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components

    network, size = router.network, len(router.network.layers)
    arcs = (np.ones(np.count_nonzero(usable)), (network.tail[usable], network.head[usable]))
    _, part = connected_components(csr_matrix(arcs, shape=(size, size)), connection="strong")
    parts = {zone: set(part[list(own)].tolist()) for zone, own in nodes.items()}
    ends = zip(cells["origin"].to_numpy(dtype=object), cells["destination"].to_numpy(dtype=object), strict=True)
    return np.array([not parts[a].isdisjoint(parts[b]) for a, b in ends], dtype=np.bool_)
