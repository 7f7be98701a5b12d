"""Iterative proportional fitting: fill a table so that its margins are met."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Balanced", "Margin", "ipf", "whole_tonnes"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Margin:
    """A published or assumed sum: the group of every cell, and the total of every group.

    Attributes
    ----------
    group : ndarray of int, shape (cells,)
        Group that each cell belongs to.
    total : ndarray, shape (groups,)
        Sum wanted over each group.
    """

    group: NDArray[np.int64]
    total: Floats


@dataclass(frozen=True)
class Balanced:
    """Cells that meet the margins.

    Attributes
    ----------
    cells : ndarray, shape (cells,)
        The balanced cells.
    sweeps : int
        Sweeps over all margins that were needed.
    largest_error : float
        Largest relative deviation of a margin at the end.
    """

    cells: Floats
    sweeps: int
    largest_error: float


def ipf(seed: Floats, margins: Sequence[Margin], tolerance: float = 1e-9, most: int = 1000) -> Balanced:
    """Balance cells to their margins by iterative proportional fitting.

    Parameters
    ----------
    seed : ndarray, shape (cells,)
        Starting cells; a cell of zero stays zero.
    margins : sequence of Margin
        Sums to be met. They must agree with one another on the grand total.
    tolerance : float
        Largest relative deviation of a margin that is accepted.
    most : int
        Most sweeps.

    Returns
    -------
    Balanced
        The cells nearest to the seed in the sense of relative entropy that meet the margins.

    Raises
    ------
    ValueError
        If the margins disagree on the total, a group without cells wants tonnes, or it does not converge.

    Examples
    --------
    >>> rows, columns = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    >>> ipf(np.ones(4), [Margin(rows, np.array([30.0, 10])), Margin(columns, np.array([20.0, 20]))]).cells
    array([15., 15.,  5.,  5.])
    """
    totals = [margin.total.sum() for margin in margins]
    if not np.allclose(totals, totals[0], rtol=1e-9):
        raise ValueError(f"margins disagree on the total: {totals}")
    cells = seed.astype(float)
    for sweep in range(1, most + 1):
        for margin in margins:
            cells = cells * _factors(cells, margin)[margin.group]
        error = max(_error(cells, margin) for margin in margins)
        if error <= tolerance:
            return Balanced(cells, sweep, error)
    raise ValueError(f"not balanced after {most} sweeps: a margin is {100 * error:.3g} % off")


def _sums(cells: Floats, margin: Margin) -> Floats:
    return np.bincount(margin.group, weights=cells, minlength=len(margin.total)).astype(np.float64)


def _factors(cells: Floats, margin: Margin) -> Floats:
    sums = _sums(cells, margin)
    if ((sums == 0) & (margin.total > 0)).any():
        raise ValueError("a margin wants tonnes where every cell is zero")
    return np.divide(margin.total, sums, out=np.zeros_like(sums), where=sums > 0)


def _error(cells: Floats, margin: Margin) -> float:
    wanted = np.where(margin.total > 0, margin.total, 1.0)
    return float(np.max(np.abs(_sums(cells, margin) - margin.total) / wanted))


def whole_tonnes(cells: Floats, total: int) -> NDArray[np.int64]:
    """Round cells to whole tonnes that add up to ``total``: the largest remainders are rounded up.

    Examples
    --------
    >>> whole_tonnes(np.array([1.4, 1.4, 1.2]), 4)
    array([2, 1, 1])
    """
    floor = np.floor(cells).astype(np.int64)
    missing = int(total - floor.sum())
    order = np.argsort(-(cells - floor), kind="stable")
    floor[order[:missing]] += 1
    return floor
