"""Facilities that bind: hours against flow, where they are lost, what one more server or a longer yard would save."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator
from scipy.stats import gamma

from keruen.equilibrium.freight import FreightFlows
from keruen.errors import KeruenError
from keruen.network import Router
from keruen.network.facility import Declared, dwell, read
from keruen.network.facility.capacity import visit_ratios
from keruen.network.facility.formula import Dwell
from keruen.network.facility.stations import REST
from keruen.simulation import Simulation, relief, simulate

__all__ = ["BAND", "SPAN_H", "At", "Hours", "binding", "hours_of_facilities", "spread"]

SPAN_H = 720.0
"""Hours that each flow lasts, from an empty facility: a month."""

BAND = (0.05, 0.95)
"""Quantiles of the band around a mean."""

NEAR = 0.85
"""Use of capacity, in the last year, from which a crossing is looked at."""

_POINTS, _DRAWN, _MOST_USE = 8, 40, 1.2
_BUDGET = 400_000  # customers at a stage that one facility may take in a row of replications: about 0.05 s
_REPLICATIONS = (10, 40)


@dataclass(frozen=True, eq=False)
class At:
    """A facility in one year.

    Attributes
    ----------
    use : float
        Share of capacity.
    formula : Dwell
        Hours by formula.
    run : Simulation
        Hours as simulated.
    """

    use: float
    formula: Dwell
    run: Simulation


@dataclass(frozen=True, eq=False)
class Hours:
    """A facility that binds.

    Attributes
    ----------
    declared : Declared
        The facility.
    uses, mean_h, low_h, high_h : ndarray of float
        Curve by formula: shares of capacity, mean hours, 5 and 95 %.
    years : mapping of int to At
        First and last year.
    stages : pandas.DataFrame
        Stages in the last year as simulated: stage, activity and country (empty for a station of the capacity alone),
        stay_h and wait_h a customer of the facility, binding.
    relief : pandas.DataFrame
        What each change would save in the last year, see :func:`keruen.simulation.relief`; the most first.
    """

    declared: Declared
    uses: NDArray[np.float64]
    mean_h: NDArray[np.float64]
    low_h: NDArray[np.float64]
    high_h: NDArray[np.float64]
    years: Mapping[int, At]
    stages: pd.DataFrame
    relief: pd.DataFrame


def binding(loads: Mapping[int, FreightFlows], most: int, first: Collection[str] = ()) -> list[str]:
    """Return the border crossings that are near their capacity in the last year, the fullest first.

    Parameters
    ----------
    loads : mapping of int to FreightFlows
        Freight assigned to the network by year.
    most : int
        How many.
    first : collection of str
        Facilities that come before others: those of the routes a report is about.

    Returns
    -------
    list of str
        Facility ids.
    """
    if not loads:
        return []
    table = loads[max(loads)].facilities
    full = table[(table["use"] >= NEAR) & (table["kind"] == "border")]
    full = full.assign(own=full["facility_id"].isin(first))
    full = full.sort_values(["own", "use", "facility_id"], ascending=[False, False, True])
    return [str(name) for name in full["facility_id"][:most]]


def hours_of_facilities(
    loads: Mapping[int, FreightFlows], seed: int, most: int = 3, first: Collection[str] = ()
) -> tuple[Hours, ...]:
    """Compute and simulate the facilities that bind.

    Parameters
    ----------
    loads : mapping of int to FreightFlows
        Freight assigned to the network by year.
    seed : int
        Seed.
    most : int
        How many facilities.
    first : collection of str
        Facilities that come before others.

    Returns
    -------
    tuple of Hours
        As `binding` orders them. One whose tables do not hold together is left out: `keruen simulate` says why.
    """
    found = []
    for name in binding(loads, most, first):
        try:
            found.append(_hours(name, loads, seed))
        except KeruenError:
            continue
    return tuple(found)


def _hours(name: str, loads: Mapping[int, FreightFlows], seed: int) -> Hours:
    """Return one facility; its hours are those stated at the flow of the first year, if the study names no other."""
    first, last = min(loads), max(loads)
    rows = {year: loads[year].facilities.set_index("facility_id") for year in (first, last)}
    router = loads[last].freight.router
    commodity = _most_carried(rows[last].loc[name])
    seen = None
    stated = router.network.facilities.set_index("facility_id").at[name, "seen_t_per_year"]
    if not stated > 0 and name in rows[first].index:
        seen = float(rows[first].at[name, "use"]) * float(rows[first].at[name, "capacity_t_per_year"])
    declared = _declared(name, commodity, seen, loads[first].freight.router, router)
    most = declared.limits.total_per_day
    years = {
        year: _at(declared, float(table.at[name, "use"]), most, seed)
        for year, table in rows.items()
        if name in table.index
    }
    span = max(_MOST_USE, 1.02 * max(at.use for at in years.values()))
    at = np.concatenate([np.linspace(0.02, 0.8, _POINTS // 2), np.linspace(0.92, span, _POINTS // 2)])
    curve = [dwell(declared.facility, use * most, span_h=SPAN_H) for use in at]
    points = np.array([(one.mean_h, *spread(one.mean_h, one.sd_h)) for one in curve])
    uses = np.linspace(at[0], at[-1], _DRAWN)
    mean, low, high = PchipInterpolator(at, points)(uses).T
    ahead = years[last]
    return Hours(
        declared=declared,
        uses=uses,
        mean_h=mean,
        low_h=low,
        high_h=high,
        years=years,
        stages=_stages(declared, ahead),
        relief=_relief(declared, ahead.use * most, seed),
    )


def _declared(name: str, commodity: str, seen: float | None, before: Router, router: Router) -> Declared:
    """Return a facility in the last year, its hours without queue as in the first: what has opened shortens the queue."""
    given: dict[str, Any] = {"commodity": commodity, "seen_t_per_year": seen}
    if not router.scenario.patches or name not in set(before.network.facilities["facility_id"]):
        return read(router.scenario, name, network=router.network, known=router.parameters, **given)
    was = read(before.scenario, name, network=before.network, known=before.parameters, **given)
    now = read(router.scenario, name, network=router.network, known=router.parameters, like=was.met, **given)
    return replace(now, notes=was.notes)


def _most_carried(row: pd.Series) -> str:
    columns = [name for name in row.index if name.endswith("_t_per_year") and name not in _TOTALS]
    return str(pd.to_numeric(row[columns]).idxmax()).removesuffix("_t_per_year")


_TOTALS = ("flow_t_per_year", "back_t_per_year", "capacity_t_per_year", "seen_t_per_year")


def _at(declared: Declared, use: float, most: float, seed: int) -> At:
    flow = use * most
    run = simulate(
        declared, flow, target=None, replications=_replications(declared, flow), length_h=SPAN_H, steady=False,
        seed=seed, samples=0,
    )  # fmt: skip
    return At(use, dwell(declared.facility, flow, span_h=SPAN_H), run)


def _replications(declared: Declared, flow: float) -> int:
    """Return as many replications as the budget allows."""
    visits = flow / 24 * SPAN_H * len(declared.facility.stages)
    return int(np.clip(_BUDGET / visits, *_REPLICATIONS))


def _stages(declared: Declared, at: At) -> pd.DataFrame:
    """Return hours a customer of the facility spends at each stage, all ways together, and which stage binds."""
    facility, seen = declared.facility, at.run.stages
    known = declared.stations.drop_duplicates("station").set_index("station")
    rows = []
    for stage, visits in zip(facility.stages, visit_ratios(facility), strict=True):
        station, ratio = stage.name.removesuffix(REST), float(visits)
        rows.append(
            {
                "stage": stage.name,
                "activity": str(known.at[station, "activity"]) if station in known.index else "",
                "word": str(known.at[station, "stage"]) if station in known.index else station,
                "country": str(known.at[station, "country"]) if station in known.index else "",
                "rest": stage.name.endswith(REST),
                "wait_h": ratio * _number(seen.at[stage.name, "wait_h"]),
                "stay_h": ratio * _number(seen.at[stage.name, "stay_h"]),
                "binding": stage.name == declared.limits.binding,
            }
        )
    outside = _number(seen.at["outside", "stay_h"])
    if outside > 0:
        rows.append(dict.fromkeys(rows[0], "") | {"stage": "outside", "word": "outside", "rest": False, "binding": False,
                                                  "wait_h": outside, "stay_h": outside})  # fmt: skip
    return pd.DataFrame(rows)


def _number(value: float) -> float:
    return float(value) if math.isfinite(value) else 0.0


def _relief(declared: Declared, flow: float, seed: int) -> pd.DataFrame:
    """Return what changes save at a flow, the most first; those that change nothing to speak of are left out."""
    facility = declared.facility.at(flow)
    table = relief(facility, replications=_replications(declared, flow), length_h=SPAN_H, warm_up_h=0.0, seed=seed)
    kept = table[table["saved_h"] > table["half_width_h"]]
    return kept.sort_values("saved_h", ascending=False).reset_index(drop=True)


def spread(mean: float, sd: float) -> tuple[float, float]:
    """Return the 5 and 95 % points of a gamma law of given mean and deviation.

    Examples
    --------
    >>> [round(hours, 1) for hours in spread(10.0, 10.0)]
    [0.5, 30.0]
    """
    if sd <= 1e-9 * mean:
        return mean, mean
    scv = (sd / mean) ** 2
    low, high = gamma.ppf(BAND, 1 / scv, scale=mean * scv)
    return float(low), float(high)
