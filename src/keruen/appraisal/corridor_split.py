"""Who goes by which corridor: freight through the gate of each compared route, by commodity.

A gate is what only one route of the comparison passes: the last place of its ``via`` that no other route names or, where
it names none, the last border crossing or port that only it passes. All crossings and ports within 30 km of that place
belong to it, because road and rail cross a border side by side. A port at the end of a sea leg takes with it the other
ports of its country that ships from the same coast call at: they are the same corridor on paper. A place without
crossing or port, such as a canal, is passed by every load that enters it.

Freight that passes two gates counts at both; freight that passes none is in no corridor. Both are told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from keruen.equilibrium.freight import FreightFlows
from keruen.network.selectors import parts
from keruen.study.words import AFLOAT

if TYPE_CHECKING:
    from keruen.appraisal.comparison import Comparison

__all__ = ["CorridorSplit", "Gate", "corridor_split", "gates"]

_NEAR_KM = 30.0
_EARTH_KM = 6371.0
_GATES = ("border", "port")  # kinds of facility


@dataclass(frozen=True)
class Gate:
    """Where freight is counted for a route.

    Attributes
    ----------
    route : str
        Route id.
    place : str
        Place that only this route passes.
    facilities : tuple of str
        Crossings and ports that belong to it; empty for a place that has none.
    """

    route: str
    place: str
    facilities: tuple[str, ...]


@dataclass(frozen=True)
class CorridorSplit:
    """Freight by corridor.

    Attributes
    ----------
    gates : tuple of Gate
        In the order of the routes.
    tonnes : pandas.DataFrame
        route_id, commodity, year, flow_t_per_year through the gate, both directions.
    totals : pandas.DataFrame
        commodity, year, flow_t_per_year of all demand, gate_t_per_year through at least one gate, twice_t_per_year
        counted at more than one.
    """

    gates: tuple[Gate, ...]
    tonnes: pd.DataFrame
    totals: pd.DataFrame

    def shares(self, year: int) -> Mapping[str, float]:
        """Share of each route in what passes the gates in a year, all commodities together; empty without freight."""
        sums = self.tonnes[self.tonnes["year"] == year].groupby("route_id", sort=False)["flow_t_per_year"].sum()
        total = float(sums.sum())
        return {str(route): float(tonnes) / total for route, tonnes in sums.items()} if total else {}


def corridor_split(comparison: Comparison) -> CorridorSplit:
    """Freight through the gates of a comparison's routes.

    Parameters
    ----------
    comparison : Comparison
        Routes and the freight assigned to the network.

    Returns
    -------
    CorridorSplit
        Tonnes by route, commodity and year; empty tables where no freight was assigned or no route has a gate.
    """
    found = gates(comparison)
    tonnes, totals = [], []
    for year, loads in sorted(comparison.loads.items()):
        marks = np.array([_mark(loads, gate) for gate in found])
        for k, commodity in enumerate(loads.freight.commodities if found else ()):
            through, any_gate = _through(loads, k, marks)
            total = float(loads.freight.problem.classes[k].flow.sum())
            key = {"commodity": commodity, "year": year}
            tonnes += [
                {"route_id": gate.route, **key, "flow_t_per_year": float(flow)}
                for gate, flow in zip(found, through, strict=True)
            ]
            twice = max(0.0, float(through.sum()) - any_gate)
            totals.append({**key, "flow_t_per_year": total, "gate_t_per_year": any_gate, "twice_t_per_year": twice})
    return CorridorSplit(
        tuple(found),
        pd.DataFrame(tonnes, columns=["route_id", "commodity", "year", "flow_t_per_year"]),
        pd.DataFrame(totals, columns=["commodity", "year", "flow_t_per_year", "gate_t_per_year", "twice_t_per_year"]),
    )


def gates(comparison: Comparison) -> list[Gate]:
    """Gates of a comparison's routes; a route that shares all it passes has none.

    Parameters
    ----------
    comparison : Comparison
        Routes with their legs.

    Returns
    -------
    list of Gate
        In the order of the routes.
    """
    study, order = comparison.study, [str(name) for name in comparison.routes.index]
    place = study.table("place").set_index("place_id")
    facility = study.table("facility")
    facility = facility[facility["kind"].isin(_GATES)].set_index("facility_id")
    at = {name: spot for name in order if (spot := _own_place(comparison, name, facility))}
    members = {name: _members(comparison, name, spot, facility, place) for name, spot in at.items()}
    found = []
    for name, spot in at.items():
        others = {one for other, named in members.items() if other != name for one in named[0]}
        beside, sisters = members[name]
        found.append(Gate(name, spot, (*beside, *(one for one in sisters if one not in others))))
    return found


def _own_place(comparison: Comparison, route: str, facility: pd.DataFrame) -> str:
    """Last place that only this route passes, by its via or by the facilities on its legs; empty if there is none."""
    declared = comparison.study.table("route").set_index("route_id")
    others = [str(name) for name in comparison.routes.index if name != route]
    if "via" in declared:
        taken = {place for other in others for place in parts(declared.at[other, "via"])}
        own = [place for place in parts(declared.at[route, "via"]) if place not in taken]
        if own:
            return own[-1]
    legs = comparison.legs
    passed = {name: list(rows) for name, rows in legs.groupby("route_id")["facility_id"]}
    shared = {one for other in others for one in passed.get(other, [])}
    own = [one for one in passed.get(route, []) if one in facility.index and one not in shared]
    return str(facility.at[own[-1], "to_place"]) if own else ""


def _members(
    comparison: Comparison, route: str, spot: str, facility: pd.DataFrame, place: pd.DataFrame
) -> tuple[list[str], list[str]]:
    """Facilities beside a place; ports of its country that ships from the same coast call at."""
    degrees = place[["lon_deg", "lat_deg"]].astype(float)
    near = set(place.index[_km(degrees.loc[spot].to_numpy(), degrees.to_numpy()) <= _NEAR_KM])
    beside = facility[facility["from_place"].isin(near) | facility["to_place"].isin(near)]
    legs = comparison.legs
    sailed = legs[(legs["route_id"] == route) & legs["mode"].isin(AFLOAT) & (legs["kind"] == "move")]
    ends = list(zip(sailed["place_from"].astype(str), sailed["place_to"].astype(str), strict=True))
    far = {a if b == spot else b for a, b in ends if spot in (a, b)}
    ports = set(facility.loc[facility["kind"] == "port", "from_place"])
    if not far or spot not in ports:
        return list(beside.index), []
    coasts, home = set(place.loc[list(far), "country"]), place.at[spot, "country"]
    link = comparison.study.table("link")
    lanes = link[link["mode"].isin(AFLOAT)]
    called = {
        here
        for a, b in zip(lanes["from_place"], lanes["to_place"], strict=True)
        for here, there in ((a, b), (b, a))
        if here in ports and place.at[here, "country"] == home and place.at[there, "country"] in coasts
    }
    sisters = facility[facility["from_place"].isin(called) & (facility["kind"] == "port")]
    return list(beside.index), [one for one in sisters.index if one not in beside.index]


def _km(one: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """Great-circle distances from a point, degrees of longitude and latitude."""
    (lon, lat), (lons, lats) = np.radians(one), np.radians(others).T
    half = np.sin((lats - lat) / 2) ** 2 + np.cos(lat) * np.cos(lats) * np.sin((lons - lon) / 2) ** 2
    return np.asarray(2 * _EARTH_KM * np.arcsin(np.sqrt(half)))


def _mark(loads: FreightFlows, gate: Gate) -> NDArray[np.float64]:
    """One on every arc by which the gate is passed."""
    network = loads.freight.router.network
    mark = np.zeros(loads.freight.problem.arcs)
    own = len(network.tail)
    if gate.facilities:
        numbers = np.flatnonzero(network.facilities["facility_id"].isin(gate.facilities))
        mark[:own][np.isin(network.facility, numbers)] = 1.0
    else:
        entered = network.nodes_of(gate.place)
        mark[:own][np.isin(network.head, entered) & (np.asarray(network.link) >= 0)] = 1.0
    return mark


def _through(loads: FreightFlows, k: int, marks: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Tonnes of a class through each gate, and through at least one."""
    flow = loads.freight.problem.classes[k].flow
    shares = np.array([np.minimum(loads.flows.mean(mark, k), 1.0) for mark in marks])
    once = shares.sum(axis=0)
    for pair in np.flatnonzero((shares > 0).sum(axis=0) > 1):
        once[pair] = _share_through_any(loads, k, int(pair), marks)
    return shares @ flow, float(once @ flow)


def _share_through_any(loads: FreightFlows, k: int, pair: int, marks: NDArray[np.float64]) -> float:
    """Share of a pair's freight whose route passes at least one gate."""
    one = loads.freight.problem.classes[k]
    passed = marks.sum(axis=0)
    routes = loads.flows.paths(int(one.origin[pair]), int(one.destination[pair]), k)
    carried = sum(route.flow for route in routes)
    marked = sum(route.flow for route in routes if passed[list(route.arcs)].any())
    return marked / carried if carried else 0.0
