"""How a stage works besides its service: servers by hour, batches, departure paths."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["DAY_H", "Batch", "Shifts", "Slots"]

DAY_H = 24.0


@dataclass(frozen=True)
class Shifts:
    """Servers by hour of a repeating period, and what happens to work in progress when a shift ends.

    Attributes
    ----------
    hours : tuple of float
        Hours of the period at which the number of servers changes, rising from 0.
    servers : tuple of int
        Servers from each of these hours on; 0 is closed.
    at_end : str
        `finish` or `suspend`. The rule changes the wait by 8 to 100 %, so it has no default.

        With `finish` every service in progress is finished, in overtime where a shift ends: who is done first goes
        home, and no new service begins while as many are in progress as the new shift has servers. So those who
        remain do take new work, but only once the services in overtime no longer outnumber them; overtime never adds
        hands. With `suspend` the services begun last stop at once, and are the first to go on, with what was left of
        them, when a server is back.
    period_h : float
        Length of the period, a day unless said otherwise.

    Examples
    --------
    >>> Shifts((8, 20), (4, 1), at_end="finish").mean
    2.5
    """

    hours: tuple[float, ...]
    servers: tuple[int, ...]
    at_end: str
    period_h: float = DAY_H

    @property
    def mean(self) -> float:
        """Time average of the number of servers."""
        return float(np.dot(self.lengths(), self.servers)) / self.period_h

    def lengths(self) -> NDArray[np.float64]:
        """Return the hours each number of servers lasts; the last runs over the end of the period to the first."""
        starts = np.asarray(self.hours, float)
        lengths: NDArray[np.float64] = np.diff(np.append(starts, starts[0] + self.period_h))
        return lengths


@dataclass(frozen=True)
class Batch:
    """Customers that are served, or leave, together.

    Attributes
    ----------
    least : int
        Customers that must be present before a batch starts.
    most : int
        Customers one batch takes at most.
    wait_h : float or None
        The batch starts anyway when its first customer has waited so long; None waits for `least`, however long.
    """

    least: int
    most: int
    wait_h: float | None = None


@dataclass(frozen=True)
class Slots:
    """Departure paths: at each slot up to `takes` customers leave the stage.

    Attributes
    ----------
    takes : int
        Customers one slot takes.
    every_h : float or None
        Hours between slots; or give `hours`, not both.
    hours : tuple of float
        Hours of the period at which there is a slot, in any order.
    period_h : float
        Period of `hours`.
    """

    takes: int
    every_h: float | None = None
    hours: tuple[float, ...] = ()
    period_h: float = DAY_H

    def table(self) -> tuple[tuple[float, ...], float]:
        """Return slot times within a period, and the period in hours."""
        if self.every_h is not None:
            return (0.0,), self.every_h
        return tuple(sorted(self.hours)), self.period_h

    def gaps_h(self) -> NDArray[np.float64]:
        """Return the hours from each slot of a period to the next."""
        times, period = self.table()
        gaps: NDArray[np.float64] = np.diff(np.append(times, times[0] + period))
        return gaps

    @property
    def wait_h(self) -> float:
        """Mean hours from a random moment to the next slot: E[g^2] / (2 E[g]) over the gaps g."""
        gaps = self.gaps_h()
        return float(gaps @ gaps / (2 * gaps.sum()))

    @property
    def per_h(self) -> float:
        """Customers an hour that the slots can take."""
        times, period = self.table()
        return self.takes * len(times) / period
