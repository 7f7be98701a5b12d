"""Sweeps over pairs of segments: link flows move until no pair gains, origins are not touched."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from keruen.equilibrium.faces import descend
from keruen.equilibrium.kernels import inner
from keruen.equilibrium.links import Links, reprice
from keruen.equilibrium.segments import Segments
from keruen.equilibrium.team import Team, overdue
from keruen.network.delay import time_and_slope

__all__ = ["equalise"]

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]

_GOAL = 1e-2
_EXACT = 20
_BUDGET = 100
_TOGETHER, _WITH_CARE = 10, 5
"""Linear sweeps between two exact repricings; fewer where conjugate gradients follow each."""


@inner
def _step(limit: Floats, shift: Floats, pair: int, gain: float, curvature: float) -> float:
    """Return the Newton step along a pair, no longer than the room on the side that loses."""
    if gain > 0.0:
        most = limit[pair, 0] - shift[pair]
        return float(min(most, gain / curvature) if curvature > 0.0 else most)
    most = shift[pair] + limit[pair, 1]
    return float(-min(most, -gain / curvature) if curvature > 0.0 else -most)


@inner
def _exact_sweep(s: Segments, links: Links, live: Ints, alive: int) -> tuple[float, float]:
    """Shift along every live pair, repricing at once the links that move; return merit and non-linearity."""
    start_of, size1, size2, pool, offset, limit, shift = s.start, s.size1, s.size2, s.pool, s.offset, s.limit, s.shift
    kind, parameters, total, time, slope = links
    merit, bent, straight = 0.0, 0.0, 0.0
    for place in range(alive):
        pair = live[place]
        start = start_of[pair]
        middle = start + size1[pair]
        last = middle + size2[pair]
        high, low, curvature = 0.0, 0.0, 0.0
        for at in range(start, middle):
            high += time[pool[at]]
            curvature += slope[pool[at]]
        for at in range(middle, last):
            low += time[pool[at]]
            curvature += slope[pool[at]]
        gain = offset[pair] + high - low
        if abs(gain) <= 1e-15 * (high + low):
            continue
        step = _step(limit, shift, pair, gain, curvature)
        if step == 0.0:
            continue
        shift[pair] += step
        merit += abs(step * gain)
        straight += curvature * step * step
        for at in range(start, last):
            link = pool[at]
            change = -step if at < middle else step
            total[link] += change
            expected = time[link] + slope[link] * change
            time[link], slope[link] = time_and_slope(kind[link], parameters, link, max(0.0, total[link]))
            bent += abs(time[link] - expected) * abs(change)
    return merit, bent / straight if straight > 0.0 else 0.0


@inner
def _linear_sweep(
    s: Segments, line: Floats, curvature: Floats, live: Ints, alive: int, least: float
) -> tuple[float, int]:
    """Shift along every live pair on costs that are linear in flow; leave out what gains less than `least`.

    Return merit, and the number of shifts.
    """
    start_of, size1, size2, pool, offset, limit, shift = s.start, s.size1, s.size2, s.pool, s.offset, s.limit, s.shift
    merit, shifts = 0.0, 0
    for place in range(alive):
        pair = live[place]
        start = start_of[pair]
        middle = start + size1[pair]
        last = middle + size2[pair]
        gain = offset[pair]
        for at in range(start, middle):
            gain += line[pool[at], 0]
        for at in range(middle, last):
            gain -= line[pool[at], 0]
        step = _step(limit, shift, pair, gain, curvature[place])
        value = abs(step * gain)
        if value <= least:
            continue
        shift[pair] += step
        merit += value
        shifts += 1
        for at in range(start, middle):
            link = pool[at]
            line[link, 0] -= line[link, 1] * step
            line[link, 2] -= step
        for at in range(middle, last):
            link = pool[at]
            line[link, 0] += line[link, 1] * step
            line[link, 2] += step
    return merit, shifts


@inner
def _linear_batch(
    s: Segments,
    links: Links,
    line: Floats,
    curvature: Floats,
    work: Floats,
    live: Ints,
    alive: int,
    first: float,
    careful: bool,
    t: Team,
) -> tuple[float, float, float, int]:
    """Do a few linear sweeps, with conjugate gradients between them if `careful`; then move and reprice exactly.

    Return the merit of the first sweep of the round and of the last, the non-linearity, and the number of sweeps.
    """
    start_of, size1, size2, pool = s.start, s.size1, s.size2, s.pool
    kind, parameters, total, time, slope = links
    for link in range(line.shape[0]):
        line[link, 0] = time[link]
        line[link, 1] = slope[link]
        line[link, 2] = 0.0
    for place in range(alive):
        pair = live[place]
        curvature[place] = 0.0
        for at in range(start_of[pair], start_of[pair] + size1[pair] + size2[pair]):
            curvature[place] += slope[pool[at]]
    merit, sweeps, least = 0.0, 0, 0.0
    while sweeps < (_WITH_CARE if careful else _TOGETHER):
        merit, shifts = _linear_sweep(s, line, curvature, live, alive, least)
        sweeps += 1
        if first < 0.0:
            first = merit
        if shifts == 0 or merit <= _GOAL * first or (careful and overdue(t)):
            break
        least = 1e-3 * merit / shifts
        if careful and sweeps > 1:
            descend(s, line, curvature, live, alive, work[:alive], work[alive:])
    bent, straight = 0.0, 0.0
    for link in range(line.shape[0]):
        change = line[link, 2]
        if change != 0.0:
            before = time[link]
            total[link] += change
            time[link], slope[link] = time_and_slope(kind[link], parameters, link, max(0.0, total[link]))
            bent += abs(time[link] - line[link, 0]) * abs(change)
            straight += abs(line[link, 0] - before) * abs(change)
    return first, merit, bent / straight if straight > 0.0 else 0.0, sweeps


@inner
def equalise(
    s: Segments, links: Links, live: Ints, alive: int, line: Floats, curvature: Floats, kept: Floats, careful: bool, bent: Floats, t: Team
) -> float:  # fmt: skip
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
        Workspace, one a pair, and three a pair and one a link.
    careful : bool
        Whether to shift along all pairs together too: slower, and needed where classes exchange routes.
    bent : ndarray of float, shape (1,)
        How far costs were from linear in the last sweeps before; written.
    t : Team
        Sweeps end early where time is up.
    """
    first, bending = -1.0, np.inf if careful else bent[0]
    spent, exact = 0, 0
    total = links.total
    size = total.size
    while spent < _BUDGET and exact < _EXACT:
        if bending > 0.1:
            merit, bending = _exact_sweep(s, links, live, alive)
            spent += 4
            exact += 1
        else:
            for link in range(size):
                kept[link] = total[link]
            for place in range(alive):
                kept[size + place] = s.shift[live[place]]
            began, merit, bending, sweeps = _linear_batch(
                s, links, line, curvature, kept[size + alive :], live, alive, first, careful, t
            )
            spent += sweeps
            if bending > 1.0:
                for link in range(size):
                    total[link] = kept[link]
                for place in range(alive):
                    s.shift[live[place]] = kept[size + place]
                reprice(links)
                continue
            first = began
        if first < 0.0:
            first = merit
        if merit <= _GOAL * first or overdue(t):
            break
    bent[0] = bending
    return max(0.0, first)
