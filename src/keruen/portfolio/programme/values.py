"""What sets of projects bring by year: modelled where asked, guessed from single projects and pairs elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from keruen.appraisal.economics import between_years
from keruen.appraisal.gains import YearGain
from keruen.appraisal.modelled import Base
from keruen.appraisal.stated import benefits, conventions
from keruen.errors import KeruenError
from keruen.portfolio.programme.candidates import Candidate

__all__ = ["OutOfTimeError", "SetValues"]


class OutOfTimeError(Exception):
    """Time is up before a set is modelled; the years that are modelled are kept."""


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
        self._number = {one.project: number for number, one in enumerate(self.candidates)}
        self._closed = [self._with_required(number) for number in range(len(self.candidates))]
        self._interaction: dict[tuple[int, int], NDArray[np.float64]] = {}
        self._fitted: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None
        self._known: dict[int, NDArray[np.float64]] = {0: np.zeros(len(self.years))}
        for number, one in enumerate(self.candidates):
            if not one.requires:  # alone, a project is appraised with its prerequisites standing
                self._known[1 << number] = self._alone[number]

    def is_known(self, members: int) -> bool:
        """Whether a set has been modelled."""
        return members in self._known

    def exact(self, members: int, late: Callable[[], bool] | None = None) -> NDArray[np.float64]:
        """Benefits of a set by its own equilibria; minus infinity where its projects contradict each other.

        Parameters
        ----------
        members : int
            The set.
        late : callable, optional
            Whether time is up, asked before the equilibrium of every year.

        Raises
        ------
        OutOfTimeError
            If time is up before every year of a set that is not known is modelled.
        """
        if members not in self._known:
            names = [one.project for number, one in enumerate(self.candidates) if members >> number & 1]
            try:
                self._known[members] = self._yearly(self._gains(names, late))
            except KeruenError as error:
                self.contradictions[members] = str(error)
                self._known[members] = np.full(len(self.years), -np.inf)
            self.modelled += 1
            self._interaction.clear()
            self._fitted = None
        return self._known[members]

    def _gains(self, names: Sequence[str], late: Callable[[], bool] | None) -> list[YearGain]:
        found = []
        for year in self.base.years:
            if late is not None and late():
                raise OutOfTimeError
            found.append(self.base.together_in(year, tuple(names)))
        return found

    def guess(self, members: int) -> NDArray[np.float64]:
        """Benefits of a set: as modelled, or else of its projects alone and its pairs, corrected by larger sets."""
        if members in self._known:
            return self._known[members]
        if any(members & wrong == wrong for wrong in self.contradictions):
            return np.full(len(self.years), -np.inf)
        alone, pair = self.effects()
        numbers = self.members(members)
        return np.asarray(alone[numbers].sum(axis=0) + pair[np.ix_(numbers, numbers)].sum(axis=(0, 1)) / 2)

    def effects(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Benefits of single candidates, shape (n, years), and what pairs add, (n, n, years), symmetric.

        Pairs are as modelled, plus the least correction that makes them add up to every larger set that is modelled.
        """
        if self._fitted is None:
            count = len(self.candidates)
            pair = np.zeros((count, count, len(self.years)))
            for i, j in combinations(range(count), 2):
                pair[i, j] = pair[j, i] = self.interaction(i, j)
            alone = np.array(self._alone).reshape(count, len(self.years))
            larger = [m for m, value in self._known.items() if m.bit_count() > 2 and np.isfinite(value).all()]
            if larger:
                first, second = np.triu_indices(count, 1)
                inside = np.array([[m >> n & 1 for n in range(count)] for m in larger], dtype=float)
                both = inside[:, first] * inside[:, second]
                left = np.array([self._known[m] for m in larger]) - inside @ alone - both @ pair[first, second]
                more = np.linalg.lstsq(both, left, rcond=1e-9)[0]
                pair[first, second] += more
                pair[second, first] += more
            self._fitted = alone, pair
        return self._fitted

    def members(self, members: int) -> list[int]:
        """Numbers of the candidates of a set."""
        return [number for number in range(len(self.candidates)) if members >> number & 1]

    def alone(self, number: int) -> NDArray[np.float64]:
        """Benefits of one candidate, those that it requires standing."""
        return self._alone[number]

    def closed(self, members: int) -> int:
        """A set with the candidates that its own require."""
        found = 0
        for number in range(len(self.candidates)):
            if members >> number & 1:
                found |= self._closed[number]
        return found

    def interaction(self, i: int, j: int) -> NDArray[np.float64]:
        """What two candidates bring together beyond what each brings alone; zero where the pair is not modelled.

        A candidate works with those it requires, and what these bring, alone or with the other, is not counted.
        """
        key = (min(i, j), max(i, j))
        if key not in self._interaction:
            together = self.closed(1 << i | 1 << j)
            pair = self._known.get(together)
            if pair is None or not np.isfinite(pair).all():
                return np.zeros(len(self.years))
            within = self.members(together)
            found = pair - np.sum([self._alone[number] for number in within], axis=0)
            for other in combinations(within, 2):
                if other != key:
                    found = found - self.interaction(*other)
            self._interaction[key] = found
        return self._interaction[key]

    def pairs(self) -> list[int]:
        """Pairs as sets, with the candidates that they require."""
        found = (self.closed(1 << i | 1 << j) for i, j in combinations(range(len(self.candidates)), 2))
        return sorted(set(found), key=lambda members: (members.bit_count(), members))

    def _with_required(self, number: int, seen: int = 0) -> int:
        found = 1 << number
        for name in self.candidates[number].requires:
            other = self._number.get(name)
            if other is not None and not seen >> other & 1:
                found |= self._with_required(other, seen | found)
        return found

    def _yearly(self, gains: Sequence[YearGain]) -> NDArray[np.float64]:
        found = benefits(gains, self.base.study, self.rules)
        by_benefit = [between_years(one.musd_by_year, self.years, self.rules.growth_after) for one in found]
        return np.asarray(np.sum(by_benefit, axis=0))
