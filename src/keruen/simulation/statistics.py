"""What a simulation study owes its reader: intervals, warm-up, quantiles, comparisons."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from keruen.simulation.world import bins_to_hours

__all__ = ["Estimate", "around", "estimate", "mser", "pooled_quantile", "quantile", "ratio", "spread_over"]


@dataclass(frozen=True)
class Estimate:
    """A mean over replications with its t interval.

    Attributes
    ----------
    value : float
        Mean over replications.
    half_width : float
        Half the width of the interval; infinite with one replication.
    replications : int
        How many.
    confidence : float
        Coverage the interval is built for.
    """

    value: float
    half_width: float
    replications: int
    confidence: float = 0.95

    @property
    def low(self) -> float:
        """Lower end of the interval."""
        return self.value - self.half_width

    @property
    def high(self) -> float:
        """Upper end of the interval."""
        return self.value + self.half_width

    @property
    def relative(self) -> float:
        """Half-width over the absolute value."""
        return self.half_width / abs(self.value) if self.value else (0.0 if self.half_width == 0 else np.inf)

    def holds(self, value: float) -> bool:
        """Return whether a value lies inside the interval, to the rounding of a sum over many customers."""
        return abs(value - self.value) <= self.half_width + 1e-9 * abs(self.value)

    def __format__(self, spec: str) -> str:
        spec = spec or ".4g"
        return f"{self.value:{spec}} ± {self.half_width:{spec}}"

    def __str__(self) -> str:
        return format(self)


def estimate(values: ArrayLike, confidence: float = 0.95) -> Estimate:
    """Return the mean of independent replications with a t interval.

    Parameters
    ----------
    values : array_like of float
        One number a replication; those that are not numbers are left out.
    confidence : float
        Coverage.

    Returns
    -------
    Estimate
        Mean and half-width.
    """
    x = np.asarray(values, float)
    x = x[np.isfinite(x)]
    if x.size == 0:
        return Estimate(np.nan, np.inf, 0, confidence)
    if x.size == 1:
        return Estimate(float(x[0]), np.inf, 1, confidence)
    width = stdtrit(x.size - 1, 0.5 + confidence / 2) * x.std(ddof=1) / np.sqrt(x.size)
    return Estimate(float(x.mean()), float(width), int(x.size), confidence)


def spread_over(totals: ArrayLike, counts: ArrayLike) -> NDArray[np.float64]:
    """Return by how much each replication moves the ratio of the sums, to first order; they sum to 0.

    Parameters
    ----------
    totals, counts : array_like of float, shape (replications,)
        Numerator and denominator of each.

    Returns
    -------
    ndarray of float, shape (replications,)
        (total - ratio x count) / mean count.
    """
    total, count = np.asarray(totals, float), np.asarray(counts, float)
    if not count.sum() > 0:
        return np.full(total.size, np.nan)
    moves: NDArray[np.float64] = (total - total.sum() / count.sum() * count) / count.mean()
    return moves


def ratio(totals: ArrayLike, counts: ArrayLike, confidence: float = 0.95) -> Estimate:
    """Return the ratio of the sums over independent replications with a t interval.

    The mean of the ratios is another number: where few come, those who come in a bad replication are more. The ratio of the
    sums is what a customer meets (Law 2015, Simulation Modeling and Analysis, section 9.5); its interval is that of
    `spread_over`.

    Parameters
    ----------
    totals, counts : array_like of float, shape (replications,)
        Hours and customers of each replication, say.
    confidence : float
        Coverage.

    Returns
    -------
    Estimate
        Ratio and half-width; not a number where all counts are 0.
    """
    total, count = np.asarray(totals, float), np.asarray(counts, float)
    whole = float(count.sum())
    value = float(total.sum()) / whole if whole > 0 else np.nan
    return around(value, spread_over(total, count), confidence)


def around(value: float, moves: NDArray[np.float64], confidence: float) -> Estimate:
    """Return a value with the t interval of what each replication moves it by."""
    if not np.isfinite(value):
        return Estimate(np.nan, np.inf, 0, confidence)
    return Estimate(value, estimate(moves, confidence).half_width, int(moves.size), confidence)


def mser(batch_means: ArrayLike) -> int:
    """Return how many batch means to cut from the front: MSER (White, Cobb and Spratt 2000).

    Parameters
    ----------
    batch_means : array_like of float
        Means of successive batches; of five observations each for MSER-5.

    Returns
    -------
    int
        The cut that makes the standard error of what remains least, at most half the series; half means that the
        series is too short for its warm-up.
    """
    z = np.asarray(batch_means, float)
    count = z.size
    if count < 4:
        return 0
    left = count - np.arange(count)
    total = np.cumsum(z[::-1])[::-1]
    squares = np.cumsum(((z - z.mean()) ** 2)[::-1])[::-1]
    drift = total / left - z.mean()
    error = (squares - left * drift**2) / left.astype(float) ** 2
    return int(np.argmin(error[: count // 2 + 1]))


def pooled_quantile(histograms: NDArray[np.int64], probability: float, confidence: float) -> Estimate:
    """Return a quantile over all replications.

    The interval is that of the share below it, carried over to hours by the histogram (Woodruff 1952, Journal of the
    American Statistical Association 47); no less than half a bin.

    Parameters
    ----------
    histograms : ndarray of int, shape (replications, bins)
        Counts.
    probability, confidence : float
        Which quantile, and coverage.

    Returns
    -------
    Estimate
        Hours.
    """
    pooled = histograms.sum(axis=0)
    value = float(quantile(pooled, probability)[0])
    if not np.isfinite(value):
        return Estimate(np.nan, np.inf, 0, confidence)
    edges = bins_to_hours()
    place = int(np.clip(np.searchsorted(edges, value, side="right"), 1, pooled.size)) - 1
    inside = (value - edges[place]) / (edges[place + 1] - edges[place])
    below = histograms[:, :place].sum(axis=1) + inside * histograms[:, place]
    apart = ratio(below, histograms.sum(axis=1), confidence).half_width
    if not np.isfinite(apart):
        return Estimate(value, np.inf, len(histograms), confidence)
    low, high = quantile(pooled, np.clip([probability - apart, probability + apart], 0.0, 1.0))
    width = max((high - low) / 2, (edges[place + 1] - edges[place]) / 2)
    return Estimate(value, float(width), len(histograms), confidence)


def quantile(histogram: NDArray[np.int64], probabilities: ArrayLike) -> NDArray[np.float64]:
    """Return quantiles from a logarithmic histogram, interpolated within its bins (each 0.3 to 0.4 % wide).

    Parameters
    ----------
    histogram : ndarray of int, shape (bins,)
        Counts.
    probabilities : array_like of float
        Between 0 and 1.

    Returns
    -------
    ndarray of float
        Hours.
    """
    wanted = np.atleast_1d(np.asarray(probabilities, float))
    below = np.concatenate([[0], np.cumsum(histogram)])
    if below[-1] == 0:
        return np.full(wanted.size, np.nan)
    edges = bins_to_hours()
    place = np.clip(np.searchsorted(below, wanted * below[-1], side="left"), 1, below.size - 1)
    inside = (wanted * below[-1] - below[place - 1]) / np.maximum(below[place] - below[place - 1], 1)
    hours: NDArray[np.float64] = edges[place - 1] + inside * (edges[place] - edges[place - 1])
    return hours
