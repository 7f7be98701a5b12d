"""The outer loop in one kernel: iterations until a rule ends them, or Python should have a look.

A small network takes as long for an iteration as Python takes to enter a kernel. So Python is only seen when room is
short, after every iteration where someone wants to hear of it, and otherwise now and then, for interrupts.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from keruen.equilibrium.clocks import cpu, wall
from keruen.equilibrium.iteration import DONE, PAIRS, SHIFT, TREES, State, make_ready, pass_trees
from keruen.equilibrium.kernels import inner, kernel
from keruen.equilibrium.rounds import Terms
from keruen.equilibrium.search import Workspace
from keruen.equilibrium.team import Team, late, overdue, until, wait

__all__ = ["CAREFUL", "GOING", "REASONS", "Progress", "Rules", "iterate", "progress"]

Floats = NDArray[np.float64]
Longs = NDArray[np.int64]

GOING, CAREFUL, _MET, _TIME, _STALLED, _CAP = range(6)
"""What becomes of a solve after an iteration: it goes on, as it is or with care; or it has ended, and why."""

REASONS = {_MET: "gap met", _TIME: "time cap", _STALLED: "stalled", _CAP: "iteration cap"}

_NEAR = 0.1
_PATIENCE = 25
_WAIT = 8
"""Iterations without progress after which one class is treated with care too."""
_LOOK = 50_000_000
"""Nanoseconds after which Python has a look."""
_SECOND = 1e-9


class Rules(NamedTuple):
    """When a solve ends.

    Attributes
    ----------
    gap : float
        Relative gap to reach.
    iterations : int
        Most outer iterations.
    seconds : float
        Most wall time. Time for a tree pass is kept in reserve, so that the gap of the flows that are returned is known
        when it is up; the first loading and tree pass are always done.
    together : int
        Iterations after which Python has a look.
    classes : int
        Classes; several are treated with care as soon as an iteration does not halve the gap.
    demand, tiny : float
        Demand in capacity units, and flow that is nothing.
    carried : bool
        Whether the flows come from another solve: the nodes of its batches are in order.
    """

    gap: float
    iterations: int
    seconds: float
    together: int
    classes: int
    demand: float
    tiny: float
    carried: bool = False


class Progress(NamedTuple):
    """How far a solve has come; written by thread 0 between two barriers.

    Attributes
    ----------
    iteration, best_at : ndarray of int64, shape (1,)
        Iterations done, and the last that halved the best gap.
    state : ndarray of int64, shape (1,)
        `GOING`, `CAREFUL` or a key of `REASONS`.
    seen : ndarray of int64, shape (1,)
        Whether Python is to have a look.
    again : ndarray of int64, shape (1,)
        Whether the tree pass is to be done again.
    filled : ndarray of int64, shape (1,)
        Rows of `steps` that Python has not read.
    gap, best : ndarray of float, shape (1,)
        Last gap, and the best when it was last halved.
    excess : ndarray of float, shape (1,)
        Last sum of flow x reduced cost.
    trees : ndarray of float, shape (1,)
        Seconds of the last tree pass.
    steps : ndarray of float, shape (n, 4)
        By iteration: gap, pairs, processor and wall seconds since the start.
    """

    iteration: Longs
    best_at: Longs
    state: Longs
    seen: Longs
    again: Longs
    filled: Longs
    gap: Floats
    best: Floats
    excess: Floats
    trees: Floats
    steps: Floats


def progress(rows: int = 64) -> Progress:
    """Return the state before the first iteration."""
    iteration, best_at, state, seen, again, filled = np.zeros((6, 1), np.int64)
    gap, best, excess, trees = np.zeros((4, 1))
    best[0] = np.inf
    return Progress(iteration, best_at, state, seen, again, filled, gap, best, excess, trees, np.empty((rows, 4)))


@kernel
def iterate(
    e: State, w: Workspace, r: Rules, p: Progress, stage: int, cpu_s: float, wall_s: float, t: Team, me: int, threads: int
) -> int:  # fmt: skip
    """Iterate until a rule ends it, or Python is to have a look.

    Parameters
    ----------
    e : State
        Changed.
    w : Workspace
        Of this thread.
    r, p : Rules, Progress
        When to end, and how far it has come; changed.
    stage : int
        Where the first iteration begins: `LOAD` or `SHIFT`, `TREES` without either; or where the last stopped, after
        it got room.
    cpu_s, wall_s : float
        Processor and wall seconds since the start.
    t, me, threads : Team, int, int
        Threads, and which this is.

    Returns
    -------
    int
        `DONE` after a whole iteration; else where it stopped, short of room or without a path.
    """
    entered, spent = wall(), cpu()
    while True:
        k = Terms(r.tiny, 1e-3 * p.gap[0] * r.demand, _NEAR * p.gap[0] ** 0.5, p.state[0] == CAREFUL)
        threshold = 0.01 * p.excess[0] / r.demand if r.demand > 0.0 else 0.0
        if me == 0:
            until(t, entered + _nanoseconds(r.seconds - wall_s - p.trees[0]))
        stage = make_ready(e, w, k, stage, t, me, threads)
        if stage != TREES and stage != PAIRS:
            return int(stage)
        fresh, last, before = p.iteration[0] == 0 and not r.carried, False, p.trees[0]
        if stage == TREES:  # the last pass makes no pairs, so it is never short of room
            if me == 0:
                until(t, entered + _nanoseconds(r.seconds - wall_s - 2.0 * p.trees[0]))
                overdue(t)
            wait(t, threads)
            last, before = late(t) or p.again[0] == 1 or p.iteration[0] + 1 >= r.iterations, 0.0
        begun = wall()
        stage = pass_trees(e, w, k, stage, fresh, last, threshold, t, me, threads)
        if me == 0:
            p.trees[0] = before + (wall() - begun) * _SECOND
        if stage != DONE:
            return int(stage)
        if me == 0:
            at = p.filled[0]
            p.steps[at, 2] = cpu_s + (cpu() - spent) * _SECOND
            p.steps[at, 3] = wall_s + (wall() - entered) * _SECOND
            _note(e, r, p, last, late(t))
            p.seen[0] = (
                p.state[0] > CAREFUL
                or (p.state[0] == CAREFUL and e.saved.used.size == 0)
                or p.filled[0] >= min(r.together, p.steps.shape[0])
                or wall() - entered > _LOOK
            )
        wait(t, threads)
        stage = TREES if p.again[0] else SHIFT
        if p.seen[0] and not p.again[0]:
            return DONE


@inner
def _nanoseconds(seconds: float) -> int:
    return int(min(seconds, 1e9) / _SECOND)


@inner
def _note(e: State, r: Rules, p: Progress, last: bool, cut: bool) -> None:
    """Note what an iteration found, its times aside, and what becomes of the solve.

    A tree pass that took cycles out of the flows has not seen the flows it leaves. So where a solve would end with
    one it is done again first.
    """
    excess, shortest = 0.0, 0.0
    for batch in range(e.sums.shape[0]):
        excess += e.sums[batch, 0]
        shortest += e.sums[batch, 1]
    at = p.filled[0]
    p.excess[0] = excess
    p.gap[0] = excess / shortest if shortest > 0.0 else 0.0
    p.iteration[0] += 1
    state = _judge(r, p, p.steps[at, 3], last and cut)
    p.again[0] = state > CAREFUL and not last and e.cycles[0] > 0
    if p.again[0]:
        p.iteration[0] -= 1
        return
    p.state[0] = state
    p.steps[at, 0], p.steps[at, 1] = p.gap[0], e.segments.filled[0]
    p.filled[0] = at + 1


@inner
def _judge(r: Rules, p: Progress, wall_s: float, cut: bool) -> int:
    """Return what becomes of the solve after an iteration.

    Parameters
    ----------
    r, p : Rules, Progress
        The best gap is kept.
    wall_s : float
        Wall time since the start.
    cut : bool
        Whether there was no time left for another tree pass.
    """
    iteration, gap = p.iteration[0], p.gap[0]
    if gap <= r.gap:
        return _MET
    if cut or wall_s > r.seconds:
        return _TIME
    state = p.state[0]
    if gap < 0.5 * p.best[0]:
        p.best[0], p.best_at[0] = gap, iteration
    elif iteration - p.best_at[0] >= _PATIENCE:
        return _STALLED
    elif r.classes > 1 or iteration - p.best_at[0] >= _WAIT:
        state = CAREFUL
    return _CAP if iteration >= r.iterations else int(state)
