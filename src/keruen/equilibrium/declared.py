"""The facilities that a study declares, as what the equilibrium solves with.

A facility is *declared* where a stage that freight meets there says how it is served: servers, shifts, batches, work,
departure paths. What its work and its queue take is then the smooth curve of :func:`keruen.network.facility.smooth`, in
place of the generic queue at a capacity; where the rows hold nothing but hours the study says nothing of how they
grow, and the generic queue stays. Arrivals may be assumed by kind of facility, as everywhere.

The axis of a curve is the use of the facility's capacity. Where the stage that binds says how many servers or paths it
has, that is their capacity; where their number is only as large as the published capacity asks for, it is the published
one, which whole servers meet but roughly.

Published hours hold the queue of the flow at which they were seen: the flow that the study states, else that of the base
year. With Q the hours of work and queue by the curve,

    time at a flow v = D - min(Q0(seen), D) + Q(v)

where Q0 is the curve without projects: freight takes the published hours D at the flow seen, or those of the curve where
they are more. A project that adds a server changes Q and leaves the rest as it is.

All freight at a shared capacity pays the same queue (first come, first served), that of the commodity which passes most there
in the base year, of those that meet a declared stage; its own hours beside the queue stay its own. Where both directions share one capacity each pays the
mean queue of both: with different ones there would be no Beckmann objective.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from keruen.network import Router
from keruen.network.facility import Declared, SmoothDwell, read, smooth
from keruen.network.facility.capacity import visit_ratios
from keruen.network.facility.reading import PASSAGE, WAYS
from keruen.network.facility.stations import is_declared, there
from keruen.network.facility.unqueued import Met
from keruen.study import Study
from keruen.study.attributes import schema
from keruen.study.patches import AnyPatch, Patch

__all__ = ["Curve", "Seen", "curves"]

OVERLOAD_H = 8760.0
"""Hours over which an overload builds its queue: demand is by year, so a year."""

_LEAST_USE = 1e-6

_SHAPING = ("arrival", "resource", "regime", "membership", "service", "commodity")
"""Tables that shape a declaration, whichever row is changed; stage and facility do where they are met."""


@dataclass(frozen=True)
class Seen:
    """A declared facility as it stands without projects, when its hours were seen.

    Attributes
    ----------
    commodity : str
        Freight for which the stages are read.
    t_per_year : float or None
        Flow in both directions at which the hours were seen; None where nothing tells, which is half of capacity.
    explained_h : tuple of float
        Hours of work and queue at that flow, by shared arc of the facility.
    met : mapping of (str, str) to Met
        Rows of the stage table, by way and station.
    """

    commodity: str
    t_per_year: float | None
    explained_h: tuple[float, ...] = ()
    met: Mapping[tuple[str, str], Met] | None = None


@dataclass(frozen=True, eq=False)
class Curve:
    """A declared facility in one scenario.

    Attributes
    ----------
    declared : Declared
        Its stages and arrivals.
    seen : Seen
        The same without projects.
    capacity_t_per_year : float
        Tonnes in both directions that fill it.
    shapes : tuple of SmoothDwell
        Hours against flow, by shared arc: one for both directions, or one for each.
    free_h : tuple of float
        Hours of work at no flow, trains' own among them, by shared arc.
    explained_h : mapping of str to float
        Hours of the published ones that the curve stands for, by way.
    meeting : tuple of str
        Commodities that meet a declared stage here, those with most demand first.
    """

    declared: Declared
    seen: Seen
    capacity_t_per_year: float
    shapes: tuple[SmoothDwell, ...]
    free_h: tuple[float, ...]
    explained_h: Mapping[str, float]
    meeting: tuple[str, ...] = ()

    def row(self, arc: int, capacity: float) -> NDArray[np.float64]:
        """Queue against flow of one shared arc, which this flow fills, as a row of `Delay.dwell`."""
        row = self.shapes[arc].row.copy()
        row[0], row[1] = 0.0, 1.0 / capacity
        return row

    def relief_h(self, way: str, published_h: NDArray[np.float64]) -> NDArray[np.float64]:
        """Hours by which the free time of a way differs from its published hours."""
        free = self.free_h[min(WAYS.index(way), len(self.free_h) - 1)]
        relief: NDArray[np.float64] = np.minimum(self.explained_h[way], published_h) - free
        return relief

    def dwell_h(self, uses: Sequence[float]) -> dict[str, float]:
        """Hours by way of the freight for which it is read, as the equilibrium has them at these uses of the arcs."""
        found = {}
        for number, (way, published) in enumerate(self.declared.stated_h.items()):
            arc = min(number, len(self.shapes) - 1)
            relief = self.relief_h(way, np.array([published]))
            found[way] = published - float(relief[0]) + self.queue_h(arc, uses[arc])
        return found

    def formula_h(self, uses: Sequence[float]) -> tuple[dict[str, float], bool]:
        """Hours by way by the formula for reporting at these uses of the arcs, and whether it is to be trusted there."""
        declared = self.declared
        found = [declared.dwell(max(use, _LEAST_USE) * declared.capacity_t_per_year) for use in uses]
        hours = {
            way: found[min(number, len(found) - 1)].by_class[way]
            for number, way in enumerate(declared.places)
            if way in found[0].by_class
        }
        return hours, all(one.trusted for one in found)

    def queue_h(self, arc: int, use: float) -> float:
        """Hours of queue at a share of capacity."""
        shape = self.shapes[arc]
        return float(shape.time(use * shape.capacity_per_day)[0] - shape.row[0])


def curves(router: Router, seen: Mapping[str, Seen]) -> dict[int, Curve]:
    """Return the declared facilities of a scenario, by position in the network's facilities.

    Parameters
    ----------
    router : Router
        Graph and costs of the scenario.
    seen : mapping of str to Seen
        The same facilities without projects, by facility_id, as far as they are known.

    Returns
    -------
    dict of int to Curve
        Facilities that nothing limits are left out: their hours do not depend on the flow.

    Raises
    ------
    DataError
        Where a declaration does not hold together, the stage named.
    """
    names = router.network.facilities["facility_id"]
    found = {}
    for position, meeting in sorted(_declaring(router).items()):
        name = str(names.iloc[position])
        before = seen.get(name)
        if before is None or before.commodity not in meeting:
            before = Seen(next(iter(meeting)), None)
        curve = _remembered(router, position, name, before, meeting)
        if curve is not None:
            found[position] = curve
    return found


def _declaring(router: Router) -> dict[int, dict[str, frozenset[str]]]:
    """Facilities with a declared stage: the freight that meets one, most demand first, and the rows it meets there."""
    declared = {f"stage:{row['stage_id']}" for row in router.parameters.stage.rows if is_declared(row)}
    found: dict[int, dict[str, frozenset[str]]] = {}
    if not declared:
        return found
    for commodity in _by_tonnes(router):
        entries = router.costs(commodity).hours
        rows = np.array([name.split("@")[0] for name in entries.names], dtype=np.str_)
        met = np.isin(rows, list(declared))[entries.component]
        places = router.network.facility[entries.arc]
        for position in np.unique(places[met]).tolist():
            names = rows[np.unique(entries.component[places == position])]
            found.setdefault(position, {})[commodity] = frozenset(str(one).removeprefix("stage:") for one in names)
    return found


def _by_tonnes(router: Router) -> Iterator[str]:
    """Yield the commodities, those with most demand in the base year first."""
    demand, settings = router.scenario.study.table("demand"), router.scenario.settings
    sums = demand[demand["year"] == settings.base_year].groupby("commodity")["flow_t_per_year"].sum()
    names = router.scenario.table("commodity")["commodity_id"]
    yield from sorted(names, key=lambda name: -float(sums.get(name, 0.0)))


_memory: WeakKeyDictionary[Study, dict[tuple[object, ...], Curve | None]] = WeakKeyDictionary()


def _remembered(
    router: Router, position: int, name: str, before: Seen, meeting: Mapping[str, frozenset[str]]
) -> Curve | None:
    """Return the curve of a facility, computed once for all scenarios of a study in which nothing of it differs."""
    rows = meeting[before.commodity]
    patches = tuple(str(one) for one in router.scenario.patches if _shapes(one, name, rows))
    arcs = np.flatnonzero(router.network.facility == position)
    known = _memory.setdefault(router.scenario.study, {})
    met = tuple(sorted(before.met.items())) if before.met is not None and patches else ()
    ways = tuple(router.network.backward[arcs].tolist())
    key = name, before.commodity, before.t_per_year, met, patches, ways, tuple(sorted(rows)), tuple(meeting)
    if key not in known:
        curve = _curve(router, position, before, unchanged=not patches)
        known[key] = replace(curve, meeting=tuple(meeting)) if curve is not None else None
    return known[key]


def _shapes(patch: AnyPatch, name: str, rows: frozenset[str]) -> bool:
    """Whether a patch may change the declaration of a facility that meets these rows of the stage table."""
    if patch.table == "facility":
        return not isinstance(patch, Patch) or patch.row == name
    if patch.table == "stage" and isinstance(patch, Patch):
        return patch.row in rows or patch.column in schema()["stage"].selecting()
    return patch.table == "stage" or patch.table in _SHAPING


def _curve(router: Router, position: int, before: Seen, *, unchanged: bool) -> Curve | None:
    """Return the curve of a facility; None where nothing limits it."""
    row = router.network.facilities.iloc[position]
    like = None if unchanged else before.met
    given = partial(
        read, router.scenario, str(row["facility_id"]), before.commodity,
        network=router.network, known=router.parameters, like=like, span_h=OVERLOAD_H,
    )  # fmt: skip
    declared = given(seen_t_per_year=before.t_per_year)
    if not math.isfinite(declared.limits.total_per_day):
        return None
    most, flow = _capacity_t(router, declared), declared.seen_t_per_year
    if like is None and flow > 0 and declared.capacity_t_per_year != most:  # the same use where whole servers miss it
        declared = given(seen_t_per_year=flow * declared.capacity_t_per_year / most)
    known = declared.facility.classes()
    classes = [None] if np.isnan(row["t_per_train"]) else [way if way in known else None for way in declared.places]
    shapes = tuple(smooth(declared.facility, klass=klass) for klass in classes)
    free = tuple(
        max(float(shape.row[0]) - _unqueued_h(declared, klass), 0.0)
        for shape, klass in zip(shapes, classes, strict=True)
    )
    curve = Curve(declared, before, most, shapes, free, {})
    if like is None or not before.explained_h:
        use = flow / most if flow > 0 else declared.facility.flow_per_day / declared.limits.total_per_day
        explained = tuple(h + curve.queue_h(arc, use) for arc, h in enumerate(free))
        seen = Seen(before.commodity, flow if flow > 0 else None, explained, declared.met)
    else:
        seen = before
    by_way = {way: seen.explained_h[min(n, len(seen.explained_h) - 1)] for n, way in enumerate(WAYS)}
    if seen is before:
        by_way = {way: hours + _newly_declared_h(declared, before, way) for way, hours in by_way.items()}
    return Curve(declared, seen, most, shapes, free, by_way)


def _capacity_t(router: Router, declared: Declared) -> float:
    """Tonnes a year that fill a facility: by the stage that binds if it says how many it has, else as published."""
    binding = declared.limits.binding
    ids = declared.stations.loc[declared.stations["station"] == binding, "stage_id"]
    stages = [row for row in router.parameters.stage.rows if row["stage_id"] in set(ids)]
    counted = any(there(row[name]) for row in stages for name in ("servers", "shifts", "slot_every_h", "slot_hours"))
    as_published = binding == PASSAGE or (bool(stages) and not counted)
    return declared.published_t_per_year if as_published else declared.capacity_t_per_year


def _unqueued_h(declared: Declared, klass: str | None) -> float:
    """Mean hours that are passed without queue."""
    facility = declared.facility
    ratios = visit_ratios(facility) if klass is None else facility.visit_ratios(klass)
    return sum(
        float(ratio) * stage.service.mean
        for stage, ratio in zip(facility.stages, ratios, strict=True)
        if stage.unqueued and stage.service is not None
    )


def _newly_declared_h(declared: Declared, before: Seen, way: str) -> float:
    """Hours stated for stages that are declared now and were not, less those that were and are no more."""
    old = {station: one for (at, station), one in (before.met or {}).items() if at == way}
    new = {station: one for (at, station), one in declared.met.items() if at == way}
    hours = 0.0
    for station in {*old, *new}:
        was, now = old.get(station), new.get(station)
        if (was is not None and was.declared) != (now is not None and now.declared):
            hours += (now.stated_h - now.unqueued_h) if now is not None else 0.0
            hours -= (was.stated_h - was.unqueued_h) if was is not None else 0.0
    return hours
