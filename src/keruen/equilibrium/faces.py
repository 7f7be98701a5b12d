"""Shifts along many pairs at once: conjugate gradients on the pairs that are free to move.

Where classes exchange routes at equal link flows there is gain without curvature. Sweeps of single pairs then only
creep; a conjugate direction goes to where a pair runs out of flow, and from there on without it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from keruen.equilibrium.kernels import inner
from keruen.equilibrium.segments import Segments

__all__ = ["descend"]

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]

_STEPS = 100
_ENOUGH = 1e-6
_FULL = 1e-12
_FLAT = 1e-20


@inner
def _gains(s: Segments, line: Floats, curvature: Floats, live: Ints, alive: int, gain: Floats) -> float:
    """Write the gain of every live pair that is free to take it, 0 for the others; return sum gain^2 / curvature."""
    start_of, size1, size2, pool, offset, limit, shift = s.start, s.size1, s.size2, s.pool, s.offset, s.limit, s.shift
    total = 0.0
    for place in range(alive):
        pair = live[place]
        start = start_of[pair]
        middle = start + size1[pair]
        value = offset[pair]
        for at in range(start, middle):
            value += line[pool[at], 0]
        for at in range(middle, middle + size2[pair]):
            value -= line[pool[at], 0]
        left = limit[pair, 0] - shift[pair] if value > 0.0 else limit[pair, 1] + shift[pair]
        gain[place] = 0.0
        if left > _FULL * (limit[pair, 0] + limit[pair, 1]) and curvature[place] > 0.0:
            gain[place] = value
            total += value * value / curvature[place]
    return total


@inner
def _direct(
    s: Segments, line: Floats, curvature: Floats, live: Ints, alive: int, gain: Floats, way: Floats, beta: float
) -> tuple[float, float, float]:
    """Write the next direction by pair and by link; return its rise, its curvature if pairs were apart, its end."""
    start_of, size1, size2, pool, limit, shift = s.start, s.size1, s.size2, s.pool, s.limit, s.shift
    for link in range(line.shape[0]):
        line[link, 3] = 0.0
    rise, apart, most = 0.0, 0.0, np.inf
    for place in range(alive):
        pair = live[place]
        if gain[place] == 0.0:
            way[place] = 0.0
            continue
        step = gain[place] / curvature[place]
        if beta > 0.0:
            step += beta * way[place]
        way[place] = step
        rise += step * gain[place]
        apart += step * step * curvature[place]
        if step > 0.0:
            most = min(most, (limit[pair, 0] - shift[pair]) / step)
        elif step < 0.0:
            most = min(most, (limit[pair, 1] + shift[pair]) / -step)
        start = start_of[pair]
        middle = start + size1[pair]
        for at in range(start, middle):
            line[pool[at], 3] -= step
        for at in range(middle, middle + size2[pair]):
            line[pool[at], 3] += step
    return rise, apart, most


@inner
def descend(s: Segments, line: Floats, curvature: Floats, live: Ints, alive: int, gain: Floats, way: Floats) -> None:
    """Shift along all live pairs together on costs that are linear in flow.

    Parameters
    ----------
    s : Segments
        Pairs; shifts are changed.
    line : ndarray of float, shape (links, 4)
        Time, slope, change of flow, and workspace; changed.
    curvature : ndarray of float
        Sum of slopes of each live pair.
    live, alive : ndarray of int32, int
        Pairs, and their number.
    gain, way : ndarray of float
        Workspace, one a live pair.
    """
    merit = _gains(s, line, curvature, live, alive, gain)
    first, beta = merit, 0.0
    for _ in range(_STEPS):
        if merit <= _ENOUGH * first:
            return
        rise, apart, most = _direct(s, line, curvature, live, alive, gain, way, beta)
        bent = 0.0
        for link in range(line.shape[0]):
            bent += line[link, 1] * line[link, 3] * line[link, 3]
        best = rise / bent if bent > _FLAT * apart else np.inf
        step = min(best, most)
        if rise <= 0.0 or step == np.inf:
            return
        for place in range(alive):
            if way[place] != 0.0:
                pair = live[place]
                reached = s.shift[pair] + step * way[place]
                s.shift[pair] = min(s.limit[pair, 0], max(-s.limit[pair, 1], reached))
        for link in range(line.shape[0]):
            change = step * line[link, 3]
            line[link, 0] += line[link, 1] * change
            line[link, 2] += change
        before = merit
        merit = _gains(s, line, curvature, live, alive, gain)
        beta = merit / before if step < most else 0.0
