"""Link flows and what they cost."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from keruen.equilibrium.kernels import inner, kernel
from keruen.network.delay import time_and_slope

__all__ = ["Links", "by_class", "reprice", "reprice_part"]

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


@inner
def reprice_part(links: Links, begin: int, end: int) -> None:
    """Bring the time of some links up to their flow; a flow below 0 by rounding counts as 0."""
    kind, parameters, total, time, slope = links
    for link in range(begin, end):
        time[link], slope[link] = time_and_slope(kind[link], parameters, link, max(0.0, total[link]))


@kernel
def reprice(links: Links) -> None:
    """Bring the time of every link up to its flow."""
    reprice_part(links, 0, links.total.size)


@kernel
def by_class(links: Links, fixed: Floats, cost: Floats, begin: int, end: int) -> None:
    """Write the generalised cost of some links by class."""
    time = links.time
    for group in range(fixed.shape[0]):
        for link in range(begin, end):
            cost[group, link] = time[link] + fixed[group, link]
