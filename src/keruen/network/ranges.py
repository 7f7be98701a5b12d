"""How a sum of uncertain components spreads.

A component is drawn as a *rank* between 0 and 1, and each entry takes the value that its own row has at that rank:
the declared low end at 0.1, the declared high end at 0.9, between them a power curve whose exponent is chosen so that
the mean is the row's mean, and beyond them a tail of a tenth of the end. Where no such curve has the declared mean
(a row whose mean is its low end, say), the two percentiles are kept and the drawn mean is the nearest there is.

Ranks are numbered by component name, so that two routes which share a railway share its good and bad days, and the
same study gives the same range on every machine. Sections of one row err together, each by its own width.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from keruen.network.components import Entries

__all__ = ["DRAWS", "Spread", "at_rank", "spread"]

DRAWS = 2000
"""Draws a component; the standard error of a 10th percentile is then about 1 % of the total."""

TAIL = 0.1
"""How far the outermost tenths reach beyond the ends, as a share of the end."""

STEEPEST = 1 / 51
"""Smallest share of the way from low to high at which the middle's mean may lie: an exponent of 50."""


@dataclass(frozen=True, eq=False)
class Spread:
    """Sums over consecutive pieces of a route, drawn together.

    Attributes
    ----------
    draws : ndarray of float64, shape (DRAWS, pieces)
        Amount of each piece in each draw.
    """

    draws: NDArray[np.float64]

    def total(self) -> tuple[float, float]:
        """10th and 90th percentile of the whole."""
        low, high = np.quantile(self.draws.sum(axis=1), [0.1, 0.9])
        return float(low), float(high)

    def pieces(self) -> NDArray[np.float64]:
        """10th and 90th percentile by piece, shape (2, pieces)."""
        return np.quantile(self.draws, [0.1, 0.9], axis=0)

    def cumulative(self) -> NDArray[np.float64]:
        """10th and 90th percentile of the running total at the end of each piece, shape (2, pieces)."""
        return np.quantile(np.cumsum(self.draws, axis=1), [0.1, 0.9], axis=0)


def spread(entries: Entries, piece_of_entry: NDArray[np.int64], pieces: int, seed: int) -> Spread:
    """Draw the amount of each piece.

    Parameters
    ----------
    entries : Entries
        A closed ledger.
    piece_of_entry : ndarray of int64, shape (entries,)
        Piece to which each entry belongs, -1 for those left out.
    pieces : int
        Number of pieces.
    seed : int
        Seed of the study.

    Returns
    -------
    Spread
        Draws by piece.
    """
    draws = np.zeros((DRAWS, pieces))
    ranks: dict[int, NDArray[np.float64]] = {}
    for i in np.flatnonzero(piece_of_entry >= 0):
        component = int(entries.component[i])
        if component not in ranks:
            ranks[component] = _ranks(entries.names[component], seed)
        low, mean, high = float(entries.low[i]), float(entries.mean[i]), float(entries.high[i])
        draws[:, piece_of_entry[i]] += at_rank(ranks[component], low, mean, high)
    return Spread(draws)


def at_rank(rank: NDArray[np.float64], low: float, mean: float, high: float) -> NDArray[np.float64]:
    """Values at given ranks of a distribution with a 10th percentile, a mean and a 90th percentile.

    Parameters
    ----------
    rank : ndarray of float64
        Ranks between 0 and 1.
    low, mean, high : float
        10th percentile, mean and 90th percentile, none negative.

    Returns
    -------
    ndarray of float64
        Values, not negative and increasing with rank.

    Examples
    --------
    >>> at_rank(np.array([0.0, 0.1, 0.9, 1.0]), 96.0, 144.0, 480.0).round(1).tolist()
    [86.4, 96.0, 480.0, 528.0]
    """
    if high <= low:
        return np.full(rank.shape, mean)
    tails = 0.1 * low * (1 - TAIL / 2) + 0.1 * high * (1 + TAIL / 2)
    share = float(np.clip(((mean - tails) / 0.8 - low) / (high - low), STEEPEST, 1 - STEEPEST))
    middle = low + (high - low) * np.clip((rank - 0.1) / 0.8, 0.0, 1.0) ** (1 / share - 1)
    below = low * TAIL * np.clip((0.1 - rank) / 0.1, 0.0, 1.0)
    above = high * TAIL * np.clip((rank - 0.9) / 0.1, 0.0, 1.0)
    return np.asarray(middle - below + above)


def _ranks(name: str, seed: int) -> NDArray[np.float64]:
    """Ranks of a component, the same for the same name and seed; stratified, so that its own percentiles are exact."""
    generator = np.random.Generator(np.random.Philox(key=[seed, zlib.crc32(name.encode())]))
    return generator.permutation((np.arange(DRAWS) + 0.5) / DRAWS)
