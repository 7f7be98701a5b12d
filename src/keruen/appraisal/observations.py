"""The model held against published measurements, each with its tolerance; hit and miss are said plainly.

An observation used to choose a parameter (``fit``) or that is a parameter (``input``) proves little when it is met.
Only ``check`` rows are evidence, and the three are counted apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from keruen.appraisal.cpmm import BorderStop, Indicators, border_stops, indicators, sample
from keruen.equilibrium.freight import FreightFlows
from keruen.errors import KeruenError, UsageError
from keruen.network import Route, Router
from keruen.network.legs import route_spread
from keruen.network.parameters import parameters
from keruen.network.selectors import parts

__all__ = ["held_against", "within"]

Answer = tuple[float, float, float]
"""Model's value with its 10th and 90th percentile; NaN ends where no range is drawn."""

UNITS: Mapping[str, tuple[str, ...]] = {
    "route_time": ("h", "day"),
    "section_time": ("h", "day"),
    "route_cost": ("USD/t", "USD/FEU", "USD/TEU"),
    "line_haul_rate": ("USD/t", "USD/FEU", "USD/TEU", "USD/FEU-km", "USD/TEU-km"),
    "swod": ("km/h",),
    "swd": ("km/h",),
    "delivery_speed": ("km/day",),
    "border_time": ("h",),
    "tfi1": ("h",),
    "tfi2": ("USD",),
    "tfi3": ("USD",),
    "capacity": ("Mt/year", "wagons/day", "pairs/day"),
    "flow": ("Mt/year", "wagons/day", "pairs/day", "t-km"),
}
"""Units in which each measure is answered."""

_HELD = ["accept_low", "accept_high", "modelled", "modelled_low", "modelled_high", "verdict", "reason"]
_NAN = float("nan")
_TEU_PER_FEU = 2.0


def held_against(router: Router, seed: int, loads: FreightFlows | None = None) -> pd.DataFrame:
    """Answer every observation of the study.

    Parameters
    ----------
    router : Router
        Routes of the base scenario.
    seed : int
        Seed of the ranges.
    loads : FreightFlows, optional
        Freight assigned to the network; without it observations of flow stay unanswered.

    Returns
    -------
    pandas.DataFrame
        The observation table with accept_low, accept_high, modelled, modelled_low, modelled_high, verdict
        (``within``, ``miss`` or ``unanswered``) and reason.
    """
    table = router.scenario.table("observation").copy()
    rows = [_held(router, row, seed, loads) for row in table.to_dict("records")]
    held = pd.DataFrame(rows, index=table.index, columns=_HELD)
    held["reason"] = np.where(held["reason"] != "", held["reason"], table["reason"].fillna(""))
    return pd.concat([table.drop(columns="reason"), held], axis=1)


def within(row: Mapping[str, Any]) -> tuple[float, float]:
    """Interval that an answer must fall in: the observed range widened by its tolerance at both ends.

    Examples
    --------
    >>> within({"observed_low": 10, "observed_high": 10, "tolerance_percent": 20, "tolerance_absolute": float("nan")})
    (8.0, 12.0)
    """
    low, high = float(row["observed_low"]), float(row["observed_high"])
    percent, absolute = row["tolerance_percent"], row["tolerance_absolute"]
    if not pd.isna(percent):
        low, high = low * (1 - percent / 100), high * (1 + percent / 100)
    if not pd.isna(absolute):
        low, high = low - absolute, high + absolute
    return low, high


def _held(router: Router, row: Mapping[str, Any], seed: int, loads: FreightFlows | None) -> dict[str, object]:
    low, high = within(row)
    found: Answer = (_NAN, _NAN, _NAN)
    reason = ""
    try:
        found = _answered(router, row, seed, loads)
    except KeruenError as error:
        reason = str(error)
    if np.isnan(found[0]):
        verdict = "unanswered"
    else:
        # A figure published to three digits is met by one that rounds to it.
        slack = 1e-9 * max(abs(low), abs(high))
        verdict = "within" if low - slack <= found[0] <= high + slack else "miss"
    return {
        "accept_low": low,
        "accept_high": high,
        "modelled": found[0],
        "modelled_low": found[1],
        "modelled_high": found[2],
        "verdict": verdict,
        "reason": reason,
    }


def _answered(router: Router, row: Mapping[str, Any], seed: int, loads: FreightFlows | None) -> Answer:
    """The model's answer, or a KeruenError that says why there is none."""
    measure = row["measure"]
    if measure not in UNITS:
        raise UsageError(row["reason"] or row["note"] or "the model has no such quantity")
    if row["unit"] not in UNITS[measure]:
        raise UsageError(f"{measure} is given in {', '.join(UNITS[measure])}, not {row['unit']}")
    if measure != "flow":
        return _MEASURES[measure](router, row, seed)
    if loads is None:
        raise UsageError("no freight of this year is assigned to the network")
    return (_flow(loads, row), _NAN, _NAN)


def _route(router: Router, row: Mapping[str, Any]) -> Route:
    services = parts(row["service"])
    commodity = row["commodity"] or _carried_by(router, services)
    via, avoid = parts(row["via"]), parts(row["avoid"])
    return router.route(row["origin"], row["destination"], commodity, via=via, avoid=avoid, services=services or None)


def _route_time(router: Router, row: Mapping[str, Any], seed: int) -> Answer:
    route = _route(router, row)
    ends = _terminal_hours(router, route) if bool(row["terminals"]) else 0.0
    low, high = route_spread(route, seed).total()
    hours = np.array([route.time_h, low, high]) + ends
    return _answer(hours / (24 if row["unit"] == "day" else 1))


def _route_cost(router: Router, row: Mapping[str, Any], seed: int) -> Answer:
    route = _route(router, row)
    low, high = route_spread(route, seed, money=True).total()
    return _answer(np.array([route.money_usd_per_t, low, high]) * _tonnes_per_unit(router, route, row["unit"]))


def _line_haul(router: Router, row: Mapping[str, Any], seed: int) -> Answer:
    """Line haul alone, without payments and handling: by tonne over a route, or by box and km in a country."""
    if row["origin"]:
        route = _route(router, row)
        entries = route.costs.money
        chosen = np.isin(entries.arc, list(route.arcs)) & (entries.heading == entries.headings.index("line_haul"))
        sums = [float(values[chosen].sum()) for values in (entries.mean, entries.low, entries.high)]
        return _answer(np.array(sums) * _tonnes_per_unit(router, route, row["unit"]))
    services = parts(row["service"])
    look_up = parameters(router.scenario).rate.best
    cases = (
        {"item": "line_haul", "country": row["country"], "commodity": row["commodity"], "service": s} for s in services
    )
    rate = next((found for case in cases if (found := look_up(case)) is not None), None)
    if rate is None:
        raise UsageError(f"no line-haul rate of {', '.join(services)} in {row['country']}")
    columns = ["rate_usd_per_tkm", "rate_low_usd_per_tkm", "rate_high_usd_per_tkm"]
    box_t = float(router.scenario.table("commodity").set_index("commodity_id").at[row["commodity"], "box_t"])
    tonnes = box_t if row["unit"] == "USD/FEU-km" else box_t / _TEU_PER_FEU
    return _answer(np.array([float(rate[column]) for column in columns]) * tonnes)


def _swod(router: Router, row: Mapping[str, Any], seed: int) -> Answer:
    if row["survey"]:
        return (_indicators(router, row).swod_km_per_h, _NAN, _NAN)
    run_h, _ = _hours_per_km(router, row)
    return (1 / run_h, _NAN, _NAN)


def _swd(router: Router, row: Mapping[str, Any], seed: int) -> Answer:
    if row["survey"]:
        return (_indicators(router, row).swd_km_per_h, _NAN, _NAN)
    run_h, wait_h = _hours_per_km(router, row)
    km, stops = float(row["survey_km"]), float(row["survey_border_stops"])
    if np.isnan(km) or np.isnan(stops):
        raise UsageError("survey_km and survey_border_stops say how long a surveyed shipment is; one is missing")
    border_h = _border_time(router, row, seed)[0] if stops else 0.0
    return (km / (km * (run_h + wait_h) + stops * border_h), _NAN, _NAN)


def _delivery_speed(router: Router, row: Mapping[str, Any], seed: int) -> Answer:
    run_h, wait_h = _hours_per_km(router, row)
    return (24 / (run_h + wait_h), _NAN, _NAN)


def _tfi1(router: Router, row: Mapping[str, Any], seed: int) -> Answer:
    return (_indicators(router, row).tfi1_h, _NAN, _NAN)


def _tfi2(router: Router, row: Mapping[str, Any], seed: int) -> Answer:
    if row["survey"]:
        return (_indicators(router, row).tfi2_usd_per_20t, _NAN, _NAN)
    return (20 * float(np.mean([stop.money_usd_per_t for stop in _border_points(router, row)])), _NAN, _NAN)


def _tfi3(router: Router, row: Mapping[str, Any], seed: int) -> Answer:
    if row["survey"]:
        return (_indicators(router, row).tfi3_usd, _NAN, _NAN)
    km, stops = float(row["survey_km"]), float(row["survey_border_stops"])
    rate, factor_20t_500km = _rate_per_tkm(router, row), 20 * 500
    paid = _tfi2(router, row, seed)[0] / 20 if stops else 0.0
    return (factor_20t_500km * (rate + stops * paid / km), _NAN, _NAN)


def _flow(loads: FreightFlows, row: Mapping[str, Any]) -> float:
    """Load of facilities together, both directions, or turnover of a railway."""
    if row["unit"] == "t-km":
        links = loads.links
        return float(links.loc[(links["operator"] == row["country"]) & (links["mode"] == "rail"), "tkm_per_year"].sum())
    if not row["facility"]:
        raise UsageError("a load is observed at a facility; the row names none")
    facilities = loads.facilities
    chosen = facilities[facilities["facility_id"].isin(parts(row["facility"]))]
    if row["unit"] == "pairs/day":
        return float(chosen["trains_per_day"].sum())
    tonnes = float(chosen[["flow_t_per_year", "back_t_per_year"]].to_numpy().sum())
    return tonnes / _tonnes_a_year(loads.freight.router, row["unit"])


def _border_time(router: Router, row: Mapping[str, Any], seed: int) -> Answer:
    points = _border_points(router, row)
    return (float(np.mean([point.time_h for point in points])), _NAN, _NAN)


def _border_points(router: Router, row: Mapping[str, Any]) -> list[BorderStop]:
    """Border-crossing points of a country that an observation speaks of."""
    services = parts(row["service"])
    commodity = row["commodity"] or _carried_by(router, services)
    costs = router.costs(commodity, services or None)
    named = set(parts(row["facility"]))
    found = []
    for arc in np.flatnonzero(costs.permitted & (router.network.facility >= 0)):
        for point in border_stops(router.network, costs, int(arc)):
            fits = point.country == row["country"] or (not row["country"] and named)
            fits = fits and row["direction"] in ("", point.direction)
            if fits and (not named or point.facility in named):
                found.append(point)
    if not found:
        raise UsageError(f"no border point of {row['country']} fits this observation")
    return found


def _capacity(router: Router, row: Mapping[str, Any], seed: int) -> Answer:
    """Capacity as declared: of facilities together, or of the narrowest section of a line."""
    if row["facility"]:
        table = router.scenario.table("facility").set_index("facility_id")
        columns = ["capacity_t_per_year", "capacity_low_t_per_year", "capacity_high_t_per_year"]
        total = table.loc[parts(row["facility"]), columns].sum(skipna=False).to_numpy(dtype=float)
        return _answer(total / _tonnes_a_year(router, row["unit"]))
    route = _route(router, row)
    numbers = router.network.link[list(route.arcs)]
    links = router.network.links.iloc[numbers[numbers >= 0]]
    if links["capacity_trains_per_day"].isna().all():
        raise UsageError("no section of this line has a capacity")
    narrowest = links.loc[links["capacity_trains_per_day"].idxmin()]
    columns = ["capacity_trains_per_day", "capacity_low_trains_per_day", "capacity_high_trains_per_day"]
    return _answer(narrowest[columns].to_numpy(dtype=float))


def _tonnes_a_year(router: Router, unit: str) -> float:
    """Tonnes a year in one unit of a published load."""
    if unit == "Mt/year":
        return 1e6
    if unit == "wagons/day":
        services = router.scenario.table("service").set_index("service_id")
        if "wagonload" not in services.index:
            raise UsageError("wagons a day need the service wagonload, which says what a wagon carries")
        return 365 * float(services.at["wagonload", "net_load_t"] / services.at["wagonload", "units_per_train"])
    raise UsageError(f"a load in tonnes is given in Mt/year or wagons/day, not {unit}")


def _hours_per_km(router: Router, row: Mapping[str, Any]) -> tuple[float, float]:
    """Running and standing hours a km of a service on the ordinary lines of a country."""
    services = parts(row["service"])
    commodity = row["commodity"] or _carried_by(router, services)
    costs = router.costs(commodity, services or None)
    network = router.network
    links = network.links
    ours = np.zeros(len(links), dtype=bool)
    ours[:] = (links["operator"] == row["country"]) & (links["line"].fillna("") == "")
    chosen = (network.link >= 0) & costs.permitted
    chosen[chosen] = ours[network.link[chosen]]
    km = float(network.length_km[chosen].sum())
    if not km:
        raise UsageError(f"{', '.join(services)} runs on no line of {row['country']}")
    hours = costs.hours.by_arc(len(network.tail))[chosen].sum(axis=0)
    wait = costs.hours.headings.index("wait")
    return float(hours.sum() - hours[wait]) / km, float(hours[wait]) / km


def _rate_per_tkm(router: Router, row: Mapping[str, Any]) -> float:
    services = parts(row["service"])
    commodity = row["commodity"] or _carried_by(router, services)
    costs = router.costs(commodity, services or None)
    network, entries = router.network, costs.money
    ours = (network.links["operator"] == row["country"]) & (network.links["line"].fillna("") == "")
    chosen = (network.link >= 0) & costs.permitted
    chosen[chosen] = ours.to_numpy()[network.link[chosen]]
    line_haul = entries.by_arc(len(network.tail))[:, entries.headings.index("line_haul")]
    return float(line_haul[chosen].sum() / network.length_km[chosen].sum())


def _indicators(router: Router, row: Mapping[str, Any]) -> Indicators:
    trips = router.scenario.table("trip")
    trips = trips[trips["survey"] == row["survey"]]
    if trips.empty:
        raise UsageError(f"survey '{row['survey']}' has no trips in the trip table")
    routes = [
        router.route(
            trip.origin, trip.destination, trip.commodity,
            via=parts(trip.via), avoid=parts(trip.avoid), services=parts(trip.services) or None,
        )
        for trip in trips.itertuples()
    ]  # fmt: skip
    return indicators([sample(route) for route in routes])


def _terminal_hours(router: Router, route: Route) -> float:
    """Mean hours at both ends: loading and dispatch, unloading."""
    total = 0.0
    service = next((s for arc in route.arcs if (s := route.costs.service[arc])), "")
    row = parameters(router.scenario).stage.best({"kind": "terminal", "service": service})
    if row is not None:
        total = 2 * float(row["dwell_h"])
    return total


def _carried_by(router: Router, services: list[str]) -> str:
    """The first commodity that may use all the services."""
    for row in router.scenario.table("commodity").itertuples():
        if set(services) <= set(parts(row.services)):
            return str(row.commodity_id)
    raise UsageError(f"no commodity may use {', '.join(services)}")


def _tonnes_per_unit(router: Router, route: Route, unit: str) -> float:
    if unit == "USD/t":
        return 1.0
    commodity = router.scenario.table("commodity").set_index("commodity_id")
    box_t = float(commodity.at[route.costs.carriage.commodity, "box_t"])
    if unit in ("USD/FEU", "USD/FEU-km"):
        return box_t
    if unit in ("USD/TEU", "USD/TEU-km"):
        return box_t / _TEU_PER_FEU
    raise UsageError(f"a route cost is given in USD/t, USD/FEU or USD/TEU, not {unit}")


def _answer(values: np.ndarray[Any, np.dtype[np.float64]]) -> Answer:
    return float(values[0]), float(values[1]), float(values[2])


_MEASURES: Mapping[str, Callable[[Router, Mapping[str, Any], int], Answer]] = {
    "route_time": _route_time,
    "section_time": _route_time,
    "route_cost": _route_cost,
    "line_haul_rate": _line_haul,
    "swod": _swod,
    "swd": _swd,
    "delivery_speed": _delivery_speed,
    "border_time": _border_time,
    "tfi1": _tfi1,
    "tfi2": _tfi2,
    "tfi3": _tfi3,
    "capacity": _capacity,
}
