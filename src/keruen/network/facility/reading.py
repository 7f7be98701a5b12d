"""A facility of a study as the declaration that formula and simulation read.

Freight passes a facility in two ways: `forward`, from its `from_place`, and `backward`. Each way is a class that passes
the stages of the side it leaves and of the side it enters. A row of the stage table that names no direction is one
station for both ways; a row that names one is a station of its own.

A row that declares nothing but hours is passed in these hours whoever else is there. A row that declares its work, or the
units of a departure path, but not how many there are has as many as the capacity published asks for. Where no row
declares even that, one station that both ways pass holds the capacity. In both cases the hours that are not explained are
shortened by what the queue adds at the flow at which they were seen: so the whole takes the published hours there. All
that is not declared is listed in `Declared.assumed`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from keruen import errors
from keruen.network.carriage import Carriage, carriage
from keruen.network.costs import Side, facility_case, passing, stage_rows
from keruen.network.facility.arguments import instance, number
from keruen.network.facility.capacity import capacity
from keruen.network.facility.checking import check
from keruen.network.facility.declaration import Arrivals, Facility, Resource, Stage
from keruen.network.facility.declared import DAYS, Declared
from keruen.network.facility.laws import fitted
from keruen.network.facility.stations import REST, Assumption, arrivals_of, is_declared, stage_of, there
from keruen.network.facility.unqueued import Met, after, as_there, scaled
from keruen.network.facility.usual import SEEN_USE, WORK_SHARE, Usual, usual
from keruen.network.parameters import Lookup, Parameters, parameters
from keruen.network.supernetwork import Supernetwork, supernetwork
from keruen.study import Scenario, Study
from keruen.study._said import did_you_mean

__all__ = ["PASSAGE", "WAYS", "facility_of", "most_carried", "read"]

WAYS = ("forward", "backward")
PASSAGE = "passage"
"""Station that holds a published capacity where no stage declares its servers."""


def most_carried(scenario: Scenario) -> str:
    """Return the commodity of which most tonnes are demanded in the scenario's year; the first without demand."""
    demand = scenario.table("demand")
    sums = demand[demand["year"] == scenario.year].groupby("commodity")["flow_t_per_year"].sum()
    return str(sums.idxmax()) if len(sums) else str(scenario.table("commodity")["commodity_id"].iloc[0])


def read(
    scenario: Scenario,
    facility: str,
    commodity: str | None = None,
    *,
    seen_t_per_year: float | None = None,
    network: Supernetwork | None = None,
    known: Parameters | None = None,
    like: Mapping[tuple[str, str], Met] | None = None,
    span_h: float | None = None,
) -> Declared:
    """Read a facility of a study.

    Parameters
    ----------
    scenario : Scenario
        One year of a study.
    facility : str
        An operating facility.
    commodity : str, optional
        Freight whose services and stages apply; the one that can pass and is carried most if absent.
    seen_t_per_year : float, optional
        Flow in both ways at which the hours of the stages were seen, in place of the facility's own.
    network : Supernetwork, optional
        The graph of the scenario, if it is at hand.
    known : Parameters, optional
        Its parameter tables, if they are.
    like : mapping, optional
        `Declared.met` of the same facility in a scenario where its hours were seen. What is passed without queue
        is then as long as there, by as much longer or shorter as the rows now state: a project that adds servers
        shortens the queue, and nothing fills the gap.
    span_h : float, optional
        How long a flow lasts, hours, that at which the hours were seen too; as `Facility.overload_h` if absent.

    Returns
    -------
    Declared
        The facility, and what was assumed of it.

    Raises
    ------
    UsageError
        Where there is no such operating facility, the freight may not pass it, or its two ways count different units.
    DataError
        Where the declaration does not hold together, the stage named.
    """
    graph = supernetwork(scenario) if network is None else network
    number = _position(scenario, graph, facility)
    arcs = {WAYS[int(graph.backward[arc])]: int(arc) for arc in np.flatnonzero(graph.facility == number)}
    if not arcs:
        raise errors.UsageError(f"facility '{facility}' joins nothing in this scenario: no operating link reaches it")
    freight = _freight(scenario, graph, next(iter(arcs.values())), commodity)
    return _Reading(scenario, graph, number, arcs, freight, seen_t_per_year, known, like).close(span_h)


def facility_of(
    what: Facility | Declared | Scenario | Study,
    facility: str | None = None,
    commodity: str | None = None,
    t_per_year: float | None = None,
) -> Facility:
    """Return the facility that a question is about.

    Parameters
    ----------
    what : Facility, Declared, Scenario or Study
        A facility; or a scenario, or a study in its base year, that has it.
    facility : str, optional
        Its id, with a scenario or study.
    commodity : str, optional
        Freight whose services and stages apply, with a scenario or study.
    t_per_year : float, optional
        Flow in both ways, with all but a Facility; the flow at which its hours were seen, or half of its capacity, if
        absent.

    Returns
    -------
    Facility
        The facility at that flow.

    Raises
    ------
    UsageError
        For what is none of these, a study without the id of a facility, or a Facility with one.
    """
    if isinstance(what, Facility):
        if facility is not None or commodity is not None or t_per_year is not None:
            raise errors.UsageError(
                "facility, commodity and t_per_year go with a study or scenario, not with a Facility"
            )
        return what
    if not isinstance(what, Declared):
        kinds = "a Facility, as kr.series makes one, or a study or scenario with the id of a facility"
        instance("what", what, (Scenario, Study), kinds)
        if facility is None:
            raise errors.UsageError("which facility? Give its id, as facility='bolashak-serhetyaka'")
        what = read(_scenario(what), facility, commodity)
    if t_per_year is None:
        return what.facility
    return what.at(number("t_per_year", t_per_year, above=0))


def _scenario(what: Scenario | Study) -> Scenario:
    """Return a scenario as it is, a study in its base year."""
    return what.scenario() if isinstance(what, Study) else what


def _position(scenario: Scenario, graph: Supernetwork, facility: str) -> int:
    """Return the position of a facility among those in use; say why it is not there."""
    there_are = list(graph.facilities["facility_id"])
    if facility in there_are:
        return int(graph.facilities.index[there_are.index(facility)])
    table = scenario.table("facility").set_index("facility_id")
    if facility in graph.idle_facilities:
        raise errors.UsageError(f"facility '{facility}' joins nothing in this scenario: no operating link reaches it")
    if facility in table.index:
        raise errors.UsageError(f"facility '{facility}' is not operating: its status is {table.at[facility, 'status']}")
    raise errors.UsageError(f"no facility '{facility}' in this study. {did_you_mean(facility, there_are)}".strip())


def _freight(scenario: Scenario, graph: Supernetwork, arc: int, commodity: str | None) -> Carriage:
    """Return the freight asked about; else the most carried that may pass."""
    if commodity is not None:
        freight = carriage(scenario, commodity)
        if facility_case(graph, arc, freight) is None:
            raise errors.UsageError(f"{commodity} may not pass here: it has no service of one of the modes")
        return freight
    names = [most_carried(scenario), *scenario.table("commodity")["commodity_id"]]
    for name in names:
        freight = carriage(scenario, str(name))
        if facility_case(graph, arc, freight) is not None:
            return freight
    raise errors.UsageError("no freight of this study may pass here: none has services of its modes")


@dataclass(frozen=True)
class _Passed:
    """A row of the stage table, as freight meets it on one way."""

    name: str
    way: str
    side: Side
    row: Mapping[str, Any]


class _Reading:
    """One facility being read, and what has been assumed so far."""

    def __init__(
        self,
        scenario: Scenario,
        graph: Supernetwork,
        number: int,
        arcs: Mapping[str, int],
        freight: Carriage,
        seen_t_per_year: float | None,
        known: Parameters | None,
        like: Mapping[tuple[str, str], Met] | None,
    ) -> None:
        self.like = like
        self.scenario, self.graph, self.arcs, self.freight = scenario, graph, arcs, freight
        self.row = graph.facilities.loc[number]
        self.known = parameters(scenario) if known is None else known
        self.arrival = Lookup("arrival", scenario.table("arrival"))
        self.cases: dict[str, Any] = {way: facility_case(graph, arc, freight) for way, arc in arcs.items()}
        self.usual: Usual = usual(next(iter(self.cases.values())))
        self.assumed: list[Assumption] = []
        self.notes: list[str] = []
        self.published = float(self.row["capacity_t_per_year"])
        stated = float(self.row["seen_t_per_year"])
        self.seen = stated if seen_t_per_year is None else seen_t_per_year
        self.unit, self.unit_t = "", 0.0
        self.shares: dict[str, float] = {}
        self.loose: set[str] = set()  # stages whose hours may hold what a queue explains

    def close(self, span_h: float | None) -> Declared:
        """Return the facility; with the station of a published capacity where no stage has servers."""
        arrivals = self._arrivals()
        passed = self._passed()
        most = self.published / (DAYS * self.unit_t) if there(self.published) and self.published > 0 else None
        stages = self._stages(passed, most)
        name = str(self.row["name_en"])
        paths = {
            way: tuple(stage.name for one in passed if one.way == way for stage in stages.get(one.name, ()))
            for way in self.arcs
            if self.shares[way] > 0
        }
        listed = tuple(stage for group in stages.values() for stage in group)
        whole = Facility(name, listed, arrivals, self._resources(listed), self.unit, paths=paths)
        if span_h is not None:
            whole = replace(whole, overload_h=span_h)
        if not stages:
            raise errors.UsageError(f"{name}: no stage of the study fits, so it is passed in no time")
        aims = {way: sum(float(one.row["dwell_h"]) for one in passed if one.way == way) for way in self.arcs}
        if most is not None and math.isinf(capacity(whole).total_per_day):
            whole = self._held_to_capacity(whole, passed, most)
            if self.like is None:
                whole = self._shortened(check(whole), aims, self._seen(most))
        elif self.like is None and any(stage.name.endswith(REST) for stage in listed):
            whole = self._shortened(check(whole), aims, self._seen(capacity(whole).total_per_day))
        if self.like is not None:
            whole = as_there(whole, {one.name: (one.way, one.row) for one in passed}, self.like)
        at = self._seen(capacity(whole).total_per_day)
        return Declared(
            facility=check(whole).at(at),
            facility_id=str(self.row["facility_id"]),
            commodity=self.freight.commodity,
            unit_t=self.unit_t,
            places={way: self._ends(arc) for way, arc in self.arcs.items()},
            stations=_table(passed),
            assumed=tuple(dict.fromkeys(self.assumed)),
            published_t_per_year=self.published,
            seen_t_per_year=self.seen,
            notes=tuple(self.notes),
        )

    def _seen(self, most_per_day: float) -> float:
        """Return units a day at which the hours were seen, or half of capacity, or one where nothing limits it."""
        if there(self.seen) and self.seen > 0:
            return self.seen / (DAYS * self.unit_t)
        return SEEN_USE * most_per_day if math.isfinite(most_per_day) else 1.0

    def _ends(self, arc: int) -> tuple[str, str]:
        layers = self.graph.layers
        return layers[self.graph.tail[arc]].place, layers[self.graph.head[arc]].place

    def _arrivals(self) -> tuple[Arrivals, ...]:
        """Return the trains of each way, one unit a day in all."""
        rows = {way: self.arrival.best(case | {"way": way}) for way, case in self.cases.items()}
        filled = {way: self._filled(row) for way, row in rows.items()}
        units = {(row["unit"], row["unit_t"]) for row in filled.values()}
        if len(units) > 1:
            raise errors.UsageError(
                f"{self.row['facility_id']}: its two ways count different units, "
                + " and ".join(f"{unit} of {tonnes:g} t" for unit, tonnes in sorted(units))
            )
        ((self.unit, self.unit_t),) = units
        shares = {way: float(row["share"]) for way, row in filled.items()}
        total = sum(shares.values())
        if not total > 0:
            raise errors.UsageError(f"{self.row['facility_id']}: the shares of its ways are 0")
        self.shares = {way: share / total for way, share in shares.items()}
        return tuple(arrivals_of(row, way, self.shares[way]) for way, row in filled.items() if shares[way] > 0)

    def _filled(self, row: Mapping[str, Any] | None) -> dict[str, Any]:
        """Return a row of the arrival table with what it leaves open filled in, and note what was assumed."""
        given = self.usual
        if row is None:
            tonnes = given.unit_t if given.unit_t is not None else given.loaded * self._net_load_t()
            self._assume("arrivals", f"{given.unit}s of {tonnes:g} t, {given.train_units} at a time", given.why)
            self._assume("arrivals", f"SCV of headways {given.headway_scv:g}", given.why)
            return {
                "unit": given.unit, "unit_t": tonnes, "train_units": given.train_units, "train_scv": 0.0,
                "headway_scv": given.headway_scv, "timetable": "", "share": 0.5, "priority": 0,
            }  # fmt: skip
        filled = dict(row)
        if not there(row["headway_scv"]) and not row["timetable"]:
            filled["headway_scv"] = given.headway_scv
            self._assume("arrivals", f"SCV of headways {given.headway_scv:g}", given.why)
        if row["role"] == "assumed":
            self._assume("arrivals", f"{row['unit']}s of {row['unit_t']:g} t", str(row["note"]))
        return filled

    def _net_load_t(self) -> float:
        services = self.scenario.table("service").set_index("service_id")["net_load_t"]
        modes = sorted(next(iter(self.cases.values()))["mode"], key=("rail", "road", "ferry", "sea").index)
        return float(services[self.freight.services_of(modes[0])[0]])

    def _assume(self, where: str, what: str, why: str) -> None:
        self.assumed.append(Assumption(where, what, why))

    def _passed(self) -> list[_Passed]:
        """Return the rows that freight meets, way by way, each with the name of its station."""
        place = {id(row): number for number, row in enumerate(self.known.stage.rows)}
        met = []
        for way, arc in self.arcs.items():
            for side, case in passing(self.known, self.graph, arc, self.cases[way]):
                rows = stage_rows(self.known, case)
                rows.sort(key=lambda one: (one["position"], place[id(one)]))
                met += [(way, side, row) for row in rows]
        names: dict[tuple[str, str], str] = {}
        for _, side, row in met:
            name = " ".join(part for part in (row["stage"], side.country, row["direction"]) if part)
            key = row["stage_id"], side.country
            taken = name in names.values() and key not in names
            names.setdefault(key, f"{name} ({row['stage_id']})" if taken else name)
        return [_Passed(names[row["stage_id"], side.country], way, side, row) for way, side, row in met]

    def _stages(self, passed: Sequence[_Passed], most: float | None) -> dict[str, list[Stage]]:
        """Return the stages by the name of their row; rows of no hours and no declaration are left out."""
        found: dict[str, list[Stage]] = {}
        for one in passed:
            if one.name in found or (not is_declared(one.row) and not one.row["dwell_h"] > 0):
                continue
            share = sum(self.shares[way] for way in {other.way for other in passed if other.name == one.name})
            per_day = most * share * float(one.row["visit"]) if most is not None else None
            found[one.name], more = stage_of(one.name, one.row, self.usual, per_day)
            self.assumed += more
            if one.row["role"] == "assumed":
                what = f"{one.row['dwell_h']:g} h" if not is_declared(one.row) else "servers and work"
                self._assume(one.name, what, str(one.row["note"]))
            if not is_declared(one.row):
                self.loose.add(one.name)
            self.loose |= {stage.name for stage in found[one.name] if stage.name.endswith(REST)}
        return found

    def _resources(self, stages: Sequence[Stage]) -> tuple[Resource, ...]:
        """Return what the stages share."""
        wanted = {name for stage in stages for name in stage.needs}
        found = []
        for row in self.scenario.table("resource").to_dict("records"):
            if row["resource_id"] in wanted and row["facility"] in ("", self.row["facility_id"]):
                away = float(row["returns_h"]) if there(row["returns_h"]) else 0.0
                returns = fitted(away, float(row["returns_scv"])) if away > 0 else None
                found.append(Resource(row["resource_id"], int(row["units"]), returns))
        return tuple(found)

    def _held_to_capacity(self, whole: Facility, passed: Sequence[_Passed], most: float) -> Facility:
        """Return the facility with one station more, which holds the published capacity."""
        longest = _longest(passed, self.arcs)
        hours = min(float(one.row["dwell_h"]) for one in longest.values())
        servers = max(round(most * WORK_SHARE * hours / 24), 1)
        work = 24 * servers / most
        self._assume(
            PASSAGE,
            f"{servers} servers and {work:.3g} h of work",
            f"no stage declares its work: a published capacity of {most:.4g} {self.unit}s a day, "
            f"{WORK_SHARE:.0%} of the longest stage taken as work",
        )
        self._assume(PASSAGE, f"SCV of the work {self.usual.service_scv:g}", "assumed by kind of facility")
        station = Stage(PASSAGE, fitted(work, self.usual.service_scv), servers)
        paths = {way: after(whole.paths[way], longest[way].name, PASSAGE) for way in whole.paths}
        return replace(whole, stages=(*whole.stages, station), paths=paths)

    def _shortened(self, held: Facility, aims: Mapping[str, float], seen: float) -> Facility:
        """Return the facility with its delays shortened, so that at the flow seen each way takes its aim.

        First the rests of stages that queue, then all that is passed without queue: alike on a way, and what both ways
        pass by the lesser of the two. How far a train comes apart on a stage depends on its hours, and with that the
        wait at the next: so it takes a few rounds.
        """
        if not there(self.seen):
            self._assume("flow", f"hours seen at {SEEN_USE:.0%} of capacity", "the study does not say at which flow")
        rests = {name for name in self.loose if name.endswith(REST)}
        over: dict[str, float] = {}
        for names in (rests, self.loose - rests):
            if names:
                held, over = scaled(held, names, aims, seen)
        worst = max(over, key=lambda way: over[way] / aims[way])
        if over[worst] > 1e-3 * aims[worst]:
            self.notes.append(
                f"the published capacity takes {over[worst]:.3g} h more than the {aims[worst]:.3g} h stated, at the flow "
                "at which they were seen"
            )
        return held


def _longest(passed: Sequence[_Passed], ways: Iterable[str]) -> dict[str, _Passed]:
    """Return the stage of most hours by way: one that all ways pass, unless others are more than twice as long."""
    by_way = {way: {one.name: one for one in passed if one.way == way} for way in ways}
    common = set.intersection(*(set(names) for names in by_way.values()))
    found = {}
    for way, stages in by_way.items():
        shared = max((one for one in stages.values() if one.name in common), key=_hours, default=None)
        own = max((one for one in stages.values() if one.name not in common), key=_hours, default=None)
        found[way] = own if shared is None or (own is not None and _hours(own) > 2 * _hours(shared)) else shared
    first = next(iter(found.values()))
    if all(one is not None and one.name in common for one in found.values()):  # equal hours: the same one for all
        found = {way: by_way[way][first.name] for way in by_way} if first is not None else found
    return {way: one for way, one in found.items() if one is not None}


def _hours(one: _Passed) -> float:
    return float(one.row["dwell_h"])


def _table(passed: Sequence[_Passed]) -> pd.DataFrame:
    """Return the rows of the stage table that freight meets."""
    rows = [
        {
            "station": one.name, "way": one.way, "stage_id": one.row["stage_id"], "stage": one.row["stage"],
            "activity": one.row["activity"], "country": one.side.country, "direction": one.side.direction,
            "dwell_h": float(one.row["dwell_h"]), "declared": is_declared(one.row),
        }
        for one in passed
    ]  # fmt: skip
    return pd.DataFrame(rows)
