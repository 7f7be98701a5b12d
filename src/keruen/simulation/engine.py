"""The event engine: one facility through one run, customer by customer.

Events of one hour are taken in this order: a service ends, a resource comes back, a batch has waited enough, a shift
changes, a slot departs, a mark of the observer, a train is due, a late train comes; within a kind, whoever was
scheduled first. So work that ends with the shift is done, and a wagon that is ready on the minute catches its path.

After each event `services.settle` attends every stage something changed at, until nothing can move: first those who
wait for room are let in, then free servers take who is queued. Cascades run over a small stack, never by recursion.
"""

from __future__ import annotations

from typing import Any

from keruen.simulation.agenda import (
    ALARM,
    COMES,
    CROWDED,
    DEADLOCK,
    DONE,
    DUE,
    END,
    FULL,
    LATE,
    MARK,
    ONE,
    SHIFT,
    SLOT,
    later,
    mark,
    schedule,
    touch,
)
from keruen.simulation.draws import draw
from keruen.simulation.heap import CODES, pop, remove
from keruen.simulation.kernels import entry, hot, kernel
from keruen.simulation.moves import depart, enter, next_stage, pass_by, restore, take, wait_for_room
from keruen.simulation.services import begin, settle

__all__ = ["CROWDED", "DEADLOCK", "DONE", "FULL", "LATE", "run"]

_WARM, _CLOSE, _SAMPLE = range(3)
_SOURCE_BITS = 36
_MASK = CODES - 1


@hot
def _end(w: Any, e: Any) -> None:
    """End a service: every member of the group goes its way."""
    x = w.entity[e]
    w.clock[0].active -= 1
    if w.station[x.station].most == 1:
        depart(w, e)
        return
    member = x.next
    while member >= 0:
        following = w.entity[member].next
        depart(w, member)
        member = following


@kernel
def _cycle(table: Any, row: Any, first: Any, count: Any) -> Any:
    """Return the hour of the next entry of a periodic table, and move on to it."""
    row.change += 1
    if row.change == count:
        row.change = 0
        row.cycle += 1
    return row.cycle * row.period + table[first + row.change].hour


@kernel
def _latest(w: Any, j: Any) -> Any:
    """Return where on the agenda the service of stage j ends that began last, of several the last scheduled; or -1."""
    at = -1
    for k in range(w.clock[0].size):
        order = w.heap[k].order
        if order >> 60 != END or w.entity[order & _MASK].station != j:
            continue
        if at >= 0:
            found = w.heap[at].order
            begun, latest = w.entity[order & _MASK].begun, w.entity[found & _MASK].begun
            if begun < latest or (begun == latest and order < found):
                continue
        at = k
    return at


@kernel
def _shift(w: Any, j: Any) -> None:
    """Change the servers of stage j; where work is suspended, the latest to begin stops first."""
    s, c = w.station[j], w.clock[0]
    touch(s, c.now)
    s.servers = w.change[s.first_change + s.change].value
    later(w, _cycle(w.change, s, s.first_change, s.changes), SHIFT, j)
    if s.suspend:
        while s.busy > s.servers:
            at = _latest(w, j)
            if at < 0:
                break  # the rest is served and waits for room
            e = w.heap[at].order & _MASK
            x = w.entity[e]
            x.rest = w.heap[at].time - c.now
            c.size = remove(w.heap, c.size, at)
            x.target = s.suspended
            s.suspended = e
            s.busy -= 1
            c.active -= 1
    mark(w, j)


@kernel
def _slot(w: Any, j: Any) -> None:
    """Let a slot of stage j take who is there."""
    s, c = w.station[j], w.clock[0]
    takes = w.change[s.first_change + s.change].value
    later(w, _cycle(w.change, s, s.first_change, s.changes), SLOT, j)
    touch(s, c.now)
    while takes > 0 and s.queued > 0:
        takes -= 1
        e = take(w, j)
        begin(s, w.entity[e], c.now)
        s.busy += 1
        depart(w, e)


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
        j = next_stage(w, e, c.entrance)
        if j != c.entrance and c.leave and w.station[j].present >= w.station[j].room:
            c.lost += counted
            x.next = c.free
            c.free = e
            continue
        c.inside += 1
        c.entries += c.now
        c.outstanding += counted
        if j == c.entrance:
            pass_by(w, e)
            continue
        s = w.station[j]
        if k == 0 or alone:
            waits = s.wanted_head >= 0 or s.present + (1 if alone else size) > s.room
            first = e
        if not waits:
            enter(w, e, j)
            continue
        touch(w.station[c.entrance], c.now)
        w.station[c.entrance].present += 1
        if e != first:
            w.entity[first].members += 1
        wait_for_room(w, e, j)


@hot
def _due_train(w: Any, i: Any) -> None:
    """Handle the planned hour of a train of source i, and schedule the next."""
    c, source = w.clock[0], w.source[i]
    if source.headway >= 0:
        gap = draw(w.law[source.headway], w.values, w.below, source.key, source.number)
        source.number += 1
        schedule(w, c.now + gap, DUE, i)
    else:
        source.hour += 1
        if source.hour == source.hours:
            source.hour = 0
            source.cycle += 1
        hour = source.cycle * source.period + w.change[source.first_hour + source.hour].hour
        schedule(w, hour, DUE, i)
    if source.late < 0:
        _train(w, i)
    else:
        late = draw(w.law[source.late], w.values, w.below, source.late_key, source.number)
        source.number += 1
        schedule(w, c.now + late, COMES, i)


@kernel
def _observe(w: Any, what: Any) -> None:
    """Handle a mark of the observer: the warm-up is over, a look at the queues, the end of the counted hours."""
    c = w.clock[0]
    c.area += c.inside * (c.now - c.stamp)
    c.stamp = c.now
    for j in range(w.station.size):
        s = w.station[j]
        touch(s, c.now)
        if what == _WARM:
            s.busy_area = s.present_area = s.held_area = s.wanted_area = s.server_area = 0.0
            s.visits = 0
        elif what == _CLOSE:
            w.final[j] = s
        elif c.sample < w.sampled.shape[0]:
            w.sampled[c.sample, j] = s.present
    if what == _WARM:
        c.window_area = -c.area
        c.at_warm = c.inside
        c.recorded = 0
        if w.sampled.shape[0]:
            later(w, c.warm + 0.5 * c.step, MARK, _SAMPLE)
    elif what == _CLOSE:
        c.window_area += c.area
        c.at_close = c.inside
        c.closed = 1
    else:
        c.sample += 1
        if c.sample < w.sampled.shape[0]:
            later(w, c.warm + (c.sample + 0.5) * c.step, MARK, _SAMPLE)


@kernel
def _open(w: Any) -> None:
    """Schedule what is known at hour 0: marks, shifts, slots, the first trains."""
    c = w.clock[0]
    later(w, c.warm, MARK, _WARM)
    later(w, c.horizon, MARK, _CLOSE)
    for j in range(c.entrance):
        s = w.station[j]
        if s.changes:
            later(w, w.change[s.first_change].hour, SLOT if s.slots else SHIFT, j)
    for i in range(w.source.size):
        source = w.source[i]
        if source.headway >= 0:
            gap = draw(w.law[source.headway], w.values, w.below, source.key, source.number)
            source.number += 1
            later(w, gap, DUE, i)
        else:
            later(w, w.change[source.first_hour].hour, DUE, i)


@kernel
def _rarely(w: Any, kind: Any, code: Any) -> None:
    """Handle the kinds of events that are rare."""
    c = w.clock[0]
    if kind == SHIFT:
        _shift(w, code)
    elif kind == SLOT:
        _slot(w, code)
    elif kind == MARK:
        _observe(w, code)
    elif kind == COMES:
        _train(w, code)
    elif kind == ALARM:
        w.station[code].alarm = 0
        c.active -= 1
        touch(w.station[code], c.now)
        mark(w, code)
    else:
        c.active -= 1
        restore(w, code // ONE, code % ONE)


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
        `DONE`, or why it could not: `FULL`, `CROWDED`, `LATE`, `DEADLOCK`.
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
        if kind == END:
            _end(w, code)
        elif kind == DUE:
            _due_train(w, code)
        else:
            _rarely(w, kind, code)
        settle(w)
        if c.hole:
            c.size = pop(w.heap, c.size)
            c.hole = 0
        if c.status:
            return c.status
        if c.closed and c.outstanding == 0:
            return DONE
        if c.now > c.limit:
            return LATE
        if c.blocked and c.active == 0 and (not c.calendar or c.now > c.progress + c.patience):
            return DEADLOCK
