"""The event engine: one facility through one run, customer by customer.

Events of one hour are taken in this order: a service ends, a resource comes back, a batch has waited enough, a shift
changes, a slot departs, a mark of the observer, a train is due, a late train comes; within a kind, whoever was scheduled
first. So work that ends with the shift is done, and a wagon that is ready on the minute catches its path.

After each event `_settle` attends every stage something changed at, until nothing can move: first those who wait for
room are let in, then free servers take who is queued. Cascades run over a small stack, never by recursion.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from keruen.simulation.draws import draw, uniform
from keruen.simulation.heap import CODE_BITS, CODES, compose, pop, push, replace
from keruen.simulation.kernels import entry, hot, kernel
from keruen.simulation.world import BINS, SUB_BINS

__all__ = ["DEADLOCK", "DONE", "FULL", "LATE", "run"]

DONE, FULL, LATE, DEADLOCK = 1, 2, 3, 4
"""How a run ended: well; more customers inside than rows; past its limit; nobody can ever move."""

_END, _RETURN, _ALARM, _SHIFT, _SLOT, _MARK, _DUE, _COMES = range(8)
_WARM, _CLOSE, _SAMPLE = range(3)
_SOURCE_BITS = 36
_VISIT = np.int64(1) << 44
_MASK = CODES - 1
_ONE = 1 << 12


@hot
def _schedule(w: Any, time: Any, kind: Any, code: Any) -> Any:
    """Put an event on the agenda and return its number; the first one fills the place of the event being handled."""
    c = w.clock[0]
    c.sequence += 1
    order = compose(kind, c.sequence, code)
    if c.hole:
        replace(w.heap, c.size, time, order)
        c.hole = 0
    else:
        c.size = push(w.heap, c.size, time, order)
    return c.sequence & 0x7FFFFFFF


@kernel
def _later(w: Any, time: Any, kind: Any, code: Any) -> Any:
    """Put an event on the agenda, from code that is rare."""
    return _schedule(w, time, kind, code)


@hot
def _touch(s: Any, now: Any) -> None:
    """Carry the time integrals of a stage on to now."""
    lasted = now - s.stamp
    s.stamp = now
    s.busy_area += s.busy * lasted
    s.present_area += s.present * lasted
    if s.changes:
        s.server_area += max(s.servers, s.busy) * lasted
    if s.held or s.wanted:
        s.held_area += s.held * lasted
        s.wanted_area += s.wanted * lasted


@hot
def _mark(w: Any, j: Any) -> None:
    """Note that stage j wants attention."""
    if not w.station[j].dirty:
        w.station[j].dirty = 1
        w.stack[w.clock[0].stacked] = j
        w.clock[0].stacked += 1


@hot
def _next_stage(w: Any, e: Any, at: Any) -> Any:
    """Return where customer e goes from stage `at`; the number of stages is the exit."""
    x = w.entity[e]
    first, count = w.way[x.klass, at, 0], w.way[x.klass, at, 1]
    if count > 1:
        u = uniform(w.station[at].route_key, x.serial, 0)
        while u >= w.route[first].below:
            first += 1
    return w.route[first].target


@hot
def _enter(w: Any, e: Any, j: Any) -> None:
    """Let customer e into stage j, at the end of the queue of its priority."""
    c, s, x = w.clock[0], w.station[j], w.entity[e]
    _touch(s, c.now)
    s.present += 1
    s.queued += 1
    x.since = c.now
    x.station = j
    x.next = -1
    if c.feedback:
        x.serial += _VISIT
    last = w.queue[j, x.priority, 1]
    if last < 0:
        w.queue[j, x.priority, 0] = e
    else:
        w.entity[last].next = e
    w.queue[j, x.priority, 1] = e
    _mark(w, j)


@hot
def _take(w: Any, j: Any) -> Any:
    """Take the next customer off the queue of stage j: highest priority, then longest there."""
    s = w.station[j]
    p = 0
    while w.queue[j, p, 0] < 0:
        p += 1
    e = w.queue[j, p, 0]
    w.queue[j, p, 0] = w.entity[e].next
    if w.queue[j, p, 0] < 0:
        w.queue[j, p, 1] = -1
    s.queued -= 1
    return e


@hot
def _leave(w: Any, e: Any) -> None:
    """Take customer e out of its stage; the last of a group gives back server and resources."""
    c, x = w.clock[0], w.entity[e]
    s = w.station[x.station]
    _touch(s, c.now)
    s.present -= 1
    s.visits += 1
    s.stayed += c.now - x.since
    c.progress = c.now
    if c.recorded < w.visit.size:
        v = w.visit[c.recorded]
        c.recorded += 1
        v.customer, v.stage, v.klass = x.serial & 0xFFFFFFFF, x.station, x.klass
        v.arrived, v.waited, v.stayed = x.since, x.begun - x.since, c.now - x.since
    head = w.entity[x.leader]
    head.members -= 1
    if head.members == 0:
        s.busy -= 1
        if s.needs:
            _give_back(w, x.station)
    _mark(w, x.station)


@kernel
def _give_back(w: Any, j: Any) -> None:
    """Return the resources of one service of stage j, or send them on their way back."""
    c, s = w.clock[0], w.station[j]
    for k in range(s.first_need, s.first_need + s.needs):
        r = w.need[k].resource
        if w.resource[r].law < 0:
            _restore(w, r, w.need[k].units)
        else:
            law = w.law[w.resource[r].law]
            away = draw(law, w.values, w.below, w.resource[r].key, w.resource[r].number)
            w.resource[r].number += 1
            c.active += 1
            _later(w, c.now + away, _RETURN, r * _ONE + w.need[k].units)


@kernel
def _restore(w: Any, r: Any, units: Any) -> None:
    """Put units of resource r back and call the stages that may wait for them."""
    w.resource[r].free += units
    for j in range(w.clock[0].entrance):
        s = w.station[j]
        for k in range(s.first_need, s.first_need + s.needs):
            if w.need[k].resource == r:
                _mark(w, j)


@kernel
def _grab(w: Any, s: Any) -> Any:
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
        t.cube += dwell * dwell * dwell
        place = 0
        if dwell >= 2.0**-20:
            fraction, exponent = math.frexp(dwell)
            place = min((exponent + 19) * SUB_BINS + int((fraction * 2.0 - 1.0) * SUB_BINS) + 1, BINS - 1)
        w.histogram[x.klass, place] += 1
        number = c.counted // c.batch
        if number < w.series.size:
            w.series[number] += dwell
        c.counted += 1
    x.next = c.free
    c.free = e


@kernel
def _wait_for_room(w: Any, e: Any, j: Any) -> None:
    """Let customer e wait where it is for room in stage j."""
    s, x, c = w.station[j], w.entity[e], w.clock[0]
    here = w.station[x.station]
    _touch(s, c.now)
    _touch(here, c.now)
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
def _depart(w: Any, e: Any) -> None:
    """Send customer e, who is done with its stage, onward: out, into the next stage, or to wait for room in it."""
    j = _next_stage(w, e, w.entity[e].station)
    if j == w.clock[0].entrance:
        _leave(w, e)
        _exit(w, e)
    elif w.station[j].wanted_head < 0 and w.station[j].present < w.station[j].room:
        _leave(w, e)
        _enter(w, e, j)
    else:
        _wait_for_room(w, e, j)


@kernel
def _admit(w: Any, j: Any) -> Any:
    """Let in the first of those who wait for room in stage j, a train as a whole; return whether there was room."""
    s, c = w.station[j], w.clock[0]
    e = s.wanted_head
    x = w.entity[e]
    outside = x.station == c.entrance
    many = x.members if outside else 1
    if s.present + many > s.room:
        return False
    _touch(s, c.now)
    here = w.station[x.station]
    _touch(here, c.now)
    here.held -= many
    s.wanted -= many
    c.blocked -= many
    for _ in range(many):
        following = w.entity[e].next
        if outside:
            here.present -= 1
            here.visits += 1
            here.stayed += c.now - w.entity[e].since
            c.progress = c.now
        else:
            _leave(w, e)
        _enter(w, e, j)
        e = following
    s.wanted_head = e
    if e < 0:
        s.wanted_tail = -1
    return True


@kernel
def _due(w: Any, j: Any) -> Any:
    """Return whether the batch forming at stage j has waited enough; if not, set an alarm for when it has."""
    s, c = w.station[j], w.clock[0]
    oldest = np.inf
    for p in range(c.priorities):
        if w.queue[j, p, 0] >= 0:
            oldest = min(oldest, w.entity[w.queue[j, p, 0]].since)
    if oldest + s.patience <= c.now:
        return True
    if s.patience < 1e299 and not s.alarm:
        s.alarm = 1
        c.active += 1
        _later(w, oldest + s.patience, _ALARM, j)
    return False


@kernel
def _resume(w: Any, j: Any) -> None:
    """Go on with the work of stage j that was suspended last."""
    s, c = w.station[j], w.clock[0]
    e = s.suspended
    x = w.entity[e]
    s.suspended = x.target
    s.busy += 1
    c.active += 1
    x.event = _later(w, c.now + x.rest, _END, e)


@hot
def _start(w: Any, j: Any) -> None:
    """Give free servers of stage j to those who wait, as far as batches and resources allow."""
    s, c = w.station[j], w.clock[0]
    while s.busy < s.servers:
        if s.suspended >= 0:
            _touch(s, c.now)
            _resume(w, j)
            continue
        if s.queued == 0 or (s.queued < s.least and not _due(w, j)):
            return
        if s.needs and not _grab(w, s):
            return
        _touch(s, c.now)
        e = _take(w, j)
        x = w.entity[e]
        _begin(w, s, x, e, c.now)
        if s.most > 1:
            last = e
            while s.queued > 0 and x.members < s.most:
                other = _take(w, j)
                _begin(w, s, w.entity[other], e, c.now)
                w.entity[last].next = other
                w.entity[other].next = -1
                x.members += 1
                last = other
        s.busy += 1
        c.active += 1
        length = 0.0
        if s.law >= 0:
            length = draw(w.law[s.law], w.values, w.below, s.key, x.serial)
        x.event = _schedule(w, c.now + length, _END, e)


@hot
def _begin(w: Any, s: Any, x: Any, leader: Any, now: Any) -> None:
    """Write down that a customer's wait is over, as one of the group of `leader`."""
    x.begun = now
    x.leader = leader
    x.members = 1
    x.next = -1
    wait = now - x.since
    s.started += 1
    s.waited += wait
    s.waited2 += wait * wait


@hot
def _settle(w: Any) -> None:
    """Attend every stage that wants it until nothing can move."""
    c = w.clock[0]
    while c.stacked:
        c.stacked -= 1
        j = w.stack[c.stacked]
        s = w.station[j]
        s.dirty = 0
        if j == c.entrance:
            continue
        while s.wanted_head >= 0 and _admit(w, j):
            pass
        if s.slots == 0:
            _start(w, j)


@hot
def _end(w: Any, e: Any, number: Any) -> None:
    """End a service: every member of the group goes its way."""
    x = w.entity[e]
    if x.event != number & 0x7FFFFFFF:
        return  # it was suspended
    x.event = 0
    w.clock[0].active -= 1
    if x.members == 1:
        _depart(w, e)
        return
    while e >= 0:
        following = w.entity[e].next
        _depart(w, e)
        e = following


@kernel
def _cycle(table: Any, row: Any, first: Any, count: Any) -> Any:
    """Return the hour of the next entry of a periodic table, and move on to it."""
    row.change += 1
    if row.change == count:
        row.change = 0
        row.cycle += 1
    return row.cycle * row.period + table[first + row.change].hour


@kernel
def _shift(w: Any, j: Any) -> None:
    """Change the servers of stage j; where work is suspended, the latest to begin stops first."""
    s, c = w.station[j], w.clock[0]
    _touch(s, c.now)
    s.servers = w.change[s.first_change + s.change].value
    _later(w, _cycle(w.change, s, s.first_change, s.changes), _SHIFT, j)
    if s.suspend:
        while s.busy > s.servers:
            at = -1
            for k in range(c.size):
                order = w.heap[k].order
                e = order & _MASK
                if order >> 60 != _END or w.entity[e].station != j:
                    continue
                if w.entity[e].event != (order >> CODE_BITS) & 0x7FFFFFFF:
                    continue
                if at < 0 or w.entity[e].begun > w.entity[w.heap[at].order & _MASK].begun:
                    at = k
            if at < 0:
                break  # the rest is served and waits for room
            e = w.heap[at].order & _MASK
            x = w.entity[e]
            x.rest = w.heap[at].time - c.now
            x.event = 0
            x.target = s.suspended
            s.suspended = e
            s.busy -= 1
            c.active -= 1
    _mark(w, j)


@kernel
def _slot(w: Any, j: Any) -> None:
    """Let a slot of stage j take who is there."""
    s, c = w.station[j], w.clock[0]
    takes = w.change[s.first_change + s.change].value
    _later(w, _cycle(w.change, s, s.first_change, s.changes), _SLOT, j)
    _touch(s, c.now)
    while takes > 0 and s.queued > 0:
        takes -= 1
        e = _take(w, j)
        _begin(w, s, w.entity[e], e, c.now)
        s.busy += 1
        _depart(w, e)


@hot
def _create(w: Any, i: Any, counted: Any) -> Any:
    """Return the next customer of source i, -1 where there is no row left."""
    c, source = w.clock[0], w.source[i]
    e = c.free
    if e < 0:
        c.status = FULL
        return e
    x = w.entity[e]
    c.free = x.next
    x.entry = x.since = c.now
    x.serial = (i << _SOURCE_BITS) + source.customers
    source.customers += 1
    x.klass, x.priority, x.counted, x.members = source.klass, source.priority, counted, 1
    x.station = c.entrance
    c.offered += counted
    return e


@hot
def _train(w: Any, i: Any) -> None:
    """Let the next train of source i come: its customers enter, wait outside, or are lost.

    A train waits outside until it fits as a whole; only where its customers part at the entrance each waits alone.
    """
    c, source = w.clock[0], w.source[i]
    size = int(draw(w.law[source.size], w.values, w.below, source.size_key, source.trains))
    source.trains += 1
    counted = c.warm <= c.now < c.horizon
    alone = c.leave or w.way[source.klass, c.entrance, 1] > 1
    c.area += c.inside * (c.now - c.stamp)
    c.stamp = c.now
    waits = False
    first = -1
    for k in range(size):
        e = _create(w, i, counted)
        if e < 0:
            return
        x = w.entity[e]
        j = _next_stage(w, e, c.entrance)
        if j == c.entrance or (c.leave and w.station[j].present >= w.station[j].room):
            c.lost += counted and j != c.entrance
            x.next = c.free
            c.free = e
            continue
        c.inside += 1
        c.entries += c.now
        c.outstanding += counted
        s = w.station[j]
        if k == 0 or alone:
            waits = s.wanted_head >= 0 or s.present + (1 if alone else size) > s.room
            first = e
        if not waits:
            _enter(w, e, j)
            continue
        _touch(w.station[c.entrance], c.now)
        w.station[c.entrance].present += 1
        if e != first:
            w.entity[first].members += 1
        _wait_for_room(w, e, j)


@hot
def _due_train(w: Any, i: Any) -> None:
    """Handle the planned hour of a train of source i, and schedule the next."""
    c, source = w.clock[0], w.source[i]
    if source.headway >= 0:
        gap = draw(w.law[source.headway], w.values, w.below, source.key, source.number)
        source.number += 1
        _schedule(w, c.now + gap, _DUE, i)
    else:
        source.hour += 1
        if source.hour == source.hours:
            source.hour = 0
            source.cycle += 1
        hour = source.cycle * source.period + w.change[source.first_hour + source.hour].hour
        _schedule(w, hour, _DUE, i)
    if source.late < 0:
        _train(w, i)
    else:
        late = draw(w.law[source.late], w.values, w.below, source.late_key, source.number)
        source.number += 1
        _schedule(w, c.now + late, _COMES, i)


@kernel
def _observe(w: Any, what: Any) -> None:
    """Handle a mark of the observer: the warm-up is over, a look at the queues, the end of the counted hours."""
    c = w.clock[0]
    c.area += c.inside * (c.now - c.stamp)
    c.stamp = c.now
    for j in range(w.station.size):
        s = w.station[j]
        _touch(s, c.now)
        if what == _WARM:
            s.busy_area = s.present_area = s.held_area = s.wanted_area = s.server_area = 0.0
            s.waited = s.waited2 = s.stayed = 0.0
            s.visits = s.started = 0
        elif what == _CLOSE:
            w.final[j] = s
        elif c.sample < w.sampled.shape[0]:
            w.sampled[c.sample, j] = s.present
    if what == _WARM:
        c.window_area = -c.area
        c.recorded = 0
        if w.sampled.shape[0]:
            _later(w, c.warm + 0.5 * c.step, _MARK, _SAMPLE)
    elif what == _CLOSE:
        c.window_area += c.area
        c.closed = 1
    else:
        c.sample += 1
        if c.sample < w.sampled.shape[0]:
            _later(w, c.warm + (c.sample + 0.5) * c.step, _MARK, _SAMPLE)


@kernel
def _open(w: Any) -> None:
    """Schedule what is known at hour 0: marks, shifts, slots, the first trains."""
    c = w.clock[0]
    _later(w, c.warm, _MARK, _WARM)
    _later(w, c.horizon, _MARK, _CLOSE)
    for j in range(c.entrance):
        s = w.station[j]
        if s.changes:
            _later(w, w.change[s.first_change].hour, _SLOT if s.slots else _SHIFT, j)
    for i in range(w.source.size):
        source = w.source[i]
        if source.headway >= 0:
            gap = draw(w.law[source.headway], w.values, w.below, source.key, source.number)
            source.number += 1
            _later(w, gap, _DUE, i)
        else:
            _later(w, w.change[source.first_hour].hour, _DUE, i)


@kernel
def _rarely(w: Any, kind: Any, code: Any) -> None:
    """Handle the kinds of events that are rare."""
    c = w.clock[0]
    if kind == _SHIFT:
        _shift(w, code)
    elif kind == _SLOT:
        _slot(w, code)
    elif kind == _MARK:
        _observe(w, code)
    elif kind == _COMES:
        _train(w, code)
    elif kind == _ALARM:
        w.station[code].alarm = 0
        c.active -= 1
        _mark(w, code)
    else:
        c.active -= 1
        _restore(w, code // _ONE, code % _ONE)


@entry
def run(w: Any) -> Any:
    """Run a world to its end.

    Parameters
    ----------
    w : World
        As `world.build` returns it; written.

    Returns
    -------
    int
        `DONE`, or why it could not: `FULL`, `LATE`, `DEADLOCK`.
    """
    c = w.clock[0]
    _open(w)
    while True:
        c.now = w.heap[0].time
        order = w.heap[0].order
        c.hole = 1
        kind = order >> 60
        code = order & _MASK
        c.events += 1
        if kind == _END:
            _end(w, code, order >> CODE_BITS)
        elif kind == _DUE:
            _due_train(w, code)
        else:
            _rarely(w, kind, code)
        _settle(w)
        if c.hole:
            c.size = pop(w.heap, c.size)
            c.hole = 0
        if c.closed and c.outstanding == 0:
            return DONE
        if c.status:
            return c.status
        if c.now > c.limit:
            return LATE
        if c.blocked and c.active == 0 and (not c.calendar or c.now > c.progress + c.patience):
            return DEADLOCK
