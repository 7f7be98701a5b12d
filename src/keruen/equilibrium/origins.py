"""Flow by origin and link, kept only where there is some.

A batch of eight origins uses a fifth to a third of the links of a large network. Its rows lie one after the other in
the order in which the links were first used, so that memory nobody wrote to is never taken.
"""

from __future__ import annotations

import mmap
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from keruen.equilibrium.kernels import inner, kernel
from keruen.equilibrium.lanes import LANES, aligned

__all__ = ["OriginFlows", "add_up", "claim", "copy_batch", "give_up", "origin_flows"]

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]

_LAZY = 64 << 20
"""Bytes from which on memory is taken page by page, as it is written."""


class OriginFlows(NamedTuple):
    """Flow of every batch by link, in capacity units.

    Attributes
    ----------
    rows : ndarray of float, shape (batches x stride, 8)
        Row s of batch b is ``rows[b * stride + s]``. Row 0 of a batch is always zero; rows not
        in use hold anything.
    slot : ndarray of int32, shape (batches, links)
        Row of a link within its batch; 0 where the batch has no flow.
    link : ndarray of int32, shape (batches, stride)
        Link of a row.
    used : ndarray of int32, shape (batches,)
        Rows in use, row 0 among them.
    """

    rows: Floats
    slot: Ints
    link: Ints
    used: Ints


def origin_flows(batches: int, links: int) -> OriginFlows:
    """Return no flow, with room for flow on every link."""
    stride = -(-(links + 1) // LANES) * LANES
    rows = _rows(batches * stride)
    rows[::stride] = 0.0
    return OriginFlows(
        rows,
        np.zeros((batches, links), np.int32),
        np.zeros((batches, stride), np.int32),
        np.ones(batches, np.int32),
    )


def _rows(count: int) -> Floats:
    """Return rows that hold anything, the first on a cache line; a large array takes memory only where it is written."""
    size = max(1, count) * LANES * 8
    if size < _LAZY:
        return aligned((count, LANES), zeros=False)
    pages = mmap.mmap(-1, size)
    if hasattr(mmap, "MADV_NOHUGEPAGE"):
        pages.madvise(mmap.MADV_NOHUGEPAGE)
    return np.frombuffer(pages, np.float64).reshape(-1, LANES)[:count]


@inner
def copy_batch(source: OriginFlows, target: OriginFlows, batch: int) -> None:
    """Copy the flows of a batch; of the rows only those in use are written."""
    base, used = batch * source.link.shape[1], source.used[batch]
    for at in range(used):
        target.link[batch, at] = source.link[batch, at]
        for lane in range(LANES):
            target.rows[base + at, lane] = source.rows[base + at, lane]
    for link in range(source.slot.shape[1]):
        target.slot[batch, link] = source.slot[batch, link]
    target.used[batch] = used


@inner
def claim(rows: Floats, base: int, slots: Ints, links: Ints, used: Ints, batch: int, link: int) -> int:
    """Return the row of a link, a new one where its batch has none.

    Kernels take the arrays of `OriginFlows` apart before their loops: Numba counts references at every access.

    Parameters
    ----------
    rows, base : ndarray of float, int
        Rows of all batches, and the first of the batch.
    slots, links : ndarray of int32
        Rows by link, and links by row, of the batch.
    used : ndarray of int32, shape (batches,)
        Rows in use.
    batch, link : int
        Which.

    Returns
    -------
    int
        Row.
    """
    slot = int(slots[link])
    if slot == 0:
        slot = int(used[batch])
        used[batch] = slot + 1
        slots[link] = slot
        links[slot] = link
        for lane in range(LANES):
            rows[base + slot, lane] = 0.0
    return base + slot


@inner
def give_up(rows: Floats, base: int, slots: Ints, links: Ints, at: int, last: int) -> None:
    """Free a row that has no flow left; the last row in use takes its place."""
    slots[links[at]] = 0
    if at < last:
        links[at] = links[last]
        slots[links[at]] = at
        for lane in range(LANES):
            rows[base + at, lane] = rows[base + last, lane]


@kernel
def add_up(x: OriginFlows, begin: int, end: int, total: Floats) -> None:
    """Add the flows of some batches to flows by link."""
    rows, links = x.rows, x.link
    stride = links.shape[1]
    for batch in range(begin, end):
        for at in range(1, x.used[batch]):
            sum_ = 0.0
            for lane in range(LANES):
                sum_ += rows[batch * stride + at, lane]
            total[links[batch, at]] += sum_
