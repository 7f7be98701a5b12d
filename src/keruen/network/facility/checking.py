"""Checks of a declared facility: every problem at once, the stage named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from keruen.errors import DataError, Problem
from keruen.network.facility.arguments import instance, is_whole
from keruen.network.facility.declaration import Arrivals, Facility, Stage
from keruen.network.facility.kinds import wrong_kinds
from keruen.network.facility.laws import DETERMINISTIC, EMPIRICAL, GEOMETRIC, Law
from keruen.network.facility.working import Shifts

__all__ = ["check", "problems"]

MOST_ON_A_TRAIN = 1_000_000


def check(facility: Facility) -> Facility:
    """Return a facility that holds together.

    Parameters
    ----------
    facility : Facility
        What was declared.

    Returns
    -------
    Facility
        The same.

    Raises
    ------
    DataError
        Lists every problem, each with its stage.
    UsageError
        For what is no facility.
    """
    instance("facility", facility, Facility, "a Facility; series makes one of laws and stages")
    found = problems(facility)
    if found:
        raise DataError(found)
    return facility


def problems(facility: Facility) -> list[Problem]:
    """Return everything that is wrong with a facility; an empty list where nothing is."""
    found = [_problem(facility, *one) for one in wrong_kinds(facility)]
    if found:
        return found
    names = [stage.name for stage in facility.stages]
    found = [
        _problem(facility, None, None, "expected " + what)
        for missing, what in ((not names, "one stage or more"), (not facility.arrivals, "arrivals"))
        if missing
    ]
    if facility.when_full not in ("wait", "leave"):
        found.append(_problem(facility, "when_full", facility.when_full, "expected wait or leave"))
    if not facility.overload_h > 0:
        found.append(_problem(facility, "overload_h", facility.overload_h, "expected above 0"))
    pools = [resource.name for resource in facility.resources]
    found += [
        _problem(facility, f"stage {name}", None, "the name is used twice", "Names are unique")
        for name in dict.fromkeys(names)
        if names.count(name) > 1
    ]
    found += [
        _problem(facility, f"resource {name}", None, "the name is used twice", "Names are unique")
        for name in dict.fromkeys(pools)
        if pools.count(name) > 1
    ]
    found += _classes(facility)
    for klass, path in facility.paths.items():
        if not path or len(set(path)) < len(path) or not set(path) <= set(names):
            found.append(_problem(facility, f"paths, {klass}", path, "expected stages of the facility, each once"))
    for stage in facility.stages:
        found += _stage(facility, stage)
    if not found:
        for number, arrivals in enumerate(facility.arrivals):
            found += _arrivals(facility, number, arrivals)
    for resource in facility.resources:
        if resource.units < 1:
            found.append(_problem(facility, f"resource {resource.name}, units", resource.units, "expected 1 or more"))
    if not found:
        found += _routes(facility)
    return found


def _problem(facility: Facility, column: str | None, value: object, expected: str, mend: str = "") -> Problem:
    return Problem(f"facility {facility.name}", None, column, None if value is None else str(value), expected, mend)


def _classes(facility: Facility) -> Iterator[Problem]:
    """Yield classes that are named and never come."""
    come = facility.classes()
    named = [(f"stage {one.name}, visit", klass) for one in facility.stages for klass in _classes_of(one)]
    for where, klass in [*named, *(("paths", klass) for klass in facility.paths)]:
        if facility.arrivals and klass not in come:
            yield _problem(facility, where, klass, f"expected a class that comes: {', '.join(come)}")


def _classes_of(stage: Stage) -> list[str]:
    return list(stage.visit) if isinstance(stage.visit, Mapping) else []


def _stage(facility: Facility, stage: Stage) -> Iterator[Problem]:
    """Yield what is wrong with one stage by itself."""

    def wrong(what: str, value: object, expected: str, mend: str = "") -> Problem:
        return _problem(facility, f"stage {stage.name}, {what}", value, expected, mend)

    if stage.service is None and stage.batch is None and stage.slots is None:
        yield wrong("service", None, "expected a law", "Only a stage with a batch or slots may be without service")
    if stage.service is not None and not stage.service.mean > 0:
        yield wrong("service mean", stage.service.mean, "expected above 0", "Leave out a stage that takes no time")
    if stage.slots is not None and stage.service is not None:
        yield wrong("slots", None, "a stage with slots has no service", "Put the service in a stage before it")
    if stage.slots is not None and stage.batch is not None:
        yield wrong("slots", None, "a stage with slots has no batch", "Put the batch in a stage before it")
    if stage.room is not None and stage.room < 1:
        yield wrong("room", stage.room, "expected 1 or more")
    chances = stage.visit.values() if isinstance(stage.visit, Mapping) else (stage.visit,)
    if not all(0 <= chance <= 1 for chance in chances):
        yield wrong("visit", stage.visit, "expected a chance between 0 and 1")
    yield from (wrong(*problem) for problem in _servers(stage))
    yield from (wrong(*problem) for problem in _batches(stage))
    known = {resource.name: resource.units for resource in facility.resources}
    for name, amount in stage.needs.items():
        if name not in known:
            yield wrong(f"needs {name}", amount, "no such resource", "Declare it in Facility.resources")
        elif not 1 <= amount <= min(known[name], 4095):
            yield wrong(f"needs {name}", amount, f"expected 1 to the {known[name]} units there are")
    names = [one.name for one in facility.stages]
    for name, chance in (stage.then or {}).items():
        if name not in names:
            yield wrong("then", name, "no such stage")
        elif not 0 <= chance <= 1:
            yield wrong(f"then {name}", chance, "expected a chance between 0 and 1")
    if stage.then is not None and sum(stage.then.values()) > 1 + 1e-9:
        yield wrong("then", sum(stage.then.values()), "expected chances that sum to 1 or less")


def _servers(stage: Stage) -> Iterator[tuple[str, object, str, str]]:
    """Yield what is wrong with the servers of a stage."""
    if stage.servers is None:
        return
    if not isinstance(stage.servers, Shifts):
        if stage.servers < 1:
            yield "servers", stage.servers, "expected a whole number of 1 or more", ""
        return
    shifts = stage.servers
    if stage.service is None:
        yield "servers", "shifts", "a stage without service has no servers", ""
    if shifts.at_end not in ("finish", "suspend"):
        yield "at_end", shifts.at_end, "expected finish or suspend", "Say what happens to work when a shift ends"
    rising = all(a < b for a, b in zip(shifts.hours[:-1], shifts.hours[1:], strict=True))
    inside = bool(shifts.hours) and shifts.hours[0] >= 0 and shifts.hours[-1] < shifts.period_h
    if not (rising and inside and len(shifts.hours) == len(shifts.servers)):
        yield "shifts", shifts.hours, "expected rising hours within the period, one number of servers each", ""
    elif not all(is_whole(count) and count >= 0 for count in shifts.servers):
        yield "servers", shifts.servers, "expected whole numbers of 0 or more", ""
    elif not any(shifts.servers):
        yield "servers", shifts.servers, "no server on any hour", "Nobody could ever leave this stage"


def _batches(stage: Stage) -> Iterator[tuple[str, object, str, str]]:
    """Yield what is wrong with the batch and slots of a stage."""
    batch, slots = stage.batch, stage.slots
    if batch is not None:
        if not 1 <= batch.least <= batch.most:
            yield "batch", f"{batch.least} to {batch.most}", "expected 1 <= least <= most", ""
        if batch.wait_h is not None and not batch.wait_h >= 0:
            yield "batch wait", batch.wait_h, "expected 0 or more", ""
        if stage.room is not None and batch.wait_h is None and stage.room < batch.least:
            yield "room", stage.room, f"a stage nobody can leave: a batch needs {batch.least}", "Make the room larger"
    if slots is not None:
        times, period = slots.table()
        if slots.every_h is not None and slots.hours:
            yield "slots", f"every {slots.every_h:g} h and {slots.hours}", "expected every_h or hours, not both", ""
        if slots.takes < 1:
            yield "slots", slots.takes, "expected to take 1 or more", "Nobody could ever leave this stage"
        if not (times and period > 0 and all(0 <= time < period for time in times)):
            yield "slots", times, "expected hours within the period, or every_h above 0", ""


def _arrivals(facility: Facility, number: int, arrivals: Arrivals) -> Iterator[Problem]:
    """Yield what is wrong with one kind of arrivals, and with rooms its trains do not fit in."""
    where = f"arrivals {number + 1} ({arrivals.klass})"
    if arrivals.headway is None and not (
        arrivals.hours
        and list(arrivals.hours) == sorted(arrivals.hours)
        and arrivals.hours[0] >= 0
        and arrivals.hours[-1] < arrivals.period_h
    ):
        yield _problem(facility, f"{where}, hours", arrivals.hours, "expected hours within the period, rising")
    if arrivals.headway is not None and not arrivals.headway.mean > 0:
        yield _problem(facility, f"{where}, headway mean", arrivals.headway.mean, "expected above 0")
    if not _whole(arrivals.size):
        yield _problem(facility, f"{where}, size", arrivals.size, "expected a law of whole numbers, 1 or more")
        return
    largest = _largest(arrivals.size)
    if largest > MOST_ON_A_TRAIN:
        expected = f"expected {MOST_ON_A_TRAIN:,} on a train at most"
        yield _problem(facility, f"{where}, size", arrivals.size, expected)
        return
    path = [facility.stages[i] for i in facility.order(arrivals.klass)]
    for stage in path:
        if stage.visits(arrivals.klass) >= 1 and stage.room is not None and stage.room < largest:
            if stage is path[0] and facility.when_full == "wait":
                mend = f"A train of {largest:.0f} could never enter"
                yield _problem(facility, f"stage {stage.name}, room", stage.room, "smaller than a train", mend)
            break
        if stage.visits(arrivals.klass) > 0:
            break


def _whole(law: Law) -> bool:
    if law.kind not in (DETERMINISTIC, GEOMETRIC, EMPIRICAL):
        return False
    sizes = np.array([law.mean]) if law.kind == DETERMINISTIC else law.probabilities()[0]
    return bool(np.all(sizes == np.round(sizes)) and np.all(sizes >= 1))


def _largest(law: Law) -> float:
    """Largest train that is to be expected: the 1 - 1e-9 quantile of a law without bound."""
    if law.kind != GEOMETRIC:
        return law.largest()
    sizes, weights = law.probabilities()
    return float(sizes[np.searchsorted(np.cumsum(weights), 1 - 1e-9).clip(max=sizes.size - 1)])


def _routes(facility: Facility) -> Iterator[Problem]:
    """Yield stages that nobody can leave: from which no way leads out, or a ring of rooms that can lock."""
    count = len(facility.stages)
    ways = np.zeros((count + 1, count + 1), bool)
    for klass in facility.classes():
        ways |= facility.routing(klass) > 0
    out = ways[:count, count].copy()
    for _ in range(count):
        out |= (ways[:count, :count] & out).any(axis=1)
    if not ways[count, :count].any():
        names = ", ".join(stage.name for stage in facility.stages)
        yield _problem(facility, f"stages {names}", None, "nobody visits any of them", "Give one a visit above 0")
    for i in np.flatnonzero(~out):
        yield _problem(
            facility,
            f"stage {facility.stages[i].name}",
            None,
            "a stage nobody can leave",
            "No way leads on to the exit",
        )
    held = np.array([stage.room is not None for stage in facility.stages])
    reach = ways[:count, :count] & held[:, None] & held[None, :]
    for _ in range(count):
        reach |= reach @ reach
    ring = [facility.stages[i].name for i in np.flatnonzero(np.diag(reach))]
    if ring:
        mend = "Give one of these stages unbounded room"
        yield _problem(facility, f"stages {', '.join(ring)}", None, "rooms in a ring can lock each other", mend)
