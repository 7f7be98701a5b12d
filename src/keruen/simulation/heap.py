"""The agenda: a binary heap of events in one structured array, 16 bytes an event."""

from __future__ import annotations

from typing import Any

import numpy as np

from keruen.simulation.kernels import hot

__all__ = ["CODES", "EVENT", "compose", "pop", "push", "remove", "replace"]

EVENT = np.dtype([("time", "f8"), ("order", "i8")], align=True)
"""Time, and an order that settles ties: rank of the kind, then the sequence, with the code in the low bits."""

CODE_BITS = 22
CODES = 1 << CODE_BITS
_RANK = 60


@hot
def compose(rank: Any, sequence: Any, code: Any) -> Any:
    """Return the order of an event: at one time lower ranks come first, then whoever was scheduled first."""
    return (rank << _RANK) | (sequence << CODE_BITS) | code


@hot
def _rise(heap: Any, at: Any, time: Any, order: Any) -> None:
    """Put an event in place `at`, or above it where those there are later."""
    while at > 0:
        above = (at - 1) >> 1
        if heap[above].time < time or (heap[above].time == time and heap[above].order < order):
            break
        heap[at].time = heap[above].time
        heap[at].order = heap[above].order
        at = above
    heap[at].time = time
    heap[at].order = order


@hot
def push(heap: Any, size: Any, time: Any, order: Any) -> Any:
    """Put an event on a heap of `size` events, which has a row left, and return the new size."""
    _rise(heap, size, time, order)
    return size + 1


@hot
def _sink(heap: Any, size: Any, at: Any, time: Any, order: Any) -> None:
    """Put an event in place `at`, or below it where those there are earlier."""
    below = 2 * at + 1
    while below < size:
        least = heap[below].time
        if below + 1 < size:
            other = heap[below + 1].time
            if other < least or (other == least and heap[below + 1].order < heap[below].order):
                below += 1
                least = other
        if time < least or (time == least and order < heap[below].order):
            break
        heap[at].time = least
        heap[at].order = heap[below].order
        at = below
        below = 2 * at + 1
    heap[at].time = time
    heap[at].order = order


@hot
def replace(heap: Any, size: Any, time: Any, order: Any) -> None:
    """Put an event in the place of the first one."""
    _sink(heap, size, 0, time, order)


@hot
def remove(heap: Any, size: Any, at: Any) -> Any:
    """Take the event in place `at` off a heap of `size` events and return the new size."""
    last = size - 1
    if at < last:
        time, order = heap[last].time, heap[last].order
        above = (at - 1) >> 1
        if at > 0 and (time < heap[above].time or (time == heap[above].time and order < heap[above].order)):
            _rise(heap, at, time, order)
        else:
            _sink(heap, last, at, time, order)
    return last


@hot
def pop(heap: Any, size: Any) -> Any:
    """Take the first event off a heap of `size` events and return the new size."""
    last = size - 1
    if last > 0:
        replace(heap, last, heap[last].time, heap[last].order)
    return last
