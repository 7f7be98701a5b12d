"""Trains that come apart before a stage: what is left of the wait behind them.

Stages that hold customers for hours of chance, each for itself, break a train up. Two things remain of the wait that the
train would meet as a whole, and the larger is taken.

Counts over many trains: over spans that are short beside the hours of chance the counts vary like those of single
customers, over long ones like those of trains; which span matters depends on the load (index of dispersion, Whitt and You
2018, Operations Research 66(1)). The workload is the mean maximum of a walk whose sums have that variance, by Spitzer's
identity, the integral of E[(N - (1 - rho) t)+] / t over spans t with N normal of variance rho t (I(t) + cs2): exact in
heavy traffic, and where counts do not come apart at all.

One train by itself, at light loads: its customers come over the hours of chance and are served at the rate of the stage,
as a fluid; their mean wait is the area between the two curves.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammainc, ndtr

__all__ = ["TOGETHER", "Scatter", "scattered"]

Floats = NDArray[np.float64]

_SPANS = np.geomspace(1e-3, 1e14, 400)
_LOG_STEP = float(np.log(_SPANS[1] / _SPANS[0]))


@dataclass(frozen=True)
class Scatter:
    """How the customers of a train have come apart: hours of chance of each, as a gamma law.

    Attributes
    ----------
    sd_h : float
        Standard deviation, hours; 0 is a train that comes as a whole.
    shape : float
        Square of the mean over the variance.
    """

    sd_h: float
    shape: float = 1.0


TOGETHER = Scatter(0.0)
"""A train that comes as a whole."""


def scattered(rhos: Floats, gap: float, index: float, service_scv: float, train: float, scatter: Scatter) -> Floats:
    """Return what is left of the wait behind trains where their customers come scattered.

    Parameters
    ----------
    rhos : ndarray of float
        Utilisations.
    gap : float
        Mean service over servers, hours.
    index, service_scv : float
        Variance over mean of the counts in the long run; SCV of the service.
    train : float
        Customers on a train that need the stage.
    scatter : Scatter
        How they have come apart.

    Returns
    -------
    ndarray of float
        Between 0 and 1 for each utilisation; 1 for trains that come as a whole.
    """
    if scatter.sd_h <= 0 or index <= 1:
        return np.ones_like(rhos)
    ratio = _SPANS * gap / scatter.sd_h
    together = 1 + np.expm1(-ratio) / ratio  # chance, for two of a train, to fall in one span; Laplace differences
    rho = np.clip(np.asarray(rhos, float), 1e-6, 1 - 1e-9)[..., None]
    work, least, most = (
        _workload(rho, variance)
        for variance in (1 + (index - 1) * together + service_scv, 1 + service_scv, index + service_scv)
    )
    alone = _alone(scatter.sd_h / (gap * max(train, 1.0)), scatter.shape)
    left: Floats = np.clip(np.maximum((work - least) / (most - least), alone), 0.0, 1.0)
    return left


def _workload(rho: Floats, variance: Floats | float) -> Floats:
    """Return the mean maximum of a walk by Spitzer's identity, the spans along the last axis of `rho`."""
    deviation, drift = np.sqrt(rho * _SPANS * variance), (1 - rho) * _SPANS
    depth = drift / deviation
    above = deviation * np.exp(-depth * depth / 2) / np.sqrt(2 * np.pi) - drift * ndtr(-depth)
    total: Floats = above.sum(axis=-1) * _LOG_STEP
    return total


@lru_cache(maxsize=4096)
def _alone(spread: float, shape: float) -> float:
    """Return the wait on one's own train, scattered, over that on a whole one, both as a fluid; `spread` in trains.

    Times are in the hours that the stage needs for the train.
    """
    scale = spread / np.sqrt(shape)
    times = np.linspace(0.0, max(shape * scale + 8 * spread, 1.5), 1200)
    ahead = gammainc(shape, times / scale) - times
    queue = ahead - np.minimum.accumulate(np.minimum(ahead, 0.0))
    return float(2 * np.trapezoid(queue, times))
