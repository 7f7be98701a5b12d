"""Between link flows and origin flows: how much each pair of segments can shift, and who shifts it.

What is done by batch, or by part of the live pairs, does not depend on who does it: sums go in the order of the
batches, so any number of threads gets the same bits.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from keruen.equilibrium.kernels import inner
from keruen.equilibrium.lanes import bits_set, least, lowest_bit, move
from keruen.equilibrium.links import Links
from keruen.equilibrium.origins import OriginFlows, claim
from keruen.equilibrium.segments import WORD, Segments, drop

__all__ = [
    "Shares", "awake", "begin_entries", "bound", "enlist", "enlisted", "give_back", "hold_back", "keep", "measure",
    "rest", "select", "settle", "share_out", "shares",
]  # fmt: skip

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]


class Shares(NamedTuple):
    """Which batches take part in which of the live pairs, and with how much flow: one entry each.

    Attributes
    ----------
    first, last : ndarray of int64, shape (batches + 1,)
        The entries of batch b are ``first[b] .. last[b]``.
    pair : ndarray of int32, shape (n,)
        Pair.
    amount : ndarray of float, shape (n, 2)
        Flow that could leave segment 1 and segment 2; or flow moved from 1 to 2, and nothing.
    """

    first: NDArray[np.int64]
    last: NDArray[np.int64]
    pair: Ints
    amount: Floats


def shares(batches: int, entries: int) -> Shares:
    """Return room for so many entries."""
    first, last = (np.zeros(batches + 1, np.int64) for _ in range(2))
    return Shares(first, last, np.zeros(entries, np.int32), np.zeros((entries, 2)))


@inner
def awake(s: Segments, live: Ints, bits: NDArray[np.uint64], near: float) -> int:
    """List the pairs that are not idle or would serve, as numbers and as bits, and return their number.

    The others grow idler.
    """
    wanted, idle, gain, scale, kept = s.wanted, s.idle, s.gain, s.scale, s.live
    count = 0
    for word in range((s.filled[0] + WORD - 1) // WORD):
        bits[word] = np.uint64(0)
    for pair in range(s.filled[0]):
        kept[pair] = wanted[pair] or not idle[pair] or abs(gain[pair]) <= near * scale[pair]
        if kept[pair]:
            live[count] = pair
            count += 1
            bits[pair // WORD] |= np.uint64(1) << np.uint64(pair % WORD)
        if idle[pair]:
            idle[pair] += 1
        wanted[pair] = 0
    return count


@inner
def enlisted(s: Segments, p: Shares, bits: NDArray[np.uint64], batch: int) -> None:
    """Count the entries of a batch."""
    member, count = s.member, 0
    for word in range((s.filled[0] + WORD - 1) // WORD):
        count += bits_set(member[batch, word] & bits[word])
    p.last[batch] = count


@inner
def begin_entries(p: Shares) -> int:
    """Place the entries of the batches, once they are counted, one after the other; return their number."""
    count = 0
    for batch in range(p.first.size - 1):
        p.first[batch] = count
        count += p.last[batch]
        p.last[batch] = count
    return count


@inner
def enlist(s: Segments, p: Shares, bits: NDArray[np.uint64], batch: int) -> None:
    """Make the entries of a batch."""
    member, pairs, at = s.member, p.pair, p.first[batch]
    for word in range((s.filled[0] + WORD - 1) // WORD):
        left = member[batch, word] & bits[word]
        while left:
            pairs[at] = word * WORD + lowest_bit(left)
            at += 1
            left &= left - np.uint64(1)


@inner
def bound(s: Segments, p: Shares, x: OriginFlows, batch: int, lowest: Floats, pending: bool) -> None:
    """Find the flow of a batch that could leave either segment of the live pairs.

    Parameters
    ----------
    s, p : Segments, Shares
        Pairs, and the entries to write. A batch without flow on either segment stops being a member.
    x : OriginFlows
        Origin flows.
    batch : int
        Batch.
    lowest : ndarray of float, shape (1, 8)
        Workspace.
    pending : bool
        Whether to look only at pairs with a shift to share out.
    """
    pool, start_of, size1, size2, live, shift = s.pool, s.start, s.size1, s.size2, s.live, s.shift
    rows, stride, amount, pairs, member = x.rows, x.link.shape[1], p.amount, p.pair, s.member
    base, place = batch * stride, x.slot[batch]
    kept = p.first[batch]
    for at in range(p.first[batch], p.last[batch]):
        pair = pairs[at]
        if not live[pair]:
            continue
        pairs[kept] = pair
        if not pending or shift[pair] != 0.0:
            middle = start_of[pair] + size1[pair]
            room1 = least(lowest, 0, rows, base, place, pool, start_of[pair], middle)
            room2 = least(lowest, 0, rows, base, place, pool, middle, middle + size2[pair])
            amount[kept, 0], amount[kept, 1] = room1, room2
            if room1 == 0.0 and room2 == 0.0:
                drop(member, batch, pair)
                continue
        kept += 1
    p.last[batch] = kept


@inner
def _from(p: Shares, batch: int, pair: int) -> int:
    """Return the first entry of a batch whose pair is not below the given one."""
    low, high = p.first[batch], p.last[batch]
    while low < high:
        middle = (low + high) // 2
        if p.pair[middle] < pair:
            low = middle + 1
        else:
            high = middle
    return int(low)


@inner
def measure(s: Segments, p: Shares, live: Ints, begin: int, end: int, pending: bool) -> None:
    """Add up the room of some live pairs in the order of the batches; of those with a shift, if `pending`."""
    room, shift, pairs, amount = s.room, s.shift, p.pair, p.amount
    for place in range(begin, end):
        pair = live[place]
        if not pending or shift[pair] != 0.0:
            room[pair, 0] = room[pair, 1] = 0.0
    if begin == end:
        return
    last = live[end - 1]
    for batch in range(s.member.shape[0]):
        for at in range(_from(p, batch, live[begin]), p.last[batch]):
            pair = pairs[at]
            if pair > last:
                break
            if not pending or shift[pair] != 0.0:
                room[pair, 0] += amount[at, 0]
                room[pair, 1] += amount[at, 1]


@inner
def select(s: Segments, links: Links, live: Ints, begin: int, end: int, near: float) -> None:
    """Find which of some live pairs can shift towards their cheaper segment.

    A pair that cannot is left out of the rounds that follow, and forgotten after the last; the next tree pass finds
    it again if it is needed.

    Parameters
    ----------
    s, links : Segments, Links
        Pairs with their room, and link costs.
    live : ndarray of int32
        Pairs.
    begin, end : int
        Places in `live`.
    near : float
        Relative gain below which a pair that cannot shift may come to.
    """
    pool, start_of, size1, size2, offset, time = s.pool, s.start, s.size1, s.size2, s.offset, links.time
    room, limit, idle, kept = s.room, s.limit, s.idle, s.live
    for place in range(begin, end):
        pair = live[place]
        start = start_of[pair]
        middle = start + size1[pair]
        high, low = 0.0, 0.0
        for at in range(start, middle):
            high += time[pool[at]]
        for at in range(middle, middle + size2[pair]):
            low += time[pool[at]]
        gain = offset[pair] + high - low
        if room[pair, 0 if gain > 0.0 else 1] <= 0.0:
            idle[pair] = max(1, idle[pair])
            kept[pair] = abs(gain) <= near * (high + low) and room[pair, 0] + room[pair, 1] > 0.0
        else:
            idle[pair] = 0
        limit[pair, 0], limit[pair, 1] = room[pair, 0], room[pair, 1]


@inner
def keep(s: Segments, live: Ints, alive: int) -> int:
    """Leave the pairs out of the list that were not selected, and return the number of the rest."""
    kept, count = s.live, 0
    for place in range(alive):
        if kept[live[place]]:
            live[count] = live[place]
            count += 1
    return count


@inner
def share_out(s: Segments, p: Shares, x: OriginFlows, batch: int, lowest: Floats, tiny: float) -> None:
    """Move the flows of a batch by the share of every pair's shift that falls to them.

    Parameters
    ----------
    s, p : Segments, Shares
        Pairs with their shifts and room, and the entries: written with the flow moved from segment 1 to segment 2.
    x : OriginFlows
        Origin flows; changed.
    batch : int
        Batch.
    lowest : ndarray of float, shape (1, 8)
        Workspace.
    tiny : float
        Flow that is nothing.
    """
    pool, start_of, size1, size2, all_shift = s.pool, s.start, s.size1, s.size2, s.shift
    rows, stride, used, pairs, amount, all_room = x.rows, x.link.shape[1], x.used, p.pair, p.amount, s.room
    base, slots, links = batch * stride, x.slot[batch], x.link[batch]
    for at in range(p.first[batch], p.last[batch]):
        pair = pairs[at]
        shift = all_shift[pair]
        amount[at, 0] = 0.0
        if shift == 0.0:
            continue
        room = all_room[pair, 0 if shift > 0.0 else 1]
        if room <= 0.0:
            continue
        start = start_of[pair]
        middle = start + size1[pair]
        last = middle + size2[pair]
        if shift > 0.0:
            lose, lose_end, win, win_end = start, middle, middle, last
        else:
            lose, lose_end, win, win_end = middle, last, start, middle
        total = least(lowest, 0, rows, base, slots, pool, lose, lose_end)
        if total <= 0.0:
            continue
        share = min(1.0, abs(shift) / room)
        for place in range(lose, lose_end):
            move(rows, base + slots[pool[place]], lowest, 0, -share, tiny)
        for place in range(win, win_end):
            move(rows, claim(rows, base, slots, links, used, batch, pool[place]), lowest, 0, share, tiny)
        amount[at, 0] = share * total if shift > 0.0 else -share * total


@inner
def settle(s: Segments, p: Shares, live: Ints, begin: int, end: int) -> None:
    """Subtract what was shared out from the shifts of some live pairs, in the order of the batches."""
    shift, pairs, amount = s.shift, p.pair, p.amount
    if begin == end:
        return
    last = live[end - 1]
    for batch in range(s.member.shape[0]):
        for at in range(_from(p, batch, live[begin]), p.last[batch]):
            pair = pairs[at]
            if pair > last:
                break
            shift[pair] -= amount[at, 0]


@inner
def rest(s: Segments, live: Ints, alive: int) -> float:
    """Return the sum of the shifts that could not be shared out."""
    total = 0.0
    for place in range(alive):
        total += abs(s.shift[live[place]])
    return total


@inner
def hold_back(s: Segments, live: Ints, alive: int, planned: Floats) -> None:
    """Limit the pairs with a rest to what could be shared out of the planned shift; take the shifts back."""
    shift, limit = s.shift, s.limit
    for at in range(alive):
        pair = live[at]
        if shift[pair] != 0.0:
            limit[pair, 0 if planned[at] > 0.0 else 1] = abs(planned[at] - shift[pair])
        shift[pair] = 0.0


@inner
def give_back(s: Segments, links: Links, live: Ints, alive: int) -> None:
    """Take back from the link flows the rests that could not be shared out."""
    pool, start_of, size1, size2, shift, total = s.pool, s.start, s.size1, s.size2, s.shift, links.total
    for at in range(alive):
        pair = live[at]
        rest = shift[pair]
        if rest == 0.0:
            continue
        shift[pair] = 0.0
        middle = start_of[pair] + size1[pair]
        for place in range(start_of[pair], middle):
            total[pool[place]] += rest
        for place in range(middle, middle + size2[pair]):
            total[pool[place]] -= rest
