"""How customers move: into a stage, through its queue, out of it, on to the next, or waiting for room."""

from __future__ import annotations

from typing import Any

import numpy as np

from keruen.simulation.agenda import ONE, RETURN, later, mark, touch
from keruen.simulation.draws import draw, uniform
from keruen.simulation.kernels import hot, kernel
from keruen.simulation.world import BINS

__all__ = ["admit", "depart", "enter", "grab", "next_stage", "pass_by", "restore", "take", "wait_for_room"]

_VISIT = np.int64(1) << 44
"""Added to the number of a customer at each visit where ways lead back, so that every visit has draws of its own."""


@hot
def next_stage(w: Any, e: Any, at: Any) -> Any:
    """Return where customer e goes from stage `at`; the number of stages is the exit."""
    x = w.entity[e]
    first, count = w.way[x.klass, at, 0], w.way[x.klass, at, 1]
    if count > 1:
        u = uniform(w.station[at].route_key, x.serial, 0)
        while u >= w.route[first].below:
            first += 1
    return w.route[first].target


@hot
def enter(w: Any, e: Any, j: Any) -> None:
    """Let customer e into stage j, at the end of the queue of its priority."""
    c, s, x = w.clock[0], w.station[j], w.entity[e]
    touch(s, c.now)
    s.present += 1
    s.queued += 1
    x.since = c.now
    x.station = j
    x.next = -1
    if c.feedback:
        x.serial += _VISIT
    line = w.queue[j, x.priority]
    if line.tail < 0:
        line.head = e
    else:
        w.entity[line.tail].next = e
    line.tail = e
    mark(w, j)


@hot
def take(w: Any, j: Any) -> Any:
    """Take the next customer off the queue of stage j: highest priority, then longest there."""
    s = w.station[j]
    p = 0
    while w.queue[j, p].head < 0:
        p += 1
    line = w.queue[j, p]
    e = line.head
    line.head = w.entity[e].next
    if line.head < 0:
        line.tail = -1
    w.entity[e].next = -1
    s.queued -= 1
    return e


@hot
def _leave(w: Any, e: Any) -> None:
    """Take customer e out of its stage; the last of a group gives back server and resources."""
    c, x = w.clock[0], w.entity[e]
    s = w.station[x.station]
    touch(s, c.now)
    s.present -= 1
    s.visits += 1
    if x.counted:
        s.left += 1
        s.stayed += c.now - x.since
    c.progress = c.now
    if c.recorded < w.visit.size:
        v = w.visit[c.recorded]
        c.recorded += 1
        v.customer, v.stage, v.klass = x.serial & 0xFFFFFFFF, x.station, x.klass
        v.arrived, v.waited, v.stayed = x.since, x.begun - x.since, c.now - x.since
    if s.most == 1 or _last_of_group(w, x.leader):
        s.busy -= 1
        if s.needs:
            _give_back(w, x.station)
    mark(w, x.station)


@kernel
def _last_of_group(w: Any, g: Any) -> Any:
    """Take one member out of group g; return whether it was the last, which frees the row of the group."""
    c, group = w.clock[0], w.entity[g]
    group.members -= 1
    if group.members > 0:
        return False
    group.next = c.free
    c.free = g
    return True


@kernel
def _give_back(w: Any, j: Any) -> None:
    """Return the resources of one service of stage j, or send them on their way back."""
    c, s = w.clock[0], w.station[j]
    for k in range(s.first_need, s.first_need + s.needs):
        r = w.need[k].resource
        if w.resource[r].law < 0:
            restore(w, r, w.need[k].units)
        else:
            law = w.law[w.resource[r].law]
            away = draw(law, w.values, w.below, w.resource[r].key, w.resource[r].number)
            w.resource[r].number += 1
            c.active += 1
            later(w, c.now + away, RETURN, r * ONE + w.need[k].units)


@kernel
def restore(w: Any, r: Any, units: Any) -> None:
    """Put units of resource r back and call the stages that may wait for them."""
    w.resource[r].free += units
    for j in range(w.clock[0].entrance):
        s = w.station[j]
        for k in range(s.first_need, s.first_need + s.needs):
            if w.need[k].resource == r:
                touch(s, w.clock[0].now)
                mark(w, j)


@kernel
def grab(w: Any, s: Any) -> Any:
    """Take all resources one service needs, or none; return whether they were there."""
    for k in range(s.first_need, s.first_need + s.needs):
        if w.resource[w.need[k].resource].free < w.need[k].units:
            return False
    for k in range(s.first_need, s.first_need + s.needs):
        w.resource[w.need[k].resource].free -= w.need[k].units
    return True


@hot
def _exit(w: Any, e: Any) -> None:
    """Let customer e out of the facility and write down how long it took."""
    c, x = w.clock[0], w.entity[e]
    c.area += c.inside * (c.now - c.stamp)
    c.stamp = c.now
    c.inside -= 1
    dwell = c.now - x.entry
    c.stayed += dwell
    c.entries -= x.entry
    if x.counted:
        c.outstanding -= 1
        t = w.tally[x.klass]
        t.count += 1
        t.total += dwell
        t.square += dwell * dwell
        place: Any = 0
        if dwell >= 2.0**-20:
            bits = np.float64(dwell).view(np.int64)  # exponent and first 8 bits of the fraction are the bin
            place = min((bits >> 44) - (1003 << 8) + 1, BINS - 1)
        w.histogram[x.klass, place] += 1
        if w.series.size:
            number = c.counted // c.batch
            if number < w.series.size:
                w.series[number] += dwell
        c.counted += 1
    x.next = c.free
    c.free = e


@kernel
def pass_by(w: Any, e: Any) -> None:
    """Let customer e, who needs no stage, out of the facility as it comes: 0 h, counted as all who come are."""
    _exit(w, e)


@kernel
def wait_for_room(w: Any, e: Any, j: Any) -> None:
    """Let customer e wait where it is for room in stage j."""
    s, x, c = w.station[j], w.entity[e], w.clock[0]
    here = w.station[x.station]
    touch(s, c.now)
    touch(here, c.now)
    s.wanted += 1
    here.held += 1
    c.blocked += 1
    x.target = j
    x.next = -1
    if s.wanted_tail < 0:
        s.wanted_head = e
    else:
        w.entity[s.wanted_tail].next = e
    s.wanted_tail = e


@hot
def depart(w: Any, e: Any) -> None:
    """Send customer e, who is done with its stage, onward: out, into the next stage, or to wait for room in it."""
    j = next_stage(w, e, w.entity[e].station)
    if j == w.clock[0].entrance:
        _leave(w, e)
        _exit(w, e)
    elif w.station[j].wanted_head < 0 and w.station[j].present < w.station[j].room:
        _leave(w, e)
        enter(w, e, j)
    else:
        wait_for_room(w, e, j)


@kernel
def admit(w: Any, j: Any) -> Any:
    """Let in the first of those who wait for room in stage j, a train as a whole; return whether there was room."""
    s, c = w.station[j], w.clock[0]
    e = s.wanted_head
    x = w.entity[e]
    outside = x.station == c.entrance
    many = x.members if outside else 1
    if s.present + many > s.room:
        return False
    touch(s, c.now)
    here = w.station[x.station]
    touch(here, c.now)
    here.held -= many
    s.wanted -= many
    c.blocked -= many
    for _ in range(many):
        following = w.entity[e].next
        if outside:
            here.present -= 1
            here.visits += 1
            if w.entity[e].counted:
                here.left += 1
                here.stayed += c.now - w.entity[e].since
            c.progress = c.now
        else:
            _leave(w, e)
        enter(w, e, j)
        e = following
    s.wanted_head = e
    if e < 0:
        s.wanted_tail = -1
    return True
