"""Between link flows and origin flows: how much each pair of segments can shift, and who shifts it."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from keruen.equilibrium.lanes import LANES, least, move
from keruen.equilibrium.links import Links
from keruen.equilibrium.segments import Segments

__all__ = ["GROUP", "bound", "give_back", "select", "share_out"]

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]

GROUP = 8
"""Batches whose sums are added up together. A constant, so that results do not depend on the number of threads."""


@njit(cache=True, inline="always")
def _lowest(s: Segments, begin: int, end: int, flows: Floats, base: int, lowest: Floats, slot: int) -> float:
    """Write the least flow of each lane over a segment, and return the sum over lanes."""
    for lane in range(LANES):
        lowest[slot, lane] = np.inf
    for at in range(begin, end):
        if not least(lowest, slot, flows, base + s.pool[at]):
            return 0.0
    total = 0.0
    for lane in range(LANES):
        total += lowest[slot, lane]
    return total


@njit(cache=True, nogil=True)
def bound(s: Segments, flows: Floats, begin: int, end: int, lowest: Floats, parts: Floats) -> None:
    """Sum the flow that could leave either segment of every pair, over some groups of batches.

    Parameters
    ----------
    s : Segments
        Pairs. A batch without flow on either segment stops being a member.
    flows : ndarray of float, shape (batches x links, 8)
        Origin flows.
    begin, end : int
        Groups of batches.
    lowest : ndarray of float, shape (2, 8)
        Workspace.
    parts : ndarray of float, shape (groups, capacity, 2)
        Written.
    """
    batches = s.member.shape[0]
    stride = flows.shape[0] // max(1, batches)
    count = s.count[0]
    for group in range(begin, end):
        parts[group, :count] = 0.0
        for batch in range(group * GROUP, min(batches, (group + 1) * GROUP)):
            base = batch * stride
            for pair in range(count):
                if not s.member[batch, pair]:
                    continue
                middle = s.start[pair] + s.size1[pair]
                room1 = _lowest(s, s.start[pair], middle, flows, base, lowest, 0)
                room2 = _lowest(s, middle, middle + s.size2[pair], flows, base, lowest, 1)
                if room1 == 0.0 and room2 == 0.0:
                    s.member[batch, pair] = 0
                parts[group, pair, 0] += room1
                parts[group, pair, 1] += room2


@njit(cache=True, nogil=True)
def select(s: Segments, links: Links, parts: Floats, live: Ints, ageing: bool, oldest: int) -> int:
    """Write the pairs that can shift towards their cheaper segment, and return their number.

    Parameters
    ----------
    s, links : Segments, Links
        Pairs and link costs.
    parts : ndarray of float, shape (groups, capacity, 2)
        Room by group of batches.
    live : ndarray of int32
        Written: pairs.
    ageing : bool
        Whether a pair that cannot shift grows older.
    oldest : int
        Age at which a pair is forgotten, at once where it has no room at all.
    """
    count = 0
    for pair in range(s.count[0]):
        room1, room2 = 0.0, 0.0
        for group in range(parts.shape[0]):
            room1 += parts[group, pair, 0]
            room2 += parts[group, pair, 1]
        s.room[pair, 0], s.room[pair, 1] = room1, room2
        start = s.start[pair]
        middle = start + s.size1[pair]
        gain = s.offset[pair]
        for at in range(start, middle):
            gain += links.time[s.pool[at]]
        for at in range(middle, middle + s.size2[pair]):
            gain -= links.time[s.pool[at]]
        if (room1 if gain > 0.0 else room2) > 0.0:
            live[count] = pair
            count += 1
            s.age[pair] = 0
        elif ageing:
            s.age[pair] += 1
        if room1 == 0.0 and room2 == 0.0:
            s.age[pair] = oldest
    return count


@njit(cache=True, nogil=True)
def share_out(
    s: Segments,
    live: Ints,
    alive: int,
    flows: Floats,
    occupied: Bytes,
    begin: int,
    end: int,
    lowest: Floats,
    parts: Floats,
    tiny: float,
) -> None:
    """Move origin flows by the share of every pair's shift that falls to them, over some groups of batches.

    Parameters
    ----------
    s : Segments
        Pairs with their shifts and room.
    live, alive : ndarray of int32, int
        The pairs that may have shifted, and their number.
    flows, occupied : ndarray
        Origin flows, and where there are any; changed.
    begin, end : int
        Groups of batches.
    lowest : ndarray of float, shape (2, 8)
        Workspace.
    parts : ndarray of float, shape (groups, capacity, 2)
        Written: flow moved from segment 1 to segment 2.
    tiny : float
        Flow that is nothing.
    """
    batches = s.member.shape[0]
    stride = flows.shape[0] // max(1, batches)
    for group in range(begin, end):
        for at in range(alive):
            parts[group, live[at], 0] = 0.0
        for batch in range(group * GROUP, min(batches, (group + 1) * GROUP)):
            base = batch * stride
            for at in range(alive):
                pair = live[at]
                shift = s.shift[pair]
                if shift == 0.0 or not s.member[batch, pair]:
                    continue
                start = s.start[pair]
                middle = start + s.size1[pair]
                last = middle + s.size2[pair]
                share = abs(shift) / s.room[pair, 0 if shift > 0.0 else 1]
                if shift > 0.0:
                    lose, lose_end, win, win_end = start, middle, middle, last
                else:
                    lose, lose_end, win, win_end = middle, last, start, middle
                total = _lowest(s, lose, lose_end, flows, base, lowest, 0)
                if total <= 0.0:
                    continue
                share = min(1.0, share)
                for place in range(lose, lose_end):
                    move(flows, base + s.pool[place], lowest, 0, -share, tiny)
                for place in range(win, win_end):
                    move(flows, base + s.pool[place], lowest, 0, share, tiny)
                    occupied[batch, s.pool[place] >> 6] = 1
                parts[group, pair, 0] += share * total if shift > 0.0 else -share * total


@njit(cache=True, nogil=True)
def give_back(s: Segments, links: Links, live: Ints, alive: int, parts: Floats) -> float:
    """Take back from the link flows what could not be shared out, and return how much that was."""
    residue = 0.0
    for at in range(alive):
        pair = live[at]
        if s.shift[pair] == 0.0:
            continue
        rest = s.shift[pair]
        for group in range(parts.shape[0]):
            rest -= parts[group, pair, 0]
        s.shift[pair] = 0.0
        if rest == 0.0:
            continue
        residue += abs(rest)
        middle = s.start[pair] + s.size1[pair]
        for place in range(s.start[pair], middle):
            links.total[s.pool[place]] += rest
        for place in range(middle, middle + s.size2[pair]):
            links.total[s.pool[place]] -= rest
    return residue
