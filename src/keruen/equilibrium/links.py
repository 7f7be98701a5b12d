"""Link flows and what they cost."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from keruen.equilibrium.kernels import kernel
from keruen.network.delay import time_and_slope

__all__ = ["Links", "by_class", "reprice"]

Floats = NDArray[np.float64]


class Links(NamedTuple):
    """State of every link.

    Attributes
    ----------
    kind, parameters : ndarray
        Link performance functions.
    total : ndarray of float, shape (links,)
        Flow of all classes, in capacity units.
    time, slope : ndarray of float, shape (links,)
        Time at that flow, and its derivative.
    """

    kind: NDArray[np.int8]
    parameters: Floats
    total: Floats
    time: Floats
    slope: Floats


@kernel
def reprice(links: Links) -> None:
    """Bring the time of every link up to its flow; a flow below 0 by rounding counts as 0."""
    kind, parameters, total, time, slope = links
    for link in range(total.size):
        time[link], slope[link] = time_and_slope(kind[link], parameters, link, max(0.0, total[link]))


@kernel
def by_class(links: Links, fixed: Floats, cost: Floats) -> None:
    """Write the generalised cost by class and link."""
    time = links.time
    for group in range(fixed.shape[0]):
        for link in range(fixed.shape[1]):
            cost[group, link] = time[link] + fixed[group, link]
