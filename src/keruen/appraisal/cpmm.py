"""Corridor performance indicators as CAREC's Corridor Performance Measurement and Monitoring (CPMM) defines them.

A sample is one shipment: travel legs with distance and moving time, and stops with time and payments.

- TFI1: hours at a border-crossing point, one country's side of a crossing.
- TFI2: USD paid at a border-crossing point.
- TFI3: USD per 500 km and 20 t, all vehicle and activity cost.
- TFI4: speed without delay ``SWOD = D / T_move`` and with delay ``SWD = D / (T_move + T_stop)``, km/h.

They satisfy ``1/SWD - 1/SWOD = T_stop / D``. A mean of ratios and a ratio of sums differ strongly where stops are
heavy-tailed; the reports do not say which is meant, so both are computed.

Source: CAREC, CPMM annual reports 2020-2023, section on methodology.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from keruen.network import ArcCosts, Route, Supernetwork
from keruen.network.components import ACTIVITIES, Entries
from keruen.network.costs import sides

__all__ = ["BorderStop", "Indicators", "Sample", "border_stops", "indicators", "sample"]

_MOVING = (ACTIVITIES.index("run"), ACTIVITIES.index("sea"))


@dataclass(frozen=True)
class BorderStop:
    """One country's side of a crossing in a sample.

    Attributes
    ----------
    facility, country, direction : str
        Where and which way.
    time_h : float
        Hours.
    money_usd_per_t : float
        Payments, USD a tonne.
    """

    facility: str
    country: str
    direction: str
    time_h: float
    money_usd_per_t: float


@dataclass(frozen=True)
class Sample:
    """One shipment.

    Attributes
    ----------
    distance_km : float
        Distance.
    moving_h, stopped_h : float
        Hours moving, and hours standing wherever it be.
    money_usd_per_t : float
        All cost, USD a tonne.
    stops : tuple of BorderStop
        Border-crossing points passed.
    """

    distance_km: float
    moving_h: float
    stopped_h: float
    money_usd_per_t: float
    stops: tuple[BorderStop, ...] = ()

    @property
    def swod_km_per_h(self) -> float:
        """Speed without delay."""
        return self.distance_km / self.moving_h

    @property
    def swd_km_per_h(self) -> float:
        """Speed with delay."""
        return self.distance_km / (self.moving_h + self.stopped_h)

    @property
    def tfi3_usd(self) -> float:
        """Cost per 500 km and 20 t."""
        return self.money_usd_per_t * 20 * 500 / self.distance_km


@dataclass(frozen=True)
class Indicators:
    """CPMM indicators of some samples.

    Attributes
    ----------
    samples, border_stops : int
        Number of shipments and of border-crossing points passed.
    tfi1_h, tfi2_usd_per_20t, tfi3_usd : float
        Means; NaN for TFI1 and TFI2 without a border stop.
    swod_km_per_h, swd_km_per_h : float
        Ratio of sums: total distance over total hours.
    swod_mean_km_per_h, swd_mean_km_per_h : float
        Mean of the samples' ratios.

    Examples
    --------
    >>> trip = Sample(500, moving_h=9.3, stopped_h=31.0, money_usd_per_t=40.2)
    >>> found = indicators([trip])
    >>> round(found.swod_km_per_h, 1), round(found.swd_km_per_h, 1), round(found.tfi3_usd)
    (53.8, 12.4, 804)
    >>> abs(1 / found.swd_km_per_h - 1 / found.swod_km_per_h - 31.0 / 500) < 1e-12
    True
    """

    samples: int
    border_stops: int
    tfi1_h: float
    tfi2_usd_per_20t: float
    tfi3_usd: float
    swod_km_per_h: float
    swd_km_per_h: float
    swod_mean_km_per_h: float
    swd_mean_km_per_h: float


def indicators(samples: Sequence[Sample]) -> Indicators:
    """Indicators of a set of shipments, each with the same weight.

    Parameters
    ----------
    samples : sequence of Sample
        At least one.

    Returns
    -------
    Indicators
        TFI1 to TFI4.

    Raises
    ------
    ValueError
        If there is no sample.
    """
    if not samples:
        raise ValueError("indicators need at least one sample")
    stops = [stop for one in samples for stop in one.stops]
    km = sum(one.distance_km for one in samples)
    moving_h = sum(one.moving_h for one in samples)
    stopped_h = sum(one.stopped_h for one in samples)
    return Indicators(
        samples=len(samples),
        border_stops=len(stops),
        tfi1_h=fmean(stop.time_h for stop in stops) if stops else float("nan"),
        tfi2_usd_per_20t=20 * fmean(stop.money_usd_per_t for stop in stops) if stops else float("nan"),
        tfi3_usd=fmean(one.tfi3_usd for one in samples),
        swod_km_per_h=km / moving_h,
        swd_km_per_h=km / (moving_h + stopped_h),
        swod_mean_km_per_h=fmean(one.swod_km_per_h for one in samples),
        swd_mean_km_per_h=fmean(one.swd_km_per_h for one in samples),
    )


def sample(route: Route) -> Sample:
    """Read a route as one CPMM shipment.

    Parameters
    ----------
    route : Route
        A route.

    Returns
    -------
    Sample
        Its legs and stops; standing inside the network counts as a stop.
    """
    arcs = list(route.arcs)
    hours = route.costs.hours.by_arc(len(route.network.tail))[arcs].sum(axis=0)
    moving_h = float(hours[list(_MOVING)].sum())
    return Sample(
        distance_km=route.distance_km,
        moving_h=moving_h,
        stopped_h=float(hours.sum()) - moving_h,
        money_usd_per_t=route.money_usd_per_t,
        stops=tuple(stop for arc in arcs for stop in border_stops(route.network, route.costs, arc)),
    )


def border_stops(network: Supernetwork, costs: ArcCosts, arc: int) -> tuple[BorderStop, ...]:
    """The two border-crossing points of a border arc, none of another arc."""
    facility = int(network.facility[arc])
    if facility < 0 or network.facilities.at[facility, "kind"] != "border":
        return ()
    return tuple(
        BorderStop(
            facility=str(network.facilities.at[facility, "facility_id"]),
            country=side.country,
            direction=side.direction,
            time_h=_on_side(costs.hours, arc, side.direction),
            money_usd_per_t=_on_side(costs.money, arc, side.direction),
        )
        for side in sides(network, arc)
    )


def _on_side(entries: Entries, arc: int, direction: str) -> float:
    """Sum of an arc's entries on the side of one direction; the component's name ends in the direction."""
    chosen = np.flatnonzero(entries.arc == arc)
    return float(sum(entries.mean[i] for i in chosen if entries.names[entries.component[i]].endswith(f":{direction}")))
