"""What sets of projects bring if demand grows less or more than the study says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from keruen.portfolio.programme.values import OutOfTimeError, SetValues

__all__ = ["Level", "levels"]

_LEAST_MUSD = 0.05
"""A pair that adds less in every year at the study's demand is not modelled at another one."""


class Level:
    """Benefits by year of sets of candidates when the demand after the base year is multiplied by a factor.

    Parameters
    ----------
    central : SetValues
        At the demand of the study.
    factor : float
        The factor.
    values : SetValues
        At the demand of this level.
    """

    def __init__(self, central: SetValues, factor: float, values: SetValues) -> None:
        self.central = central
        self.factor = factor
        self.values = values

    def is_known(self, members: int) -> bool:
        """Whether a set has been modelled at this demand."""
        return self.values.is_known(members)

    def exact(self, members: int, late: Callable[[], bool] | None = None) -> NDArray[np.float64]:
        """Benefits of a set by its own equilibria at this demand."""
        return self.values.exact(members, late)

    def guess(self, members: int) -> NDArray[np.float64]:
        """Benefits of a set: as modelled, or as at the study's demand with what its singles and pairs differ by."""
        if self.values.is_known(members):
            return self.values.guess(members)
        found = self.central.guess(members)
        numbers = self.central.members(members)
        for number in numbers:
            found = found + self.values.alone(number) - self.central.alone(number)
        for i, j in combinations(numbers, 2):
            if self.values.is_known(self.values.closed(1 << i | 1 << j)):
                found = found + self.values.interaction(i, j) - self.central.interaction(i, j)
        return np.asarray(found)


def levels(
    central: SetValues,
    factors: tuple[float, ...],
    beside: NDArray[np.bool_],
    late: Callable[[], bool],
    told: Callable[[int], object],
) -> tuple[Level, ...]:
    """Singles and the pairs that matter at low, central and high demand; none where time runs out before all are.

    Parameters
    ----------
    central : SetValues
        At the demand of the study.
    factors : tuple of float
        Low and high factor on the demand after the base year.
    beside : ndarray of bool, shape (candidates, candidates)
        Whether two candidates, or one on the diagonal, are in a plan that is drawn from; the others are not modelled.
    late : callable
        Whether time is up.
    told : callable
        Called with the number of sets modelled after each.
    """
    done = 0
    found = [Level(central, 1.0, central)]
    for factor in factors:
        base, candidates = central.base.at_demand(factor), []
        for number, one in enumerate(central.candidates):
            if not beside[number, number]:
                candidates.append(one)
                continue
            if late():
                return ()
            candidates.append(replace(one, gains=base.gains(one.project)))
            done += 1
            told(done)
        values = SetValues(base, candidates)
        for i, j in combinations(range(len(candidates)), 2):
            if not beside[i, j]:
                continue
            members = central.closed(1 << i | 1 << j)
            if np.abs(central.interaction(i, j)).max(initial=0.0) >= _LEAST_MUSD and not values.is_known(members):
                try:
                    values.exact(members, late)
                except OutOfTimeError:
                    return ()
                done += 1
                told(done)
        found.append(Level(central, factor, values))
    return tuple(sorted(found, key=lambda level: level.factor))
