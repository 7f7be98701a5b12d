"""Between link flows and origin flows: how much each pair of segments can shift, and who shifts it."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from keruen.equilibrium.lanes import least, move
from keruen.equilibrium.links import Links
from keruen.equilibrium.segments import Segments

__all__ = ["GROUP", "awake", "bound", "give_back", "measure", "select", "settle", "share_out"]

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]

GROUP = 8
"""Batches whose sums are added up together. A constant, so that results do not depend on the number of threads."""


@njit(cache=True, nogil=True)
def bound(
    s: Segments, live: Ints, alive: int, flows: Floats, begin: int, end: int, lowest: Floats, parts: Floats
) -> None:
    """Sum the flow that could leave either segment of the live pairs, over some groups of batches.

    Parameters
    ----------
    s : Segments
        Pairs. A batch without flow on either segment stops being a member.
    live, alive : ndarray of int32, int
        Pairs to look at, and their number.
    flows : ndarray of float, shape (batches x links, 8)
        Origin flows.
    begin, end : int
        Groups of batches.
    lowest : ndarray of float, shape (1, 8)
        Workspace.
    parts : ndarray of float, shape (groups, capacity, 2)
        Written.
    """
    member, pool, start_of, size1, size2 = s.member, s.pool, s.start, s.size1, s.size2
    batches = member.shape[0]
    stride = flows.shape[0] // max(1, batches)
    for group in range(begin, end):
        for at in range(alive):
            parts[group, live[at], 0] = parts[group, live[at], 1] = 0.0
        for batch in range(group * GROUP, min(batches, (group + 1) * GROUP)):
            base = batch * stride
            for at in range(alive):
                pair = live[at]
                if not member[batch, pair]:
                    continue
                middle = start_of[pair] + size1[pair]
                room1 = least(lowest, 0, flows, base, pool, start_of[pair], middle)
                room2 = least(lowest, 0, flows, base, pool, middle, middle + size2[pair])
                if room1 == 0.0 and room2 == 0.0:
                    member[batch, pair] = 0
                parts[group, pair, 0] += room1
                parts[group, pair, 1] += room2


@njit(cache=True, nogil=True)
def awake(s: Segments, live: Ints, near: float) -> int:
    """List the pairs that are not idle or would serve, and return their number; the others grow idler."""
    count = 0
    for pair in range(s.filled[0]):
        if s.wanted[pair] or not s.idle[pair] or abs(s.gain[pair]) <= near * s.scale[pair]:
            live[count] = pair
            count += 1
        if s.idle[pair]:
            s.idle[pair] += 1
        s.wanted[pair] = 0
    return count


@njit(cache=True, nogil=True)
def select(s: Segments, links: Links, parts: Floats, live: Ints, alive: int, near: float) -> int:
    """Keep the live pairs that can shift towards their cheaper segment, and return their number.

    A pair that cannot is left out of the rounds that follow, and forgotten after the last; the next tree pass finds
    it again if it is needed.

    Parameters
    ----------
    s, links : Segments, Links
        Pairs and link costs.
    parts : ndarray of float, shape (groups, capacity, 2)
        Room by group of batches.
    live, alive : ndarray of int32, int
        Pairs, and their number; `live` is rewritten.

    Returns
    -------
    int
        Pairs kept.
    """
    pool, start_of, size1, size2, offset, time = s.pool, s.start, s.size1, s.size2, s.offset, links.time
    all_room, idle = s.room, s.idle
    count = 0
    for place in range(alive):
        pair = live[place]
        room1, room2 = 0.0, 0.0
        for group in range(parts.shape[0]):
            room1 += parts[group, pair, 0]
            room2 += parts[group, pair, 1]
        all_room[pair, 0], all_room[pair, 1] = room1, room2
        start = start_of[pair]
        middle = start + size1[pair]
        high, low = 0.0, 0.0
        for at in range(start, middle):
            high += time[pool[at]]
        for at in range(middle, middle + size2[pair]):
            low += time[pool[at]]
        gain = offset[pair] + high - low
        if (room1 if gain > 0.0 else room2) <= 0.0:
            idle[pair] = max(1, idle[pair])
            kept = abs(gain) <= near * (high + low) and room1 + room2 > 0.0
        else:
            idle[pair] = 0
            kept = True
        if kept:
            live[count] = pair
            count += 1
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
    lowest : ndarray of float, shape (1, 8)
        Workspace.
    parts : ndarray of float, shape (groups, capacity, 2)
        Written: flow moved from segment 1 to segment 2.
    tiny : float
        Flow that is nothing.
    """
    member, pool, start_of, size1, size2 = s.member, s.pool, s.start, s.size1, s.size2
    all_room, all_shift = s.room, s.shift
    batches = member.shape[0]
    stride = flows.shape[0] // max(1, batches)
    for group in range(begin, end):
        for at in range(alive):
            parts[group, live[at], 0] = 0.0
        for batch in range(group * GROUP, min(batches, (group + 1) * GROUP)):
            base = batch * stride
            for at in range(alive):
                pair = live[at]
                shift = all_shift[pair]
                if shift == 0.0 or not member[batch, pair]:
                    continue
                start = start_of[pair]
                middle = start + size1[pair]
                last = middle + size2[pair]
                room = all_room[pair, 0 if shift > 0.0 else 1]
                if room <= 0.0:
                    continue
                if shift > 0.0:
                    lose, lose_end, win, win_end = start, middle, middle, last
                else:
                    lose, lose_end, win, win_end = middle, last, start, middle
                total = least(lowest, 0, flows, base, pool, lose, lose_end)
                if total <= 0.0:
                    continue
                share = min(1.0, abs(shift) / room)
                for place in range(lose, lose_end):
                    move(flows, base + pool[place], lowest, 0, -share, tiny)
                for place in range(win, win_end):
                    move(flows, base + pool[place], lowest, 0, share, tiny)
                    occupied[batch, pool[place] >> 3] = 1
                parts[group, pair, 0] += share * total if shift > 0.0 else -share * total


@njit(cache=True, nogil=True)
def settle(s: Segments, pairs: Ints, count: int, parts: Floats, left: Ints) -> tuple[int, float]:
    """Subtract what was shared out; list the pairs with a rest, and return their number and the sum of the rests."""
    all_shift = s.shift
    pending, residue = 0, 0.0
    for at in range(count):
        pair = pairs[at]
        if all_shift[pair] == 0.0:
            continue
        for group in range(parts.shape[0]):
            all_shift[pair] -= parts[group, pair, 0]
        if all_shift[pair] != 0.0:
            residue += abs(all_shift[pair])
            left[pending] = pair
            pending += 1
    return pending, residue


@njit(cache=True, nogil=True)
def measure(s: Segments, pairs: Ints, count: int, parts: Floats) -> None:
    """Write the room of some pairs as it was found by `bound`."""
    for at in range(count):
        for side in range(2):
            s.room[pairs[at], side] = 0.0
            for group in range(parts.shape[0]):
                s.room[pairs[at], side] += parts[group, pairs[at], side]


@njit(cache=True, nogil=True)
def give_back(s: Segments, links: Links, left: Ints, pending: int) -> None:
    """Take back from the link flows the rests that could not be shared out."""
    pool, start_of, size1, size2, all_shift, total = s.pool, s.start, s.size1, s.size2, s.shift, links.total
    for at in range(pending):
        pair = left[at]
        rest = all_shift[pair]
        all_shift[pair] = 0.0
        middle = start_of[pair] + size1[pair]
        for place in range(start_of[pair], middle):
            total[pool[place]] += rest
        for place in range(middle, middle + size2[pair]):
            total[pool[place]] -= rest
