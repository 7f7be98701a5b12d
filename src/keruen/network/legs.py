"""Time/cost-distance: a route as a list of legs (UNESCAP's method).

A leg that moves has a distance; a stop has none, so that on a chart of time against distance a stop is a vertical
step and the slope of a move is the inverse of its speed.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from keruen.network.components import ACTIVITIES
from keruen.network.ranges import Spread, spread
from keruen.network.routes import Route

__all__ = ["hours_by_country", "legs", "route_spread", "time_cost_distance"]


def route_spread(route: Route, seed: int, *, money: bool = False) -> Spread:
    """Hours (or USD a tonne) of each arc of a route, drawn together."""
    entries = route.costs.money if money else route.costs.hours
    position = np.full(len(route.network.tail), -1, dtype=np.int64)
    position[list(route.arcs)] = np.arange(len(route.arcs))
    return spread(entries, position[entries.arc], len(route.arcs), seed)


def legs(route: Route, seed: int) -> pd.DataFrame:
    """One row a section or stop of a route.

    Parameters
    ----------
    route : Route
        The route.
    seed : int
        Seed of the ranges.

    Returns
    -------
    pandas.DataFrame
        Columns: seq, kind (move or stop), activity (the heading with most hours), name_en, place_from, place_to,
        country, mode, service, link_id, facility_id, distance_km, a column ``<activity>_h`` a heading, time_h with
        time_low_h and time_high_h (10th and 90th percentile), cost_usd_per_t, emission_kg_per_t, and the running
        totals at the end of the leg: at_km, at_h, at_low_h, at_high_h, at_usd_per_t.
    """
    arcs = np.array(route.arcs, dtype=np.int64)
    network, costs = route.network, route.costs
    table = pd.DataFrame([_named(route, int(arc)) for arc in arcs])
    table.insert(0, "seq", np.arange(1, len(arcs) + 1))
    hours = costs.hours.by_arc(len(network.tail))[arcs]
    table["distance_km"] = network.length_km[arcs]
    for i, activity in enumerate(ACTIVITIES):
        table[f"{activity}_h"] = hours[:, i]
    table.insert(3, "activity", [ACTIVITIES[i] for i in hours.argmax(axis=1)])
    table["time_h"] = hours.sum(axis=1)
    drawn = route_spread(route, seed)
    table["time_low_h"], table["time_high_h"] = drawn.pieces()
    table["cost_usd_per_t"] = costs.money_usd_per_t[arcs]
    table["emission_kg_per_t"] = costs.emission_kg_per_t[arcs]
    for total, column in (("at_km", "distance_km"), ("at_h", "time_h"), ("at_usd_per_t", "cost_usd_per_t")):
        table[total] = table[column].cumsum()
    table["at_low_h"], table["at_high_h"] = drawn.cumulative()
    return table


def time_cost_distance(route: Route, seed: int) -> pd.DataFrame:
    """Legs of a route with consecutive sections of one country and service put together.

    Parameters
    ----------
    route : Route
        The route.
    seed : int
        Seed of the ranges.

    Returns
    -------
    pandas.DataFrame
        place_from, place_to, activity, country, mode, service, distance_km, time_h, time_low_h, time_high_h,
        cost_usd_per_t, emission_kg_per_t, at_km, at_h, at_usd_per_t; one row a leg.

    Notes
    -----
    Percentiles of a leg are drawn for the leg as a whole, not summed over its sections.
    """
    table = legs(route, seed)
    # A stop stands alone; a move goes on while country, mode and service stay.
    same = (table["kind"] == "move") & (table["kind"].shift() == "move")
    for column in ("country", "mode", "service"):
        same &= table[column] == table[column].shift()
    group = (~same).cumsum().to_numpy() - 1
    grouped = table.groupby(group, sort=False)
    merged = grouped.agg(
        place_from=("place_from", "first"), place_to=("place_to", "last"), kind=("kind", "first"),
        country=("country", "first"), mode=("mode", "first"), service=("service", "first"),
        facility_id=("facility_id", "first"), distance_km=("distance_km", "sum"), time_h=("time_h", "sum"),
        cost_usd_per_t=("cost_usd_per_t", "sum"), emission_kg_per_t=("emission_kg_per_t", "sum"),
        at_km=("at_km", "last"), at_h=("at_h", "last"), at_usd_per_t=("at_usd_per_t", "last"),
        activity=("activity", "first"),
    )  # fmt: skip
    low, high = _merged_range(route_spread(route, seed), group)
    merged.insert(9, "time_low_h", low)
    merged.insert(10, "time_high_h", high)
    return merged.reset_index(drop=True)


def hours_by_country(route: Route) -> pd.DataFrame:
    """Where the hours of a route go.

    Returns
    -------
    pandas.DataFrame
        country, activity, hours (mean), hours_low and hours_high (10th and 90th percentile of their sum over the
        route's legs, drawn together).
    """
    entries = route.costs.hours
    on_route = np.isin(entries.arc, np.array(route.arcs))
    frame = pd.DataFrame(
        {
            "country": entries.country[on_route],
            "activity": np.array(entries.headings)[entries.heading[on_route]],
            "hours": entries.mean[on_route],
        }
    )
    grouped = frame.groupby(["country", "activity"], as_index=False, sort=False)
    table = grouped.sum()
    piece = np.full(len(entries.arc), -1, dtype=np.int64)
    piece[on_route] = grouped.ngroup().to_numpy()
    table["hours_low"], table["hours_high"] = spread(entries, piece, len(table), route.seed).pieces()
    return table


def _named(route: Route, arc: int) -> dict[str, object]:
    network = route.network
    here, there = network.layers[network.tail[arc]], network.layers[network.head[arc]]
    link, facility = int(network.link[arc]), int(network.facility[arc])
    common = {"place_from": here.place, "place_to": there.place}
    if link >= 0:
        row = network.links.loc[link]
        ends = [network.places.at[layer.place, "name_en"] for layer in (here, there)]
        return {
            "kind": "move", "name_en": " - ".join(ends), **common, "country": row["country"], "mode": here.mode,
            "service": route.costs.service[arc], "link_id": row["link_id"], "facility_id": "",
        }  # fmt: skip
    row = network.facilities.loc[facility]
    return {
        "kind": "stop", "name_en": row["name_en"], **common,
        "country": network.places.at[there.place, "country"], "mode": there.mode, "service": "", "link_id": "",
        "facility_id": row["facility_id"],
    }  # fmt: skip


def _merged_range(drawn: Spread, group: NDArray[np.int64]) -> NDArray[np.float64]:
    sums = np.zeros((drawn.draws.shape[0], int(group.max()) + 1))
    for leg, target in enumerate(group):
        sums[:, target] += drawn.draws[:, leg]
    return Spread(sums).pieces()
