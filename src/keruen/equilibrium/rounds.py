"""Between two tree passes: bound what pairs can shift, sweep, share out; up to two rounds."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from keruen.equilibrium.kernels import kernel
from keruen.equilibrium.links import Links, reprice
from keruen.equilibrium.origins import OriginFlows, copied, restore
from keruen.equilibrium.search import Workspace
from keruen.equilibrium.segments import Segments
from keruen.equilibrium.shifts import (
    Shares,
    bound,
    give_back,
    hold_back,
    measure,
    select,
    settle,
    share_out,
)
from keruen.equilibrium.sweeps import equalise

__all__ = ["Scratch", "careful_rounds", "rounds", "rounds_threaded"]

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]

_ROUNDS = 2
_SHARES = 3
_SMALL = 1e-3
_TRIES = 10
_PATIENT = 20


class Scratch(NamedTuple):
    """Workspace of the rounds.

    Attributes
    ----------
    live : ndarray of int32, shape (capacity,)
        Pairs that take part.
    line, curvature, kept : ndarray of float
        Workspace of `equalise`.
    """

    live: Ints
    line: Floats
    curvature: Floats
    kept: Floats


@kernel
def rounds(
    s: Segments,
    links: Links,
    p: Shares,
    x: OriginFlows,
    lowest: Floats,
    c: Scratch,
    alive: int,
    tiny: float,
    settled: float,
    near: float,
) -> None:
    """Do the rounds on one thread.

    Parameters
    ----------
    s, links, p : Segments, Links, Shares
        Pairs, links, and which batches take part; changed.
    x : OriginFlows
        Origin flows; changed.
    lowest : ndarray of float, shape (1, 8)
        Workspace.
    c : Scratch
        Workspace, with the pairs that take part.
    alive : int
        Their number.
    tiny : float
        Flow that is nothing.
    settled : float
        Rest of flow, not shared out, that ends the rounds.
    near : float
        Relative gain below which a pair that cannot shift may come to.
    """
    batches, live = s.member.shape[0], c.live
    best = 0.0
    for turn in range(_ROUNDS):
        bound(s, p, x, 0, batches, lowest, False)
        measure(s, p, live, alive, False)
        alive = select(s, links, live, alive, near)
        merit = equalise(s, links, live, alive, c.line, c.curvature, c.kept, False)
        share_out(s, p, x, 0, batches, lowest, tiny)
        residue = settle(s, p, live, alive)
        for _ in range(_SHARES - 1):
            if residue <= settled:
                break
            bound(s, p, x, 0, batches, lowest, True)
            measure(s, p, live, alive, True)
            share_out(s, p, x, 0, batches, lowest, tiny)
            residue = settle(s, p, live, alive)
        give_back(s, links, live, alive)
        reprice(links)
        best = max(best, merit)
        if residue <= settled or (turn > 0 and merit <= _SMALL * best):
            break


def rounds_threaded(
    s: Segments,
    links: Links,
    p: Shares,
    x: OriginFlows,
    c: Scratch,
    alive: int,
    tiny: float,
    settled: float,
    near: float,
    spread: Callable[[Callable[[int, int, Workspace], object], int, int], object],
) -> None:
    """Do what `rounds` does, in the same order and so to the same bits, the work by batch on all threads.

    Parameters
    ----------
    s, links, p, x, c, alive, tiny, settled, near
        As `rounds`.
    spread : callable
        Runs a task on parts of a range, one a thread.
    """
    batches, live = s.member.shape[0], c.live

    def find_room(pending: bool) -> None:
        spread(lambda i, j, w: bound(s, p, x, i, j, w.lowest, pending), 0, batches)
        measure(s, p, live, alive, pending)

    def share() -> float:
        spread(lambda i, j, w: share_out(s, p, x, i, j, w.lowest, tiny), 0, batches)
        return float(settle(s, p, live, alive))

    best = 0.0
    for turn in range(_ROUNDS):
        find_room(pending=False)
        alive = select(s, links, live, alive, near)
        merit = equalise(s, links, live, alive, c.line, c.curvature, c.kept, False)
        residue = share()
        for _ in range(_SHARES - 1):
            if residue <= settled:
                break
            find_room(pending=True)
            residue = share()
        give_back(s, links, live, alive)
        reprice(links)
        best = max(best, merit)
        if residue <= settled or (turn > 0 and merit <= _SMALL * best):
            break


def careful_rounds(
    s: Segments,
    links: Links,
    p: Shares,
    x: OriginFlows,
    c: Scratch,
    alive: int,
    tiny: float,
    settled: float,
    near: float,
    spread: Callable[[Callable[[int, int, Workspace], object], int, int], object],
) -> None:
    """Do what `rounds` does where that leads nowhere: no shift is kept that cannot be shared out.

    Classes that exchange routes gain little by large shifts. Where two pairs count on the same flow of an origin only
    one gets it, and giving back the rest costs more than the exchange gained. So pairs that could not be served are
    limited to what they got, everything is put back, and the sweeps are done again.

    Parameters
    ----------
    s, links, p, x, c, alive, tiny, settled, near, spread
        As `rounds_threaded`.
    """
    batches, live = s.member.shape[0], c.live

    def find_room(pending: bool) -> None:
        spread(lambda i, j, w: bound(s, p, x, i, j, w.lowest, pending), 0, batches)
        measure(s, p, live, alive, pending)

    def share() -> float:
        residue = np.inf
        for turn in range(_PATIENT):
            if turn:
                find_room(pending=True)
            spread(lambda i, j, w: share_out(s, p, x, i, j, w.lowest, tiny), 0, batches)
            before, residue = residue, float(settle(s, p, live, alive))
            if residue <= settled or residue > 0.9 * before:
                break
        return residue

    for _ in range(_ROUNDS):
        find_room(pending=False)
        alive = select(s, links, live, alive, near)
        own, total, flows = live[:alive], links.total.copy(), copied(x)
        for turn in range(_TRIES):
            equalise(s, links, live, alive, c.line, c.curvature, c.kept, True)
            planned = s.shift[own]
            residue = share()
            if residue <= settled or turn == _TRIES - 1:
                break
            hold_back(s, live, alive, planned)
            restore(x, flows)
            links.total[:] = total
            reprice(links)
            find_room(pending=False)
        give_back(s, links, live, alive)
        reprice(links)
        if residue <= settled:
            break
