"""What sets of projects bring by year: modelled where asked, guessed from single projects and pairs elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from keruen.appraisal.economics import between_years
from keruen.appraisal.gains import YearGain
from keruen.appraisal.modelled import Base
from keruen.appraisal.stated import benefits, conventions
from keruen.errors import KeruenError
from keruen.portfolio.programme.candidates import Candidate

__all__ = ["SetValues"]


class SetValues:
    """Benefits by year of sets of candidates, million USD, not discounted.

    A set is a whole number whose bit i says whether candidate i works.

    Parameters
    ----------
    base : Base
        The freight without projects.
    chosen : sequence of Candidate
        The candidates.
    """

    def __init__(self, base: Base, chosen: Sequence[Candidate]) -> None:
        self.base = base
        self.candidates = list(chosen)
        self.rules = conventions(base.study.settings)
        self.years = np.arange(self.rules.base_year, self.rules.last_year + 1)
        self.modelled = 0
        self.contradictions: dict[int, str] = {}
        self._alone = [self._yearly(one.gains) for one in self.candidates]
        self._known: dict[int, NDArray[np.float64]] = {0: np.zeros(len(self.years))}
        for number, one in enumerate(self.candidates):
            if not one.requires:  # alone, a project is appraised with its prerequisites standing
                self._known[1 << number] = self._alone[number]

    def is_known(self, members: int) -> bool:
        """Whether a set has been modelled."""
        return members in self._known

    def exact(self, members: int) -> NDArray[np.float64]:
        """Benefits of a set by its own equilibria; minus infinity where its projects contradict each other."""
        if members not in self._known:
            self.modelled += 1
            names = [one.project for number, one in enumerate(self.candidates) if members >> number & 1]
            try:
                self._known[members] = self._yearly(self.base.together(names))
            except KeruenError as error:
                self.contradictions[members] = str(error)
                self._known[members] = np.full(len(self.years), -np.inf)
        return self._known[members]

    def guess(self, members: int) -> NDArray[np.float64]:
        """Benefits of a set: as modelled, or else of its projects alone with what is known of its pairs."""
        if members in self._known:
            return self._known[members]
        if any(members & wrong == wrong for wrong in self.contradictions):
            return np.full(len(self.years), -np.inf)
        numbers = [number for number in range(len(self.candidates)) if members >> number & 1]
        found = np.sum([self._alone[number] for number in numbers], axis=0)
        for i, j in combinations(numbers, 2):
            found = found + self.interaction(i, j)
        return np.asarray(found)

    def interaction(self, i: int, j: int) -> NDArray[np.float64]:
        """What two candidates bring together beyond what each brings alone; zero where the pair is not modelled."""
        pair = self._known.get(1 << i | 1 << j)
        if pair is None or not np.isfinite(pair).all():
            return np.zeros(len(self.years))
        return pair - self._alone[i] - self._alone[j]

    def _yearly(self, gains: Sequence[YearGain]) -> NDArray[np.float64]:
        found = benefits(gains, self.base.study, self.rules)
        by_benefit = [between_years(one.musd_by_year, self.years, self.rules.growth_after) for one in found]
        return np.asarray(np.sum(by_benefit, axis=0))
