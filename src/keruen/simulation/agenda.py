"""What every event does to the agenda and to the books of a stage."""

from __future__ import annotations

from typing import Any

from keruen.simulation.heap import compose, push, replace
from keruen.simulation.kernels import hot, kernel

__all__ = [
    "ALARM",
    "COMES",
    "CROWDED",
    "DEADLOCK",
    "DONE",
    "DUE",
    "END",
    "FULL",
    "LATE",
    "MARK",
    "ONE",
    "RETURN",
    "SHIFT",
    "SLOT",
    "later",
    "mark",
    "schedule",
    "touch",
]

DONE, FULL, LATE, DEADLOCK, CROWDED = 1, 2, 3, 4, 5
"""How a run ended: well; more customers inside than rows; past its limit; nobody can ever move; more events ahead than
rows."""

END, RETURN, ALARM, SHIFT, SLOT, MARK, DUE, COMES = range(8)
"""Kinds of events, in the order they are taken at one time."""

ONE = 1 << 12
"""The code of a resource that comes back is its number x ONE + units."""


@hot
def schedule(w: Any, time: Any, kind: Any, code: Any) -> None:
    """Put an event on the agenda; the first one fills the place of the event being handled.

    Where the agenda has no row left the run is over: its status says so.
    """
    c = w.clock[0]
    c.sequence += 1
    order = compose(kind, c.sequence, code)
    if c.hole:
        replace(w.heap, c.size, time, order)
        c.hole = 0
    elif c.size < w.heap.size:
        c.size = push(w.heap, c.size, time, order)
    else:
        c.status = CROWDED


@kernel
def later(w: Any, time: Any, kind: Any, code: Any) -> None:
    """Put an event on the agenda, from code that is rare."""
    schedule(w, time, kind, code)


@hot
def touch(s: Any, now: Any) -> None:
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
def mark(w: Any, j: Any) -> None:
    """Note that stage j, whose time integrals are up to date, wants attention."""
    if not w.station[j].dirty:
        w.station[j].dirty = 1
        w.stack[w.clock[0].stacked] = j
        w.clock[0].stacked += 1
