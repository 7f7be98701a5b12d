"""Demand that the network cannot carry: said, never dropped."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd

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
        for origin, group in cells.groupby("origin", sort=True):
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
