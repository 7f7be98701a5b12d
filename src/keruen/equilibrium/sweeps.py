"""Sweeps over pairs of segments: link flows move until no pair gains, origins are not touched."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from keruen.equilibrium.links import Links, reprice_one
from keruen.equilibrium.segments import Segments

__all__ = ["equalise"]

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]

_GOAL = 1e-2
_EXACT = 20
_BUDGET = 100
_TOGETHER = 5


@njit(cache=True, inline="always")
def _step(s: Segments, pair: int, gain: float, curvature: float) -> float:
    """Return the Newton step along a pair, no longer than the room on the side that loses."""
    if gain > 0.0:
        room = s.room[pair, 0] - s.shift[pair]
        return min(room, gain / curvature) if curvature > 0.0 else room
    room = s.shift[pair] + s.room[pair, 1]
    return -min(room, -gain / curvature) if curvature > 0.0 else -room


@njit(cache=True, nogil=True)
def _exact_sweep(s: Segments, links: Links, live: Ints, alive: int) -> tuple[float, float]:
    """Shift along every live pair, repricing at once the links that move; return merit and non-linearity."""
    merit, bent, straight = 0.0, 0.0, 0.0
    for place in range(alive):
        pair = live[place]
        start = s.start[pair]
        middle = start + s.size1[pair]
        last = middle + s.size2[pair]
        high, low, curvature = 0.0, 0.0, 0.0
        for at in range(start, middle):
            high += links.time[s.pool[at]]
            curvature += links.slope[s.pool[at]]
        for at in range(middle, last):
            low += links.time[s.pool[at]]
            curvature += links.slope[s.pool[at]]
        gain = s.offset[pair] + high - low
        if abs(gain) <= 1e-15 * (high + low):
            continue
        step = _step(s, pair, gain, curvature)
        if step == 0.0:
            continue
        s.shift[pair] += step
        merit += abs(step * gain)
        straight += curvature * step * step
        for at in range(start, last):
            link = s.pool[at]
            change = -step if at < middle else step
            links.total[link] += change
            expected = links.time[link] + links.slope[link] * change
            reprice_one(links, link)
            bent += abs(links.time[link] - expected) * abs(change)
    return merit, bent / straight if straight > 0.0 else 0.0


@njit(cache=True, nogil=True)
def _linear_sweep(s: Segments, line: Floats, curvature: Floats, live: Ints, alive: int, least: float) -> tuple[float, int]:
    """Shift along every live pair on costs that are linear in flow; leave out what gains less than `least`.

    Return merit, and the number of shifts.
    """
    merit, shifts = 0.0, 0
    for place in range(alive):
        pair = live[place]
        start = s.start[pair]
        middle = start + s.size1[pair]
        last = middle + s.size2[pair]
        gain = s.offset[pair]
        for at in range(start, middle):
            gain += line[s.pool[at], 0]
        for at in range(middle, last):
            gain -= line[s.pool[at], 0]
        step = _step(s, pair, gain, curvature[place])
        value = abs(step * gain)
        if value <= least:
            continue
        s.shift[pair] += step
        merit += value
        shifts += 1
        for at in range(start, middle):
            link = s.pool[at]
            line[link, 0] -= line[link, 1] * step
            line[link, 2] -= step
        for at in range(middle, last):
            link = s.pool[at]
            line[link, 0] += line[link, 1] * step
            line[link, 2] += step
    return merit, shifts


@njit(cache=True, nogil=True)
def _linear_batch(
    s: Segments, links: Links, line: Floats, curvature: Floats, live: Ints, alive: int, goal: float
) -> tuple[float, float, int]:
    """Do a few linear sweeps, then move and reprice the links exactly.

    Return the merit of the last sweep, the non-linearity, and the number of sweeps.
    """
    for link in range(line.shape[0]):
        line[link, 0] = links.time[link]
        line[link, 1] = links.slope[link]
        line[link, 2] = 0.0
    for place in range(alive):
        pair = live[place]
        total = 0.0
        for at in range(s.start[pair], s.start[pair] + s.size1[pair] + s.size2[pair]):
            total += links.slope[s.pool[at]]
        curvature[place] = total
    merit, sweeps, least = 0.0, 0, 0.0
    while sweeps < _TOGETHER:
        merit, shifts = _linear_sweep(s, line, curvature, live, alive, least)
        sweeps += 1
        if shifts == 0 or merit <= goal:
            break
        least = 1e-3 * merit / shifts
    bent, straight = 0.0, 0.0
    for link in range(line.shape[0]):
        change = line[link, 2]
        if change != 0.0:
            before = links.time[link]
            links.total[link] += change
            reprice_one(links, link)
            bent += abs(links.time[link] - line[link, 0]) * abs(change)
            straight += abs(line[link, 0] - before) * abs(change)
    return merit, bent / straight if straight > 0.0 else 0.0, sweeps


@njit(cache=True, nogil=True)
def equalise(
    s: Segments, links: Links, live: Ints, alive: int, line: Floats, curvature: Floats, kept: Floats
) -> float:
    """Sweep until the merit is a hundredth of the first sweep's, and return the merit of the first.

    The merit of a sweep, the sum of |step x gain|, falls as the square of the gap. Sweeps are exact while costs
    bend, linear once they are calm.

    Parameters
    ----------
    s, links : Segments, Links
        Pairs and links; changed.
    live, alive : ndarray of int32, int
        Pairs to sweep, and their number.
    line : ndarray of float, shape (links, 4)
        Workspace: time, slope and change of flow on linear costs.
    curvature, kept : ndarray of float
        Workspace, one a pair, and one a pair and a link.
    """
    first, bending = -1.0, np.inf
    spent, exact = 0, 0
    size = links.total.size
    while spent < _BUDGET and exact < _EXACT:
        if bending > 0.1:
            merit, bending = _exact_sweep(s, links, live, alive)
            spent += 4
            exact += 1
        else:
            kept[:size] = links.total
            for place in range(alive):
                kept[size + place] = s.shift[live[place]]
            merit, bending, sweeps = _linear_batch(s, links, line, curvature, live, alive, _GOAL * first)
            spent += sweeps
            if bending > 1.0:
                links.total[:] = kept[:size]
                for place in range(alive):
                    s.shift[live[place]] = kept[size + place]
                for link in range(size):
                    reprice_one(links, link)
                continue
        if first < 0.0:
            first = merit
        if merit <= _GOAL * first:
            break
    return max(0.0, first)
