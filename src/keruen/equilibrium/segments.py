"""Paired alternative segments: two ways between the same two nodes, kept for all origins at once (Bar-Gera 2010).

Segment 1 and segment 2 of a pair lie one after the other in a pool, each listed from the node where they merge back
to the node where they part. Pairs that end in the same two links form a chain.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from keruen.equilibrium.graph import Graph
from keruen.equilibrium.kernels import inner, kernel
from keruen.equilibrium.lanes import lowest_bit

__all__ = [
    "WORD",
    "Segments",
    "create",
    "drop",
    "forget",
    "grown",
    "join",
    "promise",
    "remember",
    "renumber",
    "segments",
]

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]

WORD = 64
"""Pairs whose members lie in one word."""


class Segments(NamedTuple):
    """All pairs of segments, in arrays with room to grow.

    Attributes
    ----------
    filled : ndarray of int64, shape (2,)
        Pairs, and links in the pool.
    start, size1, size2 : ndarray of int32, shape (capacity,)
        Where a pair begins in the pool, and the number of links of its segments.
    group : ndarray of int32, shape (capacity,)
        Class of a pair.
    next : ndarray of int32, shape (capacity,)
        Next pair of the chain, or -1.
    idle : ndarray of uint8, shape (capacity,)
        Outer iterations in a row that ended with nothing to shift.
    wanted : ndarray of uint8, shape (capacity,)
        1 where the last tree pass found that the pair would serve.
    offset : ndarray of float, shape (capacity,)
        Fixed cost of segment 1 less that of segment 2.
    gain : ndarray of float, shape (capacity,)
        Cost of segment 1 less that of segment 2 at the costs of the tree pass.
    scale : ndarray of float, shape (capacity,)
        Sum of the costs of both segments at the costs of the tree pass.
    room : ndarray of float, shape (capacity, 2)
        Flow that could leave segment 1, and segment 2.
    limit : ndarray of float, shape (capacity, 2)
        Flow that sweeps may move off them: the room, or less where that could not be shared out.
    shift : ndarray of float, shape (capacity,)
        Flow moved from segment 1 to segment 2 and not yet shared out among origins.
    live : ndarray of uint8, shape (capacity,)
        1 where the pair takes part in the present rounds.
    member : ndarray of uint64, shape (batches, words)
        Bit p % 64 of word p // 64 is set where origins of a batch use pair p; not set beyond the last pair.
    pool : ndarray of int32
        Links.
    chain : ndarray of int32
        First pair by class and pair of last links, or -1.
    """

    filled: NDArray[np.int64]
    start: Ints
    size1: Ints
    size2: Ints
    group: Ints
    next: Ints
    idle: Bytes
    wanted: Bytes
    offset: Floats
    gain: Floats
    scale: Floats
    room: Floats
    limit: Floats
    shift: Floats
    live: Bytes
    member: NDArray[np.uint64]
    pool: Ints
    chain: Ints


def segments(g: Graph, groups: int, batches: int, capacity: int = 512) -> Segments:
    """Return an empty store for so many classes and batches."""
    pairs = int(g.pair[-1]) + int(g.first_in[-1] - g.first_in[-2]) ** 2 if g.pair.size else 0
    start, size1, size2, group, following = (np.zeros(capacity, np.int32) for _ in range(5))
    idle, wanted, live = (np.zeros(capacity, np.uint8) for _ in range(3))
    offset, gain, scale, shift = (np.zeros(capacity) for _ in range(4))
    return Segments(
        filled=np.zeros(2, np.int64),
        start=start,
        size1=size1,
        size2=size2,
        group=group,
        next=following,
        idle=idle,
        wanted=wanted,
        offset=offset,
        gain=gain,
        scale=scale,
        room=np.zeros((capacity, 2)),
        limit=np.zeros((capacity, 2)),
        shift=shift,
        live=live,
        member=np.zeros((batches, -(-capacity // WORD)), np.uint64),
        pool=np.zeros(16 * capacity, np.int32),
        chain=np.full(groups * pairs, -1, np.int32),
    )


def grown(s: Segments, pairs: int, links: int) -> Segments:
    """Return the store with room for so many more pairs and links."""
    capacity, pool = s.start.size, s.pool.size
    need, need_pool = int(s.filled[0]) + pairs, int(s.filled[1]) + links
    if need > capacity:
        extra = max(2 * capacity, need) - capacity
        wider = {
            name: np.concatenate([array, np.zeros((extra, *array.shape[1:]), array.dtype)])
            for name, array in s._asdict().items()
            if name not in ("filled", "member", "pool", "chain")
        }
        words = -(-(capacity + extra) // WORD) - s.member.shape[1]
        s = s._replace(**wider, member=np.pad(s.member, ((0, 0), (0, words))))
    if need_pool > pool:
        s = s._replace(pool=np.concatenate([s.pool, np.zeros(max(pool, need_pool - pool), np.int32)]))
    return s


@inner
def chain_of(g: Graph, s: Segments, group: int, link1: int, link2: int) -> int:
    """Return the chain of pairs of a class that end in two links, in either order."""
    head = g.head[link1]
    low, high = g.place[link1], g.place[link2]
    if low > high:
        low, high = high, low
    return int(group * _table(g) + g.pair[head] + low * (g.first_in[head + 1] - g.first_in[head]) + high)


@inner
def _table(g: Graph) -> int:
    last = g.pair.size - 1
    entering = g.first_in[last + 1] - g.first_in[last]
    return int(g.pair[last] + entering * entering)


@inner
def create(g: Graph, s: Segments, fixed: Floats, group: int, links: Ints, size1: int, size2: int) -> int:
    """Add a pair; the caller has made room for it.

    Parameters
    ----------
    g, s : Graph, Segments
        The network and the store.
    fixed : ndarray of float, shape (classes, links)
        Fixed cost.
    group : int
        Class.
    links : ndarray of int32
        Segment 1, then segment 2, each from the merge back.
    size1, size2 : int
        Links of each.

    Returns
    -------
    int
        Number of the pair.
    """
    pair, start = int(s.filled[0]), s.filled[1]
    s.filled[0] += 1
    s.filled[1] += size1 + size2
    s.start[pair], s.size1[pair], s.size2[pair], s.group[pair] = start, size1, size2, group
    s.idle[pair], s.shift[pair], s.offset[pair] = 0, 0.0, 0.0
    for at in range(size1 + size2):
        link = links[at]
        s.pool[start + at] = link
        s.offset[pair] += fixed[group, link] if at < size1 else -fixed[group, link]
    s.wanted[pair] = 1
    chain = chain_of(g, s, group, links[0], links[size1])
    s.next[pair] = s.chain[chain]
    s.chain[chain] = pair
    return pair


@inner
def join(member: NDArray[np.uint64], batch: int, pair: int) -> None:
    """Note that origins of a batch use a pair."""
    member[batch, pair // WORD] |= np.uint64(1) << np.uint64(pair % WORD)


@inner
def drop(member: NDArray[np.uint64], batch: int, pair: int) -> None:
    """Note that no origin of a batch uses a pair any more."""
    member[batch, pair // WORD] &= ~(np.uint64(1) << np.uint64(pair % WORD))


@kernel
def renumber(s: Segments, longest: int, number: Ints) -> bool:
    """Write the number that each pair will have once those idle for so many iterations are removed; -1 for these.

    Return whether there are any.
    """
    pair = 0
    for old in range(s.filled[0]):
        number[old] = pair if s.idle[old] < longest else -1
        pair += 1 if s.idle[old] < longest else 0
    return bool(pair < s.filled[0])


@kernel
def remember(s: Segments, number: Ints, batch: int) -> None:
    """Give the members of a batch their new numbers, which are not above the old."""
    member = s.member[batch]
    for word in range((s.filled[0] + WORD - 1) // WORD):
        bits = member[word]
        member[word] = np.uint64(0)
        while bits:
            pair = number[word * WORD + lowest_bit(bits)]
            if pair >= 0:
                member[pair // WORD] |= np.uint64(1) << np.uint64(pair % WORD)
            bits &= bits - np.uint64(1)


@kernel
def forget(g: Graph, s: Segments, number: Ints) -> None:
    """Remove the pairs without a new number, keeping the order of the rest."""
    count = s.filled[0]
    for pair in range(count):
        start = s.start[pair]
        s.chain[chain_of(g, s, s.group[pair], s.pool[start], s.pool[start + s.size1[pair]])] = -1
    pair, filled = 0, 0
    for old in range(count):
        if number[old] < 0:
            continue
        start, links = s.start[old], s.size1[old] + s.size2[old]
        if old != pair:
            for at in range(links):
                s.pool[filled + at] = s.pool[start + at]
            s.start[pair] = filled
            s.size1[pair], s.size2[pair], s.group[pair] = s.size1[old], s.size2[old], s.group[old]
            s.idle[pair], s.offset[pair], s.shift[pair] = s.idle[old], s.offset[old], s.shift[old]
        chain = chain_of(g, s, s.group[pair], s.pool[filled], s.pool[filled + s.size1[pair]])
        s.next[pair] = s.chain[chain]
        s.chain[chain] = pair
        filled += links
        pair += 1
    s.filled[0], s.filled[1] = pair, filled


@kernel
def promise(s: Segments, cost: Floats) -> float:
    """Return what all pairs would gain at these costs by class if their room left the dearer segment."""
    total = 0.0
    for pair in range(s.filled[0]):
        price, gain = cost[s.group[pair]], 0.0
        for at in range(s.size1[pair] + s.size2[pair]):
            link = s.pool[s.start[pair] + at]
            gain += price[link] if at < s.size1[pair] else -price[link]
        total += gain * s.room[pair, 0] if gain > 0.0 else -gain * s.room[pair, 1]
    return total
