"""Declarations whose parts are of the wrong kind: a text for a number, a number for a law."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from keruen.network.facility.arguments import is_number, is_whole
from keruen.network.facility.declaration import Arrivals, Facility, Resource, Stage
from keruen.network.facility.laws import Law
from keruen.network.facility.working import Batch, Shifts, Slots

__all__ = ["wrong_kinds"]

_Wrong = tuple[str | None, object, str]
_NUMBER, _WHOLE, _LAW = "expected a number", "expected a whole number", "expected a law, exponential(1.0) for example"


def wrong_kinds(facility: Facility) -> Iterator[_Wrong]:
    """Yield where it is, what was given and what was expected, for each part of the wrong kind.

    Parameters
    ----------
    facility : Facility
        What was declared.

    Yields
    ------
    tuple of str, object and str
        Place, value, and what was expected.
    """
    groups: tuple[tuple[str, Any, type], ...] = (
        ("stages", facility.stages, Stage), ("arrivals", facility.arrivals, Arrivals),
        ("resources", facility.resources, Resource),
    )  # fmt: skip
    mixed = False
    for name, many, kind in groups:
        if not _listed(many):
            yield name, many, f"expected a tuple of {kind.__name__}"
            mixed = True
            continue
        for place, one in enumerate(many, start=1):
            if not isinstance(one, kind):
                yield f"{name}, number {place}", one, f"expected {kind.__name__}"
                mixed = True
    if mixed:
        return
    paths: Any = facility.paths
    if not is_number(facility.overload_h):
        yield "overload_h", facility.overload_h, _NUMBER
    if not isinstance(paths, Mapping) or not all(_listed(path) for path in paths.values()):
        yield "paths", paths, "expected a tuple of stage names by class"
    yield from _parts(facility)


def _parts(facility: Facility) -> Iterator[_Wrong]:
    """Yield the same for what stages, arrivals and resources hold."""
    for stage in facility.stages:
        yield from ((f"stage {stage.name}{where}", value, words) for where, value, words in _stage(stage))
    for place, come in enumerate(facility.arrivals, start=1):
        yield from ((f"arrivals {place}, {where}", value, words) for where, value, words in _arrivals(come))
    for pool in facility.resources:
        returns: Any = pool.returns
        if not is_whole(pool.units):
            yield f"resource {pool.name}, units", pool.units, _WHOLE
        if returns is not None and not isinstance(returns, Law):
            yield f"resource {pool.name}, returns", returns, _LAW


def _listed(value: object) -> bool:
    """Whether a value is a list of things, and no text."""
    return isinstance(value, Iterable) and not isinstance(value, str)


def _stage(stage: Any) -> Iterator[tuple[str, object, str]]:
    """Yield what is of the wrong kind in a stage."""
    if not (isinstance(stage.name, str) and stage.name):
        yield "", repr(stage.name), "expected a name"
    if stage.service is not None and not isinstance(stage.service, Law):
        yield ", service", stage.service, _LAW
    if isinstance(stage.servers, Shifts):
        yield from _shifts(stage.servers)
    elif stage.servers is not None and not is_whole(stage.servers):
        yield ", servers", stage.servers, "expected a whole number of 1 or more, Shifts, or None for as many as come"
    if stage.batch is not None:
        yield from _batch(stage.batch)
    if stage.slots is not None:
        yield from _slots(stage.slots)
    if stage.room is not None and not is_whole(stage.room):
        yield ", room", stage.room, _WHOLE
    parts: tuple[tuple[str, Any, str], ...] = (
        ("visit", stage.visit if isinstance(stage.visit, Mapping) else {"all": stage.visit}, "chance"),
        ("then", stage.then if stage.then is not None else {}, "chance"),
        ("needs", stage.needs, "whole"),
    )
    for name, given, kind in parts:
        if not isinstance(given, Mapping):
            yield f", {name}", given, "expected numbers by name"
        elif not all(is_whole(one) if kind == "whole" else is_number(one) for one in given.values()):
            words = "expected whole numbers by name" if kind == "whole" else "expected a chance between 0 and 1"
            yield f", {name}", getattr(stage, name), words


def _shifts(shifts: Any) -> Iterator[tuple[str, object, str]]:
    """Yield what is of the wrong kind in shifts."""
    for name, many in (("hours", shifts.hours), ("servers", shifts.servers)):
        if not _listed(many) or not all(is_number(one) for one in many):
            yield f", shifts, {name}", many, "expected numbers"
    if not is_number(shifts.period_h) or shifts.period_h <= 0:
        yield ", shifts, period_h", shifts.period_h, "expected a number above 0"


def _batch(batch: Any) -> Iterator[tuple[str, object, str]]:
    """Yield what is of the wrong kind in a batch."""
    if not isinstance(batch, Batch):
        yield ", batch", batch, "expected Batch(least, most)"
        return
    for name in ("least", "most"):
        if not is_whole(getattr(batch, name)):
            yield f", batch, {name}", getattr(batch, name), _WHOLE
    if batch.wait_h is not None and not is_number(batch.wait_h):
        yield ", batch wait", batch.wait_h, "expected 0 or more, or None for however long"


def _slots(slots: Any) -> Iterator[tuple[str, object, str]]:
    """Yield what is of the wrong kind in departure paths."""
    if not isinstance(slots, Slots):
        yield ", slots", slots, "expected Slots(takes, every_h)"
        return
    if not is_whole(slots.takes):
        yield ", slots, takes", slots.takes, _WHOLE
    if slots.every_h is not None and (not is_number(slots.every_h) or slots.every_h <= 0):
        yield ", slots, every_h", slots.every_h, "expected a number above 0"
    if not _listed(slots.hours) or not all(is_number(one) for one in slots.hours):
        yield ", slots, hours", slots.hours, "expected numbers"
    if not is_number(slots.period_h):
        yield ", slots, period_h", slots.period_h, _NUMBER


def _arrivals(come: Any) -> Iterator[tuple[str, object, str]]:
    """Yield what is of the wrong kind in arrivals."""
    for name, law, free in (("headway", come.headway, True), ("size", come.size, False), ("late", come.late, True)):
        if not (isinstance(law, Law) or (free and law is None)):
            yield name, law, _LAW
    if not is_whole(come.priority):
        yield "priority", come.priority, _WHOLE
    if not _listed(come.hours) or not all(is_number(one) for one in come.hours):
        yield "hours", come.hours, "expected numbers"
    if not is_number(come.period_h) or come.period_h <= 0:
        yield "period_h", come.period_h, "expected a number above 0"
