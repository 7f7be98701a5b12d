"""A comparison as one reader sees it: in a language, with names instead of ids and stops instead of arcs."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from keruen.languages import Language, language, mark
from keruen.report.numbers import DASH, Numbers
from keruen.report.tokens import ACTIVITIES, ROUTES, STANDING
from keruen.study.words import AFLOAT

if TYPE_CHECKING:
    from keruen.appraisal.comparison import Comparison

__all__ = ["ACTIVITY_NAMES", "ACTIVITY_WORDS", "HIGH_SEAS", "Reading", "Stop", "records"]

HIGH_SEAS = "XZ"
"""Country code of the high seas (UN/LOCODE usage)."""

ACTIVITY_NAMES = {
    "run": mark("Running"),
    "sea": mark("At sea"),
    "wait": mark("Waiting in the network"),
    "border": mark("Border and customs"),
    "gauge": mark("Gauge change"),
    "port": mark("Port and terminal"),
}
"""Activities as headings."""

ACTIVITY_WORDS = {
    "wait": mark("waiting"),
    "border": mark("border"),
    "gauge": mark("gauge"),
    "port": mark("port"),
}
"""Activities as words in a label."""

_NAMED_IN = {"kk": ("kk", "ru", "en")}  # a Kazakh reader knows a name in Russian letters before one in Latin
_JOIN_KM = 12.0  # stops nearer than this are one stop to a reader: two stations of one crossing


@dataclass(frozen=True)
class Stop:
    """Where a route stands, with the hours by activity.

    Attributes
    ----------
    name : str
        Name in the reader's language.
    place : str
        Place at which it is drawn.
    kind : str
        Activity with most hours: wait, border, gauge or port.
    km, from_h, to_h, from_usd, to_usd : float
        Where it stands on the charts.
    hours : dict of str to float
        Hours by activity, those above nothing.
    """

    name: str
    place: str
    kind: str
    km: float
    from_h: float
    to_h: float
    from_usd: float
    to_usd: float
    hours: dict[str, float] = field(default_factory=dict)

    @property
    def total_h(self) -> float:
        """Hours lost."""
        return self.to_h - self.from_h


@dataclass(frozen=True, eq=False)
class Reading:
    """A comparison read in one language.

    Parameters
    ----------
    comparison : Comparison
        What the report is about.
    language : Language
        Its language.
    """

    comparison: Comparison
    language: Language

    @classmethod
    def of(cls, comparison: Comparison, code: str) -> Reading:
        """Reading in the language of a code."""
        return cls(comparison, language(code))

    # -- words --------------------------------------------------------------------------------------------------

    def say(self, message: str, /, **values: object) -> str:
        """Translate, see :meth:`Language.say`."""
        return self.language.say(message, **values)

    def count(self, one: str, many: str, number: int, /, **values: object) -> str:
        """Translate by number, see :meth:`Language.count`."""
        return self.language.count(one, many, number, **values)

    @cached_property
    def numbers(self) -> Numbers:
        """Numbers in the reader's language."""
        return Numbers(self.language)

    def named(self, row: Any, fallback: str = "") -> str:
        """Name of a row in the reader's language, else in the nearest one that the study gives."""
        for code in _NAMED_IN.get(self.language.code, (self.language.code, "en")):
            value = _get(row, f"name_{code}")
            if isinstance(value, str) and value:
                return value.replace(" - ", " – ")
        return fallback

    def place(self, place_id: str) -> str:
        """Name of a place."""
        if place_id not in self._places.index:
            return place_id
        return self.named(self._places.loc[place_id], place_id)

    def country(self, code: str) -> str:
        """Name of a country, by CLDR."""
        if code == HIGH_SEAS:
            return self.say("At sea")
        return str(self.language.locale.territories.get(code, code))

    def route(self, route_id: str) -> str:
        """Name of a route."""
        return self.named(self.record(route_id), route_id)

    def activity(self, name: str) -> str:
        """Heading of an activity."""
        return self.say(ACTIVITY_NAMES[name])

    def listed(self, names: list[str]) -> str:
        """Names in a row, the last joined by a word."""
        if len(names) < 2:
            return "".join(names)
        return self.say("{names} and {last}", names=", ".join(names[:-1]), last=names[-1])

    # -- tables -------------------------------------------------------------------------------------------------

    @property
    def routes(self) -> pd.DataFrame:
        """Routes by rank."""
        return self.comparison.routes

    def record(self, route_id: str) -> dict[str, Any]:
        """Figures of a route."""
        return self._records[route_id]

    @cached_property
    def _records(self) -> dict[str, dict[str, Any]]:
        return {str(name): row for name, row in zip(self.routes.index, records(self.routes), strict=True)}

    @property
    def first(self) -> dict[str, Any]:
        """Figures of the route in front."""
        return self.record(self.order[0])

    @property
    def front(self) -> str | None:
        """The route in front: the first, if there is one."""
        return str(self.routes.index[0]) if len(self.routes) else None

    @cached_property
    def order(self) -> list[str]:
        """Route ids by rank."""
        return [str(name) for name in self.routes.index]

    @cached_property
    def _places(self) -> pd.DataFrame:
        table: pd.DataFrame = self.comparison.study.table("place").set_index("place_id")
        return table

    @cached_property
    def places(self) -> pd.DataFrame:
        """Places by id, with lon_deg and lat_deg."""
        return self._places

    def hue(self, route_id: str) -> str:
        """Token of a route's colour; routes past the fifth are thin grey."""
        position = self.order.index(route_id)
        own = _get(self.record(route_id), "colour")
        if isinstance(own, str) and own in ROUTES:
            return own
        free = [hue for hue in ROUTES if hue not in set(self.routes.get("colour", []))]
        return free[position] if position < len(free) else "ink3"

    def mode(self, route_id: str) -> str:
        """Mode in which most of a route's kilometres are made."""
        legs = self.legs(route_id)
        by_mode = legs.groupby("mode")["distance_km"].sum()
        return str(by_mode.idxmax()) if len(by_mode) else "rail"

    def legs(self, route_id: str) -> pd.DataFrame:
        """Legs of a route in order, the hours of terminals counted as port."""
        return self._legs_of[route_id]

    @cached_property
    def _legs_of(self) -> dict[str, pd.DataFrame]:
        legs = self.comparison.legs.copy()
        if legs.empty:
            return {}
        for name in ACTIVITIES:
            column = f"{name}_h"
            legs[column] = legs[column].fillna(0.0) if column in legs else 0.0
        if "terminal_h" in legs:
            legs["port_h"] += legs["terminal_h"].fillna(0.0)
        return {str(k): v.sort_values("seq").reset_index(drop=True) for k, v in legs.groupby("route_id")}

    def hours(self, route_id: str) -> dict[str, float]:
        """Hours of a route by activity, all of them."""
        legs = self.legs(route_id)
        return {name: float(legs[f"{name}_h"].sum()) for name in ACTIVITIES}

    def standing_h(self, route_id: str) -> float:
        """Hours during which nothing moves."""
        hours = self.hours(route_id)
        return sum(hours[name] for name in STANDING)

    def stops(self, route_id: str) -> list[Stop]:
        """Stops of a route that take time, neighbours joined."""
        return self._stops_of(route_id)

    def _stops_of(self, route_id: str) -> list[Stop]:
        stops: list[Stop] = []
        for row in records(self.legs(route_id)):
            if row["kind"] != "stop" or row["time_h"] <= 0:
                continue
            hours = {name: float(row[f"{name}_h"]) for name in STANDING if row[f"{name}_h"] > 0}
            kind = max(hours, key=hours.__getitem__) if hours else "wait"
            if hours.get("gauge"):
                kind = "gauge"
            # A change of gauge is done on the far side, everything else is known by the side one comes from.
            place = str(row["place_to"] if hours.get("gauge") else row["place_from"])
            stop = Stop(
                name=_plain(self.place(place)) if place in self.places.index else self.facility(row), place=place,
                kind=kind,
                km=float(row["at_km"]),
                from_h=float(row["at_h"] - row["time_h"]), to_h=float(row["at_h"]),
                from_usd=float(row["at_usd_per_t"] - row["cost_usd_per_t"]), to_usd=float(row["at_usd_per_t"]),
                hours=hours,
            )  # fmt: skip
            if stops and stop.km - stops[-1].km <= _JOIN_KM:
                stop = _joined(stops.pop(), stop)
            stops.append(stop)
        return stops

    def facility(self, leg: dict[str, Any]) -> str:
        """Name of the facility of a stop in the reader's language."""
        row = self._facilities.get(str(leg.get("facility_id", "")))
        return self.named(row, str(leg["name_en"])) if row is not None else str(leg["name_en"])

    @cached_property
    def _facilities(self) -> dict[str, dict[str, Any]]:
        table = self.comparison.study.table("facility")
        return {str(row["facility_id"]): row for row in records(table)}

    def spans(self, route_id: str) -> list[tuple[str, float, float]]:
        """Countries a route runs through: code, from km, to km; the high seas among them."""
        spans: list[tuple[str, float, float]] = []
        for row in records(self.legs(route_id)):
            if row["distance_km"] <= 0:
                continue
            country = HIGH_SEAS if row["mode"] in AFLOAT else str(row["country"])
            start, end = float(row["at_km"] - row["distance_km"]), float(row["at_km"])
            if spans and spans[-1][0] == country:
                spans[-1] = (country, spans[-1][1], end)
            else:
                spans.append((country, start, end))
        return spans

    def by_country(self, route_id: str) -> list[tuple[str, dict[str, float]]]:
        """Hours of a route by country in the order of travel, each by activity."""
        found: dict[str, dict[str, float]] = {}
        for row in records(self.legs(route_id)):
            at_sea = row["kind"] == "move" and row["mode"] in AFLOAT
            found.setdefault(HIGH_SEAS if at_sea else str(row["country"]), dict.fromkeys(ACTIVITIES, 0.0))
        # A border's hours belong to two countries: only the table of hours knows how many to each.
        table = self.comparison.hours
        for row in records(table[table["route_id"] == route_id]):
            hours = found.setdefault(str(row["country"]), dict.fromkeys(ACTIVITIES, 0.0))
            hours["port" if row["activity"] == "terminal" else str(row["activity"])] += float(row["hours"])
        return [(country, hours) for country, hours in found.items() if sum(hours.values()) > 0]

    def missing(self) -> str:
        """What stands for a value that is missing."""
        return DASH


def _joined(first: Stop, second: Stop) -> Stop:
    hours = {name: first.hours.get(name, 0.0) + second.hours.get(name, 0.0) for name in STANDING}
    hours = {name: value for name, value in hours.items() if value > 0}
    lead = first if first.total_h >= second.total_h else second
    kind = "gauge" if "gauge" in hours else max(hours, key=hours.__getitem__)
    return Stop(lead.name, lead.place, kind, second.km, first.from_h, second.to_h, first.from_usd, second.to_usd, hours)


def _plain(name: str) -> str:
    """Name without what tells it from its namesake across the border; on a map the place does that."""
    return name.partition(" (")[0]


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a table by column."""
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def _get(row: Any, name: str) -> Any:
    if row is None:
        return None
    value = row.get(name) if hasattr(row, "get") else getattr(row, name, None)
    if value is None or (isinstance(value, float | np.floating) and np.isnan(value)):
        return None
    return value
