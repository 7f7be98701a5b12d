"""The study's routes side by side: what the first report is drawn from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from keruen.appraisal.alone import Appraisals
from keruen.appraisal.cpmm import Indicators, indicators, sample
from keruen.appraisal.dwelling import Hours
from keruen.appraisal.observations import held_against
from keruen.equilibrium.freight import FreightFlows
from keruen.errors import NoPathError
from keruen.network import Route, Router
from keruen.network.costs import sides
from keruen.network.legs import hours_by_country, legs, route_spread
from keruen.network.selectors import parts
from keruen.study import sources
from keruen.study.words import AFLOAT

if TYPE_CHECKING:
    from keruen.study import Study

__all__ = ["Comparison", "border_count", "compare_routes", "declared_routes"]


_CROSSING = ["facility_id", "name_en", "from_place", "to_place", "out_h", "back_h", "country_from", "country_to"]
_LEG = ["route_id", "kind", "place_from", "place_to", "country", "mode", "facility_id", "distance_km", "time_h"]
_HOURS = ["country", "activity", "hours", "hours_low", "hours_high", "route_id"]


@dataclass(frozen=True, eq=False)
class Comparison:
    """Routes of one comparison in one year, with everything a report says about them.

    Attributes
    ----------
    study : Study
        The study.
    year : int
        Year of the scenario.
    routes : pandas.DataFrame
        One row a route, by rank: names, colour, distance_km, time_h, time_low_h, time_high_h, moving_h,
        cost_usd_per_t with low and high, emission_kg_per_t, borders, gauge_changes, assumed_share of the hours.
    legs : pandas.DataFrame
        Legs of all routes, see :func:`keruen.network.legs.legs`, with route_id.
    hours : pandas.DataFrame
        Hours by route_id, country and activity.
    indicators : pandas.DataFrame
        CPMM indicators of each route, see :class:`keruen.appraisal.cpmm.Indicators`.
    observations : pandas.DataFrame
        See :func:`keruen.appraisal.observations.held_against`.
    coverage, assumed : pandas.DataFrame
        Rows by table and kind of source; assumed rows with their reasons.
    crossings : pandas.DataFrame
        Rail border crossings: gauges, capacity, hours each way for the routes' commodity.
    unreached : pandas.DataFrame
        Places that nothing joins to the first route's origin.
    failed : mapping of str to str
        Routes that do not exist in this scenario, and why.
    run : mapping of str to str
        Version, start, seed and hash of the inputs.
    loads : mapping of int to FreightFlows
        Freight assigned to the network by year; empty where it was not.
    dwells : tuple of Hours
        Crossings that bind, computed and simulated.
    appraisals : Appraisals or None
        Projects each appraised alone; None where they were not.
    """

    study: Study
    year: int
    routes: pd.DataFrame
    legs: pd.DataFrame
    hours: pd.DataFrame
    indicators: pd.DataFrame
    observations: pd.DataFrame
    coverage: pd.DataFrame
    assumed: pd.DataFrame
    crossings: pd.DataFrame
    unreached: pd.DataFrame
    failed: Mapping[str, str]
    run: Mapping[str, str]
    loads: Mapping[int, FreightFlows] = field(default_factory=dict)
    dwells: tuple[Hours, ...] = ()
    appraisals: Appraisals | None = None

    def __repr__(self) -> str:
        verdicts = self.observations["verdict"].value_counts()
        return (
            f"<Comparison {self.study.settings.id} {self.year}: {len(self.routes)} routes, "
            f"{verdicts.get('within', 0)} of {verdicts.get('within', 0) + verdicts.get('miss', 0)} observations within>"
        )


def compare_routes(
    router: Router,
    study: Study,
    comparison: str,
    run: Mapping[str, str],
    loads: Mapping[int, FreightFlows] | None = None,
) -> Comparison:
    """Set the routes of a comparison side by side.

    Parameters
    ----------
    router : Router
        Routes of the scenario.
    study : Study
        Its study.
    comparison : str
        Value of ``route.comparison``; empty for the first of the table.
    run : mapping of str to str
        What the report says about the run.
    loads : mapping of int to FreightFlows, optional
        Freight assigned to the network by year.

    Returns
    -------
    Comparison
        The result. A route that does not exist is named in ``failed``, never dropped.
    """
    seed = study.settings.seed
    declared = declared_routes(router.scenario.table("route"), comparison)
    found: dict[str, Route] = {}
    failed: dict[str, str] = {}
    for row in declared.itertuples(index=False):
        try:
            found[row.route_id] = router.route(
                row.origin,
                row.destination,
                row.commodity,
                via=parts(row.via),
                avoid=parts(row.avoid),
                services=parts(row.services) or None,
            )
        except NoPathError as error:
            failed[row.route_id] = str(error)
    coverage, assumed = sources(study)
    origin = str(declared["origin"].iloc[0]) if len(declared) else router.network.layers[0].place
    commodity = str(declared["commodity"].iloc[0]) if len(declared) else ""
    return Comparison(
        study=study,
        year=router.scenario.year,
        routes=_routes(declared, found, seed),
        legs=_stacked({name: legs(route, seed) for name, route in found.items()}, _LEG),
        hours=_stacked({name: hours_by_country(route) for name, route in found.items()}, _HOURS),
        indicators=pd.DataFrame(
            [asdict(indicators([sample(route)])) for route in found.values()],
            index=pd.Index(list(found), name="route_id", dtype=object),
            columns=[one.name for one in fields(Indicators)],
        ),
        observations=_observed(router, study, loads or {}),
        coverage=coverage,
        assumed=assumed,
        crossings=_crossings(router, commodity) if commodity else pd.DataFrame(columns=_CROSSING),
        unreached=router.network.unreached(origin),
        failed=failed,
        run=run,
        loads=loads or {},
    )


def _observed(router: Router, study: Study, loads: Mapping[int, FreightFlows]) -> pd.DataFrame:
    """Observations held against the base year, in which they were made, whatever year is planned."""
    base = study.settings.base_year
    if router.scenario.year != base:
        router = loads[base].freight.router if base in loads else Router(study.scenario(year=base))
    return held_against(router, study.settings.seed, loads.get(base))


def declared_routes(routes: pd.DataFrame, comparison: str) -> pd.DataFrame:
    """Rows of one comparison by rank; of the first that the table names where none is asked for.

    Parameters
    ----------
    routes : pandas.DataFrame
        Table ``route``.
    comparison : str
        Value of ``route.comparison``, or empty.

    Returns
    -------
    pandas.DataFrame
        The rows.

    Examples
    --------
    >>> table = pd.DataFrame({"route_id": ["a", "b", "c"], "comparison": ["x", "y", "x"], "rank": [2, 1, 1]})
    >>> declared_routes(table, "")["route_id"].tolist()
    ['c', 'a']
    """
    chosen = comparison or (routes["comparison"].iloc[0] if len(routes) else "")
    return routes[routes["comparison"] == chosen].sort_values("rank", kind="stable")


def _routes(declared: pd.DataFrame, found: Mapping[str, Route], seed: int) -> pd.DataFrame:
    table = declared.set_index("route_id")
    table = table.loc[list(found)].drop(columns=["comparison", "via", "services", "note"], errors="ignore")
    figures = pd.DataFrame([_figures(route, seed) for route in found.values()], index=table.index)
    return pd.concat([table, figures], axis=1)


def _figures(route: Route, seed: int) -> dict[str, Any]:
    network, costs = route.network, route.costs
    arcs = list(route.arcs)
    low_h, high_h = route_spread(route, seed).total()
    low_usd, high_usd = route_spread(route, seed, money=True).total()
    hours = costs.hours.by_arc(len(network.tail))[arcs].sum(axis=0)
    on_route = np.isin(costs.hours.arc, arcs)
    assumed = costs.hours.assumed[costs.hours.component[on_route]]
    return {
        "distance_km": route.distance_km,
        "time_h": route.time_h,
        "time_low_h": low_h,
        "time_high_h": high_h,
        "moving_h": float(hours[0] + hours[1]),
        "cost_usd_per_t": route.money_usd_per_t,
        "cost_low_usd_per_t": low_usd,
        "cost_high_usd_per_t": high_usd,
        "emission_kg_per_t": route.emission_kg_per_t,
        "borders": border_count(route),
        "gauge_changes": _gauge_changes(route),
        "assumed_share": float(costs.hours.mean[on_route][assumed].sum() / route.time_h),
    }


def border_count(route: Route) -> int:
    """Borders that a route passes: crossings by land, and water between two countries, which counts once.

    Parameters
    ----------
    route : Route
        The route.

    Returns
    -------
    int
        Their number.
    """
    network, arcs = route.network, list(route.arcs)
    facility = network.facility[arcs]
    crossings = int((network.facilities.iloc[facility[facility >= 0]]["kind"] == "border").sum())
    shore, afloat = "", False
    for arc in arcs:
        tail, head = network.layers[network.tail[arc]], network.layers[network.head[arc]]
        sails = network.link[arc] >= 0 and tail.mode in AFLOAT
        if sails and not afloat:
            shore = str(network.places.at[tail.place, "country"])
        if afloat and not sails:
            crossings += shore != str(network.places.at[tail.place, "country"])
        afloat = sails
        landed = str(network.places.at[head.place, "country"])
    return crossings + int(afloat and shore != landed)


def _gauge_changes(route: Route) -> int:
    network = route.network
    layers = [(network.layers[network.tail[arc]], network.layers[network.head[arc]]) for arc in route.arcs]
    return sum(bool(a.gauge_mm and b.gauge_mm and a.gauge_mm != b.gauge_mm) for a, b in layers)


def _crossings(router: Router, commodity: str) -> pd.DataFrame:
    """Rail border crossings in use, with the hours each way."""
    network, costs = router.network, router.costs(commodity)
    rows: dict[int, dict[str, Any]] = {}
    for arc in np.flatnonzero(network.facility >= 0):
        number = int(network.facility[arc])
        facility = network.facilities.loc[number]
        if facility["kind"] != "border" or facility["from_mode"] != "rail":
            continue
        a, b = (side.country for side in sides(network, int(arc)))
        row = rows.setdefault(number, {**facility.to_dict(), "out_h": np.nan, "back_h": np.nan})
        row["back_h" if network.backward[arc] else "out_h"] = costs.time_h[arc]
        if not network.backward[arc]:
            row |= {"country_from": a, "country_to": b}
    return pd.DataFrame(list(rows.values())) if rows else pd.DataFrame(columns=_CROSSING)


def _stacked(tables: Mapping[str, pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    if not tables:
        return pd.DataFrame(columns=columns)
    return pd.concat([table.assign(route_id=name) for name, table in tables.items()], ignore_index=True)
