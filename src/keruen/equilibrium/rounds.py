"""Between two tree passes: bound what pairs can shift, sweep, share out; up to three rounds.

Every thread goes through these kernels. What is done by batch is taken as tasks, what is done by pair in parts; sweeps
are done by thread 0 alone.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from keruen.equilibrium.direct import settle_directly
from keruen.equilibrium.kernels import inner, once
from keruen.equilibrium.links import Links, reprice_part
from keruen.equilibrium.origins import OriginFlows, copy_batch
from keruen.equilibrium.segments import Segments
from keruen.equilibrium.shifts import (
    Shares,
    bound,
    give_back,
    hold_back,
    keep,
    measure,
    rest,
    select,
    settle,
    share_out,
)
from keruen.equilibrium.sweeps import equalise
from keruen.equilibrium.team import Team, late, overdue, part, take, wait

__all__ = ["Scratch", "Terms", "careful_rounds", "rounds"]

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]

_ROUNDS = 3
_SMALL = 1e-3
_TRIES = 10
_PATIENT = 20


class Scratch(NamedTuple):
    """Workspace of the rounds.

    Attributes
    ----------
    live : ndarray of int32, shape (capacity,)
        Pairs that take part.
    bits : ndarray of uint64, shape (capacity / 64,)
        The same, one bit each.
    line, curvature, kept : ndarray of float
        Workspace of `equalise`.
    alive : ndarray of int64, shape (1,)
        Pairs that take part, as thread 0 tells the others.
    merit : ndarray of float, shape (1,)
        Merit of the last sweeps, likewise.
    total, planned : ndarray of float, shapes (links,), (capacity,)
        Link flows and shifts to come back to; of use in careful rounds.
    bending : ndarray of float, shape (1,)
        How far costs were from linear in the last sweeps: the next begin as these ended.
    """

    live: Ints
    bits: NDArray[np.uint64]
    line: Floats
    curvature: Floats
    kept: Floats
    alive: NDArray[np.int64]
    merit: Floats
    total: Floats
    planned: Floats
    bending: Floats


class Terms(NamedTuple):
    """Flows and gains that count, and how to shift.

    Attributes
    ----------
    tiny : float
        Flow that is nothing.
    settled : float
        Rest of flow, not shared out, that ends the rounds.
    near : float
        Relative gain below which a pair that cannot shift may come to.
    careful : bool
        Whether to shift with care.
    """

    tiny: float
    settled: float
    near: float
    careful: bool


@inner
def _find_room(
    s: Segments, p: Shares, x: OriginFlows, lowest: Floats, live: Ints, alive: int, pending: bool, t: Team, me: int, threads: int
) -> None:  # fmt: skip
    """Find what the live pairs can shift, each thread for its part of them."""
    batches = s.member.shape[0]
    batch = take(t, me, threads, batches)
    while batch < batches:
        bound(s, p, x, batch, lowest, pending)
        batch = take(t, me, threads, batches)
    wait(t, threads)
    begin, end = part(alive, me, threads)
    measure(s, p, live, begin, end, pending)


@inner
def _share(
    s: Segments, p: Shares, x: OriginFlows, lowest: Floats, live: Ints, alive: int, tiny: float, t: Team, me: int, threads: int
) -> float:  # fmt: skip
    """Share the shifts out among origins, and return what could not be."""
    batches = s.member.shape[0]
    batch = take(t, me, threads, batches)
    while batch < batches:
        share_out(s, p, x, batch, lowest, tiny)
        batch = take(t, me, threads, batches)
    wait(t, threads)
    begin, end = part(alive, me, threads)
    settle(s, p, live, begin, end)
    wait(t, threads)
    return rest(s, live, alive)


@inner
def _finish(s: Segments, links: Links, live: Ints, alive: int, t: Team, me: int, threads: int) -> None:
    """Give back what could not be shared out, and reprice."""
    wait(t, threads)  # others may still be adding it up
    if me == 0:
        give_back(s, links, live, alive)
        overdue(t)
    wait(t, threads)
    begin, end = part(links.total.size, me, threads)
    reprice_part(links, begin, end)
    wait(t, threads)


@once
def rounds(
    s: Segments, links: Links, p: Shares, x: OriginFlows, lowest: Floats, c: Scratch, k: Terms, t: Team, me: int, threads: int
) -> None:  # fmt: skip
    """Do the rounds.

    Parameters
    ----------
    s, links, p : Segments, Links, Shares
        Pairs, links, and which batches take part; changed.
    x : OriginFlows
        Origin flows; changed.
    lowest : ndarray of float, shape (1, 8)
        Workspace of this thread.
    c : Scratch
        Workspace of all, with the pairs that take part.
    k : Terms
        Flows and gains that count.
    t, me, threads : Team, int, int
        Threads, and which this is.
    """
    live, alive, best, residue = c.live, c.alive[0], 0.0, 0.0
    for turn in range(_ROUNDS):
        _find_room(s, p, x, lowest, live, alive, False, t, me, threads)
        begin, end = part(alive, me, threads)
        select(s, links, live, begin, end, k.near)
        wait(t, threads)
        if me == 0:
            c.alive[0] = keep(s, live, alive)
            c.merit[0] = equalise(s, links, live, c.alive[0], c.line, c.curvature, c.kept, k.careful, c.bending, t)
        wait(t, threads)
        alive, merit = c.alive[0], c.merit[0]
        residue = _share(s, p, x, lowest, live, alive, k.tiny, t, me, threads)
        _finish(s, links, live, alive, t, me, threads)
        best = max(best, merit)
        if residue <= k.settled or (turn > 0 and merit <= _SMALL * best) or late(t):
            break
    if residue > k.settled:
        if me == 0:
            settle_directly(s, links, p, x, lowest, k.tiny, t)
        wait(t, threads)


@once
def careful_rounds(
    s: Segments, links: Links, p: Shares, x: OriginFlows, saved: OriginFlows, lowest: Floats, c: Scratch, k: Terms, t: Team, me: int, threads: int
) -> None:  # fmt: skip
    """Do what `rounds` does where that leads nowhere: no shift is kept that cannot be shared out.

    Classes that exchange routes gain little by large shifts. Where two pairs count on the same flow of an origin only
    one gets it, and giving back the rest costs more than the exchange gained. So pairs that could not be served are
    limited to what they got, everything is put back, and the sweeps are done again.

    Parameters
    ----------
    s, links, p, x, lowest, c, k, t, me, threads
        As `rounds`.
    saved : OriginFlows
        Room for a copy of the origin flows.
    """
    live, alive, size, batches, residue = c.live, c.alive[0], links.total.size, s.member.shape[0], 0.0
    for _ in range(_ROUNDS):
        _find_room(s, p, x, lowest, live, alive, False, t, me, threads)
        begin, end = part(alive, me, threads)
        select(s, links, live, begin, end, k.near)
        batch = take(t, me, threads, batches)
        while batch < batches:
            copy_batch(x, saved, batch)
            batch = take(t, me, threads, batches)
        wait(t, threads)
        if me == 0:
            c.alive[0] = keep(s, live, alive)
            for link in range(size):
                c.total[link] = links.total[link]
        wait(t, threads)
        alive = c.alive[0]
        for turn in range(_TRIES):
            if me == 0:
                equalise(s, links, live, alive, c.line, c.curvature, c.kept, k.careful, c.bending, t)
                for place in range(alive):
                    c.planned[place] = s.shift[live[place]]
            wait(t, threads)
            residue = _share_patiently(s, p, x, lowest, live, alive, k, t, me, threads)
            if residue <= k.settled or turn == _TRIES - 1 or late(t):
                break
            wait(t, threads)
            if me == 0:
                hold_back(s, live, alive, c.planned)
                for link in range(size):
                    links.total[link] = c.total[link]
            batch = take(t, me, threads, batches)
            while batch < batches:
                copy_batch(saved, x, batch)
                batch = take(t, me, threads, batches)
            wait(t, threads)
            begin, end = part(size, me, threads)
            reprice_part(links, begin, end)
            _find_room(s, p, x, lowest, live, alive, False, t, me, threads)
            wait(t, threads)
        _finish(s, links, live, alive, t, me, threads)
        if residue <= k.settled or late(t):
            break
    if residue > k.settled:
        if me == 0:
            settle_directly(s, links, p, x, lowest, k.tiny, t)
        wait(t, threads)


@once
def _share_patiently(
    s: Segments, p: Shares, x: OriginFlows, lowest: Floats, live: Ints, alive: int, k: Terms, t: Team, me: int, threads: int
) -> float:  # fmt: skip
    """Share out as long as that leads on, and return what could not be shared out."""
    residue = np.inf
    for turn in range(_PATIENT):
        if turn:
            _find_room(s, p, x, lowest, live, alive, True, t, me, threads)
            wait(t, threads)
        before, residue = residue, _share(s, p, x, lowest, live, alive, k.tiny, t, me, threads)
        if residue <= k.settled or residue > 0.9 * before or late(t):
            break
    return residue
