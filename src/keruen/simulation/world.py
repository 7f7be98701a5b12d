"""The world of one run as arrays: what `engine` reads and writes, and how a declared facility becomes one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from keruen.network.facility import Arrivals, Facility, Shifts, Stage
from keruen.network.facility.laws import Law
from keruen.simulation.draws import laws_table, stream
from keruen.simulation.heap import EVENT

__all__ = ["BINS", "Plan", "World", "bins_to_hours", "build", "plan"]

FOREVER = 1e300
UNBOUNDED = 1 << 40
SUB_BINS = 256
BINS = 40 * SUB_BINS + 1
"""Bins of the dwell histogram: 256 an octave from 2^-20 to 2^20 hours, a first one for less."""

ENTITY = np.dtype(
    [
        ("entry", "f8"), ("since", "f8"), ("begun", "f8"), ("rest", "f8"), ("serial", "i8"),
        ("next", "i4"), ("leader", "i4"), ("station", "i4"), ("target", "i4"), ("members", "i4"),
        ("klass", "i2"), ("priority", "i2"), ("counted", "i4"),
    ], align=True,
)  # fmt: skip
"""A customer, or a group of them in service: its members are chained by `next`, and so are queues and free rows."""

STATION = np.dtype(
    [
        ("slots", "i8"), ("servers", "i8"), ("busy", "i8"), ("present", "i8"), ("queued", "i8"), ("room", "i8"),
        ("least", "i8"), ("most", "i8"), ("patience", "f8"), ("alarm", "i8"), ("law", "i8"),
        ("key", "u8"), ("route_key", "u8"), ("first_need", "i8"), ("needs", "i8"), ("suspend", "i8"),
        ("suspended", "i8"), ("wanted_head", "i8"), ("wanted_tail", "i8"), ("wanted", "i8"), ("held", "i8"),
        ("first_change", "i8"), ("changes", "i8"), ("change", "i8"), ("cycle", "i8"), ("period", "f8"), ("dirty", "i8"),
        ("stamp", "f8"), ("busy_area", "f8"), ("present_area", "f8"), ("held_area", "f8"), ("wanted_area", "f8"),
        ("server_area", "f8"), ("visits", "i8"), ("waited", "f8"), ("waited2", "f8"), ("stayed", "f8"),
        ("started", "i8"), ("left", "i8"),
    ], align=True,
)  # fmt: skip
"""A stage: what it is, how it stands, and what it has seen. The last row is the entrance, outside the facility.

Integrals over time and `visits` are of the counted hours; `started`, `waited`, `left` and `stayed` are of the customers
who came in them, however late they are served.

`wanted` are those who wait elsewhere for room here, `held` those who stay here, served, for want of room elsewhere.
"""

SOURCE = np.dtype(
    [
        ("headway", "i8"), ("size", "i8"), ("late", "i8"), ("key", "u8"), ("size_key", "u8"), ("late_key", "u8"),
        ("klass", "i8"), ("priority", "i8"), ("number", "i8"), ("trains", "i8"), ("customers", "i8"),
        ("first_hour", "i8"), ("hours", "i8"), ("hour", "i8"), ("cycle", "i8"), ("period", "f8"),
    ], align=True,
)  # fmt: skip
LINE = np.dtype([("head", "i8"), ("tail", "i8")], align=True)
CHANGE = np.dtype([("hour", "f8"), ("value", "i8")], align=True)
ROUTE = np.dtype([("below", "f8"), ("target", "i8")], align=True)
NEED = np.dtype([("resource", "i8"), ("units", "i8")], align=True)
RESOURCE = np.dtype([("free", "i8"), ("law", "i8"), ("key", "u8"), ("number", "i8")], align=True)
TALLY = np.dtype([("count", "i8"), ("total", "f8"), ("square", "f8")], align=True)
VISIT = np.dtype(
    [("customer", "u4"), ("stage", "u2"), ("klass", "u2"), ("arrived", "f8"), ("waited", "f4"), ("stayed", "f4")]
)
CLOCK = np.dtype(
    [
        ("now", "f8"), ("warm", "f8"), ("horizon", "f8"), ("limit", "f8"), ("patience", "f8"), ("progress", "f8"),
        ("step", "f8"), ("size", "i8"), ("hole", "i8"), ("sequence", "i8"), ("free", "i8"), ("inside", "i8"),
        ("outstanding", "i8"), ("active", "i8"), ("blocked", "i8"), ("calendar", "i8"), ("status", "i8"),
        ("closed", "i8"), ("stacked", "i8"), ("entrance", "i8"), ("priorities", "i8"), ("leave", "i8"), ("lost", "i8"),
        ("offered", "i8"), ("feedback", "i8"), ("stamp", "f8"), ("area", "f8"), ("window_area", "f8"), ("stayed", "f8"),
        ("entries", "f8"), ("batch", "i8"), ("counted", "i8"), ("sample", "i8"), ("recorded", "i8"), ("events", "i8"),
        ("at_warm", "i8"), ("at_close", "i8"),
    ], align=True,
)  # fmt: skip
"""Everything there is one of: the time, the size of the agenda, what is inside, how the run stands."""


class World(NamedTuple):
    """Arrays of one run; each is of the dtype named above."""

    clock: Any
    heap: Any
    entity: Any
    station: Any
    queue: Any
    stack: Any
    source: Any
    change: Any
    way: Any
    route: Any
    need: Any
    resource: Any
    law: Any
    values: Any
    below: Any
    tally: Any
    histogram: Any
    series: Any
    sampled: Any
    final: Any
    visit: Any


@dataclass(frozen=True)
class Plan:
    """How long a run lasts and what it keeps.

    Attributes
    ----------
    warm_h, horizon_h : float
        Customers who come between these hours are counted; all of them are followed to the exit, arrivals going on.
    limit_h : float
        Hour at which a run is given up.
    room : int
        Customers that may be inside at a time.
    agenda : int
        Events that may lie ahead at a time: services that go on, resources on their way back, late trains.
    records : int
        Visits to keep one by one.
    batch : int
        Customers of one batch mean.
    batches : int
        Batch means to keep.
    samples : int
        Times at which the queues are looked at, evenly over the counted hours.
    """

    warm_h: float
    horizon_h: float
    limit_h: float
    room: int = 1 << 14
    agenda: int = 1 << 14
    records: int = 0
    batch: int = 1
    batches: int = 0
    samples: int = 0


def plan(warm_h: float, length_h: float, **more: int) -> Plan:
    """Return a plan that counts `length_h` hours after `warm_h`, given up after 20 times the whole."""
    return Plan(warm_h, warm_h + length_h, 20.0 * (warm_h + length_h), **more)


def bins_to_hours() -> Any:
    """Return the lower edges of the histogram bins and the upper edge of the last, hours."""
    octave, part = np.divmod(np.arange(BINS), SUB_BINS)
    edges = 2.0 ** (octave - 20.0) * (1 + part / SUB_BINS)
    return np.concatenate([[0.0], edges])


class _Laws:
    """Laws in the order they were asked for, numbered."""

    def __init__(self) -> None:
        self.given: list[Law] = []

    def __call__(self, law: Law | None) -> int:
        if law is None:
            return -1
        self.given.append(law)
        return len(self.given) - 1


def build(facility: Facility, what: Plan, seed: int, replication: int) -> World:
    """Return the world of one run at hour 0, empty, nothing scheduled yet.

    Parameters
    ----------
    facility : Facility
        A facility that passed `check`.
    what : Plan
        How long, and what to keep.
    seed, replication : int
        Name the random streams.

    Returns
    -------
    World
        Arrays for `engine.run`.
    """
    stages, classes = facility.stages, facility.classes()
    numbers = _Laws()
    changes: list[tuple[float, int]] = []
    needs: list[tuple[int, int]] = []
    station = np.zeros(len(stages) + 1, STATION)
    for row, stage in zip(station, stages, strict=False):
        _station(row, stage, facility, numbers, changes, needs)
        row["key"] = stream(seed, replication, "service", stage.name)
        row["route_key"] = stream(seed, replication, "route", stage.name)
    entrance = station[-1]
    entrance["room"] = entrance["servers"] = UNBOUNDED
    entrance["wanted_head"] = entrance["wanted_tail"] = entrance["suspended"] = -1
    entrance["route_key"] = stream(seed, replication, "route", "")
    ranks = sorted({one.priority for one in facility.arrivals})
    source = np.zeros(len(facility.arrivals), SOURCE)
    for number, (row, one) in enumerate(zip(source, facility.arrivals, strict=True)):
        _source(row, one, numbers, changes)
        row["klass"], row["priority"] = classes.index(one.klass), ranks.index(one.priority)
        for field, purpose in (("key", "headway"), ("size_key", "size"), ("late_key", "late")):
            row[field] = stream(seed, replication, purpose, number)
    resource = np.zeros(len(facility.resources), RESOURCE)
    for row, item in zip(resource, facility.resources, strict=True):
        row["free"], row["law"] = item.units, numbers(item.returns)
        row["key"] = stream(seed, replication, "return", item.name)
    way, route, feedback = _routes(facility)
    law, values, below = laws_table(numbers.given)
    clock = _clock(facility, what, station, feedback, len(ranks))
    entity = np.zeros(what.room, ENTITY)
    entity["next"] = np.append(np.arange(1, what.room), -1)
    return World(
        clock=clock,
        heap=np.zeros(what.agenda + 2 * len(station) + len(source) + 2, EVENT),
        entity=entity,
        station=station,
        queue=np.full((len(station), len(ranks)), np.array((-1, -1), LINE)),
        stack=np.zeros(2 * len(station) + 2, np.int64),
        source=source,
        change=_table(changes, CHANGE),
        way=way,
        route=route,
        need=_table(needs, NEED),
        resource=resource,
        law=law,
        values=values,
        below=below,
        tally=np.zeros(len(classes), TALLY),
        histogram=np.zeros((len(classes), BINS), np.int64),
        series=np.zeros(what.batches),
        sampled=np.zeros((what.samples, len(station)), np.int64),
        final=np.zeros(len(station), STATION),
        visit=np.zeros(what.records, VISIT),
    )


def _table(rows: list[tuple[Any, ...]], dtype: Any) -> Any:
    return np.array(rows, dtype) if rows else np.zeros(1, dtype)


def _station(
    row: Any,
    stage: Stage,
    facility: Facility,
    numbers: _Laws,
    changes: list[tuple[float, int]],
    needs: list[tuple[int, int]],
) -> None:
    """Fill the row of a stage and add its shifts, slots and needs to the shared tables."""
    row["room"] = UNBOUNDED if stage.room is None else stage.room
    row["law"] = numbers(stage.service)
    batch = stage.batch
    row["least"], row["most"] = (batch.least, batch.most) if batch else (1, 1)
    row["patience"] = FOREVER if batch is None or batch.wait_h is None else batch.wait_h
    row["wanted_head"] = row["wanted_tail"] = row["suspended"] = -1
    row["servers"] = UNBOUNDED if stage.service is None or stage.servers is None else 0
    row["first_change"] = len(changes)
    if stage.slots is not None:
        hours, period = stage.slots.table()
        changes += [(hour, stage.slots.takes) for hour in hours]
        row["slots"], row["period"], row["changes"] = 1, period, len(hours)
    elif isinstance(stage.servers, Shifts):
        shifts = stage.servers
        changes += list(zip(shifts.hours, shifts.servers, strict=True))
        row["period"], row["changes"] = shifts.period_h, len(shifts.hours)
        row["suspend"] = shifts.at_end == "suspend"
        row["servers"] = shifts.servers[0] if shifts.hours[0] == 0 else shifts.servers[-1]
    elif stage.service is not None and stage.servers is not None:
        row["servers"] = stage.servers
    names = [resource.name for resource in facility.resources]
    row["first_need"], row["needs"] = len(needs), len(stage.needs)
    needs += [(names.index(name), units) for name, units in stage.needs.items()]


def _source(row: Any, one: Arrivals, numbers: _Laws, changes: list[tuple[float, int]]) -> None:
    """Fill the row of a source and add its timetable to the shared table."""
    row["headway"], row["late"] = numbers(one.headway), numbers(one.late)
    row["size"] = numbers(one.size)
    row["first_hour"], row["hours"], row["period"] = len(changes), len(one.hours), one.period_h
    changes += [(hour, 0) for hour in one.hours]


def _routes(facility: Facility) -> tuple[Any, Any, bool]:
    """Return first row and count for each (class, station), the rows, and whether any way leads back."""
    count = len(facility.stages)
    ways: list[tuple[int, int]] = []
    rows: list[tuple[float, int]] = []
    feedback = False
    for klass in facility.classes():
        matrix = facility.routing(klass)
        feedback |= bool(np.tril(matrix[:count, :count]).any())
        for line in matrix:
            targets = np.flatnonzero(line > 0)
            ways.append((len(rows), targets.size))
            below = np.cumsum(line[targets])
            below[-1] = 2.0  # whatever rounding left below 1
            rows += list(zip(below, targets, strict=True))
    return np.array(ways, np.int64).reshape(-1, count + 1, 2), np.array(rows, ROUTE), feedback


def _clock(facility: Facility, what: Plan, station: Any, feedback: bool, priorities: int) -> Any:
    """Return the clock at hour 0."""
    clock = np.zeros(1, CLOCK)
    row = clock[0]
    row["warm"], row["horizon"], row["limit"] = what.warm_h, what.horizon_h, what.limit_h
    row["calendar"] = int((station["changes"] > 0).any())
    row["patience"] = 4.0 * max(station["period"].max(), 1e-9)
    row["entrance"], row["priorities"] = len(facility.stages), priorities
    row["leave"], row["feedback"] = facility.when_full == "leave", feedback
    row["batch"] = what.batch
    row["step"] = (what.horizon_h - what.warm_h) / max(what.samples, 1)
    return clock
