"""Which of many pairs of projects interact: groups are modelled together first, and split only where that shows more."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count

import numpy as np
from numpy.typing import NDArray

from keruen.portfolio.programme.values import SetValues

__all__ = ["screen"]

_LEAST_MUSD = 0.01
"""Groups that bring less than this together beyond their parts, in every year, hold no pair worth modelling."""


def screen(values: SetValues, model: Callable[[int], NDArray[np.float64]], late: Callable[[], bool]) -> bool:
    """Model the pairs that interact, the strongest first.

    A group brings its single projects and what these do to each other. Where that sum is nothing in every year its
    pairs are taken to be nothing: effects that cancel in each year are missed, which the sets of the plans that are
    reported would show, for these are modelled themselves.

    Parameters
    ----------
    values : SetValues
        What sets bring.
    model : callable
        Models a set and returns its benefits by year.
    late : callable
        Whether time is up.

    Returns
    -------
    bool
        Whether every pair was modelled or found to be nothing.
    """
    with np.errstate(invalid="ignore"):  # projects that contradict each other bring minus infinity
        return _screened(values, model, late)


def _screened(values: SetValues, model: Callable[[int], NDArray[np.float64]], late: Callable[[], bool]) -> bool:
    ticket = count()
    waiting: list[tuple[float, int, tuple[int, ...], tuple[int, ...], NDArray[np.float64]]] = []

    def beyond(group: tuple[int, ...]) -> NDArray[np.float64]:
        """What a group brings beyond its projects one by one."""
        members = values.closed(sum(1 << number for number in group))
        if members.bit_count() < 2:
            return np.zeros(len(values.years))
        single = np.array([values.alone(number) for number in values.members(members)])
        return np.asarray(model(members) - single.sum(axis=0))

    def push(one: tuple[int, ...], other: tuple[int, ...], effect: NDArray[np.float64]) -> None:
        size = np.inf if not np.isfinite(effect).all() else float(np.abs(effect).max(initial=0.0))
        if size >= _LEAST_MUSD:
            heapq.heappush(waiting, (-size, next(ticket), one, other, effect))

    everything = tuple(range(len(values.candidates)))
    if len(everything) > 1:
        push(everything, (), beyond(everything))
    while waiting:
        if late():
            return False
        _, _, one, other, effect = heapq.heappop(waiting)
        if not other:  # within a group
            half, rest = one[: len(one) // 2], one[len(one) // 2 :]
            within, beside = beyond(half), beyond(rest)
            push(half, (), within if len(half) > 1 else np.zeros_like(effect))
            push(rest, (), beside if len(rest) > 1 else np.zeros_like(effect))
            push(half, rest, effect - within - beside)
        elif len(one) == len(other) == 1:
            model(values.closed(1 << one[0] | 1 << other[0]))
        else:  # between two groups
            longer, shorter = (one, other) if len(one) >= len(other) else (other, one)
            half, rest = longer[: len(longer) // 2], longer[len(longer) // 2 :]
            between = beyond((*half, *shorter)) - beyond(half) - beyond(shorter)
            push(half, shorter, between)
            push(rest, shorter, effect - between)
    return True
