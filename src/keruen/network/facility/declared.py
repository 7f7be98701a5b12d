"""What a facility of a study declares for one kind of freight, with all that was assumed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from keruen.network.facility.capacity import Capacity, capacity
from keruen.network.facility.declaration import Facility
from keruen.network.facility.formula import Dwell, dwell
from keruen.network.facility.stations import REST, Assumption
from keruen.network.facility.unqueued import Met

__all__ = ["DAYS", "Declared"]

DAYS = 365.0


@dataclass(frozen=True, eq=False)
class Declared:
    """A facility of a study as it is computed and simulated.

    Attributes
    ----------
    facility : Facility
        Stages and arrivals; its flow is the one at which the hours were seen, or half the capacity.
    facility_id, commodity : str
        What was read, and for which freight.
    unit_t : float
        Net tonnes a unit carries.
    places : mapping of str to (str, str)
        Place left and place entered, by way.
    stations : pandas.DataFrame
        One row a stage and way: station, way, stage_id, stage, activity, country, direction, dwell_h as the study
        states it, declared.
    assumed : tuple of Assumption
        What the study does not declare.
    published_t_per_year : float
        Capacity as published; not a number where there is none.
    seen_t_per_year : float
        Flow at which the hours were seen; not a number where it is not stated.
    notes : tuple of str
        What a reader must know.
    """

    facility: Facility
    facility_id: str
    commodity: str
    unit_t: float
    places: Mapping[str, tuple[str, str]]
    stations: pd.DataFrame
    assumed: tuple[Assumption, ...]
    published_t_per_year: float
    seen_t_per_year: float
    notes: tuple[str, ...] = ()

    @property
    def unit(self) -> str:
        """What is counted and served."""
        return self.facility.unit

    @cached_property
    def limits(self) -> Capacity:
        """Units a day that each stage can take, and which binds."""
        return capacity(self.facility)

    @property
    def capacity_t_per_year(self) -> float:
        """Tonnes a year in both ways that the binding stage can take; infinite where nothing limits it."""
        return self.t_per_year(self.limits.total_per_day)

    @property
    def stated_h(self) -> dict[str, float]:
        """Hours by way as the stage table states them, which routes and the equilibrium count."""
        sums = self.stations.groupby("way")["dwell_h"].sum()
        return {way: float(sums[way]) for way in self.places}

    @cached_property
    def met(self) -> dict[tuple[str, str], Met]:
        """Rows of the stage table by way and station."""
        held = {one.name: one.service.mean for one in self.facility.stages if one.unqueued and one.service is not None}
        rows = self.stations.itertuples(index=False)
        return {
            (row.way, row.station): Met(
                bool(row.declared), float(row.dwell_h), held.get(row.station, held.get(row.station + REST, 0.0))
            )
            for row in rows
        }

    def per_day(self, t_per_year: float) -> float:
        """Return units a day of a flow in both ways."""
        return t_per_year / (DAYS * self.unit_t)

    def t_per_year(self, per_day: float) -> float:
        """Return tonnes a year of units a day in both ways."""
        return per_day * DAYS * self.unit_t

    def at(self, t_per_year: float) -> Facility:
        """Return the facility at a flow in both ways."""
        return self.facility.at(self.per_day(t_per_year))

    def dwell(self, t_per_year: float, *, span_h: float | None = None) -> Dwell:
        """Return the hours at a flow in both ways, by formula; see :func:`keruen.network.facility.dwell`."""
        return dwell(self.facility, self.per_day(t_per_year), span_h=span_h)

    def __repr__(self) -> str:
        most = self.limits
        limit = (
            f"{most.total_per_day:.4g} {self.unit}s a day ({self.capacity_t_per_year / 1e6:.3g} Mt a year), "
            f"{most.binding} binds"
            if math.isfinite(most.total_per_day)
            else "none"
        )
        return (
            f"<{self.facility.name} for {self.commodity}: {len(self.facility.stages)} stages, capacity {limit}, "
            f"{len(self.assumed)} values assumed>"
        )
