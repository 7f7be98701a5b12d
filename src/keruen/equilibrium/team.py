"""Threads that go through one kernel together, and wait for each other at barriers.

Python's pool of threads takes as long to start a task as a small network takes for an iteration. Here every thread
enters the same kernel for a number of iterations, takes tasks by atomic counters, its own ones first since their data
lie in the cache of its core, and spins at the barriers between phases. One of them looks at the clock; that time is up becomes known to all at a barrier, so that all stop alike.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from keruen.equilibrium import clocks
from keruen.equilibrium.kernels import inner
from keruen.equilibrium.lanes import LANES, aligned

__all__ = ["Team", "fail", "late", "overdue", "part", "take", "team", "until", "wait"]

Team = NDArray[np.int64]
"""Counters, each on a cache line of its own."""

_ARRIVED, _TURN, _FAILED, _DEADLINE, _OVERDUE, _LATE, _TASKS = (line * LANES for line in range(7))
_SPINS = 2_000
"""Looks at a barrier before the thread offers its core to others."""

_rest: Any = types.ExternalFunction("sched_yield" if os.name == "posix" else "SwitchToThread", types.int32())


def team(threads: int) -> Team:
    """Return counters for a solve by so many threads."""
    counters: Team = aligned((_TASKS + threads * LANES,), np.int64)
    return counters


def fail(counters: Team) -> None:
    """Let threads at a barrier go on: one will not come."""
    counters[_FAILED] = 1


@intrinsic
def _add(typing: Any, counters: Any, at: Any, value: Any) -> Any:
    """Add to a counter in one step that no thread can come between, and return what it was."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        return builder.atomic_rmw("add", builder.gep(data, [args[1]]), args[2], ordering="seq_cst")

    return types.int64(counters, types.int64, types.int64), generate


@intrinsic
def _read(typing: Any, counters: Any, at: Any) -> Any:
    """Return a counter as other threads have left it."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        return builder.load_atomic(builder.gep(data, [args[1]]), ordering="seq_cst", align=8)

    return types.int64(counters, types.int64), generate


@inner
def wait(counters: Team, threads: int) -> None:
    """Wait for the other threads; no task is taken then."""
    if threads == 1:
        counters[_TASKS] = 0
        counters[_LATE] = counters[_OVERDUE]
        return
    turn, looks = _read(counters, _TURN), 0
    if _add(counters, _ARRIVED, 1) == threads - 1:
        counters[_ARRIVED] = 0
        for thread in range(threads):
            counters[_TASKS + thread * LANES] = 0
        counters[_LATE] = _read(counters, _OVERDUE)
        _add(counters, _TURN, 1)
        return
    while _read(counters, _TURN) == turn:
        looks += 1
        if looks > _SPINS:
            if _read(counters, _FAILED):
                return
            _rest()


@inner
def take(counters: Team, me: int, threads: int, tasks: int) -> int:
    """Return a task not yet taken since the last barrier, or `tasks` where none is left.

    Task k is that of thread ``k % threads`` for as long as this has not done with its own, so that the same thread
    mostly gets the same task again.
    """
    for turn in range(threads):
        owner = (me + turn) % threads
        task = owner + threads * _add(counters, _TASKS + owner * LANES, 1)
        if task < tasks:
            return int(task)
    return tasks


@inner
def until(counters: Team, deadline: int) -> None:
    """Set when time is up, on the clock of `clocks.wall`. One thread calls this, and the next only."""
    counters[_DEADLINE] = deadline
    counters[_OVERDUE] = 0


@inner
def overdue(counters: Team) -> bool:
    """Look at the clock: return whether time is up, and let all threads know at the next barrier."""
    if clocks.wall() < counters[_DEADLINE]:
        return False
    _add(counters, _OVERDUE, 1)
    return True


@inner
def late(counters: Team) -> bool:
    """Return whether time was up before the last barrier: the same for all threads."""
    return bool(counters[_LATE])


@inner
def part(size: int, me: int, threads: int) -> tuple[int, int]:
    """Return the part of a range that falls to a thread."""
    return size * me // threads, size * (me + 1) // threads
