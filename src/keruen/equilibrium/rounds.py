"""Between two tree passes: bound what pairs can shift, sweep, share out; up to three rounds."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from keruen.equilibrium.links import Links, reprice
from keruen.equilibrium.search import Workspace
from keruen.equilibrium.segments import Segments
from keruen.equilibrium.shifts import awake, bound, give_back, measure, select, settle, share_out
from keruen.equilibrium.sweeps import equalise

__all__ = ["Scratch", "rounds", "rounds_threaded"]

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]

_ROUNDS = 3
_SHARES = 3
_SMALL = 1e-3


class Scratch(NamedTuple):
    """Workspace of the rounds.

    Attributes
    ----------
    parts : ndarray of float, shape (groups, capacity, 2)
        Sums by group of batches and pair.
    live, left : ndarray of int32, shape (capacity,)
        Pairs that take part, and pairs with a rest to share out.
    line, curvature, kept : ndarray of float
        Workspace of `equalise`.
    """

    parts: Floats
    live: Ints
    left: Ints
    line: Floats
    curvature: Floats
    kept: Floats


@njit(cache=True, nogil=True)
def rounds(
    s: Segments,
    links: Links,
    flows: Floats,
    occupied: NDArray[np.uint8],
    lowest: Floats,
    c: Scratch,
    tiny: float,
    settled: float,
    near: float,
) -> None:
    """Do the rounds on one thread.

    Parameters
    ----------
    s, links : Segments, Links
        Pairs and links; changed.
    flows, occupied : ndarray
        Origin flows, and where there are any; changed.
    lowest : ndarray of float, shape (1, 8)
        Workspace.
    c : Scratch
        Workspace.
    tiny : float
        Flow that is nothing.
    settled : float
        Rest of flow, not shared out, that ends the rounds.
    near : float
        Relative gain below which a pair that cannot shift may come to.
    """
    groups = c.parts.shape[0]
    alive = awake(s, c.live, near)
    best = 0.0
    for turn in range(_ROUNDS):
        bound(s, c.live, alive, flows, 0, groups, lowest, c.parts)
        alive = select(s, links, c.parts, c.live, alive, near)
        merit = equalise(s, links, c.live, alive, c.line, c.curvature, c.kept)
        share_out(s, c.live, alive, flows, occupied, 0, groups, lowest, c.parts, tiny)
        pending, residue = settle(s, c.live, alive, c.parts, c.left)
        for _ in range(_SHARES - 1):
            if residue <= settled:
                break
            bound(s, c.left, pending, flows, 0, groups, lowest, c.parts)
            measure(s, c.left, pending, c.parts)
            share_out(s, c.left, pending, flows, occupied, 0, groups, lowest, c.parts, tiny)
            pending, residue = settle(s, c.left, pending, c.parts, c.left)
        give_back(s, links, c.left, pending)
        reprice(links)
        best = max(best, merit)
        if residue <= settled or (turn > 0 and merit <= _SMALL * best):
            break


def rounds_threaded(
    s: Segments,
    links: Links,
    flows: Floats,
    occupied: NDArray[np.uint8],
    c: Scratch,
    tiny: float,
    settled: float,
    near: float,
    spread: Callable[[Callable[[int, int, Workspace], object], int, int], object],
) -> None:
    """Do what `rounds` does, in the same order and so to the same bits, the work by batch on all threads.

    Parameters
    ----------
    s, links, flows, occupied, c, tiny, settled, near
        As `rounds`.
    spread : callable
        Runs a task on parts of a range, one a thread.
    """
    groups = c.parts.shape[0]

    def find_room(pairs: Ints, count: int) -> None:
        spread(lambda i, j, w: bound(s, pairs, count, flows, i, j, w.lowest, c.parts), 0, groups)

    def share(pairs: Ints, count: int) -> tuple[int, float]:
        spread(lambda i, j, w: share_out(s, pairs, count, flows, occupied, i, j, w.lowest, c.parts, tiny), 0, groups)
        return settle(s, pairs, count, c.parts, c.left)  # type: ignore[no-any-return]

    alive = awake(s, c.live, near)
    best = 0.0
    for turn in range(_ROUNDS):
        find_room(c.live, alive)
        alive = select(s, links, c.parts, c.live, alive, near)
        merit = equalise(s, links, c.live, alive, c.line, c.curvature, c.kept)
        pending, residue = share(c.live, alive)
        for _ in range(_SHARES - 1):
            if residue <= settled:
                break
            find_room(c.left, pending)
            measure(s, c.left, pending, c.parts)
            pending, residue = share(c.left, pending)
        give_back(s, links, c.left, pending)
        reprice(links)
        best = max(best, merit)
        if residue <= settled or (turn > 0 and merit <= _SMALL * best):
            break
