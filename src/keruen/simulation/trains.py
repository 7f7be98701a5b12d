"""The event engine of corridors: trains over sections, loops and stops.

A train leaves a place only when the section is free *and* a track at the far end is reserved for it, and no place ever
holds trains of one direction on all its tracks (a rule of the banker's kind, Dijkstra 1965). So the foremost train of
either direction always finds a track sooner or later, and no deadlock can form. With the rule switched off two loops
full of opposing trains lock each other; the engine sees that nothing can move and says so.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from keruen.simulation.agenda import DEADLOCK, DONE, FULL, LATE
from keruen.simulation.draws import draw, uniform
from keruen.simulation.heap import CODES, compose, pop, push
from keruen.simulation.kernels import entry, kernel

__all__ = ["CLOCK", "DESK", "PLACE", "SECTION", "SOURCE", "TRAIN", "Line", "run_trains"]

_END, _ARRIVE, _CLEAR, _SHIFT, _MARK, _DUE = range(6)
_MASK = CODES - 1

TRAIN = np.dtype(
    [
        ("entry", "f8"), ("since", "f8"), ("serial", "i8"), ("next", "i4"), ("place", "i4"), ("stage", "i4"),
        ("way", "i2"), ("counted", "i2"),
    ], align=True,
)  # fmt: skip
PLACE = np.dtype(
    [
        ("tracks", "i8"), ("held", "i8", (2,)), ("head", "i8", (2,)), ("tail", "i8", (2,)), ("first", "i8"),
        ("stages", "i8"), ("departed", "i8"), ("waited", "f8"), ("stamp", "f8"), ("area", "f8"), ("full", "f8"),
    ], align=True,
)  # fmt: skip
"""A place: tracks held or reserved by direction, trains ready to leave by direction, its stages."""
SECTION = np.dtype(
    [
        ("tracks", "i8"), ("law", "i8", (2,)), ("key", "u8", (2,)), ("interval", "f8"), ("inside", "i8"),
        ("last", "i8"), ("clear", "f8", (2,)), ("passed", "i8", (2,)), ("stamp", "f8"), ("area", "f8"),
    ], align=True,
)  # fmt: skip
DESK = np.dtype(
    [
        ("servers", "i8"), ("busy", "i8"), ("law", "i8"), ("key", "u8"), ("visit_key", "u8"), ("visit", "f8", (2,)),
        ("head", "i8"), ("tail", "i8"), ("first", "i8"), ("changes", "i8"), ("change", "i8"), ("cycle", "i8"),
        ("period", "f8"), ("started", "i8"), ("waited", "f8"), ("stamp", "f8"), ("area", "f8"),
    ], align=True,
)  # fmt: skip
"""A stage of a place."""
SOURCE = np.dtype(
    [
        ("law", "i8"), ("key", "u8"), ("number", "i8"), ("first", "i8"), ("hours", "i8"), ("hour", "i8"),
        ("cycle", "i8"), ("period", "f8"), ("late", "i8"), ("head", "i8"), ("tail", "i8"), ("outside", "i8"),
    ], align=True,
)  # fmt: skip
CLOCK = np.dtype(
    [
        ("now", "f8"), ("warm", "f8"), ("horizon", "f8"), ("limit", "f8"), ("size", "i8"), ("sequence", "i8"),
        ("free", "i8"), ("inside", "i8"), ("outstanding", "i8"), ("active", "i8"), ("closed", "i8"), ("status", "i8"),
        ("reserve", "i8"), ("stacked", "i8"), ("area", "f8"), ("stamp", "f8"), ("stayed", "f8"), ("entries", "f8"),
        ("finished", "i8"), ("calendar", "i8"),
    ], align=True,
)  # fmt: skip


class Line(NamedTuple):
    """Arrays of one run of a corridor; each is of the dtype named above."""

    clock: Any
    heap: Any
    train: Any
    place: Any
    section: Any
    desk: Any
    source: Any
    change: Any
    law: Any
    values: Any
    below: Any
    stack: Any
    dirty: Any
    transit: Any
    outside: Any
    by_section: Any
    by_place: Any
    by_desk: Any


@kernel
def _later(w: Any, time: Any, kind: Any, code: Any) -> None:
    """Put an event on the agenda."""
    c = w.clock[0]
    c.sequence += 1
    c.size = push(w.heap, c.size, time, compose(kind, c.sequence, code))


@kernel
def _look_at(w: Any, k: Any) -> None:
    """Note that something may move over section k; the last two are the entrances."""
    if 0 <= k < w.dirty.size and not w.dirty[k]:
        w.dirty[k] = 1
        w.stack[w.clock[0].stacked] = k
        w.clock[0].stacked += 1


@kernel
def _look_around(w: Any, p: Any) -> None:
    """Note that trains may move to or from place p."""
    last = w.place.size - 1
    if p > 0:
        _look_at(w, p - 1)
    if p < last:
        _look_at(w, p)
    if p == 0:
        _look_at(w, last)
    if p == last:
        _look_at(w, last + 1)


@kernel
def _stand(w: Any, p: Any, way: Any, change: Any) -> None:
    """Change by one the tracks of place p that trains of a direction hold."""
    place, now = w.place[p], w.clock[0].now
    held = place.held[0] + place.held[1]
    place.area += held * (now - place.stamp)
    if held >= place.tracks:
        place.full += now - place.stamp
    place.stamp = now
    place.held[way] += change


@kernel
def _has_track(w: Any, p: Any, way: Any) -> Any:
    """Return whether place p has a track for one more train of a direction."""
    place = w.place[p]
    if place.held[0] + place.held[1] >= place.tracks:
        return False
    return not w.clock[0].reserve or place.held[way] < place.tracks - 1


@kernel
def _stop(w: Any, e: Any) -> None:
    """Send train e to the next stage of its place; after the last it is ready to leave, or leaves the corridor."""
    c, x = w.clock[0], w.train[e]
    place = w.place[x.place]
    while x.stage < place.stages:
        d = place.first + x.stage
        desk = w.desk[d]
        x.stage += 1
        chance = desk.visit[x.way]
        if chance >= 1.0 or (chance > 0.0 and uniform(desk.visit_key, x.serial, x.way) < chance):
            x.since = c.now
            x.next = -1
            if desk.tail < 0:
                desk.head = e
            else:
                w.train[desk.tail].next = e
            desk.tail = e
            _serve(w, d)
            return
    end = w.place.size - 1 if x.way == 0 else 0
    if x.place == end:
        _go(w, e)
        return
    x.since = c.now
    x.next = -1
    if place.tail[x.way] < 0:
        place.head[x.way] = e
    else:
        w.train[place.tail[x.way]].next = e
    place.tail[x.way] = e
    _look_at(w, x.place - x.way)


@kernel
def _serve(w: Any, d: Any) -> None:
    """Give free servers of a stage to the trains that wait for it."""
    c, desk = w.clock[0], w.desk[d]
    while desk.busy < desk.servers and desk.head >= 0:
        e = desk.head
        x = w.train[e]
        desk.head = x.next
        if desk.head < 0:
            desk.tail = -1
        desk.area += desk.busy * (c.now - desk.stamp)
        desk.stamp = c.now
        desk.busy += 1
        desk.started += 1
        desk.waited += c.now - x.since
        c.active += 1
        length = draw(w.law[desk.law], w.values, w.below, desk.key, 2 * x.serial + x.way)
        _later(w, c.now + length, _END, e)


@kernel
def _go(w: Any, e: Any) -> None:
    """Let train e out of the corridor at its far end."""
    c, x = w.clock[0], w.train[e]
    _stand(w, x.place, x.way, -1)
    c.area += c.inside * (c.now - c.stamp)
    c.stamp = c.now
    c.inside -= 1
    c.stayed += c.now - x.entry
    c.entries -= x.entry
    if x.counted:
        c.outstanding -= 1
        if c.finished < w.transit.shape[0]:
            w.transit[c.finished, 0] = x.way
            w.transit[c.finished, 1] = c.now - x.entry
        c.finished += 1
    x.next = c.free
    c.free = e
    _look_around(w, x.place)


@kernel
def _ready(w: Any, k: Any, way: Any) -> Any:
    """Return whether a train of a direction can leave over section k now."""
    c, section = w.clock[0], w.section[k]
    if w.place[k + way].head[way] < 0 or not _has_track(w, k + 1 - way, way):
        return False
    if section.tracks == 1:
        return section.inside == 0 and section.clear[0] <= c.now
    return section.clear[way] <= c.now


@kernel
def _depart_train(w: Any, k: Any, way: Any) -> None:
    """Let the first ready train of a direction leave over section k."""
    c, section = w.clock[0], w.section[k]
    p = k + way
    place = w.place[p]
    e = place.head[way]
    x = w.train[e]
    place.head[way] = x.next
    if place.head[way] < 0:
        place.tail[way] = -1
    place.departed += 1
    place.waited += c.now - x.since
    _stand(w, p, way, -1)
    _stand(w, k + 1 - way, way, 1)
    section.area += (1 if section.inside else 0) * (c.now - section.stamp)
    section.stamp = c.now
    section.inside += 1
    section.last = way
    section.passed[way] += 1
    if section.tracks == 2:
        section.clear[way] = c.now + section.interval
        if section.interval > 0:
            _later(w, section.clear[way], _CLEAR, k)
            c.active += 1
    x.place = k
    c.active += 1
    running = draw(w.law[section.law[way]], w.values, w.below, section.key[way], x.serial)
    _later(w, c.now + running, _ARRIVE, e)
    _look_around(w, p)


@kernel
def _enter_corridor(w: Any, way: Any) -> None:
    """Let trains that wait outside an end onto its tracks."""
    c, source = w.clock[0], w.source[way]
    p = 0 if way == 0 else w.place.size - 1
    while source.head >= 0 and _has_track(w, p, way):
        e = source.head
        x = w.train[e]
        source.head = x.next
        if source.head < 0:
            source.tail = -1
        if c.warm <= c.now and not c.closed:
            w.outside[way, 0] += 1
            w.outside[way, 1] += c.now - x.since
        _stand(w, p, way, 1)
        x.place = p
        x.stage = 0
        _stop(w, e)


@kernel
def _move(w: Any) -> None:
    """Let trains move until none can: opposing trains take turns on single track."""
    c = w.clock[0]
    sections = w.section.size
    while c.stacked:
        c.stacked -= 1
        k = w.stack[c.stacked]
        w.dirty[k] = 0
        if k >= sections:
            _enter_corridor(w, k - sections)
            continue
        section = w.section[k]
        for turn in range(2):
            way = (section.last + 1 + turn) % 2
            if _ready(w, k, way):
                _depart_train(w, k, way)
                if section.tracks == 1:
                    break


@kernel
def _arrive(w: Any, e: Any) -> None:
    """Let train e arrive at the far end of its section, on the track reserved for it."""
    c, x = w.clock[0], w.train[e]
    k = x.place
    section = w.section[k]
    section.area += c.now - section.stamp
    section.stamp = c.now
    section.inside -= 1
    if section.tracks == 1:
        section.clear[0] = c.now + section.interval
        if section.interval > 0:
            _later(w, section.clear[0], _CLEAR, k)
            c.active += 1
    x.place = k + 1 - x.way
    x.stage = 0
    _look_at(w, k)
    _stop(w, e)


@kernel
def _comes(w: Any, way: Any) -> None:
    """Let the next train of a direction come, and schedule the one after."""
    c, source = w.clock[0], w.source[way]
    if source.law >= 0:
        gap = draw(w.law[source.law], w.values, w.below, source.key, source.number)
        _later(w, c.now + gap, _DUE, way)
    else:
        source.hour += 1
        if source.hour == source.hours:
            source.hour = 0
            source.cycle += 1
        due = source.cycle * source.period + w.change[source.first + source.hour].hour
        if source.late >= 0:
            due += draw(w.law[source.late], w.values, w.below, source.key, source.number)
        _later(w, max(due, c.now), _DUE, way)
    e = c.free
    if e < 0:
        c.status = FULL
        return
    x = w.train[e]
    c.free = x.next
    x.entry = x.since = c.now
    x.serial = source.number
    source.number += 1
    x.way = way
    x.counted = c.warm <= c.now < c.horizon
    x.next = -1
    c.area += c.inside * (c.now - c.stamp)
    c.stamp = c.now
    c.inside += 1
    c.entries += c.now
    c.outstanding += x.counted
    if source.tail < 0:
        source.head = e
    else:
        w.train[source.tail].next = e
    source.tail = e
    _look_at(w, w.section.size + way)


@kernel
def _mark_time(w: Any, close: Any) -> None:
    """Begin or end the hours that statistics are kept of."""
    c = w.clock[0]
    for k in range(w.section.size):
        section = w.section[k]
        section.area += (1 if section.inside else 0) * (c.now - section.stamp)
        section.stamp = c.now
        if close:
            w.by_section[k, 0], w.by_section[k, 1] = section.passed[0], section.passed[1]
            w.by_section[k, 2] = section.area
        section.area = 0.0
        section.passed[0] = section.passed[1] = 0
    for p in range(w.place.size):
        _stand(w, p, 0, 0)
        place = w.place[p]
        if close:
            w.by_place[p, 0], w.by_place[p, 1] = place.departed, place.waited
            w.by_place[p, 2], w.by_place[p, 3] = place.area, place.full
        place.area = place.full = place.waited = 0.0
        place.departed = 0
    for d in range(w.desk.size):
        desk = w.desk[d]
        desk.area += desk.busy * (c.now - desk.stamp)
        desk.stamp = c.now
        if close:
            w.by_desk[d, 0], w.by_desk[d, 1], w.by_desk[d, 2] = desk.started, desk.waited, desk.area
        desk.area = desk.waited = 0.0
        desk.started = 0
    c.closed = close


@kernel
def _handle(w: Any, kind: Any, code: Any) -> None:
    """Handle one event."""
    c = w.clock[0]
    if kind == _ARRIVE:
        c.active -= 1
        _arrive(w, code)
    elif kind == _END:
        c.active -= 1
        x = w.train[code]
        d = w.place[x.place].first + x.stage - 1
        desk = w.desk[d]
        desk.area += desk.busy * (c.now - desk.stamp)
        desk.stamp = c.now
        desk.busy -= 1
        _serve(w, d)
        _stop(w, code)
    elif kind == _CLEAR:
        c.active -= 1
        _look_at(w, code)
    elif kind == _DUE:
        _comes(w, code)
    elif kind == _SHIFT:
        desk = w.desk[code]
        desk.servers = w.change[desk.first + desk.change].value
        desk.change += 1
        if desk.change == desk.changes:
            desk.change = 0
            desk.cycle += 1
        _later(w, desk.cycle * desk.period + w.change[desk.first + desk.change].hour, _SHIFT, code)
        _serve(w, code)
    else:
        _mark_time(w, code)


@entry
def run_trains(w: Any) -> Any:
    """Run a corridor to its end.

    Parameters
    ----------
    w : Line
        As `corridor_run.lay_out` returns it; written, but for what is asked of statistics after the counted hours.

    Returns
    -------
    int
        `DONE`, or why it could not: `FULL`, `LATE`, `DEADLOCK`.
    """
    c = w.clock[0]
    _later(w, c.warm, _MARK, 0)
    _later(w, c.horizon, _MARK, 1)
    for d in range(w.desk.size):
        if w.desk[d].changes:
            _later(w, w.change[w.desk[d].first].hour, _SHIFT, d)
    for way in range(2):
        source = w.source[way]
        if source.law >= 0:
            gap = draw(w.law[source.law], w.values, w.below, source.key, source.number)
            source.number += 1
            _later(w, gap, _DUE, way)
        elif source.hours:
            _later(w, w.change[source.first].hour, _DUE, way)
    while True:
        c.now = w.heap[0].time
        order = w.heap[0].order
        c.size = pop(w.heap, c.size)
        _handle(w, order >> 60, order & _MASK)
        _move(w)
        if c.closed and c.outstanding == 0:
            return DONE
        if c.status:
            return c.status
        if c.now > c.limit:
            return LATE
        if c.active == 0 and not c.calendar and _locked(w):
            return DEADLOCK


@kernel
def _locked(w: Any) -> Any:
    """Return whether trains are ready to leave and none of them can, with nothing under way that could change it."""
    waiting = False
    for k in range(w.section.size):
        for way in range(2):
            if _ready(w, k, way):
                return False
            waiting = waiting or w.place[k + way].head[way] >= 0
    return waiting
