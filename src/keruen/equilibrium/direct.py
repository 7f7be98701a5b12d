"""Shifts of origin flows one batch at a time, which leave no rest.

Sweeps over pairs count on all the flow that could leave a segment. Far past capacity an origin's flow lies on many
pairs, each counts on it, and what cannot be shared out has to be given back: the objective then rises by more than
the sweeps gained. Passes over batch and pair cost a few times as much as a sweep, but every step goes by the flow that
the batch has there and by costs that include all steps before it, so that the objective only falls.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from keruen.equilibrium.kernels import inner
from keruen.equilibrium.lanes import least, move
from keruen.equilibrium.links import Links
from keruen.equilibrium.origins import OriginFlows, claim
from keruen.equilibrium.segments import Segments
from keruen.equilibrium.shifts import Shares
from keruen.equilibrium.team import Team, overdue
from keruen.network.delay import time_and_slope

__all__ = ["settle_directly"]

Floats = NDArray[np.float64]

_PASSES = 3
_GOAL = 1e-2


@inner
def _price(s: Segments, links: Links, pair: int) -> tuple[float, float, float]:
    """Return the cost of segment 1 less that of segment 2, the sum of the slopes, and what of the gain is rounding."""
    pool, time, slope = s.pool, links.time, links.slope
    start = s.start[pair]
    middle = start + s.size1[pair]
    high, low, curvature = 0.0, 0.0, 0.0
    for at in range(start, middle):
        high += time[pool[at]]
        curvature += slope[pool[at]]
    for at in range(middle, middle + s.size2[pair]):
        low += time[pool[at]]
        curvature += slope[pool[at]]
    return s.offset[pair] + high - low, curvature, 1e-15 * (high + low)


@inner
def _pass(s: Segments, links: Links, p: Shares, x: OriginFlows, lowest: Floats, tiny: float, t: Team) -> float:
    """Let every batch take the Newton step along each of its live pairs, as far as its flow goes; return the merit."""
    pool, start_of, size1, size2 = s.pool, s.start, s.size1, s.size2
    rows, stride, used, pairs = x.rows, x.link.shape[1], x.used, p.pair
    kind, parameters, total, time, slope = links
    merit = 0.0
    for batch in range(s.member.shape[0]):
        if overdue(t):
            return 0.0
        base, slots, link_of = batch * stride, x.slot[batch], x.link[batch]
        for at in range(p.first[batch], p.last[batch]):
            pair = pairs[at]
            gain, curvature, nothing = _price(s, links, pair)
            if abs(gain) <= nothing:
                continue
            start = start_of[pair]
            middle = start + size1[pair]
            last = middle + size2[pair]
            if gain > 0.0:
                lose, lose_end = start, middle
            else:
                lose, lose_end = middle, last
            room = least(lowest, 0, rows, base, slots, pool, lose, lose_end)
            if room <= 0.0:
                continue
            share = min(1.0, abs(gain) / (curvature * room)) if curvature > 0.0 else 1.0
            step = share * room
            merit += step * abs(gain)
            for place in range(start, last):
                link = pool[place]
                loses = lose <= place < lose_end
                row = base + slots[link] if loses else claim(rows, base, slots, link_of, used, batch, link)
                move(rows, row, lowest, 0, -share if loses else share, tiny)
                total[link] += -step if loses else step
                time[link], slope[link] = time_and_slope(kind[link], parameters, link, max(0.0, total[link]))
    return merit


@inner
def settle_directly(s: Segments, links: Links, p: Shares, x: OriginFlows, lowest: Floats, tiny: float, t: Team) -> None:
    """Shift by batch and pair until the merit is a hundredth of the first pass's, or a few passes are done.

    Parameters
    ----------
    s : Segments
        Pairs, without shifts to share out.
    links : Links
        Link flows and costs, in step with the origin flows; changed.
    p : Shares
        Which batches take part in which live pairs.
    x : OriginFlows
        Origin flows; changed.
    lowest : ndarray of float, shape (1, 8)
        Workspace.
    tiny : float
        Flow that is nothing.
    t : Team
        Passes end early where time is up.
    """
    first = _pass(s, links, p, x, lowest, tiny, t)
    for _ in range(_PASSES - 1):
        if _pass(s, links, p, x, lowest, tiny, t) <= _GOAL * first:
            return
