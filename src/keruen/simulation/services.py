"""How stages work: batches that form, services that begin, and what an event sets off until nothing can move."""

from __future__ import annotations

from typing import Any

import numpy as np

from keruen.simulation.agenda import ALARM, END, FULL, later, schedule
from keruen.simulation.draws import draw
from keruen.simulation.kernels import hot, kernel
from keruen.simulation.moves import admit, grab, take

__all__ = ["begin", "settle"]


@kernel
def _due(w: Any, j: Any) -> Any:
    """Return whether the batch forming at stage j has waited enough; if not, set an alarm for when it has."""
    s, c = w.station[j], w.clock[0]
    oldest = np.inf
    for p in range(c.priorities):
        if w.queue[j, p].head >= 0:
            oldest = min(oldest, w.entity[w.queue[j, p].head].since)
    if oldest + s.patience <= c.now:
        return True
    if s.patience < 1e299 and not s.alarm:
        s.alarm = 1
        c.active += 1
        later(w, oldest + s.patience, ALARM, j)
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
    later(w, c.now + x.rest, END, e)


@hot
def begin(s: Any, x: Any, now: Any) -> None:
    """Write down that a customer's wait at a stage is over."""
    x.begun = now
    if x.counted:
        wait = now - x.since
        s.started += 1
        s.waited += wait
        s.waited2 += wait * wait


@kernel
def _gather(w: Any, j: Any, first: Any) -> Any:
    """Return a new group of customer `first` and as many of those who wait at stage j as one batch takes.

    A group is a row of its own, as members may leave it at different times when rooms are full.
    """
    c, s = w.clock[0], w.station[j]
    g = c.free
    if g < 0:
        c.status = FULL
        return first
    group = w.entity[g]
    c.free = group.next
    group.station, group.begun, group.members, group.next = j, c.now, 1, first
    w.entity[first].leader = g
    last = first
    while s.queued > 0 and group.members < s.most:
        other = take(w, j)
        begin(s, w.entity[other], c.now)
        w.entity[other].leader = g
        w.entity[last].next = other
        group.members += 1
        last = other
    return g


@hot
def _start(w: Any, j: Any) -> None:
    """Give free servers of stage j to those who wait, as far as batches and resources allow."""
    s, c = w.station[j], w.clock[0]
    while s.busy < s.servers:
        if s.suspended >= 0:
            _resume(w, j)
            continue
        if s.queued == 0 or (s.queued < s.least and not _due(w, j)):
            return
        if s.needs and not grab(w, s):
            return
        e = take(w, j)
        x = w.entity[e]
        begin(s, x, c.now)
        s.busy += 1
        c.active += 1
        length = 0.0
        if s.law >= 0:
            length = draw(w.law[s.law], w.values, w.below, s.key, x.serial)
        if s.most > 1:
            e = _gather(w, j, e)
        schedule(w, c.now + length, END, e)


@hot
def settle(w: Any) -> None:
    """Attend every stage that wants it until nothing can move."""
    c = w.clock[0]
    while c.stacked:
        c.stacked -= 1
        j = w.stack[c.stacked]
        s = w.station[j]
        s.dirty = 0
        if j == c.entrance:
            continue
        while s.wanted_head >= 0 and admit(w, j):
            pass
        if s.slots == 0:
            _start(w, j)
