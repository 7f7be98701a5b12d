"""What the freight assigned to the network says, in the reader's words: what is full, and who goes which way."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from keruen.appraisal.bottlenecks import bottlenecks
from keruen.appraisal.corridor_split import CorridorSplit, corridor_split
from keruen.languages import mark
from keruen.report.reading import Reading, records
from keruen.study.projects import opened_since

__all__ = ["FULL", "NEAR", "PARTIAL", "Loads", "Narrow"]

PARTIAL = ("RU",)
"""Operators whose own domestic freight no demand table of ours holds: their sections say nothing of their use."""

NEAR = 0.9
"""Share of capacity from which a crossing or section is called near it."""

FULL = 0.995
"""Share of capacity from which it is called full: 100 per cent as it is written."""

_SHOWN = 10
_CITY_KM = 40.0  # a nameless junction nearer to a city than this is called by the city
_MT = 1e6
_SAME = 0.05  # a capacity said in words and one in figures that differ by less are one

_COUNTED = re.compile(r"(\d+(?:\.\d+)?)(?:-(\d+(?:\.\d+)?))? (pairs of trains|wagons|trains) a day")
_TONNES = re.compile(r"(\d+(?:\.\d+)?) Mt a year")
_BRACKETS = re.compile(r" \([^)]*\)")
_PAIRS = {
    "pairs of trains": mark("{used} of {capacity} pairs of trains a day"),
    "wagons": mark("{used} of {capacity} wagons a day"),
    "trains": mark("{used} of {capacity} trains a day"),
}


@dataclass(frozen=True)
class Narrow:
    """A crossing or section near capacity, by year: earlier first.

    Attributes
    ----------
    name : str
        Name in the reader's language.
    pair : str
        Load and capacity of the first year in the unit in which the capacity is given.
    assumed : bool
        Whether the capacity is assumed.
    section : bool
        Whether it is a section of line, not a crossing or port.
    foreign_only : bool
        Whether the demand holds no domestic freight of its operator.
    use, hours, usd, tonnes : tuple of float
        Share of capacity, hours of queue, cost of the queue in USD a year, tonnes a year; NaN without freight.
    """

    name: str
    pair: str
    assumed: bool
    section: bool
    foreign_only: bool
    use: tuple[float, ...]
    hours: tuple[float, ...]
    usd: tuple[float, ...]
    tonnes: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Loads:
    """Assigned freight of a comparison, read in one language.

    Parameters
    ----------
    reading : Reading
        The comparison.
    """

    reading: Reading

    @cached_property
    def years(self) -> list[int]:
        """Base year and last year with assigned freight; empty where none was assigned."""
        years = sorted(getattr(self.reading.comparison, "loads", {}))
        return [years[0], years[-1]] if len(years) > 1 else years

    @cached_property
    def narrow(self) -> list[Narrow]:
        """Crossings and sections with the highest use in the last year."""
        loads = {year: self.reading.comparison.loads[year] for year in self.years}
        table = bottlenecks(loads, _SHOWN, PARTIAL)
        return [] if table.empty else [self._narrow(rows) for _, rows in table.groupby("rank", sort=True)]

    @cached_property
    def split(self) -> CorridorSplit:
        """Freight through the gates of the compared routes."""
        return corridor_split(self.reading.comparison)

    @cached_property
    def total_t(self) -> dict[int, float]:
        """Tonnes of all demand by year."""
        found = {}
        for year in self.years:
            classes = self.reading.comparison.loads[year].freight.problem.classes
            found[year] = float(sum(one.flow.sum() for one in classes))
        return found

    @cached_property
    def partial(self) -> str:
        """Countries of the study whose sections are not judged, by name; empty if it has none."""
        link = self.reading.comparison.study.table("link")
        operators = set(link["operator"]) if "operator" in link else set()
        return self.reading.listed([self.reading.country(code) for code in PARTIAL if code in operators])

    def full_crossings(self, year: int) -> pd.DataFrame:
        """Crossings and ports near their capacity or past it in a year, fullest first."""
        table = self.reading.comparison.loads[year].facilities
        return table[table["use"] >= NEAR].sort_values("use", ascending=False)

    def standing(self, year: int) -> str:
        """Projects that have opened since the base year and stand in a year, by name; empty if there are none."""
        study = self.reading.comparison.study
        names = {str(row["project_id"]): self.reading.named(row) for row in records(study.table("project"))}
        return self.reading.listed([names[project] for project in opened_since(study, year)])

    def used(self, facility_id: str) -> bool:
        """Whether a facility carries freight in one of the years."""
        loads = self.reading.comparison.loads
        return any((loads[year].facilities["facility_id"] == facility_id).any() for year in self.years)

    def commodity(self, commodity_id: str) -> str:
        """Name of a commodity."""
        table = self.reading.comparison.study.table("commodity").set_index("commodity_id")
        return (
            self.reading.named(table.loc[commodity_id], commodity_id) if commodity_id in table.index else commodity_id
        )

    def crossing_name(self, facility_id: str) -> str:
        """Name of a crossing or port without what tells its sides from namesakes; one name where both sides share it."""
        row = self._facilities.get(facility_id)
        sides = _BRACKETS.sub("", self.reading.named(row, facility_id)).split(" – ")
        return " – ".join(dict.fromkeys(side.strip() for side in sides))

    @cached_property
    def _facilities(self) -> dict[str, dict[str, Any]]:
        return {str(row["facility_id"]): row for row in records(self.reading.comparison.study.table("facility"))}

    def spot(self, place_id: str) -> str:
        """Name of a place; a junction without a name of its own goes by the city beside it."""
        places = self.reading.places
        if not place_id.startswith("junction-") or place_id not in places.index:
            return self.reading.place(place_id).partition(" (")[0]
        here = places.loc[place_id, ["lon_deg", "lat_deg"]].to_numpy(dtype=float)
        cities = places[(places["kind"] == "city") & (places["country"] == places.at[place_id, "country"])]
        if cities.empty:
            return self.reading.place(place_id)
        apart = (cities[["lon_deg", "lat_deg"]].to_numpy(dtype=float) - here) * [np.cos(np.radians(here[1])), 1.0]
        km = 111.2 * np.hypot(apart[:, 0], apart[:, 1])
        nearest = int(np.argmin(km))
        return self.reading.place(str(cities.index[nearest]) if km[nearest] <= _CITY_KM else place_id)

    def section_name(self, ends: Sequence[str]) -> str:
        """Name of a section by its ends."""
        return " – ".join(dict.fromkeys(self.spot(end) for end in ends))

    def _narrow(self, rows: pd.DataFrame) -> Narrow:
        first = records(rows.iloc[:1])[0]
        section = first["what"] == "section"
        by_year = rows.set_index("year").reindex(self.years)
        figures = {
            name: tuple(float(value) for value in by_year[column])
            for name, column in (
                ("use", "use"), ("hours", "queue_h"), ("usd", "queue_usd_per_year"), ("tonnes", "flow_t_per_year"),
            )
        }  # fmt: skip
        table, key = ("link", "link_id") if section else ("facility", "facility_id")
        declared = self.reading.comparison.study.table(table).set_index(key)
        row = declared.loc[first["ids"][0]]
        ends = [first["from_place"], first["to_place"]]
        return Narrow(
            name=self.section_name(ends) if section else self.crossing_name(str(first["ids"][0])),
            pair=self._pair(row, section, figures["use"][0], figures["tonnes"][0]),
            assumed=row.get("capacity_source") == "assumed",
            section=section,
            foreign_only=section and str(first["operator"]) not in self._with_domestic,
            **figures,
        )

    def _pair(self, row: Any, section: bool, use: float, carried: float) -> str:
        """Load and capacity in the unit in which the capacity was given; empty without freight."""
        if not np.isfinite(use):
            return ""
        numbers, say = self.reading.numbers, self.reading.say
        if section:
            trains = float(row["capacity_trains_per_day"])
            words = _PAIRS["trains"]
            return say(words, used=numbers.decimal(use * trains), capacity=numbers.decimal(trains))
        tonnes = float(row["capacity_t_per_year"])
        text = str(row.get("capacity_text") or "")
        counted = _COUNTED.fullmatch(text)
        if counted is not None:
            low, high = float(counted[1]), float(counted[2] or counted[1])
            capacity = numbers.to(numbers.decimal(low), numbers.decimal(high))
            return say(_PAIRS[counted[3]], used=numbers.decimal(use * (low + high) / 2), capacity=capacity)
        said = _TONNES.search(text)
        if said is not None and abs(float(said[1]) * _MT - tonnes) <= _SAME * tonnes:
            tonnes = float(said[1]) * _MT
        # Capacity is held in trains of the weight of the base year, so tonnes over tonnes would not be the share that is drawn.
        words = mark("{tonnes} Mt; capacity {capacity} Mt a year")
        return say(words, tonnes=numbers.amount(carried / _MT), capacity=numbers.amount(tonnes / _MT))

    @cached_property
    def _with_domestic(self) -> set[str]:
        """Countries of which the demand holds freight between zones of their own."""
        demand = self.reading.comparison.study.table("demand")
        country = self.reading.comparison.study.table("zone").set_index("zone_id")["country"]
        start, end = demand["origin"].map(country), demand["destination"].map(country)
        return set(start[start == end].dropna())
