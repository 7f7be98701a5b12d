"""How a sum of uncertain components spreads.

Each component is gamma distributed with its mean; its standard deviation is taken from the 10th and 90th percentile
as ``(high - low) / 2.563``, the distance of those percentiles in a normal distribution. Hours and dollars are then
never negative and lean to the right, as dwell times do. Draws are numbered by component name, so that two routes
which share a railway share its good and bad days, and the same study gives the same range on every machine.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from keruen.network.components import Entries

__all__ = ["DRAWS", "P10_TO_P90", "Spread", "spread"]

DRAWS = 2000
"""Draws a component; the standard error of a 10th percentile is then about 1 % of the total."""

P10_TO_P90 = 2.5631031
"""Distance between the 10th and 90th percentile of a normal distribution, in standard deviations."""


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
    weights: dict[int, NDArray[np.float64]] = {}
    deviation: dict[int, float] = {}
    for i in np.flatnonzero(piece_of_entry >= 0):
        component, mean = int(entries.component[i]), float(entries.mean[i])
        weights.setdefault(component, np.zeros(pieces))[piece_of_entry[i]] += mean
        if mean > 0:
            deviation[component] = (float(entries.high[i]) - float(entries.low[i])) / P10_TO_P90 / mean
    draws = np.zeros((DRAWS, pieces))
    for component, weight in weights.items():
        draws += np.outer(_draw(entries.names[component], deviation.get(component, 0.0), seed), weight)
    return Spread(draws)


def _draw(name: str, deviation: float, seed: int) -> NDArray[np.float64]:
    """Draws of mean one and the given standard deviation, the same for the same name and seed."""
    if deviation <= 0:
        return np.ones(DRAWS)
    key = np.random.Philox(key=[seed, zlib.crc32(name.encode())])
    shape = 1 / deviation**2
    return np.random.Generator(key).gamma(shape, 1 / shape, DRAWS)
